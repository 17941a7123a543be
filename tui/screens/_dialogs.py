"""What asks: confirm, confirm by typing a name, prompt, choose; and what only tells: a notice, a text to read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.strip import Strip
from textual.widget import Widget

from tui.screens._reading import TextReading
from tui.widgets.cells import clean, own, window
from tui.widgets.line_edit import LineEdit
from tui.widgets.overlay import Overlay
from tui.widgets.pick_list import Item, PickList
from tui.widgets.state_pane import wrapped

T = TypeVar("T")


class Lines(Widget):
    """Plain text, wrapped at words, cut at its room."""

    COMPONENT_CLASSES = {"bar--dim", "bar--accent"}

    def __init__(self, text: str, *, most: int = 12) -> None:
        super().__init__()
        self._text, self._most = text, most
        self._lines: list[str] = []

    def say(self, text: str) -> None:
        self._text = text
        self._break()

    def _break(self) -> None:
        self._lines = wrapped(self._text, max(self.size.width, 1))
        self.styles.height = min(max(len(self._lines), 1), self._most)
        self.refresh()

    def on_mount(self) -> None:
        self._break()

    def on_resize(self) -> None:
        self._break()

    def render_line(self, y: int) -> Strip:
        columns, base = self.size.width, self.rich_style
        if y >= len(self._lines):
            return Strip.blank(columns, base)
        return Strip([Segment(window(self._lines[y], 0, columns), base)], columns)


class Dialog(Overlay[T], Generic[T]):
    """A box in the middle: a title, what it is about, and the keys that answer."""

    DEFAULT_CSS = """
    Dialog { align: center middle; }
    Dialog > Vertical { width: 78; max-width: 96%; height: auto; max-height: 90%; background: $panel; padding: 1 2; }
    Dialog Lines { background: $panel; color: $foreground; }
    Dialog .dialog--title { color: $accent; text-style: bold; }
    Dialog .dialog--keys { color: $muted; }
    """

    def __init__(self, title: str, text: str = "", keys: str = "") -> None:
        super().__init__()
        self._title, self._text, self._keys = title, text, own(keys)

    def compose(self) -> ComposeResult:
        with Vertical():
            title = Lines(self._title, most=3)
            title.add_class("dialog--title")
            yield title
            if self._text:
                yield Lines("\n" + self._text + "\n")
            yield from self.compose_answer()
            keys = Lines(self._keys, most=2)
            keys.add_class("dialog--keys")
            yield keys

    def compose_answer(self) -> ComposeResult:
        yield from ()


class Confirm(Dialog[bool]):
    """Asks yes or no; Enter is yes, Esc is no (None)."""

    BINDINGS = [
        Binding("enter,y", "yes", "yes", tooltip="Do it", id="confirm.yes"),
        Binding("n", "cancel", "no", tooltip="Leave it", id="confirm.no"),
    ]

    def __init__(self, title: str, text: str = "", *, verb: str = "yes") -> None:
        super().__init__(title, text, f"⏎ {verb}   esc no")

    def action_yes(self) -> None:
        self.dismiss(True)


class TypeName(Dialog[bool]):
    """Asks for a name or a count to be typed before something is destroyed; gives True only for exactly that."""

    def __init__(self, title: str, text: str = "", *, expected: str, verb: str = "delete") -> None:
        super().__init__(title, text, f"⏎ {verb}   esc leave it")
        self._expected = expected
        self.line = LineEdit(prompt=f"type {expected}: ")

    def compose_answer(self) -> ComposeResult:
        yield self.line

    def on_line_edit_submitted(self, event: LineEdit.Submitted) -> None:
        if event.text.strip() == self._expected:
            self.dismiss(True)
        else:
            self.query(Lines).last().say(f"That is not {self._expected}.   esc leaves it")


class Prompt(Dialog[str]):
    """Asks for one line; `check` says what is wrong with an answer, or ""."""

    def __init__(self, title: str, text: str = "", *, value: str = "", label: str = "", secret: bool = False) -> None:
        super().__init__(title, text, "⏎ done   esc leave it")
        self.line = LineEdit(value, prompt=f"{label}: " if label else "> ", secret=secret)

    def compose_answer(self) -> ComposeResult:
        yield self.line

    def check(self, text: str) -> str:
        """Say what is wrong with an answer."""
        return ""

    def on_line_edit_submitted(self, event: LineEdit.Submitted) -> None:
        wrong = self.check(event.text)
        if wrong:
            self.query(Lines).last().say(wrong)
        else:
            self.dismiss(event.text)


class Choose(Dialog[T], Generic[T]):
    """Asks for one of several; options are (text, value)."""

    BINDINGS = [
        Binding("enter", "take", "take", tooltip="Take the one under the cursor", id="choose.take"),
        Binding("j,down", "move(1)", "down", tooltip="Next", show=False, id="choose.down"),
        Binding("k,up", "move(-1)", "up", tooltip="Previous", show=False, id="choose.up"),
    ]

    def __init__(self, title: str, options: Sequence[tuple[str, T]], text: str = "") -> None:
        super().__init__(title, text, "⏎ take   1…9 by number   esc leave it")
        self._options = options
        self.list = PickList([Item(f"{number} {text}") for number, (text, _) in enumerate(options, 1)], cursor=0)

    def compose_answer(self) -> ComposeResult:
        self.list.styles.height = min(len(self._options), 16)
        yield self.list

    def action_take(self) -> None:
        self.dismiss(self._options[self.list.cursor][1])

    def action_move(self, step: int) -> None:
        self.list.move(step)

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        self.dismiss(self._options[event.index][1])

    def on_key(self, event: events.Key) -> None:
        if event.character and event.character.isdigit() and 0 < int(event.character) <= len(self._options):
            event.stop()
            self.dismiss(self._options[int(event.character) - 1][1])


class Notice(Dialog[bool]):
    """Tells something that must be read before it goes."""

    BINDINGS = [Binding("enter,space", "cancel", "close", tooltip="Close", show=False, id="notice.close")]

    def __init__(self, title: str, text: str = "") -> None:
        super().__init__(title, text, "esc close")


class Reader(TextReading):
    """A text that is here as a whole."""

    DEFAULT_CSS = """
    Reader TextWindow { padding: 0 1; }
    Reader ReaderBar { padding: 0 1; color: $accent; text-style: bold; }
    """
    BINDINGS = [Binding("c", "copy", "copy", tooltip="Copy the whole text", id="reader.copy")]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title, self._whole = title, text
        self.body.show([clean(line) for line in text.expandtabs().split("\n")])

    def on_mount(self) -> None:
        self._say()

    def _say(self, more: str = "/ search   c copy   esc close") -> None:
        self.bar.say(f" {clean(self._title)}   {more}")

    def look_for(self, text: str, step: int) -> None:
        body = self.body
        if not text:
            return
        body.found = text.casefold()
        body.refresh()
        count = len(body.lines)
        for at in ((body.top + offset * step) % count for offset in range(1, count + 1)):
            if body.holds(at):
                body.top = at
                self._say("n next   N previous   esc close")
                return
        self._say(f"{text!r} is not in this text")

    def action_copy(self) -> None:
        copy = getattr(self.app, "copy", None)
        if copy is not None:
            copy(self._whole, "the text")
