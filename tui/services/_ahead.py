"""Pages that need a second call each, made while the next page is already under way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar

P = TypeVar("P")
A = TypeVar("A")
Joined = tuple[P, A | None]

BEHIND = 6
"""So many pages may wait for their second call; those that come then are given without it first."""


async def joined(pages: AsyncIterator[P], more: Callable[[P], Coroutine[Any, Any, A]]) -> AsyncIterator[Joined[P, A]]:
    """Yield each page with what `more` gives for it, in the order in which that comes.

    The first page is yielded at once and again with the rest, as are pages when many wait. When a page fails, those
    that still wait are yielded as they are, and then its error is raised, as is an error of `more`.
    """
    waiting: dict[asyncio.Future[A], P] = {}
    given: set[asyncio.Future[A]] = set()
    coming: asyncio.Future[P | None] | None = asyncio.ensure_future(_next(pages))
    is_first = True
    try:
        while coming is not None or waiting:
            flying: list[asyncio.Future[Any]] = [*waiting, *([coming] if coming is not None else [])]
            await asyncio.wait(flying, return_when=asyncio.FIRST_COMPLETED)
            if coming is not None and coming.done():
                page, coming = coming.result(), None
                if page is not None:
                    coming = asyncio.ensure_future(_next(pages))
                    asked: asyncio.Future[A] = asyncio.ensure_future(more(page))
                    waiting[asked] = page
                    if is_first or len(waiting) > BEHIND:
                        given.add(asked)
                        yield page, None
                    is_first = False
            for ready in [each for each in waiting if each.done()]:
                page = waiting.pop(ready)
                yield page, ready.result()
    except Exception:
        for asked, page in waiting.items():
            if asked not in given:
                yield page, None
        raise
    finally:
        for asked in waiting:
            asked.cancel()
        if coming is not None:
            coming.cancel()


async def _next(pages: AsyncIterator[P]) -> P | None:
    return await anext(pages, None)
