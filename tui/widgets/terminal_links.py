"""Links in a terminal: those that the far end marked (OSC 8), and addresses that stand in its text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from tui.widgets.terminal_lines import Lines, Spot

if TYPE_CHECKING:
    from tui.emulator.terminal import Terminal

_PLAIN = re.compile(r"(?:https?://|file://|mailto:)[^\s<>\"'`{}|\\^\[\]\x00-\x1f\x7f-\x9f]+", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")
_PAIRS = (("(", ")"),)
_ROWS = 50
"""Rows of one line in which a link is looked for, above and below."""


class Link(NamedTuple):
    """A link, and the cells it stands in, row by row: line, first column, column behind the last."""

    uri: str
    spans: list[tuple[int, int, int]]

    @property
    def spot(self) -> Spot:
        return Spot(self.spans[0][0], self.spans[0][1])

    def holds(self, spot: Spot) -> bool:
        return any(line == spot.line and start <= spot.column < stop for line, start, stop in self.spans)


def addresses(text: str) -> Iterator[tuple[int, int]]:
    """Find the addresses in a text; a mark that ends the sentence is none of theirs."""
    for found in _PLAIN.finditer(text):
        address = found[0]
        while address:
            short = address.rstrip(".,;:!?")
            for opening, closing in _PAIRS:
                if short.endswith(closing) and short.count(closing) > short.count(opening):
                    short = short[:-1]
            if short == address:
                break
            address = short
        if not address.endswith(("//", ":")):
            yield found.start(), found.start() + len(address)


class Links:
    """The links of one terminal."""

    def __init__(self, terminal: Terminal, lines: Lines) -> None:
        self._terminal = terminal
        self._lines = lines

    def of(self, line: int) -> list[Link]:
        """Give the links on a line, and on those that are one line of text with it, from left to right."""
        lines = self._lines
        joined = lines.joined(lines.whole(line, _ROWS))
        found: list[tuple[int, int, str]] = []
        at = 0
        for row, text in enumerate(joined.texts):
            begin = at
            for part, style in lines.runs(joined.first + row):
                uri = self._terminal.link(style.link) if style.link else ""
                stop = min(begin + len(part), at + len(text))
                if uri and found and found[-1][1:] == (begin, uri):
                    found[-1] = (found[-1][0], stop, uri)
                elif uri:
                    found.append((begin, stop, uri))
                begin = stop
            at += len(text)
        marked = [(start, stop) for start, stop, _ in found]
        for start, stop in addresses(joined.text):
            if not any(start < b and a < stop for a, b in marked):
                found.append((start, stop, joined.text[start:stop]))
        found = [(start, stop, uri if uri.isprintable() else _CONTROL.sub("", uri)) for start, stop, uri in found]
        return [Link(uri, spans) for start, stop, uri in sorted(found) if (spans := joined.spans(start, stop))]

    def at(self, spot: Spot) -> Link | None:
        """Give the link at a cell."""
        return next((link for link in self.of(spot.line) if link.holds(spot)), None)

    def beside(self, spot: Spot, *, forward: bool, start: int, stop: int) -> Link | None:
        """Give the next or the previous link between two lines; round the end where there is none."""
        found = sorted({link.spot: link for line in range(start, stop) for link in self.of(line)}.items())
        if not found:
            return None
        beyond = [link for place, link in found if (place > spot if forward else place < spot)]
        if forward:
            return beyond[0] if beyond else found[0][1]
        return beyond[-1] if beyond else found[-1][1]
