"""The terminal that a raw shell runs in: raw mode and back, its size, its bytes, its signals."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import termios
import tty
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

READ = 64 * 1024
DEFAULT_SIZE = (24, 80)


class RawTerminal:
    """Standard input and output; raw mode where input is a terminal, which is restored whatever happens."""

    def __init__(self, stdin: int = 0, stdout: int = 1, stderr: int = 2) -> None:
        self._stdin = stdin
        self._stdout = stdout
        self._stderr = stderr
        self.interactive = os.isatty(stdin)

    def size(self) -> tuple[int, int]:
        """Rows and columns of the terminal that output or input is; 24 x 80 where neither is one."""
        for descriptor in (self._stdout, self._stdin, self._stderr):
            with contextlib.suppress(OSError):
                found = os.get_terminal_size(descriptor)
                if found.lines and found.columns:
                    return found.lines, found.columns
        return DEFAULT_SIZE

    @contextlib.contextmanager
    def raw(self) -> Iterator[None]:
        """Take the terminal for the far end inside the `with` block; nothing happens where input is no terminal."""
        if not self.interactive:
            yield
            return
        before = termios.tcgetattr(self._stdin)
        tty.setraw(self._stdin, termios.TCSADRAIN)
        try:
            yield
        finally:
            with contextlib.suppress(termios.error):  # the terminal's window was closed
                termios.tcsetattr(self._stdin, termios.TCSANOW, before)

    async def read(self) -> bytes:
        """Give what was typed or piped next, nothing at its end."""
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()
        try:
            loop.add_reader(self._stdin, _fulfil, ready)
        except (PermissionError, ValueError, OSError):  # a plain file is always readable, and can't be watched
            return await asyncio.to_thread(os.read, self._stdin, READ)
        try:
            await ready
        finally:
            loop.remove_reader(self._stdin)
        try:
            return os.read(self._stdin, READ)
        except OSError:
            return b""  # the terminal has gone

    async def write(self, data: bytes) -> None:
        """Write output; waits in a thread, so that a slow terminal does not hold up the keys. Raises: OSError."""
        await asyncio.to_thread(_write_all, self._stdout, data)

    def say(self, sentence: str) -> None:
        """Say something of our own on standard error, on a line of its own."""
        end = "\r\n" if self.interactive else "\n"
        start = "\r\n" if self.interactive else ""
        with contextlib.suppress(OSError):
            _write_all(self._stderr, f"{start}[ssm-tui: {sentence}]{end}".encode(errors="replace"))


@contextlib.contextmanager
def signals(handlers: dict[int, Callable[[], Any]]) -> Iterator[None]:
    """Handle signals on the loop inside the `with` block, and put back who had them before."""
    loop = asyncio.get_running_loop()
    before: dict[int, Callable[[int, FrameType | None], Any] | int | None] = {}
    for number, handler in handlers.items():
        before[number] = signal.getsignal(number)
        loop.add_signal_handler(number, handler)
    try:
        yield
    finally:
        for number, old in before.items():
            loop.remove_signal_handler(number)
            if old is not None:
                signal.signal(number, old)


def _fulfil(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
