"""The rows that show two compared texts, worked out when they are drawn: one column or two, folded or whole."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from tui.widgets.comparing import CONTEXT, Compared


class Row(NamedTuple):
    """A row to be drawn: equal, changed, section, or fold (of `hidden` equal lines); -1 where a side has no line.

    `mate` is the other side's line that a changed one is held against.
    """

    kind: str
    left: int
    right: int
    hidden: int = 0
    mate: int = -1


class Layout:
    """The rows of what was compared: one column or two (`beside`), long equal stretches folded or `whole`.

    A place is (block, offset), the offset counted in the rows of the block when it is whole.
    """

    def __init__(self, compared: Compared, *, beside: bool, whole: bool) -> None:
        self._blocks, self.beside, self.whole = compared.blocks, beside, whole
        self._folds = [self._fold(number) for number in range(len(self._blocks))]
        self._starts = [0, *accumulate(self._size(number) for number in range(len(self._blocks)))]

    def __len__(self) -> int:
        return self._starts[-1]

    def _fold(self, number: int) -> tuple[int, int]:
        """Give the lines [start, end) of an equal block that are hidden, counted in it; (0, 0) for none."""
        blocks, block = self._blocks, self._blocks[number]
        if self.whole or block.kind != "equal":
            return 0, 0
        before = number > 0 and blocks[number - 1].kind == "changed"
        after = number + 1 < len(blocks) and blocks[number + 1].kind == "changed"
        start, end = CONTEXT * before, block.b - block.a - CONTEXT * after
        return (start, end) if end - start > 1 else (0, 0)

    def _size(self, number: int) -> int:
        _, a, b, c, d = self._blocks[number]
        start, end = self._folds[number]
        if self._blocks[number].kind != "changed":
            return b - a - max(end - start - 1, 0)
        return max(b - a, d - c) if self.beside else b - a + d - c

    def place(self, at: int) -> tuple[int, int]:
        """Give the place of a row, counted from 0; for a fold its first line."""
        number = bisect_right(self._starts, at) - 1
        offset, (start, end) = at - self._starts[number], self._folds[number]
        return number, offset + (end - start - 1 if start < end and offset > start else 0)

    def row_of(self, number: int, offset: int) -> int:
        """Give the row of a place; of a hidden one the fold's."""
        start, end = self._folds[number]
        if start < end and offset >= start:
            offset = max(offset - (end - start - 1), start)
        return self._starts[number] + max(min(offset, self._size(number) - 1), 0)

    def hides(self, number: int, offset: int) -> bool:
        """Whether a place is in a fold."""
        start, end = self._folds[number]
        return start <= offset < end

    def row(self, at: int) -> Row:
        """Give a row, counted from 0."""
        number, offset = self.place(at)
        kind, a, b, c, d = self._blocks[number]
        if kind != "changed":
            start, end = self._folds[number]
            if start < end and offset == start:
                return Row("fold", a + start, c + start, end - start)
            return Row(kind, a + offset, c + offset)
        old, new = b - a, d - c
        if self.beside:
            return Row(kind, a + offset if offset < old else -1, c + offset if offset < new else -1)
        if offset < old:
            return Row(kind, a + offset, -1, mate=c + offset if offset < new else -1)
        offset -= old
        return Row(kind, -1, c + offset, mate=a + offset if offset < old else -1)


@lru_cache(maxsize=1024)
def changed_part(left: str, right: str) -> tuple[int, int, int]:
    """Give where two lines begin to differ, and where that ends in the left and in the right.

    (0, 0, 0) where they have so little in common that nothing in them stands out.
    """
    head = _common(left, right, min(len(left), len(right)), lambda text, size: text[:size])
    least = min(len(left), len(right)) - head
    tail = _common(left, right, least, lambda text, size: text[len(text) - size :])
    if (head + tail) * 3 < max(len(left), len(right)):
        return 0, 0, 0
    return head, len(left) - tail, len(right) - tail


def _common(left: str, right: str, most: int, part: Callable[[str, int], str]) -> int:
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if part(left, middle) == part(right, middle):
            low = middle
        else:
            high = middle - 1
    return low
