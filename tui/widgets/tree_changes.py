"""What comes to a tree, changes in it and goes, so that its lines, its filter and its marks stay as they should be."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence

from tui.widgets.filter_grammar import Cell
from tui.widgets.tree_folds import TreeFolds
from tui.widgets.tree_rows import ROOT, NoteId
from tui.widgets.tree_shown import ShownTree


class ChangingTree(ShownTree):
    """Keeps every count and order while single nodes come, move, are told of and go."""

    def __init__(self, *, separator: str = "/", order: str = "natural", folders_first: bool = True) -> None:
        super().__init__(separator=separator, order=order, folders_first=folders_first)
        self.wished: set[Hashable] = set()  # ids to be opened when they come
        self.deep: set[int] = set()  # nodes below which all is opened as it comes
        self.asked: list[int] = []  # lazy nodes that came and are to be opened: their children have to be asked for
        self.news: dict[Hashable, Sequence[Cell]] = {}  # what the cells that became others were before
        self._orphans: dict[Hashable, set[int]] = {}  # by the parent that they wait for
        self._waiting: dict[int, Hashable] = {}

    # Coming.

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
            if self.keys[parent] is not None:
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

    def _hollow(self, slot: int) -> None:
        """Have a node that stood for something be a mere folder."""
        self.folders.add(slot)
        self.hay[slot] = ""
        self.marks.discard(self.ids[slot])
        self.base.count(slot, -1)
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
