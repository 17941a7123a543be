"""A shell on an SSH node, in a terminal that its host gives: it lives as long as the connection, and says so."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
from collections import deque
from typing import TYPE_CHECKING, Any

from tui.engine.context import ApiFault
from tui.engine.nodes.base import ShellRequest, Typing
from tui.engine.nodes.ssh.base import Connector, SshFault
from tui.engine.shell_ending import Ending, ending

if TYPE_CHECKING:
    import asyncssh

TERM = "xterm-256color"
HIGH = 256 * 1024
"""Bytes of output that may wait to be read before the host is made to wait."""

PIECE = 4096
"""Bytes that are typed at once; how much of a piece was taken is not known where the link drops."""

GRACE = 1.0
"""Seconds from SIGHUP to the end of the terminal, which hangs up once more: some servers send no signals."""

WITH_THE_ENGINE = "The engine has stopped: a shell over SSH ends with it."
LEFT_BY_ENGINE = "The shell was hung up: the engine was stopped or killed, and shells over SSH end with it."

_PLAIN = re.compile(r"[A-Za-z0-9 ./_=:,+@-]*")


class SshShell:
    """One shell; see `tui.engine.nodes.base.Shell`. It is also the session that asyncssh feeds."""

    def __init__(self, host: str) -> None:
        self.ending: Ending | None = None
        self.exit_status: int | None = None
        self._host = host
        self._channel: asyncssh.SSHClientChannel[bytes] | None = None
        self._chunks: deque[bytes] = deque()
        self._waiting = 0
        self._is_paused = False
        self._come = asyncio.Event()
        self._closed = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    # what asyncssh says

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        self._channel = chan

    def session_started(self) -> None:
        """The shell runs."""

    def data_received(self, data: bytes, datatype: int | None) -> None:
        self._chunks.append(data)
        self._waiting += len(data)
        self._come.set()
        if self._waiting > HIGH and not self._is_paused and self._channel is not None:
            self._is_paused = True
            self._channel.pause_reading()

    def eof_received(self) -> bool:
        return False

    def exit_status_received(self, status: int) -> None:
        self._end(ending(status, None))

    def exit_signal_received(self, signal_name: str, core_dumped: bool, msg: str, lang: str) -> None:
        number = getattr(signal, f"SIG{signal_name}", None)
        if isinstance(number, int):
            self._end(ending(None, int(number)))
        else:
            self._end(Ending(None, None, f"The shell was killed by signal {signal_name[:40]!r}."))

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None:
            reason = " ".join(str(getattr(exc, "reason", "") or exc).split())[:200]
            reason = reason.rstrip(".") or "it was closed"
            said = f"The connection to {self._host} was lost, and the shell with it: {reason}."
            self._end(Ending(None, None, said))
        self._end(Ending(None, None, "The host closed the shell without saying how it ended."))
        self._closed.set()
        self._come.set()
        self._room.set()

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()

    def _end(self, found: Ending) -> None:
        if self.ending is None:
            self.ending = found
            self.exit_status = found.exit_status

    # what the session asks for

    async def read(self) -> bytes:
        """Give what the shell wrote next, or nothing when it has ended; `ending` is known then."""
        while not self._chunks:
            if self._closed.is_set():
                return b""
            self._come.clear()
            await self._come.wait()
        data = b"".join(self._chunks)
        self._chunks.clear()
        self._waiting = 0
        if self._is_paused and self._channel is not None and not self._closed.is_set():
            self._is_paused = False
            self._channel.resume_reading()
        return data

    async def write(self, data: bytes, typing: Typing | None = None) -> None:
        """Type into the shell; waits while the host takes no more."""
        for start in range(0, len(data), PIECE):
            piece = data[start : start + PIECE]
            await self._room.wait()
            if self._channel is None or self._closed.is_set() or (typing and typing.over):
                return
            if typing is not None:
                typing.begin(len(piece))
            with contextlib.suppress(OSError):  # it has ended: nobody is there to read this
                self._channel.write(piece)
            if typing is not None:
                typing.end(len(piece), len(piece))

    async def resize(self, rows: int, columns: int) -> None:
        """Set the size of the terminal; the host tells its programs where it differs."""
        if self._channel is not None and not self._closed.is_set():
            with contextlib.suppress(OSError):
                self._channel.change_terminal_size(columns, rows)

    async def terminate(self) -> None:
        """Hang the shell up; one that does not go loses its terminal."""
        if self._channel is None or self._closed.is_set():
            return
        with contextlib.suppress(OSError):
            self._channel.send_signal("HUP")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                await self._closed.wait()
        self.close(Ending(None, None, "The shell closed its terminal and was hung up; its exit status is unknown."))

    def close(self, why: Ending) -> None:
        """Take the terminal away: the host hangs up what runs in it."""
        self._end(why)
        if self._channel is not None and not self._closed.is_set():
            self._channel.abort()


async def open(request: ShellRequest, connector: Connector, *, sudo: bool = False, name: str = "the host") -> SshShell:
    """Open the user's login shell, or `sh -c COMMAND`, in a terminal; sudo asks in it for its password.

    Raises: ApiFault TargetNotConnected where the host can't be spoken to, or gives no terminal.
    """
    import asyncssh  # deferred: a connection has loaded it by now

    made = SshShell(name)
    options: dict[str, Any] = {
        "encoding": None,
        "request_pty": "force",
        "term_type": TERM,
        "term_size": (request.columns, request.rows),
    }
    if request.environment:
        options["env"] = dict(request.environment)
    try:
        connection = await connector.connection()
        await connection.create_session(lambda: made, command_line(request.command, sudo=sudo), **options)  # type: ignore[arg-type, return-value]  # it is fed as a session is, without being asyncssh's
    except SshFault as fault:
        raise ApiFault("TargetNotConnected", f"{name} is not connected. {fault.message}") from None
    except (asyncssh.Error, OSError) as error:
        reason = getattr(error, "reason", None) or str(error)
        raise ApiFault("TargetNotConnected", f"{name} gives no shell: {reason}.") from None
    return made


def command_line(command: str, *, sudo: bool) -> str | None:
    """Give what the login shell is to run, which may be csh; None where it is to run itself."""
    if not command:
        return "exec sudo -i" if sudo else None
    front = "exec sudo -H -- sh -c" if sudo else "exec sh -c"
    if _PLAIN.fullmatch(command):
        return f"{front} '{command}'"
    # No shell has the same quotes as another for newlines, quotes and `!`; all leave octal numbers alone.
    octal = "".join(f"\\{byte:03o}" for byte in command.encode("utf-8", "surrogateescape"))
    return f"""{front} 'eval "$(printf "{octal}")"'"""
