"""What shells say, drawn so that a flood of it leaves the loop to keys, and to the other shells."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

ROOM, PIECES = 1 << 20, 8
"""Bytes that wait to be drawn, and pieces of the present size; more is left where it comes from, and need not be drawn
before one sees that Ctrl+C has ended it."""
SMALL = 4096
"""Bytes that are drawn at once: no flood, but what a key is answered with."""
TURN, SHORT_TURN = 0.004, 0.001
"""Seconds that a flood is drawn for before everything else gets its turn; the short one while somebody types."""
REST, SHORT_REST = 0.010, 0.002
"""Seconds that a flood waits at most while there is something else to do; the short one while nobody types, when that
is mostly the reading of the flood itself."""
BREATH = 0.006
"""Seconds that it waits at least while somebody types: an answer is on its way."""
TYPING = 1.0
"""Seconds after a key in which another one is likely."""
HOLD, SHOWN = 0.020, 0.004
"""Seconds after a key for which a turn waits at most for its answer, and after that until it is on the screen."""
PIECE = 0.001
"""Seconds that one piece may take while somebody types; else it may fill a turn."""
LEAST, MOST = 2048, 1 << 16
"""Bytes of a piece."""


class Turns:
    """Lets one flood at a time draw for a moment, and then rest until nobody else has anything to do."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._typed_at = -TYPING
        self._held_until = 0.0
        self._answered = asyncio.Event()

    def typed(self, *, last: bool = False) -> None:
        """Take note of a key, whose answer is waited for; after the `last` of a line the output is."""
        now = monotonic()
        self._typed_at = -TYPING if last else now
        self._held_until = 0.0 if last else now + HOLD
        self._answered.clear()

    def answered(self) -> None:
        """Take note of a little that was drawn, as a key is answered with."""
        self._answered.set()

    async def take(self, draw: Callable[[float], bool]) -> None:
        """Call `draw` with the seconds that one piece may take, until it says that there is no more or the turn is
        over."""
        async with self._lock:
            if (left := self._held_until - monotonic()) > 0:
                # Once for each turn: who types without a rest slows a flood down, and does not end it.
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._answered.wait(), left)
                await asyncio.sleep(SHOWN)
            now = monotonic()
            typing = now - self._typed_at < TYPING
            until = now + (SHORT_TURN if typing else TURN)
            while draw(PIECE if typing else TURN) and monotonic() < until:
                pass
            await (_rest(BREATH, REST) if typing else _rest(0.0, SHORT_REST))


async def _rest(least: float, most: float) -> None:
    """Let all others do what they have to do: a key passes several queues, and needs a pass of the loop for each."""
    # asyncio has no public word for how much waits; without it, a few passes must do.
    ready = getattr(asyncio.get_running_loop(), "_ready", ())
    await asyncio.sleep(least)
    until, idle = monotonic() + most, 0
    while idle < 2 and monotonic() < until:
        await asyncio.sleep(0)
        idle = 0 if ready else idle + 1


class Inbox:
    """Bytes on their way to a screen: what came in many pieces goes on in few."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._came, self._went = asyncio.Event(), asyncio.Event()
        self._closed = False
        self._piece = SMALL

    def __len__(self) -> int:
        return len(self._data)

    async def put(self, data: bytes) -> None:
        """Add bytes; waits while there are many."""
        while len(self._data) >= min(ROOM, PIECES * self._piece):
            self._went.clear()
            await self._went.wait()
        self._data += data
        self._came.set()

    def close(self) -> None:
        """Say that nothing more comes."""
        self._closed = True
        self._came.set()

    async def filled(self) -> bool:
        """Wait for bytes; False where none will come."""
        while not self._data and not self._closed:
            self._came.clear()
            await self._came.wait()
        return bool(self._data)

    def draw(self, feed: Callable[[bytes], None], most: int = MOST, *, seconds: float = PIECE) -> bool:
        """Hand on one piece of at most so many bytes, as large as can be drawn in so long; whether there is more.

        A piece ends with a line where it can: whole lines are much less work than their halves.
        """
        size = min(self._piece, most)
        if size < len(self._data):
            size = self._data.rfind(b"\n", size // 2, size) + 1 or size
        piece = bytes(self._data[:size])
        del self._data[:size]
        self._went.set()
        began = monotonic()
        feed(piece)
        took = max(monotonic() - began, 1e-6)
        if 2 * len(piece) >= self._piece or took > seconds:
            fitting = int(len(piece) * seconds / took)
            self._piece = max(LEAST, min(fitting, 2 * self._piece, MOST))
        return bool(self._data)
