"""Which node stands on which line of a tree, with any number of nodes open.

Each node knows how many lines it takes with what is open below it, so that a line is found by descending from the
root: at each step the running sums of the children's lines are searched. Those sums are kept per open parent and made
anew when they are needed after a change; where all children take one line (the many leaves of one folder) there are
none. To open a node changes its ancestors alone, and to open everything copies one list.

Children are put in order when someone looks: a load of 100,000 nodes sorts nothing but what is in view, and more than
`RUN` new children of one parent are merged in by `settle`, step by step; until then they stand last, as they came.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate, repeat

from tui.widgets.tree_rows import ROOT, TreeRows

RUN = 2048
"""So many children are sorted at once."""

_FEW = 16

Trail = list[tuple[int, int]]
"""From the root down: (a parent's slot, which of its children)."""


class TreeLines:
    """The lines of all nodes, or with `members` of some, whose ancestors are then among them and open."""

    def __init__(self, rows: TreeRows, members: set[int] | None = None) -> None:
        count = len(rows.ids)
        self._rows = rows
        self.members = members
        self.kids: dict[int, list[int]] = {}
        self.inner: dict[int, set[int]] = {}  # which of a parent's children have children
        self.open = {ROOT}
        self.shut: set[int] = set()  # with members: those that were folded by hand
        self.size = array("i", [1]) * count  # nodes, itself included
        self.span = array("i", [1]) * count  # lines, itself included
        self._one = 1 if members is None else 0  # what a node counts for while nothing else is said
        self.things = array("i", [self._one]) * count  # nodes that stand for something, itself included
        self.things[ROOT] = 0
        self.unsettled: set[int] = set()  # parents that someone looked at, with many children in no order yet
        self._tails: dict[int, int] = {}  # from which child on a parent's children are in no order
        self._starts: dict[int, list[int]] = {}  # the lines up to and with each child of a parent

    def __len__(self) -> int:
        return self.span[ROOT] - 1

    def lengthen(self) -> None:
        """Bring the lists to the length of the nodes'."""
        more = len(self._rows.ids) - len(self.size)
        self.size.extend(repeat(1, more))
        self.span.extend(repeat(1, more))
        self.things.extend(repeat(self._one, more))

    # Where things stand.

    def at(self, line: int) -> tuple[int, Trail]:
        """Give the slot on a line, and the way to it.

        Raises: IndexError where there is no such line.
        """
        if not 0 <= line < len(self):
            raise IndexError(line)
        trail: Trail = []
        slot = ROOT
        while True:
            kids = self.in_order(slot)
            if self.span[slot] - 1 == len(kids):
                trail.append((slot, line))
                return kids[line], trail
            ends = self._ends(slot, kids)
            place = bisect_right(ends, line)
            if place == len(ends):
                place += line - ends[-1]
                trail.append((slot, place))
                return kids[place], trail
            if place:
                line -= ends[place - 1]
            trail.append((slot, place))
            slot = kids[place]
            if line == 0:
                return slot, trail
            line -= 1

    def slot_at(self, line: int) -> int:
        return self.at(line)[0]

    def line_of(self, slot: int) -> int | None:
        """Give a node's line; None where a folded ancestor hides it, or it is not among the members."""
        if slot == ROOT or (self.members is not None and slot not in self.members):
            return None
        line = -1
        while slot != ROOT:
            parent = self._rows.parents[slot]
            if parent not in self.open:
                return None
            kids = self.in_order(parent)
            place = self._place(parent, slot)
            line += 1 + (place if self.span[parent] - 1 == len(kids) else self._before(parent, kids, place))
            slot = parent
        return line

    def in_order(self, parent: int) -> list[int]:
        """Give a parent's children as they stand."""
        kids = self.kids[parent]
        start = self._tails.get(parent)
        if start is not None:
            if len(kids) - start > RUN:
                self.unsettled.add(parent)
            else:
                self.settle(parent)
        return kids

    def settle(self, parent: int) -> bool:
        """Put the next `RUN` children of a parent in order; give whether there are more."""
        start, kids, keys = self._tails.get(parent), self.kids.get(parent), self._rows.keys
        if start is None or kids is None:
            self.unsettled.discard(parent)
            return False
        run = kids[start : start + RUN]
        for slot in run:
            if keys[slot] is None:
                self._rows.key(slot)
        run.sort(key=keys.__getitem__)
        place = bisect_right(kids, keys[run[0]], 0, start, key=keys.__getitem__) if start and run else start
        if place < start:
            # Most come behind all that are in order: the others are merged with those that they go before.
            run = kids[place:start] + run
            run.sort(key=keys.__getitem__)
        stop = place + len(run)
        kids[place:stop] = run
        self._starts.pop(parent, None)
        if stop < len(kids):
            self._tails[parent] = stop
            return True
        self._tails.pop(parent)
        self.unsettled.discard(parent)
        return False

    def unsort(self) -> None:
        """Have all children be put in order when someone looks."""
        self._tails = dict.fromkeys(self.kids, 0)

    def neighbour(self, slot: int) -> int:
        """Give the line of what is seen nearest to a node that is not: an ancestor, or where it would stand."""
        below = slot
        while slot != ROOT and self.line_of(slot) is None:
            below, slot = slot, self._rows.parents[slot]
        if slot != ROOT and slot not in self.open:
            return self.line_of(slot) or 0
        kids = self.in_order(slot) if slot in self.kids else []
        if not kids:
            return self.line_of(slot) or 0
        settled = self._tails.get(slot, len(kids))
        place = bisect_left(kids, self._rows.key(below), 0, settled, key=self._rows.keys.__getitem__)
        return self.line_of(kids[min(place, len(kids) - 1)]) or 0

    def folders_below(self, slot: int) -> Iterator[int]:
        """Give a node and all below it that have children, parents first."""
        waiting = [slot] if slot in self.kids else []
        while waiting:
            parent = waiting.pop()
            yield parent
            waiting += self.inner.get(parent, ())

    def below(self, slot: int) -> list[int]:
        """Give all nodes below one, in no order."""
        return [kid for parent in self.folders_below(slot) for kid in self.kids[parent]]

    def walk(self, slot: int = ROOT) -> Iterator[int]:
        """Give all nodes below one as they would stand with everything open."""
        waiting = list(reversed(self.in_order(slot))) if slot in self.kids else []
        while waiting:
            slot = waiting.pop()
            yield slot
            if slot in self.kids:
                waiting += reversed(self.in_order(slot))

    def _ends(self, parent: int, kids: list[int]) -> list[int]:
        """Give the running sums of the children's lines, up to those that surely take one each: the leaves."""
        ends = self._starts.get(parent)
        if ends is None:
            folders = kids
            if self._rows.folders_first and parent not in self._tails:
                folders = kids[: bisect_left(kids, "1", key=self._rows.keys.__getitem__)]
            ends = self._starts[parent] = list(accumulate(map(self.span.__getitem__, folders)))
        return ends

    def _before(self, parent: int, kids: list[int], place: int) -> int:
        ends = self._ends(parent, kids)
        if place > len(ends):
            return ends[-1] + place - len(ends)
        return ends[place - 1] if place else 0

    def _place(self, parent: int, slot: int) -> int:
        kids = self.kids[parent]
        settled = self._tails.get(parent, len(kids))
        key = self._rows.keys[slot]
        if key is not None and settled:
            place = bisect_left(kids, key, 0, settled, key=self._rows.keys.__getitem__)
            if place < settled and kids[place] == slot:
                return place
        return kids.index(slot)

    # Coming and going.

    def add(self, parent: int, fresh: list[int], things: int) -> None:
        """Take new children of a parent, each without any of its own yet; `things` of them stand for something."""
        self._take(parent, fresh)
        self._carry(parent, len(fresh), things, len(fresh))

    def add_all(self, fresh: Mapping[int, list[int]], things: Mapping[int, int]) -> None:
        """Take new children of many parents, some of which may be new themselves; counts go up together."""
        kids, tails, inner, parents = self.kids, self._tails, self.inner, self._rows.parents
        known = []
        for parent, slots in fresh.items():
            if parent in kids:
                known.append(parent)
                continue
            kids[parent] = slots.copy()
            tails[parent] = 0
            if (above := parents[parent]) in inner:
                inner[above].add(parent)
            else:
                inner[above] = {parent}
        for parent in known:  # after the others, which are folders by now and stand among those
            self._enter(parent, kids[parent], fresh[parent])
            self._starts.pop(parent, None)
        if len(fresh) <= _FEW:
            for parent, slots in fresh.items():
                self._carry(parent, len(slots), things[parent], len(slots))
            return
        size, counts, span, shown = self.size, self.things, self.span, self.open
        waiting = {parent: (len(slots), things[parent], len(slots)) for parent, slots in fresh.items()}
        for slot in sorted(waiting, reverse=True):  # a node mostly came behind the one above it
            more, here, lines = waiting.pop(slot)
            size[slot] += more
            counts[slot] += here
            if lines:
                self._starts.pop(slot, None)
                if slot in shown:
                    span[slot] += lines
                else:
                    lines = 0
            above = parents[slot]
            if above in waiting:
                one, two, three = waiting[above]
                waiting[above] = one + more, two + here, three + lines
            else:
                self._carry(above, more, here, lines)

    def begin(self, parent: int) -> None:
        """Have a node count as one with children before the first comes."""
        self._first(parent, [])
        self._tails[parent] = 0

    def _take(self, parent: int, fresh: list[int]) -> None:
        kids = self.kids.get(parent)
        if kids is None:
            self._first(parent, fresh)
            self._tails[parent] = 0
            if self.members is not None and parent not in self.shut:
                self.open.add(parent)
        else:
            self._enter(parent, kids, fresh)
        self._starts.pop(parent, None)

    def attach(self, parent: int, slot: int) -> None:
        """Take a child with all that is below it."""
        kids = self.kids.get(parent)
        if kids is None:
            self._first(parent, [slot])
        else:
            self._enter(parent, kids, [slot])
        if slot in self.kids:
            self.inner.setdefault(parent, set()).add(slot)
        self._starts.pop(parent, None)
        self._carry(parent, self.size[slot], self.things[slot], self.span[slot])

    def detach(self, *slots: int) -> None:
        """Take children of one parent away with all that is below them."""
        parent = self._rows.parents[slots[0]]
        kids = self.kids[parent]
        if len(slots) <= _FEW:
            for slot in slots:
                self._leave(parent, kids, slot)
        else:
            gone, settled = set(slots), self._tails.get(parent)
            if settled is not None:
                self._tails[parent] = sum(kid not in gone for kid in kids[:settled])
            kids[:] = [kid for kid in kids if kid not in gone]
        if parent in self.inner:
            self.inner[parent].difference_update(slots)
        if not kids:
            del self.kids[parent]
            self.inner.pop(parent, None)
            self.inner.get(self._rows.parents[parent], set()).discard(parent)
            self._tails.pop(parent, None)
            self.unsettled.discard(parent)
        self._starts.pop(parent, None)
        size, things, span = (sum(of[slot] for slot in slots) for of in (self.size, self.things, self.span))
        self._carry(parent, -size, -things, -span)

    def forget(self, slot: int) -> None:
        """Drop what is known of a slot that is detached, or below one that is."""
        self.size[slot] = self.span[slot] = 1
        self.things[slot] = self._one
        self.kids.pop(slot, None)
        self.inner.pop(slot, None)
        self._tails.pop(slot, None)
        self._starts.pop(slot, None)
        for known in (self.open, self.shut, self.unsettled):
            known.discard(slot)
        if self.members is not None:
            self.members.discard(slot)

    def lift(self, slot: int) -> None:
        """Take a node out of its place before its key changes; `drop` puts it back."""
        parent = self._rows.parents[slot]
        self._leave(parent, self.kids[parent], slot)
        self._starts.pop(parent, None)

    def drop(self, slot: int) -> None:
        self._enter(parent := self._rows.parents[slot], self.kids[parent], [slot])

    def hollow(self, slots: Iterable[int]) -> None:
        """Note that new nodes stand for nothing themselves."""
        for slot in slots:
            self.things[slot] = 0

    def count(self, slot: int, things: int) -> None:
        """Note that a node came to stand for something, or no longer does."""
        self._carry(slot, 0, things, 0)

    def _first(self, parent: int, fresh: list[int]) -> None:
        self.kids[parent] = fresh
        self.inner.setdefault(self._rows.parents[parent], set()).add(parent)

    def _enter(self, parent: int, kids: list[int], fresh: list[int]) -> None:
        if len(fresh) > _FEW or parent in self._tails:
            self._tails.setdefault(parent, len(kids))
            kids += fresh
            return
        keys = self._rows.keys
        for slot in fresh:
            kids.insert(bisect_right(kids, self._rows.key(slot), key=keys.__getitem__), slot)

    def _leave(self, parent: int, kids: list[int], slot: int) -> None:
        place = self._place(parent, slot)
        del kids[place]
        settled = self._tails.get(parent)
        if settled is not None and place < settled:
            self._tails[parent] = settled - 1

    def _carry(self, slot: int, size: int, things: int, lines: int) -> None:
        """Add to what a node and its ancestors count."""
        parents, shown = self._rows.parents, self.open
        while slot >= 0 and (size or things or lines):
            self.size[slot] += size
            self.things[slot] += things
            if lines:
                self._starts.pop(slot, None)
                if slot in shown:
                    self.span[slot] += lines
                else:
                    lines = 0
            slot = parents[slot]
