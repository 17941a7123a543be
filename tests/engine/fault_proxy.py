"""A TCP proxy that tests put in front of a server, and that fails as networks and hosts do, whenever it is told to."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from types import TracebackType
from typing import Literal, Self

CHUNK = 65536

Side = Literal["server", "client", "both"]
"""Whose bytes a fault counts and holds back: those that the server sends, those of the client, or both's."""


class _End(Enum):
    NONE = "none"
    HANG = "hang"
    CUT = "cut"


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """What becomes of the bytes of every connection from the moment at which the plan is made."""

    end: _End = _End.NONE
    after: int = 0
    side: Side = "both"
    delay: float = 0.0


class FaultProxy:
    """Forwards connections from `host`:`port` to a server; `async with FaultProxy(server_port) as proxy`.

    A fault holds for connections that are open and for those to come, until `heal` or the next fault. Bytes are counted
    for each connection and each of its sides from when the fault was made, or from when the connection was. What hangs
    goes on where it stopped when it is healed; what was cut stays cut.
    """

    def __init__(self, server_port: int, server_host: str = "127.0.0.1") -> None:
        self.host = "127.0.0.1"
        self.port = 0
        self.accepted = 0
        """How many connections were taken so far."""
        self._target = (server_host, server_port)
        self._plan = _Plan()
        self._at_accept = _End.NONE
        self._told = asyncio.Event()
        self._came = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self._held: socket.socket | None = None
        self._pairs: set[_Pair] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self._listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    @property
    def open(self) -> int:
        """How many connections go through the proxy now."""
        return len(self._pairs)

    def hang_at_accept(self) -> None:
        """Take new connections and say nothing on them; those that are open go on."""
        self._at_accept = _End.HANG

    def drop_at_accept(self) -> None:
        """Take new connections and reset them at once; those that are open go on."""
        self._at_accept = _End.CUT

    def hang_after(self, count: int = 0, side: Side = "both") -> None:
        """Hold everything back after so many bytes: the connection stays open and silent."""
        self._tell(_Plan(_End.HANG, count, side))

    def cut_after(self, count: int = 0, side: Side = "both") -> None:
        """Reset a connection once so many bytes went through it."""
        self._tell(_Plan(_End.CUT, count, side))

    def delay(self, seconds: float, side: Side = "both") -> None:
        """Hand each piece on only after so many seconds."""
        self._tell(_Plan(side=side, delay=seconds))

    def cut(self) -> None:
        """Reset all connections now; new ones are taken as before."""
        for pair in list(self._pairs):
            pair.abort()

    async def refuse(self, *, cut: bool = False) -> None:
        """Refuse new connections, as a port does where nobody listens; with `cut` those that are open end too."""
        if self._server is not None:
            self._server.close()
            self._server = None
            # Bound and not listening: connections are refused, and nobody else is given the port meanwhile.
            self._held = _bound(self.host, self.port)
        if cut:
            self.cut()

    async def heal(self) -> None:
        """End every fault: what hung goes on, new connections are taken."""
        self._at_accept = _End.NONE
        self._tell(_Plan())
        if self._server is None:
            await self._listen()

    async def wait_accepted(self, count: int) -> None:
        """Wait until that many connections were taken since the proxy's start."""
        async with self._came:
            await self._came.wait_for(lambda: self.accepted >= count)

    async def aclose(self) -> None:
        """Stop listening and end every connection."""
        if self._server is not None:
            self._server.close()
        if self._held is not None:
            self._held.close()
        self.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _tell(self, plan: _Plan) -> None:
        self._plan = plan
        self._told.set()
        self._told = asyncio.Event()

    async def _listen(self) -> None:
        held, self._held = self._held or _bound(self.host, self.port), None
        self.port = held.getsockname()[1]
        self._server = await asyncio.start_server(self._accept, sock=held, backlog=1024)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        pair = _Pair(reader, writer)
        self._pairs.add(pair)
        try:
            self.accepted += 1
            async with self._came:
                self._came.notify_all()
            if self._at_accept is _End.CUT:
                pair.abort()
                return
            while self._at_accept is _End.HANG:
                await self._told.wait()
            with suppress(OSError):
                await self._carry(pair)
        except asyncio.CancelledError:
            pair.abort()
        finally:
            pair.abort()
            self._pairs.discard(pair)
            self._tasks.discard(task)

    async def _carry(self, pair: _Pair) -> None:
        reader, writer = await asyncio.open_connection(*self._target)
        if pair.over:
            writer.transport.abort()
            return
        pair.writers.append(writer)
        ways = [
            asyncio.create_task(self._pump(pair, pair.reader, writer, "client")),
            asyncio.create_task(self._pump(pair, reader, pair.writers[0], "server")),
        ]
        try:
            await asyncio.gather(*ways)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _pump(self, pair: _Pair, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, side: Side) -> None:
        plan, passed = self._plan, 0
        while True:
            data = await reader.read(CHUNK)
            if plan is not self._plan:
                plan, passed = self._plan, 0
            while data:
                concerned = plan.side in ("both", side)
                if concerned and plan.delay:
                    await asyncio.sleep(plan.delay)
                limited = concerned and plan.end is not _End.NONE
                part = data[: max(0, plan.after - passed)] if limited else data
                if part:
                    writer.write(part)
                    await writer.drain()
                    passed += len(part)
                    data = data[len(part) :]
                if limited and passed >= plan.after:
                    if plan.end is _End.CUT:
                        pair.abort()
                        return
                    while plan is self._plan:
                        await self._told.wait()
                    plan, passed = self._plan, 0
            if reader.at_eof():
                if writer.can_write_eof() and not writer.is_closing():
                    writer.write_eof()
                return


class _Pair:
    """Both ends of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writers = [writer]
        self.over = False

    def abort(self) -> None:
        """Reset both ends."""
        self.over = True
        for writer in self.writers:
            writer.transport.abort()


def _bound(host: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setblocking(False)
    made.bind((host, port))
    return made
