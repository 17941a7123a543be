"""How the lines of a table are drawn: headings, rows, the scroll bar, and what is said where there are no rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.theming import Glyphs
from tui.widgets.cells import clean, fit, width
from tui.widgets.column_layout import Layout
from tui.widgets.columns import Column
from tui.widgets.filter_grammar import Cell

STYLES = ("ok", "warn", "error", "muted", "accent", "strong")
"""The styles that a cell may name; the theme colours them."""

PARTS = ("header", "group", "cursor", "blurred", "marked", "mark", "bar", "stale", "changed")

GUTTER = 2
"""Cells at the left for the cursor and the mark, which are told by more than colour."""


class Brushes:
    """The styles of one table, resolved once per theme and focus; combined as they are asked for."""

    def __init__(self, base: Style, part: Callable[[str], Style], focused: bool, stale: bool) -> None:
        self._part = part
        self._cells: dict[tuple[str, bool, bool, bool], Style] = {}
        self.base = base + part("stale") if stale else base
        self.header = base + part("header")
        self.bar = base + part("bar")
        self.muted = base + part("muted")
        self.error = base + part("error")
        self._cursor = part("cursor" if focused else "blurred")

    def cell(self, name: str, cursor: bool, marked: bool, lit: bool = False) -> Style:
        """Give the style of a cell that names `name` (unknown names are plain) in a row of that state."""
        key = (name, cursor, marked, lit)
        style = self._cells.get(key)
        if style is None:
            style = self.base
            if marked:
                style += self._part("marked")
            if name in STYLES or name in ("mark", "group"):
                style += self._part(name)
            if cursor:
                style += self._cursor
            if lit:
                style += self._part("changed")
            self._cells[key] = style
        return style


def draw_row(
    sides: Sequence[str],
    cells: Sequence[Cell],
    layout: Layout,
    room: int,
    brushes: Brushes,
    glyphs: Glyphs,
    *,
    cursor: bool,
    marked: bool,
    lit: Collection[int] = (),
) -> list[Segment]:
    """Draw one row on `room` cells, the gutter included.

    `sides` says for each column on which its text stands, `lit` which cells are to be seen to have changed.
    """
    plain = brushes.cell("", cursor, marked)
    line = glyphs.arrow if cursor else " "  # what is gathered in one style: the fewer pieces, the faster it is drawn
    segments: list[Segment] = []
    if marked:
        segments += [Segment(line, plain), Segment(glyphs.mark, brushes.cell("mark", cursor, marked))]
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
            segments += [Segment(line + " " * ahead, plain), Segment(words, brushes.cell(name, cursor, marked, True))]
            line = " " * (len(drawn) - ahead - len(words))
        elif name:
            segments += [Segment(line, plain), Segment(drawn, brushes.cell(name, cursor, marked))]
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
    plain = brushes.cell("", cursor, False)
    return [
        Segment(lead, brushes.cell("mark", cursor, marked) if marked else plain),
        Segment(f"{glyphs.folded if folded else glyphs.unfolded} {title}", brushes.cell("group", cursor, False)),
        *(Segment(text, brushes.cell(name, cursor, False)) for text, name in shown),
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


def thumb(total: int, body: int, top: int) -> tuple[int, int]:
    """Give the lines [start, end) of a scroll bar's thumb; none where everything is seen."""
    if total <= body or body <= 0:
        return 0, 0
    size = max(1, body * body // total)
    start = round((body - size) * top / max(1, total - body))
    return start, start + size


def draw_notice(lines: Sequence[str], y: int, body: int, room: int, style: Style, base: Style) -> Strip:
    """Draw line `y` of a text in the middle of an empty table."""
    first = max(0, (body - len(lines)) // 3)
    if not first <= y < first + len(lines):
        return Strip([Segment(" " * room, base)], room)
    return Strip([Segment(fit(lines[y - first], room, "center"), style)], room)
