"""What a terminal shows, row by row as it was drawn last: only what changed is drawn again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from textual.strip import Strip

from tui.widgets.terminal_paint import Look, Painter

if TYPE_CHECKING:
    from tui.emulator.terminal import Terminal
    from tui.widgets.terminal_history import LookingBack
    from tui.widgets.terminal_links import Links


class Picture:
    """The drawn rows of one terminal, live or looked back at; `look` gives what the theme says of them."""

    def __init__(self, terminal: Terminal, back: LookingBack, links: Links, look: Callable[[], Look]) -> None:
        self._terminal = terminal
        self._back = back
        self._links = links
        self._look = look
        self._painter: Painter | None = None
        self._strips: list[Strip | None] = []
        self._cursor_row = 0

    def forget(self, *, style: bool = False) -> None:
        """Have every row drawn again, after another size or place; over another look where `style` is given."""
        self._strips = [None] * self._terminal.rows
        if style:
            self._painter = None

    def stale(self) -> list[int]:
        """Give the rows that have to be drawn again, the cursor's old and new one among them."""
        terminal, offset = self._terminal, self._back.offset
        dirty = terminal.take_dirty()
        if self._back.search.needle:
            # A line that goes on in the next may be found from there.
            self.forget()
        cursor = terminal.cursor.row
        dirty |= {self._cursor_row, cursor}
        self._cursor_row = cursor
        for row in dirty:
            if 0 <= row + offset < len(self._strips):
                self._strips[row + offset] = None
        return [row for row, strip in enumerate(self._strips) if strip is None]

    def rows(self, rows: Iterable[int], width: int, *, focused: bool, note: str, ended: bool) -> list[Strip]:
        """Give some rows, each `width` cells wide; see `Painter` for the rest."""
        strips, count = self._strips, len(self._strips)
        painter: Painter | None = None
        found = []
        for y in rows:
            strip = strips[y] if y < count else Strip.blank(width, self._look().base)
            if strip is None or strip.cell_length != width:
                if painter is None:
                    painter = self._begin(ended)
                strip = strips[y] = Strip(painter.row(y, width=width, focused=focused, note=note), width)
            found.append(strip)
        return found

    def _begin(self, ended: bool) -> Painter:
        if self._painter is None:
            self._painter = Painter(self._terminal, self._back, self._links, self._look())
        self._painter.begin(ended=ended)
        return self._painter
