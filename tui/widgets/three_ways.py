"""Three texts as one list of lines: what two have made of a third one, each line with whose it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from enum import StrEnum
from typing import NamedTuple

CONTEXT = 2
"""Equal lines that stand around what differs."""


class Whose(StrEnum):
    """Who has a line; where all three have it, and where equal lines are left out, it is nobody's own."""

    ALL = ""
    BASE = "base"
    THEIRS = "theirs"
    YOURS = "yours"
    BOTH = "both"
    FOLD = "fold"


class Line(NamedTuple):
    """One line; the text of a fold is how many there are, that of what is `gone` is empty."""

    whose: Whose
    text: str
    gone: bool = False
    """Whose it is took the base's lines above out, and put none in their place."""


def three_ways(base: str, theirs: str, yours: str) -> list[Line]:
    """Give the lines of three texts; where they differ, the base's come first, then theirs, then yours.

    What theirs and yours changed in the same way is `both`; long equal stretches are folded. Texts that differ only
    in the end of their last line have an empty one more.
    """
    texts = [text.split("\n") for text in (base, theirs, yours)]
    return _folded([*_lines(*texts)])


def _lines(base: list[str], theirs: list[str], yours: list[str]) -> Iterator[Line]:
    in_theirs, in_yours = _places(base, theirs), _places(base, yours)
    at = across = along = 0
    for line in [number for number in range(len(base)) if number in in_theirs and number in in_yours]:
        yield from _chunk(base[at:line], theirs[across : in_theirs[line]], yours[along : in_yours[line]])
        yield Line(Whose.ALL, base[line])
        at, across, along = line + 1, in_theirs[line] + 1, in_yours[line] + 1
    yield from _chunk(base[at:], theirs[across:], yours[along:])


def _places(base: list[str], other: list[str]) -> dict[int, int]:
    """Give the line of the other text that each line of the base is equal to; both go up."""
    blocks = SequenceMatcher(None, base, other, autojunk=False).get_matching_blocks()
    return {block.a + step: block.b + step for block in blocks for step in range(block.size)}


def _chunk(base: list[str], theirs: list[str], yours: list[str]) -> Iterator[Line]:
    yield from (Line(Whose.BASE, line) for line in base)
    if theirs == yours:
        yield from _made(Whose.BOTH, base, theirs)
    else:
        yield from _made(Whose.THEIRS, base, theirs)
        yield from _made(Whose.YOURS, base, yours)


def _made(whose: Whose, base: list[str], lines: list[str]) -> Iterator[Line]:
    if lines != base:
        yield from (Line(whose, line) for line in lines)
        if not lines:
            yield Line(whose, "", gone=True)


def _folded(lines: Sequence[Line]) -> list[Line]:
    near: set[int] = set()
    for number, line in enumerate(lines):
        if line.whose is not Whose.ALL:
            near.update(range(number - CONTEXT, number + CONTEXT + 1))
    found: list[Line] = []
    hidden = 0
    for number, line in enumerate(lines):
        if number in near:
            if hidden:
                found.append(Line(Whose.FOLD, str(hidden)))
                hidden = 0
            found.append(line)
        else:
            hidden += 1
    return [*found, Line(Whose.FOLD, str(hidden))] if hidden else found
