"""Rows in slots: their ids, cells and marks, and what filters see of them; in no order yet."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from tui.widgets.filter_grammar import Cell, haystack
from tui.widgets.searched_rows import SearchedRows

Row = tuple[Hashable, Sequence[Cell]]


class TableRows(SearchedRows):
    """Each row has a slot, a number that stays its own while it exists; a slot whose row is gone has no cells."""

    def __init__(self) -> None:
        super().__init__()
        self.cells: list[Sequence[Cell]] = []
        self._dead = 0
        self._bare = 0  # rows whose haystack is yet to be made

    def index(self, slots: Iterable[int]) -> None:
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
