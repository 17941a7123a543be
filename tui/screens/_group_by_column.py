"""Lists that can be grouped by what stands in one of their columns, each group below a header that folds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding

from tui.screens._base import ConsoleScreen
from tui.widgets.cells import clean, cut, fit, width
from tui.widgets.columns import Column, word_of
from tui.widgets.filter_grammar import cell_text

if TYPE_CHECKING:
    from tui.widgets.resource_table import ResourceTable
    from tui.widgets.row_groups import Grouping

GROUP_KEYS = [
    Binding("B", "group", "group", tooltip="Group by what stands in a column", show=False, id="list.group"),
    Binding("H", "fold_all", "fold all", tooltip="Fold every group", show=False, id="list.fold_all"),
    Binding("L", "unfold_all", "unfold all", tooltip="Unfold every group", show=False, id="list.unfold_all"),
]


class GroupByColumn(ConsoleScreen):
    """A screen with GROUP_KEYS and one table, grouped by any of the columns that GROUPS_BY names."""

    GROUPS_BY: ClassVar[tuple[str, ...]] = ()

    @property
    def grouped_by(self) -> str:
        """The key of the column that rows are grouped by, "" where they are not."""
        grouping = self.table.grouping if self.table is not None else None  # none while the screen is being made
        return "" if grouping is None else str(grouping.key)

    @property
    def on_header(self) -> bool:
        """Whether the cursor is on a group's header."""
        return self.table is not None and self.table.group is not None

    def own_crumb(self) -> str:
        """Give this screen's word in the crumbs, without what it is grouped by."""
        return super().crumb()

    def crumb(self) -> str:
        key = self.grouped_by
        by = next((column.heading for column in self.table.columns if column.key == key), "") if key else ""
        return f"{self.own_crumb()} by {by.lower()}" if by else self.own_crumb()

    def save_state(self) -> dict[str, Any]:
        return super().save_state() | {
            "group": self.grouped_by,
            "folded": self.table.folded if self.table is not None else [],
        }

    def restore_state(self, state: Mapping[str, Any]) -> None:
        self.group_again(state)
        super().restore_state(state)

    def group_again(self, state: Mapping[str, Any]) -> None:
        """Group as `save_state` says that it was, or no more."""
        key = state.get("group", "")
        if key or self.grouped_by:
            self.table.group_by(grouping(self.table, key) if key else None, state.get("folded", ()))

    def refusal(self, action: str) -> str:
        if action in ("fold_all", "unfold_all") and not self.grouped_by:
            return "the rows are not grouped; B groups them"
        if action == "group" and not self._has_rows:
            return "there are no rows"
        if action == "group" and not any(column.key in self.GROUPS_BY for column in self.table.columns):
            return "there is nothing that rows have in common"
        return super().refusal(action)

    # Actions.

    def action_group(self) -> None:
        self.do(self._choose_group())

    async def _choose_group(self) -> None:
        from tui.screens._dialogs import Choose  # deferred: opened on a key

        found = [("nothing", ""), *choices(self.table, self.GROUPS_BY)]
        dialog = Choose("Group by", found)
        dialog.list.cursor = next((at for at, (_, key) in enumerate(found) if key == self.grouped_by), 0)
        key = await self.ask(dialog)
        if key is not None and key != self.grouped_by:
            self.table.group_by(grouping(self.table, key) if key else None)
            self.update_bars()
            self.update_hints()

    def action_fold_all(self) -> None:
        self.table.fold_all(True)

    def action_unfold_all(self) -> None:
        self.table.fold_all(False)


def grouping(table: ResourceTable, key: str) -> Grouping:
    """Make the grouping by a column: rows with the same text in it stand together, without the glyph of a status."""
    from tui.widgets.row_groups import Grouping  # deferred: asked for by a key

    heading = next((column.heading.lower() for column in table.columns if column.key == key), key)

    def value(row: Any) -> str | None:
        place, cells = table.model.column(key), table.cells(row)
        if place is None or cells is None or place >= len(cells):
            return None
        return said(table.columns[place], cell_text(cells[place]))

    return Grouping(key, value, lambda text: f"(no {heading})" if text is None else f"{heading}={clean(text)}")


def said(column: Column, text: str) -> str | None:
    """Give what rows are grouped by of a cell's text; None for nothing."""
    return (word_of(text) if column.kind == "status" else text) or None


def choices(table: ResourceTable, keys: tuple[str, ...]) -> list[tuple[str, str]]:
    """Give the columns that rows can be grouped by, (text, key), each with how many groups that makes."""
    found = []
    columns = [(place, column) for place, column in enumerate(table.columns) if column.key in keys]
    room = max((width(column.heading) for _, column in columns), default=0)
    for place, column in columns:
        cells = (table.cells(row) or () for row in table.ids)
        values = {said(column, cell_text(row[place])) for row in cells if place < len(row)}
        many = f"{len(values)} group{'s' * (len(values) != 1)}"
        found.append((f"{fit(cut(column.heading.lower(), room), room)}  {many}", column.key))
    return found
