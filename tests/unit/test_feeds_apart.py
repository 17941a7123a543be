"""Feeds hold on to nothing of who began them, and tell each looker in its own context."""

from __future__ import annotations

import asyncio
import gc
import weakref
from contextvars import ContextVar, copy_context

from tui.services.feeds import Feed, Feeds

showing: ContextVar[object] = ContextVar("showing")


class Screen:
    """Stands for what Textual's context holds."""


async def numbers() -> list[int]:
    return [1, 2, 3]


async def test_memory_grew_with_each_screen_that_was_opened() -> None:
    feeds = Feeds()
    told = asyncio.Event()

    def begin() -> weakref.ref[Screen]:
        screen = Screen()
        showing.set(screen)
        looker = feed.look(lambda _: None)
        asyncio.get_running_loop().call_soon(looker.close)
        return weakref.ref(screen)

    feed = feeds.feed("local", "ListNumbers", None, numbers, every=0.001)
    left = copy_context().run(begin)
    feed.look(lambda _: told.set())  # another screen, which goes on
    await told.wait()
    gc.collect()
    assert left() is None
    await feeds.aclose()


async def test_each_looker_is_told_in_its_own_context() -> None:
    feeds = Feeds()
    seen: list[object] = []
    both = asyncio.Event()

    def told(_: Feed[list[int]]) -> None:
        seen.append(showing.get())
        if len({*seen}) == 2:
            both.set()

    def look(name: str) -> None:
        showing.set(name)
        feeds.feed("local", "ListNumbers", None, numbers, every=60.0).look(told)

    copy_context().run(look, "one")
    copy_context().run(look, "other")
    await both.wait()
    assert {*seen} == {"one", "other"}
    await feeds.aclose()
