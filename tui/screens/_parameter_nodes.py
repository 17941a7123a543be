"""The nodes of two trees of parameters, one by folder and one flat: what comes and goes, and how one stands there.

Nodes are keyed by Ref, with several contexts below a node for each.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any, TypeVar

from tui.ports import Ref
from tui.screens._base import ConsoleScreen
from tui.screens._context_cells import context_fields
from tui.screens._parameter_rows import COLUMNS, Row, cells_of, label_of, look_of, parent_of
from tui.widgets.plain_lines import SameLines
from tui.widgets.tree import ResourceTree, TreeNode

FEW = 128
"""Parameters that a tree is given at once: some milliseconds' worth."""
STEP = 1024
"""Things that are looked at in one go where there may be 100,000."""


T = TypeVar("T")


class ParameterNodes(ConsoleScreen):
    """Two trees, of which one shows; `ParametersScreen` has the rest."""

    STATES_IN_TABLE = True
    CHOOSES_COLUMNS = False

    def __init__(self, argument: Any = None, state: dict[str, Any] | None = None) -> None:
        super().__init__(argument, state)
        self._styles_cache = SameLines()
        self.root = "/"
        self.tree_view = ResourceTree(COLUMNS, title="Parameter", look=self._look_of, fields=self._fields)
        self.flat_view = ResourceTree(COLUMNS, title="Parameter", look=self._look_of, fields=self._fields)
        self.flat_view.display = False
        self.is_flat = False
        self._shape: tuple[str, ...] = ()
        self._totals: dict[str, int] = {}
        self._folders: set[Ref] = set()
        self._complete: set[str] = set()
        """Contexts of which everything below the path was read."""
        self._completing: set[str] = set()

    # what the trees are

    @property
    def table(self) -> Any:
        """The tree that shows."""
        return self.flat_view if self.is_flat else self.tree_view

    @property
    def is_partial(self) -> bool:
        return super().is_partial or bool(self._completing)

    def counts(self) -> tuple[int, int, int]:
        grid = self.table
        total = max(sum(self._totals.values()), grid.total)
        return grid.shown if grid.filter else total, total, grid.marked

    def _look_of(self, _: Any, cells: Sequence[Any]) -> tuple[str, str]:
        return look_of(self.shell.glyphs, cells)

    def _fields(self, ref: Any) -> Mapping[str, str]:
        return context_fields(self.shell, ref.context) if isinstance(ref, Ref) else {}

    def _top(self, context: str) -> Ref | None:
        """Give the node that a context's own stand below; None where they stand at the top."""
        return Ref(context, self.root) if len(self._shape) > 1 or self.root != "/" else None

    def _forget_all(self) -> None:
        for grid in (self.tree_view, self.flat_view):
            grid.clear()
        for known in (self._totals, self._folders, self._complete, self._completing):
            known.clear()

    def _plant(self, context: str) -> None:
        """Have the node that the context's own stand below, opened."""
        top = self._top(context)
        if top is None or self.tree_view.knows(top):
            return
        label = self.root if len(self._shape) == 1 else f"{context}{self.root if self.root != '/' else ''}"
        self._folders.add(top)
        self.tree_view.add_nodes([TreeNode(top, None, label, folder=True)])
        self.tree_view.unfold(top)

    # nodes

    def _take_level(self, parent: Ref | None, rows: Iterable[Row]) -> None:
        """Take nodes of one level of our own engine's; their own children are asked for later."""
        glyphs, nodes = self.shell.glyphs, []
        for row in rows:
            holds = row.below > 0
            if holds:
                self._folders.add(row.ref)
            lazy = holds and not (row.ref.context in self._complete and self.tree_view.knows(row.ref))
            cells = cells_of(row, glyphs)
            nodes.append(TreeNode(row.ref, parent, label_of(row.ref.id), cells, lazy, not row.type, row.below))
        self.tree_view.add_nodes(nodes)

    def _take_paths(self, rows: Sequence[Row]) -> None:
        """Take parameters wherever they stand, with the folders above them."""
        glyphs, tree = self.shell.glyphs, self.tree_view
        nodes: list[TreeNode] = []
        given = {row.ref for row in rows}
        for row in rows:
            context, path = row.ref.context, row.ref.id
            missing, above = [], parent_of(path)
            while above != self.root and above != "/" and (folder := Ref(context, above)) not in self._folders:
                self._folders.add(folder)
                if folder not in given and not tree.knows(folder):
                    missing.append(above)
                above = parent_of(above)
            for head in reversed(missing):
                nodes.append(TreeNode(Ref(context, head), self._node_above(context, head), label_of(head), folder=True))
            cells = cells_of(row, glyphs)
            nodes.append(TreeNode(row.ref, self._node_above(context, path), label_of(path), cells))
        tree.add_nodes(nodes)
        if self.is_flat:
            self._take_flat((row.ref, cells_of(row, glyphs)) for row in rows)

    async def _take_many(self, rows: Sequence[Row]) -> None:
        """Take any number of parameters, while the screen goes on."""
        few = FEW // 2 if self.is_flat else FEW  # two trees take them then
        for start in range(0, len(rows), few):
            self._take_paths(rows[start : start + few])
            await asyncio.sleep(0)

    def _node_above(self, context: str, path: str) -> Ref | None:
        above = parent_of(path)
        return self._top(context) if above == self.root else Ref(context, above)

    def _take_flat(self, rows: Iterable[tuple[Ref, Sequence[Any]]]) -> None:
        word = self.shell.services.word
        self.flat_view.add_nodes(TreeNode(ref, None, word(ref), cells) for ref, cells in rows)

    async def _drop_others(self, context: str, seen: AbstractSet[Ref]) -> None:
        """Take away what was not seen in a list of everything, while the screen goes on."""
        above, top = set[str](), self._top(context)
        async for ref in in_turns(seen):
            path = parent_of(ref.id)
            while path not in above and path != "/":
                above.add(path)
                path = parent_of(path)
        for grid in (self.tree_view, self.flat_view):
            things = [ref async for ref in in_turns(grid.things) if isinstance(ref, Ref) and ref not in seen]
            grid.remove_node(*(ref for ref in things if ref.context == context and ref.id not in above and ref != top))
        empty = [ref for ref in self._folders if ref.context == context and ref.id not in above and ref != top]
        self.tree_view.remove_node(*(ref for ref in empty if ref not in seen))
        self._folders.difference_update(empty)

    # the other view

    def show_flat(self, flat: bool) -> None:
        """Show the list of paths, or the tree; cursor, marks and filter go with one."""
        self._mount_flat()
        before, self.is_flat = self.table, flat
        after = self.table
        after.state, after.message, after.stale = before.state, before.message, before.stale
        after.mark(after.marked_ids, False)
        now, kept = before.standing(), after.standing()
        after.stand(replace(now, opened=kept.opened, sideways=kept.sideways, filter=""))
        after.set_filter(before.filter)
        if flat:
            self.complete()
            self.run_worker(self._fill_flat(), group="flat", exclusive=True, exit_on_error=False)
        before.display, after.display = False, True
        after.focus()
        self.update_bars()

    def _mount_flat(self) -> None:
        if not self.flat_view.is_attached:
            self.query_one("#parameter-trees").mount(self.flat_view)

    async def _fill_flat(self) -> None:
        """Give the flat list what the tree has, while the screen goes on."""
        tree, flat = self.tree_view, self.flat_view
        known = [ref for ref in tree.things if isinstance(ref, Ref)]
        flat.remove_node(*set(flat.things).difference(known))
        for start in range(0, len(known), FEW):
            self._take_flat((ref, cells) for ref in known[start : start + FEW] if (cells := tree.cells(ref)))
            await asyncio.sleep(0)

    def complete(self) -> None:
        """Read everything below the path: a filter and the flat list have to know all of it."""

    # state

    def apply_filter(self, text: str) -> None:
        if text:
            self.complete()
        self.table.set_filter(text)

    def save_state(self) -> dict[str, Any]:
        return {
            "filter": self.bottom.filter_text,
            "root": self.root,
            "flat": self.is_flat,
            "tree": self.tree_view.standing(),
            "list": self.flat_view.standing(),
        }

    def restore_state(self, state: Mapping[str, Any]) -> None:
        self.root = state.get("root", self.root)
        if state.get("filter"):
            self.bottom.set_filter(state["filter"])
        if "tree" in state:
            self.tree_view.stand(state["tree"])
        if state.get("flat"):
            self.flat_view.stand(state["list"])
            self.is_flat = True
            self.tree_view.display, self.flat_view.display = False, True

    def _restore_rows(self) -> None:
        """Complete what `restore_state` began: what one stood in comes back by itself, as it comes."""
        wanted, self._state = self._state, {}
        if wanted.get("filter") or self.is_flat:
            self.complete()


async def in_turns(things: Iterable[T]) -> AsyncIterator[T]:
    """Yield things, letting the screen go on every now and then."""
    for at, thing in enumerate(things):
        if at % STEP == STEP - 1:
            await asyncio.sleep(0)
        yield thing
