"""What of a tree is shown: everything, or what passes a filter, worked through in slices while the screen goes on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator
from functools import partial

from textual.worker import Worker

from tui.theming import UNICODE, Glyphs
from tui.widgets.filter_grammar import Filter, FilterError, SlowExpressionError, parse
from tui.widgets.line_cursor import Anchor
from tui.widgets.tree_feed import FedTree
from tui.widgets.tree_model import TreeModel
from tui.widgets.tree_passes import narrowing, on_paths
from tui.widgets.tree_view import Look

_SLICE_SECONDS = 0.005

BULK = 2048
"""So many nodes are filtered within the call; more in slices."""


class FilteredTree(FedTree):
    """Narrows to what matches, with its folders unfolded, and goes back to the folds as they were."""

    def __init__(
        self,
        model: TreeModel,
        *,
        title: str = "",
        look: Look | None = None,
        guides: bool = False,
        glyphs: Glyphs = UNICODE,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(model, title=title, look=look, guides=guides, glyphs=glyphs, id=id, classes=classes)
        self._filter = Filter()
        self._said = ""
        self._passing: Worker[None] | None = None
        self._warming: Worker[None] | None = None

    def _say_filter(self, text: str, error: FilterError | None = None) -> None:
        """Tell what a filter shows, or why it can't be meant."""

    @property
    def shown(self) -> int:
        """Nodes that the filter lets through, the folded ones too; mere folders are not counted."""
        return self.model.shown

    @property
    def filter(self) -> Filter:
        """The filter that was asked for last and could be meant."""
        return self._filter

    @property
    def arranging(self) -> bool:
        """Whether a load or a filter is still being worked on."""
        return self._passing is not None or bool(self._steps)

    def set_filter(self, text: str | Filter) -> Filter:
        """Show only what matches, with its folders; give the parsed filter, whose `error` says why it can't be meant.

        What was open before is so again when the filter is cleared, and what the cursor was moved to meanwhile.
        """
        wanted = on_paths(parse(text) if isinstance(text, str) else text, self.model.separator)
        if wanted.error is not None:
            self._say_filter(wanted.text, wanted.error)
        else:
            self._filter = wanted
            self._narrow()
        return wanted

    def _narrow(self) -> None:
        """Bring the tree to the filter that is wanted: at once for few nodes, in slices for many."""
        if self._passing is not None:
            self._passing.cancel()
            self._passing = None
        view = self.model.view
        steps = narrowing(self.model, self._filter, set() if view is self.model.base else view.shut)
        if self.total > BULK and self.is_running and self._filter:
            self._passing = self.run_worker(
                partial(self._drive, steps), group="narrow", exclusive=True, exit_on_error=False
            )
            return
        anchor = self._anchor()
        try:
            for _ in steps:
                pass
        except SlowExpressionError:
            self._too_slow()
        else:
            self._narrowed(anchor)

    async def _drive(self, steps: Generator[None, None, None]) -> None:
        """Work steps off, letting the loop run between slices; a newer wish cancels this."""
        started, anchor, view = time.perf_counter(), self._anchor(), self.model.view
        try:
            for _ in steps:
                if self.model.view is not view:  # committed: what came meanwhile is still being looked at
                    view = self.model.view
                    self._changed(anchor)
                if time.perf_counter() - started > _SLICE_SECONDS:
                    await asyncio.sleep(0)
                    started = time.perf_counter()
                anchor = self._anchor()
        except SlowExpressionError:
            self._passing = None
            self._too_slow()
        else:
            self._passing = None
            self._narrowed(anchor)
        finally:
            steps.close()

    def _narrowed(self, anchor: Anchor) -> None:
        if not self._filter and self._wanted is None and self._cursor in self.model.slots:
            self.model.view.reveal(self._slot)  # found by the filter and gone to: it stays in sight
        if self.is_running and (self._filter or self._said):
            self._say_filter(self._filter.text)
        self._said = self._filter.text
        self._changed(anchor)

    def _too_slow(self) -> None:
        fault = FilterError("This expression takes too long on some row", 0)
        text, self._filter = self._filter.text, self.model.filter
        self._say_filter(text, fault)

    def _settled(self) -> None:
        if self.total > BULK and self.is_running and (self._warming is None or self._warming.is_finished):
            self._warming = self.run_worker(self._warm, group="warm", exit_on_error=False)

    async def _warm(self) -> None:
        """Prepare the nodes for their first filter, in short slices while nothing else is to do."""
        for _ in self.model.warming():
            await asyncio.sleep(0.001)
