"""Lines of styled words that one reads and scrolls: facts of a thing, a legend, a summary."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style
from textual.binding import Binding
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.line import Part, lay_out
from tui.widgets.plain_lines import PlainLines
from tui.widgets.top_bar import STYLES, Word


class LinesPane(Widget, can_focus=True):
    """Draws lines of (text, style) words, cut at its width; scrolls by keys where they are more than its height."""

    COMPONENT_CLASSES = {f"bar--{style}" for style in STYLES}
    DEFAULT_CSS = "LinesPane { height: 1fr; }"
    BINDINGS = [
        Binding("j,down", "line(1)", "down", tooltip="One line down", show=False, id="lines.down"),
        Binding("k,up", "line(-1)", "up", tooltip="One line up", show=False, id="lines.up"),
        Binding("pagedown,ctrl+d", "page(1)", "page down", tooltip="One page down", show=False, id="lines.page_down"),
        Binding("pageup,ctrl+u", "page(-1)", "page up", tooltip="One page up", show=False, id="lines.page_up"),
        Binding("g,home", "end(0)", "top", tooltip="To the first line", show=False, id="lines.top"),
        Binding("G,end", "end(1)", "bottom", tooltip="To the last line", show=False, id="lines.bottom"),
    ]

    def __init__(self, lines: Sequence[Sequence[Word]] = ()) -> None:
        super().__init__()
        self._styles_cache = PlainLines()
        self._brushes: dict[str, Style] = {}  # by the names of STYLES, and "" for the pane's own
        self._lines = [*lines]
        self._top = 0

    @property
    def lines(self) -> list[Sequence[Word]]:
        return self._lines

    def show(self, lines: Sequence[Sequence[Word]]) -> None:
        """Draw these lines; the place that one has scrolled to stays."""
        if [*lines] != self._lines:
            self._lines = [*lines]
            self._begin_at(self._top)
            self.refresh()

    def notify_style_update(self) -> None:
        self._brushes = {}
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        style = self._brushes
        if not style:
            style.update({name: self.get_component_rich_style(f"bar--{name}", partial=True) for name in STYLES})
            style[""] = self.rich_style
        base = style[""]
        at = self._top + y
        if at >= len(self._lines):
            return Strip.blank(self.size.width, base)
        more = len(self._lines) - self._top - self.size.height
        right = [Part(f"{more} more ", style["dim"])] if more > 0 and y == self.size.height - 1 else []
        words = [Part(text, style[name]) for text, name in self._lines[at]]
        return lay_out([Part(" ", base), *words], right, self.size.width, base)[0]

    def _begin_at(self, top: int) -> None:
        top = max(0, min(top, len(self._lines) - self.size.height))
        if top != self._top:
            self._top = top
            self.refresh()

    def on_resize(self) -> None:
        self._begin_at(self._top)

    def on_mouse_scroll_down(self) -> None:
        self._begin_at(self._top + 3)

    def on_mouse_scroll_up(self) -> None:
        self._begin_at(self._top - 3)

    def action_line(self, step: int) -> None:
        self._begin_at(self._top + step)

    def action_page(self, step: int) -> None:
        self._begin_at(self._top + step * max(self.size.height - 1, 1))

    def action_end(self, last: int) -> None:
        self._begin_at(len(self._lines) if last else 0)
