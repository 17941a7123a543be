"""The links of all open contexts: opened in parallel, each lost and found again by itself, added and let go."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from tui.contexts import ContextSpec
from tui.errors import ApiError, CredentialsExpired, CredentialsMissing, SsmTuiError, TransportError, Unreachable
from tui.ports import Clock, Transport
from tui.services import Services
from tui.services.api_calls import command_line, wall_clock
from tui.services.link import Link

LONGEST = 40
"""Cells that the names of contexts may take in the header."""


class Links:
    """Holds the links by the names of their contexts, the main one first.

    `changed` is called with a context's name and what happened to its link (see Link), or with "closed".
    """

    def __init__(
        self,
        connect: Callable[[ContextSpec], Awaitable[Transport]],
        changed: Callable[[str, str], None],
        *,
        read_only: bool = False,
        clock: Clock | None = None,
    ) -> None:
        self._connect = connect
        self._changed = changed
        self._read_only = read_only
        self._clock = clock
        self._links: dict[str, Link] = {}
        self._closing: set[asyncio.Future[Any]] = set()
        self.specs: dict[str, ContextSpec] = {}
        self.services = Services()

    # which contexts

    def choose(self, specs: Sequence[ContextSpec]) -> None:
        """Have these contexts and no others; those that are open already stay as they are. `open` connects the new."""
        for name in [*self._links]:
            if name not in {spec.name for spec in specs}:
                self._let_go(name)
        links, self._links = self._links, {}
        self.specs = {spec.name: spec for spec in specs}
        for spec in specs:
            self._links[spec.name] = links.get(spec.name) or Link(
                partial(self._connect_one, spec),
                partial(self._heard, spec.name),
                context=spec.name,
                read_only=self._read_only,
                context_read_only=spec.read_only,
                clock=self._clock,
            )

    def _let_go(self, name: str) -> None:
        # Nothing is asked of it from now on, however long its end takes.
        for ending in (asyncio.ensure_future(self._links.pop(name).aclose()), self.services.drop(name)):
            self._closing.add(ending)
            ending.add_done_callback(self._closing.discard)

    async def _connect_one(self, spec: ContextSpec) -> Transport:
        transport = await self._connect(spec)
        transport.context = spec.name
        return transport

    def _heard(self, name: str, what: str) -> None:
        link = self._links.get(name)
        if link is None:
            return
        if what == "open" and link.transport is not None and name not in self.services.contexts:
            self.services.add(link.transport, [*self._links])
        self._changed(name, what)

    @property
    def names(self) -> list[str]:
        """The contexts that were chosen, open or not, the main one first."""
        return [*self._links]

    def link(self, name: str = "") -> Link | None:
        """Give the link of a context, of the main one without a name; None where there is none."""
        return self._links.get(name or next(iter(self._links), ""))

    @property
    def local(self) -> list[Link]:
        """The link to the engine of our own, where it is among them."""
        return [link for name, link in self._links.items() if self.specs[name].is_local]

    # how they are

    @property
    def peer(self) -> dict[str, Any]:
        """What the main context's other end said of itself."""
        link = self.link()
        return link.peer if link is not None else {}

    @property
    def errors(self) -> dict[str, SsmTuiError]:
        """Why there is no link now, by context."""
        return {name: link.error for name, link in self._links.items() if link.error is not None}

    @property
    def error(self) -> SsmTuiError | None:
        """Why nothing is open; None where a context is, or may be yet."""
        if self.services.contexts and len(self.errors) < len(self._links):
            return None
        return next(iter(self.errors.values()), None) if len(self.errors) == len(self._links) else None

    def region(self, name: str) -> str:
        """Give a context's region."""
        link, spec = self._links.get(name), self.specs.get(name)
        return str((link.peer.get("region") if link else "") or (spec.region if spec else ""))

    def account(self, name: str) -> str:
        """Give a context's account, "" where it is not known yet."""
        link = self._links.get(name)
        return str((link.peer.get("account") if link else "") or "")

    def expired(self) -> list[str]:
        """Give the contexts whose login has expired or is wrong."""
        return [name for name in self._links if isinstance(self.trouble(name), CredentialsExpired)]

    def trouble(self, name: str) -> SsmTuiError | None:
        """Give what is wrong with a context now: its link's error, else what its feeds last met."""
        link = self._links.get(name)
        if link is not None and link.error is not None:
            return link.error
        # That a name means nothing is said by our own sentences, and is no trouble of the context.
        met = [feed.error for feed in self.services.feeds.of(name) if isinstance(feed.error, TransportError)]
        return next((error for error in met if isinstance(error, CredentialsExpired)), next(iter(met), None))

    def where(self) -> list[str]:
        """Say where the links lead: the contexts, and the region where there is one of them."""
        if not self._links:
            return ["no context"]
        if len(self._links) > 1:
            whole = " + ".join(self._links)
            if len(whole) <= LONGEST:
                return [whole]
            return [f"{next(iter(self._links))} + {len(self._links) - 1} more"]
        (name,) = self._links
        link = self._links[name]
        if link.transport is None:
            said = "connecting" if link.error is None else "not connected"
            return [said] if name == "local" else [name, said]
        region = self.region(name)
        return [text for text in (name, region if region not in name else "") if text]

    def health(self) -> list[tuple[str, str]]:
        """Say how the links are, as (text, style) words; a `~` stands for the sign of a refresh."""
        words: list[tuple[str, str]] = []
        several = len(self._links) > 1
        for name, link in self._links.items():
            own = link.health()
            if not own and link.is_opening and several:
                own = [("connecting", "dim")]
            if not own and name != "local":
                own = self._met(name)
            words += [(f"{name} {text}" if several else text, style) for text, style in own]
        feeds = self.services.feeds
        if throttled := feeds.throttled + sum(link.throttled for link in self._links.values()):
            seconds = math.ceil(max((link.backing_off for link in self._links.values()), default=0.0))
            words.append((f"{throttled} throttled{f' for {seconds}s' if seconds else ''}", "warn"))
        if feeds.oldest is not None:
            words.append((f"~ {int(feeds.oldest)}s ago", "dim"))
        if any(link.peer.get("demo") for link in self._links.values()):
            words.append(("DEMO", "warn"))
        return words

    def state(self, name: str) -> tuple[str, str]:
        """Say in a few words how a context is, and the style of them: open, connecting, or what is wrong."""
        link = self._links.get(name)
        if link is None:
            return "", "dim"
        worst = next(iter(link.health() or self._met(name)), None)
        if worst is not None:
            return worst
        if link.transport is None:
            return "connecting", "dim"
        throttled = sum(1 for feed in self.services.feeds.of(name) if feed.throttled) + link.throttled
        return (f"open, {throttled} throttled", "warn") if throttled else ("open", "good")

    def _met(self, name: str) -> list[tuple[str, str]]:
        match self.trouble(name):
            case CredentialsMissing():
                return [("no login", "bad")]
            case CredentialsExpired():
                return [("login expired", "bad")]
            case Unreachable():
                return [("offline", "bad")]
            case ApiError() | None:
                link = self._links.get(name)
                return [("unknown region", "warn")] if link is not None and link.peer.get("odd_region") else []
            case _:
                return [("failing", "warn")]

    def lines(self) -> list[tuple[str, str, str, str]]:
        """Give the calls made, the newest first: time, what, how long and how it ended, the equal command line."""
        several = len(self._links) > 1
        made = sorted((call for link in self._links.values() for call in link.calls), key=lambda call: call.at)
        return [
            (
                wall_clock(call),
                f"{call.context}  {call.service} {call.operation}" if several else f"{call.service} {call.operation}",
                f"{call.duration * 1000:.0f} ms  {'' if call.ok else call.outcome}",
                command_line(call, self.flags(call.context)),
            )
            for call in reversed(made)
        ]

    def flags(self, name: str) -> list[str]:
        """Give the flags that lead the AWS CLI to a context; none for the engine."""
        spec = self.specs.get(name)
        if spec is None or spec.is_local:
            return []
        profile, region = spec.profile, self.region(name)
        return [*(["--profile", profile] if profile else []), *(["--region", region] if region else [])]

    # what is done

    def open(self, *, local_only: bool = False) -> None:
        """Connect in the background what is not open, each by itself."""
        for name, link in self._links.items():
            if (link.transport is None or link.error is not None) and (self.specs[name].is_local or not local_only):
                link.open()

    def renew(self, name: str) -> None:
        """Look again with the credentials that are there now."""
        link = self._links.get(name)
        if link is not None:
            link.open()

    def give_up(self) -> bool:
        """Stop the first attempts to connect; False where none is under way."""
        given_up = [link.give_up() for link in self._links.values()]
        return any(given_up)

    async def restart(self) -> None:
        """Replace the local engine where nothing runs in it by one of this console's version. Raises: SsmTuiError."""
        if not self.local:
            raise Unreachable("There is no engine of our own to restart.")
        await self.local[0].restart()

    async def aclose(self) -> None:
        """Stop trying, and close what is open."""
        for link in self._links.values():
            await link.aclose()
        await self.services.aclose()
        await asyncio.gather(*self._closing, return_exceptions=True)
