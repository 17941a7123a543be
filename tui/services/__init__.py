"""What screens and headless verbs ask for: one adapter class per capability, one set of them per context."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, TypeVar

from tui.errors import Unreachable
from tui.ports import Ref, Transport
from tui.services._base import Adapter
from tui.services.feeds import Feeds

T = TypeVar("T", bound=Adapter)


class Services:
    """The services of every open context, and the feeds that they share; contexts come and go."""

    def __init__(self, contexts: Sequence[Transport] = ()) -> None:
        self._transports = {transport.context: transport for transport in contexts}
        self._made: dict[tuple[type[Any], str], Any] = {}
        self.feeds = Feeds()

    @property
    def contexts(self) -> list[str]:
        """The names of the open contexts, the main one first."""
        return list(self._transports)

    def add(self, transport: Transport, order: Sequence[str] = ()) -> None:
        """Have one more context; `order` names contexts in the order in which they are to stand."""
        self._transports[transport.context] = transport
        places = {name: place for place, name in enumerate(order)}
        names = sorted(self._transports, key=lambda name: places.get(name, len(places)))
        self._transports = {name: self._transports[name] for name in names}

    def drop(self, context: str) -> asyncio.Future[Any]:
        """Have a context no more, from now on; gives what is done when its feeds and its transport are closed."""
        transport = self._transports.pop(context, None)
        self._made = {key: made for key, made in self._made.items() if key[1] != context}
        feeds = self.feeds.drop(context)

        async def end() -> None:
            await feeds
            if transport is not None:
                await transport.aclose()

        return asyncio.ensure_future(end())

    def of(self, kind: type[T], context: str | None = None) -> T:
        """Give the one adapter of a class for a context (the main one by default).

        Raises: Unreachable for a context that is not open.
        """
        name = context if context is not None else next(iter(self._transports), "")
        if name not in self._transports:
            what = f"The context {name}" if name else "No context"
            raise Unreachable(f"{what} is {'not ' if name else ''}open.", hint=":ctx opens one.")
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

    def word(self, ref: Ref) -> str:
        """Give the word that names a resource: its id, behind its context where several are open."""
        return f"{ref.context}:{ref.id}" if len(self._transports) > 1 else ref.id

    def meant(self, word: str) -> tuple[list[str], str]:
        """Read such a word: the contexts to look in, and the id or name; a context that is not open means all."""
        context, colon, id = word.partition(":")
        if colon and context in self._transports:
            return [context], id
        return self.contexts, word

    async def aclose(self) -> None:
        """Stop the feeds and close every context."""
        await self.feeds.aclose()
        for transport in self._transports.values():
            await transport.aclose()
