"""Columns of a table: what they are, how their values sort, and how they share a terminal's width."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tui.widgets.cells import clean, width
from tui.widgets.filter_grammar import Cell, cell_text

GAP = 2
"""Blank cells between two columns."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its `key` names it in filters and in the API, its title stands in the header.

    `width` fixes its cells, else it is measured and held between `min_width` and `max_width`. `kind` is text, number,
    age or status: it says how values sort and, unless `align` does, on which side they stand. A `wide` column gives way
    first where the terminal is narrow; among columns the lower `priority` gives way before the higher.
    `sort_key` makes a value that can be compared from a cell's text, where the kind's own would not do.
    """

    key: str
    title: str = ""
    width: int | None = None
    min_width: int = 4
    max_width: int = 48
    kind: str = "text"
    align: str = ""
    wide: bool = False
    priority: int = 50
    sort_key: Callable[[str], Any] | None = None

    @property
    def heading(self) -> str:
        return self.title or self.key

    @property
    def side(self) -> str:
        return self.align or ("right" if self.kind in ("number", "age") else "left")


_DIGITS = re.compile(r"\d+")
_ONE_RUN = re.compile(r"(\D*)0*(\d{1,1000})(\D*)")
# Compiled by their first use (`re` keeps them): few tables sort by these, and every start would pay.
_NUMBER = r"[-+]?(?:\d[\d,_ ]*)?\.?\d+(?:[eE][-+]?\d+)?"
_AGE = r"(\d+(?:\.\d+)?)\s*(ms|mo|s|m|h|d|w|y)"
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "mo": 2629746, "y": 31556952}
_UNIT = r"\s*([kKMGTPE])(i?)[bB]?\b"
_POWER = {"k": 1, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5, "E": 6}


def natural(text: str) -> str:
    """Make a sort key in which web-9 stands before web-10: each run of digits is led by its length."""
    low = text.casefold()
    if low.isalpha() or not low:
        return low
    if one := _ONE_RUN.fullmatch(low):  # most names: three times as fast as replacing
        head, digits, tail = one.groups()
        return f"{head}{chr(0x30 + len(digits))}{digits}{tail}"
    return _DIGITS.sub(_led, low)


def _led(match: re.Match[str]) -> str:
    digits = match.group().lstrip("0") or "0"
    return f"{chr(0x30 + min(len(digits), 0xFFFF))}{digits}"


def number(text: str) -> float:
    """Read the first number of a text, `k`, `MB` and `GiB` behind it counted; without one it sorts last."""
    match = re.search(_NUMBER, text)
    if match is None:
        return float("inf")
    value = float(re.sub(r"[,_ ]", "", match.group()))
    if unit := re.match(_UNIT, text[match.end() :]):
        value *= (1024 if unit.group(2) else 1000) ** _POWER[unit.group(1)]
    return value


def age(text: str) -> float:
    """Read an age such as `3m 10s ago` as seconds; without one it sorts last."""
    found = re.findall(_AGE, text)
    return sum(float(amount) * _SECONDS[unit] for amount, unit in found) if found else float("inf")


def word_of(status: str) -> str:
    """Give a status without the glyph in front, which only shows it; in ASCII that is a letter."""
    glyph, space, rest = status.partition(" ")
    return rest if space and len(glyph) == 1 else status


def _status(text: str) -> str:
    return natural(word_of(text))


_KEYS: dict[str, Callable[[str], Any]] = {"text": natural, "number": number, "age": age, "status": _status}


def sort_key(column: Column) -> Callable[[Cell], Any]:
    """Give the function from a cell to what it sorts by; equal texts are computed once.

    The third member of a cell's tuple, where there is one, is its value and wins over its text.
    """
    of_text = column.sort_key or _KEYS.get(column.kind, natural)
    known: dict[str, Any] = {}

    def of(cell: Cell) -> Any:
        if type(cell) is not str:
            if len(cell) > 2 and cell[2] is not None:
                return cell[2]
            cell = cell[0]
        try:
            return known[cell]
        except KeyError:
            value = of_text(cell)
            if len(known) < 4096:
                known[cell] = value
            return value

    return of


def measure(columns: Sequence[Column], rows: Iterable[Sequence[Cell]], floor: Sequence[int] = ()) -> list[int]:
    """Measure what each column would like to take over some rows, its heading and a sort arrow; never under `floor`."""
    wishes = [max(width(c.heading) + 2, c.min_width) for c in columns]
    for place, least in enumerate(floor):
        wishes[place] = max(wishes[place], least)
    for cells in rows:
        for place, cell in enumerate(cells[: len(wishes)]):
            text = cell_text(cell)
            if len(text) * 2 > wishes[place] and (wide := width(clean(text))) > wishes[place]:
                wishes[place] = wide
    return [c.width if c.width is not None else min(wish, c.max_width) for c, wish in zip(columns, wishes, strict=True)]


class Layout(NamedTuple):
    """Which columns stand where: `places` are (column number, first cell, cells), the first frozen at the left.

    `offset` columns after the first are scrolled away; `more` says that some are still hidden at the right, and `steps`
    how far one can scroll.
    """

    places: tuple[tuple[int, int, int], ...] = ()
    offset: int = 0
    more: bool = False
    steps: int = 0


def arrange(columns: Sequence[Column], wishes: Sequence[int], room: int, offset: int = 0) -> Layout:
    """Lay columns out on `room` cells.

    Wide columns give way first, then widths shrink to their least, the lowest priority first; what still does not fit
    is reached by scrolling sideways past the first column, which stays.
    """
    if not columns or room <= 0:
        return Layout()
    shown = list(range(len(columns)))
    sizes = list(wishes)

    def needed() -> int:
        return sum(sizes[i] for i in shown) + GAP * (len(shown) - 1)

    for place in sorted((i for i in shown if columns[i].wide), key=lambda i: columns[i].priority):
        if needed() <= room:
            break
        shown.remove(place)
    for place in sorted(shown, key=lambda i: (columns[i].priority, -i)):
        over = needed() - room
        if over <= 0:
            break
        if columns[place].width is None:
            sizes[place] = max(min(sizes[place], columns[place].min_width), sizes[place] - over)
    return _scrolled(shown, sizes, room, offset) if shown else Layout()


def _scrolled(shown: list[int], sizes: list[int], room: int, offset: int) -> Layout:
    first, rest = shown[0], shown[1:]
    if sum(sizes[i] for i in shown) + GAP * (len(shown) - 1) <= room:
        offset = steps = 0
    else:
        # The last step is the one from which the last column can be seen.
        left, steps = room - min(sizes[first], room) - GAP, len(rest)
        while steps and left >= sizes[rest[steps - 1]]:
            left -= sizes[rest[steps - 1]] + GAP
            steps -= 1
        steps = min(steps, len(rest) - 1) if rest else 0
        offset = max(0, min(offset, steps))
    places = [(first, 0, min(sizes[first], room))]
    at = places[0][2] + GAP
    for place in rest[offset:]:
        if room - at < min(3, sizes[place]):
            break
        size = min(sizes[place], room - at)
        places.append((place, at, size))
        at += size + GAP
    last = places[-1]
    more = len(rest) - offset > len(places) - 1 or last[2] < sizes[last[0]]
    return Layout(tuple(places), offset, more, steps)
