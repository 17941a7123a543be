"""Where one stands in a table and what of it is in view: the cursor, keyed by id, and the first line that shows."""

from __future__ import annotations

from collections.abc import Hashable

from textual.binding import Binding
from textual.geometry import Region
from textual.widget import Widget

from tui.widgets.table_model import TableModel

Anchor = tuple[Hashable | None, int]
"""A row that is to stay on its line, and that line."""


class TableCursor(Widget, can_focus=True):
    """Moves cursor and view over the lines of a model, rows or groups of them, and keeps both while those change."""

    BINDINGS = [
        Binding("j,down", "move(1)", "down", tooltip="One row down", show=False, id="table.down"),
        Binding("k,up", "move(-1)", "up", tooltip="One row up", show=False, id="table.up"),
        Binding("g,home", "edge(0)", "top", tooltip="To the first row", show=False, id="table.top"),
        Binding("G,end", "edge(1)", "bottom", tooltip="To the last row", show=False, id="table.bottom"),
        Binding("pagedown", "page(2)", "page down", tooltip="One page down", show=False, id="table.page_down"),
        Binding("pageup", "page(-2)", "page up", tooltip="One page up", show=False, id="table.page_up"),
        Binding("ctrl+d", "page(1)", "half down", tooltip="Half a page down", show=False, id="table.half_down"),
        Binding("ctrl+u", "page(-1)", "half up", tooltip="Half a page up", show=False, id="table.half_up"),
        Binding("enter", "open", "open", tooltip="Open the row under the cursor", show=False, id="table.open"),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.model = TableModel()
        self._cursor: Hashable | None = None
        self._wanted: Hashable | None = None  # where the operator put the cursor, while a filter hides that row
        self._at = 0
        self._top = 0
        self._steered = False  # whether the operator has moved cursor or view

    @property
    def _body(self) -> int:
        """Lines for rows, below the header."""
        return max(0, self.size.height - 1)

    # What the table adds.

    def _highlighted(self) -> None:
        """Do what follows when the cursor came to another row."""

    def _opened(self) -> None:
        """Do what follows when the row under the cursor is opened."""

    # Cursor and view.

    def begin_at_top(self) -> None:
        """Stand on the first line, whatever came in above it, unless the operator has moved already."""
        if not self._steered:
            self._to_first()

    def _to_first(self) -> None:
        steered = self._steered
        self._go(0)
        self._steered = steered

    def _bounded(self, top: int) -> int:
        return max(0, min(top, len(self.model.standing) - self._body))

    def _refresh_row(self, position: int) -> None:
        line = position - self._top
        if 0 <= line < self._body:
            self.refresh(Region(0, line + 1, self.size.width, 1))

    def _scroll(self, top: int) -> None:
        top = self._bounded(top)
        if top != self._top:
            self._top, self._steered = top, True
            self.refresh()

    def _go(self, position: int) -> None:
        """Put the cursor on a position, and bring that into view: two lines are drawn anew unless the view moves."""
        standing = self.model.standing
        if not len(standing):
            return
        position = max(0, min(position, len(standing) - 1))
        self._wanted, self._steered = None, True
        old, self._at = self._at, position
        if position < self._top:
            self._scroll(position)
        elif position >= self._top + self._body > self._top:
            self._scroll(position - self._body + 1)
        self._refresh_row(old)
        self._refresh_row(position)
        row = standing.id_at(position)
        if row != self._cursor:
            self._cursor = row
            self._highlighted()

    def _anchor(self) -> Anchor:
        """Give what stays in place while rows change: the row of the cursor, or the first line if that is not seen."""
        standing = self.model.standing
        if not len(standing):
            return None, 0
        line = self._at - self._top
        if self._cursor is not None and 0 <= line < self._body:
            return self._cursor, line
        return standing.id_at(min(self._top, len(standing) - 1)), 0

    def _keep(self, anchor: Anchor) -> None:
        """Put cursor and view back after rows came, went or changed places.

        A cursor whose row is hidden stands on that row's neighbour, or on the header that it is folded under, and goes
        back when the row does; one whose row is gone stays where it was.
        """
        standing, held = self.model.standing, self._cursor
        if self._wanted is None and held is not None and standing.position(held) is None:
            self._wanted = held
        if not standing.knows(self._wanted):
            self._wanted = None
        at: int | None = None
        if self._wanted is not None and (at := standing.position(self._wanted)) is not None:
            self._wanted = None
        elif held is not None and (at := standing.position(held)) is None:
            at = standing.neighbour(held)
        self._at = max(0, min(self._at, len(standing) - 1)) if at is None else at
        self._cursor = standing.id_at(self._at) if len(standing) else None
        row, line = anchor
        place = None if row is None else standing.position(row)
        self._top = self._bounded((self._at if place is None else place) - line)
        if self._cursor != held:
            self._highlighted()

    # Actions.

    def action_move(self, step: int) -> None:
        self._go(self._at + step)

    def action_edge(self, last: int) -> None:
        self._go(len(self.model.standing) - 1 if last else 0)

    def action_page(self, halves: int) -> None:
        """Move cursor and view by halves of a page, so that the cursor stays on its line."""
        step = max(1, (self._body - 1) * abs(halves) // 2) * (1 if halves > 0 else -1)
        self._scroll(self._top + step)
        self._go(self._at + step)

    def action_open(self) -> None:
        if self._cursor is not None:
            self._opened()
