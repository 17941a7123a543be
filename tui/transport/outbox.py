"""What was typed into a shell and not taken by it yet, kept until it is."""

from __future__ import annotations

import asyncio
import secrets

ROOM = 1024 * 1024
"""Bytes that wait for a shell to take them before whoever types has to wait too."""


class Outbox:
    """The input of one shell over all the connections that it needs: each byte reaches it at most once.

    `typist` is the number by which the engine knows this input again, `sent` how many bytes it had so far.
    """

    def __init__(self) -> None:
        self.typist = secrets.randbits(62) + 1
        self.sent = 0
        self._kept = bytearray()
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, data: bytes) -> None:
        """Keep what is being sent."""
        self._kept += data
        self.sent += len(data)

    def taken(self, size: int) -> None:
        """Drop what the shell has taken."""
        del self._kept[:size]
        self._changed.set()

    def rest(self, typed: int) -> bytes:
        """Give what is to be sent again where the shell took the first `typed` bytes of all."""
        self.taken(max(0, len(self._kept) - (self.sent - typed)))
        return bytes(self._kept)

    def wake(self) -> None:
        """Have whoever waits for room look again."""
        self._changed.set()

    async def change(self) -> None:
        """Wait until something was taken, or `wake`."""
        self._changed.clear()
        await self._changed.wait()
