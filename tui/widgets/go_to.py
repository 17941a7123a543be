"""The go-to line: what is typed is what Enter does; suggestions are taken with Tab or the arrows, never by Enter."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical

from tui.widgets.line_edit import LineEdit
from tui.widgets.overlay import Overlay
from tui.widgets.pick_list import Item, PickList, matching

SHOWN = 10


class GoTo(Overlay[str]):
    """Asks for a line; `suggestions` are (line, what it opens)."""

    DEFAULT_CSS = """
    GoTo { background: transparent; align: left bottom; }
    GoTo > Vertical { height: auto; background: $panel; }
    """

    def __init__(self, suggestions: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._suggestions = suggestions
        self._typed = ""
        self._texts = [f"{line} {about}" for line, about in suggestions]
        self._among = [*range(len(suggestions))]
        self.list = PickList()
        self.line = LineEdit(prompt=" :")

    def compose(self) -> ComposeResult:
        with Vertical():
            yield self.list
            yield self.line

    def on_mount(self) -> None:
        self._suggest("")

    def _suggest(self, text: str) -> None:
        if not text.startswith(self._typed) or not self._typed:
            self._among = [*range(len(self._suggestions))]
        self._typed = text
        # One more letter leaves some of those that matched before: a fleet's names are many.
        matched = matching(text.removeprefix(":"), [self._texts[index] for index in self._among])
        indexes = [self._among[index] for index in matched]
        self._among = sorted(indexes)
        found = [self._suggestions[index] for index in indexes[:SHOWN]]
        room = max(min(SHOWN, self.app.size.height - 4), 0)
        self.list.styles.height = min(len(found), room)
        self.list.show([Item(line, about) for line, about in found[:room]])

    def on_line_edit_changed(self, event: LineEdit.Changed) -> None:
        if event.text != self._taken:
            self._suggest(event.text)

    @property
    def _taken(self) -> str | None:
        """The suggestion under the cursor, which stands in the line."""
        return self.list.items[self.list.cursor].text if self.list.cursor >= 0 else None

    def on_line_edit_submitted(self, event: LineEdit.Submitted) -> None:
        self.dismiss(event.text.strip())

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        self.dismiss(self.list.items[event.index].text.strip())

    def on_key(self, event: events.Key) -> None:
        if event.key in ("tab", "down", "up", "shift+tab") and self.list.items:
            event.stop()
            event.prevent_default()
            down = event.key in ("tab", "down")
            if self.list.cursor < 0:
                self.list.move(1 if down else len(self.list.items))
            else:
                self.list.move(1 if down else -1)
            self.line.text = self._taken or self._typed
        elif event.key == "backspace" and not self.line.text:
            event.stop()
            self.dismiss(None)
