"""`ssm-tui shell`: a shell on a node in this terminal, every byte passed through both ways."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from enum import Enum
from typing import Any

from tui.cli._context import again
from tui.cli._raw_terminal import RawTerminal, signals
from tui.engine.session_log import Modes
from tui.errors import ApiError, SsmTuiError, StateError, TransportError, Unreachable
from tui.ports import Channel, Transport

PREFIX = b"\x1d"  # Ctrl+]
DETACH = b"d"
END_OF_INPUT = b"\x04"  # Ctrl+D
AGAIN, AGAIN_LATEST = 1.0, 30.0
"""Seconds after which Ctrl+D is said again, at first and at most."""
INTERRUPT = b"\x03"  # Ctrl+C

TAIL = 64 * 1024
"""Bytes of output that are remembered, to go on after them when the connection was lost."""

UNKNOWN = 1
"""Our exit status where nobody knows the shell's."""


class Leaving(Enum):
    """Why the bytes of one channel stopped."""

    OVER = "over"
    DETACHED = "detached"
    OUTPUT_CLOSED = "output closed"


async def shell(transport: Transport, node: str, command: str | None) -> int:
    """Open a shell on a node, or run one command in a terminal of its own there; gives its exit status.

    Ctrl+] and then d leaves it running. Where the connection is lost, it is made again and the shell is attached to
    again. Raises: TransportError where the session can't be started, StateError where the engine hangs.
    """
    request: dict[str, object] = {"Target": node}
    if command:
        request |= {"DocumentName": "AWS-StartInteractiveCommand", "Parameters": {"command": [command]}}
    session_id = str((await transport.call("StartSession", request))["SessionId"])
    return await RawShell(transport, session_id, ends_with_output=bool(command)).run()


class RawShell:
    """One session in this terminal, over as many channels as it takes."""

    def __init__(
        self, transport: Transport, session_id: str, *, terminal: RawTerminal | None = None, ends_with_output: bool
    ) -> None:
        self._transport = transport
        self._session_id = session_id
        self._terminal = terminal or RawTerminal()
        self._ends_with_output = ends_with_output
        self._channel: Channel | None = None
        self._modes = Modes()
        self._tail = b""
        self._prefix = False
        self._last = b""
        self._unsent = b""
        self._input_ended = False
        self._stopped_by = 0
        self._background: set[asyncio.Task[None]] = set()

    async def run(self) -> int:
        """Go on until the shell ends, is left, or can't be reached; gives the exit status for this process."""
        running = asyncio.ensure_future(self._run())

        def stop(number: int) -> None:
            self._stopped_by = number
            running.cancel()

        handlers: dict[int, Callable[[], None]] = {
            signal.SIGWINCH: self._spawn_resize,
            signal.SIGTERM: lambda: stop(signal.SIGTERM),
            signal.SIGHUP: lambda: stop(signal.SIGHUP),
        }
        if not self._terminal.interactive:
            handlers[signal.SIGINT] = lambda: self._spawn(self._send(INTERRUPT))
        with signals(handlers):
            try:
                with self._terminal.raw():
                    try:
                        return await running
                    finally:
                        await self._tidy()
            except asyncio.CancelledError:
                if not self._stopped_by:
                    raise
                self._terminal.say(self._left())
                return 128 + self._stopped_by
            finally:
                running.cancel()

    async def _run(self) -> int:
        while True:
            rows, columns = self._terminal.size()
            try:
                self._channel = await self._transport.open_channel(self._session_id, rows=rows, columns=columns)
            except ApiError as error:
                self._terminal.say(error.message)
                return UNKNOWN
            leaving = await self._pump(self._channel)
            status, reason = self._channel.exit_status, self._channel.close_reason
            await self._channel.aclose()
            self._channel = None
            if leaving is Leaving.DETACHED:
                await self._tidy()
                self._terminal.say(self._left())
                return 0
            if leaving is Leaving.OUTPUT_CLOSED:
                if self._ends_with_output:
                    await self._transport.call("TerminateSession", {"SessionId": self._session_id})
                return 128 + signal.SIGPIPE
            if status is not None:
                return status
            if not await self._is_still_there(reason):
                return UNKNOWN

    async def _is_still_there(self, reason: str) -> bool:
        """Whether the shell goes on though the channel has ended; reconnects where the engine was lost."""
        try:
            if getattr(self._transport, "stopped", False):
                self._terminal.say(f"the engine was stopped; {self._left()}")
                return False
            if not getattr(self._transport, "connected", True):
                self._terminal.say("the connection to the engine was lost; reconnecting")
                await again(self._transport)
                self._terminal.say("connected again")
            filters = [{"key": "SessionId", "value": self._session_id}]
            active = await self._transport.call("DescribeSessions", {"State": "Active", "Filters": filters})
            if active["Sessions"]:
                return True
            ended = await self._transport.call("DescribeSessions", {"State": "History", "Filters": filters})
            self._terminal.say(next((row.get("Details", "") for row in ended["Sessions"]), reason))
        except (Unreachable, StateError):
            self._terminal.say(self._left())
            raise
        except SsmTuiError as error:
            self._terminal.say(str(error))
        return False

    # bytes

    async def _pump(self, channel: Channel) -> Leaving:
        showing = asyncio.create_task(self._show(channel))
        typing = asyncio.create_task(self._type())
        try:
            await asyncio.wait((showing, typing), return_when=asyncio.FIRST_COMPLETED)
            if not showing.done() and typing.result() is Leaving.OVER:
                await self._end(showing)
            return showing.result() if showing.done() else typing.result()
        finally:
            for task in (showing, typing):
                task.cancel()
            await asyncio.gather(showing, typing, return_exceptions=True)

    async def _end(self, showing: asyncio.Task[Leaving]) -> None:
        """Wait for the end of what goes on though the input has ended.

        A shell that is just starting, or starts its line editor, throws away the Ctrl+D that was there before: it is
        said again after pauses that grow.
        """
        pause = AGAIN
        while not (await asyncio.wait({showing}, timeout=pause))[0]:
            await self._send(END_OF_INPUT)
            pause = min(pause * 2, AGAIN_LATEST)

    async def _show(self, channel: Channel) -> Leaving:
        old = getattr(channel, "replay", 0)
        replay = b""
        async for data in channel:
            if len(replay) < old:
                replay += data
                if len(replay) < old:
                    continue
                data = self._unseen(replay[:old]) + replay[old:]
                old = 0
            self._modes.feed(data)
            self._tail = (self._tail + data)[-TAIL:]
            try:
                await self._terminal.write(data)
            except OSError:
                return Leaving.OUTPUT_CLOSED
        return Leaving.OVER

    def _unseen(self, replay: bytes) -> bytes:
        """Give what of the old output this terminal has not shown yet."""
        if not self._tail:
            return replay
        place = replay.rfind(self._tail)
        return replay if place < 0 else replay[place + len(self._tail) :]

    async def _type(self) -> Leaving:
        await self._send(b"")  # what the channel before did not take
        if self._input_ended:
            return Leaving.OVER
        while data := await self._terminal.read():
            data, leaving = self._take_prefix(data) if self._terminal.interactive else (data, False)
            if data:
                await self._send(data)
                self._last = data[-1:]
            if leaving:
                return Leaving.DETACHED
        self._input_ended = True
        # A terminal takes Ctrl+D as the end only at the start of a line; elsewhere the first one flushes the line.
        await self._send(END_OF_INPUT if self._last in (b"", b"\n", b"\r") else END_OF_INPUT * 2)
        return Leaving.OVER

    def _take_prefix(self, data: bytes) -> tuple[bytes, bool]:
        """Take our prefix out of what was typed; gives what is for the far end, and whether to leave it."""
        out = bytearray()
        for place in range(len(data)):
            key = data[place : place + 1]
            if self._prefix:
                self._prefix = False
                if key == DETACH:
                    return bytes(out), True
                out += PREFIX if key == PREFIX else PREFIX + key
            elif key == PREFIX:
                self._prefix = True
            else:
                out += key
        return bytes(out), False

    async def _send(self, data: bytes) -> None:
        self._unsent += data
        if self._channel is None or not self._unsent:
            return
        data, self._unsent = self._unsent, b""
        try:
            await self._channel.send(data)
        except (TransportError, asyncio.CancelledError) as error:
            self._unsent = data + self._unsent  # it was not taken: the next channel gets it
            if isinstance(error, asyncio.CancelledError):
                raise
            # The connection is lost, which is said where the output ends.

    # the terminal

    def _spawn_resize(self) -> None:
        rows, columns = self._terminal.size()
        if self._channel is not None:
            self._spawn(self._channel.resize(rows, columns))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _tidy(self) -> None:
        """Undo what programs inside have left switched on: another screen, the mouse, a hidden cursor."""
        undo, self._modes = self._modes.undo(), Modes()
        if self._terminal.interactive and undo != b"\x1b[0m":
            try:
                await self._terminal.write(undo)
            except OSError:
                return  # the terminal has gone

    def _left(self) -> str:
        return f"the shell goes on as session {self._session_id}; come back to it with: ssm-tui sessions"
