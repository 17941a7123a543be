"""An app around one widget, with the variables that every theme of the console has."""

from __future__ import annotations

from typing import Any

from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.widget import Widget

SIZES = [(80, 24), (120, 36), (200, 50)]


class PlainApp(App[None]):
    """Shows one widget and keeps what it says."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget
        self.said: list[Message] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {"muted": "#8b96a8", "bar": "#1d2430", "cursor": "#2b4a66", "mark": "#f0b35e"}

    def compose(self) -> ComposeResult:
        yield self.widget

    def on_mount(self) -> None:
        self.widget.focus()


def lines(widget: Widget) -> list[str]:
    """Give what a widget draws, as text without the spaces at the ends."""
    return [widget.render_line(y).text.rstrip() for y in range(widget.size.height)]


async def until(pilot: Pilot[Any], reached: Any) -> None:
    """Let the app run until something is so; a test that waits in vain is ended by the runner."""
    for _ in range(2000):
        if reached():
            return
        await pilot.pause()
    raise AssertionError("it never came to be")
