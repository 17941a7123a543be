"""What changes in the tree of parameters while one looks: our own engine says which, and those alone are read again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from tui.errors import SsmTuiError
from tui.ports import Ref, SystemClock
from tui.screens._parameter_rows import cells_of, parent_of, row_of
from tui.screens._parameter_tree import ParameterTree
from tui.services._paging import closing
from tui.services.parameter_models import Parameter
from tui.services.parameters import Parameters

log = logging.getLogger(__name__)

GATHERS = 0.25
"""Seconds in which changes are gathered; longer where reading what they changed takes long."""
NAMES = 50
"""Names that DescribeParameters's filter takes."""
STRETCH = 32
"""Parameters that are changed in the trees in one go: each costs a look at the lines that show."""


class ParameterChanges(ParameterTree):
    """Keeps the trees true; `ParametersScreen` has the rest."""

    def __init__(self, argument: Any = None, state: dict[str, Any] | None = None) -> None:
        super().__init__(argument, state)
        self._changed_paths: dict[str, set[str]] = {}

    def begin(self) -> None:
        super().begin()
        for context in self._shape:
            service = self.shell.services.of(Parameters, context)
            if service.names_folders:
                # Not the coroutine itself: a screen that goes at once would never await it.
                watch: Any = partial(self._follow_changes, service)
                self.run_worker(watch, group=f"changes {context}", exclusive=True, exit_on_error=False)

    async def _follow_changes(self, service: Parameters) -> None:
        """Read again what our own engine says to have changed, while the screen is looked at."""
        context, pause = service.context, 1.0
        while True:
            try:
                async with closing(service.changes()) as changes:
                    async for path in changes:
                        pause = 1.0
                        self._note_change(context, path)
            except SsmTuiError as error:
                log.info("the watch of parameters ended: %s", error)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 30.0)

    def _note_change(self, context: str, path: str) -> None:
        if path != self.root and not path.startswith(self.root if self.root == "/" else f"{self.root}/"):
            return
        waiting = bool(self._changed_paths.get(context))
        self._changed_paths.setdefault(context, set()).add(path)
        if not waiting and self._is_looking:
            self._read_changes_soon(context, GATHERS)

    def _read_changes_soon(self, context: str, seconds: float) -> None:
        self.run_worker(self._read_changes(context, seconds), group=f"changed {context}", exit_on_error=False)

    async def _read_changes(self, context: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if context in self._completing:
            return  # who lists everything takes away what was not listed, what came meanwhile as well: read behind it
        while paths := self._changed_paths.pop(context, None):
            begun = SystemClock().monotonic()
            try:
                await self._take_changes(self.shell.services.of(Parameters, context), paths)
            except SsmTuiError as error:
                log.info("what changed could not be read: %s", error)
            await asyncio.sleep(max(GATHERS, 3 * (SystemClock().monotonic() - begun)))

    async def _read_all(self, context: str) -> None:
        try:
            await super()._read_all(context)
        finally:
            if self._changed_paths.get(context) and self.is_attached:
                self._read_changes_soon(context, 0.0)

    async def _take_changes(self, service: Parameters, paths: set[str]) -> None:
        """Read parameters that changed: of known ones the cells, of what came or went the levels above it."""
        context, tree = service.context, self.tree_view
        found: dict[str, Parameter] = {}
        names = sorted(paths)
        for start in range(0, len(names), NAMES):
            wanted = [{"Key": "Name", "Option": "Equals", "Values": names[start : start + NAMES]}]
            async for page in service.describe(wanted):
                found |= {one.id: one for one in page}
        levels: set[str] = set()
        for start in range(0, len(names), STRETCH):
            levels |= self._take_some(context, names[start : start + STRETCH], found)
            await asyncio.sleep(0)
        if self.root in levels:
            levels.discard(self.root)
            feed = self._mains.get(context)
            if feed is not None:
                feed.refresh()
        for level in sorted(levels):
            folder = Ref(context, level)
            if tree.knows(folder) and (context in self._complete or not tree.is_lazy(folder)):
                await self._read_level(folder)

    def _take_some(self, context: str, paths: Sequence[str], found: Mapping[str, Parameter]) -> set[str]:
        """Take some changed parameters, of which `found` are there; gives the levels that have to be read again."""
        tree, glyphs = self.tree_view, self.shell.glyphs
        levels: set[str] = set()
        here: list[tuple[Ref, Sequence[Any]]] = []
        gone: list[Ref] = []
        for path in paths:
            ref, one = Ref(context, path), found.get(path)
            known = tree.cells(ref)
            if one is None:
                gone.append(ref)
                levels |= self._levels_above(path) if known else set()
            else:
                here.append((ref, cells_of(row_of(one), glyphs)))
                if known:
                    tree.update_node(*here[-1])
                else:
                    levels |= self._levels_above(path)
            self.parameter_changed(ref)
        if self.is_flat:
            self.flat_view.remove_node(*gone)
            self._take_flat(here)
        return levels

    def _levels_above(self, path: str) -> set[str]:
        """Give the levels, from the root down, in which a parameter or one of its folders stands."""
        levels = set()
        while path not in (self.root, "/"):
            path = parent_of(path)
            levels.add(path)
        return levels

    def parameter_changed(self, ref: Ref) -> None:
        """Hear that a parameter is another one now, or gone."""

    def _look(self) -> None:
        super()._look()
        for context in [*self._changed_paths] if self._is_looking else ():
            self._read_changes_soon(context, 0.0)

    def end(self) -> None:
        for context in self._shape:
            self.workers.cancel_group(self, f"changes {context}")
        super().end()
