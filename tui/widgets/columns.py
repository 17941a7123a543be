"""Columns of a table: what they are, how their values sort, and how wide they would like to be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tui.widgets.cells import clean, width
from tui.widgets.filter_grammar import Cell, cell_text

GAP = 2
"""Blank cells between two columns."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its `key` names it in filters and in the API, its title stands in the header.

    `width` fixes its cells, else it is measured and held between `min_width` and `max_width`. `kind` is text, number,
    age or status: it says how values sort and, unless `align` does, on which side they stand. A `wide` column gives way
    first where the terminal is narrow; among columns the lower `priority` gives way before the higher. The first `head`
    is what a row is called by: it stays, with what stands before it, while the others scroll sideways.
    A cell that changes lights up for a moment unless its column's `flash` is False; ages, which tick, never do.
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
    head: bool = False
    flash: bool = True
    sort_key: Callable[[str], Any] | None = None

    @property
    def heading(self) -> str:
        return self.title or self.key

    @property
    def flashes(self) -> bool:
        return self.flash and self.kind != "age"

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
