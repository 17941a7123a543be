"""What an owner gives a tree: nodes as they come, change and go, taken in slices where they are many."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from itertools import chain, islice
from typing import TypeVar, Unpack

from textual.timer import Timer
from textual.worker import Worker

from tui.widgets.columns import Column
from tui.widgets.filter_grammar import Cell, cell_text
from tui.widgets.line_cursor import Anchor
from tui.widgets.tree_marks import MarkedTree
from tui.widgets.tree_model import TreeModel
from tui.widgets.tree_rows import Entry, TreeNode
from tui.widgets.tree_view import TreeOptions

_SLICE_SECONDS = 0.004
_BLOCK = 1024
_PAINT_SECONDS = 0.1
"""How often what comes in slices is drawn: a picture costs as much as two slices."""

FLASH_SECONDS = 0.6

Step = Callable[[], object]
T = TypeVar("T")


class FedTree(MarkedTree):
    """Takes nodes without moving the cursor, and lets the cells of known ones flash once when they change."""

    def __init__(self, model: TreeModel, **options: Unpack[TreeOptions]) -> None:
        super().__init__(model, **options)
        self.flashes = True
        """Whether cells light up at all when they change."""
        self.calm = False
        """Whether what comes now is no change: a tree that is still being loaded."""
        self._steps: deque[Step] = deque()
        self._working: Worker[None] | None = None
        self._flashed: dict[Hashable, float] = {}
        self._flash_timer: Timer | None = None

    def _asked(self, slots: Iterable[int]) -> None:
        """Ask for the children of nodes that came and are to be opened."""

    def _settled(self) -> None:
        """Do what follows when what was given is worked in."""

    # Data in.

    def set_columns(self, columns: Sequence[Column]) -> None:
        self.model.set_columns(columns)
        self._wishes = []
        self._measure()
        self._redraw()

    def add_paths(self, entries: Iterable[Entry]) -> None:
        """Take a further page of paths, in any order; known ones are updated."""
        self._run(partial(self.model.add_paths, block) for block in _blocks(entries))

    def set_paths(self, entries: Iterable[Entry]) -> None:
        """Make these all the paths; what stays keeps its folds, its mark and the cursor."""
        given = list(entries)
        if self.model.slots.keys() != {"", None} or self._steps:
            self._run(iter([lambda: self.model.keep_paths({path for path, _ in given})]))
        self.add_paths(given)

    def add_nodes(self, nodes: Iterable[TreeNode]) -> None:
        """Take further nodes, in any order; known ones are updated and moved."""
        self._run(partial(self.model.add_nodes, block) for block in _blocks(nodes))

    def set_nodes(self, nodes: Iterable[TreeNode]) -> None:
        """Make these all the nodes; what stays keeps its folds, its mark and the cursor."""
        given = list(nodes)
        if self.model.slots.keys() != {"", None} or self._steps:
            self._run(iter([lambda: self.model.keep_nodes({node.id for node in given})]))
        self.add_nodes(given)

    def set_children(self, node: Hashable, nodes: Iterable[TreeNode]) -> None:
        """Make these all the children of a node, which then loads no more; their own parents are not looked at."""
        given = list(nodes)
        if len(given) <= _BLOCK:
            self._run(iter([partial(self.model.set_children, node, given)]))
            return
        wanted = {child.id for child in given}
        self._run(iter([partial(self.model.keep_children, node, wanted)]))
        self.add_nodes(child._replace(parent=node) for child in given)
        self.loaded_children(node)

    def loading_children(self, node: Hashable, words: str = "") -> None:
        """Say below a node that its children are being loaded."""
        self._run(iter([lambda: self.model.tell(node, "loading", words)]))

    def loaded_children(self, *nodes: Hashable) -> None:
        """Say of nodes that all their children are there."""
        self._run(partial(self._loaded, block) for block in _blocks(nodes))

    def _loaded(self, nodes: Iterable[Hashable]) -> None:
        for node in nodes:
            self.model.loaded(node)

    def keep_children(self, node: Hashable, wanted: AbstractSet[Hashable]) -> None:
        """Take every child of a node away, of the tree itself for None, whose id is not wanted."""
        self._run(iter([lambda: self.model.keep_children(node, wanted)]))

    def failed_children(self, node: Hashable, words: str) -> None:
        """Say below a node why its children could not be loaded; Enter there asks for them again."""
        self._run(iter([lambda: self.model.tell(node, "error", words)]))

    def update_node(self, node: Hashable, cells: Sequence[Cell] | None = None, label: str | None = None) -> None:
        """Change a node's cells or label; an unknown id changes nothing."""
        self._run(iter([lambda: self.model.update(node, cells, label)]))

    def update_cell(self, node: Hashable, key: str, cell: Cell) -> None:
        """Change one cell by its column's key; an unknown id or key changes nothing."""
        keys = [column.key for column in self.model.columns]
        cells = self.cells(node)
        if key in keys and cells is not None:
            padded = [*cells, *[""] * (len(keys) - len(cells))]
            padded[keys.index(key)] = cell
            self.update_node(node, tuple(padded))

    def remove_node(self, *nodes: Hashable) -> None:
        """Take nodes away with all that is below them; a cursor that stood on one stays where it was."""
        self._run(iter([lambda: self.model.remove(nodes)]))

    def remove_path(self, *paths: Hashable) -> None:
        """Take paths away; one with others below it stays as a folder, and empty folders go."""
        self._run(iter([lambda: self.model.remove_paths(paths)]))

    def clear(self) -> None:
        self._run(iter([self.model.clear]))

    def cells(self, node: Hashable) -> Sequence[Cell] | None:
        """Give a node's cells; None for an unknown id."""
        slot = self.model.slots.get(node)
        return None if slot is None else self.model.extra[slot]

    # The machinery of change.

    def _run(self, steps: Iterator[Step]) -> None:
        """Change the model at once, or behind what is under way; in slices where there are many steps."""
        if not self._steps:
            ahead = list(islice(steps, 2))
            if len(ahead) < 2 or not self.is_running:
                self._take(chain(ahead, steps))
                return
            self._steps.extend(ahead)
        self._steps.extend(steps)
        if self._working is None or self._working.is_finished:
            self._working = self.run_worker(self._work, group="feed", exit_on_error=False)

    def _refresh_line(self, line: int) -> None:
        if self._steps:  # the lines around it may be others than those on the screen
            self.refresh()
        else:
            super()._refresh_line(line)

    def _take(self, steps: Iterable[Step]) -> None:
        anchor = self._anchor()
        for step in steps:
            step()
        self._changed(anchor)

    async def _work(self) -> None:
        """Work steps off, letting the loop run between slices."""
        painted = 0.0
        while self._steps:
            anchor, started = self._anchor(), time.perf_counter()
            while self._steps and time.perf_counter() - started < _SLICE_SECONDS:
                self._steps.popleft()()
            due = started - painted > _PAINT_SECONDS or not self._steps
            painted = started if due else painted
            self._changed(anchor, paint=due)
            await asyncio.sleep(0)
        self._settled()

    def _changed(self, anchor: Anchor, *, paint: bool = True) -> None:
        """Bring the screen to the model: cursor and view stay with their nodes."""
        model = self.model
        self._keep(anchor)
        self._flash()
        if paint:
            self._measure()
            self._notice = None
            self.refresh()
        if model.asked:
            slots, model.asked = model.asked, []
            self._asked(slots)
        self._sort_further()

    def _sort_further(self) -> None:
        """Put children in order of which there are more than are sorted at once."""
        view = self.model.view
        if view.unsettled and not self._steps and self.is_running:
            parent = next(iter(view.unsettled))
            self._run(iter([lambda: view.settle(parent)] * 2))

    # What has just changed.

    def _flash(self) -> None:
        news, self.model.news = self.model.news, {}
        if not news or self.calm or not self.flashes or not self.is_running:
            return
        due = time.monotonic() + FLASH_SECONDS
        for line in range(self._top, min(self._top + self._body, len(self.model))):
            node = self.model.id_at(line)
            if node in news:
                now, before = self.model.extra[self.model.slots[node]], news[node]
                if places := self._changes(before, now):
                    self._flashing[node] = self._flashing.get(node, frozenset()) | places
                    self._flashed[node] = due
        if self._flashed and self._flash_timer is None:
            self._flash_timer = self.set_timer(FLASH_SECONDS, self.end_flashes)

    def _changes(self, was: Sequence[Cell], now: Sequence[Cell]) -> frozenset[int]:
        """Give the places of the cells that say something else; one that was empty was only filled in."""
        columns = enumerate(zip(self.model.columns, was, now, strict=False))
        texts = ((place, cell_text(one), cell_text(other)) for place, (column, one, other) in columns if column.flashes)
        return frozenset(place for place, one, other in texts if one and one != other)

    def end_flashes(self) -> None:
        """Draw what has changed a while ago as everything else."""
        now = time.monotonic()
        for node in [node for node, due in self._flashed.items() if due <= now]:
            del self._flashed[node], self._flashing[node]
        left = min(self._flashed.values(), default=0.0)
        self._flash_timer = self.set_timer(max(0.01, left - now), self.end_flashes) if self._flashed else None
        self.refresh()


def _blocks(things: Iterable[T]) -> Iterator[list[T]]:
    """Give things in lists of `_BLOCK`, the last one shorter."""
    left = iter(things)
    while block := list(islice(left, _BLOCK)):
        yield block
