"""Looks at what holds the event loop, taken by a thread while a turn lasts; and whether the turn could run at all.

The thread sleeps while the loop waits. While the loop works it wakes every STEP seconds, and has a signal sent to the
loop's thread where a turn lasts: that thread looks at its own stack. (A thread that walks another one's frames can end
the interpreter.) How late the thread itself wakes tells a process that stood still from code that waits.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from time import perf_counter, process_time
from types import FrameType
from typing import TYPE_CHECKING, NamedTuple

from tui.screens._frame_stacks import Look, look_at

if TYPE_CHECKING:
    from tui.screens._frame_loop import LoopWatch

STEP = 0.02
"""Seconds between two looks."""
LATE = 0.006
"""Seconds by which a thread may wake late without anything being wrong: Python's own turns between threads."""
ASK = signal.SIGVTALRM
"""What a thread is asked by to look at its stack; nothing else uses it."""
MOST = 50
"""Looks that are kept of one turn."""


class Account(NamedTuple):
    """What is known of a turn when it is over; times are seconds.

    `busy` is the processor time of the loop's thread, `others` what other threads took while the loop waited for them,
    `collected` the garbage collector's pauses and `collecting` their processor time, `waited` how long the thread was
    ready and had no processor, `still` how long nothing of the process ran.
    """

    took: float
    busy: float = 0.0
    others: float = 0.0
    collected: float = 0.0
    waited: float = 0.0
    still: float = 0.0
    collecting: float = 0.0
    looks: tuple[Look, ...] = ()


class _Reading(NamedTuple):
    """Counters at one moment, in seconds: processor time of the process and of the loop's thread, and its waiting."""

    process: float
    thread: float
    waited: float


class Looker(threading.Thread):
    """Looks at one thread's stack while a turn of its loop lasts."""

    def __init__(self, watch: LoopWatch, looped: threading.Thread) -> None:
        super().__init__(name="frame-looks", daemon=True)
        self.sleeps = False
        """Whether it waits to be woken by the next turn."""
        self._watch = watch
        self._looped = looped.ident or 0
        # A bare lock and a bare sleep: an Event costs ten times as much.
        self._woken = threading.Lock()
        self._woken.acquire()
        self._ended = False
        self._asked = 0
        self._can_ask = looped is threading.main_thread()  # signals are another thread's to handle otherwise
        if self._can_ask:
            signal.signal(ASK, self._answer)
        self._schedule = -1
        with suppress(OSError):  # only Linux counts how long a thread waits for a processor
            self._schedule = os.open(f"/proc/self/task/{looped.native_id}/schedstat", os.O_RDONLY)
        self._turn = 0
        self._looks: list[Look] = []
        self._late = self._due = 0.0
        self._last = self._before = self._read()

    def run(self) -> None:
        due = perf_counter() + STEP
        while not self._ended:
            left = due - perf_counter()
            if left > 0:  # a sleep of nothing would let the loop go on
                time.sleep(left)
            now = perf_counter()
            late, self._due = now - due, now + STEP
            if self._watch.begun:
                self._see(late if late > LATE else 0.0)
            else:
                self._sleep()
                # This thread may come to run when the turn that woke it is nearly over.
                self._due = (self._watch.begun or perf_counter()) + STEP
            due = self._due

    def _sleep(self) -> None:
        self._last = self._read()
        self.sleeps = True
        # A turn that began before this has not seen that this thread sleeps.
        if not self._watch.begun or not self.sleeps:
            self._woken.acquire()
        self.sleeps = False

    def _see(self, late: float) -> None:
        turn = self._watch.turn
        if turn != self._turn:
            self._turn, self._looks, self._late, self._before = turn, [], 0.0, self._last
        self._late += late
        if len(self._looks) < MOST and perf_counter() - self._watch.begun > STEP / 2:
            self._asked = turn
            if self._can_ask:
                signal.pthread_kill(self._looped, ASK)

    def _read(self) -> _Reading:
        waited = int(os.pread(self._schedule, 64, 0).split()[1]) / 1e9 if self._schedule >= 0 else 0.0
        return _Reading(process_time(), self._watch.cpu, waited)

    # what the loop's thread calls

    def _answer(self, _: int, frame: FrameType | None) -> None:
        """Look at the stack that the signal came upon."""
        if self._watch.begun and self._watch.turn == self._asked == self._turn and len(self._looks) < MOST:
            self._looks.append(look_at(frame))

    def wake(self) -> None:
        """Begin to look: the loop works."""
        self.sleeps = False
        self._due = 0.0
        self._release()

    def _release(self) -> None:
        # Only the loop's thread lets go of it; once too often is a look too many.
        if self._woken.locked():
            self._woken.release()

    def account(self, turn: int, took: float, busy: float, collected: float) -> Account:
        """Give what is known of the turn that ends now."""
        # First of all: with the first call that lets other threads run, the looker may go on.
        overdue = perf_counter() - (self._due or self._watch.begun + STEP)
        is_seen = self._turn == turn
        looks = tuple(self._looks) if is_seen else ()
        late = (self._late if is_seen else 0.0) + (overdue if overdue > LATE else 0.0)
        before = self._before if is_seen else self._last
        now = self._read()
        waited = min(took, now.waited - before.waited)
        idle = max(0.0, took - busy - waited)
        others = min(idle, late, max(0.0, now.process - before.process - (now.thread - before.thread)))
        still = min(idle - others, late)
        return Account(took, busy, others, collected, waited, still, looks=looks)

    def stop(self) -> None:
        """Look no more."""
        self._ended = True
        self._release()
        self.join()
        if self._can_ask:
            # Ignored, not as before: a signal that is still on its way would end the process.
            signal.signal(ASK, signal.SIG_IGN)
        if self._schedule >= 0:
            os.close(self._schedule)
