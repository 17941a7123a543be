"""How tiles share a space: as few as hold what there is, as many as are worth drawing."""

from __future__ import annotations

NARROWEST, LOWEST = 38, 6
"""Cells below which a tile is not worth drawing beside, or under, another."""
WIDE = 60
"""Cells up to which a wider tile is better than one more beside it."""


def tiling(count: int, width: int, height: int) -> tuple[int, int]:
    """Give the columns and rows of tiles; a line stays free for what does not fit."""
    count = max(count, 1)
    most_columns, most_rows = max(1, width // NARROWEST), max(1, (height - 1) // LOWEST)
    columns = min(most_columns, count)
    rows = min(most_rows, -(-count // columns))
    if rows < most_rows and count > 1:
        # Few tiles: wide ones rather than a row of narrow ones, while there is height.
        while columns > 1 and -(-count // (columns - 1)) <= most_rows and width // columns < WIDE:
            columns -= 1
        rows = min(most_rows, -(-count // columns))
    return columns, rows


def shares(room: int, count: int) -> list[int]:
    """Divide so many cells among so many tiles, the first ones getting what is left over."""
    return [room // count + (1 if index < room % count else 0) for index in range(count)]
