"""Places in a terminal that stay at their characters while its lines are wrapped for another width."""

from __future__ import annotations

from typing import NamedTuple

from tui.emulator.widths import text_width
from tui.widgets.terminal_lines import Lines, Spot

_PART = 2000
"""Lines that are counted in one go."""


class Place(NamedTuple):
    """A cell by its text: how many texts further up than a known one (negative: further down), and how many cells from
    that text's beginning."""

    texts: int
    cells: int


def place_of(lines: Lines, spot: Spot, known: int) -> Place:
    """Give the place of a cell, counted from the text that has the line `known`."""
    low, high = sorted((spot.line, known))
    texts = sum(lines.ends(low, high))
    whole = lines.whole(spot.line)
    cells = sum(text_width(text) for text in lines.texts(whole.start, spot.line)) + spot.column
    return Place(texts if spot.line <= known else -texts, cells)


def spot_of(lines: Lines, place: Place, known: int) -> Spot:
    """Give the cell at a place; the nearest one where its text is gone, or has become shorter."""
    line = _up(lines, place.texts, known) if place.texts >= 0 else _down(lines, -place.texts, known)
    whole, cells = lines.whole(lines.clamp(line)), place.cells
    for row in whole[:-1]:
        used = text_width(lines.text(row))
        if cells < used:
            return Spot(row, cells)
        cells -= used
    return Spot(whole[-1], min(cells, lines.columns - 1))


def _up(lines: Lines, texts: int, line: int) -> int:
    """Give a line of the text that is so many further up."""
    while texts and line > lines.first:
        start = max(line - _PART, lines.first)
        for end in reversed(lines.ends(start, line)):
            line -= 1
            texts -= end
            if not texts:
                break
    return line


def _down(lines: Lines, texts: int, line: int) -> int:
    """Give the first line of the text that is so many further down."""
    for end in lines.ends(line, lines.stop - 1):
        if not texts:
            break
        line += 1
        texts -= end
    return line
