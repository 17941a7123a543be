"""The lines of a terminal by a number that stays theirs while new ones come, and the cells their characters take."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tui.emulator.rows import Runs
    from tui.emulator.terminal import Terminal

MOST_ROWS = 5000
"""Rows that are read as one line at most: what a line of 90,000 characters takes in a narrow pane."""
FEW = 64
"""Lines that are looked up one by one: many are walked to."""


class Spot(NamedTuple):
    """A cell: its line as `Lines` counts, its column from 0."""

    line: int
    column: int


class Lines:
    """The scrollback and the screen as lines `first` to `stop`; those from `screen` on are the screen's.

    A line's number is how many lines ever came before it: it goes with the line up into the scrollback. A terminal that
    is made wider or narrower counts anew.
    """

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    @property
    def first(self) -> int:
        return self._terminal.pushed - self._terminal.scrollback

    @property
    def screen(self) -> int:
        return self._terminal.pushed

    @property
    def stop(self) -> int:
        return self._terminal.pushed + self._terminal.rows

    @property
    def columns(self) -> int:
        return self._terminal.columns

    def clamp(self, line: int) -> int:
        return max(self.first, min(line, self.stop - 1))

    def nearest(self, spot: Spot) -> Spot:
        """Give the cell, or the nearest one that there is."""
        return Spot(self.clamp(spot.line), max(0, min(spot.column, self.columns - 1)))

    def text(self, line: int) -> str:
        return self._terminal.text_of(line - self.first)

    def texts(self, start: int, stop: int) -> list[str]:
        """Give the texts of lines `start` to `stop`; where one goes on in the next no blank is left off."""
        if stop - start <= FEW:
            return [self.text(line) for line in range(start, stop)]
        first, kept = self.first, min(stop, self.screen)
        behind = self._terminal.texts(start - first, kept - first) if start < kept else []
        return behind + [self.text(line) for line in range(max(start, self.screen), stop)]

    def runs(self, line: int) -> Runs:
        return self._terminal.line(line - self.first)

    def wrapped(self, line: int) -> bool:
        """Whether a line's text goes on in the next one."""
        return self.first <= line < self.stop - 1 and bool(self._terminal.wrapped(line - self.first))

    def ends(self, start: int, stop: int) -> list[bool]:
        """Say of lines `start` to `stop` whether a text ends there."""
        return self._terminal.ends(max(start - self.first, 0), stop - self.first)

    def whole(self, line: int, most: int = MOST_ROWS) -> range:
        """Give the lines that are one line of text with this one; at most so many on each side."""
        start, stop = line, line + 1
        while line - start < most and self.wrapped(start - 1):
            start -= 1
        while stop - line < most and self.wrapped(stop - 1):
            stop += 1
        return range(start, stop)

    def joined(self, lines: range) -> Joined:
        """Give lines that are one line of text."""
        return Joined(lines.start, self.texts(lines.start, lines.stop))


class Joined:
    """Lines of a terminal as one text."""

    def __init__(self, first: int, texts: list[str]) -> None:
        self.first = first
        self.texts = texts
        self.text = "".join(texts)
        self._at = [0]
        for text in texts:
            self._at.append(self._at[-1] + len(text))

    def place(self, index: int) -> tuple[int, int]:
        """Give where a character stands: its line, and its index in that line's text."""
        row = max(0, min(bisect_right(self._at, index) - 1, len(self.texts) - 1))
        return self.first + row, index - self._at[row]

    def spot(self, index: int) -> Spot:
        """Give the cell of a character."""
        line, at = self.place(index)
        return Spot(line, column_of(self.texts[line - self.first], at))

    def index(self, spot: Spot) -> int:
        """Give the character at a cell; where none stands, the end of its line."""
        row = max(0, min(spot.line - self.first, len(self.texts) - 1))
        return self._at[row] + index_at(self.texts[row], spot.column)

    def spans(self, start: int, stop: int) -> list[tuple[int, int, int]]:
        """Give the cells of a stretch of characters, row by row: line, first column, column behind the last."""
        found = []
        for row, text in enumerate(self.texts):
            a, b = max(start - self._at[row], 0), min(stop - self._at[row], len(text))
            if a < b:
                found.append((self.first + row, column_of(text, a), column_of(text, b)))
        return found


def starts(text: str) -> Sequence[int]:
    """Give the column at which each character begins, those that join another at its column, and the column behind."""
    if text.isascii():
        return range(len(text) + 1)
    # Deferred: a console without a shell needs no table of widths.
    from tui.emulator.widths import ZWJ, cell_width

    found: list[int] = []
    at = begun = 0
    joins = False
    for character in text:
        size = 0 if joins else max(cell_width(character), 0)
        if size:
            begun = at
        found.append(begun)
        at += size
        joins = character == ZWJ
    found.append(at)
    return found


def column_of(text: str, index: int) -> int:
    """Give the column at which a character begins."""
    return min(index, len(text)) if text.isascii() else starts(text)[min(index, len(text))]


def index_at(text: str, column: int) -> int:
    """Give the character at a column, the first of those joined there; the text's length behind its end."""
    if text.isascii():
        return max(0, min(column, len(text)))
    columns = starts(text)
    if column >= columns[-1]:
        return len(text)
    at = bisect_right(columns, column) - 1
    while at and columns[at - 1] == columns[at]:
        at -= 1
    return at


def cut_cells(text: str, start: int, stop: int) -> str:
    """Give what stands in cells `start` to `stop`, characters of which only a half lies there whole."""
    if text.isascii():
        return text[start:stop]
    return text[index_at(text, start) : bisect_left(starts(text)[:-1], stop)]
