"""Shows two compared texts: side by side where there is room, else one under the other; drawn line by line."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.cells import clean, width
from tui.widgets.comparing import Compared
from tui.widgets.diff_rows import Layout, Row, changed_part
from tui.widgets.line import Part, lay_out
from tui.widgets.pane import cropped, painted, places

BESIDE = 120
"""Columns from which the two stand side by side."""
LONGEST = 16 * 1024
"""Characters of a line that are drawn."""
SLICE = 0.004
"""Seconds that a search takes from the keys at once."""
STYLES = ("accent", "dim", "good", "bad", "key")


class DiffView(Widget):
    """Lines of both texts with a sign before those that only one has; `top` is the first row that shows."""

    COMPONENT_CLASSES = {*(f"bar--{style}" for style in STYLES), "diff--match"}
    DEFAULT_CSS = """
    DiffView { height: 1fr; background: $background; color: $foreground; }
    .diff--match { background: $mark; color: $background; }
    """

    def __init__(self, *, ellipsis: str = "…", frame: str = "─│") -> None:
        super().__init__()
        self._ellipsis, self._frame = ellipsis, frame
        self._compared = Compared()
        self._layout = Layout(self._compared, beside=False, whole=False)
        self._style: dict[str, Style] = {}
        self.top = 0
        self.left = 0
        self.needle = ""
        self.match = -1
        """The row of the match that one went to."""
        self.change = 0
        """Which of the changes one is at, from 0."""

    # what shows

    @property
    def compared(self) -> Compared:
        return self._compared

    @property
    def whole(self) -> bool:
        """Whether long equal stretches show in full."""
        return self._layout.whole

    @property
    def beside(self) -> bool:
        """Whether the two stand side by side."""
        return self._layout.beside

    @property
    def rows(self) -> int:
        return len(self._layout)

    def show(self, compared: Compared) -> None:
        """Show what was compared, from its first change on."""
        self._compared = compared
        self._layout = Layout(compared, beside=self.size.width >= BESIDE, whole=self.whole)
        self.top, self.match, self.change = 0, -1, 0
        if compared.changes:
            self._bring(self._span()[0])
        self.refresh()

    def fold(self, *, whole: bool) -> None:
        """Show long equal stretches in full, or as one row each; the row at the top stays."""
        self._lay_out(beside=self.beside, whole=whole)

    def _lay_out(self, *, beside: bool, whole: bool) -> None:
        places = [self._layout.place(row) if 0 <= row < self.rows else None for row in (self.top, self.match)]
        self._layout = Layout(self._compared, beside=beside, whole=whole)
        top, match = (self._layout.row_of(*place) if place else -1 for place in places)
        self.match = match
        self._begin_at(top)

    def on_resize(self) -> None:
        beside = self.size.width >= BESIDE
        if beside != self.beside:
            self._lay_out(beside=beside, whole=self.whole)
        self._begin_at(self.top)

    # moving

    def _begin_at(self, top: int) -> None:
        self.top = max(0, min(top, self.rows - self.size.height))
        self.refresh()

    def _bring(self, row: int) -> None:
        """Have a row in sight, with some above it."""
        if not self.top <= row < self.top + self.size.height - 1:
            self._begin_at(row - self.size.height // 4)
        self.refresh()

    def move(self, rows: int) -> None:
        self._begin_at(self.top + rows)

    def sideways(self, cells: int) -> None:
        self.left = max(0, self.left + cells)
        self.refresh()

    def _span(self) -> tuple[int, int]:
        """Give the rows [start, end) of the change that one is at."""
        if not self._compared.changes:
            return -1, -1
        number = self._compared.changes[self.change]
        return self._layout.row_of(number, 0), self._layout.row_of(number + 1, 0) if number + 1 < len(
            self._compared.blocks
        ) else self.rows

    def go_to_change(self, step: int) -> bool:
        """Go to the next change, or the one before; from the top on, where one has scrolled away. False for none."""
        start, end = self._span()
        if start < 0:
            return False
        to = self.change + step
        if end <= self.top or start >= self.top + self.size.height:
            starts = [self._layout.row_of(number, 0) for number in self._compared.changes]
            below = bisect_left(starts, self.top)
            to = below if step > 0 else below - 1
        if not 0 <= to < len(self._compared.changes):
            return False
        self.change = to
        self._bring(self._span()[0])
        return True

    async def search(self, needle: str, step: int = 1) -> bool:
        """Go to the next (or previous) row that has a text, around the end if need be; what a fold hides is shown.

        It lets keys come in between; a later search or layout makes it give up.
        """
        fresh, self.needle = needle != self.needle, clean(needle)
        layout = self._layout if self.whole else Layout(self._compared, beside=self.beside, whole=True)
        shown, count = self._layout, len(layout)
        if not self.needle or not count:
            self.match = -1
            self.refresh()
            return False
        row = self.match if self.match >= 0 and not fresh else self.top
        start = layout.row_of(*shown.place(row)) + (0 if fresh or self.match < 0 else step)
        began = time.perf_counter()
        for ahead in range(count):
            at = (start + ahead * step) % count
            if self._has(layout.row(at)):
                place = layout.place(at)
                if shown.hides(*place):
                    self.fold(whole=True)
                self.match = self._layout.row_of(*place)
                self._bring(self.match)
                self._bring_sideways(layout.row(at))
                return True
            if not ahead % 64 and time.perf_counter() - began > SLICE:
                await asyncio.sleep(0)
                began = time.perf_counter()
                if self._layout is not shown:
                    return False
        self.match = -1
        self.refresh()
        return False

    def _texts(self, row: Row) -> list[str]:
        texts = [self._compared.left[row.left]] if row.left >= 0 else []
        if row.right >= 0 and (row.kind == "changed" or not texts):
            texts.append(self._compared.right[row.right])
        return texts

    def _has(self, row: Row) -> bool:
        return any(next(places(text, self.needle), None) is not None for text in self._texts(row))

    def _bring_sideways(self, row: Row) -> None:
        text = next(text for text in self._texts(row) if next(places(text, self.needle), None) is not None)
        at = width(text[: next(places(text, self.needle))])
        room = (self.size.width // 2 if self.beside else self.size.width) - 10
        if not self.left <= at <= self.left + room - width(self.needle):
            self.left = max(0, at - room // 2) if at + width(self.needle) > room else 0

    # drawing

    def render_line(self, y: int) -> Strip:
        base, at = self.rich_style, self.top + y
        if at >= self.rows:
            return Strip.blank(self.size.width, base)
        style = self._looks()
        row, columns = self._layout.row(at), self.size.width
        start, end = self._span()
        here = start <= at < end
        if row.kind == "fold":
            said = f"  {self._ellipsis} {row.hidden} equal lines"
            return lay_out([Part(said, style["dim"])], [], columns, base)[0]
        if row.kind == "section":
            title = f"{self._frame[0] * 2} {self._compared.left[row.left]} "
            line = self._frame[0] * max(columns - width(title), 0)
            return lay_out([Part(title, style["key"]), Part(line, style["dim"])], [], columns, base)[0]
        if not self.beside:
            side = "left" if row.left >= 0 else "right"
            return self._side(row, side, columns, base, style, here)
        half = (columns - 1) // 2
        middle = Strip([Segment(self._frame[1], base + style["dim"])], 1)
        left = self._side(row, "left", half, base, style, here)
        return Strip.join([left, middle, self._side(row, "right", columns - 1 - half, base, style, here)])

    def render_lines(self, crop: Region) -> list[Strip]:
        # Asked for once in a drawing, not once in a line: that is most of what a line costs.
        self._style = {}
        return super().render_lines(crop)

    def _looks(self) -> dict[str, Style]:
        if not self._style:
            self._style = {name: self.get_component_rich_style(f"bar--{name}", partial=True) for name in STYLES}
            self._style["match"] = self.get_component_rich_style("diff--match", partial=True)
        return self._style

    def _side(self, row: Row, side: str, columns: int, base: Style, style: dict[str, Style], here: bool) -> Strip:
        """Draw one side of a row: its line's number where there is room, its sign, its text."""
        number = row.left if side == "left" else row.right
        if number < 0:
            return Strip.blank(columns, base)
        texts, others = self._compared.left, self._compared.right
        if side == "right":
            texts, others = others, texts
        text = texts[number]
        changed = row.kind == "changed"
        sign, look = ("-", "bad") if side == "left" else ("+", "good")
        ground = base + style[look] if changed else base
        pieces = [(text[:LONGEST], ground)]
        mate = row.mate if not self.beside else (row.right if side == "left" else row.left)
        if changed and mate >= 0:
            first, last = _own_part(side, text, others[mate])
            pieces = painted(pieces, [(first, min(last, LONGEST))] if first < min(last, LONGEST) else [], _STANDS_OUT)
        if self.needle:
            # Only those that may show: a short needle may stand thousands of times in a long line.
            low, high = self.left // 2 - len(self.needle), self.left + columns
            hits = [(at, at + len(self.needle)) for at in places(text[:LONGEST], self.needle) if low <= at <= high]
            pieces = painted(pieces, hits, style["match"])
        lead = f"{self._compared.line_number(number, right=side == 'right'):>6} " if self.beside else ""
        lead_parts = [Segment(lead, base + style["dim"])] if lead else []
        lead_parts += [
            Segment(sign if changed else " ", ground + _STANDS_OUT if here else ground),
            Segment(" ", ground),
        ]
        room = columns - len(lead) - 2
        if room < 1:
            return Strip(lead_parts).adjust_cell_length(columns, base)
        shown, taken, more = cropped(pieces, self.left, room)
        if more or len(text) > LONGEST:
            shown, taken, _ = cropped(pieces, self.left, room - 1)
            shown += [(" " * (room - 1 - taken), base), (self._ellipsis, base + style["dim"])]
        segments = [*lead_parts, *(Segment(text, own) for text, own in shown if text)]
        return Strip(segments).adjust_cell_length(columns, base)


_STANDS_OUT = Style(reverse=True)


def _own_part(side: str, text: str, other: str) -> tuple[int, int]:
    """Give the characters [start, end) of a side's line in which it differs from the one that it is held against."""
    left, right = (text, other) if side == "left" else (other, text)
    start, in_left, in_right = changed_part(left, right)
    return start, in_left if side == "left" else in_right
