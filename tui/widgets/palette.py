"""The palette: every action that works here now, found by its words."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical

from tui.widgets.line_edit import LineEdit
from tui.widgets.overlay import Overlay
from tui.widgets.pick_list import Item, PickList, matching


class Palette(Overlay[int]):
    """Asks for one of rows (what it does, its keys, why it is refused or ""); gives its index."""

    DEFAULT_CSS = """
    Palette { align: center top; }
    Palette > Vertical { width: 76; max-width: 100%; height: auto; max-height: 80%; margin: 1 0; background: $panel; }
    """

    def __init__(self, rows: Sequence[tuple[str, str, str]]) -> None:
        super().__init__()
        self._rows = rows
        self._found: list[int] = []
        self.list = PickList()
        self.line = LineEdit(prompt=" > ")

    def compose(self) -> ComposeResult:
        with Vertical():
            yield self.line
            yield self.list

    def on_mount(self) -> None:
        self._suggest("")

    def _suggest(self, text: str) -> None:
        self._found = matching(text, [row[0] for row in self._rows])
        items = [
            Item(what, refusal, keys, bool(refusal)) for what, keys, refusal in (self._rows[i] for i in self._found)
        ]
        self.list.styles.height = max(1, min(len(items), self.app.size.height - 6))
        self.list.show(items, 0 if items else -1)

    def on_line_edit_changed(self, event: LineEdit.Changed) -> None:
        self._suggest(event.text)

    def on_line_edit_submitted(self) -> None:
        if self._found:
            self.dismiss(self._found[self.list.cursor])

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        self.dismiss(self._found[event.index])

    def on_key(self, event: events.Key) -> None:
        steps = {"down": 1, "tab": 1, "up": -1, "shift+tab": -1, "pagedown": 10, "pageup": -10}
        if event.key in steps:
            event.stop()
            event.prevent_default()
            self.list.move(steps[event.key])
