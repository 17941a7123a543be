"""The two lines above every screen: where one is, how the link is, and the way back."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.line import Part, Span, lay_out, target_at

STYLES = ("text", "dim", "accent", "good", "warn", "bad")
"""The styles that a word of the bar may name; `app.tcss` colours them."""

Word = tuple[str, str]
"""A text and one of STYLES."""


class TopBar(Widget):
    """Draws words it is given; knows nothing of what they mean."""

    COMPONENT_CLASSES = {f"bar--{style}" for style in STYLES}

    class CrumbClicked(Message):
        """A crumb was clicked; `index` counts from the left, 0 the outermost."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self) -> None:
        super().__init__()
        self._left: Sequence[Word] = ()
        self._right: Sequence[Word] = ()
        self._crumbs: Sequence[str] = ()
        self._between = " › "
        self._spans: list[Span] = []

    def show(self, left: Sequence[Word], right: Sequence[Word], crumbs: Sequence[str], between: str = " › ") -> None:
        """Draw the words of the first line and the crumbs of the second; nothing happens where nothing changed."""
        if (left, right, crumbs) != (self._left, self._right, self._crumbs):
            self._left, self._right, self._crumbs, self._between = left, right, crumbs, between
            self.refresh()

    def render_line(self, y: int) -> Strip:
        base = self.rich_style
        style = {name: self.get_component_rich_style(f"bar--{name}", partial=True) for name in STYLES}
        if y == 0:
            left = [Part(text, style[name]) for text, name in self._left]
            right = [Part(text, style[name]) for text, name in self._right]
            return lay_out(left, right, self.size.width, base, 1)[0]
        parts = [Part(" ", style["text"])]
        last = len(self._crumbs) - 1
        for index, crumb in enumerate(self._crumbs):
            parts.append(Part(crumb, style["text" if index == last else "dim"], "" if index == last else str(index)))
            if index != last:
                parts.append(Part(self._between, style["dim"]))
        strip, self._spans = lay_out(parts, [], self.size.width, base)
        return strip

    def on_click(self, event: events.Click) -> None:
        target = target_at(self._spans, event.x) if event.y == 1 else ""
        if target:
            self.post_message(self.CrumbClicked(int(target)))
