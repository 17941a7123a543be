"""The engine's unix socket: frames in, dispatch, frames out; see `tui.protocol.frames` for what they say."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import struct
import sys
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui import __version__
from tui.engine.context import ApiFault, CallerIdentity
from tui.engine.dispatch import Engine
from tui.engine.presence import Presence
from tui.engine.server.credit import Credit
from tui.engine.server.shell_stream import ShellStream
from tui.errors import StateError
from tui.protocol.address import socket_address
from tui.protocol.frames import CAN, Decoder, FrameError, Kind, encode, event_cost

if TYPE_CHECKING:
    from tui.engine.context import StatePaths

_log = logging.getLogger(__name__)
_BACKLOG = 128
_FINISH = 5.0  # seconds that calls under way are given when the server closes
_CALLS = 1024  # calls under way per client beyond which no more are read
_TOGETHER = 64 * 1024  # bytes of events that are written with one system call
_HIGH_WATER = 1024 * 1024  # bytes written and not yet taken by the client before watches and shells wait


class UnixServer:
    """Serves one engine on a socket that its owner alone may open."""

    def __init__(
        self, engine: Engine, server: asyncio.Server, path: Path, made: tuple[int, int], connections: set[Connection]
    ) -> None:
        self._engine = engine
        self._server = server
        self._path = path
        self._made = made
        self._connections = connections

    @classmethod
    async def start(cls, engine: Engine, paths: StatePaths) -> UnixServer:
        """Listen; a socket file that a dead daemon left is replaced, so the caller must hold the folder's lock.

        Raises: OSError, StateError.
        """
        path = paths.socket
        if path.is_dir():
            raise StateError(f"{path} is a folder; the engine's socket goes there.", hint="Move it away.")
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with socket_address(path) as address:
                listener.bind(address)
            path.chmod(0o600)
            made = path.stat()
            connections: set[Connection] = set()
            server = await asyncio.get_running_loop().create_unix_server(
                lambda: Connection(engine, connections), sock=listener, backlog=_BACKLOG
            )
        except BaseException:
            listener.close()
            raise
        return cls(engine, server, path, (made.st_dev, made.st_ino), connections)

    async def aclose(self) -> None:
        """Take no more clients, let the calls under way end, and close what is open."""
        with contextlib.suppress(FileNotFoundError):
            found = self._path.stat()
            # Where the folder was deleted and made anew, the next daemon has its own socket there.
            if (found.st_dev, found.st_ino) == self._made:
                self._path.unlink()
        self._server.close()
        calls = [task for connection in self._connections for task in connection.calls.values()]
        if calls:
            await asyncio.wait(calls, timeout=_FINISH)
        for connection in list(self._connections):
            if self._engine.presence.goodbye:
                connection.send(Kind.CLOSE, 0, {"reason": self._engine.presence.goodbye, "exit_status": None})
            connection.close()


class Connection(asyncio.Protocol):
    """One client: its calls, watches and shells, by stream number."""

    def __init__(self, engine: Engine, connections: set[Connection]) -> None:
        self._engine = engine
        self._connections = connections
        self._presence = engine.services.part(Presence)
        self._decoder = Decoder()
        self._transport: asyncio.Transport | None = None
        self._caller: CallerIdentity | None = None
        self._client = ""
        self._writable = asyncio.Event()
        self._writable.set()
        self.calls: dict[int, asyncio.Task[None]] = {}
        self._reads: set[int] = set()
        self._watches: dict[int, asyncio.Task[None]] = {}
        self._credits: dict[int, Credit] = {}  # of the watches
        self._shells: dict[int, ShellStream] = {}
        self._posted: list[bytes] = []  # events that are written together, in the loop's next round
        self._posted_size = 0
        self._unread = 0  # bytes of input that shells have not taken yet
        self._loop = asyncio.get_running_loop()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=_HIGH_WATER)
        uid = peer_uid(transport.get_extra_info("socket"))
        if uid != os.getuid():
            _log.warning("a client of user %s was turned away", uid)
            transport.abort()
            return
        self._connections.add(self)
        self._presence.arrived()

    def connection_lost(self, exc: Exception | None) -> None:
        if self not in self._connections:
            return
        self._connections.discard(self)
        self._presence.left(self._client)
        self._writable.set()
        # A write that was taken is carried out; everything else was for this client alone.
        for stream, task in list(self.calls.items()):
            if stream in self._reads:
                task.cancel()
        for task in self._watches.values():
            task.cancel()
        for shell in self._shells.values():
            shell.detach()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        try:
            for kind, stream, payload in self._decoder.feed(data):
                self._take(kind, stream, payload)
        except (FrameError, KeyError, TypeError, ValueError, OverflowError) as error:
            _log.warning("a client broke the protocol: %r", error)
            self.send(Kind.ERROR, 0, {"code": "SerializationException", "message": f"Not a frame: {error}"})
            self.close()

    # frames

    def send(self, kind: Kind, stream: int, payload: Any) -> None:
        """Write one frame; nothing happens where the client is gone."""
        if self._transport is not None and not self._transport.is_closing():
            self._flush()
            self._transport.write(encode(kind, stream, payload))

    def post(self, kind: Kind, stream: int, payload: Any) -> None:
        """Write one frame together with those that come in the same moment: each write wakes the client."""
        frame = encode(kind, stream, payload)
        if not self._posted:
            self._loop.call_soon(self._flush)
        self._posted.append(frame)
        self._posted_size += len(frame)
        if self._posted_size >= _TOGETHER:
            self._flush()

    def _flush(self) -> None:
        if self._posted:
            frames, self._posted, self._posted_size = self._posted, [], 0
            if self._transport is not None and not self._transport.is_closing():
                self._transport.write(b"".join(frames))

    async def drained(self) -> None:
        """Wait until the client has taken most of what was written."""
        await self._writable.wait()

    def close(self) -> None:
        """Close once everything that was written is sent."""
        if self._transport is not None:
            self._flush()
            self._transport.close()

    def waiting_input(self, size: int) -> None:
        """Count input that a shell has not taken yet; a client that sends too much of it is read no further."""
        before, self._unread = self._unread, self._unread + size
        if self._transport is None or self._transport.is_closing():
            return
        if before <= _HIGH_WATER < self._unread:
            self._transport.pause_reading()
        elif self._unread <= _HIGH_WATER < before and len(self.calls) < _CALLS:
            self._transport.resume_reading()

    def _take(self, kind: Kind, stream: int, payload: Any) -> None:
        if self._caller is None:
            if kind is not Kind.HELLO:
                raise FrameError("the first frame must be HELLO")
            self._hello(payload)
        elif kind in (Kind.CALL, Kind.WATCH, Kind.OPEN) and (
            stream in self.calls or stream in self._watches or stream in self._shells
        ):
            raise FrameError(f"the stream {stream} is in use")
        elif kind is Kind.CALL:
            service, name = _text(payload.get("service", "ssm")), _text(payload["operation"])
            if not self._engine.writes(service, name):
                self._reads.add(stream)
            self.calls[stream] = self._spawn(self._call(stream, service, name, payload.get("params")))
            if len(self.calls) == _CALLS and self._transport is not None:
                self._transport.pause_reading()
        elif kind is Kind.WATCH:
            events = self._engine.watch(_text(payload["kind"]), _object(payload.get("params")), caller=self._caller)
            self._credits[stream] = Credit()
            self._watches[stream] = self._spawn(self._watch(stream, events))
        elif kind is Kind.OPEN:
            _text(payload["session_id"]), int(payload["rows"]), int(payload["columns"])
            shell = ShellStream(self, self._engine, stream, payload, read_only=self._caller.read_only)
            self._shells[stream] = shell
            shell.task = self._spawn(self._shell(stream, shell))
        elif kind in (Kind.DATA, Kind.RESIZE, Kind.ACK):
            # A stream that has just ended may still be spoken to.
            if kind is Kind.ACK and stream in self._credits:
                self._credits[stream].give(int(payload["bytes"]))
            elif stream in self._shells:
                self._shells[stream].take(kind, payload)
        elif kind is Kind.CLOSE:
            self._end(stream)
        elif kind is Kind.PING:
            self.send(Kind.PING, stream, {})
        else:
            raise FrameError(f"a client does not send {kind.name}")

    def _hello(self, hello: dict[str, Any]) -> None:
        services = self._engine.services
        self._client = str(hello.get("client", ""))
        self._caller = CallerIdentity(
            services.account, self._engine.caller.name, read_only=hello.get("read_only") is True
        )
        self._presence.named(self._client)
        ours = {"version": __version__, "pid": os.getpid(), "account": services.account}
        self.send(Kind.HELLO, 0, {**ours, "region": services.region, "demo": self._presence.demo, "can": CAN})

    def _end(self, stream: int) -> None:
        if stream in self._watches:
            self._watches[stream].cancel()
        elif stream in self._shells:
            self._shells[stream].detach()
        elif stream in self._reads:
            self.calls[stream].cancel()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return self._loop.create_task(work)

    async def _call(self, stream: int, service: str, name: str, params: Any) -> None:
        try:
            answer = await self._engine.call(name, params, service=service, caller=self._caller)
        except ApiFault as fault:
            self.send(Kind.ERROR, stream, {"code": fault.code, "message": fault.message})
        except Exception:
            # Nobody may be left waiting for an answer, whatever went wrong.
            _log.exception("the call of %s failed", name)
            self.send(Kind.ERROR, stream, {"code": "InternalServerError", "message": f"{name} failed; see the log."})
        else:
            self.send(Kind.RESULT, stream, answer)
        finally:
            del self.calls[stream]
            self._reads.discard(stream)
            if len(self.calls) == _CALLS - 1 and self._transport is not None and not self._transport.is_closing():
                self._transport.resume_reading()

    async def _watch(self, stream: int, events: AsyncIterator[dict[str, Any]]) -> None:
        credit = self._credits[stream]
        try:
            async with contextlib.aclosing(events):  # type: ignore[type-var]  # an async generator, typed by its port
                async for event in events:
                    if credit.left <= 0:
                        await credit.wait()
                    if not self._writable.is_set():
                        await self.drained()
                    self.post(Kind.EVENT, stream, event)
                    credit.left -= event_cost(event)
            self.post(Kind.CLOSE, stream, {"reason": "", "exit_status": None})
        except ApiFault as fault:
            self.send(Kind.ERROR, stream, {"code": fault.code, "message": fault.message})
        except Exception:
            _log.exception("a watch failed")
            self.send(Kind.ERROR, stream, {"code": "InternalServerError", "message": "The watch failed; see the log."})
        finally:
            del self._watches[stream], self._credits[stream]

    async def _shell(self, stream: int, shell: ShellStream) -> None:
        try:
            await shell.run()
        finally:
            del self._shells[stream]


def _text(value: Any) -> str:
    """Give a frame's word. Raises: FrameError."""
    if not isinstance(value, str):
        raise FrameError(f"{value!r} stands where a word must")
    return value


def _object(value: Any) -> dict[str, Any] | None:
    """Give a frame's object, where there is one. Raises: FrameError."""
    if value is not None and not isinstance(value, dict):
        raise FrameError(f"{value!r} stands where an object must")
    return value


def peer_uid(connected: socket.socket) -> int:
    """Give the user id of the process at the other end of a unix socket."""
    if sys.platform == "darwin":
        credentials = connected.getsockopt(0, 1, struct.calcsize("IIh16I"))  # SOL_LOCAL, LOCAL_PEERCRED
        return int(struct.unpack_from("II", credentials)[1])
    credentials = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[1])
