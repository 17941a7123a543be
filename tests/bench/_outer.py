"""The terminal around a program that is measured: it swallows what comes, and looks for words in it."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from shutil import which

from tui.engine.keeper import spawn

PATIENCE = 120.0


class Outer:
    """A program in a pty that nobody looks at. Use as a context manager."""

    def __init__(
        self, command: Sequence[str], columns: int, rows: int, env: Mapping[str, str] | None = None, folder: str = "/"
    ) -> None:
        whole = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
        whole |= {
            "PYTHONPATH": os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH")))),
            **(env or {}),
        }
        whole.pop("TMUX", None)
        self.pid, self.master = spawn(which(command[0]) or command[0], list(command), whole, folder, rows, columns)
        self.swallowed = 0

    def __enter__(self) -> Outer:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.master)  # hangs up, so that what runs inside ends too
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)

    def type(self, data: bytes) -> None:
        os.write(self.master, data)

    def until(self, word: bytes, patience: float = PATIENCE) -> float:
        """Swallow until a word came; the time then. Raises AssertionError where it doesn't come."""
        held = b""
        deadline = time.monotonic() + patience
        while word not in held:
            assert time.monotonic() < deadline, f"{word!r} never came; the last was {held[-2000:]!r}"
            held = held[-len(word) :] if len(held) > 1 << 16 else held
            held += self._read(0.5)
        return time.perf_counter()

    def quiet(self, seconds: float, most: float = 5.0) -> None:
        """Swallow until nothing has come for so long."""
        deadline = time.monotonic() + most
        while time.monotonic() < deadline and self._read(seconds):
            pass

    def swallow(self, seconds: float) -> None:
        """Swallow for so long."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            self._read(left)

    def _read(self, timeout: float) -> bytes:
        if not select.select([self.master], [], [], timeout)[0]:
            return b""
        try:
            data = os.read(self.master, 1 << 16)
        except OSError as error:
            raise AssertionError("the program has ended") from error
        self.swallowed += len(data)
        return data


_ROOT = Path(__file__).parents[2]
