"""What the lines of a table and those of a tree are drawn with: styles, the scroll bar, what stands in an empty one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.widgets.cells import fit

STYLES = ("ok", "warn", "error", "muted", "accent", "strong")
"""The styles that a cell may name; the theme colours them."""

PARTS = ("header", "cursor", "blurred", "marked", "mark", "bar", "stale", "changed")

GUTTER = 2
"""Cells at the left for the cursor and the mark, which are told by more than colour."""


class LineState(NamedTuple):
    """How a line stands: `lit` has the places of cells that have just changed, -1 for a label beside the columns."""

    cursor: bool = False
    marked: bool = False
    lit: Collection[int] = ()


class Brushes:
    """The styles of one widget, resolved once per theme and focus; combined as they are asked for.

    `part` resolves a name, and `own` has those that only this kind of widget has.
    """

    def __init__(
        self, base: Style, part: Callable[[str], Style], own: Collection[str], *, focused: bool, stale: bool
    ) -> None:
        self._part = part
        self._known = {*STYLES, "mark", *own}
        self._made: dict[tuple[str, bool, bool, bool], Style] = {}
        self.base = base + part("stale") if stale else base
        self.header = base + part("header")
        self.bar = base + part("bar")
        self.muted = base + part("muted")
        self.error = base + part("error")
        self._cursor = part("cursor" if focused else "blurred")

    def of(self, name: str, line: LineState, lit: bool = False) -> Style:
        """Give the style of a part that names `name` (unknown names are plain) in a line of that state."""
        key = (name, line.cursor, line.marked, lit)
        style = self._made.get(key)
        if style is None:
            style = self.base
            if line.marked:
                style += self._part("marked")
            if name in self._known:
                style += self._part(name)
            if line.cursor:
                style += self._cursor
            if lit:
                style += self._part("changed")
            self._made[key] = style
        return style


def thumb(total: int, body: int, top: int) -> tuple[int, int]:
    """Give the lines [start, end) of a scroll bar's thumb; none where everything is seen."""
    if total <= body or body <= 0:
        return 0, 0
    size = max(1, body * body // total)
    start = round((body - size) * top / max(1, total - body))
    return start, start + size


def draw_notice(lines: Sequence[str], y: int, body: int, room: int, style: Style, base: Style) -> Strip:
    """Draw line `y` of a text in the middle of an empty widget."""
    first = max(0, (body - len(lines)) // 3)
    if not first <= y < first + len(lines):
        return Strip([Segment(" " * room, base)], room)
    return Strip([Segment(fit(lines[y - first], room, "center"), style)], room)
