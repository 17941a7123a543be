"""What the tests of shells share: an engine with this machine as its node, and a console that reads a shell."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tui.engine.attachment import Attachment
from tui.engine.context import StatePaths
from tui.engine.dispatch import Engine
from tui.engine.nodes import NodeRegistry
from tui.engine.nodes.this_machine import ThisMachine
from tui.engine.shells import Shells
from tui.ports import SystemClock

NODE = "mi-0123456789abcdef0"
PATIENCE = 30.0
"""Seconds after which a test that waits for something fails; nothing here takes that long."""


class HastyClock(SystemClock):
    """A clock that runs a hundred times as fast."""

    def __init__(self) -> None:
        self._wall = super().now()
        self._begun = super().monotonic()

    def now(self) -> float:
        return self._wall + self.monotonic()

    def monotonic(self) -> float:
        return (super().monotonic() - self._begun) * 100

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 100)


class Console:
    """Reads an attachment into a buffer, and waits for text in it."""

    def __init__(self, attachment: Attachment) -> None:
        self.attachment = attachment
        self.seen = bytearray(attachment.replay)
        self._changed = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for data in self.attachment:
            self.seen += data
            self._changed.set()
        self._changed.set()

    async def until(self, text: bytes) -> bytes:
        """Wait until the text has been written; gives everything up to and with it, and drops that."""
        async with asyncio.timeout(PATIENCE):
            while text not in self.seen:
                if self._reading.done():
                    raise AssertionError(f"the shell ended before {text!r}: {bytes(self.seen)!r}")
                self._changed.clear()
                await self._changed.wait()
        end = self.seen.index(text) + len(text)
        found = bytes(self.seen[:end])
        del self.seen[:end]
        return found

    async def end(self) -> bytes:
        """Wait for the end; gives what was written."""
        async with asyncio.timeout(PATIENCE):
            await self._reading
        return bytes(self.seen)

    async def type(self, text: bytes) -> None:
        await self.attachment.send(text)

    async def leave(self) -> None:
        await self.attachment.aclose()


class Bench:
    """One engine and its shells."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.shells = engine.services.part(Shells)

    async def start(self, command: str = "", **more: Any) -> str:
        """Start a session, of a command where one is given; gives its id."""
        request: dict[str, Any] = {"Target": NODE, **more}
        if command:
            request |= {"DocumentName": "AWS-StartInteractiveCommand", "Parameters": {"command": [command]}}
        answer = await self.engine.call("StartSession", request)
        return str(answer["SessionId"])

    async def console(self, session_id: str, rows: int = 24, columns: int = 80, read_only: bool = False) -> Console:
        return Console(await self.shells.attach(session_id, rows, columns, read_only))

    async def open(self, command: str = "", rows: int = 24, columns: int = 80) -> Console:
        """Start a session and attach to it."""
        return await self.console(await self.start(command), rows, columns)

    async def describe(self, session_id: str) -> dict[str, Any]:
        return await self.engine.call("DescribeSession", {"SessionId": session_id}, service="ssm-tui")

    async def status(self, session_id: str, wanted: str) -> dict[str, Any]:
        """Wait for a status; gives the session as described then."""
        subscription = self.engine.services.bus.subscribe({"sessions"})
        try:
            async with asyncio.timeout(PATIENCE):
                while (described := await self.describe(session_id))["Status"] != wanted:
                    await anext(subscription)
        finally:
            await subscription.aclose()
        return described

    async def end_all(self) -> None:
        """Terminate every session and wait for the ends."""
        for session_id in list(self.shells.live()):
            await self.engine.call("TerminateSession", {"SessionId": session_id})
            await self.status(session_id, "Terminated")


@asynccontextmanager
async def bench(folder: Path, *, hasty: bool = False, keep: bool = False) -> AsyncIterator[Bench]:
    """Open an engine on a folder; its shells are ended at the end, unless they are to be kept."""
    clock = HastyClock() if hasty else SystemClock()
    registry = NodeRegistry()
    registry.add(ThisMachine(NODE, clock))
    engine = await Engine.open(StatePaths(folder), clock=clock, registry=registry)
    made = Bench(engine)
    try:
        yield made
    finally:
        if not keep:
            await made.end_all()
        await engine.aclose()
