"""How a line of a tree is drawn: marks, indentation and guides, the label, what it counts, the columns beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.segment import Segment

from tui.theming import Glyphs
from tui.widgets.cells import clean, cut, fit, width, window
from tui.widgets.columns import Column
from tui.widgets.filter_grammar import Cell, cell_text
from tui.widgets.line_drawing import GUTTER, Brushes, LineState

GAP = 2
"""Blank cells between two columns."""

INDENT = 2

LEAST = 16
"""Cells that a label is left, however deep its node and however many columns there are."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """What one line is to show: how deep, which glyph, the label with its style, and what is counted at its right.

    `last` says for each level whether the node there is its parent's last, from the top; empty without guides.
    """

    depth: int
    glyph: str
    label: str
    style: str = ""
    count: str = ""
    count_style: str = "muted"
    last: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True)
class Places:
    """How the width is shared: cells for the label, and (column, cells) for each column that fits, in their order."""

    label: int
    columns: tuple[tuple[int, int], ...] = ()


def measured(columns: Sequence[Column], rows: Iterable[Sequence[Cell]], floor: Sequence[int] = ()) -> list[int]:
    """Measure what each column would like to take over some rows; never under `floor`."""
    wishes = [max(width(column.heading), column.min_width) for column in columns]
    wishes = [max(pair) for pair in zip(wishes, floor, strict=True)] if floor else wishes
    for cells in rows:
        for place, cell in enumerate(cells[: len(wishes)]):
            wishes[place] = max(wishes[place], width(clean(cell_text(cell))))
    return [
        min(wish, column.max_width) if column.width is None else column.width
        for wish, column in zip(wishes, columns, strict=True)
    ]


def share(columns: Sequence[Column], wishes: Sequence[int], room: int, wanted: int) -> Places:
    """Share `room` cells, the gutter left out: columns of the least priority give way, wide ones first, to the label.

    `wanted` is what the labels would like to take, of which they are left at least `LEAST`.
    """
    least = min(max(LEAST, wanted), max(LEAST, room // 2))
    shown = list(range(len(columns)))
    while shown and room - sum(wishes[place] + GAP for place in shown) < least:
        shown.remove(min(shown, key=lambda place: (not columns[place].wide, columns[place].priority, -place)))
    taken = sum(wishes[place] + GAP for place in shown)
    return Places(max(0, room - taken), tuple((place, wishes[place]) for place in shown))


def lead(sketch: Sketch, glyphs: Glyphs) -> str:
    """Give what stands in front of a label: guides or blanks, then the glyph."""
    if not sketch.last:
        return " " * (INDENT * sketch.depth) + sketch.glyph + " "
    tee, corner = ("|-", "`-") if glyphs.vertical.isascii() else ("├─", "└─")
    through = f"{glyphs.vertical} "
    made = "".join("  " if last else through for last in sketch.last[:-1])
    return made + (corner if sketch.last[-1] else tee) + sketch.glyph + " "


def wanted_width(sketch: Sketch, glyphs: Glyphs) -> int:
    """Give the cells that a line's label would take with what stands in front of it."""
    return width(lead(sketch, glyphs)) + width(clean(sketch.label)) + (width(sketch.count) + 2 if sketch.count else 0)


def draw_line(
    sketch: Sketch,
    cells: Sequence[Cell],
    columns: Sequence[Column],
    places: Places,
    brushes: Brushes,
    glyphs: Glyphs,
    state: LineState,
    offset: int = 0,
) -> list[Segment]:
    """Draw one line; the label's part is scrolled by `offset` cells."""
    plain = brushes.of("", state)
    first = Segment(glyphs.arrow if state.cursor else " ", plain)
    mark = Segment(glyphs.mark, brushes.of("mark", state)) if state.marked else Segment(" ", plain)
    segments = [first, mark]
    room = places.label
    count = clean(sketch.count)
    taken = width(count) + 2 if count and width(count) + 2 + LEAST // 2 <= room else 0
    room -= taken
    segments += _label(sketch, room, brushes, glyphs, state, offset)
    if taken:
        segments += [Segment("  ", plain), Segment(count, brushes.of(sketch.count_style, state))]
    for place, size in places.columns:
        cell = cells[place] if place < len(cells) else ""
        text, name = (cell, "") if isinstance(cell, str) else (cell[0], cell[1])
        drawn = fit(clean(text), size, columns[place].side, glyphs.ellipsis)
        segments += [Segment(" " * GAP, plain), Segment(drawn, brushes.of(name, state, place in state.lit))]
    return segments


def _label(sketch: Sketch, room: int, brushes: Brushes, glyphs: Glyphs, state: LineState, offset: int) -> list[Segment]:
    """Draw indentation, glyph and label on `room` cells; what is too deep for them is drawn at their right half."""
    front = lead(sketch, glyphs)
    if (over := width(front) - offset - max(room - LEAST, room // 2)) > 0 and not offset:
        front = glyphs.ellipsis + window(front, over + 1, width(front) - over - 1)
    label = clean(sketch.label)
    style = brushes.of(sketch.style, state, -1 in state.lit)
    guide = brushes.of("guide", state)
    ahead = width(front)
    if offset == 0 and ahead <= room:
        stem = width(front) - width(sketch.glyph) - 1
        drawn = cut(label, room - ahead, glyphs.ellipsis)
        blank = room - ahead - width(drawn)
        made = [Segment(front[:stem], guide), Segment(front[stem:] + drawn, style)]
        return [*made, Segment(" " * blank, brushes.of("", state))] if blank else made
    whole = front + label
    drawn = window(whole, offset, max(0, room))
    if room > 1 and width(whole) > offset + room:
        drawn = window(whole, offset, room - 1) + glyphs.ellipsis
    if room > 1 and offset and width(whole) > offset:
        drawn = ("<" if glyphs.ellipsis.isascii() else "‹") + window(drawn, 1, room - 1)
    return [Segment(drawn, style)]


def draw_header(
    title: str, columns: Sequence[Column], places: Places, room: int, brushes: Brushes, glyphs: Glyphs
) -> list[Segment]:
    """Draw the headings on `room` cells, the gutter included."""
    line = " " * GUTTER + fit(clean(title), places.label, "left", glyphs.ellipsis)
    for place, size in places.columns:
        line += " " * GAP + fit(clean(columns[place].heading), size, columns[place].side, glyphs.ellipsis)
    return [Segment(fit(line, room, "left", ""), brushes.header)]
