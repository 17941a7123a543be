"""What is shown of a tree: every node, or those that a filter lets through with their ancestors; and what is marked.

`base` has the lines of all nodes, and `view` those that are shown: the same, or with a filter those that match and
their ancestors, opened; what was open in `base` is as it was afterwards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

from tui.widgets.filter_grammar import Filter
from tui.widgets.tree_folds import TreeFolds
from tui.widgets.tree_rows import ROOT, TreeRows


class ShownTree(TreeRows):
    """Nodes with their lines; see the module."""

    def __init__(self, *, separator: str = "/", order: str = "natural", folders_first: bool = True) -> None:
        super().__init__(separator=separator, order=order, folders_first=folders_first)
        self.base = TreeFolds(self)
        self.view = self.base
        self.passing: set[int] = set()  # the slots that match the filter
        self.filter = Filter()
        self.touched: set[int] | None = None  # slots that came or changed while a filter is worked through
        self.moves = 0  # how often a node changed its place or went
        self._marked: Counter[int] | None = None

    def __len__(self) -> int:
        return len(self.view)

    @property
    def total(self) -> int:
        """How many nodes stand for something."""
        return self.base.things[ROOT]

    @property
    def shown(self) -> int:
        """How many of them the filter lets through, the folded ones too."""
        return self.view.things[ROOT]

    def holds(self, slot: int) -> bool:
        return slot in self.base.kids or super().holds(slot)

    def position(self, node: Hashable) -> int | None:
        """Give the line of a node; None if it is folded away, filtered out or not there."""
        slot = self.slots.get(node, ROOT)
        return None if slot == ROOT else self.view.line_of(slot)

    def knows(self, node: Hashable) -> bool:
        return self.slots.get(node, ROOT) != ROOT

    def neighbour(self, node: Hashable) -> int | None:
        """Give the line of what is seen nearest to a node; None if it is not there, or nothing is seen."""
        slot = self.slots.get(node, ROOT)
        return self.view.neighbour(slot) if slot != ROOT and len(self) else None

    def id_at(self, line: int) -> Hashable:
        """Give the id on a line.

        Raises: IndexError where there is no such line.
        """
        return self.ids[self.view.slot_at(line)]

    # The filter's view.

    def _changed(self, slots: Sequence[int]) -> None:
        """Note that nodes came or changed: whether they pass the filter is seen now, or when one is worked through."""
        if self.touched is not None:
            self.touched.update(slots)
        if self.view is not self.base:
            self.look_at(slots)

    def look_at(self, slots: Sequence[int]) -> None:
        """See whether nodes pass the filter, and show them or not."""
        here = [slot for slot in slots if self.is_thing(slot)]
        self.index(here)
        passing = set(self.filter.scan(self, here))
        for slot in slots:
            if slot in passing:
                self._enter_view(slot)
            elif slot in self.passing:
                self.passing.discard(slot)
                self.view.count(slot, -1)
                self._prune(slot)

    def _enter_view(self, slot: int) -> None:
        """Show a node that matches, with its ancestors."""
        view, members = self.view, self.view.members
        if slot in self.passing or members is None:
            return
        chain, above = [], slot
        while above not in members and above != ROOT:
            chain.append(above)
            above = self.parents[above]
        for one in reversed(chain):
            members.add(one)
            view.add(self.parents[one], [one], 0)
        self.passing.add(slot)
        view.count(slot, 1)

    def _prune(self, slot: int) -> None:
        """Take a node that does not match out of the view, with the ancestors that were there for it."""
        view = self.view
        while slot != ROOT and slot not in self.passing and slot not in view.kids:
            parent = self.parents[slot]
            view.detach(slot)
            view.forget(slot)
            slot = parent

    def _leave_view(self, slot: int) -> None:
        view, parent = self.view, self.parents[slot]
        if view.members is None or slot not in view.members:
            return
        below = [slot, *view.below(slot)]
        view.detach(slot)
        self.passing.difference_update(below)
        for one in below:
            view.forget(one)
        self._prune(parent)

    # Marks.

    def markable(self, slot: int) -> list[Hashable]:
        """Give what is marked with a node: itself, or for a mere folder whatever below it the filter lets through.

        A folder of which no children are known is marked itself.
        """
        if self.is_thing(slot):
            return [self.ids[slot]]
        if slot in self.told:
            return []
        below = [self.ids[kid] for kid in self.view.below(slot) if self.is_thing(kid) and self.passes(kid)]
        return below or ([self.ids[slot]] if slot in self.lazy else [])

    def passes(self, slot: int) -> bool:
        return self.view is self.base or slot in self.passing

    def showing(self) -> list[Hashable]:
        """Give the ids of all that the filter lets through and that can be marked, in no order."""
        if self.view is not self.base:
            return [self.ids[slot] for slot in self.passing]
        return [self.ids[slot] for slot in self.all_things()]

    def set_marks(self, marks: Iterable[Hashable]) -> None:
        """Make these the marked ones; unknown ids are left out."""
        self.marks = {node for node in marks if node in self.slots}
        self._marked = None

    def marked_below(self, slot: int) -> int:
        """Count the marked nodes below one."""
        if not self.marks:
            return 0
        if self._marked is None:
            slots = self.slots
            level = Counter(self.parents[slots[node]] for node in self.marks)
            made: Counter[int] = Counter()
            for parent, count in level.items():
                while parent >= 0:
                    made[parent] += count
                    parent = self.parents[parent]
            self._marked = made
        return self._marked[slot]

    def in_order(self, nodes: Iterable[Hashable]) -> list[Hashable]:
        """Give ids in the order of the tree with everything open; unknown ones are left out."""

        def ranks(node: Hashable) -> list[object]:
            slot = self.slots[node]
            made = [self.key(slot)]
            while (slot := self.parents[slot]) != ROOT:
                made.append(self.key(slot))
            return made[::-1]

        return sorted((node for node in nodes if node in self.slots), key=ranks)
