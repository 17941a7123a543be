"""One line of tabs, numbered as the digits reach them."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.cells import clean, cut, own, width
from tui.widgets.line import Part, Span, lay_out, target_at
from tui.widgets.top_bar import STYLES, Word

LONGEST = 24
"""Cells of a tab's title."""


def _back() -> str:
    return "<" if own("›") == ">" else "‹"


class TabBar(Widget):
    """Draws titles with their numbers; the owner says which one is chosen."""

    COMPONENT_CLASSES = {*(f"bar--{style}" for style in STYLES), "bar--key"}
    DEFAULT_CSS = "TabBar { height: 1; }"

    class Chosen(Message):
        """A tab was clicked; `index` counts from 0."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, titles: Sequence[str] = ()) -> None:
        super().__init__()
        self._titles = [*titles]
        self._chosen = 0
        self._right: Sequence[Word] = ()
        self._spans: list[Span] = []

    def show(self, titles: Sequence[str], chosen: int, right: Sequence[Word] = ()) -> None:
        """Draw these titles, the chosen one (from 0) set off, and words at the right."""
        titles = [cut(clean(title), LONGEST) for title in titles]
        if (titles, chosen, right) != (self._titles, self._chosen, self._right):
            self._titles, self._chosen, self._right = titles, chosen, right
            self.refresh()

    def render_line(self, y: int) -> Strip:
        base = self.rich_style
        style = {name: self.get_component_rich_style(f"bar--{name}", partial=True) for name in (*STYLES, "key")}
        dim, accent, key = style["dim"], style["accent"], style["key"]
        right = [Part(text, style[name]) for text, name in self._right]
        room = self.size.width - 2 - sum(width(clean(part.text)) for part in right)
        if room < self._cells(self._chosen, self._chosen) + 4:
            room = self.size.width - 2
        # A row of tabs that is too long begins so that the chosen one still shows.
        first, last = 0, len(self._titles) - 1
        while first < self._chosen and self._cells(first, self._chosen) + 2 * (self._chosen < last) > room:
            first += 1
        while last > self._chosen and self._cells(first, last) > room:
            last -= 1
        more = last < len(self._titles) - 1
        parts = [Part(_back() if first else " ", accent, str(first - 1) if first else "")]
        for index, title in enumerate(self._titles[first : last + 1], first):
            chosen = index == self._chosen
            number = str(index + 1) if index < 9 else ""
            parts += [
                Part(f"{number} ", key if not chosen else accent, str(index)),
                Part(title, accent if chosen else dim, str(index)),
                Part("   ", base),
            ]
        if more:
            parts[-1] = Part(own(" › "), accent, str(last + 1))
        strip, self._spans = lay_out(parts, right, self.size.width, base)
        return strip

    def _cells(self, first: int, last: int) -> int:
        return sum(width(title) + 5 for title in self._titles[first : last + 1])

    def on_click(self, event: events.Click) -> None:
        if target := target_at(self._spans, event.x):
            self.post_message(self.Chosen(int(target)))
