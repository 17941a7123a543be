"""The way to a host through a command of the operator's configuration: what it says of itself is kept for a sentence.

OpenSSH has its standard error on the terminal; here only its end is of use, and that where no connection was made.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, cast

from tui.engine import open_files

SAID = 4096
"""Bytes of its standard error that are kept, the last ones."""

END_SECONDS = 1.0
"""How long a command that has closed its output may take to end, so that it can be told how it did."""


class ProxyCommand(asyncio.SubprocessProtocol):
    """Runs a command; asyncssh takes it for a tunnel, and for the transport of the one connection through it."""

    def __init__(self, command: str) -> None:
        self._command = command
        self._said = b""
        self._ended = asyncio.Event()
        self._has_left = False
        """Whether it has closed its output, so that there is no connection any more."""
        self._is_given_up = False
        """Whether it was ended from here."""
        self._inner: asyncio.BaseProtocol | None = None
        self._process: asyncio.SubprocessTransport | None = None

    async def create_connection(
        self, factory: Callable[[], asyncio.Protocol], _host: str, _port: int
    ) -> tuple[Any, asyncio.Protocol]:
        """Start the command and make the protocol speak through it."""
        inner = factory()
        self._inner = inner
        words = ["/bin/sh", "-c", f"{open_files.line_for_shell()}exec {self._command}"]
        await asyncio.get_running_loop().subprocess_exec(lambda: self, *words, start_new_session=True)
        return self, inner

    async def fate(self, otherwise: str) -> str:
        """Tell how the command ended, or `otherwise` where it goes on, and in both cases what it said."""
        if not self._is_given_up:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(END_SECONDS):
                    await self._ended.wait()
        status = None if self._is_given_up or self._process is None else self._process.get_returncode()
        told = otherwise
        if status is not None:
            told = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
        lines = [" ".join(line.split()) for line in self._said.decode("utf-8", "replace").splitlines()]
        last = next((line for line in reversed(lines) if line), "")
        command = " ".join(self._command.split())
        if len(command) > 120:
            command = command[:119] + "…"
        return f"The ProxyCommand {command} {told}{f': {last[:300]}' if last else ''}".rstrip(".") + "."

    # what asyncio tells of the process

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._process = cast(asyncio.SubprocessTransport, transport)
        if self._inner is not None:
            self._inner.connection_made(cast(asyncio.BaseTransport, self))

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd == 2:
            self._said = (self._said + data)[-SAID:]
        else:
            cast(asyncio.Protocol, self._inner).data_received(data)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        self._has_left = self._has_left or fd == 1
        # What can't be written any more is told by the end of what is read.
        inner = self._inner if fd == 1 else None
        if inner is not None:
            self._inner = None
            cast(asyncio.Protocol, inner).connection_lost(exc)

    def connection_lost(self, exc: Exception | None) -> None:
        # Called once the process has ended and its pipes have, so that all that it said is here.
        self._ended.set()

    # what asyncssh wants of a transport

    def write(self, data: bytes) -> None:
        """Hand something to the command."""
        pipe = self._process.get_pipe_transport(0) if self._process is not None else None
        if pipe is not None:
            cast(asyncio.WriteTransport, pipe).write(data)

    def close(self) -> None:
        """End the command; one that is about to end by itself is given a moment."""
        process = self._process
        if process is None:
            return
        if self._has_left:
            asyncio.get_running_loop().call_later(END_SECONDS, process.close)
        else:
            self._is_given_up = True
            process.close()

    def abort(self) -> None:
        """End the command."""
        self.close()

    def is_closing(self) -> bool:
        return self._has_left or self._is_given_up

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default if self._process is None else self._process.get_extra_info(name, default)
