"""Rows in groups: which header and which row stands on which line, with no drawing in it.

`RowGroups` stands between a `TableModel` and what is seen of it. A group holds the rows that share a value and pass the
filter, in the model's order; a folded one is its header alone. The worst group, the one with most rows whose status
warns or fails, comes first, equals by name; the rows without a value come last.

Everything is parted in one pass, in steps of a millisecond or two (`parting`); one row's change costs two bisections.
What changes many rows at once only makes the groups stale: they are parted anew when they are next looked at.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Generator, Hashable, Iterable, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from tui.widgets.columns import natural
from tui.widgets.filter_grammar import Cell, cell_text
from tui.widgets.table_passes import sorting

if TYPE_CHECKING:
    from tui.widgets.table_model import TableModel

_STEP = 1024
_STYLES = {"ok": 0, "warn": 2, "error": 3}
_UNASKED: Any = object()
"""Stands for the value of a row that was not asked for it yet."""


class GroupId(NamedTuple):
    """Names a group's header as an id names a row; `value` is None for the rows that have none."""

    key: str
    value: str | None


class Grouping(NamedTuple):
    """What rows are grouped by: `value` gives a row's by its id, None where it has none; `title` writes it.

    A value changes only together with the row's cells.
    """

    key: str
    value: Callable[[Any], str | None]
    title: Callable[[str | None], str]


class Group:
    """The rows of one value that pass the filter: their slots in the model's order, and how many have each status."""

    __slots__ = ("_marked", "_name", "counts", "id", "rank", "slots", "title")

    def __init__(self, id: GroupId, title: str, name: str) -> None:
        self.id = id
        self.title = title
        self._name = name
        self.slots: list[int] = []
        self.counts: dict[Cell, int] = {}
        self.rank: tuple[bool, int, str, str] = (False, 0, "", "")
        self._marked: tuple[set[Hashable] | None, int, int] = (None, 0, 0)

    def weigh(self) -> None:
        """Bring the rank up to date: what groups are in order of."""
        bad = 0
        for word, count in self.counts.items():
            if len(word) > 1 and word[1] in ("warn", "error"):
                bad += count
        self.rank = (self.id.value is None, -bad, self._name, self.id.value or "")
        self._marked = (None, 0, 0)

    def tally(self) -> list[tuple[Cell, int]]:
        """Give the statuses with their counts, the good ones first: an order that no refresh changes."""

        def place(item: tuple[Cell, int]) -> tuple[int, str]:
            word = item[0]
            style = word[1] if not isinstance(word, str) and len(word) > 1 else ""
            return _STYLES.get(style, 1), cell_text(word)

        return sorted(self.counts.items(), key=place)

    def count(self, word: Cell, step: int) -> None:
        """Count one row more or less of a status."""
        self.counts[word] = self.counts.get(word, 0) + step
        if not self.counts[word]:
            del self.counts[word]

    def marked(self, ids: Sequence[Hashable], marks: set[Hashable]) -> int:
        """Say how many of the rows are marked; counted once for one set of marks."""
        seen, size, known = self._marked
        if seen is not marks or size != len(marks):
            known = sum(ids[slot] in marks for slot in self.slots) if marks else 0
            self._marked = (marks, len(marks), known)
        return known


Parts = tuple[dict[str | None, Group], list[Group]]
"""Groups by their value, and in their order."""


class RowGroups:
    """The lines of a model's rows in groups; see the module."""

    def __init__(self, model: TableModel, grouping: Grouping, folded: Iterable[str | None] = ()) -> None:
        self.grouping = grouping
        self.folded: set[str | None] = set(folded)
        self._model = model
        self._values: list[Any] = []
        self._words: list[Cell] = []
        self._groups: list[Group] = []
        self._of: dict[str | None, Group] = {}
        self._named: dict[str | None, tuple[GroupId, str, str]] = {}
        self._starts: list[int] | None = None
        self._stale = True

    # What stands where.

    def __len__(self) -> int:
        return self._lines()[-1]

    @property
    def groups(self) -> list[Group]:
        """The groups that have rows, in their order."""
        self._lines()
        return self._groups

    def slot_at(self, position: int) -> int:
        """Give the slot on a line, or -1 - n where the header of group n stands."""
        at, line = self._place_at(position)
        if not line:
            return -1 - at
        slots = self._groups[at].slots
        return slots[-line if self._model.reverse else line - 1]

    def id_at(self, position: int) -> Hashable:
        slot = self.slot_at(position)
        return self._groups[-1 - slot].id if slot < 0 else self._model.ids[slot]

    def group_at(self, position: int) -> Group:
        """Give the group that a line belongs to."""
        return self._groups[self._place_at(position)[0]]

    def group(self, row: Hashable) -> Group | None:
        """Give the group of a header's id; None for a row, and where no row of that value is shown."""
        self._lines()
        mine = isinstance(row, GroupId) and row.key == self.grouping.key
        return self._of.get(row.value) if mine and isinstance(row, GroupId) else None

    def knows(self, row: Hashable) -> bool:
        """Whether there is such a row, or may be such a header once the filter lets its rows through."""
        return row in self._model.slots or (isinstance(row, GroupId) and row.key == self.grouping.key)

    def position(self, row: Hashable) -> int | None:
        """Give the line of a row or a header; None where it is filtered out, folded in or unknown."""
        starts = self._lines()
        if (group := self.group(row)) is not None:
            return starts[self._order(group)]
        found = self._home(row)
        if found is None or found[0].id.value in self.folded:
            return None
        group, slot = found
        at = self._model.find(group.slots, slot)
        return None if at is None else self._line(group, at)

    def neighbour(self, row: Hashable) -> int | None:
        """Give the line at which a hidden row would stand, a folded one's header; None where its group has no rows."""
        starts = self._lines()
        found = self._home(row)
        if found is None:
            return None
        group, slot = found
        if group.id.value in self.folded:
            return starts[self._order(group)]
        at = bisect_left(group.slots, self._model.rank(slot), key=self._model.rank)
        return self._line(group, min(at, len(group.slots) - 1))

    def passing(self) -> list[Hashable]:
        """Give the ids of all rows that the filter lets through, in order, the folded ones too."""
        return [row for group in self.groups for row in self.ids_of(group)]

    def ids_of(self, group: Group) -> list[Hashable]:
        """Give the ids of a group's rows as they stand."""
        ids = self._model.ids
        return [ids[slot] for slot in (reversed(group.slots) if self._model.reverse else group.slots)]

    def fold(self, values: Iterable[str | None], folded: bool) -> None:
        """Fold groups or unfold them; a value stays folded while none of its rows is shown."""
        self.folded = self.folded | set(values) if folded else self.folded - set(values)
        self._starts = None

    def _lines(self) -> list[int]:
        """Give the line at which each group starts, and behind the last one how many lines there are."""
        if self._stale:
            self.take(_result(self.parting(self._model.kept)))
        if self._starts is None:
            sizes = [1 + len(group.slots) for group in self._groups]
            for at, group in enumerate(self._groups) if self.folded else ():
                if group.id.value in self.folded:
                    sizes[at] = 1
            self._starts = [0, *accumulate(sizes)]
        return self._starts

    def _place_at(self, position: int) -> tuple[int, int]:
        starts = self._lines()
        at = bisect_right(starts, position) - 1
        return at, position - starts[at]

    def _line(self, group: Group, at: int) -> int:
        size = len(group.slots)
        return self._lines()[self._order(group)] + 1 + (size - 1 - at if self._model.reverse else at)

    def _home(self, row: Hashable) -> tuple[Group, int] | None:
        slot = self._model.slots.get(row)
        group = None if slot is None else self._of.get(self._value(slot))
        return None if slot is None or group is None else (group, slot)

    def _order(self, group: Group) -> int:
        return bisect_left(self._groups, group.rank, key=_rank)

    # One row.

    def leave(self, slot: int) -> None:
        """Take a row out of its group, before its place in the model's order becomes another one."""
        self._grow()
        group = None if self._stale else self._of.get(self._values[slot])
        at = None if group is None else self._model.find(group.slots, slot)
        if group is not None and at is not None:
            del self._groups[self._order(group)]
            del group.slots[at]
            group.count(self._words[slot], -1)
            self._put(group)
        self._values[slot] = _UNASKED

    def enter(self, slot: int) -> None:
        """Put a row that passes the filter into its group."""
        if self._stale:
            return
        self._grow()
        value = self._value(slot)
        group = self._of.get(value)
        if group is None:
            group = self._of[value] = self._made(value)
        else:
            del self._groups[self._order(group)]
        insort(group.slots, slot, key=self._model.rank)
        place = self._status_place()
        self._words[slot] = word = self._model.cell(slot, place) if place is not None else ""
        group.count(word, 1)
        self._put(group)

    def _put(self, group: Group) -> None:
        self._starts = None
        group.weigh()
        if group.slots:
            insort(self._groups, group, key=_rank)
        else:
            del self._of[group.id.value]

    def _made(self, value: str | None) -> Group:
        named = self._named.get(value)
        if named is None:
            title = self.grouping.title(value)
            named = self._named[value] = (GroupId(self.grouping.key, value), title, natural(title))
        return Group(*named)

    def _value(self, slot: int) -> str | None:
        self._grow()
        value: str | None = self._values[slot]
        if value is _UNASKED:
            value = self._values[slot] = self.grouping.value(self._model.ids[slot])
        return value

    def _grow(self) -> None:
        more = len(self._model.cells) - len(self._values)
        if more > 0:
            self._values += [_UNASKED] * more
            self._words += [""] * more

    def _status_place(self) -> int | None:
        return next((at for at, column in enumerate(self._model.columns) if column.kind == "status"), None)

    # All rows.

    def spoil(self, slots: Iterable[int] | None = None) -> None:
        """Have all parted anew when it is next looked at; the values of these slots are asked again, None of all."""
        self._stale = True
        if slots is None:
            self._values, self._words, self._named = [], [], {}
            return
        self._grow()
        for slot in slots:
            self._values[slot] = _UNASKED

    def parting(self, kept: Sequence[int]) -> Generator[None, None, Parts]:
        """Part slots that are in the model's order, in steps; return what `take` takes."""
        self._grow()
        ids, cells, values, words = self._model.ids, self._model.cells, self._values, self._words
        value_of, place, made = self.grouping.value, self._status_place(), dict[str | None, Group]()
        for start in range(0, len(kept), _STEP):
            for slot in kept[start : start + _STEP]:
                value = values[slot]
                if value is _UNASKED:
                    row_id = ids[slot]  # None: it went while the steps were worked off
                    value = values[slot] = None if row_id is None else value_of(row_id)
                group = made.get(value)
                if group is None:
                    group = made[value] = self._made(value)
                group.slots.append(slot)
                row = cells[slot]
                words[slot] = word = row[place] if place is not None and place < len(row) else ""
                counts = group.counts
                counts[word] = counts.get(word, 0) + 1
            yield
        groups = [*made.values()]

        def weighed(at: int) -> tuple[bool, int, str, str]:
            groups[at].weigh()
            return groups[at].rank

        _, order = yield from sorting([*range(len(groups))], len(groups), weighed)
        return made, [groups[at] for at in order]

    def take(self, parts: Parts) -> None:
        """Make these the groups: what `parting` gave for the slots that the model keeps now."""
        self._of, self._groups = parts
        self._starts, self._stale = None, False


def _rank(group: Group) -> tuple[bool, int, str, str]:
    return group.rank


def _result(steps: Generator[None, None, Parts]) -> Parts:
    """Work steps off in one go."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            found: Parts = done.value
            return found
