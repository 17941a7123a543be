"""One row of cells, and the runs of equal style it is drawn from."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from itertools import groupby

import wcwidth

from tui.emulator.style import DEFAULT, Style

ZWJ = "\u200d"
"""What comes after it joins the cell before it."""

Run = tuple[str, Style]
Runs = tuple[Run, ...]
"""A row as it is drawn: text and style, left to right; blank default cells at the end are left off."""


@lru_cache(maxsize=8192)
def cell_width(character: str) -> int:
    """Give the cells one character takes: 0 (it joins the cell before it), 1, 2, or -1 where it can't be shown."""
    if "\x7f" <= character <= "\x9f" or character < " ":
        return -1
    if "\U0001f1e6" <= character <= "\U0001f1ff":
        return 1  # the two letters of a flag are one cell each, as in tmux and in the C library at the far end
    width: int = wcwidth.wcwidth(character)
    if width < 0 and unicodedata.category(character) in ("Cn", "Co", "Cf", "Cs"):
        return 1  # unassigned to this table is not unreadable to the terminal
    return width


class Row:
    """The cells of one row: `cells[x]` is the text of a cell ("" for the right half of a wide one), `styles[x]` its
    style; `wrapped` where the text goes on in the next row."""

    __slots__ = ("cells", "styles", "wide", "wrapped")

    def __init__(self, columns: int, style: Style = DEFAULT) -> None:
        self.cells = [" "] * columns
        self.styles = [style] * columns
        self.wrapped = False
        self.wide = False

    def resize(self, columns: int) -> None:
        missing = columns - len(self.cells)
        if missing > 0:
            self.cells += [" "] * missing
            self.styles += [DEFAULT] * missing
        elif missing < 0:
            del self.cells[columns:], self.styles[columns:]
            self.wrapped = False
            self.mend()

    def erase(self, start: int, stop: int, style: Style) -> None:
        count = stop - start
        if count <= 0:
            return
        self.cells[start:stop] = [" "] * count
        self.styles[start:stop] = [style] * count
        if stop >= len(self.cells):
            self.wrapped = False
        self.mend()

    def insert(self, at: int, count: int, style: Style) -> None:
        """Shift what stands from `at` on to the right by `count` blank cells; what leaves the row is lost."""
        columns = len(self.cells)
        count = min(count, columns - at)
        if count <= 0:
            return
        self.cells[at:at] = [" "] * count
        self.styles[at:at] = [style] * count
        del self.cells[columns:], self.styles[columns:]
        self.mend()

    def delete(self, at: int, count: int, style: Style) -> None:
        """Take `count` cells out at `at`; blank ones come in at the right."""
        count = min(count, len(self.cells) - at)
        if count <= 0:
            return
        del self.cells[at : at + count], self.styles[at : at + count]
        self.cells += [" "] * count
        self.styles += [style] * count
        self.mend()

    def part(self, start: int, stop: int) -> None:
        """Blank the halves that would be left over where cells `start` to `stop` are about to be written."""
        cells = self.cells
        if start and cells[start] == "":
            cells[start - 1] = " "
        if stop < len(cells) and cells[stop] == "":
            cells[stop] = " "

    def mend(self) -> None:
        """Blank the halves of wide characters that lost their other half."""
        if not self.wide:
            return
        cells = self.cells
        last = len(cells) - 1
        wide = False
        for x, cell in enumerate(cells):
            if cell == "":
                if x == 0 or not cells[x - 1] or cell_width(cells[x - 1][0]) < 2:
                    cells[x] = " "
            elif cell_width(cell[0]) == 2:
                if x == last or cells[x + 1] != "":
                    cells[x] = " "
                else:
                    wide = True
        self.wide = wide

    @property
    def text(self) -> str:
        """The row's text, blanks at the end left off."""
        return "".join(self.cells).rstrip(" ")

    def runs(self) -> Runs:
        """Give the row as runs of equal style."""
        cells, styles = self.cells, self.styles
        if styles[0] is styles[-1] and styles.count(styles[0]) == len(styles):
            return trimmed([("".join(cells), styles[0])])
        runs: list[Run] = []
        x = 0
        for style, group in groupby(styles):
            end = x + sum(1 for _ in group)
            runs.append(("".join(cells[x:end]), style))
            x = end
        return trimmed(runs)


def trimmed(runs: list[Run]) -> Runs:
    """Leave off the blank default cells at the end."""
    while runs and runs[-1][1] == DEFAULT:
        text = runs[-1][0].rstrip(" ")
        if text:
            runs[-1] = (text, DEFAULT)
            break
        runs.pop()
    return tuple(runs)


class Line:
    """A row that has left the screen for the scrollback: its runs, and whether its text goes on in the next line."""

    __slots__ = ("runs", "wrapped")

    def __init__(self, runs: Runs, wrapped: bool) -> None:
        self.runs = runs
        self.wrapped = wrapped

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.runs)

    def row(self, columns: int) -> Row:
        """Make cells of it again."""
        row = Row(columns)
        x = 0
        for text, style in self.runs:
            for character in text:
                width = cell_width(character)
                if width <= 0 or (x and row.cells[x - 1].endswith(ZWJ)):
                    at = x - 1 if x and row.cells[x - 1] else x - 2
                    if at >= 0:
                        row.cells[at] += character
                    continue
                if x + width > columns:
                    break
                row.cells[x] = character
                row.styles[x] = style
                if width == 2:
                    row.cells[x + 1] = ""
                    row.styles[x + 1] = style
                    row.wide = True
                x += width
        row.wrapped = self.wrapped
        return row
