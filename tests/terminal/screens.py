"""What our terminal shows, in the words in which the oracles' screens are read."""

from __future__ import annotations

from unicodedata import east_asian_width

from tests.terminal.captured_sgr import ATTRIBUTES, Cell, Look, without_end
from tui.emulator.rows import Runs
from tui.emulator.style import BLINK, BOLD, CONCEAL, DIM, ITALIC, OVERLINE, REVERSE, RGB, STRIKE, Style
from tui.emulator.terminal import Terminal

_BITS = dict(zip(ATTRIBUTES.values(), (BOLD, DIM, ITALIC, BLINK, REVERSE, CONCEAL, STRIKE, OVERLINE), strict=True))


def screen_of(terminal: Terminal) -> list[list[Cell]]:
    """Give each row's cells, blank default ones at the end left off."""
    return [_cells(runs) for runs in terminal.lines]


def everything_of(terminal: Terminal) -> list[list[Cell]]:
    """Give the cells of each line, the scrollback's first."""
    return [_cells(terminal.behind(line)) for line in range(terminal.scrollback)] + screen_of(terminal)


def text_of(cells: list[list[Cell]]) -> list[str]:
    return ["".join(text for text, _ in row).rstrip(" ") for row in cells]


def inked(cells: list[list[Cell]]) -> list[list[Cell]]:
    """Leave all blanks off: tmux doesn't tell how those look that were erased at the end of a row."""
    return [[cell for cell in row if cell[0] != " "] for row in cells]


def mended(theirs: list[list[Cell]], ours: list[list[Cell]]) -> list[list[Cell]]:
    """Take ours where tmux 3.3 leaves a wide character in the first column whose right half was written over."""
    if len(theirs) != len(ours):
        return theirs
    return [mine if _is_left(row, mine) else row for row, mine in zip(theirs, ours, strict=True)]


def _is_left(row: list[Cell], mine: list[Cell]) -> bool:
    if not row or not mine or mine[0][0] != " " or east_asian_width(row[0][0]) not in "WF":
        return False
    return inked([row[1:]]) == inked([mine[1:]])


def _cells(runs: Runs) -> list[Cell]:
    return without_end([(character, _look(style)) for text, style in runs for character in text])


def _look(style: Style) -> Look:
    return (
        _colour(style.foreground),
        _colour(style.background),
        frozenset(name for name, bit in _BITS.items() if style.attributes & bit),
        str(style.underline or ""),
        _colour(style.underline_colour),
    )


def _colour(colour: int) -> str:
    if colour < 0:
        return ""
    return ",".join(map(str, (colour - RGB).to_bytes(3))) if colour >= RGB else str(colour)
