"""What the header says of the link to the engine."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.app.fake_transport import FakeTransport
from tests.unit.test_wrappers import Hand
from tui.services.link import Link


async def test_an_engine_that_hangs_was_not_told_from_one_that_works() -> None:
    answered, clock = asyncio.Event(), Hand()

    async def hang(_: dict[str, Any]) -> dict[str, Any]:
        await answered.wait()
        return {}

    transport = FakeTransport({"ListCommands": hang})

    async def connect() -> Any:
        return transport

    opened = asyncio.Event()
    link = Link(connect, lambda _: opened.set(), clock=clock)
    link.open()
    await opened.wait()
    assert link.services is not None
    call = asyncio.ensure_future(link.services.transport().call("ListCommands"))
    await transport.called.setdefault("ListCommands", asyncio.Event()).wait()
    assert not any("no answer" in text for text, _ in link.health())
    clock.time += 12
    assert ("no answer for 12s", "bad") in link.health()
    answered.set()
    await call
    assert not any("no answer" in text for text, _ in link.health())
    await link.aclose()
