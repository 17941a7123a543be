"""What of a tree is shown: everything, or what passes a filter."""

from __future__ import annotations

from collections.abc import Generator

from tui.widgets.arranging import ArrangedView
from tui.widgets.filter_grammar import Filter
from tui.widgets.line_cursor import Anchor
from tui.widgets.tree_feed import FedTree
from tui.widgets.tree_folds import TreeFolds
from tui.widgets.tree_model import TreeModel
from tui.widgets.tree_passes import narrowing, on_paths


class FilteredTree(FedTree, ArrangedView[TreeModel]):
    """Narrows to what matches, with its folders unfolded.

    What was open before is so again when the filter is cleared, and what the cursor was moved to meanwhile.
    """

    AT_ONCE = 2048

    @property
    def shown(self) -> int:
        """Nodes that the filter lets through, the folded ones too; mere folders are not counted."""
        return self.model.shown

    @property
    def arranging(self) -> bool:
        """Whether a load or a filter is still being worked on."""
        return super().arranging or bool(self._steps)

    def _meant(self, wanted: Filter) -> Filter:
        return on_paths(wanted, self.model.separator)

    def _steps_to_wish(self) -> Generator[None, None, None]:
        view = self.model.view
        return narrowing(self.model, self._filter, set() if view is self.model.base else view.shut)

    @property
    def _takes_long(self) -> bool:
        return super()._takes_long and bool(self._filter)

    @property
    def _source(self) -> TreeFolds:
        return self.model.view

    def _arranged(self, anchor: Anchor) -> None:
        if not self._filter and self._wanted is None and self._cursor in self.model.slots:
            self.model.view.reveal(self._slot)  # found by the filter and gone to: it stays in sight
        super()._arranged(anchor)

    def _settled(self) -> None:
        self._warm_up()
