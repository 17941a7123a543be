"""The columns of a table as an operator has them: which show, in which order, how wide, and what is scrolled away.

table.choices = {"": ColumnChoice(hidden=frozenset({"id"}))}   # what was chosen before, by the part of `set_columns`
table.choose(ColumnChoice(wide=True))                           # another choice for the columns that show now
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Unpack

from rich.segment import Segment
from textual.binding import Binding

from tui.widgets.column_choice import ColumnChoice
from tui.widgets.column_layout import Layout, arrange
from tui.widgets.columns import Column, measure
from tui.widgets.line_cursor import line_bindings
from tui.widgets.line_drawing import GUTTER
from tui.widgets.line_view import LineOptions, LineView
from tui.widgets.table_message import TableMessage
from tui.widgets.table_model import TableModel

if TYPE_CHECKING:
    from tui.widgets.row_groups import RowGroups

_SAMPLE = 400
_NOTHING = ColumnChoice()


class TableColumns(LineView):
    """Measures columns, lays them out, and scrolls sideways past those that stay."""

    BINDINGS = [
        *line_bindings("table", "row", "the row"),
        Binding(
            "l,right", "sideways(1)", "right", tooltip="Unfold, or scroll columns right", show=False, id="table.right"
        ),
        Binding("h,left", "sideways(-1)", "left", tooltip="Fold, or scroll columns left", show=False, id="table.left"),
        Binding("0", "side(-1)", "far left", tooltip="Scroll to the first column", show=False, id="table.far_left"),
        Binding(
            "dollar_sign", "side(1)", "far right", tooltip="Scroll to the last column", show=False, id="table.far_right"
        ),
        Binding(
            "W",
            "wide",
            "wide",
            tooltip="Show the wide columns too, or only where there is room",
            show=False,
            id="table.wide",
        ),
        Binding(
            "vertical_line",
            "columns",
            "columns",
            tooltip="Choose which columns show, their order and width",
            show=False,
            id="table.columns",
        ),
    ]

    class ColumnsChosen(TableMessage, namespace="resource_table"):
        """The operator wants to see other columns: `choice` is for those of `part`."""

        part: str
        choice: ColumnChoice

    def __init__(self, **options: Unpack[LineOptions]) -> None:
        super().__init__(**options)
        self.model = TableModel()
        self.columns_asked: Callable[[], None] | None = None
        """Called where the operator wants to choose among the columns: at once, because what opens then takes the keys
        behind that one. A message would be late for them."""
        self._part = ""
        self._choices: dict[str, ColumnChoice] = {}
        self._fitted: list[Column] = []
        self._order: list[int] = []
        self._offset = 0
        self._wishes: list[int] = []
        self._measured = 0
        self._layout: Layout | None = None
        self._sides: list[str] = []
        self._drawn: dict[tuple[int, bool, bool], list[Segment]] = {}

    @property
    def _lines(self) -> TableModel | RowGroups:
        """The rows, or their groups with a header each."""
        return self.model.standing

    # What was chosen.

    @property
    def part(self) -> str:
        """Which of the owner's sets of columns shows, where it has several."""
        return self._part

    @property
    def choice(self) -> ColumnChoice:
        """What is chosen for the columns that show now."""
        return self._choices.get(self._part, _NOTHING)

    @property
    def choices(self) -> Mapping[str, ColumnChoice]:
        """What is chosen, by the part that it is for."""
        return self._choices

    @choices.setter
    def choices(self, choices: Mapping[str, ColumnChoice]) -> None:
        before = self.choice
        self._choices = dict(choices)
        if self.choice != before:
            self._fit()

    @property
    def chosen(self) -> list[int]:
        """The places of the columns that are to be seen, in their order; the terminal may be too narrow for some."""
        return self._order

    def choose(self, choice: ColumnChoice) -> None:
        """See other columns of those that the table has."""
        self.choices = {**self._choices, self._part: choice}

    def width_of(self, key: str) -> int:
        """Give the cells that a column has, or would like while it does not show."""
        place = self.model.column(key)
        if place is None or place >= len(self._wishes):
            return 0
        placed = self._placed()
        sizes = {} if placed.more or placed.offset else {at: size for at, _, size in placed.places}
        return sizes.get(place, self._wishes[place])

    # Layout.

    def _fit(self) -> None:
        """Take the columns and the choice as they are now."""
        columns, choice = self.model.columns, self.choice
        self._fitted, self._order = choice.fitted(columns), choice.places(columns)
        self._measured, self._wishes = 0, []
        self._measure()
        self._lay_out()

    def _lay_out(self) -> None:
        self._drawn.clear()
        self._layout = None
        self.refresh()

    def _measure(self) -> None:
        """Measure columns over the first rows (once) and those in view; widths only grow, and never while one moves."""
        model, standing = self.model, self.model.standing
        seen = map(standing.slot_at, range(self._top, min(self._top + self._body, len(standing))))
        rows = model.order[self._measured : _SAMPLE] + [slot for slot in seen if slot >= 0]
        wishes = measure(self._fitted, (model.cells[slot] for slot in rows), self._wishes)
        self._measured = min(len(model.order), _SAMPLE)
        if wishes != self._wishes:
            self._wishes = wishes
            self._drawn.clear()
            self._layout = None

    def _placed(self) -> Layout:
        if self._layout is None:
            room = self.size.width - GUTTER - 1
            asked = self.choice.wide or bool(self.choice.shown)  # to be read, not to be squeezed to a few cells
            self._layout = arrange(self._fitted, self._wishes, room, self._offset, self._order, squeeze=not asked)
            self._sides = [column.side for column in self._fitted]
            self._offset = self._layout.offset
        return self._layout

    def _scroll_sideways(self, offset: int) -> None:
        placed = self._placed()
        offset = max(0, min(offset, placed.steps))
        if offset != placed.offset:
            self._offset = offset
            self._lay_out()

    # Actions.

    def action_sideways(self, step: int) -> None:
        self._scroll_sideways(self._placed().offset + step)

    def action_side(self, side: int) -> None:
        self._scroll_sideways(self._placed().steps if side > 0 else 0)

    def action_wide(self) -> None:
        """Show every wide column whatever the room, or again only where there is room."""
        self.choose(replace(self.choice, wide=not self.choice.wide))
        self.post_message(self.ColumnsChosen(self, part=self._part, choice=self.choice))

    def action_columns(self) -> None:
        if self.columns_asked is not None:
            self.columns_asked()
