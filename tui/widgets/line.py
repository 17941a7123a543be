"""One line of a bar: styled parts on the left and on the right, cut to the width, and what a click on each means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.widgets.cells import clean, cut, width


class Part(NamedTuple):
    """A piece of a line; `target` is what a click on it means, empty for nothing."""

    text: str
    style: Style
    target: str = ""


class Span(NamedTuple):
    """The columns [start, end) of a line that belong to a target."""

    start: int
    end: int
    target: str


def lay_out(
    left: Sequence[Part], right: Sequence[Part], columns: int, base: Style, gap: int = 0
) -> tuple[Strip, list[Span]]:
    """Make a strip of exactly so many cells; where that is too few, the right is dropped part by part, the left cut.

    At least `gap` cells stay free between left and right.
    """
    right = list(right)
    room = max(columns // 3, min(columns, 24)) if left else 0
    while right and sum(width(clean(part.text)) for part in right) > columns - room:
        right.pop(0)
    taken = sum(width(clean(part.text)) for part in right)
    segments: list[Segment] = []
    spans: list[Span] = []
    at = 0

    def put(parts: Iterable[Part], limit: int) -> None:
        nonlocal at
        for part in parts:
            text = clean(part.text)
            if not text:
                continue
            if width(text) > limit - at:
                text = cut(text, limit - at)
            if not text:
                break
            segments.append(Segment(text, base + part.style))
            if part.target:
                spans.append(Span(at, at + width(text), part.target))
            at += width(text)

    put(left, columns - taken - (gap if taken else 0))
    if at < columns - taken:
        segments.append(Segment(" " * (columns - taken - at), base))
        at = columns - taken
    put(right, columns)
    return Strip(segments, at).adjust_cell_length(columns, base), spans


def target_at(spans: Iterable[Span], column: int) -> str:
    """Give the target of the column, or nothing."""
    return next((span.target for span in spans if span.start <= column < span.end), "")
