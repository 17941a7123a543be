"""A clock that tests move."""

from __future__ import annotations

import asyncio
import heapq
from itertools import count


class ManualClock:
    """Implements `tui.ports.Clock`; time stands still until `advance`."""

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        self._now = start
        self._elapsed = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = count()

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed + seconds, next(self._order), future))
        await future

    def set_wall(self, now: float) -> None:
        """Set the wall clock anew, as an operator or NTP does; durations are not touched."""
        self._now = now

    async def advance(self, seconds: float) -> None:
        """Let time pass, waking each sleeper at its time and letting it run before the next."""
        end = self._elapsed + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            due, _, future = heapq.heappop(self._sleepers)
            self._move(due)
            if not future.done():
                future.set_result(None)
                await settle()
        self._move(end)
        await settle()

    def _move(self, elapsed: float) -> None:
        self._now += max(0.0, elapsed - self._elapsed)
        self._elapsed = max(self._elapsed, elapsed)


async def settle() -> None:
    """Let every task that can run do so until it waits again."""
    for _ in range(10):
        await asyncio.sleep(0)
