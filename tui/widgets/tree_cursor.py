"""Where one stands in a tree and what of it is in view: the cursor, keyed by id, and the first line that shows."""

from __future__ import annotations

from collections.abc import Hashable

from textual.binding import Binding
from textual.geometry import Region
from textual.widget import Widget

from tui.widgets.tree_model import TreeModel
from tui.widgets.tree_rows import ROOT

Anchor = tuple[Hashable | None, int]
"""A node that is to stay on its line of the screen, and that line."""


class TreeCursor(Widget, can_focus=True):
    """Moves cursor and view over the lines of a tree, and keeps both while nodes come, go, open and fold."""

    BINDINGS = [
        Binding("j,down", "move(1)", "down", tooltip="One line down", show=False, id="tree.down"),
        Binding("k,up", "move(-1)", "up", tooltip="One line up", show=False, id="tree.up"),
        Binding("g,home", "edge(0)", "top", tooltip="To the first line", show=False, id="tree.top"),
        Binding("G,end", "edge(1)", "bottom", tooltip="To the last line", show=False, id="tree.bottom"),
        Binding("pagedown", "page(2)", "page down", tooltip="One page down", show=False, id="tree.page_down"),
        Binding("pageup", "page(-2)", "page up", tooltip="One page up", show=False, id="tree.page_up"),
        Binding("ctrl+d", "page(1)", "half down", tooltip="Half a page down", show=False, id="tree.half_down"),
        Binding("ctrl+u", "page(-1)", "half up", tooltip="Half a page up", show=False, id="tree.half_up"),
        Binding("enter", "open", "open", tooltip="Open what is under the cursor", show=False, id="tree.open"),
    ]

    def __init__(self, model: TreeModel, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.model = model
        self._cursor: Hashable | None = None
        self._wanted: Hashable | None = None  # where the operator put the cursor, while that node is not shown
        self._at = 0
        self._top = 0
        self._steered = False  # whether the operator has moved cursor or view

    @property
    def _heading(self) -> int:
        """Lines above the nodes."""
        return 1 if self.model.columns else 0

    @property
    def _body(self) -> int:
        """Lines for nodes."""
        return max(0, self.size.height - self._heading)

    # What the tree adds.

    def _highlighted(self) -> None:
        """Do what follows when the cursor came to another node."""

    def _opened(self) -> None:
        """Do what follows when the node under the cursor is opened."""

    # Cursor and view.

    def begin_at_top(self) -> None:
        """Stand on the first line, whatever came in above it, unless the operator has moved already."""
        if not self._steered:
            self._go(0)
            self._steered = False

    def _bounded(self, top: int) -> int:
        return max(0, min(top, len(self.model) - self._body))

    def _refresh_line(self, line: int) -> None:
        if 0 <= line - self._top < self._body:
            self.refresh(Region(0, line - self._top + self._heading, self.size.width, 1))

    def _scroll(self, top: int) -> None:
        top = self._bounded(top)
        if top != self._top:
            self._top, self._steered = top, True
            self.refresh()

    def _go(self, line: int) -> None:
        """Put the cursor on a line, and bring that into view: two lines are drawn anew unless the view moves."""
        if not len(self.model):
            return
        line = max(0, min(line, len(self.model) - 1))
        self._wanted, self._steered = None, True
        old, self._at = self._at, line
        if line < self._top:
            self._scroll(line)
        elif line >= self._top + self._body > self._top:
            self._scroll(line - self._body + 1)
        self._refresh_line(old)
        self._refresh_line(line)
        node = self.model.id_at(line)
        if node != self._cursor:
            self._cursor = node
            self._highlighted()

    def _anchor(self) -> Anchor:
        """Give what stays in place while nodes change: the cursor's, or the first line if that is not seen."""
        if not len(self.model):
            return None, 0
        line = self._at - self._top
        if self._cursor is not None and 0 <= line < self._body:
            return self._cursor, line
        return self.model.id_at(min(self._top, len(self.model) - 1)), 0

    def _keep(self, anchor: Anchor) -> None:
        """Put cursor and view back after nodes came, went, opened or folded.

        A cursor whose node is hidden stands on the folded ancestor or on a neighbour, and goes back when the node is
        shown again; one whose node is gone stays where it was.
        """
        model, held = self.model, self._cursor
        known = held in model.slots and held is not None
        at = model.position(held) if known else None
        if known and at is None and self._wanted is None:
            self._wanted = held
        if self._wanted is not None:
            if self._wanted not in model.slots:
                self._wanted = None
            elif (place := model.position(self._wanted)) is not None:
                at, self._wanted = place, None
        if at is None and known and len(model):
            at = model.view.neighbour(model.slots[held])
        self._at = max(0, min(self._at, len(model) - 1)) if at is None else at
        self._cursor = model.id_at(self._at) if len(model) else None
        node, line = anchor
        place = None if node is None else model.position(node)
        self._top = self._bounded((self._at if place is None else place) - line)
        if self._cursor != held:
            self._highlighted()

    @property
    def _slot(self) -> int:
        """The slot under the cursor; the root where there is none."""
        return ROOT if self._cursor is None else self.model.slots.get(self._cursor, ROOT)

    # Actions.

    def action_move(self, step: int) -> None:
        self._go(self._at + step)

    def action_edge(self, last: int) -> None:
        self._go(len(self.model) - 1 if last else 0)

    def action_page(self, halves: int) -> None:
        """Move cursor and view by halves of a page, so that the cursor stays on its line."""
        step = max(1, (self._body - 1) * abs(halves) // 2) * (1 if halves > 0 else -1)
        self._scroll(self._top + step)
        self._go(self._at + step)

    def action_open(self) -> None:
        if self._cursor is not None:
            self._opened()
