"""The client's end of the engine's unix socket: one connection, many streams."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from tui.errors import EngineHangs, EngineStopped, OutcomeUnknown, TransportError, Unreachable
from tui.ports import Shape
from tui.protocol.address import socket_address
from tui.protocol.frames import STOPPED, Decoder, FrameError, Kind, encode
from tui.transport.faults import api_error, is_read

Sink = Callable[[Kind | None, Any], None]
"""Takes a stream's frames; (None, error) says that the connection is lost."""

LOST = "The connection to the engine was lost."

QUIET = 1.0
"""Seconds without a word from the engine after something was typed, before it is asked whether it is there."""

FORCE = "End it with `ssm-tui stop --force`; commands that run and shells go on without it."


class Link(asyncio.Protocol):
    """Sends calls and hands each frame that comes to the stream it belongs to; used on one loop only."""

    def __init__(self, on_lost: Callable[[TransportError], None]) -> None:
        self._on_lost = on_lost
        self._decoder = Decoder()
        self._transport: asyncio.Transport | None = None
        self._streams = count(1)
        self._calls: dict[int, tuple[str, asyncio.Future[Shape]]] = {}
        self._sinks: dict[int, Sink] = {}
        self._loop = asyncio.get_running_loop()
        self._hello: asyncio.Future[Shape] = self._loop.create_future()
        self._writable = asyncio.Event()
        self._writable.set()
        self.lost = False
        self._goodbye = ""
        self._pings = False
        self._typed_at = 0.0
        self._asked = False
        self._heard = False
        self._silent = 0
        self._hangs = ""

    @classmethod
    async def dial(cls, path: Path, on_lost: Callable[[TransportError], None]) -> Link:
        """Connect. Raises: OSError; FileNotFoundError or ConnectionRefusedError where nobody listens."""
        loop = asyncio.get_running_loop()
        with socket_address(path) as address:
            _, link = await loop.create_unix_connection(lambda: cls(on_lost), address)
        return link

    async def hello(self, said: Shape) -> Shape:
        """Exchange greetings and give the daemon's. Raises: TransportError."""
        self.send(Kind.HELLO, 0, said)
        answer = await self._hello
        self._pings = "ping" in answer.get("can", ())
        return answer

    @property
    def unanswered(self) -> float:
        """Seconds since something was typed to an engine that has not said a word since, though it was asked."""
        return self._loop.time() - self._typed_at if self._asked and not self.lost else 0.0

    def give_up_after(self, seconds: float) -> None:
        """From now on give the connection up where something is awaited and the engine says nothing for so long.

        It is asked first. What counts is how often was looked, not the clock: who was stopped himself blames nobody.
        """
        if self._pings:
            self._loop.call_later(QUIET, self._look, seconds)

    def _look(self, patience: float) -> None:
        if self.lost:
            return
        self._silent = 0 if self._heard or not (self._calls or self._sinks) else self._silent + 1
        self._heard = False
        if self._silent * QUIET > patience:
            self._hangs = "The engine does not answer."
            self.abort()
            return
        if self._silent == 1:
            self.send(Kind.PING, 0, {})
        self._loop.call_later(QUIET, self._look, patience)

    def type(self, stream: int, data: bytes) -> None:
        """Send what was typed into a shell, and notice where the engine does not answer any more.

        The shell itself may be silent for as long as it likes: then the engine is asked.
        """
        self.send(Kind.DATA, stream, data)
        if self._pings and not self._typed_at:
            self._typed_at = self._loop.time()
            self._loop.call_later(QUIET, self._ask)

    def _ask(self) -> None:
        if self._typed_at and not self.lost:
            self._asked = True
            self.send(Kind.PING, 0, {})

    async def call(self, service: str, operation: str, params: Shape) -> Shape:
        """Call an operation. Raises: TransportError and its children."""
        if self.lost or self._transport is None:
            raise self.gone()
        stream = next(self._streams)
        future: asyncio.Future[Shape] = self._loop.create_future()
        self._calls[stream] = (operation, future)
        body = encode(Kind.CALL, stream, {"service": service, "operation": operation, "params": params})
        self._transport.write(body)
        try:
            return await future
        finally:
            if self._calls.pop(stream, None) is not None:  # cancelled: the answer is not wanted any more
                self.send(Kind.CLOSE, stream, {"reason": "cancelled", "exit_status": None})

    def open(self, kind: Kind, payload: Shape, sink: Sink) -> int:
        """Open a stream of events or bytes whose frames go to `sink`. Raises: Unreachable."""
        if self.lost:
            raise self.gone()
        stream = next(self._streams)
        self._sinks[stream] = sink
        self.send(kind, stream, payload)
        return stream

    def forget(self, stream: int) -> None:
        """Close a stream from this side; frames of it that still come are dropped."""
        if self._sinks.pop(stream, None) is not None:
            self.send(Kind.CLOSE, stream, {"reason": "", "exit_status": None})

    def send(self, kind: Kind, stream: int, payload: Any) -> None:
        """Write one frame; nothing happens where the connection is lost."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(encode(kind, stream, payload))

    async def drained(self) -> None:
        """Wait until the daemon has taken most of what was written. Raises: Unreachable."""
        await self._writable.wait()
        if self.lost:
            raise self.gone()

    def close(self) -> None:
        """Close the connection; whoever waits on it hears that it is lost, `on_lost` is not called."""
        self._on_lost = lambda _: None
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Give the connection up at once."""
        if self._transport is not None:
            self._transport.abort()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        self._typed_at, self._asked, self._heard = 0.0, False, True
        try:
            for kind, stream, payload in self._decoder.feed(data):
                self._take(kind, stream, payload)
        except (FrameError, KeyError, TypeError):
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self._writable.set()
        error = self.gone()
        if not self._hello.done():
            self._hello.set_exception(error)
            self._hello.exception()  # nobody may be waiting for it
        calls, self._calls = self._calls, {}
        for operation, future in calls.values():
            if not future.done():
                doubt = OutcomeUnknown(
                    f"{error.message[:-1]}, so {operation} may or may not have happened."
                    if self._hangs
                    else f"{LOST[:-1]} before {operation} was answered: it may or may not have happened.",
                    hint=error.hint,
                )
                future.set_exception(error if is_read(operation) else doubt)
        sinks, self._sinks = self._sinks, {}
        for sink in sinks.values():
            sink(None, error)
        self._on_lost(error)

    def gone(self) -> Unreachable:
        """Say why there is nobody at the other end."""
        if self._goodbye == STOPPED:
            return EngineStopped("The engine was stopped.")
        if self._hangs:
            return EngineHangs(self._hangs, hint=FORCE)
        return Unreachable(LOST)

    def _take(self, kind: Kind, stream: int, payload: Any) -> None:
        if kind is Kind.HELLO:
            if not self._hello.done():
                self._hello.set_result(payload)
        elif stream in self._calls:
            operation, future = self._calls.pop(stream)
            if future.done():
                return
            if kind is Kind.RESULT:
                future.set_result(payload)
            else:
                future.set_exception(api_error(payload["code"], payload["message"], operation))
        elif stream in self._sinks:
            sink = self._sinks[stream]
            if kind in (Kind.CLOSE, Kind.ERROR):
                del self._sinks[stream]
            sink(kind, payload)
        elif kind is Kind.ERROR and stream == 0:
            self.abort()
        elif kind is Kind.CLOSE and stream == 0:
            self._goodbye = payload["reason"]
