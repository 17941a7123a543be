"""The nodes behind a tree: their ids, parents, labels and cells, and what filters see of them; no lines yet."""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterable, Sequence
from itertools import repeat
from typing import Any, NamedTuple

from tui.widgets.columns import natural
from tui.widgets.filter_grammar import Cell, haystack
from tui.widgets.searched_rows import SearchedRows

ROOT = 0
"""The slot above all others, which is never drawn."""

Entry = tuple[str, Sequence[Cell]]
"""A path, whose folders it implies, and the cells beside its label."""


class TreeNode(NamedTuple):
    """One node: below `parent` (None: at the top), with a label and the cells of the columns beside it.

    A `lazy` one has children that are asked for when it is opened; a `folder` is nothing but its children, so that it
    can be opened but neither selected, marked nor found. `below` says how many things are below it, where its owner
    knows that before they come; 0 leaves the counting to the tree.
    """

    id: Hashable
    parent: Hashable | None
    label: str
    cells: Sequence[Cell] = ()
    lazy: bool = False
    folder: bool = False
    below: int = 0


class NoteId(NamedTuple):
    """The id of the line below a node that tells of its children: that they load, are none, or were denied."""

    node: Hashable


class TreeRows(SearchedRows):
    """Each node has a slot, a number that stays its own while it exists and is given to another one afterwards.

    `order` says how the nodes of one parent stand: natural (web-9 before web-10), text, or given, folders first.
    """

    FIRST = 1  # behind the path

    def __init__(self, *, separator: str = "/", order: str = "natural", folders_first: bool = True) -> None:
        super().__init__()
        self.separator = separator
        self.order = order
        self.folders_first = folders_first
        self.slots |= {"": ROOT, None: ROOT}
        self.ids.append(None)
        self.labels: list[str] = [""]
        self.parents = array("i", [-1])  # of whole numbers, so that no collection of garbage looks through it
        self.extra: list[Sequence[Cell]] = [()]
        self.keys: list[Any] = [""]
        self.hay.append("\n")
        self.implied = {ROOT}  # folders that are only there because a path goes through them
        self.folders: set[int] = set()  # those that were given as folders, with children or without
        self.lazy: set[int] = set()
        self.counts: dict[int, int] = {}  # how many things an owner says to be below a node
        self.notes: dict[int, int] = {}  # by the slot whose children a note is about
        self.told: dict[int, str] = {}  # by a note's slot: loading, error or empty
        self._free: list[int] = []

    def is_thing(self, slot: int) -> bool:
        """Say whether a node stands for something, beyond holding others or telling of them."""
        return slot not in self.implied and slot not in self.folders and slot not in self.told

    def all_things(self) -> list[int]:
        """Give every slot that stands for something."""
        others = self.implied | self.folders | self.told.keys()
        return [slot for slot in self.slots.values() if slot not in others]

    def holds(self, slot: int) -> bool:
        """Say whether a node stands among the folders."""
        return slot in self.implied or slot in self.lazy or slot in self.folders

    def key(self, slot: int) -> Any:
        """Give what a node sorts by among its parent's children."""
        made = self.keys[slot]
        if made is None:
            first = "2" if slot in self.told else "1" if not self.folders_first or not self.holds(slot) else "0"
            label = self.labels[slot]
            if self.order == "given":
                made = f"{first}{slot:012d}"
            else:
                made = f"{first}{natural(label)}\0{label}" if self.order == "natural" else first + label
            self.keys[slot] = made
        return made

    def path(self, slot: int) -> str:
        """Give the labels from the top to a node as one text, which begins with one separator."""
        made = self.separator.join(self.trail(slot))
        return made if made.startswith(self.separator) else self.separator + made

    def trail(self, slot: int) -> list[str]:
        """Give the labels from the top to a node."""
        made: list[str] = []
        while slot != ROOT:
            made.append(self.labels[slot])
            slot = self.parents[slot]
        return made[::-1]

    def below(self, slot: int, above: int) -> bool:
        """Say whether a node is another one, or stands somewhere below it."""
        while slot not in (above, ROOT):
            slot = self.parents[slot]
        return slot == above

    # What a filter looks at.

    @property
    def cells(self) -> Sequence[Sequence[Cell]]:
        return _Cells(self)

    def field(self, row: int, key: str) -> str | None:
        if key in ("name", "label"):
            return self.labels[row]
        if key == "path":
            return self.path(row)
        return super().field(row, key)

    def index(self, slots: Iterable[int]) -> None:
        hay, extra = self.hay, self.extra
        for slot in slots:
            if not hay[slot]:
                hay[slot] = haystack((*self.trail(slot), *extra[slot]))

    def _unindex(self, slots: Iterable[int]) -> None:
        for slot in slots:
            self.hay[slot] = ""

    # Slots.

    def _new(self, identity: Hashable, parent: int, label: str, cells: Sequence[Cell]) -> int:
        if self._free:
            slot = self._free.pop()
            self.ids[slot], self.labels[slot], self.parents[slot], self.extra[slot] = identity, label, parent, cells
        else:
            slot = len(self.ids)
            self.ids.append(identity)
            self.labels.append(label)
            self.parents.append(parent)
            self.extra.append(cells)
        self.slots[identity] = slot
        return slot

    def _lengthen(self) -> None:
        """Bring the lists of what is made when it is needed to the length of the others."""
        more = len(self.ids) - len(self.keys)
        self.keys.extend(repeat(None, more))
        self.hay.extend(repeat("", more))

    def _forget(self, slot: int) -> None:
        del self.slots[self.ids[slot]]
        for known in (self.implied, self.folders, self.lazy):
            known.discard(slot)
        self.counts.pop(slot, None)
        if self.told.pop(slot, None) is not None:
            del self.notes[self.parents[slot]]
        self.ids[slot] = self.keys[slot] = None
        self.labels[slot] = self.hay[slot] = ""
        self.extra[slot] = ()
        self.parents[slot] = ROOT
        if self.order != "given":  # there a slot says when its node came
            self._free.append(slot)


class _Cells(Sequence[Sequence[Cell]]):
    """The cells of each slot as filters count them: the path first."""

    def __init__(self, rows: TreeRows) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows.ids)

    def __getitem__(self, slot: Any) -> Any:
        return (self._rows.path(slot), *self._rows.extra[slot])
