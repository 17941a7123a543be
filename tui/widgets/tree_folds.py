"""What is open and what is folded among the lines of a tree."""

from __future__ import annotations

from array import array
from collections.abc import Iterable

from tui.widgets.tree_lines import TreeLines
from tui.widgets.tree_rows import ROOT


class TreeFolds(TreeLines):
    """Lines that are opened and folded: one node, all below one, or everything."""

    def set_open(self, slot: int, wanted: bool) -> None:
        """Open or fold one node; what is open below it stays so."""
        if wanted == (slot in self.open):
            return
        inner = sum(map(self.span.__getitem__, self.kids.get(slot, ())))
        if wanted:
            self.open.add(slot)
            self.shut.discard(slot)
        else:
            self.open.discard(slot)
            self._shut(slot)
        self._starts.pop(slot, None)
        self._grow(slot, inner if wanted else -inner)

    def open_below(self, slot: int) -> None:
        """Open a node and everything below it."""
        folders = list(self.folders_below(slot))
        self.open.update(folders)
        self.shut.difference_update(folders)
        before = self.span[slot]
        for folder in folders:
            if self.span[folder] != self.size[folder]:
                self.span[folder] = self.size[folder]
                self._starts.pop(folder, None)
        self._grow_above(slot, self.span[slot] - before)

    def fold_below(self, slot: int) -> None:
        """Fold a node and everything below it."""
        before = self.span[slot]
        for folder in self.folders_below(slot):
            self._starts.pop(folder, None)  # of a folded one too: the lines of its children may be fewer now
            if folder in self.open:
                self.open.discard(folder)
                self._shut(folder)
                self.span[folder] = 1
        self._grow_above(slot, self.span[slot] - before)

    def open_all(self) -> None:
        self.open.update(self.kids)
        self.shut.clear()
        self.span = self.size[:]
        self._starts.clear()

    def fold_all(self) -> None:
        self.shut = set() if self.members is None else set(self.kids) - {ROOT}
        self.open = {ROOT}
        self.span = array("i", [1]) * len(self.size)
        self.span[ROOT] += len(self.kids.get(ROOT, ()))
        self._starts.clear()

    def _shut(self, slot: int) -> None:
        if self.members is not None:
            self.shut.add(slot)

    def reveal(self, slot: int) -> None:
        """Open whatever hides a node."""
        slot = self._rows.parents[slot]
        while slot > ROOT:
            self.set_open(slot, True)
            slot = self._rows.parents[slot]

    def keep_open(self, slots: Iterable[int]) -> None:
        """Open nodes that have just come."""
        for slot in slots:
            self.set_open(slot, True)

    def _grow(self, slot: int, lines: int) -> None:
        """Add lines to a node and to those of its ancestors that show it."""
        self.span[slot] += lines
        self._grow_above(slot, lines)

    def _grow_above(self, slot: int, lines: int) -> None:
        if lines and slot != ROOT:
            self._carry(self._rows.parents[slot], 0, 0, lines)
