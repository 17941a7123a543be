"""A program's output as it comes: bounded, coloured, followed until one scrolls, searched with `/` `n` `N`.

The owner calls `append(bytes)` as often as it likes; the pane draws at most once a frame. What is dropped is counted
and said in its place, with the key that shows the whole text (the owner binds `v`, since it knows where that is).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.ansi_text import PLAIN, parse_line
from tui.widgets.cells import clean, cut, fit, width
from tui.widgets.line_edit import LineBuffer
from tui.widgets.output_lines import Inked, Note, OutputLines

FRAME_SECONDS = 1 / 30

_CACHED = 512


class OutputPane(Widget, can_focus=True):
    """Draws an `OutputLines`; `compact` leaves out the line that says how much is below, for tiles."""

    COMPONENT_CLASSES = {"output--note", "output--match", "output--status"}
    DEFAULT_CSS = """
    OutputPane { height: 1fr; }
    .output--note { color: $warning; }
    .output--match { background: $mark; color: $background; }
    .output--status { color: $muted; background: $panel; }
    """
    BINDINGS = [
        Binding("j,down", "line(1)", "down", tooltip="One line down", show=False, id="output.down"),
        Binding("k,up", "line(-1)", "up", tooltip="One line up", show=False, id="output.up"),
        Binding("pagedown", "page(2)", "page down", tooltip="One page down", show=False, id="output.page_down"),
        Binding("pageup", "page(-2)", "page up", tooltip="One page up", show=False, id="output.page_up"),
        Binding("ctrl+d", "page(1)", "half down", tooltip="Half a page down", show=False, id="output.half_down"),
        Binding("ctrl+u", "page(-1)", "half up", tooltip="Half a page up", show=False, id="output.half_up"),
        Binding("g,home", "top", "top", tooltip="To the first line held", show=False, id="output.top"),
        Binding("G,end", "follow", "follow", tooltip="To the end, and follow it", show=False, id="output.follow"),
        Binding("l,right", "sideways(8)", "right", tooltip="Scroll right", show=False, id="output.right"),
        Binding("h,left", "sideways(-8)", "left", tooltip="Scroll left", show=False, id="output.left"),
        Binding("slash", "search", "search", tooltip="Search the text", key_display="/", id="output.search"),
        Binding("n", "match(1)", "next match", tooltip="To the next match", show=False, id="output.next"),
        Binding("N", "match(-1)", "previous match", tooltip="To the match before", show=False, id="output.previous"),
    ]

    class FollowChanged(Message):
        """The pane began or ceased to follow the end of its text."""

        def __init__(self, pane: OutputPane, follow: bool) -> None:
            super().__init__()
            self.pane, self.follow = pane, follow

        @property
        def control(self) -> OutputPane:
            return self.pane

    def __init__(
        self,
        *,
        lines: OutputLines | None = None,
        compact: bool = False,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.lines = lines or OutputLines()
        self.compact = compact
        self._follow = True
        self._top = 0
        self._left = 0
        self._needle = ""
        self._match: int | None = None
        self._typed: LineBuffer | None = None
        self._resting = False
        self._stale = False
        self._drawn: dict[int, list[tuple[str, Style]]] = {}

    # What the owner uses.

    @property
    def follow(self) -> bool:
        """Whether the pane stays at the end of its text."""
        return self._follow

    @property
    def takes_text(self) -> bool:
        """Whether printable keys are text now: what is searched for is being typed."""
        return self._typed is not None

    @property
    def text(self) -> str:
        """What is held, as plain text with the notes of what is not."""
        return self.lines.text()

    @property
    def dropped(self) -> int:
        """Lines that were dropped from the beginning."""
        return self.lines.dropped

    def append(self, data: bytes | str) -> None:
        """Take more output; it shows with the next frame."""
        self.lines.append(data)
        self._changed()

    def note_dropped(self, size: int) -> None:
        """Say in this place that so many bytes did not come."""
        self.lines.lost += size
        self.lines.note(f"… {size:,} bytes dropped here; the whole text: v")
        self._changed()

    def note(self, text: str) -> None:
        """Put a line of our own among the output, in another colour."""
        self.lines.note(clean(text))
        self._changed()

    def close(self) -> None:
        """Say that no more will come: a character that was begun shows as a replacement."""
        self.lines.close()
        self._changed()

    def clear(self) -> None:
        """Begin anew with nothing."""
        self.lines = OutputLines(self.lines.max_lines, self.lines.max_characters, self.lines.max_line)
        self._drawn.clear()
        self._top = self._left = 0
        self._match = None
        self._set_follow(True)
        self.refresh()

    def set_title(self, title: str, subtitle: str = "") -> None:
        """Write on the border, if the pane has one; remote text is drawn as it is, never as markup."""
        self.border_title = Content(clean(title))
        self.border_subtitle = Content(clean(subtitle)) if subtitle else None

    def search(self, needle: str) -> bool:
        """Highlight a text and go to its last match above the end, or the next one from where one is.

        Case does not matter unless the text has capitals. "" ends the search.
        """
        self._needle, self._match = clean(needle), None
        self._drawn.clear()
        self.refresh()
        return bool(needle) and self._seek(self._top, 1)

    # Drawing.

    def _changed(self) -> None:
        """Draw now, and for the rest of the frame only remember that there is more."""
        if self._resting:
            self._stale = True
        elif self.is_running:
            self._resting = True
            self.set_timer(FRAME_SECONDS, self._rested)
            self._show_end()

    def _rested(self) -> None:
        self._resting = False
        if self._stale:
            self._stale = False
            self._changed()

    def _show_end(self) -> None:
        if self._follow:
            self._top = self._bounded(self.lines.end)
        else:
            self._top = max(self._top, self.lines.first)
        self.refresh()

    def _bounded(self, top: int) -> int:
        return max(self.lines.first, min(top, self.lines.end - max(1, self.size.height)))

    def notify_style_update(self) -> None:
        self._drawn.clear()
        super().notify_style_update()

    def on_mount(self) -> None:
        self._show_end()

    def on_resize(self) -> None:
        self._top = self._bounded(self.lines.end if self._follow else self._top)

    def render_line(self, y: int) -> Strip:
        columns, base = self.size.width, self.rich_style
        if self._typed is not None and y == self.size.height - 1:
            return self._prompt(self._typed, columns, base)
        number = self._top + y
        if number >= self.lines.end:
            return Strip.blank(columns, base)
        parts = self._selected(number, self._pieces(number, base))
        strip = Strip([Segment(text, style) for text, style in parts])
        if self._left:
            strip = strip.crop(self._left)
        strip = strip.adjust_cell_length(columns, base)
        if y == self.size.height - 1 and (below := self.lines.end - number - 1) > 0 and not self.compact:
            strip = self._with_status(strip, f" {below:,} more below · G follows ", columns, base)
        return strip.apply_offsets(self._left, number - self.lines.first)

    def _pieces(self, number: int, base: Style) -> list[tuple[str, Style]]:
        pieces = self._drawn.get(number)
        if pieces is None:
            line = self.lines.line(number)
            if isinstance(line, Note):
                pieces = [(line.text, base + self._part("note"))]
            else:
                spans = parse_line(line.raw, line.ink) if isinstance(line, Inked) else parse_line(line, PLAIN)
                pieces = [(text, base + ink.style) for text, ink in spans]
            pieces = self._highlighted(pieces)
            if self.lines.first <= number < self.lines.end - 2:
                # The last lines may still grow, and the first one counts what is dropped.
                if len(self._drawn) > _CACHED:
                    self._drawn.clear()
                if number > self.lines.first or not self.lines.dropped:
                    self._drawn[number] = pieces
        return pieces

    def _part(self, name: str) -> Style:
        return self.get_component_rich_style(f"output--{name}", partial=True)

    def _highlighted(self, pieces: list[tuple[str, Style]]) -> list[tuple[str, Style]]:
        if not self._needle:
            return pieces
        spans = [(at, at + len(self._needle)) for at in self._found_in("".join(text for text, _ in pieces))]
        return painted(pieces, spans, self._part("match"))

    def _selected(self, number: int, pieces: list[tuple[str, Style]]) -> list[tuple[str, Style]]:
        selection = self.text_selection
        if selection is None or (span := selection.get_span(number - self.lines.first)) is None:
            return pieces
        start, end = span
        length = sum(len(text) for text, _ in pieces)
        style = self.screen.get_component_rich_style("screen--selection", partial=True)
        return painted(pieces, [(start, length if end == -1 else end)], style)

    def _with_status(self, strip: Strip, text: str, columns: int, base: Style) -> Strip:
        text = cut(text, columns)
        left = strip.crop(0, columns - width(text))
        return Strip([*left, Segment(text, base + self._part("status"))], columns)

    def _prompt(self, typed: LineBuffer, columns: int, base: Style) -> Strip:
        style = base + self._part("status")
        shown, cursor = typed.view(max(1, columns - 2))
        line = fit(f"/{shown} ", columns, "left", "")
        return Strip(
            [
                Segment(text, own)
                for text, own in painted([(line, style)], [(cursor + 1, cursor + 2)], Style(reverse=True))
            ]
        ).adjust_cell_length(columns, base)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Give what the mouse selected."""
        return selection.extract(self.text), "\n"

    # Search.

    def _found_in(self, text: str) -> Iterator[int]:
        needle = self._needle
        if needle == needle.lower():
            text = text.lower() if len(text.lower()) == len(text) else text
        at = text.find(needle)
        while at >= 0:
            yield at
            at = text.find(needle, at + len(needle))

    def _seek(self, start: int, step: int) -> bool:
        """Go to the nearest line with a match from `start` on, around the end of the text if need be."""
        first, count = self.lines.first, self.lines.end - self.lines.first
        for ahead in range(count):
            number = first + (start - first + ahead * step) % count
            if next(self._found_in(self.lines.plain(number)), None) is not None:
                self._match = number
                self._set_follow(False)
                if not self._top <= number < self._top + self.size.height - 1:
                    self._top = self._bounded(number - self.size.height // 2)
                self._bring(number)
                self.refresh()
                return True
        return False

    def _bring(self, number: int) -> None:
        """Scroll sideways so far that the match is seen."""
        text = self.lines.plain(number)
        at = width(text[: next(self._found_in(text), 0)])
        if not self._left <= at < self._left + self.size.width - len(self._needle):
            self._left = max(0, at - self.size.width // 2) if at >= self.size.width else 0

    # Events.

    async def on_key(self, event: events.Key) -> None:
        if self._typed is None:
            if event.key == "escape" and self._needle:
                event.stop()
                self.search("")
            return
        if event.key in ("enter", "escape"):
            typed, self._typed = self._typed.text, None
            if event.key == "escape":
                self.search("")
            elif not self.search(typed) and typed:
                self.notify("No line that is held has it.", title="Search", markup=False)
        elif not self._typed.key(event):
            return
        event.stop()
        event.prevent_default()
        self.refresh()

    def check_consume_key(self, key: str, character: str | None) -> bool:
        return self._typed is not None and (character is not None and character.isprintable())

    def on_blur(self) -> None:
        self._typed = None

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_line(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_line(-3)

    # Actions.

    def _set_follow(self, follow: bool) -> None:
        if follow != self._follow:
            self._follow = follow
            self.post_message(self.FollowChanged(self, follow))

    def action_line(self, step: int) -> None:
        """Scroll; one that reaches the end follows it again."""
        self._top = self._bounded(self._top + step)
        self._set_follow(self._top >= self.lines.end - self.size.height)
        self.refresh()

    def action_page(self, halves: int) -> None:
        self.action_line(max(1, (self.size.height - 1) * abs(halves) // 2) * (1 if halves > 0 else -1))

    def action_top(self) -> None:
        self._left = 0
        self.action_line(self.lines.first - self._top)

    def action_follow(self) -> None:
        self._set_follow(True)
        self._show_end()

    def action_sideways(self, step: int) -> None:
        seen = range(self._top, min(self.lines.end, self._top + self.size.height))
        longest = max((width(self.lines.plain(number)) for number in seen), default=0)
        self._left = max(0, min(self._left + step, longest - self.size.width // 2))
        self.refresh()

    def action_search(self) -> None:
        self._typed = LineBuffer()
        self.refresh()

    def action_match(self, step: int) -> None:
        if self._needle:
            self._seek((self._top if self._match is None else self._match) + step, step)


def painted(pieces: list[tuple[str, Style]], spans: list[tuple[int, int]], style: Style) -> list[tuple[str, Style]]:
    """Lay a style over the characters of spans [start, end), which ascend and don't overlap."""
    if not spans:
        return pieces
    edges = sorted({edge for span in spans for edge in span})
    made: list[tuple[str, Style]] = []
    at = 0
    for text, own in pieces:
        cuts = [0, *(edge - at for edge in edges if at < edge < at + len(text)), len(text)]
        for start, end in pairwise(cuts):
            inside = any(low <= at + start < high for low, high in spans)
            made.append((text[start:end], own + style if inside else own))
        at += len(text)
    return made
