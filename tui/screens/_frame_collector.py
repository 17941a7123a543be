"""When garbage is collected: small rounds as they come, the whole heap while nobody types.

A round through the whole heap takes a tenth of a second with some thousand nodes on screen, and nothing is drawn
meanwhile. Most garbage needs none: only what refers to itself in circles waits for it, such as a screen that was left.
"""

from __future__ import annotations

import gc

from textual._styles_cache import StylesCache

YOUNG = 10_000
"""New objects, those that went already taken off, after which the youngest are looked through: two milliseconds.

Python's own 700 makes sixty rounds of one list of 5,000 nodes, and every tenth looks through more.
"""
MIDDLE, OLD = 5, 40
"""Rounds of a generation after which the next one is looked through too, even while somebody types. A round of the
middle one is as long as a frame may be."""
WORTH = 5_000
"""New objects that make a look through the whole heap worth it."""
EVERY, LATEST = 30.0, 60.0
"""Seconds between two looks through the whole heap: at least, and at most where somebody types without a rest."""
REST = 1.0
"""Seconds without a key after which nobody types."""


class Collector:
    """Decides once a second; times are of one monotonic clock."""

    def __init__(self) -> None:
        self._at = 0.0

    def tick(self, now: float, touched: float) -> None:
        """Do what is due; `touched` is when the last key or click came."""
        if not gc.isenabled():
            # The start is over: what it made stays and need not be looked through again.
            gc.set_threshold(YOUNG, MIDDLE, OLD)
            gc.enable()
        elif self._is_due(now, touched):
            # What was kept apart may have become garbage, and would hold all that it knows: screens that were left.
            gc.unfreeze()
            _forget_drawn()
            gc.collect()
        else:
            return
        gc.freeze()
        self._at = now

    def _is_due(self, now: float, touched: float) -> bool:
        if now - self._at < (EVERY if now - touched >= REST else LATEST) or not gc.get_freeze_count():
            return False
        # A console that nobody uses makes next to nothing.
        young, *rounds = gc.get_count()
        return young >= WORTH or any(rounds)


def _forget_drawn() -> None:
    """Let go of what widgets drew that are gone: a cache of Textual's keeps a thousand, with all their lines."""
    clear = getattr(StylesCache.get_inner_outer, "cache_clear", None)
    if clear is not None:
        clear()
