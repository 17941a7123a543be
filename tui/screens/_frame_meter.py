"""How long frames took: the last, the worst, and the usual one of the last minute."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

SPAN = 60.0
"""Seconds that percentiles look back."""
MOST = 8000
"""Frames that are kept: a minute of more than Textual draws."""


class Frames(NamedTuple):
    """What a meter knows at one moment; times are seconds, and None before the first frame of the last minute."""

    per_second: int
    last: float | None
    worst: float | None
    p50: float | None
    p99: float | None


class FrameMeter:
    """Counts frames; a frame is what one round of laying out and painting took, what is excluded taken off."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._taken: deque[tuple[float, float]] = deque(maxlen=MOST)
        self._depth = 0
        self._begun = 0.0
        self._excluded = 0.0
        self._counts = False
        self.worst: float | None = None

    def frame_begins(self) -> None:
        """Begin a round; a layout paints at its end, which is no round of its own."""
        if not self._depth:
            self._begun, self._excluded, self._counts = self._clock(), 0.0, False
        self._depth += 1

    def frame_ends(self, *, counts: bool) -> None:
        """End a round; it is a frame where any part of it `counts`."""
        self._depth -= 1
        self._counts = self._counts or counts
        if not self._depth and self._counts:
            now = self._clock()
            took = max(0.0, now - self._begun - self._excluded)
            self._taken.append((now, took))
            self.worst = max(took, self.worst or 0.0)

    def exclude(self, seconds: float) -> None:
        """Take off what drawing the figures themselves took."""
        self._excluded += seconds

    def figures(self) -> Frames:
        """Give what is known now."""
        now = self._clock()
        recent = [(at, took) for at, took in self._taken if now - at <= SPAN]
        sizes = sorted(took for _, took in recent)
        return Frames(
            per_second=sum(now - at <= 1.0 for at, _ in recent),
            last=recent[-1][1] if recent else None,
            worst=self.worst,
            p50=sizes[math.ceil(len(sizes) * 0.5) - 1] if sizes else None,
            p99=sizes[math.ceil(len(sizes) * 0.99) - 1] if sizes else None,
        )

    def reset(self) -> None:
        """Forget every frame."""
        self._taken.clear()
        self.worst = None
