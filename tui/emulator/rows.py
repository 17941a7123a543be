"""One row: text and style as they came, until something writes into its middle and makes cells of them."""

from __future__ import annotations

from itertools import groupby

from tui.emulator.pens import Run, bare, runs_of
from tui.emulator.style import DEFAULT, Style
from tui.emulator.widths import ZWJ, cell_width

Runs = tuple[Run, ...]
"""A row as it is drawn: text and style, left to right; blank default cells at the end are left off."""


class Line:
    """A line of the scrollback as runs: `used` cells of it were ever written; `wrapped` where its text goes on in the
    next line."""

    __slots__ = ("runs", "used", "wrapped")

    def __init__(self, runs: Runs, used: int, wrapped: bool) -> None:
        self.runs = runs
        self.used = used
        self.wrapped = wrapped


Entry = str | tuple[str, Style, bool] | Line
"""A line as it is kept: plain text as written; text with SGR sequences, the style it begins in, and `wrapped`; runs."""


class Row:
    """A row of the screen.

    While `cells` is None the row is `raw` (text and SGR sequences, nothing odd in it) begun in `start`. Once opened
    `cells[x]` is the text of a cell ("" for the right half of a wide one), `styles[x]` its style, and `used` counts the
    cells up to the last that was ever written.
    """

    __slots__ = ("cells", "columns", "raw", "start", "styles", "used", "wide", "wrapped")

    def __init__(self, columns: int, style: Style = DEFAULT) -> None:
        self.columns = columns
        self.cells: list[str] | None = None
        self.styles: list[Style] = []
        self.wide = False
        self.wrapped = False
        self.raw = ""
        self.start = DEFAULT
        self.used = 0
        if style is not DEFAULT:
            self.open()
            self.styles = [style] * columns

    @classmethod
    def of(cls, entry: Entry, columns: int) -> Row:
        """Make a row of a kept line, which fits in the columns."""
        row = cls(columns)
        if isinstance(entry, str):
            row.raw = entry
        elif isinstance(entry, tuple):
            row.raw, row.start, row.wrapped = entry
        else:
            row.open()
            x = 0
            for text, style in entry.runs:
                x = row.fill(x, text, style)
            row.wrapped = entry.wrapped
            row.used = min(entry.used, columns)
            return row
        return row

    def open(self) -> list[str]:
        """Make cells of it, if it has none yet."""
        if self.cells is None:
            self.cells = [" "] * self.columns
            self.styles = [DEFAULT] * self.columns
            x = 0
            if self.raw:
                for text, style in runs_of(self.raw, self.start):
                    x = self.fill(x, text, style)
                self.raw = ""
            self.used = x
        return self.cells

    def fill(self, x: int, text: str, style: Style) -> int:
        """Put text into an opened row from a cell on; returns the cell after it."""
        cells, styles, columns = self.cells, self.styles, self.columns
        assert cells is not None
        if text.isascii():
            text = text[: columns - x]
            end = x + len(text)
            cells[x:end] = text
            styles[x:end] = [style] * len(text)
            return end
        for character in text:
            width = cell_width(character)
            if width <= 0 or (x and character >= "\u0300" and cells[x - 1].endswith(ZWJ)):
                at = x - 1 if x and cells[x - 1] else x - 2
                if at >= 0:
                    cells[at] += character
                continue
            if x + width > columns:
                break
            cells[x] = character
            styles[x] = style
            if width == 2:
                cells[x + 1] = ""
                styles[x + 1] = style
                self.wide = True
            x += width
        return x

    def resize(self, columns: int) -> None:
        cells = self.open()
        missing = columns - self.columns
        self.columns = columns
        if missing > 0:
            cells += [" "] * missing
            self.styles += [DEFAULT] * missing
        elif missing < 0:
            del cells[columns:], self.styles[columns:]
            self.wrapped = False
            self.used = min(self.used, columns)
            self.mend()

    def erase(self, start: int, stop: int, style: Style) -> None:
        count = stop - start
        if count <= 0:
            return
        if count == self.columns:
            self.cells, self.raw, self.start, self.wide, self.wrapped, self.used = None, "", DEFAULT, False, False, 0
            if style is not DEFAULT:
                self.open()
                self.styles = [style] * count
            return
        if stop >= self.columns:
            self.wrapped = False
            if self.cells is None and not self.raw and style is DEFAULT:
                return
        cells = self.open()
        cells[start:stop] = [" "] * count
        self.styles[start:stop] = [style] * count
        if self.wide:
            self.mend()

    def insert(self, at: int, count: int, style: Style) -> None:
        """Shift what stands from `at` on to the right by `count` blank cells; what leaves the row is lost."""
        columns = self.columns
        count = min(count, columns - at)
        if count <= 0:
            return
        cells = self.open()
        cells[at:at] = [" "] * count
        self.styles[at:at] = [style] * count
        del cells[columns:], self.styles[columns:]
        self.used = columns
        self.mend()

    def delete(self, at: int, count: int, style: Style) -> None:
        """Take `count` cells out at `at`; blank ones come in at the right."""
        count = min(count, self.columns - at)
        if count <= 0:
            return
        cells = self.open()
        del cells[at : at + count], self.styles[at : at + count]
        cells += [" "] * count
        self.styles += [style] * count
        self.mend()

    def part(self, start: int, stop: int) -> None:
        """Blank the halves that would be left over where cells `start` to `stop` are about to be written."""
        cells = self.open()
        if start and cells[start] == "":
            cells[start - 1] = " "
        if stop < len(cells) and cells[stop] == "":
            cells[stop] = " "

    def mend(self) -> None:
        """Blank the halves of wide characters that lost their other half."""
        if not self.wide:
            return
        cells = self.open()
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
        return (bare(self.raw) if self.cells is None else "".join(self.cells)).rstrip(" ")

    def runs(self) -> Runs:
        """Give the row as runs of equal style."""
        if self.cells is None:
            return trimmed(runs_of(self.raw, self.start)) if self.raw else ()
        return trimmed(_grouped(self.cells, self.styles))

    def entry(self) -> Entry:
        """Give the row as it is kept once it has left the screen."""
        cells, styles = self.cells, self.styles
        if cells is None:
            if self.start is DEFAULT and not self.wrapped and "\x1b" not in self.raw:
                return self.raw
            return self.raw, self.start, self.wrapped
        used = self.used
        if used < self.columns and styles[used:].count(DEFAULT) == self.columns - used:
            cells, styles = cells[:used], styles[:used]
        if not cells:
            return Line((), 0, self.wrapped)
        return Line(tuple(_grouped(cells, styles)), used, self.wrapped)


def _grouped(cells: list[str], styles: list[Style]) -> list[Run]:
    if styles[0] is styles[-1] and styles.count(styles[0]) == len(styles):
        return [("".join(cells), styles[0])]
    runs: list[Run] = []
    x = 0
    for style, group in groupby(styles):
        end = x + len(list(group))
        runs.append(("".join(cells[x:end]), style))
        x = end
    return runs


def trimmed(runs: list[Run]) -> Runs:
    """Leave off the blank default cells at the end."""
    while runs and runs[-1][1] == DEFAULT:
        text = runs[-1][0].rstrip(" ")
        if text:
            runs[-1] = (text, DEFAULT)
            break
        runs.pop()
    return tuple(runs)
