"""Text comes to the screen: narrow, wide and joined characters, line drawing, the wrap and the insert mode."""

from __future__ import annotations

from tui.emulator import modes as mode
from tui.emulator.screen import Screen
from tui.emulator.widths import PARTS, ZWJ, cell_width

CELL_LIMIT = 32
"""Characters one cell may gather; a stream of combining marks must not grow it for ever."""

_LINES = {ord(a): b for a, b in zip("`abcdefghijklmnopqrstuvwxyz{|}~", "◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·", strict=True)}


class WritingScreen(Screen):
    """A screen that text is written on."""

    @property
    def has_plain_tabs(self) -> bool:
        """Whether there is a tab stop at each eighth column, and none beside."""
        return len(self.tabstops) == (self.columns - 1) // 8 and all(stop % 8 == 0 for stop in self.tabstops)

    @property
    def is_easy(self) -> bool:
        """Whether text goes to the cells as it comes: nothing is inserted, all wraps, and letters are letters."""
        modes = self.mode
        return mode.WRAP in modes and mode.INSERT not in modes and not self.line_drawing[self.charset]

    def draw(self, data: str) -> None:
        """Put printable characters at the cursor, which moves on and wraps."""
        if self.line_drawing[self.charset]:
            data = data.translate(_LINES)
        if not data:
            return
        if mode.INSERT in self.mode or mode.WRAP not in self.mode:
            for character in data:
                self._draw_one(character)
        elif data.isascii():
            self._draw_narrow(data)
        else:
            for found in PARTS.finditer(data):
                narrow, wide = found.groups()
                text = found.group()
                if self._is_joined(text[0]) or not (narrow or wide):
                    self._draw_one(text[0])
                    text = text[1:] if narrow or wide else ""
                if text and narrow:
                    self._draw_narrow(text)
                elif text:
                    self._draw_wide(text)

    def _draw_one(self, character: str) -> None:
        width = cell_width(character)
        if width >= 0 and not self._combine(character, width) and width:
            self._put(character, width)

    def _draw_narrow(self, data: str) -> None:
        cursor, columns, style = self.cursor, self.columns, self.pen.style
        start, length = 0, len(data)
        while start < length:
            x = cursor.x
            if x >= columns:
                self._wrap()
                x = 0
            end = min(start + columns - x, length)
            count = end - start
            stop = x + count
            row = self.buffer[cursor.y]
            cells = row.cells or row.open()
            if row.wide:
                row.part(x, stop)
            cells[x:stop] = data[start:end]
            row.styles[x:stop] = [style] * count
            if stop > row.used:
                row.used = stop
            self.dirty.add(cursor.y)
            cursor.x = stop
            start = end
        self.last_drawn = data[-1]

    def _draw_wide(self, data: str) -> None:
        cursor, columns, style = self.cursor, self.columns, self.pen.style
        if columns < 2:
            return
        start, length = 0, len(data)
        while start < length:
            x = cursor.x
            if x + 2 > columns:
                self._wrap()
                x = 0
            end = min(start + (columns - x) // 2, length)
            stop = x + 2 * (end - start)
            row = self.buffer[cursor.y]
            cells = row.cells or row.open()
            if row.wide:
                row.part(x, stop)
            cells[x:stop:2] = data[start:end]
            cells[x + 1 : stop : 2] = [""] * (end - start)
            row.styles[x:stop] = [style] * (stop - x)
            row.wide = True
            if stop > row.used:
                row.used = stop
            self.dirty.add(cursor.y)
            cursor.x = stop
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
        style = self.pen.style
        if insert:
            row.insert(cursor.x, width, style)
        cells = row.cells or row.open()
        stop = cursor.x + width
        if row.wide:
            row.part(cursor.x, stop)
        cells[cursor.x] = character
        row.styles[cursor.x] = style
        if width == 2:
            cells[cursor.x + 1] = ""
            row.styles[cursor.x + 1] = style
            row.wide = True
        if stop > row.used:
            row.used = stop
        self.dirty.add(cursor.y)
        cursor.x = stop
        if stop == columns and mode.WRAP not in self.mode:
            cursor.x = columns - 1
        self.last_drawn = character

    def _is_joined(self, character: str) -> bool:
        """Whether a character joins the cell before the cursor because a joiner stands there."""
        x = self.cursor.x
        if not x or character < "\u0300":
            return False
        cells = self.buffer[self.cursor.y].cells
        if cells is None:
            return False  # nothing odd is in it, so no joiner
        return cells[x - 1 if cells[x - 1] or x == 1 else x - 2].endswith(ZWJ)

    def _combine(self, character: str, width: int) -> bool:
        """Join a mark, a selector or what follows a joiner to the cell before the cursor; False where it can't."""
        x = self.cursor.x
        if x == 0 or (width and not self._is_joined(character)):
            return False
        cells = self.buffer[self.cursor.y].open()
        at = x - 1 if cells[x - 1] or x == 1 else x - 2
        if len(cells[at]) < CELL_LIMIT:
            cells[at] += character
        self.dirty.add(self.cursor.y)
        return True

    def _wrap(self) -> None:
        self.buffer[self.cursor.y].wrapped = True
        self.cursor.x = 0
        self.index()

    def repeat(self, count: int = 1) -> None:
        """Draw what was drawn right before again (REP), to the end of the row at most."""
        character = self.last_drawn
        if character:
            width = max(1, cell_width(character))
            self.draw(character * min(count or 1, max(0, self.columns - self.cursor.x) // width))
            self.last_drawn = ""
