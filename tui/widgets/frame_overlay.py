"""A small window in the lower right corner that shows lines of figures; it takes no focus and no keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter

from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.line import Part, lay_out

STYLES = ("text", "dim", "accent", "warn", "bad")
Words = Sequence[tuple[str, str]]
"""Pieces of one line: a text and one of STYLES."""


class FrameOverlay(Widget):
    """Draws the lines that it is given; `took` is called with the seconds that each drawing of it took."""

    UNMETERED = True
    """What it draws is no frame of the console's."""
    COMPONENT_CLASSES = {f"frame-overlay--{style}" for style in STYLES}
    DEFAULT_CSS = """
    FrameOverlay { overlay: screen; position: absolute; background: $panel; color: $foreground; }
    FrameOverlay .frame-overlay--dim { color: $muted; }
    FrameOverlay .frame-overlay--accent { color: $accent; text-style: bold; }
    FrameOverlay .frame-overlay--warn { color: $warning; }
    FrameOverlay .frame-overlay--bad { color: $error; text-style: bold; }
    """

    def __init__(self, columns: int, took: Callable[[float], None]) -> None:
        super().__init__()
        self._columns = columns
        self._took = took
        self._lines: list[Words] = []
        self._styles: dict[str, Style] = {}

    def show(self, lines: Sequence[Words], *, above: int) -> None:
        """Draw these lines, so many lines above the screen's end."""
        columns, rows = self.screen.size
        if len(lines) != len(self._lines) or self.size.width != min(columns, self._columns):
            self.styles.width, self.styles.height = min(columns, self._columns), len(lines)
        self.styles.offset = (max(0, columns - self._columns), max(0, rows - above - len(lines)))
        self._lines = list(lines)
        self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles = {}

    def render_lines(self, crop: Region) -> list[Strip]:
        begun = perf_counter()
        try:
            return super().render_lines(crop)
        finally:
            self._took(perf_counter() - begun)

    def render_line(self, y: int) -> Strip:
        if not self._styles:
            self._styles = {
                name: self.get_component_rich_style(f"frame-overlay--{name}", partial=True) for name in STYLES
            }
        words = self._lines[y] if y < len(self._lines) else ()
        parts = [Part(text, self._styles[style]) for text, style in words]
        return lay_out([Part(" ", Style()), *parts], [], self.size.width, self.rich_style)[0]
