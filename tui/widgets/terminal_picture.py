"""What a terminal shows, row by row as it was drawn last: only what changed is drawn again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.style import Style
from textual.strip import Strip

from tui.widgets.terminal_paint import Painter

if TYPE_CHECKING:
    from tui.emulator.terminal import Terminal
    from tui.widgets.terminal_history import LookingBack


class Picture:
    """The drawn rows of one terminal, live or looked back at; `base` gives the theme's style."""

    def __init__(self, terminal: Terminal, back: LookingBack, base: Callable[[], Style]) -> None:
        self._terminal = terminal
        self._back = back
        self._base = base
        self._painter: Painter | None = None
        self._strips: list[Strip | None] = []
        self._cursor_row = 0

    def forget(self, *, style: bool = False) -> None:
        """Have every row drawn again, after another size or place; over another base where `style` is given."""
        self._strips = [None] * self._terminal.rows
        if style:
            self._painter = None

    def stale(self) -> list[int]:
        """Give the rows that have to be drawn again, the cursor's old and new one among them."""
        terminal, offset = self._terminal, self._back.offset
        dirty = terminal.take_dirty()
        dirty |= {self._cursor_row, terminal.cursor.row}
        self._cursor_row = terminal.cursor.row
        for row in dirty:
            if row + offset < len(self._strips):
                self._strips[row + offset] = None
        return [row for row, strip in enumerate(self._strips) if strip is None]

    def row(self, y: int, width: int, *, focused: bool, note: str, ended: bool) -> Strip:
        """Give one row `width` cells wide; see `Painter.row` for the rest."""
        if y >= len(self._strips):
            return Strip.blank(width, self._base())
        strip = self._strips[y]
        if strip is None:
            if self._painter is None:
                self._painter = Painter(self._terminal, self._back, self._base())
            segments = self._painter.row(y, width=width, focused=focused, note=note, ended=ended)
            strip = self._strips[y] = Strip(segments, width)
        return strip
