"""The screen: pyte's, with rows that are lists, an alternate screen, a scrollback, and tmux's answers to hard cases.

Of pyte's `Screen` stay the cursor, tab stops, margins and charsets; what it does to cells is done here, because its
dictionaries of characters are slow and its erasing, wide characters and modes differ from what terminals do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyte.charsets
import pyte.screens

from tui.emulator import modes as mode
from tui.emulator.history import History, lasting
from tui.emulator.pens import pen_of
from tui.emulator.rows import Entry, Row
from tui.emulator.style import DEFAULT, Style, blank


@dataclass(slots=True)
class Saved:
    """What DECSC keeps."""

    x: int = 0
    y: int = 0
    style: Style = DEFAULT
    origin: bool = False
    charset: int = 0
    charsets: tuple[bool, bool] = (False, False)


class Screen(pyte.screens.Screen):
    """A grid of `lines` by `columns`; `keep` lines of scrollback. `cursor.x == columns` means: wrap before the next."""

    buffer: list[Row]  # type: ignore[assignment]  # rows are lists, see the module's docstring

    def __init__(self, columns: int, lines: int, *, keep: int = 100_000) -> None:
        self.history = History(keep)
        super().__init__(columns, lines)
        self.mode = set(mode.AT_START)

    def reset(self) -> None:
        self.pen = pen_of(DEFAULT)
        self.buffer = [Row(self.columns) for _ in range(self.lines)]
        self.main: list[Row] | None = None  # the main screen's rows while the alternate one is shown
        self.main_cursor: tuple[int, int, Style] | None = None
        self.main_size = (self.lines, self.columns)
        self.saved = Saved()
        self.line_drawing = [False, False]
        self.cursor_shape = 0
        self.last_drawn = ""
        self.all_dirty = True
        super_buffer = self.buffer
        self.buffer = []  # pyte's reset clears the buffer that it finds
        super().reset()
        self.buffer = super_buffer
        self.mode = set(mode.AT_START)

    @property
    def region(self) -> tuple[int, int]:
        """The first and last row that scroll."""
        return self.margins or (0, self.lines - 1)

    @property
    def style(self) -> Style:
        """What text is drawn in."""
        return self.pen.style

    @style.setter
    def style(self, style: Style) -> None:
        self.pen = pen_of(style)

    # Scrolling

    def _blank_row(self) -> Row:
        return Row(self.columns, blank(self.pen.style.background))

    def _roll(self, top: int, bottom: int, count: int, *, history: bool) -> None:
        """Move rows `top` to `bottom` up by `count`, or down where it is negative."""
        height = bottom - top + 1
        buffer, kept = self.buffer, history and top == 0 and self.main is None
        for _ in range(min(abs(count), height)):
            if count > 0:
                if kept:
                    self.history.keep(lasting(buffer[top].entry(), self.columns))
                del buffer[top]
                buffer.insert(bottom, self._blank_row())
            else:
                del buffer[bottom]
                buffer.insert(top, self._blank_row())
        if height == self.lines:
            self.all_dirty = True
        else:
            self.dirty.update(range(top, bottom + 1))

    def scroll_in(self, entries: list[Entry]) -> None:
        """Take whole lines in at the bottom of the screen: the cursor is in the last row, which is blank, and there
        again after the last line's end."""
        rows, columns = self.buffer, self.columns
        count, above = len(entries), self.lines - 1
        leaving = min(count, above)
        if self.main is None:
            self.history.keep_all((row.entry() for row in rows[:leaving]), leaving)
            if count > above:
                self.history.keep_all(entries[: count - above], count - above)
        shown = entries[max(0, count - above) :]
        self.buffer = [*rows[leaving:above], *(Row.of(entry, columns) for entry in shown), Row(columns)]
        self.all_dirty = True

    def index(self) -> None:
        y, last, margins = self.cursor.y, self.lines - 1, self.margins
        if y == (last if margins is None else margins.bottom):
            self._roll(0 if margins is None else margins.top, y, 1, history=True)
        elif y < last:
            self.cursor.y = y + 1

    def reverse_index(self) -> None:
        top, bottom = self.region
        if self.cursor.y == top:
            self._roll(top, bottom, -1, history=False)
        elif self.cursor.y > 0:
            self.cursor.y -= 1

    def next_line(self) -> None:
        self.carriage_return()
        self.index()

    def scroll_up(self, count: int = 1) -> None:
        self._roll(*self.region, count or 1, history=True)

    def scroll_down(self, count: int = 1, *more: int) -> None:
        if not more:  # with more parameters it is a request to track the mouse over a highlight
            self._roll(*self.region, -(count or 1), history=False)

    def insert_lines(self, count: int | None = None) -> None:
        top, bottom = self.region
        if top <= self.cursor.y <= bottom:
            self._roll(self.cursor.y, bottom, -(count or 1), history=False)

    def delete_lines(self, count: int | None = None) -> None:
        top, bottom = self.region
        if top <= self.cursor.y <= bottom:
            self._roll(self.cursor.y, bottom, count or 1, history=False)

    # Cells

    def insert_characters(self, count: int | None = None) -> None:
        self.buffer[self.cursor.y].insert(self.cursor.x, count or 1, blank(self.pen.style.background))
        self.dirty.add(self.cursor.y)

    def delete_characters(self, count: int | None = None) -> None:
        self.buffer[self.cursor.y].delete(self.cursor.x, count or 1, blank(self.style.background))
        self.dirty.add(self.cursor.y)

    def erase_characters(self, count: int | None = None) -> None:
        x = self.cursor.x
        self._erase(self.cursor.y, x, min(x + (count or 1), self.columns))

    def erase_in_line(self, how: int = 0, private: bool = False) -> None:
        x, y = self.cursor.x, self.cursor.y
        if how == 0:
            self._erase(y, x, self.columns)
        elif how == 1:
            self._erase(y, 0, min(x + 1, self.columns))
        elif how == 2:
            self._erase(y, 0, self.columns)

    def erase_in_display(self, how: int = 0, *args: Any, **kwargs: Any) -> None:
        x, y = self.cursor.x, self.cursor.y
        if how == 3:
            self.history.clear()
        elif how == 2 or (how == 0 and x == y == 0):
            self._clear()
        elif how in (0, 1):
            self.erase_in_line(how)
            for row in range(y + 1, self.lines) if how == 0 else range(y):
                self._erase(row, 0, self.columns)

    def _clear(self) -> None:
        """Clear the whole screen: what stood on the main one goes to the scrollback, for good."""
        rows = self.buffer
        last = next((y for y in range(self.lines - 1, -1, -1) if rows[y].raw or rows[y].used), -1)
        if last >= 0 and self.main is None:
            self.history.keep_all((row.entry() for row in rows[: last + 1]), last + 1)
            self.history.recallable = 0
        for y in range(self.lines):
            rows[y] = self._blank_row()
        self.all_dirty = True

    def _erase(self, y: int, start: int, stop: int) -> None:
        self.buffer[y].erase(start, stop, blank(self.pen.style.background))
        self.dirty.add(y)

    def alignment_display(self) -> None:
        self.margins = None
        self.cursor.x = self.cursor.y = 0
        for y in range(self.lines):
            self.buffer[y] = row = Row(self.columns)
            row.raw = "E" * self.columns
        self.all_dirty = True

    def render(self, params: str) -> None:
        """Apply one SGR sequence."""
        self.pen = self.pen.turn(params)

    # Cursor

    def cursor_up(self, count: int | None = None) -> None:
        cursor, margins = self.cursor, self.margins
        y = cursor.y
        top = 0 if margins is None or y < margins.top else margins.top
        cursor.y = max(y - (count or 1), top)
        cursor.x = min(cursor.x, self.columns - 1)

    def cursor_down(self, count: int | None = None) -> None:
        cursor, margins = self.cursor, self.margins
        y = cursor.y
        bottom = self.lines - 1 if margins is None or y > margins.bottom else margins.bottom
        cursor.y = min(y + (count or 1), bottom)
        cursor.x = min(cursor.x, self.columns - 1)

    def cursor_forward(self, count: int | None = None) -> None:
        self.cursor.x = min(self.cursor.x + (count or 1), self.columns - 1)

    def cursor_to_column(self, column: int | None = None) -> None:
        self.cursor.x = min((column or 1) - 1, self.columns - 1)

    def linefeed(self) -> None:
        self.index()
        if mode.NEW_LINE in self.mode:
            self.carriage_return()

    def carriage_return(self) -> None:
        self.cursor.x = 0

    def cursor_back(self, count: int | None = None) -> None:
        # From beyond the last column one step lands on it, as in tmux (xterm: on the one before).
        self.cursor.x = max(0, self.cursor.x - (count or 1))

    def backspace(self) -> None:
        y = self.cursor.y
        if self.cursor.x == 0 and y and self.buffer[y - 1].wrapped:
            # tmux goes back over a wrap, which is where the text came from.
            self.cursor.y, self.cursor.x = y - 1, self.columns - 1
        else:
            self.cursor_back()

    def cursor_to_line(self, line: int | None = None) -> None:
        x = self.cursor.x
        self.cursor_position(line)
        self.cursor.x = x

    def cursor_position(self, line: int | None = None, column: int | None = None) -> None:
        top, bottom = self.region if mode.ORIGIN in self.mode else (0, self.lines - 1)
        self.cursor.y = min((line or 1) - 1 + top, bottom)
        self.cursor.x = min((column or 1) - 1, self.columns - 1)

    def set_margins(self, top: int | None = None, bottom: int | None = None) -> None:
        first = max(1, top or 1) - 1
        last = min(bottom or self.lines, self.lines) - 1
        if first >= last:
            return
        self.margins = None if (first, last) == (0, self.lines - 1) else pyte.screens.Margins(first, last)
        self.cursor.x = self.cursor.y = 0

    def tab(self, count: int = 1) -> None:
        if self.cursor.x >= self.columns - 1:
            return
        ahead = sorted(stop for stop in self.tabstops if stop > self.cursor.x)
        count = count or 1
        self.cursor.x = min(ahead[count - 1], self.columns - 1) if count <= len(ahead) else self.columns - 1

    def back_tab(self, count: int = 1) -> None:
        x = min(self.cursor.x, self.columns - 1)
        behind = sorted((stop for stop in self.tabstops if stop < x), reverse=True)
        self.cursor.x = behind[(count or 1) - 1] if len(behind) >= (count or 1) else 0

    def save_cursor(self) -> None:
        drawing = (self.line_drawing[0], self.line_drawing[1])
        x, y = min(self.cursor.x, self.columns), self.cursor.y
        self.saved = Saved(x, y, self.style, mode.ORIGIN in self.mode, self.charset, drawing)

    def restore_cursor(self) -> None:
        saved = self.saved
        self.style, self.charset, self.line_drawing = saved.style, saved.charset, list(saved.charsets)
        (self.mode.add if saved.origin else self.mode.discard)(mode.ORIGIN)
        self.cursor.x = min(saved.x, self.columns - 1)
        self.cursor.y = min(saved.y, self.lines - 1)

    def define_charset(self, code: str, mode: str) -> None:
        self.line_drawing["()".index(mode)] = code == "0"
