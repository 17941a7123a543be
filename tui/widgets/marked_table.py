"""A table whose rows can be marked: one, a range, all that show. Marks are kept by id, whatever comes and goes."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import NamedTuple

from textual.binding import Binding

from tui.widgets.grouped_table import GroupedTable
from tui.widgets.marked_lines import MarkedLines
from tui.widgets.table_message import TableMessage
from tui.widgets.table_model import TableModel


class _Stretch(NamedTuple):
    """Marks that one is drawing: from which row, to where so far, over which rows, what was marked before and is."""

    start: Hashable
    end: Hashable
    rows: set[Hashable]
    before: set[Hashable]
    marks: set[Hashable]


class MarkedTable(GroupedTable, MarkedLines[TableModel]):
    """Holds marks; what one sees of a range is what it marks, never what a filter hides or a group folds in."""

    BINDINGS = [
        Binding("space", "mark", "mark", tooltip="Mark or unmark the row", show=False, id="table.mark"),
        Binding("M,ctrl+a", "mark_all", "mark all", tooltip="Mark every row shown", show=False, id="table.mark_all"),
        Binding("asterisk", "invert", "invert", tooltip="Invert the marks shown", show=False, id="table.invert"),
        Binding(
            "V",
            "mark_range",
            "mark range",
            tooltip="Mark the rows from the one marked last to this one",
            show=False,
            id="table.mark_range",
        ),
        Binding("shift+down", "stretch(1)", "mark down", tooltip="Mark on downwards", show=False, id="table.mark_down"),
        Binding("shift+up", "stretch(-1)", "mark up", tooltip="Mark on upwards", show=False, id="table.mark_up"),
    ]

    class MarksChanged(TableMessage, namespace="resource_table"):
        """Rows were marked or unmarked: `count` are, and the filter hides `hidden` of them."""

        count: int
        hidden: int

    _stretch: _Stretch | None = None

    @property
    def ids(self) -> list[Hashable]:
        """The ids of the rows that the filter lets through, in their order; the folded ones too, headers not."""
        return self.model.standing.passing()

    @property
    def marked(self) -> int:
        """How many rows are marked, the hidden ones too."""
        return len(self.model.marks)

    @property
    def marked_ids(self) -> list[Hashable]:
        """The marked ids: those shown in their order, then those that the filter hides."""
        marks = self.model.marks
        return [row for row in self.ids if row in marks] + self.hidden_marks if marks else []

    @property
    def hidden_marks(self) -> list[Hashable]:
        """The ids that are marked and filtered out of sight."""
        model = self.model
        if model.kept is model.order or not model.marks:
            return []
        shown, slots = set(model.kept), model.slots  # to look each of thousands up in the order takes ten times as long
        return [row for row in model.marks if slots[row] not in shown]

    def mark(self, ids: Iterable[Hashable], marked: bool = True) -> None:
        super().mark([row for row in ids if row in self.model.slots] if marked else ids, marked)

    def _make_marks(self, marks: set[Hashable]) -> None:
        self.model.marks = marks
        self.refresh()
        self._say_marks()

    def _stands_for(self, id: Hashable) -> list[Hashable]:
        return self.rows_of(id)

    def _showing(self) -> list[Hashable]:
        return self.ids

    def _say_marks(self) -> None:
        self.post_message(self.MarksChanged(self, count=len(self.model.marks), hidden=len(self.hidden_marks)))

    def _between(self, one: int, other: int) -> set[Hashable]:
        standing, ids = self.model.standing, self.model.ids
        slots = map(standing.slot_at, range(min(one, other), max(one, other) + 1))
        return {ids[slot] for slot in slots if slot >= 0}

    # Actions.

    def action_stretch(self, step: int) -> None:
        """Move the cursor, and mark what lies between it and where one began; going back takes that back."""
        standing, now = self.model.standing, self._stretch
        if self._cursor is None:
            return
        if now is None or now.end != self._cursor or now.marks is not self.model.marks:
            now = _Stretch(self._cursor, self._cursor, set(), self.model.marks, self.model.marks)
        self._go(self._at + step)
        start = standing.position(now.start)
        rows = self._between(self._at if start is None else start, self._at)
        self._make_marks(self.model.marks - (now.rows - rows - now.before) | rows)
        self._stretch = now._replace(end=self._cursor, rows=rows, marks=self.model.marks)
        self._marked_last = self._cursor
