"""Two texts compared line by line: which stretches are equal, and which differ.

Comparing is plain work that may take seconds: it belongs in a thread, can be stopped, and is bounded by a count of
steps, beyond which what is left is taken for changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import Match, SequenceMatcher
from itertools import accumulate
from typing import NamedTuple

from tui.widgets.ansi_text import plain

MOST_LINES = 50_000
"""Lines of a text that are compared; the rest is left out, and said."""
MOST_STEPS = 20_000_000
"""Pairs of lines that are looked at for what is equal; a few seconds of work."""
CONTEXT = 3
"""Equal lines that show around what differs."""


class Block(NamedTuple):
    """Lines [a, b) of the left and [c, d) of the right: equal, changed, or a section's title in the left's line."""

    kind: str
    a: int
    b: int
    c: int
    d: int


@dataclass(slots=True)
class Compared:
    """Two texts as lines without their colours, and the blocks that they are made of, in order."""

    left: list[str] = field(default_factory=list)
    right: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    invisible: bool = False
    """The texts differ, but in nothing that is drawn: colours, line ends, bytes that are no text."""
    cut: bool = False
    """Only the first MOST_LINES were compared."""
    rough: bool = False
    """They are so unlike that some of what is equal may be shown as changed."""

    changes: list[int] = field(default_factory=list)
    """The numbers of the blocks that differ."""
    begins: list[tuple[int, int]] = field(default_factory=list)
    """Where each section's lines begin, in the left and in the right."""

    @property
    def counts(self) -> tuple[int, int]:
        """How many lines only the left has, and only the right."""
        changed = [self.blocks[number] for number in self.changes]
        return sum(block.b - block.a for block in changed), sum(block.d - block.c for block in changed)

    def line_number(self, at: int, *, right: bool = False) -> int:
        """Give the number, from 1, that a line has in its own section."""
        return at + 1 - max((begin[right] for begin in self.begins if begin[right] <= at), default=0)

    def unified(self, left: str, right: str) -> str:
        """Write the difference as `diff -u` does, for each section that differs; empty where nothing does."""
        made: list[str] = []
        at = across = 0
        names = [f"--- {left}", f"+++ {right}"]
        for hunk in self._hunks():
            first, last = hunk[0], hunk[-1]
            if first.kind == "section":
                title = self.left[first.a]
                at, across, names = first.b, first.d, [f"--- {left} {title}", f"+++ {right} {title}"]
                continue
            old, new = last.b - first.a, last.d - first.c
            # An empty side is named by the line before it.
            place = f"-{first.a - at + (old > 0)},{old} +{first.c - across + (new > 0)},{new}"
            made += [*names, f"@@ {place} @@"]
            names = []
            for block in hunk:
                if block.kind == "changed":
                    made += [f"-{line}" for line in self.left[block.a : block.b]]
                    made += [f"+{line}" for line in self.right[block.c : block.d]]
                else:
                    made += [f" {line}" for line in self.left[block.a : block.b]]
        return "\n".join([*made, ""]) if made else ""

    def _hunks(self) -> Iterator[list[Block]]:
        """Yield the blocks that stand together, equal ones cut to their context; a section's title stands alone."""
        hunk: list[Block] = []
        for number, block in enumerate(self.blocks):
            if block.kind == "changed":
                hunk.append(block)
                continue
            goes_on = number + 1 < len(self.blocks) and self.blocks[number + 1].kind == "changed"
            size, begun = block.b - block.a, any(one.kind == "changed" for one in hunk)
            if block.kind == "equal" and begun and goes_on and size <= 2 * CONTEXT:
                hunk.append(block)
                continue
            keep = min(size, CONTEXT) if block.kind == "equal" else 0
            if begun:
                yield [*hunk, *([Block("equal", block.a, block.a + keep, block.c, block.c + keep)] if keep else [])]
            if block.kind == "section":
                yield [block]
            hunk = [Block("equal", block.b - keep, block.b, block.d - keep, block.d)] if goes_on and keep else []
        if any(block.kind == "changed" for block in hunk):
            yield hunk


class _Matcher(SequenceMatcher[str]):
    """Finds equal stretches as difflib does, within a count of steps, and only while nobody stops it."""

    def __init__(self, left: list[str], right: list[str], steps: int, stopped: Callable[[], bool]) -> None:
        times = Counter(right)
        costs = [times[line] + 1 for line in left]
        self._costs = [0, *accumulate(costs)]
        self._left_over, self._stopped = steps, stopped
        self.rough = False
        # Lines that come often cost most and tell least: beyond a size they no longer begin what is equal.
        super().__init__(None, left, right, autojunk=self._costs[-1] > steps // 8)

    def find_longest_match(self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None) -> Match:
        end = len(self._costs) - 1 if ahi is None else ahi
        self._left_over -= self._costs[end] - self._costs[alo]
        if self._left_over < 0 or self._stopped():
            self.rough = True
            return Match(alo, blo, 0)
        return super().find_longest_match(alo, ahi, blo, bhi)


def compare(
    sections: Sequence[tuple[str, str, str]], *, stopped: Callable[[], bool] = lambda: False, steps: int = MOST_STEPS
) -> Compared:
    """Compare texts section by section; each is its title, the left text and the right one.

    A section where both are empty is left out; with one section left, its title is. `stopped` is asked now and then.
    """
    found = Compared()
    kept = [section for section in sections if section[1] or section[2]]
    differ = False
    for title, left_text, right_text in kept:
        differ = differ or left_text != right_text
        left, right = _lines(left_text), _lines(right_text)
        found.cut = found.cut or max(len(left), len(right)) > MOST_LINES
        left, right = left[:MOST_LINES], right[:MOST_LINES]
        if len(kept) > 1:
            at, across = len(found.left), len(found.right)
            found.blocks.append(Block("section", at, at + 1, across, across + 1))
            found.left.append(title)
            found.right.append(title)
        at, across = len(found.left), len(found.right)
        found.begins.append((at, across))
        found.left += left
        found.right += right
        for kind, a, b, c, d in _blocks(left, right, steps, stopped, found):
            found.blocks.append(Block(kind, a + at, b + at, c + across, d + across))
    found.changes = [number for number, block in enumerate(found.blocks) if block.kind == "changed"]
    found.invisible = differ and not found.cut and not found.changes
    return found


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    return [plain(line.rstrip("\r")) for line in lines]


def _blocks(
    left: list[str], right: list[str], steps: int, stopped: Callable[[], bool], found: Compared
) -> Iterator[Block]:
    """Yield what two texts are made of. What both begin and end with needs no search."""
    least = min(len(left), len(right))
    head = next((at for at in range(least) if left[at] != right[at]), least)
    tail = next((at for at in range(least - head) if left[-1 - at] != right[-1 - at]), least - head)
    matcher = _Matcher(left[head : len(left) - tail], right[head : len(right) - tail], steps, stopped)
    a = c = 0
    stretches = [(0, 0, head), *((i + head, j + head, n) for i, j, n in matcher.get_matching_blocks())]
    stretches.append((len(left) - tail, len(right) - tail, tail))
    equal = [0, 0, 0, 0]
    for i, j, size in stretches:
        if not size:
            continue
        if (i, j) != (a, c):
            if equal[1] > equal[0]:
                yield Block("equal", *equal)
            yield Block("changed", a, i, c, j)
            equal = [i, i, j, j]
        equal = [equal[0], i + size, equal[2], j + size]
        a, c = i + size, j + size
    if equal[1] > equal[0]:
        yield Block("equal", *equal)
    if (a, c) != (len(left), len(right)):
        yield Block("changed", a, len(left), c, len(right))
    found.rough = found.rough or matcher.rough
