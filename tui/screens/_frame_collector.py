"""When garbage is collected: small rounds as they come, the whole heap while nobody types.

A round through the whole heap takes a tenth of a second with some thousand nodes on screen, and nothing is drawn
meanwhile. Most garbage needs none: only what refers to itself in circles waits for it, such as a screen that was left.
"""

from __future__ import annotations

import gc

YOUNG = 50_000
"""New objects, those that went already taken off, after which the youngest are looked through.

Python's own 700 makes sixty rounds of one list of 5,000 nodes, a sixth of the time that it takes; this makes one in ten
lists.
"""
OLD = 100
"""Rounds of the middle generation after which the whole heap is looked through even while somebody types."""
WORTH = 5_000
"""New objects that make a look through the whole heap worth it."""
EVERY = 30.0
"""Seconds between two looks through the whole heap at least."""
REST = 2.0
"""Seconds without a key after which nobody types."""


class Collector:
    """Decides once a second; times are of one monotonic clock."""

    def __init__(self) -> None:
        self._at = 0.0

    def tick(self, now: float, touched: float) -> None:
        """Do what is due; `touched` is when the last key or click came."""
        if not gc.isenabled():
            # The start is over: what it made stays for good and need not be looked through again.
            gc.freeze()
            gc.set_threshold(YOUNG, 10, OLD)
            gc.enable()
            self._at = now
        elif now - touched >= REST and now - self._at >= EVERY:
            new, *rounds = gc.get_count()
            if new >= WORTH or any(rounds):
                gc.collect()
            self._at = now
