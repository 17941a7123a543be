"""A secret while it shows: for some seconds, with a countdown, and masked again by whatever looks away."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.timer import Timer

from tui.widgets.cells import own

SECONDS = 10.0
MASK = "••••••••••••"
"""As long for each secret: it does not tell how long that is."""
_TICK = 0.2


class Reveal:
    """Holds a secret's plaintext until its time is over; `changed` is called at each second, and when it is masked."""

    def __init__(
        self,
        owner: MessagePump,
        changed: Callable[[], None],
        *,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._owner, self._changed = owner, changed
        self.seconds, self.clock = seconds, clock
        self._text: str | None = None
        self._until = 0.0
        self._said = 0
        self._timer: Timer | None = None

    @property
    def text(self) -> str | None:
        """The plaintext, or None while it is masked."""
        return self._text if self._text is not None and self.clock() < self._until else None

    @property
    def left(self) -> int:
        """Whole seconds for which it shows, the begun one counted."""
        return max(0, int(self._until - self.clock() + 0.999)) if self._text is not None else 0

    def show(self, text: str) -> None:
        self._text, self._until = text, self.clock() + self.seconds
        self._said = self.left
        if self._timer is None:
            self._timer = self._owner.set_interval(_TICK, self._tick)
        self._changed()

    def mask(self) -> None:
        """Drop the plaintext; nothing happens where none shows."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._text is not None:
            self._text = None
            self._changed()

    def _tick(self) -> None:
        if self.text is None:
            self.mask()
        elif self.left != self._said:
            self._said = self.left
            self._changed()


class MasksAgain(Screen[Any]):
    """Masks what it reveals where the terminal loses the focus, and when it goes itself.

    It stands behind the base that has the styles: Textual inherits those from the first one alone.
    """

    reveal: Reveal

    def on_mount(self) -> None:
        self.watch(self.app, "app_focus", self._focus_changed, init=False)

    def on_unmount(self) -> None:
        self.reveal.mask()

    def _focus_changed(self, focused: bool) -> None:
        if not focused:
            self.reveal.mask()


def masked() -> str:
    """Give what stands for a secret."""
    return own(MASK)
