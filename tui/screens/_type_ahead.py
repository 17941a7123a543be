"""Keys one after the other: each is worked off before the next is looked at, also while a screen is being opened.

Textual hands a key to the focused widget's queue and goes on to the next one; a binding of the app runs when the key
has bubbled back. `:nodes` typed fast would so open the go-to line after its letters went to the table below.
"""

from __future__ import annotations

import time
from collections import deque

from textual import events
from textual.app import App
from textual.message import Message

from tui.screens._typed_text import TypedText, teach_parser_text

PATIENCE = 2.0
"""Seconds after which keys are given on although a screen does not settle, or a key's end was not heard of."""


class KeyDone(Message):
    """Follows a key through the same queues: where this arrives, the key has been worked off."""


class TypeAheadApp(App[int], inherit_bindings=False):
    """Holds keys while one is worked off, or the screen on top is not `settled`: none is lost or goes astray."""

    def __init__(self) -> None:
        super().__init__()
        teach_parser_text()
        self._held: deque[events.Event] = deque()
        self._flying_since = 0.0
        self._held_since = 0.0
        self._giving = False

    @property
    def _is_ready(self) -> bool:
        now = time.monotonic()
        flying = self._flying_since and now - self._flying_since < PATIENCE
        settled = getattr(self.screen, "settled", True) or (self._held and now - self._held_since >= PATIENCE)
        return bool(settled and not flying)

    def holds(self, event: events.Event) -> bool:
        """Take an event for later; True where it is a key or a paste that must wait its turn."""
        if self._giving and not isinstance(event, TypedText):
            return False
        if not isinstance(event, events.Key | events.Paste | TypedText) or event.is_forwarded:
            return False
        if not self._held and self._is_ready and not self._giving:
            if not isinstance(event, TypedText):
                return False
            if self._type(event.text):
                return True
            self.call_later(self.give_keys)
        if not self._held:
            self._held_since = time.monotonic()
            self.set_timer(PATIENCE, self.give_keys)
        self._held.append(event)
        return True

    def _type(self, text: str) -> bool:
        """Give a stretch of text to the focused terminal whole; False where it has to be given key by key."""
        focused = self.focused
        if focused is None or not getattr(focused, "listens", False):
            return False
        type_text = getattr(focused, "type_text", None)
        if type_text is None:
            return False
        type_text(text)
        return True

    async def _give(self, event: events.Event) -> None:
        if isinstance(event, TypedText):
            if self._type(event.text):
                return
            keys, rest = event.first()
            self._held.extendleft(reversed([*keys, TypedText(rest)] if rest else keys))
            return
        await self.on_event(event)

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
            return
        target = self.focused or self.screen
        self._flying_since = time.monotonic()
        await super().on_event(event)
        if not target.post_message(KeyDone()):
            self._flying_since = 0.0

    def on_key_done(self, message: KeyDone) -> None:
        # Behind what the key asked for: a focus moves by a callback that waits in this same queue.
        self.call_later(self._land)

    async def _land(self) -> None:
        self._flying_since = 0.0
        await self.give_keys()

    async def give_keys(self) -> None:
        """Give the next held keys to the screen on top, as far as it takes them."""
        if self._giving:
            return
        if self._held and time.monotonic() - self._held_since >= PATIENCE and not getattr(self.screen, "settled", True):
            # It will hardly settle now: no further key shall wait as long.
            self.screen.settled = True  # type: ignore[attr-defined]  # the screens that hold keys have it
        self._giving = True
        try:
            while self._held and self._is_ready:
                await self._give(self._held.popleft())
        finally:
            self._giving = False
