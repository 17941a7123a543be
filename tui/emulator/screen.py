"""The screen: pyte's, with rows that are lists, an alternate screen, a scrollback, and tmux's answers to hard cases.

Of pyte's `Screen` stay the cursor, tab stops, margins and charsets; what it does to cells is done here, because its
dictionaries of characters are slow and its erasing, wide characters and modes differ from what terminals do.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import pyte.charsets
import pyte.screens

from tui.emulator import modes as mode
from tui.emulator.rows import ZWJ, Line, Row, cell_width
from tui.emulator.style import DEFAULT, Style, blank, rendition

CELL_LIMIT = 32
"""Characters one cell may gather; a stream of combining marks must not grow it for ever."""

_LINES = {ord(a): b for a, b in zip("`afgjklmnopqrstuvwxyz{|}~", "◆▒°±┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·", strict=True)}


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

    def __init__(self, columns: int, lines: int, *, keep: int = 5000) -> None:
        self.scrollback: deque[Line] = deque(maxlen=max(keep, 1))
        self.lines_kept = 0  # ever pushed, so that a view can follow what it shows
        super().__init__(columns, lines)
        self.mode = set(mode.AT_START)

    def reset(self) -> None:
        self.style = DEFAULT
        self.buffer = [Row(self.columns) for _ in range(self.lines)]
        self.main: list[Row] | None = None  # the main screen's rows while the alternate one is shown
        self.main_cursor: tuple[int, int, Style] | None = None
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

    # Geometry

    @property
    def region(self) -> tuple[int, int]:
        """The first and last row that scroll."""
        return self.margins or (0, self.lines - 1)

    def resize(self, lines: int | None = None, columns: int | None = None) -> None:
        """Change the size as tmux does, without reflow: rows below the cursor go first, then the top rows go to the
        scrollback; rows that come in are taken back from it."""
        lines, columns = lines or self.lines, columns or self.columns
        if (lines, columns) == (self.lines, self.columns):
            return
        shown = self.main is None
        self.cursor.y += self._fit(self.buffer, lines, self.cursor.y, history=shown)
        if self.main is not None:
            x, y, style = self.main_cursor or (0, 0, DEFAULT)
            y += self._fit(self.main, lines, y, history=True)
            self.main_cursor = (x, max(0, y), style) if self.main_cursor else None
        if columns != self.columns:
            for row in self.buffer + (self.main or []):
                row.resize(columns)
            self.tabstops = {stop for stop in self.tabstops if stop < columns}
            self.tabstops.update(range((self.columns + 7) // 8 * 8, columns, 8))
        self.lines, self.columns = lines, columns
        self.margins = None
        self.saved.y = min(self.saved.y, lines - 1)
        self.cursor.x = min(self.cursor.x, columns - 1)
        self.cursor.y = min(max(self.cursor.y, 0), lines - 1)
        self.all_dirty = True

    def _fit(self, rows: list[Row], lines: int, cursor: int, *, history: bool) -> int:
        """Give `rows` the length `lines`; returns how far the rows moved down."""
        moved = 0
        while len(rows) > lines and len(rows) - 1 > cursor:
            rows.pop()
        while len(rows) > lines:
            row = rows.pop(0)
            moved -= 1
            if history:
                self._keep(row)
        while len(rows) < lines:
            if history and self.scrollback:
                rows.insert(0, self._take_back())
                moved += 1
            else:
                rows.append(Row(self.columns))
        return moved

    def _keep(self, row: Row) -> None:
        self.scrollback.append(Line(row.runs(), row.wrapped))
        self.lines_kept += 1

    def _take_back(self) -> Row:
        self.lines_kept -= 1
        return self.scrollback.pop().row(self.columns)

    # Text

    def draw(self, data: str) -> None:
        """Put printable characters at the cursor, which moves on and wraps."""
        if self.line_drawing[self.charset]:
            data = data.translate(_LINES)
        if not data:
            return
        if data.isascii() and mode.INSERT not in self.mode and mode.WRAP in self.mode:
            self._draw_ascii(data)
            return
        for character in data:
            width = cell_width(character)
            if width < 0:
                continue
            if not self._combine(character, width) and width:
                self._put(character, width)

    def _draw_ascii(self, data: str) -> None:
        cursor, columns, style = self.cursor, self.columns, self.style
        start, length = 0, len(data)
        while start < length:
            x = cursor.x
            if x >= columns:
                self._wrap()
                x = 0
            end = min(start + columns - x, length)
            count = end - start
            row = self.buffer[cursor.y]
            if row.wide:
                row.part(x, x + count)
            row.cells[x : x + count] = data[start:end]
            row.styles[x : x + count] = [style] * count
            self.dirty.add(cursor.y)
            cursor.x = x + count
            start = end
        self.last_drawn = data[-1]

    def _put(self, character: str, width: int) -> None:
        cursor, columns = self.cursor, self.columns
        if width > columns:
            return
        # A character that wraps is not inserted in the row it comes to, as in tmux.
        insert = mode.INSERT in self.mode and cursor.x + width <= columns
        if cursor.x + width > columns:
            if mode.WRAP in self.mode:
                self._wrap()
            elif width > 1:
                return
            else:
                cursor.x = columns - width
        row = self.buffer[cursor.y]
        if insert:
            row.insert(cursor.x, width, self.style)
        if row.wide:
            row.part(cursor.x, cursor.x + width)
        row.cells[cursor.x] = character
        row.styles[cursor.x] = self.style
        if width == 2:
            row.cells[cursor.x + 1] = ""
            row.styles[cursor.x + 1] = self.style
            row.wide = True
        self.dirty.add(cursor.y)
        cursor.x += width
        if cursor.x == columns and mode.WRAP not in self.mode:
            cursor.x = columns - 1
        self.last_drawn = character

    def _combine(self, character: str, width: int) -> bool:
        """Join a mark, a selector or what follows a joiner to the cell before the cursor; False where it can't."""
        x = self.cursor.x
        if x == 0 or (width and character < "\u0300"):
            return False
        row = self.buffer[self.cursor.y]
        at = x - 1 if row.cells[x - 1] or x == 1 else x - 2
        last = row.cells[at]
        if width and not last.endswith(ZWJ):
            return False
        if len(last) < CELL_LIMIT:
            row.cells[at] = last + character
        self.dirty.add(self.cursor.y)
        return True

    def _wrap(self) -> None:
        self.buffer[self.cursor.y].wrapped = True
        self.cursor.x = 0
        self.index()

    def repeat(self, character: str, count: int = 1) -> None:
        """Draw a character again (REP), to the end of the row at most."""
        if character:
            width = max(1, cell_width(character))
            self.draw(character * min(count or 1, max(0, self.columns - self.cursor.x) // width))
            self.last_drawn = ""

    # Scrolling

    def _blank_row(self) -> Row:
        return Row(self.columns, blank(self.style.background))

    def _roll(self, top: int, bottom: int, count: int, *, history: bool) -> None:
        """Move rows `top` to `bottom` up by `count`, or down where it is negative."""
        height = bottom - top + 1
        for _ in range(min(abs(count), height)):
            if count > 0:
                row = self.buffer.pop(top)
                if history and top == 0 and self.main is None:
                    self._keep(row)
                self.buffer.insert(bottom, self._blank_row())
            else:
                del self.buffer[bottom]
                self.buffer.insert(top, self._blank_row())
        if height == self.lines:
            self.all_dirty = True
        else:
            self.dirty.update(range(top, bottom + 1))

    def index(self) -> None:
        top, bottom = self.region
        if self.cursor.y == bottom:
            self._roll(top, bottom, 1, history=True)
        elif self.cursor.y < self.lines - 1:
            self.cursor.y += 1

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
        self.buffer[self.cursor.y].insert(self.cursor.x, count or 1, blank(self.style.background))
        self.dirty.add(self.cursor.y)

    def delete_characters(self, count: int | None = None) -> None:
        self.buffer[self.cursor.y].delete(self.cursor.x, count or 1, blank(self.style.background))
        self.dirty.add(self.cursor.y)

    def erase_characters(self, count: int | None = None) -> None:
        x = self.cursor.x
        self._erase(self.cursor.y, x, min(x + (count or 1), self.columns))

    def erase_in_line(self, how: int = 0, private: bool = False) -> None:
        x = self.cursor.x
        start, stop = {0: (x, self.columns), 1: (0, min(x + 1, self.columns)), 2: (0, self.columns)}.get(how, (0, 0))
        self._erase(self.cursor.y, start, stop)

    def erase_in_display(self, how: int = 0, *args: Any, **kwargs: Any) -> None:
        y = self.cursor.y
        if how == 3:
            self.scrollback.clear()
            return
        if how in (0, 1):
            self.erase_in_line(how)
        for row in {0: range(y + 1, self.lines), 1: range(y), 2: range(self.lines)}.get(how, range(0)):
            self._erase(row, 0, self.columns)

    def _erase(self, y: int, start: int, stop: int) -> None:
        self.buffer[y].erase(start, stop, blank(self.style.background))
        self.dirty.add(y)

    def alignment_display(self) -> None:
        self.margins = None
        self.cursor.x = self.cursor.y = 0
        for y in range(self.lines):
            self.buffer[y] = row = Row(self.columns)
            row.cells = ["E"] * self.columns
        self.all_dirty = True

    def render(self, params: str) -> None:
        """Apply one SGR sequence."""
        self.style = rendition(self.style, params)

    # Cursor

    def cursor_up(self, count: int | None = None) -> None:
        top, _ = self.region
        y = self.cursor.y
        self.cursor.y = max(y - (count or 1), top if y >= top else 0)
        self.ensure_hbounds()

    def cursor_down(self, count: int | None = None) -> None:
        _, bottom = self.region
        y = self.cursor.y
        self.cursor.y = min(y + (count or 1), bottom if y <= bottom else self.lines - 1)
        self.ensure_hbounds()

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
        behind = sorted((stop for stop in self.tabstops if stop < self.cursor.x), reverse=True)
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
