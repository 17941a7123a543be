"""An engine whose nodes are this machine under several ids, so that rate control is proven on real processes."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from tui.engine.context import StatePaths
from tui.engine.dispatch import Engine
from tui.engine.nodes.base import Facts
from tui.engine.nodes.directory import NodeDirectory, NodeRecord
from tui.engine.nodes.this_machine import ThisMachine
from tui.ports import Clock

PATIENCE = 20.0
"""Seconds after which something that should have happened did not."""

Shape = dict[str, Any]


class Bench:
    """An open engine and the words for using it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.node: str = engine.services.nodes.all()[0].id
        self.directory = engine.services.part(NodeDirectory)

    async def add_nodes(self, count: int, *, platform: str = "Linux", slots: int = 5) -> list[str]:
        """Register this machine again under other ids; each answers and runs real processes."""
        clock = self.engine.services.clock
        pairs = []
        for number in range(1, count + 1):
            node = ThisMachine(f"mi-{platform[:1].encode().hex()}{number:015x}", clock)
            node.slots = slots  # type: ignore[misc]  # an instance of its own may have others
            facts = Facts(f"node-{number}", platform, platform, "1", "192.0.2.1", "0.1.0", {"Addresses": []})
            now = clock.now()
            pairs.append((node, NodeRecord(id=node.id, kind="this", facts=facts, registered_at=now, last_ping=now)))
        await self.directory.register(pairs)
        return [node.id for node, _ in pairs]

    async def send(self, *commands: str, **request: Any) -> str:
        """Send a script to the first node, or to whom the request says, and give the command's id."""
        if "Targets" not in request:
            request.setdefault("InstanceIds", [self.node])
        parameters = {"commands": list(commands), **request.pop("Parameters", {})}
        sent = await self.engine.call(
            "SendCommand", {"DocumentName": "AWS-RunShellScript", "Parameters": parameters, **request}
        )
        return str(sent["Command"]["CommandId"])

    async def events(self, command_id: str) -> list[Shape]:
        """Give every event of a command until its final state."""
        async with asyncio.timeout(PATIENCE):
            return [event async for event in self.engine.watch("command", {"CommandId": command_id})]

    async def final(self, command_id: str) -> Shape:
        """Wait for a command's final state and give it."""
        found: Shape = (await self.events(command_id))[-1]["Command"]
        return found

    async def run(self, *commands: str, **request: Any) -> Shape:
        """Send a script to the first node, wait, and give what GetCommandInvocation says."""
        command_id = await self.send(*commands, **request)
        await self.final(command_id)
        return await self.get(command_id)

    async def get(self, command_id: str, node: str | None = None) -> Shape:
        """Give what GetCommandInvocation says."""
        return await self.engine.call(
            "GetCommandInvocation", {"CommandId": command_id, "InstanceId": node or self.node}
        )

    async def details(self, command_id: str) -> list[str]:
        """Give the StatusDetails of a command's invocations in the order of sending."""
        found = await self.engine.call("ListCommandInvocations", {"CommandId": command_id})
        return [each["StatusDetails"] for each in found["CommandInvocations"]]


async def until(condition: Callable[[], Any], what: str = "it did not happen") -> None:
    """Wait for a fact outside the engine for which there is no event."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def leaving(path: Path, *, clock: Clock | None = None, **settings: Any) -> AsyncIterator[Bench]:
    """Open an engine on a state folder that leaves in the end, whatever still runs."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = await Engine.open(StatePaths(path), clock=clock, settings=settings)
    try:
        yield Bench(engine)
    finally:
        await engine.aclose()


@contextlib.asynccontextmanager
async def bench(path: Path, *, clock: Clock | None = None, **settings: Any) -> AsyncIterator[Bench]:
    """Open an engine on a state folder; what still runs in the end is cancelled."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = await Engine.open(StatePaths(path), clock=clock, settings=settings)
    made = Bench(engine)
    try:
        yield made
    finally:
        found = await engine.call("ListCommands", {"Filters": [{"key": "ExecutionStage", "value": "Executing"}]})
        for command in found["Commands"]:
            await engine.call("CancelCommand", {"CommandId": command["CommandId"]})
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                while engine.live():
                    await asyncio.sleep(0.01)
        await engine.aclose()
