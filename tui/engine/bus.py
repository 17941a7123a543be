"""The event bus: what happens is published once and reaches every subscriber, however slow, in bounded memory.

Events are dicts with a "type". Those of type "output" carry base64 text in "Data" and are the ones that may be dropped
for a subscriber whose queue is full; where some were, it gets one event in their place:
{"type": "dropped", "Bytes": n} with the same names (InstanceId, Stream, …). State events are never dropped.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

Event = dict[str, Any]
Match = Callable[[str, Event], bool]

OUTPUT = "output"
DROPPED = "dropped"
MAX_BYTES = 4 * 1024 * 1024
"""Base64 characters of output that wait for one subscriber before more are dropped."""

_NAMES = ("CommandId", "InstanceId", "PluginName", "Stream")


class Subscription:
    """An async iterator of (kind, event); ends when it or the bus is closed and its queue is empty."""

    def __init__(self, bus: Bus, kinds: frozenset[str], match: Match | None, max_bytes: int) -> None:
        self.kinds = kinds
        self.match = match
        self._bus = bus
        self._max_bytes = max_bytes
        self._queue: deque[tuple[str, Event]] = deque()
        self._waiting = 0  # characters of output in the queue
        self._gaps: dict[tuple[Any, ...], Event] = {}
        self._wake: asyncio.Future[None] | None = None
        self._closed = False

    def put(self, kind: str, event: Event) -> None:
        """Queue an event, or count it where it is output that has no room."""
        if event.get("type") == OUTPUT:
            data = event.get("Data", "")
            names = tuple(event.get(name) for name in _NAMES)
            # A gap grows until the subscriber has come to it, so that what is dropped stays in its place.
            if names in self._gaps or (self._waiting and self._waiting + len(data) > self._max_bytes):
                self._drop(kind, names, data)
                return
            self._waiting += len(data)
        self._queue.append((kind, event))
        self._notify()

    def _drop(self, kind: str, names: tuple[Any, ...], data: str) -> None:
        gap = self._gaps.get(names)
        if gap is None:
            gap = {"type": DROPPED, "Bytes": 0}
            gap.update({name: value for name, value in zip(_NAMES, names, strict=True) if value is not None})
            self._gaps[names] = gap
            self._queue.append((kind, gap))
            self._notify()
        gap["Bytes"] += len(data) * 3 // 4 - data[-2:].count("=")

    def _notify(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> tuple[str, Event]:
        while not self._queue:
            if self._closed:
                raise StopAsyncIteration
            self._wake = asyncio.get_running_loop().create_future()
            try:
                await self._wake
            finally:
                self._wake = None
        return self._next()

    def _next(self) -> tuple[str, Event]:
        kind, event = self._queue.popleft()
        if event.get("type") == OUTPUT:
            self._waiting -= len(event.get("Data", ""))
        elif event.get("type") == DROPPED:
            self._gaps.pop(tuple(event.get(name) for name in _NAMES), None)
        return kind, event

    async def wait(self, seconds: float) -> None:
        """Wait until there is an event to take, at most so long, even when no more can come."""
        if self._queue:
            return
        loop = asyncio.get_running_loop()
        self._wake = loop.create_future()
        timer = loop.call_later(seconds, self._notify)
        try:
            await self._wake
        finally:
            timer.cancel()
            self._wake = None

    def take(self) -> list[Event]:
        """Give the events that have come."""
        taken = []
        while self._queue:
            taken.append(self._next()[1])
        return taken

    async def aclose(self) -> None:
        """Leave the bus; what waits in the queue is forgotten."""
        self._bus.forget(self)
        self._queue.clear()
        self._gaps.clear()
        self._waiting = 0
        self.finish()

    def finish(self) -> None:
        """Let the iterator end once it has given what waits."""
        self._closed = True
        self._notify()


class Bus:
    """Publishes events by kind to whoever has subscribed; used on the loop's thread only."""

    def __init__(self) -> None:
        self._by_kind: dict[str, list[Subscription]] = {}

    def publish(self, kind: str, event: Event) -> None:
        """Hand an event to every subscriber of its kind; never blocks. The event must not be changed afterwards."""
        for subscription in self._by_kind.get(kind, ()):
            if subscription.match is None or subscription.match(kind, event):
                subscription.put(kind, event)

    def subscribe(
        self, kinds: Iterable[str], match: Match | None = None, *, max_bytes: int = MAX_BYTES
    ) -> Subscription:
        """Give an iterator of all events of these kinds from now on for which `match(kind, event)` holds."""
        subscription = Subscription(self, frozenset(kinds), match, max_bytes)
        for kind in subscription.kinds:
            self._by_kind.setdefault(kind, []).append(subscription)
        return subscription

    def forget(self, subscription: Subscription) -> None:
        """Take a subscriber off; without effect where it is off already."""
        for kind in subscription.kinds:
            if subscription in self._by_kind.get(kind, ()):
                self._by_kind[kind].remove(subscription)

    def has_subscribers(self, kind: str) -> bool:
        """Say whether anybody listens to a kind, for publishers whose events cost something to make."""
        return bool(self._by_kind.get(kind))

    def close(self) -> None:
        """End every subscription once its queue is empty."""
        for subscriptions in self._by_kind.values():
            for subscription in subscriptions:
                subscription.finish()
