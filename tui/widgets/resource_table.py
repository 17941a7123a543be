"""A table of any number of rows, keyed by id, drawn line by line.

An owner gives `Column`s and rows `(id, cells)`, and hears of what is done with them through messages:

    table.set_columns([Column("name", "Name"), Column("ping", "Ping", kind="status"), …])
    table.set_rows(rows)        # all anew: an id that stays keeps cursor, scroll and mark
    table.add_rows(page)        # one more page; known ids are updated
    table.update_row(id, cells); table.update_cell(id, "ping", ("● Online", "ok")); table.remove_row(id)
    table.set_filter("web env=prod"); table.sort_by("name", reverse=True)

    table.group_by(Grouping("tag:env", value_of, title_of))     # see `grouped_table`; None for no groups

A cell is its text, or (text, style), or (text, style, value to sort by); styles are the names in `STYLES`. Texts are
drawn as they are, never as markup. `fields`, a function from an id to a mapping, gives filters what no column shows.
While there are no rows the table says `message`, in the way of its `state`: loading, empty, rows or error.
"""

from __future__ import annotations

from collections.abc import Generator, Hashable, Iterable, Sequence

from textual.binding import Binding
from textual.message import Message

from tui.theming import UNICODE, Glyphs
from tui.widgets.columns import Column
from tui.widgets.filter_grammar import Cell, FilterError
from tui.widgets.line_cursor import Anchor
from tui.widgets.line_drawing import STYLES
from tui.widgets.marked_table import MarkedTable
from tui.widgets.table_message import TableMessage
from tui.widgets.table_model import BULK, Fields, Row
from tui.widgets.table_view import place_of

__all__ = ["STYLES", "Cell", "Column", "ResourceTable", "Row"]


class ResourceTable(MarkedTable):
    """A virtual table; see the module for what goes in, and the messages for what comes out."""

    AT_ONCE = BULK

    BINDINGS = [
        Binding("less_than_sign", "sort(-1)", "sort left", tooltip="Previous column", show=False, id="table.sort_left"),
        Binding("greater_than_sign", "sort(1)", "sort right", tooltip="Next column", show=False, id="table.sort_right"),
        Binding("comma", "reverse", "reverse", tooltip="Reverse the order", show=False, id="table.reverse"),
    ]

    class RowHighlighted(TableMessage):
        """The cursor came to another row; `row` is its id, a header's `GroupId`, None where there are no rows."""

        row: Hashable | None

    class RowSelected(TableMessage):
        """A row was opened: Enter, or a double click."""

        row: Hashable

        def can_replace(self, message: Message) -> bool:
            return False

    class FilterApplied(TableMessage):
        """A filter was worked through: `shown` of `total` rows pass; with an `error` what was shown stayed."""

        text: str
        shown: int
        total: int
        error: FilterError | None

    class SortChanged(TableMessage):
        """Another order was asked for: by the column `key` ("" as the rows came), reversed or not."""

        key: str
        reverse: bool

    def __init__(
        self,
        columns: Sequence[Column] = (),
        *,
        fields: Fields | None = None,
        glyphs: Glyphs = UNICODE,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(glyphs=glyphs, id=id, classes=classes)
        self.model.fields = fields
        self._sort: tuple[int | None, bool] = (None, False)
        self.set_columns(columns)

    # What is shown, and what one may ask.

    @property
    def columns(self) -> tuple[Column, ...]:
        return self.model.columns

    @property
    def cursor_id(self) -> Hashable | None:
        """The id of the row under the cursor, a `GroupId` on a group's header; None where there are no rows."""
        return self._cursor

    @property
    def shown(self) -> int:
        """Rows that the filter lets through, the folded ones too; headers are no rows."""
        return len(self.model)

    @property
    def sort_column(self) -> str:
        """The key of the column that rows are sorted by, "" for as they came."""
        place = self._sort[0]
        return "" if place is None else self.columns[place].key

    @property
    def sort_reversed(self) -> bool:
        return self._sort[1]

    def cells(self, row: Hashable) -> Sequence[Cell] | None:
        """Give a row's cells; None for an unknown id."""
        slot = self.model.slots.get(row)
        return None if slot is None else self.model.cells[slot]

    def written(self, row: Hashable) -> Sequence[Cell] | None:
        """Give a row's cells as `columns` name them; None for an unknown id."""
        return self.cells(row)

    # Data in.

    def set_columns(self, columns: Sequence[Column], part: str = "") -> None:
        """Set the columns; a sort stays with its column's key. `part` names them where an owner has several sets."""
        key = self.sort_column if self._sort[0] is not None else ""
        self.model.set_columns(columns)
        place = place_of([column.key for column in columns], key)
        self._part = part
        self._lit.clear()
        self._fit()
        if (place, self._sort[0]) != (None, None) or self.grouping is not None:
            self._sort = (place, self._sort[1])
            self.model.unarranged = True
            self._arrange()

    def set_rows(self, rows: Iterable[Row]) -> None:
        """Make the rows be these; cursor, scroll position and marks stay with their ids."""
        anchor, marks, seen = self._anchor(), len(self.model.marks), self._in_view()
        self.model.replace(rows)
        self._measured = 0
        self._changed(anchor)
        self._light_up(seen)
        if len(self.model.marks) != marks:
            self._say_marks()

    replace_all = set_rows

    def add_rows(self, rows: Iterable[Row]) -> None:
        """Take a further page, without moving the cursor."""
        anchor, seen = self._anchor(), self._in_view()
        self.model.extend(rows)
        self._changed(anchor)
        self._light_up(seen)

    def update_row(self, row: Hashable, cells: Sequence[Cell]) -> None:
        """Change one row's cells; an unknown id is added."""
        model, slot = self.model, self.model.slots.get(row)
        if slot is None:
            self.add_rows([(row, cells)])
            return
        before = model.standing.position(row)
        seen = self._row_in_view(row, before)
        self._update(row, slot, cells, before)
        self._light_up(seen)

    def _update(self, row: Hashable, slot: int, cells: Sequence[Cell], before: int | None) -> None:
        model, standing, anchor = self.model, self.model.standing, self._anchor()
        shown = len(standing)
        model.update(row, cells)
        for key in [(slot, cursor, marked) for cursor in (False, True) for marked in (False, True)]:
            self._drawn.pop(key, None)
        after = standing.position(row)
        if before != after or shown != len(standing):
            self._changed(anchor, forget=False)
            return
        if self.grouping is not None:  # its header's counts are others now, and with them the order of the groups
            self._keep(anchor)
            self.refresh()
        if after is not None:
            widths = self._wishes
            if self._top <= after < self._top + self._body:
                self._measure()
            if widths == self._wishes:
                self._refresh_line(after)
            else:
                self.refresh()

    def update_cell(self, row: Hashable, key: str, cell: Cell) -> None:
        """Change one cell by its column's key; an unknown id or key changes nothing."""
        place, cells = place_of([column.key for column in self.columns], key), self.cells(row)
        if place is not None and cells is not None:
            self.update_row(row, (*cells[:place], cell, *cells[place + 1 :]))

    def remove_row(self, *rows: Hashable) -> None:
        """Take rows away; a cursor that stood on one stays where it was."""
        anchor, marks = self._anchor(), len(self.model.marks)
        self.model.remove(rows)
        self._changed(anchor)
        if len(self.model.marks) != marks:
            self._say_marks()

    def clear(self) -> None:
        self.set_rows([])

    # Order, filter, marks, cursor.

    def sort_by(self, key: str, reverse: bool = False) -> None:
        """Sort by a column's key ("" for as the rows came), equal ones as they came."""
        self._sort = (place_of([column.key for column in self.columns], key), reverse)
        self._arrange()
        self.post_message(self.SortChanged(self, key=self.sort_column, reverse=reverse))

    def move_to(self, row: Hashable) -> bool:
        """Put the cursor on a row; False if it is not shown."""
        position = self.model.standing.position(row)
        if position is not None:
            self._go(position)
        return position is not None

    # The machinery of change.

    def _say_filter(self, text: str, error: FilterError | None = None) -> None:
        self.post_message(self.FilterApplied(self, text=text, shown=self.shown, total=self.total, error=error))

    def _changed(self, anchor: Anchor, *, forget: bool = True) -> None:
        if forget:
            self._drawn.clear()
        self._keep(anchor)
        self._measure()
        if (self.model.unarranged or self.model.groups is not self._groups) and self._passing is None:
            self._arrange()
        self._warm_up()
        self._notice = None
        self.refresh()

    def _steps_to_wish(self) -> Generator[None, None, None]:
        return self.model.arranging(*self._sort, self._filter, self._groups)

    @property
    def _takes_long(self) -> bool:
        return len(self.model.cells) > BULK  # what has gone, but still has its slot, takes as long

    def _arranged(self, anchor: Anchor) -> None:
        super()._arranged(anchor)
        self._begin_groups()

    # What the view asks.

    def _sorting(self) -> tuple[int | None, bool]:
        return self._sort

    def _highlighted(self) -> None:
        self.post_message(self.RowHighlighted(self, row=self._cursor))

    def _row_opened(self) -> None:
        self.post_message(self.RowSelected(self, row=self._cursor))

    def _header_clicked(self, place: int) -> None:
        self.sort_by(self.columns[place].key, not self._sort[1] if self._sort[0] == place else False)

    # Actions.

    def action_sort(self, step: int) -> None:
        """Sort by the next column, or the previous one; past the last they stand as they came."""
        places = [*(place for place, _, _ in self._placed().places), None]
        now = places.index(self._sort[0]) if self._sort[0] in places else len(places) - 1
        place = places[(now + step) % len(places)]
        self.sort_by("" if place is None else self.columns[place].key, self._sort[1])

    def action_reverse(self) -> None:
        self.sort_by(self.sort_column, not self._sort[1])
