"""The terminal of a shell among others: what is typed here may go to several, or to none for a moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import monotonic

from textual import events
from textual.message import Message

from tui.screens._drawing_turns import Turns
from tui.screens._keys import latin_keys
from tui.widgets.terminal import PAUSE, TerminalView

_LAST = frozenset({"enter", "ctrl+c", "ctrl+d", "ctrl+z", "ctrl+backslash"})
"""Keys that end what is typed, or what runs: what comes is waited for, not the answer of one key."""


class ShellTerminal(TerminalView):
    """A terminal whose keys `others` get as well, each as its own modes have it.

    `turns` hear of each key, and `commanded` of a command before any later key is looked at.
    """

    class Held(Message):
        """A key was kept from this shell: it was typed on for one that had ended."""

    def __init__(
        self,
        *,
        prefix: str,
        scrollback: int,
        turns: Turns,
        others: Callable[[], Iterable[ShellTerminal]],
        commanded: Callable[[], None],
    ) -> None:
        super().__init__(prefix=prefix, scrollback=scrollback, latin=lambda key: latin_keys(key) or key)
        self._prefix_keys = (prefix, "f12")
        self._turns = turns
        self._others = others
        self._commanded = commanded
        self._hushed_at = 0.0

    def hush(self) -> None:
        """Keep from this shell what one goes on typing for the one that stood here, until one pauses."""
        self._hushed_at = monotonic()

    def _is_hushed(self) -> bool:
        if not self._hushed_at:
            return False
        now = monotonic()
        if now - self._hushed_at >= PAUSE:
            self._hushed_at = 0.0
            return False
        self._hushed_at = now
        return True

    def type_text(self, text: str) -> None:
        self._turns.typed(last=text.endswith("\r"))
        if self._is_hushed():
            self.post_message(self.Held())
            return
        for other in self._others():
            TerminalView.type_text(other, text)
        super().type_text(text)

    def post_message(self, message: Message) -> bool:
        if isinstance(message, self.Prefix):
            self._commanded()
        return super().post_message(message)

    # Textual calls these before those of the class above, and none of those after `prevent_default`.

    async def _on_key(self, event: events.Key) -> None:
        self._turns.typed(last=event.key in _LAST)
        if not self.listens or event.key in self._prefix_keys or (event.key == "ctrl+c" and self.selected):
            return
        if self._is_hushed():
            event.stop()
            event.prevent_default()
            self.post_message(self.Held())
            return
        for other in self._others():
            await TerminalView._on_key(other, events.Key(event.key, event.character))

    def _on_paste(self, event: events.Paste) -> None:
        self._turns.typed()
        if not self.listens:
            return
        if self._is_hushed():
            event.stop()
            event.prevent_default()
            self.post_message(self.Held())
            return
        for other in self._others():
            TerminalView._on_paste(other, events.Paste(event.text))
