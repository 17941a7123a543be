"""Reading a text that has the whole screen, with the keys of less: the base of those who have one to show."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.line import Part, lay_out
from tui.widgets.line_edit import LineEdit
from tui.widgets.overlay import Overlay
from tui.widgets.text_window import TextWindow


class ReaderBar(Widget):
    """One line of words above the text."""

    def __init__(self) -> None:
        super().__init__()
        self._text = ""

    def say(self, text: str) -> None:
        self._text = text
        self.refresh()

    def render_line(self, y: int) -> Strip:
        return lay_out([Part(self._text, self.rich_style)], [], self.size.width, self.rich_style)[0]


class Reading(Overlay[None]):
    """A bar, a text, and a line in which one types what is searched; `/` searches, `n` `N` go on and back.

    What a reader of its own overrides: `action_move`, `action_edge` and `look_for`.
    """

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    Reading { background: $background; }
    Reading TextWindow { height: 1fr; background: $background; color: $foreground; }
    Reading ReaderBar { height: 1; background: $bar; color: $foreground; }
    Reading LineEdit { height: 1; background: $bar; color: $foreground; }
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

    def __init__(self) -> None:
        super().__init__()
        self.bar = ReaderBar()
        self.body = TextWindow()
        self.line = LineEdit(prompt=" /")
        self.line.display = False

    def compose(self) -> ComposeResult:
        yield self.bar
        yield self.body
        yield self.line

    def look_for(self, text: str, step: int) -> None:
        """Go to the next line that has the text, in either case; to the previous one where `step` is -1."""

    def action_move(self, step: int) -> None:
        self.body.move(step)

    def action_page(self, pages: float) -> None:
        self.action_move(int(self.body.size.height * pages))

    def action_edge(self, last: int) -> None:
        self.body.move(len(self.body.lines) if last else -len(self.body.lines))

    def action_sideways(self, step: int) -> None:
        self.body.sideways(step)

    def action_search(self) -> None:
        self.line.text = ""
        self.line.display = True
        self.line.focus()

    def on_line_edit_submitted(self, event: LineEdit.Submitted) -> None:
        self._close_line()
        self.look_for(event.text, 1)

    def action_next(self, step: int) -> None:
        self.look_for(self.body.found, step)

    def _close_line(self) -> None:
        self.line.display = False
        self.set_focus(None)

    def action_cancel(self) -> None:
        if self.line.display:
            self._close_line()
        else:
            self.dismiss(None)
