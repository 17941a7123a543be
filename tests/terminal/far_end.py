"""A real program in a real pty, with the emulator as its terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable
from pathlib import Path

from tui.emulator.terminal import Terminal

DEADLINE = 15.0


class FarEnd:
    """Starts `command` at a size; `recorded` is all that it wrote. Use as a context manager."""

    def __init__(self, command: list[str], *, columns: int = 80, rows: int = 24, folder: Path | None = None) -> None:
        self.terminal = Terminal(columns, rows)
        self.recorded = bytearray()
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.chdir(folder or "/")
            keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
            environment = keep | {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "PS1": "$ ", "ENV": "", "LESS": ""}
            os.execvpe(command[0], command, environment)
        os.set_blocking(self.master, False)

    def __enter__(self) -> FarEnd:
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.master)

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def resize(self, rows: int, columns: int) -> None:
        self.terminal.resize(rows, columns)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def pump(self, timeout: float) -> bool:
        """Take in what has come; False where nothing came in time or the far end has closed."""
        if not select.select([self.master], [], [], timeout)[0]:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:
            return False
        self.recorded += data
        self.terminal.feed(data)
        replies = self.terminal.take_replies()
        if replies:
            os.write(self.master, replies)
        return bool(data)

    def until(self, what: str | Callable[[list[str]], bool]) -> list[str]:
        """Take in until the screen shows a text (or satisfies a condition) and the far end is quiet; the screen."""
        seen = (lambda screen: any(what in line for line in screen)) if isinstance(what, str) else what
        deadline = time.monotonic() + DEADLINE
        while not seen(self.terminal.display):
            self.pump(0.2)
            assert time.monotonic() < deadline, "never shown; the screen is:\n" + "\n".join(self.terminal.display)
        while self.pump(0.1):
            assert time.monotonic() < deadline
        return self.terminal.display
