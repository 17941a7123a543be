"""The link to the engine as the console's shell sees it: opened, recorded, guarded, lost and found again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tui.errors import Cancelled, EngineStopped, ReadOnlyRefused, SsmTuiError, Unreachable
from tui.ports import Clock, SystemClock, Transport
from tui.services import Services
from tui.services.api_calls import ApiCall, Recorded, command_line, wall_clock
from tui.transport.wrappers import ReadOnly

log = logging.getLogger(__name__)

SILENT = 3.0
"""Seconds without an answer after which the header says so."""
PAUSES = (0.1, 0.3, 1.0, 2.0, 5.0)
"""Seconds between attempts to reach a lost engine; the last one repeats."""


class Link:
    """Holds one transport; `changed` is called with what happened: open, failed, lost, stopped, again.

    `services` is None until the first `open`. `error` says why there is no link now.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[Transport]],
        changed: Callable[[str], None],
        *,
        read_only: bool = False,
        clock: Clock | None = None,
    ) -> None:
        self._connect = connect
        self._changed = changed
        self._read_only = read_only
        self._clock = clock or SystemClock()
        self._task: asyncio.Task[None] | None = None
        self._transport: Transport | None = None
        self._recorded: Recorded | None = None
        self.services: Services | None = None
        self.error: SsmTuiError | None = None

    @property
    def calls(self) -> Sequence[ApiCall]:
        """The calls made last, oldest first."""
        return self._recorded.calls if self._recorded is not None else ()

    @property
    def peer(self) -> dict[str, Any]:
        """What the other end said of itself: version, account, region, demo."""
        return dict(getattr(self._transport, "peer", None) or {})

    def where(self) -> list[str]:
        """Say where this link leads: context and region."""
        if self._transport is None:
            return ["connecting" if self.error is None else "not connected"]
        return [text for text in (self._transport.context, str(self.peer.get("region") or "")) if text]

    def health(self) -> list[tuple[str, str]]:
        """Say how the link is, as (text, style) words; a `~` stands for the sign of a refresh."""
        words: list[tuple[str, str]] = []
        if self.stopped:
            words.append(("stopped, R starts it", "bad"))
        elif self.error is not None:
            words.append(("engine lost" if self.services else "no engine", "bad"))
        elif (silent := self._silent()) >= SILENT:
            words.append((f"no answer for {int(silent)}s", "bad"))
        if self.services is not None:
            feeds = self.services.feeds
            if feeds.throttled:
                words.append((f"{feeds.throttled} throttled", "warn"))
            if feeds.oldest is not None:
                words.append((f"~ {int(feeds.oldest)}s ago", "dim"))
        if self.peer.get("demo"):
            words.append(("DEMO", "warn"))
        return words

    @property
    def stopped(self) -> bool:
        """Whether there is no link because somebody stopped the engine."""
        return isinstance(self.error, EngineStopped)

    def _silent(self) -> float:
        """Seconds for which a call, or what was typed into a shell, has had no answer."""
        calls = self._recorded.unanswered if self._recorded is not None else 0.0
        return max(calls, getattr(self._transport, "unanswered", 0.0))

    def lines(self) -> list[tuple[str, str, str, str]]:
        """Give the calls made, the newest first: time, what, how long and how it ended, the equal command line."""
        return [
            (
                wall_clock(call),
                f"{call.service} {call.operation}",
                f"{call.duration * 1000:.0f} ms  {'' if call.ok else call.outcome}",
                command_line(call),
            )
            for call in reversed(self.calls)
        ]

    def open(self) -> None:
        """Connect in the background, unless that is under way."""
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._open() if self.services is None else self._reopen())

    def give_up(self) -> bool:
        """Stop the first attempt to connect; False where none is under way."""
        if self._task is None or self._task.done() or self.services is not None:
            return False
        self._task.cancel()
        self.error = Cancelled("Connecting was cancelled.", hint="R tries again.")
        self._changed("failed")
        return True

    async def _open(self) -> None:
        try:
            transport = await self._connect()
        except SsmTuiError as error:
            self.error = error
            self._changed("failed")
            return
        except Exception as error:
            log.exception("the link could not be opened")
            self.error = Unreachable(f"The engine could not be reached ({type(error).__name__}); the log says more.")
            self._changed("failed")
            return
        self._transport = transport
        lost = getattr(transport, "on_lost", None)
        if lost is not None:
            lost.append(self._lost)
        self._recorded = Recorded(transport, clock=self._clock)
        self.services = Services([ReadOnly(self._recorded) if self._read_only else self._recorded])
        self.error = None
        self._changed("open")

    def _lost(self, error: object = None) -> None:
        if isinstance(error, EngineStopped):
            # Somebody wanted it gone: who wants it back says so, with the key that tries again.
            self.error = EngineStopped(error.message, hint="R starts it again, Enter in a shell.")
            self._changed("stopped")
            return
        self.error = Unreachable("The engine is gone.", hint="Starting it again.")
        self._changed("lost")
        self.open()

    async def _reopen(self) -> None:
        again = getattr(self._transport, "reconnect", None)
        if again is None:
            self._changed("open")
            return
        for attempt in range(1_000_000):
            try:
                await again()
            except SsmTuiError as error:
                self.error = error
                self._changed("lost")
                await self._clock.sleep(PAUSES[min(attempt, len(PAUSES) - 1)])
            else:
                self.error = None
                self._changed("again")
                return

    async def restart(self) -> None:
        """Replace an engine that nothing runs in by one of this console's version.

        Raises: SsmTuiError where it is busy (the message names with what) or can't be restarted from here.
        """
        if self._read_only:
            raise ReadOnlyRefused("This console is read-only.", hint="Start it without --read-only.")
        again = getattr(self._transport, "restart_when_idle", None)
        if again is None:
            raise Unreachable("There is no engine of our own to restart.")
        if self.stopped:
            self.open()
            return
        await again()
        self.error = None
        self._changed("again")

    async def aclose(self) -> None:
        """Stop trying, and close what is open."""
        if self._task is not None:
            self._task.cancel()
        if self.services is not None:
            await self.services.aclose()
