"""What is selected in a terminal: from one cell to another, whole lines, or a block of cells; and its text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from tui.widgets.terminal_lines import Lines, Spot, cut_cells

Kind = Literal["cells", "lines", "block"]
SLICE = 2000
"""Lines whose text is gathered in one go."""
FAR = 1 << 30
_WORD = re.compile(r"[\w#%&+\-./=?@~]+")
"""What a double click takes: a path, an option, an address without its port."""


@dataclass(frozen=True, slots=True)
class Selection:
    """From `anchor` to `head`, both ends included, whichever comes first.

    Lines are counted as `Lines` does, so it stays on its text while new output comes.
    """

    anchor: Spot
    head: Spot
    kind: Kind = "cells"

    @property
    def start(self) -> Spot:
        return min(self.anchor, self.head)

    @property
    def end(self) -> Spot:
        return max(self.anchor, self.head)

    @property
    def rows(self) -> int:
        return self.end.line - self.start.line + 1

    def to(self, head: Spot) -> Selection:
        return replace(self, head=head)

    def span(self, line: int) -> tuple[int, int] | None:
        """Give the cells of a line that are selected: the first, and the one behind the last."""
        start, end = self.start, self.end
        if not start.line <= line <= end.line:
            return None
        if self.kind == "lines":
            return 0, FAR
        if self.kind == "block":
            left, right = sorted((self.anchor.column, self.head.column))
            return left, right + 1
        return (start.column if line == start.line else 0), (end.column + 1 if line == end.line else FAR)


def pieces(lines: Lines, selection: Selection) -> Iterator[str]:
    """Give the selected text part by part, at most `SLICE` lines each.

    Lines that are one line of text are joined, blanks at the ends are left off, wide characters come whole, and no line
    end stands behind the last line.
    """
    first, stop = max(selection.start.line, lines.first), min(selection.end.line + 1, lines.stop)
    for at in range(first, stop, SLICE):
        part: list[str] = []
        texts = lines.texts(at, min(at + SLICE, stop))
        for line, text in enumerate(texts, at):
            start, end = selection.span(line) or (0, 0)
            goes_on = selection.kind != "block" and end >= FAR and line + 1 < stop and lines.wrapped(line)
            if start or end < FAR:
                text = cut_cells(text, start, end)
            part.append(text if goes_on else text.rstrip(" "))
            if not goes_on and line + 1 < stop:
                part.append("\n")
        yield "".join(part)


def text_of(lines: Lines, selection: Selection) -> str:
    """Give the selected text whole."""
    return "".join(pieces(lines, selection))


def word_at(lines: Lines, spot: Spot) -> Selection:
    """Select the word at a cell, over the edge of the pane too; the cell alone where none stands."""
    joined = lines.joined(lines.whole(spot.line, 20))
    index = joined.index(spot)
    for found in _WORD.finditer(joined.text):
        if found.start() <= index < found.end():
            return Selection(joined.spot(found.start()), joined.spot(found.end() - 1))
    return Selection(spot, spot)


def lines_at(lines: Lines, spot: Spot) -> Selection:
    """Select the line at a cell, whole."""
    whole = lines.whole(spot.line)
    return Selection(Spot(whole.start, 0), Spot(whole.stop - 1, lines.columns - 1), "lines")


def whole_lines(lines: Lines, anchor: Spot, head: Spot) -> Selection:
    """Select every line from one cell to another, whole."""
    low, high = sorted((anchor, head))
    top, bottom = lines.whole(low.line).start, lines.whole(high.line).stop - 1
    first, last = Spot(top, 0), Spot(bottom, lines.columns - 1)
    return Selection(first, last, "lines") if anchor <= head else Selection(last, first, "lines")
