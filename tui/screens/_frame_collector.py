"""When garbage is collected: small rounds as they come, more of the heap while nobody types and nothing comes.

What a look found alive is kept apart afterwards, so that the next one sees only what came since: some milliseconds. The
whole heap takes a tenth of a second with some thousand nodes on screen, and nothing is drawn meanwhile. Most garbage
needs none of it: only what refers to itself in circles waits, such as a screen that was left after it was kept apart.
"""

from __future__ import annotations

import gc

from textual._styles_cache import StylesCache

YOUNG = 8_000
"""New objects, those that went already taken off, after which the youngest are looked through: two milliseconds.

Python's own 700 makes sixty rounds of one list of 5,000 nodes, and every tenth looks through more.
"""
MIDDLE, OLD = 1, 2000
"""Rounds of a generation beyond which the next one is looked through too, even while somebody types. A round of the
middle one takes a third of what a frame may; the oldest is in truth left to the looks."""
WORTH = 5_000
"""New objects that make a look worth it."""
EVERY, LATEST = 30.0, 60.0
"""Seconds between two looks: at least, and at most where there is no rest."""
REST = 1.0
"""Seconds without a key and without work after which there is rest."""
BUSY = 0.1
"""Seconds of processor time in one second that are work: a list that comes, a flood in a shell."""
GROWN = 0.25
"""By so much of what was there at the last look through the whole heap it grows until the next."""
AWAY = 300.0
"""Seconds without a key after which nobody is there, and the whole heap is looked through for less."""
AT_LAST = 600.0
"""Seconds for which a look through the whole heap that is due waits for rest."""


class Collector:
    """Decides once a second; times are of one monotonic clock."""

    def __init__(self) -> None:
        self._at = self._whole_at = 0.0
        self._worked = 0.0
        self._kept = 0  # objects that were kept apart after the last look through the whole heap
        self._looked = self._grown = False  # whether there was another look since then, and many more are kept now

    def tick(self, now: float, touched: float, busy: float = 0.0) -> None:
        """Do what is due.

        `touched` is when the last key or click came, `busy` the seconds that the loop worked since the last tick.
        """
        if busy >= BUSY:
            self._worked = now
        if not gc.isenabled():
            # The start is over: what it made stays and need not be looked through again.
            gc.set_threshold(YOUNG, MIDDLE, OLD)
            gc.enable()
            self._keep_apart(now, whole=True)
            return
        if not self._whole_at:  # somebody else turned it on: what is there may not be to stay
            self._at = self._whole_at = now
            self._kept = gc.get_freeze_count()
        rests = now - max(touched, self._worked) >= REST
        if self._is_due(now, rests):
            _forget_drawn()
            gc.collect()
            self._keep_apart(now)
        elif self._is_whole_due(now, touched, rests):
            # What was kept apart may have become garbage, and would hold all that it knows: screens that were left.
            gc.unfreeze()
            _forget_drawn()
            gc.collect()
            self._keep_apart(now, whole=True)

    def _keep_apart(self, now: float, *, whole: bool = False) -> None:
        gc.freeze()
        self._at = now
        kept = gc.get_freeze_count()
        if whole:
            self._whole_at, self._kept = now, kept
        self._looked, self._grown = not whole, kept > self._kept * (1 + GROWN)

    def _is_due(self, now: float, rests: bool) -> bool:
        if now - self._at < (EVERY if rests else LATEST):
            return False
        # A console that nobody uses makes next to nothing.
        young, *rounds = gc.get_count()
        return young >= WORTH or any(rounds)

    def _is_whole_due(self, now: float, touched: float, rests: bool) -> bool:
        waited = now - self._whole_at
        if self._grown:
            return rests or waited >= AT_LAST
        return self._looked and rests and min(waited, now - touched) >= AWAY


def _forget_drawn() -> None:
    """Let go of what widgets drew that are gone: a cache of Textual's keeps a thousand, with all their lines."""
    clear = getattr(StylesCache.get_inner_outer, "cache_clear", None)
    if clear is not None:
        clear()
