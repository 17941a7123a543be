"""What fills the tree of parameters: one level at a time from our own engine, page after page from AWS.

On the engine a folder is asked for its children when it is opened; what has to know all of them, a filter or the flat
list, reads everything below the path. AWS names no folders, so everything below the path is listed there at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

from tui.errors import ApiError, SsmTuiError
from tui.ports import Ref, SystemClock
from tui.screens._base import explain
from tui.screens._parameter_nodes import ParameterNodes
from tui.screens._parameter_rows import Row, cells_of, parent_of, row_of
from tui.services.parameter_models import ParameterChild, ParameterLine, ParameterValue
from tui.services.parameter_pages import Bookmark, ParameterPages
from tui.services.parameters import Parameters
from tui.widgets.tree import ResourceTree, TreeNode, TreeState

log = logging.getLogger(__name__)

LEVEL, ALL = 30.0, 120.0
"""Seconds between two looks at the first level of the engine's tree, and at all that AWS has below the path."""
REST = 20.0
"""So many times as long as listing all of AWS's took passes before it is listed again."""
TELLS = 0.1
"""Seconds for which the pages of AWS, ten parameters each, are gathered."""
AT_ONCE = 4
"""Folders that are asked for at once."""
FEW = 50
"""So many names of a level are remembered for the go-to line at most."""


class Batch(NamedTuple):
    """Rows of one context that came; the last batch is `whole` and has every id in `seen`.

    `itself` is the parameter that has the path's own name.
    """

    context: str
    rows: Sequence[Row]
    total: int
    whole: bool = False
    seen: frozenset[Ref] = frozenset()
    itself: Row | None = None


class ParameterTree(ParameterNodes):
    """Fills the trees; `ParametersScreen` has the rest."""

    def __init__(self, argument: Any = None, state: dict[str, Any] | None = None) -> None:
        super().__init__(argument, state)
        self._taken: dict[str, Batch] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._marks: dict[str, Bookmark] = {}
        """Where the lists of AWS go on that broke off, by context."""
        self._failed: dict[Ref, SsmTuiError] = {}
        """Folders that could not be read, with the reason."""

    def _forget_all(self) -> None:
        super()._forget_all()
        self._taken.clear()
        self._failed.clear()
        self._marks.clear()

    # listing

    def begin(self) -> None:
        services = self.shell.services
        chosen = services.meant(str(self.argument or ""))[0] if ":" in str(self.argument or "") else services.contexts
        adapters = [one for one in services.each(Parameters) if one.context in chosen]
        shape = tuple(one.context for one in adapters)
        if shape != self._shape:
            self._forget_all()
            self._shape = shape
        feeds = {}
        for parameters in adapters:
            who = {"looker": self.NOUN, "path": self.root, "screen": id(self)}
            every = LEVEL if parameters.names_folders else ALL
            feed = services.feeds.feed(
                parameters.context, "GetParametersByPath", who, partial(self._list, parameters), every=every
            )
            feeds[parameters.context] = feed
        self.follow_each(feeds, self._show)
        if self._taken:
            self.read_again()  # what happened without a link was told to nobody
        elif self._wants_all:
            self.complete()

    def on_unmount(self) -> None:
        for feed in self._mains.values():
            self.shell.services.feeds.release(feed)  # it is this screen's own, and would keep it alive

    async def _list(self, parameters: Parameters) -> AsyncIterator[list[Batch]]:
        """List the first level of our own engine's, or all of AWS's, in batches; in the poller's own task."""
        context, clock = parameters.context, SystemClock()
        begun, told, count = clock.monotonic(), -TELLS, 0
        held: list[Row] = []
        named = parameters.names_folders
        # What AWS broke off, because there were too many calls, goes on there: a page has ten of perhaps 100,000.
        mark = Bookmark() if named else self._marks.setdefault(context, Bookmark())
        reader = ParameterPages.beside(parameters)
        pages: AsyncIterator[Sequence[ParameterChild | ParameterValue]]
        pages = parameters.children(self.root) if named else reader.below(self.root, mark)
        async for page in pages:
            held += [row_of(one) for one in page]
            if held and clock.monotonic() - told >= TELLS:
                mark.seen.update(row.ref for row in held)
                count = count + _sum(held) if named else len(mark.seen)
                mark.token = reader.token
                yield [Batch(context, held, count)]
                held, told = [], clock.monotonic()
        mark.seen.update(row.ref for row in held)
        count = count + _sum(held) if named else len(mark.seen)
        itself = await self._itself(parameters) if self.root != "/" else None
        if not named:
            feed = self._mains.get(context)
            if feed is not None:
                feed.every = max(ALL, REST * (clock.monotonic() - begun))
        seen = frozenset(mark.seen)
        mark.clear()
        yield [Batch(context, held, count, True, seen, itself)]

    async def _itself(self, parameters: Parameters) -> Row | None:
        """Give the parameter that has the path's own name, if there is one that may be seen."""
        try:
            return row_of(await parameters.get(self.root))
        except ApiError:
            return None

    def _show(self, batches: Sequence[Batch]) -> int:
        for batch in batches:
            if self._taken.get(batch.context) is not batch:
                self._taken[batch.context] = batch
                self._take(batch)
        total = sum(self._totals.values())
        ends = [batch.whole for batch in self._taken.values()]
        if not total and len(ends) == len(self._shape) and all(ends) and any(one.itself for one in batches):
            self.call_later(self._stand_above, self.root)
        return total

    def _take(self, batch: Batch) -> None:
        service = self.shell.services.of(Parameters, batch.context)
        top = self._top(batch.context)
        before = self._totals.get(batch.context, 0)
        self._totals[batch.context] = batch.total if batch.whole else max(before, batch.total)
        if batch.whole and not batch.total and len(self._shape) == 1:
            self._forget_all()  # nothing is there: that is said where the tree would be
            self._taken[batch.context] = batch
            return
        self._plant(batch.context)
        if service.names_folders:
            self._take_level(top, batch.rows)
            if batch.whole:
                self.tree_view.keep_children(top, batch.seen)
        else:
            self._take_paths(batch.rows)
            if batch.whole:
                self._complete.add(batch.context)
                self.run_worker(
                    self._drop_others(batch.context, batch.seen), group=f"drop {batch.context}", exit_on_error=False
                )
        if batch.whole and top is not None:
            self.tree_view.loaded_children(top)
            row = batch.itself or Row(top)
            label, cells = self.tree_view.label(top), cells_of(row, self.shell.glyphs)
            self.tree_view.add_nodes([TreeNode(top, None, label, cells, False, not row.type, batch.total)])
        if batch.rows and len(batch.rows) <= FEW:
            self.shell.see(self.NOUN, {row.ref.id: row.type or "folder" for row in batch.rows})

    def _stand_above(self, wanted: str) -> None:
        """Show what is beside a parameter, where one is named and not a folder, with the cursor on it."""
        if self.root != wanted:
            return
        self.root = parent_of(wanted)
        self.end()
        contexts = self._shape
        self._forget_all()
        self._shape = ()
        self._state = {"tree": TreeState(cursor=Ref(contexts[0], wanted))}
        self.tree_view.stand(self._state["tree"])
        self.start(again=False)

    # one level after the other

    def on_resource_tree_children_requested(self, event: ResourceTree.ChildrenRequested) -> None:
        if isinstance(event.node, Ref):
            reading = self._read_below(event.node) if event.deep else self._read_level(event.node)
            self.run_worker(reading, group="levels", exit_on_error=False)

    async def _read_level(self, folder: Ref) -> None:
        """Ask for the children of a folder, and show them as they come; those that are gone go at the end."""
        tree, glyphs = self.tree_view, self.shell.glyphs
        fresh, seen = tree.is_lazy(folder), set[Ref]()
        held: list[Row] = []
        try:
            service = self.shell.services.of(Parameters, folder.context)
            async with self._turns:
                async for page in service.children(folder.id):
                    rows = [row_of(one) for one in page]
                    seen.update(row.ref for row in rows)
                    held += rows
                    if fresh:
                        self._take_level(folder, rows)
        except SsmTuiError as error:
            self._failed[folder] = error
            if fresh:
                tree.failed_children(folder, explain(error, "")[0])
                self.level_failed(folder)
            else:
                log.info("a folder could not be read again: %s", error)
            return
        self._failed.pop(folder, None)
        if not fresh:
            self._take_level(folder, held)
        tree.keep_children(folder, seen)
        tree.loaded_children(folder)
        if 0 < len(held) <= FEW:
            self.shell.see(self.NOUN, {row.ref.id: row.type or f"folder {glyphs.dot} {row.below}" for row in held})

    def level_failed(self, folder: Ref) -> None:
        """Hear that what is below a folder could not be read."""

    async def _read_below(self, folder: Ref) -> None:
        """Read everything below a folder: that takes less than to ask level by level."""
        tree = self.tree_view
        try:
            service = self.shell.services.of(Parameters, folder.context)
            async with self._turns:
                if not tree.is_lazy(folder):
                    return  # it came with what is above it
                async for rows in _gathered(service.lines(folder.id)):
                    await self._take_many(rows)
        except SsmTuiError as error:
            self._failed[folder] = error
            tree.failed_children(folder, explain(error, "")[0])
            self.level_failed(folder)
            return
        self._failed.pop(folder, None)
        within = f"{folder.id}/"
        inner = [ref for ref in self._folders if ref.context == folder.context and ref.id.startswith(within)]
        tree.loaded_children(folder, *inner)

    def read_again(self) -> None:
        """Read once more what is known of our own engines: each level, or everything where that is wanted."""
        before = {*self._completing}
        if self._wants_all:
            self.complete()  # what was broken off is begun anew
        for context in self._shape:
            if context in self._completing - before:
                continue
            if context in self.shell.services.contexts and self.shell.services.of(Parameters, context).names_folders:
                again = self._read_all if context in self._complete else self._read_levels
                self.run_worker(again(context), group=f"again {context}", exclusive=True, exit_on_error=False)

    async def _read_levels(self, context: str) -> None:
        tree, top = self.tree_view, self._top(context)
        for folder in [ref for ref in self._folders if ref.context == context and ref != top]:
            if tree.knows(folder) and not tree.is_lazy(folder):
                await self._read_level(folder)

    def reload(self) -> None:
        super().reload()
        self.read_again()

    # everything below the path

    @property
    def _wants_all(self) -> bool:
        """Whether what shows holds only once everything below the path is known: what a filter finds, the flat list."""
        return self.is_flat or bool(self.table.filter)

    @property
    def is_partial(self) -> bool:
        broken_off = any(self._totals.get(context) and context not in self._complete for context in self._shape)
        return super().is_partial or (self._wants_all and broken_off)

    def complete(self) -> None:
        """Read everything below the path: a filter and the flat list have to know all of it."""
        for context in self._shape:
            if context not in self._complete | self._completing and context in self.shell.services.contexts:
                self._completing.add(context)
                service = self.shell.services.of(Parameters, context)
                if service.names_folders:
                    self._plant(context)
                    self.run_worker(
                        self._read_all(context), group=f"all {context}", exclusive=True, exit_on_error=False
                    )
                else:
                    self._completing.discard(context)  # its list is on its way, or has come

    async def _read_all(self, context: str) -> None:
        seen: set[Ref] = set()
        self._completing.add(context)
        try:
            async for rows in _gathered(self.shell.services.of(Parameters, context).lines(self.root)):
                seen.update(row.ref for row in rows)
                await self._take_many(rows)
            self._complete.add(context)
            await self._drop_others(context, seen)
            self.tree_view.loaded_children(*(ref for ref in self._folders if ref.context == context))
        except SsmTuiError as error:
            self.shell.notice(f"Not everything could be read: {' '.join(explain(error, ''))}", "warn")
        finally:
            self._completing.discard(context)
            self.call_later(self.update_bars)

    def give_up(self) -> bool:
        reading = bool(self._completing)
        for context in [*self._completing]:
            self.workers.cancel_group(self, f"all {context}")
        return super().give_up() or reading


async def _gathered(pages: AsyncIterator[list[ParameterLine]]) -> AsyncIterator[list[Row]]:
    """Yield what pages bring as rows, those of some moments together: each time costs a picture."""
    clock, told = SystemClock(), 0.0
    held: list[Row] = []
    async for page in pages:
        held += [row_of(one) for one in page]
        if clock.monotonic() - told >= TELLS:
            yield held
            held, told = [], clock.monotonic()
    yield held


def _sum(rows: Iterable[Row]) -> int:
    """Count the parameters that rows are, and have below them."""
    return sum(row.below + row.is_parameter for row in rows)
