"""Runs a program in a real pty: types into it, and reads its screen back through an emulator.

    with Program(["vim", "file"], rows=24, columns=80) as vim:
        vim.wait_for("file")
        vim.send("ihello\\x1b")
        assert vim.line(0) == "hello"

Every wait is a select on the pty, so nothing sleeps; a wait that takes too long fails with the screen in its message.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import pyte

from tui.engine.keeper import set_size, spawn

PATIENCE = 20.0
"""Seconds after which a wait fails."""


class TolerantScreen(pyte.Screen):
    """pyte's screen, with the alternate screen's switch noted and the sequences taken that it raises on."""

    def __init__(self, columns: int, lines: int, reply: Callable[[bytes], None]) -> None:
        self._reply = reply
        self.alternate = False
        super().__init__(columns, lines)

    def write_process_input(self, data: str) -> None:
        """Answer the program's question (where the cursor is, what this terminal is)."""
        self._reply(data.encode())

    def select_graphic_rendition(self, *attrs: int, **kwargs: Any) -> None:
        if not kwargs.get("private"):
            super().select_graphic_rendition(*attrs)

    def set_mode(self, *modes: int, **kwargs: Any) -> None:
        if kwargs.get("private") and set(modes) & {47, 1047, 1049}:
            self.alternate = True
            self.erase_in_display(2)
        super().set_mode(*modes, **kwargs)

    def reset_mode(self, *modes: int, **kwargs: Any) -> None:
        if kwargs.get("private") and set(modes) & {47, 1047, 1049}:
            self.alternate = False
            self.erase_in_display(2)
        super().reset_mode(*modes, **kwargs)


class Program:
    """One program in a pty of its own."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        rows: int = 24,
        columns: int = 80,
        env: Mapping[str, str] | None = None,
        cwd: Path | str = "/",
    ) -> None:
        """Start `argv`; `env` is the whole environment, without it ours with TERM=xterm-256color."""
        whole = dict(os.environ if env is None else env)
        whole.setdefault("TERM", "xterm-256color")
        if env is None:
            whole["TERM"] = "xterm-256color"
        file = shutil.which(argv[0], path=whole.get("PATH")) or argv[0]
        self.pid, self.master = spawn(file, list(argv), whole, str(cwd), rows, columns)
        os.set_blocking(self.master, False)
        self.raw = bytearray()
        """Everything that the program has written."""
        self.screen = TolerantScreen(columns, rows, self._write)
        self._stream = pyte.ByteStream(self.screen)
        self._status: int | None = None
        self.ended = False

    def __enter__(self) -> Program:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # what it gets

    def send(self, keys: str | bytes) -> None:
        """Type; characters are UTF-8, `\\r` is Enter, `\\x1b` is Esc."""
        self._write(keys.encode() if isinstance(keys, str) else keys)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self.master, view) :]
            except BlockingIOError:
                self._read(1.0)  # it may be waiting for us to take its output

    def resize(self, rows: int, columns: int) -> None:
        """Make the terminal larger or smaller; the program hears of it by SIGWINCH."""
        self.screen.resize(rows, columns)
        set_size(self.master, rows, columns)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal to the program."""
        os.kill(self.pid, number)

    # what it shows

    @property
    def text(self) -> str:
        """The screen as lines without the blanks at their ends."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def line(self, number: int) -> str:
        """One line of the screen, from 0; negative ones count from the bottom."""
        return str(self.screen.display[number]).rstrip()

    def wait_until(self, holds: Callable[[Program], bool], what: str = "it", timeout: float = PATIENCE) -> None:
        """Read until `holds(self)`; fails with the screen where that takes too long or the program ends before."""
        deadline = time.monotonic() + timeout
        while not holds(self):
            left = deadline - time.monotonic()
            if left <= 0 or self.ended:
                why = "the program ended" if self.ended else f"{timeout} s passed"
                raise AssertionError(
                    f"{why} before {what}; the screen:\n{self.text}\nlast bytes: {bytes(self.raw[-400:])!r}"
                )
            self._read(left)

    def wait_for(self, text: str, timeout: float = PATIENCE) -> None:
        """Read until the screen shows a text."""
        self.wait_until(lambda me: text in me.text, repr(text), timeout)

    def wait_gone(self, text: str, timeout: float = PATIENCE) -> None:
        """Read until the screen does not show a text any more."""
        self.wait_until(lambda me: text not in me.text, f"{text!r} had gone", timeout)

    def wait_raw(self, data: bytes, timeout: float = PATIENCE) -> None:
        """Read until these bytes were written."""
        self.wait_until(lambda me: data in me.raw, repr(data), timeout)

    def _read(self, timeout: float) -> None:
        ready, _, _ = select.select([self.master], [], [], timeout)
        if not ready:
            return
        try:
            data = os.read(self.master, 65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""  # EIO: nobody has the terminal open any more
        if not data:
            self.ended = True
            return
        self.raw += data
        try:
            self._stream.feed(data)
        except (TypeError, IndexError, ValueError):
            return  # a sequence that pyte can't take; `raw` has it

    # its end

    def wait_exit(self, timeout: float = PATIENCE) -> int:
        """Read until the program has ended; gives its exit status, 128 + N after signal N."""
        deadline = time.monotonic() + timeout
        while not self.ended:
            left = deadline - time.monotonic()
            if left <= 0:
                raise AssertionError(f"the program runs on; the screen:\n{self.text}")
            self._read(left)
        if self._status is None:
            self._status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self._status if self._status >= 0 else 128 - self._status

    def close(self) -> None:
        """End the program where it runs, and close its terminal."""
        if self.master < 0:
            return
        if self._status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            os.close(self.master)
            self._status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        else:
            os.close(self.master)
        self.master = -1
        self.ended = True
