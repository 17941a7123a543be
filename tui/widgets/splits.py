"""How panes share an area: a tree of splits as terminal multiplexers have it; no drawing, no Textual.

A pane's first row is its title, which is the border to what stands above it; between panes side by side stands a
column. Each split holds weights, not cells: an area that becomes smaller and larger again looks as it did.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

NARROWEST, LOWEST = 16, 4
"""Cells below which no pane is made by a split or a resize; the title is one of the rows."""

K = TypeVar("K")


class Box(NamedTuple):
    """A rectangle of cells."""

    x: int
    y: int
    width: int
    height: int

    def holds(self, x: int, y: int) -> bool:
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height


class Edge(NamedTuple):
    """What two neighbours in a split can be resized by: a column between them, or the row of the lower one's titles."""

    fork: Fork
    at: int
    """The index of the part before it."""
    box: Box


class Arrangement(NamedTuple, Generic[K]):
    """Where each pane is, and the edges between them."""

    boxes: dict[K, Box]
    edges: list[Edge]


@dataclass(slots=True, eq=False)
class Leaf:
    """One pane."""

    key: object


@dataclass(slots=True, eq=False)
class Fork:
    """Parts side by side (`across`) or one under the other, with a share of the room each."""

    across: bool
    parts: list[Leaf | Fork]
    weights: list[float] = field(default_factory=list)


Tree = Leaf | Fork


class Splits(Generic[K]):
    """The panes of one tab, by keys of the owner's."""

    def __init__(self, key: K) -> None:
        self._root: Tree = Leaf(key)

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def keys(self) -> list[K]:
        """The panes from left to right and from top to bottom, as they were split."""
        return [leaf.key for leaf in _leaves(self._root)]  # type: ignore[misc]  # only keys are ever put in

    # where the panes are

    def arrange(self, width: int, height: int) -> Arrangement[K] | None:
        """Lay the panes out; None where there is no room for a title and a row of each.

        They fill the area exactly. None is smaller than a split makes one, but in an area too small for that.
        """
        least = _least(self._root, (NARROWEST, LOWEST))
        small = (
            NARROWEST if width >= least[0] else 1,
            LOWEST if height >= least[1] else 2,
        )
        need = _least(self._root, small)
        if width < need[0] or height < need[1]:
            return None
        made: Arrangement[K] = Arrangement({}, [])
        _place(self._root, Box(0, 0, width, height), small, made)
        return made

    def neighbour(self, key: K, across: int, down: int, size: tuple[int, int], recent: Sequence[K] = ()) -> K | None:
        """Give the pane beside a pane in a direction (-1 or 1), beyond the edge the one at the other end.

        Of several the one that is last in `recent`, else the first. None where there is no other.
        """
        arranged = self.arrange(*size)
        if arranged is None:
            return None
        here = arranged.boxes[key]
        width, height = size
        if across:
            edge = here.x + here.width if across > 0 else here.x - 1
            edge = 0 if edge >= width else width - 1 if edge < 0 else edge + (1 if across > 0 else -1)
            found = [
                other
                for other, box in arranged.boxes.items()
                if box.x <= edge < box.x + box.width and _overlap(here.y, here.height, box.y, box.height)
            ]
        else:
            edge = here.y + here.height if down > 0 else here.y - 1
            edge = 0 if edge >= height else height - 1 if edge < 0 else edge
            found = [
                other
                for other, box in arranged.boxes.items()
                if box.y <= edge < box.y + box.height and _overlap(here.x, here.width, box.x, box.width)
            ]
        found = [other for other in found if other != key]
        if not found:
            return None
        return max(found, key=lambda other: recent.index(other) if other in recent else -1)

    # how they change

    def fits(self, key: K, *, across: bool, size: tuple[int, int]) -> bool:
        """Whether a pane is large enough to be split."""
        arranged = self.arrange(*size)
        box = arranged.boxes[key] if arranged is not None else Box(0, 0, 0, 0)
        room, least = (box.width - 1, NARROWEST) if across else (box.height, LOWEST)
        return room >= 2 * least and box.height >= LOWEST and box.width >= NARROWEST

    def split(self, key: K, new: K, *, across: bool, size: tuple[int, int]) -> bool:
        """Give half of a pane's room to a new one at its right, or under it; False where it would be too small."""
        arranged = self.arrange(*size)
        if arranged is None or not self.fits(key, across=across, size=size):
            return False
        box = arranged.boxes[key]
        room = box.width - 1 if across else box.height
        leaf = self._leaf(key)
        fork = self._parent(leaf)
        self._settle(arranged)
        second = room // 2
        if fork is not None and fork.across is across:
            at = fork.parts.index(leaf)
            fork.parts.insert(at + 1, Leaf(new))
            fork.weights[at : at + 1] = [room - second, second]
        else:
            self._replace(leaf, Fork(across, [leaf, Leaf(new)], [room - second, second]))
        return True

    def remove(self, key: K, size: tuple[int, int]) -> None:
        """Take a pane out; its room goes to the one before it, else to the one behind. The last one stays."""
        leaf = self._leaf(key)
        fork = self._parent(leaf)
        if fork is None:
            return
        arranged = self.arrange(*size)
        if arranged is not None:
            self._settle(arranged)
        at = fork.parts.index(leaf)
        weight = fork.weights[at] + fork.across
        del fork.parts[at], fork.weights[at]
        fork.weights[max(at - 1, 0)] += weight
        if len(fork.parts) == 1:
            self._replace(fork, fork.parts[0])

    def swap(self, one: K, other: K) -> None:
        """Let two panes change places."""
        first, second = self._leaf(one), self._leaf(other)
        first.key, second.key = second.key, first.key

    def even(self) -> None:
        """Give all panes of a row, or of a column, the same room."""
        for fork in _forks(self._root):
            fork.weights = [float(_abreast(part, fork.across)) for part in fork.parts]

    def resize(self, key: K, across: int, down: int, size: tuple[int, int]) -> bool:
        """Move the edge of a pane by cells: its right or lower one, the left or upper one of what is last there.

        False where no edge can move that way.
        """
        arranged = self.arrange(*size)
        if arranged is None:
            return False
        part: Tree = self._leaf(key)
        fork = self._parent(part)
        while fork is not None:
            if fork.across is bool(across):
                at = fork.parts.index(part)
                index = min(at, len(fork.parts) - 2)
                edge = next(edge for edge in arranged.edges if edge.fork is fork and edge.at == index)
                return self.move(edge, across or down, size)
            part, fork = fork, self._parent(fork)
        return False

    def move(self, edge: Edge, cells: int, size: tuple[int, int]) -> bool:
        """Move an edge, as far as both sides keep their least; False where it stays."""
        arranged = self.arrange(*size)
        if arranged is None or not any(one[:2] == edge[:2] for one in arranged.edges):
            return False
        self._settle(arranged)
        fork, index = edge.fork, edge.at
        axis = 0 if fork.across else 1
        before, behind = (_least(part, (NARROWEST, LOWEST))[axis] for part in fork.parts[index : index + 2])
        cells = min(cells, int(fork.weights[index + 1]) - behind)
        cells = max(cells, before - int(fork.weights[index]))
        if not cells or fork.weights[index] + cells < 1 or fork.weights[index + 1] - cells < 1:
            return False
        fork.weights[index] += cells
        fork.weights[index + 1] -= cells
        return True

    # the tree

    def _settle(self, arranged: Arrangement[K]) -> None:
        """Make the weights what the panes have now, so that a change of one moves no other."""
        extents = _extents(self._root, arranged.boxes)  # type: ignore[arg-type]  # keys, as they were put in
        for fork in _forks(self._root):
            fork.weights = [float(extents[id(part)][0 if fork.across else 1]) for part in fork.parts]

    def _leaf(self, key: K) -> Leaf:
        return next(leaf for leaf in _leaves(self._root) if leaf.key == key)

    def _parent(self, part: Tree) -> Fork | None:
        return next((fork for fork in _forks(self._root) if any(one is part for one in fork.parts)), None)

    def _replace(self, old: Tree, new: Tree) -> None:
        """Put a part in another's place; one that forks as what it comes into does is taken apart there."""
        fork = self._parent(old)
        if fork is None:
            self._root = new
            return
        at = next(index for index, part in enumerate(fork.parts) if part is old)
        if isinstance(new, Fork) and new.across is fork.across:
            share = fork.weights[at] / (sum(new.weights) + (len(new.parts) - 1) * fork.across)
            fork.parts[at : at + 1] = new.parts
            fork.weights[at : at + 1] = [weight * share for weight in new.weights]
        else:
            fork.parts[at] = new


def divide(room: int, weights: Sequence[float], least: Sequence[int]) -> list[int]:
    """Divide cells by weights, all of them; each part gets its least where the room is enough for all of those."""
    free = set(range(len(weights)))
    made = [0] * len(weights)
    while True:
        rest = room - sum(made[index] for index in range(len(weights)) if index not in free)
        total = sum(weights[index] for index in free) or 1.0
        used = at = 0.0
        for index in sorted(free):
            used += weights[index]
            edge = round(rest * used / total)
            made[index], at = int(edge - at), float(edge)
        small = {index for index in free if made[index] < least[index]}
        if not small or len(small) == len(free):
            break
        for index in small:
            made[index] = least[index]
        free -= small
    if free and any(made[index] < least[index] for index in free):
        # All that are left are too small by rounding: what one lacks, the largest gives.
        for index in sorted(free):
            while made[index] < least[index] and (giver := max(free, key=lambda i: made[i] - least[i])) != index:
                if made[giver] <= least[giver]:
                    break
                made[giver] -= 1
                made[index] += 1
    return made


def _place(part: Tree, box: Box, small: tuple[int, int], made: Arrangement[K]) -> None:
    if isinstance(part, Leaf):
        made.boxes[part.key] = box  # type: ignore[index]  # a key, as it was put in
        return
    axis = 0 if part.across else 1
    gap = 1 if part.across else 0
    room = (box.width if part.across else box.height) - gap * (len(part.parts) - 1)
    at = box.x if part.across else box.y
    cells = divide(room, part.weights, [_least(one, small)[axis] for one in part.parts])
    for index, (one, taken) in enumerate(zip(part.parts, cells, strict=True)):
        if part.across:
            inner = Box(at, box.y, taken, box.height)
            if index:
                made.edges.append(Edge(part, index - 1, Box(at - 1, box.y, 1, box.height)))
        else:
            inner = Box(box.x, at, box.width, taken)
            if index:
                made.edges.append(Edge(part, index - 1, Box(box.x, at, box.width, 1)))
        _place(one, inner, small, made)
        at += taken + gap


def _least(part: Tree, small: tuple[int, int]) -> tuple[int, int]:
    """Give the cells across and down that a part needs where a pane needs `small`."""
    if isinstance(part, Leaf):
        return small
    needs = [_least(one, small) for one in part.parts]
    if part.across:
        return sum(need[0] for need in needs) + len(needs) - 1, max(need[1] for need in needs)
    return max(need[0] for need in needs), sum(need[1] for need in needs)


def _extents(part: Tree, boxes: dict[object, Box]) -> dict[int, tuple[int, int]]:
    """Give the cells across and down of every part, by its id."""
    if isinstance(part, Leaf):
        return {id(part): boxes[part.key][2:]}
    found: dict[int, tuple[int, int]] = {}
    for one in part.parts:
        found |= _extents(one, boxes)
    sizes = [found[id(one)] for one in part.parts]
    if part.across:
        found[id(part)] = (sum(size[0] for size in sizes) + len(sizes) - 1, sizes[0][1])
    else:
        found[id(part)] = (sizes[0][0], sum(size[1] for size in sizes))
    return found


def _abreast(part: Tree, across: bool) -> int:
    """Count the panes that share a part's room in one direction."""
    if isinstance(part, Leaf):
        return 1
    counts = [_abreast(one, across) for one in part.parts]
    return sum(counts) if part.across is across else max(counts)


def _leaves(part: Tree) -> Iterator[Leaf]:
    if isinstance(part, Leaf):
        yield part
    else:
        for one in part.parts:
            yield from _leaves(one)


def _forks(part: Tree) -> Iterator[Fork]:
    if isinstance(part, Fork):
        yield part
        for one in part.parts:
            yield from _forks(one)


def _overlap(start: int, length: int, other: int, other_length: int) -> bool:
    return start < other + other_length and other < start + length
