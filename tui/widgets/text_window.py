"""Lines of plain text, uncut: one moves down and sideways in them, and what is searched stands out."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.cells import window


class TextWindow(Widget):
    """Draws clean lines from `top` on and from column `left` on; those that hold `found` (casefolded) stand out."""

    COMPONENT_CLASSES = {"bar--accent"}

    def __init__(self, lines: Sequence[str] = ()) -> None:
        super().__init__()
        self.lines = lines
        self.top = 0
        self.left = 0
        self.found = ""

    def show(self, lines: Sequence[str]) -> None:
        """Draw these lines; the place stays."""
        self.lines = lines
        self.refresh()

    def move(self, step: int) -> None:
        """Move down by so many lines (up where negative), as far as there are any."""
        self.top = max(0, min(self.top + step, len(self.lines) - self.size.height))
        self.refresh()

    def sideways(self, step: int) -> None:
        self.left = max(0, self.left + step)
        self.refresh()

    def holds(self, line: int) -> bool:
        """Whether a line has what is searched."""
        return bool(self.found) and self.found in self.lines[line].casefold()

    def render_line(self, y: int) -> Strip:
        columns, base, at = self.size.width, self.rich_style, self.top + y
        if at >= len(self.lines):
            return Strip.blank(columns, base)
        style = base + self.get_component_rich_style("bar--accent", partial=True) if self.holds(at) else base
        return Strip([Segment(window(self.lines[at], self.left, columns), style)], columns)
