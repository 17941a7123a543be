"""Which of a table's columns an operator wants to see, in which order and how wide; plain values, no drawing.

A choice names columns by their keys and may name some that a table does not have now (those of contexts, those of a
newer version): they keep their place in it and are passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tui.widgets.columns import Column

NARROWEST, WIDEST = 2, 400
"""Cells that a column may be set to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnChoice:
    """One operator's choice; the default one leaves everything as the table has it.

    `order` is that of the keys, a column that it does not name stands behind the one it stands behind in the table.
    What is in `shown` shows where there is no room for it too, what is in `hidden` does not show; `wide` is as if every
    wide column were in `shown`. `widths` are in cells, instead of what is measured.
    """

    order: tuple[str, ...] = ()
    shown: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    widths: Mapping[str, int] = field(default_factory=dict)
    wide: bool = False

    @property
    def is_default(self) -> bool:
        return not (self.order or self.shown or self.hidden or self.widths or self.wide)

    def fitted(self, columns: Iterable[Column]) -> list[Column]:
        """Give a table's columns in the table's own order, as wide as was chosen; what is to show does not give way."""
        made = []
        for column in columns:
            if (cells := self.widths.get(column.key)) is not None:
                column = replace(column, width=max(NARROWEST, min(cells, WIDEST)))
            if column.wide and (self.wide or column.key in self.shown):
                column = replace(column, wide=False)
            made.append(column)
        return made

    def ordered(self, columns: Sequence[Column]) -> list[int]:
        """Give the places of all of a table's columns in the order of the choice, the hidden ones among them."""
        if not self.order:
            return list(range(len(columns)))
        rank = {key: at for at, key in enumerate(self.order)}
        named = sorted((rank[column.key], place) for place, column in enumerate(columns) if column.key in rank)
        order = [place for _, place in named]
        for place, column in enumerate(columns):
            if column.key not in rank:
                order.insert(order.index(place - 1) + 1 if place else 0, place)
        return order

    def places(self, columns: Sequence[Column]) -> list[int]:
        """Give the places of the columns that are to be seen, in their order: at least one, where there are any."""
        order = self.ordered(columns)
        return [place for place in order if columns[place].key not in self.hidden] or order[:1]

    # What an operator changes; each gives another choice.

    def toggled(self, column: Column) -> ColumnChoice:
        """Hide a column that shows, or show it again; a wide one shows where there is room, then always, then never."""
        key = column.key
        if key in self.hidden:
            return replace(self, hidden=self.hidden - {key})
        if column.wide and not self.wide and key not in self.shown:
            return replace(self, shown=self.shown | {key})
        return replace(self, shown=self.shown - {key}, hidden=self.hidden | {key})

    def moved(self, columns: Sequence[Column], key: str, step: int) -> ColumnChoice:
        """Move a column by so many places among those of the table; keys that it lacks keep their neighbours."""
        keys = [columns[place].key for place in self.ordered(columns)]
        at = keys.index(key)
        to = max(0, min(at + step, len(keys) - 1))
        if to == at:
            return self
        keys.insert(to, keys.pop(at))
        return replace(self, order=_with_unknown(self.order, keys))

    def widened(self, key: str, now: int, step: int) -> ColumnChoice:
        """Make a column wider or narrower by so many cells than the `now` that it has."""
        cells = max(NARROWEST, min(self.widths.get(key, now) + step, WIDEST))
        return replace(self, widths={**self.widths, key: cells})

    def restored(self, key: str) -> ColumnChoice:
        """Give one column back its own width and whether it shows; its place stays."""
        widths = {name: cells for name, cells in self.widths.items() if name != key}
        return replace(self, shown=self.shown - {key}, hidden=self.hidden - {key}, widths=widths)


def _with_unknown(order: Sequence[str], keys: list[str]) -> tuple[str, ...]:
    """Put the keys of an order that are not among `keys` behind the one they stood behind, or in front of all."""
    made, known, before = list(keys), set(keys), ""
    for key in order:
        if key not in known:
            made.insert(made.index(before) + 1 if before else 0, key)
        before = key
    return tuple(made)
