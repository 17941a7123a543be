"""MaxConcurrency and MaxErrors: how many at once, and when sending stops (semantics 4.3)."""

from __future__ import annotations

import asyncio
from collections import deque


def concurrency_limit(text: str, targets: int) -> int:
    """Give how many targets may run at once: a number, or a percentage rounded down, at least 1."""
    return max(1, _amount(text, targets))


def error_threshold(text: str, targets: int) -> int:
    """Give how many errors are still tolerated: sending stops at the one after these."""
    return _amount(text, targets)


def _amount(text: str, targets: int) -> int:
    if text.endswith("%"):
        return targets * int(text[:-1]) // 100
    return int(text)


class RateControl:
    """Decides for one command whether the next target may be started."""

    def __init__(self, max_concurrency: str, max_errors: str, targets: int) -> None:
        self.limit = concurrency_limit(max_concurrency, targets)
        self.threshold = error_threshold(max_errors, targets)
        self.running = 0
        self.errors = 0
        self._returning: deque[asyncio.Future[None]] = deque()

    @property
    def is_exceeded(self) -> bool:
        """Say whether there were more errors than tolerated; nothing more is sent then."""
        return self.errors > self.threshold

    @property
    def has_room(self) -> bool:
        return self.running < self.limit and not self.is_exceeded

    def started(self) -> None:
        self.running += 1

    def ended(self, *, is_error: bool) -> None:
        """Free a slot; whether that was an error counts at once, so the next start already knows."""
        self.running -= 1
        self.errors += is_error

    def parked(self) -> None:
        """Free the slot of a target that was started and can't be reached: it must not keep the others waiting."""
        self.running -= 1

    async def back(self) -> bool:
        """Give a target that can be reached again its slot, in its turn; False where sending has stopped meanwhile."""
        if not self.has_room:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._returning.append(turn)
            await turn
        self.running += 1
        return not self.is_exceeded

    def serve(self) -> None:
        """Let those come back that there is room for; they go before those that were never started."""
        room = len(self._returning) if self.is_exceeded else self.limit - self.running
        while self._returning and room > 0:
            turn = self._returning.popleft()
            if not turn.done():
                turn.set_result(None)
                room -= 1
