"""The console's event loop, whose turns are timed: a turn runs from when the loop has waited until it waits again.

Nothing can be drawn and no key is answered while a turn lasts, so each that takes more than LIMIT seconds is a stall,
told to whoever listens with what held it. Two clocks are read for each turn and nothing else is done, so that a console
that nobody uses is not woken for it; the looks at what holds the loop are taken by a thread (`_frame_looks`).
"""

from __future__ import annotations

import asyncio
import gc
import selectors
import threading
from collections.abc import Callable
from time import perf_counter, thread_time

from tui.screens._frame_looks import Looker
from tui.screens._frame_stalls import Stall, judge

LIMIT = 0.05
"""Seconds that a turn may take."""


class LoopWatch:
    """Times the turns of one loop and tells of those that took too long.

    `longest` is the longest turn in seconds since somebody set it to 0; `paused` sums the garbage collector's pauses,
    `collecting` their processor time.
    """

    def __init__(self, limit: float = LIMIT) -> None:
        self.limit = limit
        self.longest = 0.0
        self.paused = self.collecting = 0.0
        self.longest_pause = 0.0
        self.listeners: list[Callable[[Stall], None]] = []
        self.begun = 0.0
        """When the turn that runs began, by perf_counter; 0 while the loop waits."""
        self.turn = 0
        """The turn that runs, or the last one, counted from 1."""
        self.cpu = 0.0
        """Processor time of the loop's thread when the last turn ended."""
        self._before = (0.0, 0.0)
        self._collects_since: tuple[float, float] | None = None
        self._excuse = ""
        self._looker: Looker | None = None

    def excuse(self, why: str) -> None:
        """Say why the turn that runs may take long, such as that the terminal was given to another program."""
        self._excuse = why

    def turn_begins(self) -> None:
        """Be told by the loop, in its own thread, that it has waited."""
        looker = self._looker
        if looker is None:
            self.cpu = thread_time()
            self._looker = looker = Looker(self, threading.current_thread())
            gc.callbacks.append(self._collects)
            looker.start()
        self._before = self.paused, self.collecting
        self.turn += 1
        self.begun = perf_counter()
        if looker.sleeps:
            looker.wake()

    def turn_ends(self) -> None:
        """Be told by the loop, in its own thread, that it is about to wait."""
        begun, cpu = self.begun, self.cpu
        self.cpu = thread_time()
        if not begun:
            return
        took = perf_counter() - begun
        if took > self.longest:
            self.longest = took
        if took > self.limit and self._looker is not None:
            paused, collecting = self._before
            account = self._looker.account(self.turn, took, self.cpu - cpu, self.paused - paused)
            account = account._replace(collecting=min(account.busy, self.collecting - collecting))
            stall = judge(account, self.limit, self._excuse)
            for listener in self.listeners:
                listener(stall)
        self._excuse = ""
        self.begun = 0.0

    def _collects(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._collects_since = perf_counter(), thread_time()
        elif self._collects_since is not None:
            at, cpu = self._collects_since
            pause = perf_counter() - at
            self.paused += pause
            self.collecting += thread_time() - cpu
            self.longest_pause = max(self.longest_pause, pause)

    def close(self) -> None:
        """Watch no more."""
        if self._looker is not None:
            gc.callbacks.remove(self._collects)
            self._looker.stop()
            self._looker = None


class _Selector(selectors.DefaultSelector):
    """What a loop waits with: asked once in each turn."""

    def __init__(self, watch: LoopWatch) -> None:
        super().__init__()
        self._watch = watch

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._watch.turn_ends()
        found = super().select(timeout)
        self._watch.turn_begins()
        return found


class WatchedLoop(asyncio.SelectorEventLoop):
    """asyncio's own loop of Unix, with a watch on its turns."""

    def __init__(self) -> None:
        self.watch = LoopWatch()
        super().__init__(_Selector(self.watch))

    def close(self) -> None:
        self.watch.close()
        super().close()


def watch_of(loop: asyncio.AbstractEventLoop) -> LoopWatch | None:
    """Give the watch of a loop, or None where it has none."""
    return loop.watch if isinstance(loop, WatchedLoop) else None
