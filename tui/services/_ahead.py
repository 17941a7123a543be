"""Pages whose items need a second call, made while the next page is already under way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
A = TypeVar("A")
Joined = tuple[list[T], A | None]

BEHIND = 6
"""So many second calls may be under way; items that come then are given without theirs first."""
BREATH = 0.02
"""Seconds that a second call leaves to the request for the next page, which all the rest waits for."""


async def joined(
    pages: AsyncIterator[list[T]], more: Callable[[list[T]], Coroutine[Any, Any, A]], at_once: int
) -> AsyncIterator[Joined[T, A]]:
    """Yield the items with what `more` gives for so many of them together, in the order in which that comes.

    The first page is yielded at once and again with the rest, as are items when many wait. When a page fails, those
    that still wait are yielded as they are, and then its error is raised, as is an error of `more`.
    """
    waiting: dict[asyncio.Future[A], list[T]] = {}
    gathered: list[T] = []
    coming: asyncio.Future[list[T] | None] | None = asyncio.ensure_future(_next(pages))
    is_first = True
    try:
        while coming is not None or waiting:
            flying: list[asyncio.Future[Any]] = [*waiting, *([coming] if coming is not None else [])]
            await asyncio.wait(flying, return_when=asyncio.FIRST_COMPLETED)
            if coming is not None and coming.done():
                page, coming = coming.result(), None
                if page is not None:
                    coming = asyncio.ensure_future(_next(pages))
                    gathered += page
                if gathered and (page is None or is_first or len(gathered) >= at_once):
                    pause = BREATH if coming is not None else 0.0
                    waiting[asyncio.ensure_future(_later(more, gathered, pause))] = gathered
                    gathered = []
                if page is not None and (is_first or len(waiting) > BEHIND):
                    yield page, None
                is_first = False
            for ready in [each for each in waiting if each.done()]:
                items = waiting.pop(ready)
                yield items, ready.result()
    except Exception:
        if left := [item for items in (*waiting.values(), gathered) for item in items]:
            yield left, None
        raise
    finally:
        for asked in waiting:
            asked.cancel()
        if coming is not None:
            coming.cancel()


async def _next(pages: AsyncIterator[list[T]]) -> list[T] | None:
    return await anext(pages, None)


async def _later(more: Callable[[list[T]], Coroutine[Any, Any, A]], items: list[T], pause: float) -> A:
    await asyncio.sleep(pause)
    return await more(items)
