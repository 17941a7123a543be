"""Flow control of one stream: what may still be sent before the client acknowledges."""

from __future__ import annotations

import asyncio

from tui.protocol.frames import WINDOW


class Credit:
    """Counts down from a window as frames are sent, and up as the client has consumed them."""

    def __init__(self, window: int = WINDOW) -> None:
        self.left = window
        self._given = asyncio.Event()

    def give(self, amount: int) -> None:
        """Take an acknowledgement."""
        self.left += amount
        self._given.set()

    async def wait(self) -> None:
        """Wait until something may be sent."""
        while self.left <= 0:
            self._given.clear()
            await self._given.wait()
