"""One output among others: where one stands in it, what one looks for in it, and its lines as they are drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.widgets.cells import clean, width, window
from tui.widgets.output_tail import OutputTail, bytes_in_words
from tui.widgets.top_bar import Word

Pieces = list[tuple[str, Style]]


@dataclass(slots=True, eq=False)
class Pane:
    """One output: `key` names it to its owner, `title` are words with styles, `hint` is said while it is empty."""

    key: str
    tail: OutputTail
    title: Sequence[Word] = ()
    hint: str = ""
    badge: str = ""
    """A word at the right of its title: what is chosen with it, or which key means something there."""
    top: int | None = None
    """The number of the line that stands at the top; None follows the end."""
    left: int = 0
    needle: str = ""
    match: int | None = field(default=None, repr=False)
    """The number of the line of the match that one went to."""

    def rows(self, height: int) -> int:
        """Give how many lines show in a tile: its title takes one row, the notice of what is left out another."""
        return max(height - (2 if self.tail.is_partial else 1), 1)

    def notice(self, ellipsis: str = "…") -> str:
        """Say how much of the output is not here, where that is so."""
        if not self.tail.is_partial:
            return ""
        kept, size = bytes_in_words(self.tail.kept_bytes), bytes_in_words(self.tail.size)
        return f"{ellipsis} the last {kept} of {size}; v for the whole"

    def first(self, rows: int) -> int:
        """Give the number of the first line that shows in so many rows."""
        last = max(self.tail.end - rows, self.tail.base)
        return last if self.top is None else max(self.tail.base, min(self.top, last))

    def below(self, rows: int) -> int:
        """Count the lines below those that show."""
        return max(self.tail.end - rows - self.first(rows), 0)

    def scroll(self, step: int, rows: int) -> None:
        """Move by lines; one that reaches the end follows it."""
        to = max(self.first(rows) + step, self.tail.base)
        self.top = None if to >= self.tail.end - rows else to

    def hold(self, rows: int) -> bool:
        """Stay where one is though more comes, or follow the end again; say which."""
        self.top = self.first(rows) if self.top is None else None
        return self.top is not None

    # search

    def search(self, needle: str, rows: int) -> bool:
        """Go to the first line from the top on that has a text, around the end if need be; "" ends the search.

        Case does not matter unless the text has capitals.
        """
        self.needle, self.match = clean(needle), None
        return bool(self.needle) and self._seek(self.first(rows), 1, rows)

    def next_match(self, step: int, rows: int) -> bool:
        """Go to the next (or previous) line that has it."""
        return bool(self.needle) and self._seek(
            (self.first(rows) if self.match is None else self.match) + step, step, rows
        )

    def _seek(self, start: int, step: int, rows: int) -> bool:
        lines, base = [*self.tail.lines], self.tail.base
        for ahead in range(len(lines)):
            at = (start - base + ahead * step) % len(lines)
            place = next(places(lines[at].text, self.needle), None)
            if place is not None:
                self.match, first = base + at, self.first(rows)
                in_sight = first <= self.match < first + rows
                self.top = first if in_sight else max(base, min(self.match - rows // 2, self.tail.end - rows))
                return True
        return False

    def bring(self, columns: int) -> None:
        """Scroll sideways so far that the match is seen."""
        if self.match is not None and self.tail.base <= self.match < self.tail.end:
            text = self.tail.line(self.match).text
            at = width(text[: next(places(text, self.needle), 0)])
            if not self.left <= at <= self.left + columns - width(self.needle) - 2:
                self.left = max(0, at - columns // 2) if at + width(self.needle) + 2 > columns else 0

    # drawing

    def drawn(self, number: int, columns: int, base: Style, styles: Mapping[str, Style], marks: str = "…▏") -> Strip:
        """Draw a line in so many cells; `marks` are what says that a line goes on, and what stands before stderr.

        `styles` has `stdout` and `stderr` for text that brings no colour of its own, `note` and `match`.
        """
        line = self.tail.line(number)
        ground = base + styles.get(line.stream, Style.null())
        pieces = [(text, ground + ink.style) for text, ink in line.spans]
        if self.needle:
            spans = [(at, at + len(self.needle)) for at in places("".join(text for text, _ in pieces), self.needle)]
            pieces = painted(pieces, spans, styles["match"])
        lead: Pieces = [(marks[1], ground)] if line.stream == "stderr" and columns > 1 else []
        room = columns - len(lead)
        shown, taken, more = cropped(pieces, self.left, room)
        if more or line.over:
            mark = f"{marks[0]}+{bytes_in_words(line.over)}" if line.over else marks[0]
            mark = mark[:room]
            shown, taken, _ = cropped(pieces, self.left, room - width(mark))
            shown += [(" " * (room - width(mark) - taken), ground), (mark, ground)]
            taken = room
        segments = [Segment(text, style) for text, style in (*lead, *shown) if text]
        return Strip(segments, taken + len(lead)).adjust_cell_length(columns, base)


def places(text: str, needle: str) -> Iterator[int]:
    """Yield where a text stands in another; case matters only where what is looked for has capitals."""
    if needle == needle.lower():
        lower = text.lower()
        text = lower if len(lower) == len(text) else text
    at = text.find(needle)
    while at >= 0:
        yield at
        at = text.find(needle, at + len(needle))


def painted(pieces: Pieces, spans: list[tuple[int, int]], style: Style) -> Pieces:
    """Lay a style over the characters of spans [start, end), which ascend and don't overlap."""
    if not spans:
        return pieces
    edges = sorted({edge for span in spans for edge in span})
    made: Pieces = []
    at = 0
    for text, own in pieces:
        cuts = [0, *(edge - at for edge in edges if at < edge < at + len(text)), len(text)]
        for start, end in pairwise(cuts):
            inside = any(low <= at + start < high for low, high in spans)
            made.append((text[start:end], own + style if inside else own))
        at += len(text)
    return made


def cropped(pieces: Pieces, left: int, columns: int) -> tuple[Pieces, int, bool]:
    """Give the cells [left, left + columns) of pieces, how many they are, and whether more stands behind them."""
    made: Pieces = []
    at, end = 0, left + columns
    for text, style in pieces:
        if at >= end:
            return made, columns, True
        # Of a very long text only so much is measured as could be seen.
        text = text[: 2 * (end - at) + 64]
        size = width(text)
        start, stop = max(left - at, 0), min(end - at, size)
        if stop > start:
            made.append((text if stop - start == size else window(text, start, stop - start), style))
        at += size
    return made, max(min(at, end) - left, 0), at > end
