"""How the columns of a table share a terminal's width: what each gets, and what is scrolled away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tui.widgets.columns import GAP, Column


class Layout(NamedTuple):
    """Which columns stand where: `places` are (column number, first cell, cells), the first `frozen` of which stay.

    `offset` columns after those are scrolled away; `more` says that some are still hidden at the right, and `steps`
    how far one can scroll.
    """

    places: tuple[tuple[int, int, int], ...] = ()
    offset: int = 0
    more: bool = False
    steps: int = 0
    frozen: int = 1


def arrange(
    columns: Sequence[Column],
    wishes: Sequence[int],
    room: int,
    offset: int = 0,
    order: Sequence[int] | None = None,
    *,
    squeeze: bool = True,
) -> Layout:
    """Lay columns out on `room` cells, all of them or those of an `order`.

    Wide columns give way first, then, unless one would rather scroll than `squeeze`, widths shrink to their least, the
    lowest priority first. What still does not fit is reached by scrolling sideways past the heads, which stay; then
    nothing need shrink, and each has its width.
    """
    shown = list(range(len(columns))) if order is None else list(order)
    if not shown or room <= 0:
        return Layout()
    sizes = list(wishes)

    def needed() -> int:
        return sum(sizes[i] for i in shown) + GAP * (len(shown) - 1)

    for place in sorted((i for i in shown if columns[i].wide), key=lambda i: columns[i].priority):
        if needed() <= room or len(shown) == 1:
            break
        shown.remove(place)
    for place in sorted(shown if squeeze else (), key=lambda i: (columns[i].priority, -i)):
        over = needed() - room
        if over <= 0:
            break
        if columns[place].width is None:
            sizes[place] = max(min(sizes[place], columns[place].min_width), sizes[place] - over)
    frozen = next((at for at, place in enumerate(shown, 1) if columns[place].head), 1)
    if needed() <= room:
        return _scrolled(shown, sizes, room, 0, frozen, fits=True)
    sizes = list(wishes)
    for place in shown:
        if columns[place].width is None:
            sizes[place] = max(min(sizes[place], columns[place].min_width), min(sizes[place], room // 2))
    return _scrolled(shown, sizes, room, offset, _cut_heads(columns, shown, sizes, room, frozen), fits=False)


def _cut_heads(columns: Sequence[Column], shown: list[int], sizes: list[int], room: int, frozen: int) -> int:
    """Cut the heads until half of the room is left for what scrolls, the last first; give how many can stay."""
    taken = sum(sizes[place] for place in shown[:frozen]) + GAP * (frozen - 1)
    for place in reversed(shown[:frozen]):
        if taken > room // 2 and columns[place].width is None:
            size = max(min(sizes[place], columns[place].min_width), sizes[place] - (taken - room // 2))
            taken += size - sizes[place]
            sizes[place] = size
    return frozen if taken <= room * 2 // 3 else 1


def _scrolled(shown: list[int], sizes: list[int], room: int, offset: int, frozen: int, *, fits: bool) -> Layout:
    heads, rest = shown[:frozen], shown[frozen:]
    steps = 0
    if not fits and rest:
        # The last step is the one from which the last column can be seen.
        left, steps = room - sum(min(sizes[place], room) + GAP for place in heads), len(rest)
        while steps and left >= sizes[rest[steps - 1]]:
            left -= sizes[rest[steps - 1]] + GAP
            steps -= 1
        steps = min(steps, len(rest) - 1)
    offset = max(0, min(offset, steps))
    places: list[tuple[int, int, int]] = []
    at = 0
    for place in [*heads, *rest[offset:]]:
        if places and room - at < min(3, sizes[place]):
            break
        size = min(sizes[place], room - at)
        places.append((place, at, size))
        at += size + GAP
    last = places[-1]
    more = len(shown) - offset > len(places) or last[2] < sizes[last[0]]
    return Layout(tuple(places), offset, more, steps, frozen)
