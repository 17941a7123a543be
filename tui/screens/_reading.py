"""Reading a text that has the whole screen, with the keys of less: the base of those who have one to show."""

from __future__ import annotations

from typing import Protocol

from textual.app import ComposeResult
from textual.binding import Binding
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.line import Part, lay_out
from tui.widgets.line_edit import LineEdit
from tui.widgets.overlay import Overlay
from tui.widgets.text_window import TextWindow

FAR = 1 << 40
"""More lines than any text has."""


class Window(Protocol):
    """A widget that shows a part of a text; it stops at the text's ends."""

    @property
    def size(self) -> Size: ...

    def move(self, step: int, /) -> None:
        """Move down by so many lines, up where negative."""

    def sideways(self, step: int, /) -> None:
        """Move right by so many cells, left where negative."""


class ReaderBar(Widget):
    """One line of words above or below the text."""

    def __init__(self) -> None:
        super().__init__()
        self._text = ""

    def say(self, text: str) -> None:
        self._text = text
        self.refresh()

    def render_line(self, y: int) -> Strip:
        return lay_out([Part(self._text, self.rich_style)], [], self.size.width, self.rich_style)[0]


class Reading(Overlay[None]):
    """Moves a window over a text; `/` opens the line in which one types what is searched, `n` `N` go on and back.

    A reader of its own composes its widgets, and says what it searches (`look_for`, `sought`); one that has to fetch
    what it moves to overrides `action_move` and `action_edge` as well.
    """

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    Reading { background: $background; }
    Reading ReaderBar { height: 1; background: $bar; color: $foreground; }
    """
    BINDINGS = [
        Binding("j,down", "move(1)", "down", tooltip="A line down", show=False, id="reader.down"),
        Binding("k,up", "move(-1)", "up", tooltip="A line up", show=False, id="reader.up"),
        Binding("ctrl+d", "page(0.5)", "half page down", tooltip="Half a page down", show=False, id="reader.half_down"),
        Binding("ctrl+u", "page(-0.5)", "half page up", tooltip="Half a page up", show=False, id="reader.half_up"),
        Binding("pagedown,space", "page(1)", "page down", tooltip="A page down", show=False, id="reader.page_down"),
        Binding("pageup", "page(-1)", "page up", tooltip="A page up", show=False, id="reader.page_up"),
        Binding("g,home", "edge(0)", "top", tooltip="To the top", show=False, id="reader.top"),
        Binding("G,end", "edge(1)", "bottom", tooltip="To the end", show=False, id="reader.bottom"),
        Binding("h,left", "sideways(-8)", "left", tooltip="Scroll left", show=False, id="reader.left"),
        Binding("l,right", "sideways(8)", "right", tooltip="Scroll right", show=False, id="reader.right"),
        Binding("slash", "search", "search", tooltip="Search", key_display="/", id="reader.search"),
        Binding("n", "next(1)", "next", tooltip="The next match", id="reader.next"),
        Binding("N", "next(-1)", "previous", tooltip="The previous match", show=False, id="reader.previous"),
        Binding("q", "dismiss", "close", tooltip="Close the text, as less does", show=False, id="reader.close"),
    ]

    def __init__(self, window: Window) -> None:
        super().__init__()
        self._window = window
        self.bar = ReaderBar()
        self.line = LineEdit(prompt=" /")
        self.line.display = False

    @property
    def sought(self) -> str:
        """What `n` and `N` look for, "" for nothing."""
        return ""

    def look_for(self, text: str, step: int) -> None:
        """Go to the next line that has the text, in either case; to the previous one where `step` is -1."""

    def action_move(self, step: int) -> None:
        self._window.move(step)

    def action_page(self, pages: float) -> None:
        self.action_move(int(self._window.size.height * pages))

    def action_edge(self, last: int) -> None:
        self._window.move(FAR if last else -FAR)

    def action_sideways(self, step: int) -> None:
        self._window.sideways(step)

    def action_search(self) -> None:
        self.line.text = ""
        self.line.display = True
        self.line.focus()

    def on_line_edit_submitted(self, event: LineEdit.Submitted) -> None:
        self._close_line()
        self.look_for(event.text, 1)

    def action_next(self, step: int) -> None:
        if self.sought:
            self.look_for(self.sought, step)

    def _close_line(self) -> None:
        self.line.display = False
        self.set_focus(None)

    def action_cancel(self) -> None:
        if self.line.display:
            self._close_line()
        else:
            self.dismiss(None)


class TextReading(Reading):
    """Reads lines of plain text, the bar above them."""

    DEFAULT_CSS = """
    TextReading TextWindow { height: 1fr; background: $background; color: $foreground; }
    """

    def __init__(self) -> None:
        self.body = TextWindow()
        super().__init__(self.body)

    def compose(self) -> ComposeResult:
        yield self.bar
        yield self.body
        yield self.line

    @property
    def sought(self) -> str:
        return self.body.found
