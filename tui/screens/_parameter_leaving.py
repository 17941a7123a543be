"""The console is left while a plan is being applied: what is asked first, and what is said in the terminal after it."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from typing import Any

from tui.screens._dialogs import Choose, Lines
from tui.services.parameter_reports import Report
from tui.widgets.cells import own

Leave = Callable[[int, str], Any]
"""Ends the console with an exit code and what is said in the terminal then."""


class Leaving(Enum):
    """How the console is left: when all is done, after what is on its way, or without waiting for that."""

    WHEN_DONE = auto()
    STOPPED = auto()
    AT_ONCE = auto()


OPTIONS = (
    ("Leave when all of it is done", Leaving.WHEN_DONE),
    ("Stop once what is on its way has come back, and leave", Leaving.STOPPED),
    ("Leave at once: whether what is on its way was written is not known", Leaving.AT_ONCE),
)


class LeavingQuestion(Choose[Leaving]):
    """Asks how to leave a plan that is under way; Esc leaves neither it nor the console."""

    def __init__(self, title: str, so_far: str) -> None:
        super().__init__(so_far, OPTIONS, f"{title}\nWhat was written stays, however it is left.")
        self._keys = own("⏎ take   1…3 by number   esc stay here")

    def tell(self, so_far: str) -> None:
        if self.is_mounted:
            self.query(Lines).first().say(so_far)


class Departure:
    """One plan's way out of the console: the question, the answer, and leaving once that may be.

    `stop` lets what is on its way come back, `break_off` does not wait for it; `said` is told when `words` are others.
    """

    def __init__(
        self, title: str, *, stop: Callable[[], None], break_off: Callable[[], None], said: Callable[[], None]
    ) -> None:
        self.words = ""
        """What is to be known of it now: that the console is left then, or why it was not."""
        self._how: Leaving | None = None
        self._title, self._stop, self._break_off, self._said = title, stop, break_off, said
        self._leave: Leave = lambda code, message: None
        self._asked: LeavingQuestion | None = None
        self._ended: Callable[[], None] | None = None

    def ask(self, app: Any, leave: Leave, report: Report | None, total: int) -> None:
        """Ask how to leave, unless it is being asked."""
        if self._asked is None:
            self._leave = leave
            self._asked = LeavingQuestion(self._title, _so_far(report, total))
            app.push_screen(self._asked, self._answered)

    def tell(self, report: Report | None, total: int) -> None:
        """Take how far it is."""
        if self._asked is not None:
            self._asked.tell(_so_far(report, total))

    def end(self, report: Report, fault: str) -> None:
        """Leave where it was wanted; who wanted to have all of it looks first at what is not as it was planned."""

        def leave() -> None:
            how, self._how = self._how, None
            if how is Leaving.WHEN_DONE and (fault or not report.clean):
                self._say("Not all is as it was planned, so the console is still here: ctrl+q leaves it.")
            elif how is not None:
                self._leave(0, _last_words(self._title, report, fault))

        self._ended = leave
        if self._asked is not None:
            self._asked.tell(f"The plan has come to its end: {report.words}")
        leave()

    def _answered(self, how: Leaving | None) -> None:
        self._asked, self._how = None, how or self._how
        if how is None:
            return
        if self._ended is not None:
            self._ended()
            return
        self._say("Then the console is left.")
        if how is Leaving.STOPPED:
            self._stop()
        elif how is Leaving.AT_ONCE:
            self._break_off()

    def _say(self, words: str) -> None:
        self.words = own(words)
        self._said()


def _so_far(report: Report | None, total: int) -> str:
    return f"A plan is being applied: {len(report.done) if report else 0:,} of {total:,} done"


def _last_words(title: str, report: Report, fault: str) -> str:
    said = f"{title}: {report.words}."
    if report.unknown:
        said += f" Not known: {', '.join(one.path for one in report.unknown)}."
    return f"{said} {fault}".rstrip()
