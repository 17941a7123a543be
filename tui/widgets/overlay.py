"""The base of what opens over a screen and closes with Esc."""

from __future__ import annotations

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.screen import ModalScreen

from tui.widgets.metered_screen import MeteredScreen

T = TypeVar("T")


class Overlay(ModalScreen[T], MeteredScreen[T], inherit_bindings=False):
    """A modal screen; Esc gives None.

    The modal one is its first base: Textual takes styles from that one alone, here what lets the screen below through.
    """

    AUTO_FOCUS = "*"
    DEFAULT_CSS = """
    Overlay LineEdit { height: 1; background: $bar; color: $foreground; }
    Overlay PickList { background: $panel; color: $foreground; }
    """
    HELP_GROUP = "This window"
    BINDINGS = [
        Binding("escape", "cancel", "close", tooltip="Close this window", id="overlay.close"),
        Binding("ctrl+q", "app.quit", "quit", tooltip="Leave the console", show=False, id="overlay.quit"),
        Binding("ctrl+c", "app.copy_text", "copy text", tooltip="Copy the selection", show=False, id="overlay.copy"),
    ]

    settled = False
    """Whether keys go where they are meant to; an app may hold them until then."""

    def on_screen_resume(self) -> None:
        self.call_later(self._settle)

    def _settle(self) -> None:
        self.settled = True
        give_keys = getattr(self.app, "give_keys", None)
        if give_keys is not None:
            self.app.call_later(give_keys)

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        # A second Enter may have been on its way when the first one closed the window.
        if self not in self.app.screen_stack:
            return AwaitComplete()
        return super().dismiss(result)

    def action_cancel(self) -> None:
        self.dismiss(None)
