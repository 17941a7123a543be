"""Marks on the nodes of a tree: one by one, by ranges, all that is shown; and what an action works on."""

from __future__ import annotations

from collections.abc import Hashable

from textual.binding import Binding

from tui.widgets.marked_lines import MarkedLines
from tui.widgets.tree_model import TreeModel
from tui.widgets.tree_view import TreeView


class MarkedTree(TreeView, MarkedLines[TreeModel]):
    """Marks things; a mere folder's mark is that of all things below it which the filter lets through.

    A range marks what one sees of it, never what is folded in or filtered out.
    """

    BINDINGS = [
        Binding("space", "mark", "mark", tooltip="Mark or unmark what is here", show=False, id="tree.mark"),
        Binding("M,ctrl+a", "mark_all", "mark all", tooltip="Mark everything shown", show=False, id="tree.mark_all"),
        Binding("asterisk", "invert", "invert", tooltip="Invert the marks shown", show=False, id="tree.invert"),
        Binding(
            "V", "mark_range", "mark range", tooltip="Mark from the last mark to here", show=False, id="tree.range"
        ),
        Binding("shift+down", "stretch(1)", "mark down", tooltip="Mark on downwards", show=False, id="tree.mark_down"),
        Binding("shift+up", "stretch(-1)", "mark up", tooltip="Mark on upwards", show=False, id="tree.mark_up"),
    ]

    _stretch: tuple[Hashable, frozenset[Hashable]] | None = None
    """From where a range of marks is drawn, and what was marked before."""

    def _say_marks(self) -> None:
        """Tell that other nodes are marked."""

    @property
    def marked_ids(self) -> list[Hashable]:
        model = self.model
        hidden = set(self.hidden_marks)
        return model.in_order(model.marks - hidden) + model.in_order(hidden)

    @property
    def hidden_marks(self) -> list[Hashable]:
        """The ids that are marked and filtered out of sight; folded ones are not among them."""
        model = self.model
        if model.view is model.base:
            return []
        return [node for node in model.marks if not model.passes(model.slots[node])]

    @property
    def under_cursor(self) -> list[Hashable]:
        """What is under the cursor; for a mere folder all things below it that the filter lets through."""
        slot = self._slot
        return self.model.in_order(self.model.markable(slot)) if slot else []

    def _make_marks(self, marks: set[Hashable]) -> None:
        before = self.model.marks
        self.model.set_marks(marks)
        if before != self.model.marks:
            self.refresh()
            self._say_marks()

    def _stands_for(self, id: Hashable) -> list[Hashable]:
        return self.model.markable(self.model.slots[id])

    def _showing(self) -> list[Hashable]:
        return self.model.showing()

    def _go(self, line: int) -> None:
        self._stretch = None
        super()._go(line)

    # Actions.

    def action_stretch(self, step: int) -> None:
        """Mark from where the range began to one line further; what it leaves again is as it was before."""
        if self._cursor is None:
            return
        begun = self._stretch or (self._cursor, frozenset(self.model.marks))
        start = self.model.position(begun[0])
        if start is None:
            begun, start = (self._cursor, frozenset(self.model.marks)), self._at
        self._go(self._at + step)
        self._stretch = begun
        self._make_marks({*begun[1], *self._between(start, self._at)})

    def _between(self, one: int, other: int) -> list[Hashable]:
        if not len(self.model):
            return []
        model = self.model
        slots = [model.view.slot_at(line) for line in range(min(one, other), max(one, other) + 1)]
        return [model.ids[slot] for slot in slots if model.is_thing(slot) and model.passes(slot)]
