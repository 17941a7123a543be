"""Waiting for what takes a while: a window that says how far it is, and gives it up with Esc."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from tui.errors import SsmTuiError
from tui.screens._base import ConsoleScreen
from tui.screens._dialogs import Dialog, Lines
from tui.widgets.cells import own

T = TypeVar("T")

TELLS = 0.1
"""Seconds between two words of how far it is."""


class Waiting(Dialog[Any], Generic[T]):
    """Does the work, which is handed what says how far it is; gives its answer or its error, None where given up."""

    def __init__(self, title: str, work: Callable[[Callable[[str], None]], Awaitable[T]]) -> None:
        super().__init__(title, "", "esc gives it up")
        self._work = work
        self._far = Lines(own("…"), most=2)
        self._told = 0.0

    def compose_answer(self) -> Any:
        yield self._far

    def on_mount(self) -> None:
        self.run_worker(self._run(), exit_on_error=False)

    async def _run(self) -> None:
        answer: T | Exception
        try:
            answer = await self._work(self._say)
        except Exception as error:
            answer = error
        # Not from here: the end of the window ends its worker, and so would break off the removal itself.
        self.app.call_later(self.dismiss, (answer,))

    def _say(self, text: str) -> None:
        now = time.monotonic()
        if now - self._told >= TELLS and self.is_attached:
            self._told = now
            self._far.say(text)


async def waited(screen: ConsoleScreen, title: str, work: Callable[[Callable[[str], None]], Awaitable[T]]) -> T | None:
    """Do work while a window says how far it is; None where it was given up. Raises: what the work raises."""
    answer = await screen.ask(Waiting(title, work))
    if answer is None:
        return None
    (found,) = answer
    if isinstance(found, SsmTuiError):
        raise found
    if isinstance(found, Exception):
        raise found
    done: T = found
    return done
