"""The two lines below every screen: the filter with the count or a notice, and the keys that work here now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.style import Style
from textual import events
from textual.geometry import Offset
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.cells import clean, own, width
from tui.widgets.line import Part, Span, lay_out, target_at
from tui.widgets.line_edit import LineBuffer, split_at, text_at
from tui.widgets.state_pane import wrapped
from tui.widgets.top_bar import STYLES, Word


class Hint(NamedTuple):
    """A key that works here: how it is shown, its verb, what a click on it runs, whether it is refused now."""

    key: str
    verb: str
    target: str
    refused: bool = False
    always: bool = False
    """Kept where room is short."""


class BottomBar(Widget, can_focus=True):
    """Draws the filter, words and key hints it is given; one types the filter right in it."""

    COMPONENT_CLASSES = {*(f"bar--{style}" for style in STYLES), "bar--key", "line-edit--cursor"}

    class FilterChanged(Message):
        """The filter's text became another one while it was typed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class FilterDone(Message):
        """Typing ended: Enter keeps the filter, Esc clears it."""

        def __init__(self, kept: bool) -> None:
            super().__init__()
            self.kept = kept

    class HintClicked(Message):
        """A key hint was clicked."""

        def __init__(self, target: str) -> None:
            super().__init__()
            self.target = target

    def __init__(self) -> None:
        super().__init__()
        self.can_focus = False
        self._buffer = LineBuffer()
        self._editing = False
        self._words: Sequence[Word] = ()
        self._right: Sequence[Word] = ()
        self._hints: Sequence[Hint] = ()
        self._tail: Sequence[Word] = ()
        self._spans: list[Span] = []
        self._lines: list[str] = []

    @property
    def takes_text(self) -> bool:
        """Whether every printable key is text now."""
        return self._editing

    @property
    def filter_text(self) -> str:
        return self._buffer.text

    def set_filter(self, text: str) -> None:
        """Show a filter's text without saying that it changed."""
        self._buffer.set(text)
        self._break()
        self.refresh()

    def edit_filter(self) -> None:
        """Take the keys as the filter's text until Enter or Esc."""
        self._editing = True
        self._break()
        self.can_focus = True
        self._buffer.cursor = len(self._buffer.text)
        self.focus()
        self.refresh()

    def end_filter(self) -> None:
        """Give the keys back."""
        self._editing = False
        self._break()
        self.can_focus = False
        self.refresh()

    def show_status(self, words: Sequence[Word], right: Sequence[Word]) -> None:
        """Draw words (a notice, an error), behind or below a filter, and the counts on the right."""
        if (words, right) != (self._words, self._right):
            self._words, self._right = words, right
            self._break()
            self.refresh()

    @property
    def _filters(self) -> bool:
        """Whether a filter stands on the first line: words never take its place."""
        return self._editing or bool(self._buffer.text)

    def _break(self) -> None:
        """Break words that find no room on their line at spaces; the bar grows by up to two lines for them."""
        taken = width(clean("".join(text for text, _ in self._words)))
        room, lines = self.size.width - 2, []
        beside = width(clean(self._buffer.text)) + 5 if self._filters else 0
        if taken and taken + beside > room > 20:
            lines = wrapped("".join(text for text, _ in self._words), room)
        self._lines = lines[: 2 if beside else 3]
        tall = len(self._lines) + (beside > 0 and bool(lines))
        for count in (2, 3):
            self.set_class(tall == count, f"-lines-{count}")

    def on_resize(self) -> None:
        self._break()

    def show_hints(self, hints: Sequence[Hint], tail: Sequence[Word] = ()) -> None:
        if (hints, tail) != (self._hints, self._tail):
            self._hints, self._tail = hints, tail
            self.refresh()

    def render_line(self, y: int) -> Strip:
        base = self.rich_style
        keys_at = self.size.height - 1
        style = {name: self.get_component_rich_style(f"bar--{name}", partial=True) for name in (*STYLES, "key")}
        if y == keys_at and not ((self._filters or self._words) and keys_at == 0):
            strip, self._spans = self._keys(style, base)
            return strip
        right = [Part(text, style[name]) for text, name in self._right]
        words = [Part(text, style[name]) for text, name in self._words]
        below = y - 1 if self._filters else y
        if self._lines and below >= 0:
            line = self._lines[below] if below < len(self._lines) else ""
            return lay_out([Part(" ", base), Part(line, style[self._words[-1][1]])], [], self.size.width, base)[0]
        if not self._filters:
            return lay_out([Part(" ", base), *words], right, self.size.width, base)[0]
        left = self._filter_parts(y, style)
        if words and not self._lines:
            left += [Part("   ", base), *words]
        return lay_out(left, right, self.size.width, base)[0]

    def _filter_parts(self, y: int, style: dict[str, Style]) -> list[Part]:
        """Give the filter as it stands, with the cursor while it is being typed."""
        left = [Part(" /", style["key"])]
        if not self._editing:
            return [*left, Part(self._buffer.text, style["accent"])]
        text, at = self._buffer.view(max(self.size.width - 4, 1))
        under = text_at(text, at)
        before, after = split_at(text, at, under)
        cursor = self.get_component_rich_style("line-edit--cursor")
        self.app.cursor_position = self.region.offset + Offset(2 + at, y)
        return [*left, Part(before, style["text"]), Part(under or " ", cursor), Part(after, style["text"])]

    def _keys(self, style: dict[str, Style], base: Style) -> tuple[Strip, list[Span]]:
        room = self.size.width - 1 - sum(width(clean(text)) + 1 for text, _ in self._tail)
        room -= sum(_cells(hint) for hint in self._hints if hint.always)
        shown: list[Hint] = []
        full = False
        for hint in self._hints:
            if not hint.always and not full:
                full = _cells(hint) > room - 2
                room -= 0 if full else _cells(hint)
            if hint.always or not full:
                shown.append(hint)
        parts = [Part(" ", base)]
        cut_at = next((index for index, hint in enumerate(shown) if hint.always), len(shown)) if full else -1
        for index, hint in enumerate(shown):
            if index == cut_at:
                parts.append(Part(own("… "), style["dim"]))
            key, verb = (
                (style["dim"], style["dim"] + Style(strike=True)) if hint.refused else (style["key"], style["text"])
            )
            parts += [Part(hint.key, key, hint.target), Part(f" {hint.verb}", verb, hint.target), Part("  ", base)]
        return lay_out(parts, [Part(f"{text} ", style[name]) for text, name in self._tail], self.size.width, base)

    def on_key(self, event: events.Key) -> None:
        if not self._editing:
            return
        if event.key in ("enter", "escape"):
            event.stop()
            event.prevent_default()
            kept = event.key == "enter"
            if not kept:
                self._buffer.set("")
            self.post_message(self.FilterDone(kept))
            return
        before = self._buffer.text
        if self._buffer.key(event):
            event.stop()
            event.prevent_default()
            self.refresh()
            if self._buffer.text != before:
                self._break()
                self.post_message(self.FilterChanged(self._buffer.text))

    def on_paste(self, event: events.Paste) -> None:
        if self._editing:
            event.stop()
            self._buffer.insert(event.text)
            self._break()
            self.refresh()
            self.post_message(self.FilterChanged(self._buffer.text))

    def check_consume_key(self, key: str, character: str | None) -> bool:
        return self._editing and character is not None and character.isprintable()

    def on_blur(self) -> None:
        if self._editing:
            self.post_message(self.FilterDone(True))

    def on_click(self, event: events.Click) -> None:
        target = target_at(self._spans, event.x) if event.y == self.size.height - 1 else ""
        if target:
            self.post_message(self.HintClicked(target))


def _cells(hint: Hint) -> int:
    return width(hint.key) + 1 + width(hint.verb) + 2
