"""The nodes of a tree as they are given: paths, whose folders are implied, or single nodes below their parents.

Both may come in any order. A node whose parent is not known yet stands at the top until that comes.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from itertools import groupby, repeat

from tui.widgets.filter_grammar import Cell
from tui.widgets.tree_changes import ChangingTree
from tui.widgets.tree_rows import ROOT, Entry, TreeNode

__all__ = ["TreeModel", "TreeNode"]

_MANY = 8


class TreeModel(ChangingTree):
    """Nodes keyed by id; see the module."""

    def children(self, node: Hashable) -> list[Hashable]:
        """Give the ids of a node's children, in order."""
        slot = self.slots[node]
        return [self.ids[kid] for kid in self.base.in_order(slot)] if slot in self.base.kids else []

    def state(self, slot: int) -> str:
        """Say what is told of a node's children: loading, error, empty or nothing."""
        note = self.notes.get(slot)
        return "" if note is None else self.told[note]

    def add_paths(self, entries: Iterable[Entry]) -> None:
        """Take nodes by their paths, in any order; known ones are updated."""
        given = list(entries)
        if len(given) >= _MANY and self._add_new_paths(given):
            return
        slots, separator = self.slots, self.separator
        fresh: dict[int, list[int]] = {}
        for path, cells in given:
            if path in slots:
                self._known_path(path, cells, fresh)
                continue
            head, _, label = path.rpartition(separator)
            parent = slots[head] if head in slots else self._folder(head, fresh)
            fresh.setdefault(parent, []).append(self._new(path, parent, label or separator, cells))
        self._flush(fresh)

    def _add_new_paths(self, given: list[Entry]) -> bool:
        """Take many paths all of which are new, list by list, as a big load has them; False if one isn't."""
        slots, separator = self.slots, self.separator
        if self._free:
            return False
        fresh: dict[int, list[int]] = {}
        paths = [path for path, _ in given]
        splits = [path.rpartition(separator) for path in paths]
        # Neighbours mostly have their parent in common: it is looked up once for all of them.
        runs = [(head, len(list(run))) for head, run in groupby([head for head, _, _ in splits])]
        parents = [slots[head] if head in slots else self._folder(head, fresh) for head, _ in runs]
        first = len(self.ids)
        fitting = [*range(first, first + len(paths))]
        if [*map(slots.setdefault, paths, fitting)] != fitting:  # one was known, stands here twice or holds another
            for path in {path for path in paths if slots[path] >= first}:
                del slots[path]
            self._flush(fresh)
            return False
        self.ids += paths
        self.labels += [label or separator for _, _, label in splits]
        self.extra += [cells for _, cells in given]
        at = first
        for parent, (_, count) in zip(parents, runs, strict=True):
            self.parents.extend(repeat(parent, count))
            fresh.setdefault(parent, []).extend(range(at, at + count))
            at += count
        self._flush(fresh)
        return True

    def _known_path(self, path: str, cells: Sequence[Cell], fresh: dict[int, list[int]]) -> None:
        self._flush(fresh)  # it may be one that came just before, twice in one page
        slot = self.slots[path]
        if slot in self.implied and slot != ROOT:
            self._become(slot, cells)
        elif slot != ROOT:
            self._set_cells(slot, cells)

    def add_nodes(self, nodes: Iterable[TreeNode]) -> None:
        """Take nodes, in any order; known ones are updated and moved."""
        fresh: dict[int, list[int]] = {}
        for node in nodes:
            parent = self.slots.get(node.parent)
            slot = self.slots.get(node.id)
            if slot == ROOT:
                continue
            if slot is not None:
                self._wait(slot, None)
                self._flush(fresh)
                self._set_cells(slot, node.cells)
                self._rename(slot, node.label)
                self._retype(slot, node)
                self._move(slot, ROOT if parent is None else parent)
            else:
                slot = self._new(node.id, ROOT if parent is None else parent, node.label, node.cells)
                if node.lazy:
                    self.lazy.add(slot)
                if node.folder:
                    self.folders.add(slot)
                if node.below:
                    self.counts[slot] = node.below
                fresh.setdefault(self.parents[slot], []).append(slot)
                if node.id in self._orphans:
                    self._flush(fresh)
                    for orphan in sorted(self._orphans[node.id]):
                        self._wait(orphan, None)
                        self._move(orphan, slot)
            if parent is None:
                self._wait(slot, node.parent)
        self._flush(fresh)

    def _retype(self, slot: int, node: TreeNode) -> None:
        """Have a known node be what it is now: a thing, a folder, one whose children are still to be asked for."""
        if slot in self.implied or (slot in self.folders and not node.folder):
            self.folders.discard(slot)
            self._become(slot, node.cells)
        elif node.folder and self.is_thing(slot):
            self._hollow(slot)
        if node.lazy and not self.holds(slot) and slot not in self.base.kids:
            self._rekey(slot, lambda: self.lazy.add(slot))
        self.counts.pop(slot, None)
        if node.below:
            self.counts[slot] = node.below

    def set_children(self, node: Hashable, nodes: Iterable[TreeNode]) -> None:
        """Make these all the children of a node, which then loads no more; an unknown id changes nothing."""
        slot = self.slots.get(node)
        if slot is None:
            return
        given = [child._replace(parent=node) for child in nodes]
        self.keep_children(node, {child.id for child in given})
        self.add_nodes(given)
        self.loaded(node)

    def keep_children(self, node: Hashable, wanted: AbstractSet[Hashable]) -> None:
        """Take every child of a node away whose id is not wanted."""
        kids = self.base.kids.get(self.slots.get(node, -1), ())
        self.remove([self.ids[kid] for kid in kids if self.ids[kid] not in wanted and kid not in self.told])

    def keep_nodes(self, wanted: AbstractSet[Hashable]) -> None:
        """Take every node away whose id is not wanted; wanted ones below it go to the top."""
        gone = [node for node, slot in self.slots.items() if slot != ROOT and node not in wanted]
        for node in gone:
            for kid in list(self.base.kids.get(self.slots[node], ())):
                if self.ids[kid] in wanted:
                    self._move(kid, ROOT)
        self.remove(gone)

    def keep_paths(self, wanted: AbstractSet[Hashable]) -> None:
        """Take every path away that is not wanted."""
        self.remove_paths([node for node, slot in self.slots.items() if slot != ROOT and node not in wanted])

    def _folder(self, path: str, fresh: dict[int, list[int]]) -> int:
        """Give the slot of a folder that a path implies, made with those above it."""
        slots, separator = self.slots, self.separator
        missing: list[tuple[str, str]] = []
        while path not in slots:
            head, _, label = path.rpartition(separator)
            missing.append((path, label or separator))
            path = head
        slot = slots[path]
        for path, label in reversed(missing):
            parent = slot
            slot = self._new(path, parent, label, ())
            self.implied.add(slot)
            if parent in fresh:
                fresh[parent].append(slot)
            else:
                fresh[parent] = [slot]
        return slot
