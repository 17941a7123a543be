"""The size of the screen and the alternate screen: what tmux does to rows, scrollback and cursor at each change."""

from __future__ import annotations

from tui.emulator.reflow import reflow
from tui.emulator.rows import Row
from tui.emulator.writing import WritingScreen

AT_ONCE = 300
"""Lines of the scrollback that a new width wraps anew before anything is shown."""


class SizedScreen(WritingScreen):
    """A screen whose size changes; the main screen keeps its own size while the alternate one shows."""

    @property
    def alternate(self) -> bool:
        return self.main is not None

    def resize(self, lines: int | None = None, columns: int | None = None) -> None:
        """Change the size: rows below the cursor go first, then the top ones to the scrollback, from which a taller
        screen takes them back; another width wraps all lines anew, the alternate screen's excepted."""
        lines, columns = lines or self.lines, columns or self.columns
        if (lines, columns) == (self.lines, self.columns):
            return
        self._fit(lines, columns, reflowing=not self.alternate)
        self.cursor.x = min(self.cursor.x, columns)
        self.saved.y = min(self.saved.y, lines - 1)

    def show_alternate(self, on: bool, *, cursor: bool) -> None:
        """Show the alternate screen, blank, or the main one as it was left; `cursor` saves and restores it too."""
        if on and self.main is None:
            if cursor:
                self.main_cursor = (self.cursor.x, self.cursor.y, self.pen.style)
            self.main, self.main_size = self.buffer, (self.lines, self.columns)
            self.buffer = [self._blank_row() for _ in range(self.lines)]
            self.all_dirty = True
        elif not on:
            lines, columns = self.lines, self.columns
            if self.main is not None and self.main_size != (lines, columns):
                self._fit(*self.main_size, reflowing=False)
            if cursor and self.main_cursor is not None:
                self.cursor.x, self.cursor.y, self.style = self.main_cursor
                self.main_cursor = None
            if self.main is not None:
                self.buffer, self.main = self.main, None
                self.all_dirty = True
                self._fit(lines, columns, reflowing=True)
            self.cursor.y = min(self.cursor.y, self.lines - 1)
            self.ensure_hbounds()

    def _fit(self, lines: int, columns: int, *, reflowing: bool) -> None:
        if columns != self.columns:
            self.tabstops = set(range(8, columns, 8))
        if lines != self.lines:
            self._fit_lines(lines)
            self.margins = None
        if columns != self.columns:
            if reflowing:
                self._reflow(columns)
            else:
                for row in self.buffer:
                    row.resize(columns)
        self.lines, self.columns = lines, columns
        self.cursor.y = min(max(self.cursor.y, 0), lines - 1)
        self.all_dirty = True

    def _fit_lines(self, lines: int) -> None:
        rows, history = self.buffer, self.main is None
        excess = len(rows) - lines
        below = min(max(excess, 0), len(rows) - 1 - self.cursor.y)
        if below:
            del rows[-below:]
        for _ in range(excess - below):
            row = rows.pop(0)
            self.cursor.y -= 1
            if history:
                self.history.keep(row.entry())
        while len(rows) < lines:
            if history and self.history.can_take_back:
                rows.insert(0, self.history.take_back(self.columns))
                self.cursor.y += 1
            else:
                rows.append(Row(self.columns))

    def _reflow(self, columns: int) -> None:
        """Wrap the rows and the newest of the scrollback anew; the last rows of the whole are the screen's."""
        count = len(self.buffer)
        history = self.history
        newest = history.take_newest(AT_ONCE)
        entries = [*newest, *(row.entry() for row in self.buffer)]
        recallable = min(history.recallable, history.waiting + len(newest)) - history.waiting
        place = (len(newest) + self.cursor.y, self.cursor.x)
        entries, (line, column), recallable = reflow(entries, columns, place, recallable)
        above = max(0, len(entries) - count)
        history.give_back(entries[:above], len(newest))
        history.recall(min(recallable, above) + history.waiting)
        self.buffer = [Row.of(entry, columns) for entry in entries[above:]]
        self.buffer += [Row(columns) for _ in range(count - len(self.buffer))]
        in_view = line >= above
        self.cursor.y, self.cursor.x = (line - above, column) if in_view else (0, 0)

    def settle(self, lines: int = 200) -> bool:
        """Wrap so many older lines for a width that has changed, the newest first; True where none is left."""
        return self.history.settle(lines, lambda entries: reflow(entries, self.columns)[0])
