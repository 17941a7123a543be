"""A table whose rows may stand in groups, each below a header that folds them.

    table.group_by(Grouping("tag:env", value_of, title_of), folded=["dev"]); table.group_by(None)

A header has an id as a row has, its `GroupId`, so that the cursor stays on it; it is no row: marks, counts, `ids` and
what is saved are rows alone. What is done on a header is done to those rows of its group that the filter lets through.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import TYPE_CHECKING, Unpack

from rich.segment import Segment

from tui.widgets.arranging import ArrangedView
from tui.widgets.filter_grammar import Cell, cell_text
from tui.widgets.line_view import LineOptions
from tui.widgets.table_drawing import draw_group
from tui.widgets.table_model import TableModel
from tui.widgets.table_view import TableView

if TYPE_CHECKING:
    from tui.widgets.row_groups import Group, Grouping, RowGroups


class GroupedTable(TableView, ArrangedView[TableModel]):
    """Draws the headers, folds, and knows what a header stands for."""

    def __init__(self, **options: Unpack[LineOptions]) -> None:
        super().__init__(**options)
        self._groups: RowGroups | None = None  # the wish; the model's are the same once they are arranged
        self._began: int | None = None  # where the cursor stood when groups were asked for that are not shown yet

    # What the table adds.

    def _row_opened(self) -> None:
        """Do what follows when a row is opened."""

    # What is grouped, and what one may ask.

    @property
    def grouping(self) -> Grouping | None:
        """What the rows are grouped by; None where they are not."""
        return None if self._groups is None else self._groups.grouping

    @property
    def folded(self) -> list[str | None]:
        """The values whose groups are folded."""
        return [] if self._groups is None else list(self._groups.folded)

    @property
    def group(self) -> Group | None:
        """The group whose header is under the cursor."""
        groups = self.model.groups
        return None if groups is None else groups.group(self._cursor)

    @property
    def under_cursor(self) -> list[Hashable]:
        """The row under the cursor, all rows of the group where that is a header."""
        return [] if self._cursor is None else self.rows_of(self._cursor)

    def rows_of(self, row: Hashable) -> list[Hashable]:
        """Give a row's id as it is, and for a header's those of its rows."""
        groups = self.model.groups
        group = None if groups is None else groups.group(row)
        return [row] if groups is None or group is None else groups.ids_of(group)

    def cells_of(self, group: Group, key: str) -> Iterator[Cell]:
        """Give what a group's rows have in a column."""
        place = self.model.column(key)
        return iter(()) if place is None else (self.model.cell(slot, place) for slot in group.slots)

    def group_by(self, grouping: Grouping | None, folded: Iterable[str | None] = ()) -> None:
        """Group the rows, or no more; the cursor stays on its row, its header in view if both fit, or at the top."""
        from tui.widgets.row_groups import RowGroups  # deferred: most tables never are, and a start would pay

        group, groups = self.group, self.model.groups
        if group is not None and groups is not None:
            self._wanted = next(iter(groups.ids_of(group)), None)  # its header will be gone
        self._began = None if grouping is None else self._at
        self._groups = None if grouping is None else RowGroups(self.model, grouping, folded)
        self._arrange()

    def _begin_groups(self) -> None:
        began, self._began, groups = self._began, None, self.model.groups
        if began == 0:
            self._to_first()
        elif began is not None and groups is not None and len(groups):
            header = groups.position(groups.group_at(self._at).id)
            if header is not None and self._at - self._body < header < self._top:
                self._scroll(header)  # else nothing that shows would tell of the groups

    # Folding.

    def fold_all(self, folded: bool) -> None:
        """Fold every group, or none; the cursor goes to the header of its own."""
        groups = self.model.groups
        if groups is not None:
            if folded:
                self._go_to_header()
            self._fold([group.id.value for group in groups.groups] if folded else groups.folded, folded)

    def _fold(self, values: Iterable[str | None], folded: bool) -> None:
        groups = self.model.groups
        if groups is not None:
            anchor = self._anchor()
            groups.fold(values, folded)
            self._keep(anchor)
            self.refresh()

    def _go_to_header(self) -> Group | None:
        """Put the cursor on the header of the group that it is in, and give that."""
        groups = self.model.groups
        if groups is None or not len(groups):
            return None
        group = groups.group_at(self._at)
        if (position := groups.position(group.id)) is not None:
            self._go(position)
        return group

    def _opened(self) -> None:
        group, groups = self.group, self.model.groups
        if group is None or groups is None:
            self._row_opened()
        else:
            self._fold([group.id.value], group.id.value not in groups.folded)

    def action_sideways(self, step: int) -> None:
        """Unfold or fold the group under the cursor, or scroll columns where there is nothing to fold."""
        groups, header = self.model.groups, self.group
        if groups is not None and len(groups):
            value = groups.group_at(self._at).id.value
            folded = value in groups.folded
            if step > 0 and header is not None and folded:
                self._fold([value], False)
                return
            if step < 0 and not folded and (header is not None or not self._placed().offset):
                self._go_to_header()
                self._fold([value], True)
                return
        super().action_sideways(step)

    def _behind(self, position: int) -> int:
        """Give the line after one; after a header that behind its group, which was dealt with as a whole."""
        group, groups = self.group, self.model.groups
        if group is None or groups is None or group.id.value in groups.folded:
            return position + 1
        return position + 1 + len(group.slots)

    # Drawing.

    def _draw_group(self, slot: int, room: int, *, cursor: bool) -> list[Segment]:
        groups = self.model.groups
        assert groups is not None  # only groups have slots below 0
        group = groups.groups[-1 - slot]
        marked = group.marked(self.model.ids, self.model.marks)
        size = len(group.slots)
        counts = [(str(size), ""), *(counted(word, count) for word, count in group.tally() if cell_text(word))]
        if marked and marked < size:
            counts.insert(1, (f"{self.glyphs.mark} {marked} marked", "mark"))
        return draw_group(
            group.title,
            counts,
            room,
            self._brush(),
            self.glyphs,
            folded=group.id.value in groups.folded,
            cursor=cursor,
            marked=marked == size,
        )


def counted(word: Cell, count: int) -> tuple[str, str]:
    """Write how many rows have a status, `● 10 Online`, with its style's name."""
    text = cell_text(word)
    glyph, space, rest = text.partition(" ")
    style = word[1] if not isinstance(word, str) and len(word) > 1 else ""
    return (f"{glyph} {count} {rest}" if space and len(glyph) == 1 else f"{count} {text}"), style
