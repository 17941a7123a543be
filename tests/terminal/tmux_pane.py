"""A pane of tmux that is fed directly: the oracle for many short streams, a few milliseconds each.

Its terminal is opened beside the process in it, and tmux's own answer to a question says that all before was taken in.
Commands go through one client in control mode.
"""

from __future__ import annotations

import os
import subprocess
import termios
import tty
from pathlib import Path

from tests.terminal.captured_sgr import Cell, cells_of
from tests.terminal.oracle import Tmux

_QUESTION = b"\x18\x1b[>q"  # CAN ends what a stream left open; the answer names tmux and its version
_ANSWER = b"\x1b\\"
_CLEAN = b"\x18\x1bc\x1b[?1049l\x1bc\x1b7\x1b[?5l\x1b]2;\x07"  # a saved origin mode outlives a reset


class Pane:
    """One pane in a server of its own. Use as a context manager."""

    def __init__(self, folder: Path, columns: int = 20, rows: int = 6) -> None:
        self.server = Tmux(folder)
        self.columns, self.rows = columns, rows

    def __enter__(self) -> Pane:
        self.server.__enter__()
        size = ("-x", str(self.columns), "-y", str(self.rows))
        self.server("new-session", "-d", "-s", "pane", *size, "exec sleep 3600")
        self.server("set", "-g", "window-size", "manual")
        self.server("set", "-g", "history-limit", "100000")
        self.server("respawn-pane", "-k", "-t", "pane", "exec sleep 3600")  # the limit is a pane's from its start
        self._tty = os.open(self.server("display", "-p", "-t", "pane", "#{pane_tty}").strip(), os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self._tty)
        words = ["tmux", "-u", "-L", self.server.name, "-C", "attach", "-t", "pane", "-f", "no-output,ignore-size"]
        self._client = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._block()
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._tty)
        self._client.kill()
        self._client.communicate()
        self.server.__exit__()

    def ask(self, command: str) -> list[str]:
        """Give a command's answer, line by line."""
        assert self._client.stdin is not None
        self._client.stdin.write(command.encode() + b"\n")
        self._client.stdin.flush()
        return self._block()

    def _block(self) -> list[str]:
        assert self._client.stdout is not None
        lines: list[str] | None = None
        while True:
            line = self._client.stdout.readline().decode("utf-8", "replace")
            assert line, "tmux has ended"
            line = line.removesuffix("\n")
            if lines is None:
                if line.startswith(("%begin ", "\x1bP1000p%begin ")):
                    lines = []
            elif line.startswith(("%end ", "%error ")):
                assert line.startswith("%end "), lines
                return lines
            else:
                lines.append(line)

    def reset(self, columns: int | None = None, rows: int | None = None) -> None:
        """Make all as at start, at a size."""
        termios.tcflush(self._tty, termios.TCIFLUSH)
        self.resize(columns or self.columns, rows or self.rows)
        self.feed(_CLEAN)
        self.ask("clear-history -t pane")

    def resize(self, columns: int, rows: int) -> None:
        if (columns, rows) != (self.columns, self.rows):
            self.ask(f"resize-window -t pane -x {columns} -y {rows}")
            self.columns, self.rows = columns, rows

    def feed(self, data: bytes) -> None:
        """Have bytes taken in, to the last."""
        view = memoryview(data + _QUESTION)
        while view:
            view = view[os.write(self._tty, view[:4096]) :]
        heard = b""
        while not (b"\x1bP>|" in heard and heard.endswith(_ANSWER)):
            heard += os.read(self._tty, 4096)

    def screen(self) -> list[list[Cell]]:
        """Give each row's cells, blank default ones at the end left off."""
        return cells_of(self.ask("capture-pane -t pane -p -e -N"), self.rows)

    def everything(self) -> list[list[Cell]]:
        """Give the cells of each line, the scrollback's first."""
        lines = self.ask("capture-pane -t pane -p -e -N -S -")
        return cells_of(lines, int(self.about("history_size")) + self.rows)

    def about(self, *names: str) -> str:
        """Give what tmux knows of the pane, by its names of it, spaces between."""
        return self.ask("display -p -t pane '" + " ".join(f"#{{{name}}}" for name in names) + "'")[0]

    @property
    def cursor(self) -> tuple[int, int]:
        row, column = map(int, self.about("cursor_y", "cursor_x").split())
        return row, min(column, self.columns - 1)
