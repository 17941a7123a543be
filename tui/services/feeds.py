"""Shared pollers: one per (context, operation, parameters), however many look at it."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from contextvars import copy_context
from typing import Any, Generic, Protocol, TypeVar

from tui.errors import Cancelled, SsmTuiError, Throttled
from tui.ports import Clock, Ref, SystemClock
from tui.services._apart import apart


class Referred(Protocol):
    """What has an id of its own, as every model of a list has."""

    @property
    def ref(self) -> Ref: ...


V = TypeVar("V")
R = TypeVar("R", bound=Referred)
log = logging.getLogger(__name__)

MAX_BACKOFF = 60.0
"""Seconds between two looks at most, however often we were throttled."""
HINT_GAP = 0.25
"""Seconds that hints to look again are gathered for: a burst of events is one fetch."""
SHARE = 3.0
"""So many times as long as a fetch took is rested after it: a fleet of 200 pages is not asked for without end."""
GROWS = 1.0
"""Seconds after which a list that comes in pages shows what there is of it, however little has come."""
DEAR = 60.0
"""So many times as long as showing it took last is waited as well: the pages are fetched in the time between."""


class Feed(Generic[V]):
    """What one poller knows: its value with its age, or why it has none.

    `value` is None until the first answer, and stays what it was when a later fetch fails; `error` says why then.
    `whole` is False until a fetch has come to its end: until then a value that grows is a part.
    """

    def __init__(
        self, fetch: Callable[[], Awaitable[V] | AsyncIterator[V]], every: float, clock: Clock, turns: asyncio.Semaphore
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._turns = turns
        self._task: asyncio.Task[None] | None = None
        self._asking: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._hinted = False
        self._lookers: list[Looker[V]] = []
        self.every = every
        self.value: V | None = None
        self.fetched_at: float | None = None
        self.error: SsmTuiError | None = None
        self.throttled = 0
        self.fetching = False
        self.whole = False
        self._took = 0.0

    @property
    def age(self) -> float | None:
        """Seconds since the value was true, or None while there is none."""
        return None if self.fetched_at is None else self._clock.monotonic() - self.fetched_at

    @property
    def interval(self) -> float:
        """Seconds until the next look: doubled by each throttle in a row, longer where a look takes long."""
        every = max(self.every, min(SHARE * self._took, MAX_BACKOFF))
        return min(every * float(2**self.throttled), max(MAX_BACKOFF, self.every))

    def look(self, changed: Callable[[Feed[V]], None], *, visible: bool = True) -> Looker[V]:
        """Be told of each new value or error; only visible lookers keep the poller going."""
        looker = Looker(self, changed, visible)
        self._lookers.append(looker)
        self._came(visible)
        return looker

    def refresh(self) -> None:
        """Look again now: a key was pressed, or an event says that the value is old."""
        self._hinted = True
        self._wake.set()
        self._attend()

    @property
    def is_cancelled(self) -> bool:
        """Whether the last fetch was given up; nobody asks again before `refresh`, or a new look."""
        return isinstance(self.error, Cancelled)

    def cancel(self) -> bool:
        """Give up the fetch that is under way, or waits for its turn; False where there is none."""
        if self._asking is None or self._asking.done():
            return False
        self._asking.cancel()
        self._hinted = False
        self.error, self.fetching = Cancelled("Loading was cancelled.", hint="R fetches again."), False
        self._tell()
        return True

    async def aclose(self) -> None:
        self._lookers.clear()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    @property
    def _visible(self) -> bool:
        return any(looker.visible for looker in self._lookers)

    def _came(self, visible: bool) -> None:
        if visible and self.is_cancelled:
            self.refresh()
        else:
            self._attend()

    def _attend(self) -> None:
        if self._visible and (self._task is None or self._task.done()):
            self._task = apart(self._run())

    def _left(self, looker: Looker[V]) -> None:
        if looker in self._lookers:
            self._lookers.remove(looker)
        self._wake.set()

    async def _run(self) -> None:
        age = self.age
        if not self._hinted and self.error is None and age is not None and age < self.interval:
            await self._pause(self.interval - age)
        while self._visible:
            self._hinted = False
            self._wake.clear()
            self._asking = asyncio.ensure_future(self._turn())
            try:
                await asyncio.wait({self._asking})
            finally:
                self._asking.cancel()
            if not self._asking.cancelled() and (fault := self._asking.exception()) is not None:
                raise fault
            if self._hinted:
                await self._clock.sleep(HINT_GAP)
            elif self.is_cancelled:
                while self._visible and not self._hinted:
                    self._wake.clear()
                    await self._wake.wait()
            else:
                await self._pause(self.interval)

    async def _pause(self, seconds: float) -> None:
        sleeping = asyncio.ensure_future(self._clock.sleep(seconds))
        waking = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            waking.cancel()
        if self._hinted and self._visible and self.value is not None:
            # Hints come in bursts, one per node of a command: gather them.
            await self._clock.sleep(HINT_GAP)

    async def _turn(self) -> None:
        async with self._turns:
            await self._once()

    async def _once(self) -> None:
        self.fetching = True
        begun = self._clock.monotonic()
        try:
            source = self._fetch()
            if isinstance(source, AsyncIterator):
                async for value in source:
                    self._arrived(value)
            else:
                self._arrived(await source)
            self.error, self.throttled, self.whole = None, 0, True
        except Throttled as error:
            self.error = error
            self.throttled += 1
            error.hint = f"Backing off: it is asked again in {self.interval:.0f} s."
        except SsmTuiError as error:
            self.error = error
        finally:
            self.fetching = False
            self._took = self._clock.monotonic() - begun
        self._tell()

    def _arrived(self, value: V) -> None:
        self.value = value
        self.fetched_at = self._clock.monotonic()
        self._tell()

    def _tell(self) -> None:
        for looker in [*self._lookers]:
            try:
                looker.tell()
            except Exception:
                # One looker's mistake must not end the poller for the others.
                log.exception("a looker at a feed failed")


class Looker(Generic[V]):
    """One who looks at a feed; `visible` is set to False while its screen is hidden."""

    def __init__(self, feed: Feed[V], changed: Callable[[Feed[V]], None], visible: bool) -> None:
        self.feed = feed
        self.changed = changed
        self._is_visible = visible
        self._context = copy_context()

    def tell(self) -> None:
        """Tell of what is known now, in the context of who looks: the poller has one of its own."""
        self._context.copy().run(self.changed, self.feed)

    @property
    def visible(self) -> bool:
        return self._is_visible

    @visible.setter
    def visible(self, value: bool) -> None:
        was, self._is_visible = self._is_visible, value
        if value:
            self.feed._came(not was)
        else:
            self.feed._wake.set()

    def close(self) -> None:
        self.feed._left(self)


class Feeds:
    """The pollers of all contexts."""

    def __init__(self, clock: Clock | None = None, at_once: int = 4) -> None:
        self._clock = clock or SystemClock()
        self._at_once = at_once
        self._feeds: dict[tuple[str, str, str], Feed[Any]] = {}
        self._turns: dict[str, asyncio.Semaphore] = {}
        self._hints: dict[tuple[str, str], asyncio.Task[None]] = {}

    def feed(
        self,
        context: str,
        operation: str,
        params: Mapping[str, Any] | None,
        fetch: Callable[[], Awaitable[V] | AsyncIterator[V]],
        *,
        every: float = 5.0,
    ) -> Feed[V]:
        """Give the one feed of a question, made on first use.

        `fetch` gives the value, or yields it as it grows (pages), the last one being whole; `every` is seconds.
        """
        key = (context, operation, json.dumps(params or {}, sort_keys=True, default=str))
        if key not in self._feeds:
            # Each context has turns of its own: one that is slow keeps no other from being asked.
            turns = self._turns.setdefault(context, asyncio.Semaphore(self._at_once))
            self._feeds[key] = Feed(fetch, every, self._clock, turns)
        found = self._feeds[key]
        found.every = min(found.every, every)
        return found

    def values(self, context: str, operation: str) -> list[Any]:
        """Give what is known now of what an operation answers in a context, whoever asked, and for whatever."""
        asked = [feed for (name, what, _), feed in self._feeds.items() if (name, what) == (context, operation)]
        return [feed.value for feed in asked if feed.value is not None]

    @property
    def counts(self) -> tuple[int, int]:
        """How many feeds somebody sees now, and how many there are."""
        return sum(feed._visible for feed in self._feeds.values()), len(self._feeds)

    def hint(self, context: str, *operations: str) -> None:
        """Say that what some operations answer has changed: their visible feeds look again."""
        for (feed_context, operation, _), feed in self._feeds.items():
            rests = feed.throttled or feed.is_cancelled
            if feed_context == context and operation in operations and feed._visible and not rests:
                feed.refresh()

    def drive(self, context: str, name: str, events: Callable[[], AsyncIterator[Any]], *operations: str) -> None:
        """Let a watch drive feeds: each of its events is a hint; begun once per (context, name), again when it ends."""
        if (context, name) not in self._hints:
            self._hints[context, name] = apart(self._drive(context, events, operations))

    async def _drive(self, context: str, events: Callable[[], AsyncIterator[Any]], operations: tuple[str, ...]) -> None:
        while True:
            try:
                async for _ in events():
                    self.hint(context, *operations)
            except SsmTuiError as error:
                log.info("a watch ended: %s", error)
            # The polls go on meanwhile; the watch only makes them sooner.
            await self._clock.sleep(1.0)

    @property
    def throttled(self) -> int:
        """How many feeds back off now, for the header."""
        return sum(1 for feed in self._feeds.values() if feed.throttled)

    def of(self, context: str) -> list[Feed[Any]]:
        """Give a context's feeds that somebody looks at now; where nobody does, those that have been looked at."""
        known = [feed for (name, *_), feed in self._feeds.items() if name == context]
        return [feed for feed in known if feed._visible] or known

    def drop(self, context: str) -> asyncio.Future[Any]:
        """Forget the feeds and watches of a context at once; gives what is done when they have ended."""
        watches = [self._hints.pop(key) for key in [*self._hints] if key[0] == context]
        for task in watches:
            task.cancel()
        gone = [self._feeds.pop(key) for key in [*self._feeds] if key[0] == context]
        self._turns.pop(context, None)
        return asyncio.gather(*watches, *(feed.aclose() for feed in gone), return_exceptions=True)

    def release(self, feed: Feed[Any]) -> asyncio.Future[None]:
        """Forget a feed that one screen alone looked at and that has gone; gives what is done when it has ended."""
        self._feeds = {key: one for key, one in self._feeds.items() if one is not feed}
        return asyncio.ensure_future(feed.aclose())

    @property
    def oldest(self) -> float | None:
        """Age in seconds of the oldest value that somebody looks at, for the header."""
        ages = [feed.age for feed in self._feeds.values() if feed._visible and feed.age is not None]
        return max(ages, default=None)

    async def aclose(self) -> None:
        for task in self._hints.values():
            task.cancel()
        await asyncio.gather(*self._hints.values(), return_exceptions=True)
        self._hints.clear()
        for feed in [*self._feeds.values()]:
            await feed.aclose()
        self._feeds.clear()


def growing(
    pages: Callable[[], AsyncIterator[list[R]]], clock: Clock | None = None
) -> Callable[[], AsyncIterator[list[R]]]:
    """Make a feed's fetch of a list that comes in pages: no row goes only to come back.

    Until the list was whole once it shows as it grows, before what an attempt that failed had brought: with the first
    pages, then whenever it is twice as long or has not shown for GROWS seconds (longer where showing takes long),
    because each time costs as much as the list is long. From then on the list is replaced only by a whole one. An item
    that comes again, with what was found out about it meanwhile, takes its own place.
    """
    clock = clock or SystemClock()
    shown: list[R] = []
    whole = False

    async def fetch() -> AsyncIterator[list[R]]:
        nonlocal shown, whole
        found: dict[Ref, R] = {}
        told, told_at, is_told, pause = 0, -GROWS, False, GROWS
        before = shown

        def together() -> list[R]:
            return [*found.values(), *(item for item in before if item.ref not in found)]

        try:
            async for page in pages():
                found |= {item.ref: item for item in page}
                is_told = False
                if not whole and (len(found) >= 2 * told or clock.monotonic() - told_at >= pause):
                    told, told_at, is_told = len(found), clock.monotonic(), True
                    shown = together()
                    yield shown
                    pause = max(GROWS, DEAR * (clock.monotonic() - told_at))
        except SsmTuiError:
            if not whole and not is_told and found:
                shown = together()
                yield shown
            raise
        if whole or not is_told or len(shown) != len(found):
            yield [*found.values()]
        shown, whole = [], True

    return fetch
