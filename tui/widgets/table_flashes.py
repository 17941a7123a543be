"""Cells that light up once, for a moment, when they change under the operator's eyes.

Only rows in view are held against what they were, so that a refresh of 100,000 rows costs as little as one of ten.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Hashable, Mapping, Sequence
from functools import partial
from typing import NamedTuple, Unpack

from tui.widgets.columns import Column, word_of
from tui.widgets.filter_grammar import Cell, cell_text
from tui.widgets.line_view import LineOptions
from tui.widgets.table_columns import TableColumns

_TOGETHER = 0.1
"""Seconds in which changes light up, and fade, as one."""

Cells = Sequence[Cell]


class _Flash(NamedTuple):
    """What changed at about one moment: when, and the places of columns by the ids of rows."""

    since: float
    places: dict[Hashable, set[int]]


class TableFlashes(TableColumns):
    """Knows which cells are lit up now."""

    FLASH_SECONDS = 0.6

    def __init__(self, **options: Unpack[LineOptions]) -> None:
        super().__init__(**options)
        self.flashes = True
        """Whether cells light up at all."""
        self.calm = False
        """Whether what comes now is no change: a list that is still being loaded."""
        self._lit: list[_Flash] = []
        self._told: Sequence[Column] | None = None  # the columns of the cells that rows have

    def _watches(self) -> bool:
        return self.flashes and not self.calm and self._told is self.model.columns and self.is_running

    def _in_view(self) -> dict[Hashable, Cells]:
        """Give the rows that are in view, as they are before a change; none where nothing is to light up."""
        model, standing = self.model, self.model.standing
        if not self._watches():
            return {}
        seen = map(standing.slot_at, range(self._top, min(self._top + self._body, len(standing))))
        return {model.ids[slot]: model.cells[slot] for slot in seen if slot >= 0}

    def _row_in_view(self, row: Hashable, position: int | None) -> dict[Hashable, Cells]:
        """Give one row as it is before a change, where it is in view."""
        if position is None or not self._top <= position < self._top + self._body or not self._watches():
            return {}
        return {row: self.model.cells[self.model.slots[row]]}

    def _light_up(self, before: Mapping[Hashable, Cells]) -> None:
        """Light up what is another now in rows that are still there."""
        model = self.model
        self._told = model.columns
        found: dict[Hashable, set[int]] = {}
        for row, was in before.items():
            slot = model.slots.get(row)
            if slot is not None and (now := model.cells[slot]) is not was and (places := self._changes(was, now)):
                found[row] = places
        if not found:
            return
        at = time.monotonic()
        if self._lit and at - self._lit[-1].since < _TOGETHER:
            lit = self._lit[-1].places
            for row, places in found.items():
                lit[row] = lit.get(row, set()) | places
        else:
            flash = _Flash(at, found)
            self._lit.append(flash)
            self.set_timer(self.FLASH_SECONDS, partial(self._fade, flash))
        self._draw_rows(found)

    def _changes(self, was: Cells, now: Cells) -> set[int]:
        """Give the places of the cells that say something else; one that was empty was only filled in."""
        found = set()
        for place, (column, one, other) in enumerate(zip(self.model.columns, was, now, strict=False)):
            if one is other or one == other or not column.flashes:
                continue
            old, new = cell_text(one), cell_text(other)
            if column.kind == "status":
                old, new = word_of(old), word_of(new)
            if old and old != new:
                found.add(place)
        return found

    def _fade(self, flash: _Flash) -> None:
        if flash in self._lit:  # else the columns have become others
            self._lit.remove(flash)
            self._draw_rows(flash.places)

    def _draw_rows(self, rows: Collection[Hashable]) -> None:
        for row in rows:
            if (position := self.model.standing.position(row)) is not None:
                self._refresh_line(position)

    def _lit_places(self, row: Hashable) -> Collection[int]:
        """Give the places of a row's cells that are lit up now."""
        found = [flash.places[row] for flash in self._lit if row in flash.places]
        return found[0] if len(found) == 1 else set().union(*found)
