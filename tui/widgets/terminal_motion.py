"""Moves of a cursor over the lines of a terminal, as vi names them."""

from __future__ import annotations

import re

from tui.widgets.terminal_lines import Lines, Spot, column_of, index_at, starts

_WORD = re.compile(r"\w+|[^\w\s]+")
_BIG = re.compile(r"\S+")
_FAR = 2000
"""Lines that a move by words looks through for the next one."""


def last_column(lines: Lines, line: int) -> int:
    """Give the column of a line's last character, 0 where it is empty."""
    text = lines.text(line).rstrip(" ")
    return column_of(text, len(text) - 1) if text else 0


def sideways(lines: Lines, spot: Spot, cells: int) -> Spot:
    """Move by characters within a line."""
    text = lines.text(spot.line)
    columns = sorted(set(starts(text)[:-1]))
    if spot.column >= len(columns) and not columns:
        return Spot(spot.line, 0)
    at = max((n for n, column in enumerate(columns) if column <= spot.column), default=0)
    at = max(0, min(at + cells, len(columns) - 1))
    if cells < 0 and spot.column > columns[-1]:
        at = len(columns) - 1
    return Spot(spot.line, columns[at])


def first_word(lines: Lines, line: int) -> Spot:
    text = lines.text(line)
    return Spot(line, column_of(text, len(text) - len(text.lstrip())) if text.strip() else 0)


def by_word(lines: Lines, spot: Spot, key: str) -> Spot:
    """Move as `w`, `b` and `e` do, or their capitals; over the ends of lines, to the last or first place at the end."""
    words = _BIG if key.isupper() else _WORD
    forward = key.lower() != "b"
    line, at = spot.line, index_at(lines.text(spot.line), spot.column)
    for step in range(_FAR):
        text = lines.text(line)
        found = [word.end() - 1 if key.lower() == "e" else word.start() for word in words.finditer(text)]
        if step == 0:
            found = [place for place in found if (place > at if forward else place < at)]
        if found:
            return Spot(line, column_of(text, found[0] if forward else found[-1]))
        following = line + (1 if forward else -1)
        if not lines.first <= following < lines.stop:
            break
        line = following
    return Spot(line, last_column(lines, line) if forward else 0)
