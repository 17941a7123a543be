"""What comes over the engine's socket in many frames: the events of a watch, the bytes of a shell."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

from tui.errors import TransportError, Unreachable
from tui.ports import Shape
from tui.protocol.frames import SHELL_WINDOW, WINDOW, Kind, event_cost
from tui.transport.faults import api_error
from tui.transport.link import LOST, Link
from tui.transport.outbox import ROOM, Outbox


class _Incoming:
    """A stream's frames between the connection and whoever reads them; what was read is acknowledged."""

    def __init__(self, link: Link, window: int = WINDOW) -> None:
        self._link = link
        self._ack_every = window // 4
        self._queue: deque[Any] = deque()
        self._wake: asyncio.Future[None] | None = None
        self._unacknowledged = 0
        self.stream = 0
        self.ended = False
        self.error: TransportError | None = None

    def put(self, item: Any) -> None:
        self._queue.append(item)
        self._notify()

    def end(self, error: TransportError | None = None) -> None:
        self.ended = True
        self.error = error
        self._notify()

    def _notify(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    async def get(self) -> Any:
        """Give the next item, or None at the end."""
        while not self._queue:
            if self.ended:
                return None
            self._wake = asyncio.get_running_loop().create_future()
            try:
                await self._wake
            finally:
                self._wake = None
        return self._queue.popleft()

    def consumed(self, cost: int) -> None:
        self._unacknowledged += cost
        if self._unacknowledged >= self._ack_every and not self.ended:
            self._link.send(Kind.ACK, self.stream, {"bytes": self._unacknowledged})
            self._unacknowledged = 0


async def watch_events(connected: Callable[[], Link], kind: str, params: Shape) -> AsyncIterator[Shape]:
    """Yield the events of one kind until the engine ends them or the iterator is closed. Raises: TransportError."""
    link = connected()
    incoming = _Incoming(link)

    def sink(frame: Kind | None, payload: Any) -> None:
        if frame is Kind.EVENT:
            incoming.put(payload)
        elif frame is Kind.ERROR:
            incoming.end(api_error(payload["code"], payload["message"], f"watch {kind}"))
        else:
            incoming.end(payload if frame is None else None)

    incoming.stream = link.open(Kind.WATCH, {"kind": kind, "params": params}, sink)
    try:
        while (event := await incoming.get()) is not None:
            yield event
            incoming.consumed(event_cost(event))
        if incoming.error is not None:
            raise incoming.error
    finally:
        link.forget(incoming.stream)


class LocalChannel:
    """A shell that the engine's daemon holds; implements `tui.ports.Channel`.

    `replay` is how many bytes of old output come first. When the connection is lost, iterating ends and `close_reason`
    says so; `outbox` is then what the next channel to this shell begins with.
    """

    def __init__(self, link: Link, session_id: str, outbox: Outbox) -> None:
        self._link = link
        self._follows_typing = False
        self._left = False
        self.outbox = outbox
        self._incoming = _Incoming(link, SHELL_WINDOW)
        self._opened: asyncio.Future[Shape] = asyncio.get_running_loop().create_future()
        self.session_id = session_id
        self.replay = 0
        self.exit_status: int | None = None
        self.close_reason = ""

    @property
    def broken(self) -> bool:
        """Whether it has ended though nobody left it and the shell may go on."""
        return self._incoming.ended and not self._left and self.exit_status is None

    async def open(self, rows: int, columns: int, *, read_only: bool) -> None:
        """Attach at a size in cells. Raises: TransportError."""
        request = {"session_id": self.session_id, "rows": rows, "columns": columns, "read_only": read_only}
        if not read_only:
            request |= {"typist": self.outbox.typist, "sent": self.outbox.sent}
        self._incoming.stream = self._link.open(Kind.OPEN, request, self._take)
        try:
            opened = await self._opened
        except BaseException:
            self._link.forget(self._incoming.stream)
            raise
        self.replay = opened["replay"]
        self._follows_typing = "typed" in opened
        # An engine that does not say what was typed is told nothing twice.
        again = self.outbox.rest(opened.get("typed", self.outbox.sent))
        if again:
            self._link.send(Kind.DATA, self._incoming.stream, again)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (data := await self._incoming.get()) is not None:
            yield data
            self._incoming.consumed(len(data))

    async def send(self, data: bytes) -> None:
        """Type into the shell; waits while it takes no more.

        What was handed in reaches the shell even if the connection is lost, once it is attached to again by the same
        transport. Raises: Unreachable, where nothing of it was taken.
        """
        await self._link.drained()
        while self._follows_typing and len(self.outbox) >= ROOM:
            if self._incoming.ended:
                raise Unreachable(self.close_reason or LOST)
            await self.outbox.change()
        if self._follows_typing:
            self.outbox.add(data)
        self._link.type(self._incoming.stream, data)

    async def resize(self, rows: int, columns: int) -> None:
        """Give the shell a new size in cells."""
        self._link.send(Kind.RESIZE, self._incoming.stream, {"rows": rows, "columns": columns})

    async def aclose(self) -> None:
        """Detach; the shell goes on."""
        self._left = self._left or not self._incoming.ended
        self._link.forget(self._incoming.stream)
        self._incoming.end()

    def _take(self, frame: Kind | None, payload: Any) -> None:
        if frame is Kind.DATA:
            self._incoming.put(payload)
            return
        if frame is Kind.ACK:
            self.outbox.taken(int(payload["bytes"]))
            return
        if frame is Kind.OPENED:
            if not self._opened.done():
                self._opened.set_result(payload)
            return
        error: TransportError | None = None
        if frame is Kind.CLOSE:
            self.close_reason, self.exit_status = payload.get("reason", ""), payload.get("exit_status")
        elif frame is Kind.ERROR:
            error = api_error(payload["code"], payload["message"], "attach")
            self.close_reason = error.message
        elif frame is None:
            error = payload
            self.close_reason = payload.message
        if error is not None and not self._opened.done():
            self._opened.set_exception(error)
        self._incoming.end(error)
        self.outbox.wake()
