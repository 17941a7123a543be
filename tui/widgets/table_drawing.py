"""How the lines of a table are drawn: headings, rows, and the headers of groups."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment

from tui.theming import Glyphs
from tui.widgets.cells import clean, fit, width
from tui.widgets.column_layout import Layout
from tui.widgets.columns import Column
from tui.widgets.filter_grammar import Cell
from tui.widgets.line_drawing import GUTTER, Brushes, LineState


def draw_row(
    sides: Sequence[str],
    cells: Sequence[Cell],
    layout: Layout,
    room: int,
    brushes: Brushes,
    glyphs: Glyphs,
    state: LineState,
) -> list[Segment]:
    """Draw one row on `room` cells, the gutter included; `sides` says for each column on which its text stands."""
    plain, lit = brushes.of("", state), state.lit
    line = (
        glyphs.arrow if state.cursor else " "
    )  # what is gathered in one style: the fewer pieces, the faster it is drawn
    segments: list[Segment] = []
    if state.marked:
        segments += [Segment(line, plain), Segment(glyphs.mark, brushes.of("mark", state))]
        line = ""
    else:
        line += " "
    at, known = 0, len(cells)
    for place, start, size in layout.places:
        cell = cells[place] if place < known else ""
        text, name = (cell, "") if isinstance(cell, str) else (cell[0], cell[1])
        if not (text.isascii() and text.isprintable()):
            text = clean(text)
        side = sides[place]
        if side == "left" and len(text) <= size and text.isascii():
            drawn = text.ljust(size)
        else:
            drawn = fit(text, size, side, glyphs.ellipsis)
        if start > at:
            line += " " * (start - at)
        if place in lit:
            words = drawn.strip() or drawn  # what went is to be seen to have gone
            ahead = drawn.index(words)
            segments += [Segment(line + " " * ahead, plain), Segment(words, brushes.of(name, state, True))]
            line = " " * (len(drawn) - ahead - len(words))
        elif name:
            segments += [Segment(line, plain), Segment(drawn, brushes.of(name, state))]
            line = ""
        else:
            line += drawn
        at = start + size
    segments.append(Segment(line + " " * (room - GUTTER - at), plain))
    return segments


def draw_group(
    title: str,
    counts: Sequence[tuple[str, str]],
    room: int,
    brushes: Brushes,
    glyphs: Glyphs,
    *,
    folded: bool,
    cursor: bool,
    marked: bool,
) -> list[Segment]:
    """Draw a group's header on `room` cells: whether it is folded, its title, then counts with the names of styles.

    Where room is short the title is cut before the counts are, the last of which are left out as a whole.
    """
    lead = (glyphs.arrow if cursor else " ") + (glyphs.mark if marked else " ")
    room -= GUTTER + 2
    shown: list[tuple[str, str]] = []
    least = min(width(title := clean(title)), 12)
    for text, name in counts:
        text = f"  {clean(text)}"
        if width(text) > room - least:
            break
        shown.append((text, name))
        room -= width(text)
    title = fit(title, min(width(title), room), "left", glyphs.ellipsis)
    state = LineState(cursor)
    plain = brushes.of("", state)
    return [
        Segment(lead, brushes.of("mark", LineState(cursor, True)) if marked else plain),
        Segment(f"{glyphs.folded if folded else glyphs.unfolded} {title}", brushes.of("group", state)),
        *(Segment(text, brushes.of(name, state)) for text, name in shown),
        Segment(" " * max(0, room - width(title)), plain),
    ]


def draw_header(
    columns: Sequence[Column],
    layout: Layout,
    room: int,
    brushes: Brushes,
    glyphs: Glyphs,
    sort: int | None,
    reverse: bool,
) -> list[Segment]:
    """Draw the headings; an arrow marks the sorted one, and angles what is scrolled away at the sides."""
    style = brushes.header
    line = ""
    for index, (place, start, size) in enumerate(layout.places):
        column = columns[place]
        title = clean(column.heading)
        if place == sort:
            down, up = ("v", "^") if glyphs.ellipsis.isascii() else ("↓", "↑")
            title = (
                fit(title, min(width(title), max(1, size - 2)), "left", glyphs.ellipsis)
                + " "
                + (down if reverse else up)
            )
        gap = start - width(line)
        if index == layout.frozen and layout.offset and gap:
            line += " " * (gap - 1) + ("<" if glyphs.ellipsis.isascii() else "‹")
        else:
            line += " " * gap
        line += fit(title, size, column.side, glyphs.ellipsis)
    line = fit(" " * GUTTER + line, room, "left", "")
    if layout.more:
        line = fit(line, room - 1, "left", "") + (">" if glyphs.ellipsis.isascii() else "›")
    return [Segment(line, style)]
