"""What screens and headless verbs ask for: one adapter class per capability, one set of them per context."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from tui.ports import Transport
from tui.services._base import Adapter
from tui.services.feeds import Feeds

T = TypeVar("T", bound=Adapter)


class Services:
    """The services of every open context, and the feeds that they share."""

    def __init__(self, contexts: Sequence[Transport]) -> None:
        if not contexts:
            raise ValueError("at least one context is open")
        self._transports = {transport.context: transport for transport in contexts}
        self._made: dict[tuple[type[Any], str], Any] = {}
        self.feeds = Feeds()

    @property
    def contexts(self) -> list[str]:
        """The names of the open contexts, the main one first."""
        return list(self._transports)

    def of(self, kind: type[T], context: str | None = None) -> T:
        """Give the one adapter of a class for a context (the main one by default).

        Raises: KeyError for a context that is not open.
        """
        name = context if context is not None else next(iter(self._transports))
        if (kind, name) not in self._made:
            self._made[kind, name] = kind(self._transports[name])
        found: T = self._made[kind, name]
        return found

    def each(self, kind: type[T]) -> list[T]:
        """Give one adapter of a class per open context: a list screen merges what they say."""
        return [self.of(kind, name) for name in self._transports]

    def transport(self, context: str | None = None) -> Transport:
        """Give a context's transport, for the shell around the screens (its health, its end)."""
        return self._transports[context if context is not None else next(iter(self._transports))]

    async def aclose(self) -> None:
        """Stop the feeds and close every context."""
        await self.feeds.aclose()
        for transport in self._transports.values():
            await transport.aclose()
