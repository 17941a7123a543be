"""What the header says of the link to the engine."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.app.fake_transport import FakeTransport
from tests.unit.test_wrappers import Hand
from tui.errors import EngineStopped
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
    assert link.transport is not None
    call = asyncio.ensure_future(link.transport.call("ListCommands"))
    await transport.called.setdefault("ListCommands", asyncio.Event()).wait()
    assert not any("no answer" in text for text, _ in link.health())
    clock.time += 12
    assert ("no answer for 12s", "bad") in link.health()
    answered.set()
    await call
    assert not any("no answer" in text for text, _ in link.health())
    await link.aclose()


async def test_a_console_started_the_engine_again_right_after_it_was_stopped() -> None:
    transport, heard = FakeTransport(), asyncio.Queue[str]()

    async def connect() -> Any:
        return transport

    link = Link(connect, heard.put_nowait)
    link.open()
    assert await heard.get() == "open"
    for tell in transport.on_lost:
        tell(EngineStopped("The engine was stopped."))
    assert await heard.get() == "stopped"
    assert transport.reconnected == 0
    assert ("stopped, R starts it", "bad") in link.health()
    link.open()
    assert await heard.get() == "again"
    assert transport.reconnected == 1
    assert link.error is None
    await link.aclose()


async def test_a_hung_engine_was_not_noticed_by_who_only_types() -> None:
    transport, opened = FakeTransport(), asyncio.Event()

    async def connect() -> Any:
        return transport

    link = Link(connect, lambda _: opened.set())
    link.open()
    await opened.wait()
    assert not any("no answer" in text for text, _ in link.health())
    transport.unanswered = 5.5  # type: ignore[attr-defined]  # as a transport with shells has it
    assert ("no answer for 5s", "bad") in link.health()
    await link.aclose()
