"""The search in a terminal: every place where a text stands, found slice by slice from the newest line up."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tui.widgets.terminal_lines import Lines, Spot, column_of, index_at

SLICE = 400
"""Lines that are looked through in one go, a few milliseconds' work at most."""
MOST = 1_000_000
"""Places that are kept; beyond it the count says that there are more."""
_SECONDS = 0.05
"""What a regular expression may take over one slice."""
_SHIFT = 20
_MASK = (1 << _SHIFT) - 1

Finder = Callable[[str], Iterator[tuple[int, int]]]
"""Gives the stretches of a text where it is found."""


class Match(NamedTuple):
    """Where a match begins: its line, and the character there; they are in the order of the text."""

    line: int
    at: int


def finder_of(needle: str) -> Finder:
    """Make what finds a needle: letters match in either case unless one is a capital; `~…~` is a regular expression.

    Raises: ValueError where the expression is none, with what is wrong. What is made raises TimeoutError.
    """
    same_case = needle != needle.lower()
    if len(needle) > 2 and needle[0] == needle[-1] == "~":
        # Deferred: `regex`, whose searches can be given a time, is loaded by the first expression only.
        import regex

        try:
            pattern = regex.compile(needle[1:-1], regex.MULTILINE | (0 if same_case else regex.IGNORECASE))
        except Exception as fault:  # it raises several kinds of its own for patterns that can't be
            raise ValueError(str(getattr(fault, "msg", "") or fault)) from fault

        def expression(text: str) -> Iterator[tuple[int, int]]:
            for found in pattern.finditer(text, timeout=_SECONDS):
                # What goes over the end of a line is cut there.
                start, stop = found.span()
                end = text.find("\n", start, stop)
                if stop > start and end != start:
                    yield start, stop if end < 0 else end

        return expression
    escaped = re.compile(re.escape(needle), 0 if same_case else re.IGNORECASE)

    def plain(text: str) -> Iterator[tuple[int, int]]:
        if not same_case and not text.isascii():
            for found in escaped.finditer(text):
                yield found.span()
            return
        hay = text if same_case else text.lower()
        size = len(needle)
        at = hay.find(needle)
        while at >= 0:
            yield at, at + size
            at = hay.find(needle, at + size)

    return plain


class Search:
    """One needle and where it stands. `step` looks further; `now` is the match that one is at."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self.clear()

    def clear(self) -> None:
        self.needle = ""
        self.problem = ""
        """Why the needle can't be searched for."""
        self.now: Match | None = None
        self._finder: Finder | None = None
        self._found = array("q")
        self._seen_to = self._rest = 0
        self._origin = 0
        self._wanted = self._stale = False
        self._known = False
        """Whether the match that is wanted is the one that one was at before."""

    def renew(self, origin: Spot) -> None:
        """Take note that lines were wrapped anew: what was found stands elsewhere, and is looked for again by the next
        step; the place at `origin` or above is the one that one is at then, as before."""
        if self._finder is not None:
            self._known = self._known or self.now is not None
            self._stale, self._origin = True, (origin.line << _SHIFT) + min(origin.column, _MASK)

    def _look_again(self) -> None:
        self._found, self.now = array("q"), None
        self._seen_to = self._rest = self._lines.stop
        self._wanted, self._stale = self._wanted or self._known, False

    def begin(self, needle: str, origin: Spot) -> None:
        """Look for a needle; the first place at `origin` or above is wanted, else the nearest below."""
        self.clear()
        self.needle = needle
        if not needle:
            return
        try:
            self._finder = finder_of(needle)
        except ValueError as fault:
            self.problem = str(fault)
            return
        self._seen_to = self._rest = self._lines.stop
        self._origin = (origin.line << _SHIFT) + min(origin.column, _MASK)
        self._wanted = True

    @property
    def is_searching(self) -> bool:
        """Whether lines are left to look through."""
        left = self._stale or (self._rest > self._lines.first and len(self._found) < MOST)
        return left and self._finder is not None

    @property
    def count(self) -> int:
        return len(self._found)

    def step(self) -> bool:
        """Look through one slice more; True where the match that one is at became known by it."""
        if self._finder is None or not self.is_searching:
            return self._settle()
        if self._stale:
            self._look_again()
        try:
            found, self._rest = self._matches(self._finder, self._rest)
        except TimeoutError:
            self._finder, self.problem = None, "takes too long"
            return False
        self._found.extend(reversed(found))
        if self._wanted:
            at = self._first_at(self._origin)
            if at < len(self._found):
                known, self._wanted, self._known = self._known, False, False
                self.now = self._match(at)
                return not known
        return self._settle()

    def _settle(self) -> bool:
        """At the end of a search that found nothing at its origin or above, take the nearest below."""
        if not self._wanted or self.is_searching:
            return False
        known, self._wanted, self._known = self._known, False, False
        if self._found:
            self.now = self._match(len(self._found) - 1)
        return bool(self._found) and not known

    def _matches(self, finder: Finder, stop: int) -> tuple[list[int], int]:
        """Find what stands in the slice that ends at a line; the packed places, and where the slice begins."""
        lines = self._lines
        stop = min(stop, lines.stop)
        start = max(lines.first, stop - SLICE)
        start = lines.whole(start).start if start > lines.first else start
        texts, begins, at = lines.texts(start, stop), [], 0
        for row, text in enumerate(texts):
            begins.append(at)
            if not lines.wrapped(start + row):
                texts[row] = text + "\n"
            at += len(texts[row])
        begins.append(at + 1)
        places = []
        row, base, end = 0, start << _SHIFT, begins[1]
        for index, _ in finder("".join(texts)):
            if index >= end:
                row = bisect_right(begins, index) - 1
                # Places in a row are added to this one.
                base, end = (start + row << _SHIFT) - begins[row], begins[row + 1]
            places.append(base + index)
        return places, start

    def _match(self, at: int) -> Match:
        packed = self._found[at]
        return Match(packed >> _SHIFT, packed & _MASK)

    def _first_at(self, packed: int) -> int:
        """Give the newest match at a place or above it."""
        return bisect_left(self._found, -packed, key=lambda place: -place)

    def go(self, spot: Spot, *, older: bool) -> bool:
        """Go to the next match above a cell, or below it; False where there is none."""
        if self._finder is None:
            return False
        if self._stale:
            self._look_again()
        self._look_below()
        packed = (spot.line << _SHIFT) + index_at(self._lines.text(spot.line), spot.column)
        at = self._first_at(packed - 1) if older else self._first_at(packed) - 1
        while at >= len(self._found) and self.is_searching:
            self.step()
            at = self._first_at(packed - 1)
        if not 0 <= at < len(self._found):
            return False
        self.now, self._wanted, self._known = self._match(at), False, False
        return True

    def _look_below(self) -> None:
        """Look through the lines that came since; the screen's own may have changed."""
        stop = self._lines.stop
        if self._finder is None or stop <= self._seen_to:
            return
        floor = max(self._seen_to - (stop - self._lines.screen), self._rest)
        kept = self._found[self._first_at((floor << _SHIFT) - 1) :]
        fresh: list[int] = []
        rest = stop
        while rest > floor:
            try:
                found, rest = self._matches(self._finder, rest)
            except TimeoutError:
                break
            fresh += [place for place in reversed(found) if place >> _SHIFT >= floor]
        self._found = array("q", fresh)
        self._found.extend(kept)
        self._seen_to = stop

    @property
    def place(self) -> Spot | None:
        """The cell of the match that one is at."""
        if self.now is None or not self._lines.first <= self.now.line < self._lines.stop:
            return None
        return Spot(self.now.line, column_of(self._lines.text(self.now.line), self.now.at))

    @property
    def kept(self) -> Spot | None:
        """The cell that is to stay at its character where lines are wrapped anew, for `renew`."""
        return Spot(self._origin >> _SHIFT, self._origin & _MASK) if self._stale else self.place

    @property
    def said(self) -> str:
        """Which of how many, as one is told."""
        if self.problem:
            return self.problem
        more = "+" if self.is_searching or self.count >= MOST else ""
        if self.now is None:
            return "searching" if self.is_searching else "not found"
        at = self._first_at((self.now.line << _SHIFT) + self.now.at)
        return f"{at + 1} of {self.count}{more}"

    def spans(self, line: int) -> list[tuple[int, int, bool]]:
        """Give the cells of a line in which it stands: first column, column behind the last, whether it is `now`."""
        if self._finder is None:
            return []
        lines = self._lines
        reach = 8 if self.needle.startswith("~") else len(self.needle) // max(lines.columns, 1) + 1
        joined = lines.joined(lines.whole(line, reach))
        try:
            found = list(self._finder(joined.text))
        except TimeoutError:
            return []
        spans = []
        for start, stop in found:
            now = joined.place(start) == self.now
            spans += [(a, b, now) for at, a, b in joined.spans(start, stop) if at == line]
        return spans
