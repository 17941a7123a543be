"""A list that is dear to fetch, fetched once for all who want it whole at about the same time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Generic, TypeVar

from tui.ports import Clock, Ref
from tui.services._base import Resource

R = TypeVar("R", bound=Resource)

LEAST, SHARE = 2.0, 3.0
"""A whole list is given again for so many seconds, and for so many times as long as fetching it took."""


class KeptList(Generic[R]):
    """The last whole list of something, and whether one is being fetched."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._items: dict[Ref, R] = {}
        self._until = -1.0
        self._under_way: asyncio.Future[None] | None = None

    async def noting(self, pages: AsyncIterator[list[R]]) -> AsyncIterator[list[R]]:
        """Hand pages on, and keep what they are together once they have all come."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._under_way, begun = done, self._clock.monotonic()
        found: dict[Ref, R] = {}
        try:
            async for page in pages:
                found |= {item.ref: item for item in page}
                yield page
            now = self._clock.monotonic()
            self._items, self._until = found, now + max(LEAST, SHARE * (now - begun))
        finally:
            if self._under_way is done:
                self._under_way = None
            done.set_result(None)

    async def whole(self, pages: Callable[[], AsyncIterator[list[R]]]) -> list[R]:
        """Give the list that is fetched now, or was a moment ago; else fetch it by `pages`, through `noting`."""
        while self._under_way is not None:
            await asyncio.shield(self._under_way)
        if self._clock.monotonic() >= self._until:
            async for _ in pages():
                pass
        return [*self._items.values()]
