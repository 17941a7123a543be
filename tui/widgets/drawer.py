"""The drawer: calls just made, each with the command line that makes it again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical

from tui.widgets.overlay import Overlay
from tui.widgets.pick_list import Item, PickList
from tui.widgets.state_pane import StatePane


class Call(NamedTuple):
    """One call as the drawer shows it; `line` is the equal command line, or "" where there is none."""

    at: str
    what: str
    took: str
    line: str


class Drawer(Overlay[str]):
    """Shows calls, the newest first; `c` gives the command line of the one under the cursor."""

    DEFAULT_CSS = """
    Drawer { align: left bottom; }
    Drawer > Vertical { height: 60%; min-height: 4; background: $panel; }
    Drawer PickList { height: 1fr; }
    Drawer StatePane { height: 4; background: $bar; color: $foreground; }
    """
    BINDINGS = [
        Binding("c", "copy", "copy the command line", tooltip="Copy the equal command line", id="drawer.copy"),
        Binding("j,down", "move(1)", "down", tooltip="The call before", show=False, id="drawer.down"),
        Binding("k,up", "move(-1)", "up", tooltip="The call after", show=False, id="drawer.up"),
        Binding("ctrl+d,pagedown", "move(10)", "page down", tooltip="Ten older", show=False, id="drawer.page_down"),
        Binding("ctrl+u,pageup", "move(-10)", "page up", tooltip="Ten newer", show=False, id="drawer.page_up"),
        Binding("at", "cancel", "close", tooltip="Close the drawer", show=False, id="drawer.close"),
    ]

    def __init__(self, calls: Sequence[tuple[str, str, str, str]]) -> None:
        super().__init__()
        self._calls = [Call(*call) for call in calls]
        items = [Item(f"{call.at} {call.what}", call.took, "" if call.line else "own") for call in self._calls]
        self.list = PickList(items, cursor=0 if items else -1)
        self.detail = StatePane()

    def compose(self) -> ComposeResult:
        with Vertical():
            yield self.list
            yield self.detail

    def on_mount(self) -> None:
        self._tell()

    def _tell(self) -> None:
        if not self._calls:
            self.detail.say("No call was made yet.", "esc closes this", "dim")
            return
        line = self._calls[self.list.cursor].line
        self.detail.say(line or "This call is the engine's own: AWS has no command for it.", "c copies   esc closes")

    def action_move(self, step: int) -> None:
        self.list.move(step)
        self._tell()

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        self.list.move(event.index - self.list.cursor)
        self._tell()

    def action_copy(self) -> None:
        if self._calls and self._calls[self.list.cursor].line:
            self.dismiss(self._calls[self.list.cursor].line)
