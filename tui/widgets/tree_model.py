"""A tree of any number of nodes: what comes, changes and goes, what is open, marked and filtered; no drawing.

Nodes come singly (`TreeNode`, each below its parent) or as paths, whose folders are implied. A node whose parent is not
known yet stands at the top until that comes. What is shown of them, and marked, is `ShownTree`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from collections.abc import Set as AbstractSet

from tui.widgets.filter_grammar import Cell
from tui.widgets.tree_folds import TreeFolds
from tui.widgets.tree_rows import ROOT, Entry, NoteId, TreeNode
from tui.widgets.tree_shown import ShownTree

__all__ = ["TreeModel", "TreeNode"]


class TreeModel(ShownTree):
    """Nodes keyed by id; see the module."""

    def __init__(self, *, separator: str = "/", order: str = "natural", folders_first: bool = True) -> None:
        super().__init__(separator=separator, order=order, folders_first=folders_first)
        self.wished: set[Hashable] = set()  # ids to be opened when they come
        self.deep: set[int] = set()  # nodes below which all is opened as it comes
        self.asked: list[int] = []  # lazy nodes that came and are to be opened: their children have to be asked for
        self.news: dict[Hashable, Sequence[Cell]] = {}  # what the cells that became others were before
        self._orphans: dict[Hashable, set[int]] = {}  # by the parent that they wait for
        self._waiting: dict[int, Hashable] = {}

    def children(self, node: Hashable) -> list[Hashable]:
        """Give the ids of a node's children, in order."""
        slot = self.slots[node]
        return [self.ids[kid] for kid in self.base.in_order(slot)] if slot in self.base.kids else []

    def state(self, slot: int) -> str:
        """Say what is told of a node's children: loading, error, empty or nothing."""
        note = self.notes.get(slot)
        return "" if note is None else self.told[note]

    # Coming.

    def add_paths(self, entries: Iterable[Entry]) -> None:
        """Take nodes by their paths, in any order; known ones are updated."""
        slots, separator = self.slots, self.separator
        fresh: dict[int, list[int]] = {}
        siblings: dict[str, tuple[int, list[int]]] = {}  # by the path of their parent
        new, free = self._new, self._free
        ids, labels, parents, extra = self.ids, self.labels, self.parents, self.extra
        for path, cells in entries:
            if path in slots:
                self._known_path(path, cells, fresh)
                if not fresh:
                    siblings.clear()
                continue
            head, _, label = path.rpartition(separator)
            if head in siblings:
                parent, beside = siblings[head]
            else:
                parent = slots[head] if head in slots else self._folder(head, fresh)
                siblings[head] = parent, beside = parent, fresh.setdefault(parent, [])
            if free:
                beside.append(new(path, parent, label or separator, cells))
                continue
            # What `_new` does, without the call: this is most of what a load of 100,000 takes.
            slot = slots[path] = len(ids)
            ids.append(path)
            labels.append(label or separator)
            parents.append(parent)
            extra.append(cells)
            beside.append(slot)
        self._flush(fresh)

    def _known_path(self, path: str, cells: Sequence[Cell], fresh: dict[int, list[int]]) -> None:
        slot = self.slots[path]
        if slot in self.implied and slot != ROOT:
            self._flush(fresh)
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
                if slot in self.implied:
                    self._become(slot, node.cells)
                self._move(slot, ROOT if parent is None else parent)
            else:
                slot = self._new(node.id, ROOT if parent is None else parent, node.label, node.cells)
                if node.lazy:
                    self.lazy.add(slot)
                if node.folder:
                    self.folders.add(slot)
                fresh.setdefault(self.parents[slot], []).append(slot)
                if node.id in self._orphans:
                    self._flush(fresh)
                    for orphan in sorted(self._orphans[node.id]):
                        self._wait(orphan, None)
                        self._move(orphan, slot)
            if parent is None:
                self._wait(slot, node.parent)
        self._flush(fresh)

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

    def _wait(self, slot: int, parent: Hashable | None) -> None:
        """Note that a node waits for its parent to come, or no longer for any."""
        before = self._waiting.pop(slot, None)
        if before is not None:
            self._orphans[before].discard(slot)
            if not self._orphans[before]:
                del self._orphans[before]
        if parent is not None:
            self._waiting[slot] = parent
            self._orphans.setdefault(parent, set()).add(slot)

    def _folder(self, path: str, fresh: dict[int, list[int]]) -> int:
        """Give the slot of a folder that a path implies, made with those above it."""
        missing: list[str] = []
        while path not in self.slots:
            missing.append(path)
            path = path.rpartition(self.separator)[0]
        slot = self.slots[path]
        for path in reversed(missing):
            parent = slot
            slot = self._new(path, parent, path.rpartition(self.separator)[2] or self.separator, ())
            self.implied.add(slot)
            fresh.setdefault(parent, []).append(slot)
        return slot

    def _flush(self, fresh: dict[int, list[int]]) -> None:
        """Give the nodes that came their lines."""
        if not fresh:
            return
        self._lengthen()
        self.base.lengthen()
        if self.view is not self.base:
            self.view.lengthen()
        self._marked = None
        plain = self.implied | self.folders if self.folders else self.implied
        opened: list[int] = []
        for parent in fresh:
            self._first_child(parent)
        hollow = {parent: plain.intersection(slots) for parent, slots in fresh.items()}
        self.base.hollow(slot for slots in hollow.values() for slot in slots)
        self.base.add_all(fresh, {parent: len(slots) - len(hollow[parent]) for parent, slots in fresh.items()})
        for parent, slots in fresh.items() if self.deep else ():
            if parent in self.deep:
                self.deep.update(slots)
                opened += slots
        if self.wished:
            arrived = [slot for slots in fresh.values() for slot in slots if self.ids[slot] in self.wished]
            self.wished.difference_update(self.ids[slot] for slot in arrived)
            opened += arrived
        self.base.keep_open(slot for slot in opened if slot not in self.lazy)
        self.asked += [slot for slot in opened if slot in self.lazy]
        if self.touched is not None or self.view is not self.base:
            self._changed([slot for slots in fresh.values() for slot in slots if slot not in plain])
        fresh.clear()

    def _first_child(self, parent: int) -> None:
        """Have a node stand among the folders before its first child comes."""
        if parent == ROOT or parent in self.base.kids:
            return
        if self.holds(parent) or self.keys[parent] is None:
            self.base.begin(parent)
        else:
            self._rekey(parent, lambda: self.base.begin(parent))

    def _rekey(self, slot: int, change: Callable[[], object] | None = None) -> None:
        """Take a node out of its parent's order, change what it sorts by, and put it back."""
        places = [lines for lines in self._all_lines() if lines.members is None or slot in lines.members]
        for lines in places:
            lines.lift(slot)
        if change is not None:
            change()
        self.keys[slot] = None
        for lines in places:
            lines.drop(slot)

    def _all_lines(self) -> list[TreeFolds]:
        return [self.base] if self.view is self.base else [self.base, self.view]

    # Changing.

    def update(self, node: Hashable, cells: Sequence[Cell] | None = None, label: str | None = None) -> None:
        """Change one node's cells or label; an unknown id changes nothing."""
        slot = self.slots.get(node, ROOT)
        if slot == ROOT:
            return
        if label is not None:
            self._rename(slot, label)
        if cells is not None:
            self._set_cells(slot, cells)

    def _set_cells(self, slot: int, cells: Sequence[Cell]) -> None:
        before = self.extra[slot]
        if before is cells or before == cells:
            return
        self.extra[slot] = cells
        if slot < len(self.hay):
            self.hay[slot] = ""
            self.news.setdefault(self.ids[slot], before)
            self._changed([slot])

    def _rename(self, slot: int, label: str) -> None:
        if label == self.labels[slot]:
            return

        def change() -> None:
            self.labels[slot] = label

        self._rekey(slot, change)
        self._moved(slot)

    def _moved(self, slot: int) -> None:
        """Look anew at a node whose path is another one, and at all below it."""
        below = [slot, *self.base.below(slot)]
        self._unindex(below)
        self._changed([kid for kid in below if self.is_thing(kid)])

    def _become(self, slot: int, cells: Sequence[Cell]) -> None:
        """Have a folder stand for something itself."""
        self.implied.discard(slot)
        self.extra[slot] = cells
        self.hay[slot] = ""
        self.base.count(slot, 1)
        self._changed([slot])

    def _move(self, slot: int, parent: int) -> None:
        if parent == self.parents[slot] or self.below(parent, slot):
            return
        self._leave_view(slot)
        self.moves += 1
        old = self.parents[slot]
        self.base.detach(slot)
        self.parents[slot] = parent
        self._first_child(parent)
        self.keys[slot] = None
        self.base.attach(parent, slot)
        self._last_child(old)
        self._marked = None
        self._moved(slot)

    def tell(self, node: Hashable, state: str, words: str = "") -> None:
        """Say below a node that its children load, are none (empty) or were denied (error); "" says nothing."""
        slot = self.slots.get(node)
        if slot is None or slot in self.told:
            return
        note = self.notes.get(slot)
        if state == "" and note is not None:
            self._remove_slots([note])
        elif state and note is None:
            note = self._new(NoteId(node), slot, words, ())
            self.notes[slot], self.told[note] = note, state
            self._lengthen()
            for lines in self._all_lines():
                lines.lengthen()
            self._first_child(slot)
            self.base.hollow([note])
            self.base.add(slot, [note], 0)
        elif note is not None:
            self.told[note], self.labels[note] = state, words

    def loaded(self, node: Hashable) -> None:
        """Note that a node's children are all there; a folder without any says so."""
        slot = self.slots.get(node)
        if slot is None or slot in self.told:
            return
        self.tell(node, "")
        if slot in self.lazy:
            if self.keys[slot] is None:
                self.lazy.discard(slot)
            else:
                self._rekey(slot, lambda: self.lazy.discard(slot))
        if slot not in self.base.kids and slot in self.folders:
            self.tell(node, "empty")

    # Going.

    def remove(self, nodes: Iterable[Hashable]) -> None:
        """Take nodes away with all that is below them; folders that paths implied go with their last."""
        slots = {slot for node in nodes if (slot := self.slots.get(node, ROOT)) != ROOT}
        if len(slots) > 1:  # those below others go with them
            slots = {slot for slot in slots if not any(above in slots for above in self._above(slot))}
        self._remove_slots(slots)

    def remove_paths(self, paths: Iterable[Hashable]) -> None:
        """Take what stands for something away; one with others below it stays as a folder."""
        going: list[Hashable] = []
        for path in paths:
            slot = self.slots.get(path, ROOT)
            if slot == ROOT or not self.is_thing(slot):
                continue
            if slot not in self.base.kids:
                going.append(path)
                continue
            self.implied.add(slot)
            self.extra[slot] = ()
            self.hay[slot] = ""
            self.marks.discard(path)
            self.base.count(slot, -1)
            self._changed([slot])
        self.remove(going)

    def clear(self) -> None:
        self.remove([self.ids[slot] for slot in self.base.kids.get(ROOT, ())])

    def _above(self, slot: int) -> Iterable[int]:
        while slot != ROOT:
            slot = self.parents[slot]
            yield slot

    def _remove_slots(self, slots: Iterable[int]) -> None:
        by_parent: dict[int, list[int]] = {}
        for slot in slots:
            by_parent.setdefault(self.parents[slot], []).append(slot)
        for parent, going in by_parent.items():
            for slot in going:
                self._leave_view(slot)
            self.moves += 1
            self._marked = None
            doomed = [kid for slot in going for kid in (slot, *self.base.below(slot))]
            self.base.detach(*going)
            for slot in doomed:
                self._drop(slot)
            self._last_child(parent)

    def _drop(self, slot: int) -> None:
        self.marks.discard(self.ids[slot])
        self.deep.discard(slot)
        self._wait(slot, None)
        self.base.forget(slot)
        self._forget(slot)

    def _last_child(self, parent: int) -> None:
        while parent in self.implied and parent != ROOT and parent not in self.base.kids:
            slot, parent = parent, self.parents[parent]
            self._leave_view(slot)
            self.base.detach(slot)
            self._drop(slot)
        if parent not in self.base.kids and not self.holds(parent) and self.keys[parent] is not None:
            self._rekey(parent)
