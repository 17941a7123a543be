"""Turns of those who put one parameter at the same time: each stands in line until the one before it is done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tui.engine.context import ApiFault, Services

LINE = 100
"""Puts that may stand in one parameter's line: each is a commit, and who waits for long has given up."""


class _Line:
    """Those who put one parameter: whose turn it is has the lock, and `standing` counts that one too."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.standing = 0


class Turns:
    """The lines of all parameters, by canonical name; a part of the engine's services."""

    def __init__(self, services: Services) -> None:
        self._lines: dict[str, _Line] = {}

    def waited_for(self, name: str) -> bool:
        """Say whether somebody stands in a parameter's line."""
        return name in self._lines

    @asynccontextmanager
    async def of(self, name: str, shown: str) -> AsyncIterator[None]:
        """Wait for one's turn with a parameter, in the order of coming. Raises: ApiFault TooManyUpdates."""
        line = self._lines.setdefault(name, _Line())
        if line.standing >= LINE:
            raise too_many(shown)
        line.standing += 1
        try:
            async with line.lock:
                yield
        finally:
            line.standing -= 1
            if not line.standing:
                del self._lines[name]


def too_many(shown: str) -> ApiFault:
    """Give the refusal of a put that too many others stand in the way of."""
    return ApiFault("TooManyUpdates", f"{shown} is being changed by others. Try again.")
