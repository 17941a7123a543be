"""A fetch that the operator gives up stays given up."""

from __future__ import annotations

import asyncio

from tui.errors import Cancelled
from tui.services.feeds import Feed, Feeds


async def test_a_load_that_was_cancelled_began_again_where_r_had_been_pressed_during_it() -> None:
    feeds, asked, begun = Feeds(), 0, asyncio.Event()
    told: list[Feed[int]] = []

    async def fetch() -> int:
        nonlocal asked
        asked += 1
        begun.set()
        await asyncio.Event().wait()
        return asked

    feed = feeds.feed("local", "ListThings", {}, fetch)
    feed.look(told.append)
    await begun.wait()
    begun.clear()
    feed.refresh()
    assert feed.cancel()
    assert isinstance(feed.error, Cancelled)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (asked, feed.fetching) == (1, False)
    feed.refresh()
    await begun.wait()
    assert asked == 2
    await feeds.aclose()
