"""The rows behind a table: identity, order, filter and marks, with no drawing in them.

Every row has a slot, a number that stays its own while it exists. `order` holds the slots as the sort has them,
and `kept` those that pass the filter (the same list where there is none); both are sorted by (key, slot), so that a
row's position, one row's change and one row's removal cost a bisection, at 100,000 rows as at ten.

Long work (sorting or filtering everything) is a generator, `arranging`, that yields every few milliseconds and commits
at its end; rows that change meanwhile are settled then. One that is dropped half way leaves the model as it was.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Generator, Hashable, Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tui.widgets.columns import natural, sort_key
from tui.widgets.filter_grammar import Cell, Filter
from tui.widgets.searched_rows import Fields
from tui.widgets.table_passes import filtering, sorting
from tui.widgets.table_rows import Row, TableRows

if TYPE_CHECKING:
    from tui.widgets.row_groups import RowGroups

__all__ = ["BULK", "Fields", "Row", "TableModel"]

BULK = 4096
"""So many changed rows at once are arranged in slices instead of within the call."""


class TableModel(TableRows):
    """Rows keyed by id, sorted by a column, narrowed by a filter; see the module."""

    def __init__(self) -> None:
        super().__init__()
        self.order: list[int] = []
        self.kept: list[int] = []
        self.sort: int | None = None
        self.reverse = False
        self.filter = Filter()
        self.unarranged = False
        self.groups: RowGroups | None = None
        self._keys: list[Any] | None = None
        self._arrival: list[int] | None = None
        self._key_of: Callable[[Cell], Any] | None = None
        self._touched: set[int] | None = None

    # Positions: what the screen counts in.

    def __len__(self) -> int:
        return len(self.kept)

    @property
    def total(self) -> int:
        return len(self.order)

    @property
    def standing(self) -> TableModel | RowGroups:
        """What stands on which line: the rows, or their groups with a header each."""
        return self if self.groups is None else self.groups

    def passing(self) -> list[Hashable]:
        """Give the ids of the rows that the filter lets through, in order."""
        ids = self.ids
        return [ids[slot] for slot in (reversed(self.kept) if self.reverse else self.kept)]

    def knows(self, row: Hashable) -> bool:
        return row in self.slots

    def slot_at(self, position: int) -> int:
        return self.kept[-1 - position if self.reverse else position]

    def id_at(self, position: int) -> Hashable:
        return self.ids[self.slot_at(position)]

    def position(self, row: Hashable) -> int | None:
        """Give where a row is shown; None if the filter hides it or it does not exist."""
        slot = self.slots.get(row)
        if slot is None:
            return None
        at = self.find(self.kept, slot)
        if at is None:
            return None
        return len(self.kept) - 1 - at if self.reverse else at

    def neighbour(self, row: Hashable) -> int | None:
        """Give the position at which a hidden row would stand; None if it does not exist."""
        slot = self.slots.get(row)
        if slot is None or not self.kept:
            return None
        at = bisect_left(self.kept, self.rank(slot), key=self.rank)
        return max(0, len(self.kept) - 1 - at) if self.reverse else min(at, len(self.kept) - 1)

    def rank(self, slot: int) -> Any:
        return slot if self._keys is None else (self._keys[slot], slot)

    def find(self, slots: list[int], slot: int) -> int | None:
        at = bisect_left(slots, self.rank(slot), key=self.rank)
        return at if at < len(slots) and slots[at] == slot else None

    # Changes of rows.

    def replace(self, rows: Iterable[Row]) -> None:
        """Make the rows be these, in this order; rows whose id stays keep their slot and mark."""
        given = list(rows)
        if not self.slots:
            self._load(given)
            return
        sequence: list[int] = []
        changed: list[int] = []
        first = len(self.cells)
        wanted: set[Hashable] = set()
        for row, cells in given:
            slot = self._take(row, cells, changed)
            if row not in wanted:
                wanted.add(row)
                sequence.append(slot)
        if len(self.slots) > len(sequence):
            for row in [row for row in self.slots if row not in wanted]:
                self._forget(row)
            self._drop_dead()
        if self._touched is not None:
            self._touched.update(sequence)
        in_order = all(a < b for a, b in pairwise(sequence))
        self._arrival = None if in_order else [0] * len(self.cells)
        if self._arrival is not None:
            for place, slot in enumerate(sequence):
                self._arrival[slot] = place
        if self.sort is None:
            kept = None if self.kept is self.order else set(self.kept)
            self._keys = self._arrival
            self.order = [slot for slot in sequence if slot < first]
            self.kept = self.order if kept is None else [slot for slot in self.order if slot in kept]
        self._spoil()
        self._settle(sorted({slot for slot in changed if slot < first}), range(first, len(self.cells)))
        self._compact()

    def extend(self, rows: Iterable[Row]) -> None:
        """Take a further page: new ids are added at the end (or where the sort puts them), known ones are updated."""
        if not self.slots:
            self._load(list(rows))
            return
        changed: list[int] = []
        first = len(self.cells)
        for row, cells in rows:
            self._take(row, cells, changed)
        if self._arrival is not None:
            last = max(self._arrival, default=0)
            self._arrival.extend(range(last + 1, last + 1 + len(self.cells) - len(self._arrival)))
        self._settle(sorted({slot for slot in changed if slot < first}), range(first, len(self.cells)))

    def update(self, row: Hashable, cells: Sequence[Cell]) -> bool:
        """Change one row's cells; False if there is no such row."""
        slot = self.slots.get(row)
        if slot is None:
            return False
        if self.cells[slot] != cells:
            self._set(slot, cells)
            self._settle([slot], ())
        return True

    def remove(self, rows: Iterable[Hashable]) -> None:
        gone = [row for row in dict.fromkeys(rows) if row in self.slots]
        if len(gone) <= 32:
            self._own()
            for row in gone:
                slot = self.slots[row]
                if self.groups is not None:
                    self.groups.leave(slot)
                for slots in (self.order,) if self.kept is self.order else (self.order, self.kept):
                    if (at := self.find(slots, slot)) is not None:
                        del slots[at]
                self._forget(row)
        else:
            for row in gone:
                self._forget(row)
            self._drop_dead()
            self._spoil()
        self._compact()

    def clear(self) -> None:
        self._load([])

    def _load(self, rows: list[Row]) -> None:
        numbers = list(range(len(rows)))
        self.ids = [row for row, _ in rows]
        self.cells = [cells for _, cells in rows]
        self.slots = dict(zip(self.ids, numbers, strict=True))
        if len(self.slots) < len(rows):  # an id given twice stands at its first place with its last cells
            self._load(list(dict(rows).items()))
            return
        self._keys = self._arrival = None
        busy = self._touched is not None
        self._dead, self._touched = 0, None
        self.hay = [""] * len(rows)
        self._bare = len(rows)
        self.order = self.kept = numbers
        self.marks &= self.slots.keys()
        self.unarranged = False
        if self.groups is not None:
            self.groups.spoil()
        if self.sort is not None or self.filter:
            # Until they are arranged the rows stand as they came.
            self.unarranged = True
            if len(rows) <= BULK:
                self.arrange(self.sort, self.reverse, self.filter, self.groups)
        self.unarranged = self.unarranged or busy  # what was under way is to be begun again

    def _drop_dead(self) -> None:
        alive = set(self.slots.values())
        same = self.kept is self.order
        self.order = [slot for slot in self.order if slot in alive]
        self.kept = self.order if same else [slot for slot in self.kept if slot in alive]

    def _settle(self, changed: Sequence[int], fresh: Sequence[int]) -> None:
        """Bring rows that changed, and rows that stand nowhere yet, to their place and through the filter."""
        touched = [*changed, *fresh]
        if self._touched is not None:
            self._touched.update(touched)
        if not touched:
            return
        if self._keys is not None:
            self._keys.extend([None] * (len(self.cells) - len(self._keys)))
        if len(touched) > max(64, len(self.order) // 64):
            self._settle_many(touched)
            return
        self._own()
        same = self.kept is self.order
        for slot in changed:
            if self.groups is not None:
                self.groups.leave(slot)
            for slots in (self.order,) if same else (self.order, self.kept):
                if (at := self.find(slots, slot)) is not None:
                    del slots[at]
        self._rekey(touched)
        for slot in touched:
            self._insert(self.order, slot)
        passing = touched if same else self._passing(touched)
        for slot in () if same else passing:
            self._insert(self.kept, slot)
        if self.groups is not None:
            for slot in passing:
                self.groups.enter(slot)

    def _spoil(self, slots: Iterable[int] = ()) -> None:
        """Have the groups, where there are any, made anew; these slots' cells are others."""
        if self.groups is not None:
            self.groups.spoil(slots)

    def _own(self) -> None:
        """Copy the lists that an arranging under way is reading, before they are changed."""
        if self._touched is not None:
            same = self.kept is self.order
            self.order = list(self.order)
            self.kept = self.order if same else list(self.kept)

    def _settle_many(self, touched: list[int]) -> None:
        changed = set(touched)
        self._spoil(touched)
        later = len(touched) > BULK and (bool(self.filter) or self.sort is not None)
        same = self.kept is self.order
        # So many rows are looked at in steps by the arranging that follows: until then the new ones are not shown, and
        # the others stay, or a list whose ages tick would be empty at each refresh, and the view somewhere else.
        kept = [] if same else list(self.kept) if later else [slot for slot in self.kept if slot not in changed]
        self._rekey(touched)
        self.order = self._sorted([slot for slot in self.order if slot not in changed] + touched)
        if same:
            self.kept = self.order
        else:
            self.kept = self._sorted(kept if later else kept + self._passing(touched))
        self.unarranged = self.unarranged or later

    def _insert(self, slots: list[int], slot: int) -> None:
        try:
            insort(slots, slot, key=self.rank)
        except TypeError:
            self._as_text()
            slots.append(slot)
            for each in (self.order, self.kept):
                each.sort(key=self.rank)

    def _sorted(self, slots: list[int]) -> list[int]:
        try:
            return sorted(slots, key=None if self._keys is None else self.rank)
        except TypeError:
            self._as_text()
            return sorted(slots, key=self.rank)

    def _as_text(self) -> None:
        """Values that can't be compared with each other are compared as text."""
        self._keys = [natural(str(key)) for key in self._keys or ()]
        self._spoil()

    def _rekey(self, slots: list[int]) -> None:
        if self._keys is None:
            return
        for slot in slots:
            if self.sort is not None and self._key_of is not None:
                self._keys[slot] = self._key_of(self.cell(slot, self.sort))
            elif self._arrival is not None:
                self._keys[slot] = self._arrival[slot]

    def _passing(self, slots: list[int]) -> list[int]:
        self.index(slots)
        return self.filter.scan(self, slots)

    def _compact(self) -> None:
        """Give back the slots of rows that are gone, once they are most of them and no arranging counts on them."""
        if self._dead < 1024 or self._dead * 2 < len(self.cells) or self._touched is not None:
            return
        alive = sorted(self.slots.values())
        moved = {slot: place for place, slot in enumerate(alive)}
        self.ids = [self.ids[slot] for slot in alive]
        self.cells = [self.cells[slot] for slot in alive]
        self.hay = [self.hay[slot] for slot in alive]
        self._bare = self.hay.count("")
        plain = self._keys is self._arrival
        self._arrival = None if self._arrival is None else [self._arrival[slot] for slot in alive]
        self._keys = self._arrival if plain else [self._keys[slot] for slot in alive] if self._keys else None
        self.slots = {row: moved[slot] for row, slot in self.slots.items()}
        same = self.kept is self.order
        self.order = [moved[slot] for slot in self.order]
        self.kept = self.order if same else [moved[slot] for slot in self.kept]
        self._dead = 0
        if self.groups is not None:
            self.groups.spoil()

    # Sorting and filtering everything.

    def arrange(self, sort: int | None, reverse: bool, wanted: Filter, by: RowGroups | None = None) -> None:
        """Sort, filter and group in one go.

        Raises: `tui.widgets.filter_grammar.SlowExpressionError`.
        """
        for _ in self.arranging(sort, reverse, wanted, by):
            pass

    def arranging(
        self, sort: int | None, reverse: bool, wanted: Filter, by: RowGroups | None = None
    ) -> Generator[None, None, None]:
        """Sort, filter and group in steps of a few milliseconds each, and commit at the end; drop it to change nothing.

        Raises: `tui.widgets.filter_grammar.SlowExpressionError`.
        """
        mine = self._touched = set[int]()
        dead = self._dead
        resort = sort != self.sort or (self.unarranged and sort is not None)
        narrow = bool(wanted) and not resort and not self.unarranged and wanted.narrows(self.filter)
        keys, key_of, order = self._keys, self._key_of, self.order
        if by is not None and by is not self.groups:
            by.spoil()  # it heard of no change so far
        try:
            if resort and sort is not None:
                key_of = sort_key(self.columns[sort])
                value, place = key_of, sort
                alive = sorted(self.slots.values())
                keys, order = yield from sorting(alive, len(self.cells), lambda slot: value(self.cell(slot, place)))
            elif resort:
                keys = arrival = self._arrival
                key_of, order = None, sorted(self.slots.values(), key=arrival.__getitem__ if arrival else None)
            kept = order
            if wanted:
                kept = yield from filtering(self, self.index, wanted, self.kept if narrow else order)
            parts = None if by is None else (yield from by.parting(kept))
        except BaseException as fault:
            if self._touched is mine:
                self._touched = None
            elif isinstance(fault, IndexError):
                return  # all rows are others, and fewer
            raise
        if self._touched is not mine:
            return  # another arranging has begun, or all rows are others: this one has nothing to say any more
        self._touched = None
        self.sort, self.reverse, self.filter, self.unarranged = sort, reverse, wanted, False
        if resort:
            self._keys, self._key_of = (self._arrival if sort is None else keys), key_of
        late = sorted(slot for slot in mine if self.slots.get(self.ids[slot]) == slot)
        if mine or dead != self._dead:
            here = set(self.slots.values())
            settled = here - mine
            order = [slot for slot in order if slot in settled]
            stays = here if len(late) > BULK else settled  # as `_settle_many` has it
            kept = [slot for slot in kept if slot in stays] if wanted else order
        self.order, self.kept = order, kept if wanted else order
        self.groups = by
        if by is not None and parts is not None and not mine and dead == self._dead:
            by.take(parts)
        elif by is not None:
            by.spoil()
        self._settle((), late)
