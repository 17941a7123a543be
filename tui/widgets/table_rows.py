"""Rows in slots: their ids, cells and marks, and what filters see of them; in no order yet."""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Iterable, Mapping, Sequence
from typing import Any

from tui.widgets.columns import Column
from tui.widgets.filter_grammar import Cell, folded, haystack

Row = tuple[Hashable, Sequence[Cell]]
Fields = Callable[[Any], Mapping[str, str]]


class TableRows:
    """Each row has a slot, a number that stays its own while it exists; a slot whose row is gone has no cells."""

    def __init__(self) -> None:
        self.columns: tuple[Column, ...] = ()
        self.fields: Fields | None = None
        self.slots: dict[Hashable, int] = {}
        self.ids: list[Hashable] = []
        self.cells: list[Sequence[Cell]] = []
        self.hay: list[str] = []
        self.marks: set[Hashable] = set()
        self._dead = 0
        self._bare = 0  # rows whose haystack is yet to be made
        self._places: dict[str, int] = {}

    # What a filter looks at.

    def column(self, key: str) -> int | None:
        return self._places.get(key)

    def field(self, row: int, key: str) -> str | None:
        if self.fields is None or self.ids[row] is None:
            return None
        values = self.fields(self.ids[row])
        if key in values:
            return values[key]
        return next((value for name, value in values.items() if folded(name) == key), None)

    def set_columns(self, columns: Sequence[Column]) -> None:
        self.columns = tuple(columns)
        self._places = {folded(c.heading): place for place, c in reversed(list(enumerate(columns)))}
        self._places |= {folded(c.key): place for place, c in enumerate(columns)}

    def warming(self) -> Generator[None, None, None]:
        """Make what words search in ahead of the first filter, in steps."""
        at = 0
        while at < len(self.cells):
            self._index(range(at, min(at + 512, len(self.cells))))
            at += 512
            yield

    def _index(self, slots: Iterable[int]) -> None:
        hay, cells = self.hay, self.cells
        for slot in slots if self._bare else ():
            if not hay[slot]:
                hay[slot] = haystack(cells[slot]) or "\n"
                self._bare -= 1

    def cell(self, slot: int, place: int) -> Cell:
        cells = self.cells[slot]
        return cells[place] if place < len(cells) else ""

    def _take(self, row: Hashable, cells: Sequence[Cell], changed: list[int]) -> int:
        """Note a row's cells and give its slot, a new one at the end if its id is new."""
        slot = self.slots.get(row)
        if slot is None:
            slot = self.slots[row] = len(self.cells)
            self.ids.append(row)
            self.cells.append(cells)
            self.hay.append("")
            self._bare += 1
        elif (known := self.cells[slot]) is not cells and known != cells:
            self._set(slot, cells)
            changed.append(slot)
        return slot

    def _set(self, slot: int, cells: Sequence[Cell]) -> None:
        self.cells[slot] = cells
        if self.hay[slot]:
            self.hay[slot] = ""
            self._bare += 1

    def _forget(self, row: Hashable) -> None:
        slot = self.slots.pop(row)
        self.marks.discard(row)
        self._set(slot, ())
        self.ids[slot] = None
        self._dead += 1
