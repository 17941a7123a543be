"""One context's link as the console's shell sees it: opened, recorded, guarded, lost and found again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tui.errors import (
    Cancelled,
    CredentialsExpired,
    CredentialsMissing,
    EngineStopped,
    ReadOnlyRefused,
    SsmTuiError,
    Unreachable,
)
from tui.ports import Clock, SystemClock, Transport
from tui.services.api_calls import ApiCall, Recorded
from tui.transport.wrappers import ReadOnly

log = logging.getLogger(__name__)

SILENT = 3.0
"""Seconds without an answer after which the header says so."""
PAUSES = (0.1, 0.3, 1.0, 2.0, 5.0)
"""Seconds between attempts to reach a lost engine; the last one repeats."""


class Link:
    """Holds the transport of one context; `changed` is called with what happened: open, failed, lost, stopped, again.

    `transport` is None until the first `open`. `error` says why there is no link now.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[Transport]],
        changed: Callable[[str], None],
        *,
        context: str = "local",
        read_only: bool = False,
        context_read_only: bool = False,
        clock: Clock | None = None,
    ) -> None:
        self.context = context
        self._connect = connect
        self._changed = changed
        self._read_only = read_only
        self._context_read_only = context_read_only
        self._clock = clock or SystemClock()
        self._task: asyncio.Task[None] | None = None
        self._base: Transport | None = None
        self._recorded: Recorded | None = None
        self.transport: Transport | None = None
        self.error: SsmTuiError | None = None

    @property
    def calls(self) -> Sequence[ApiCall]:
        """The calls made last, oldest first."""
        return self._recorded.calls if self._recorded is not None else ()

    @property
    def peer(self) -> dict[str, Any]:
        """What the other end said of itself: version, account, region, demo."""
        return dict(getattr(self._base, "peer", None) or {})

    @property
    def is_opening(self) -> bool:
        """Whether the first attempt to connect is under way."""
        return self._task is not None and not self._task.done() and self.transport is None

    @property
    def throttled(self) -> int:
        """How many calls wait because the other end said that they were too many."""
        return int(getattr(self._base, "throttled", 0))

    @property
    def backing_off(self) -> float:
        """Seconds until the last of them is sent again."""
        return float(getattr(self._base, "backing_off", 0.0))

    def health(self) -> list[tuple[str, str]]:
        """Say what is wrong with the link, as (text, style) words; nothing where it is well."""
        if self.stopped:
            return [("stopped, R starts it", "bad")]
        if self.error is not None:
            if isinstance(self.error, CredentialsExpired):
                missing = isinstance(self.error, CredentialsMissing)
                return [("no login" if missing else "login expired", "bad")]
            local = self.context == "local" or self._base is not None
            return [("engine lost" if self.transport else "no engine" if local else "not open", "bad")]
        if (silent := self._silent()) >= SILENT:
            return [(f"no answer for {int(silent)}s", "bad")]
        return []

    @property
    def stopped(self) -> bool:
        """Whether there is no link because somebody stopped the engine."""
        return isinstance(self.error, EngineStopped)

    def _silent(self) -> float:
        """Seconds for which a call, or what was typed into a shell, has had no answer."""
        # A call that was throttled had its answer, and waits by itself.
        calls = self._recorded.unanswered if self._recorded is not None and not self.throttled else 0.0
        return max(calls, getattr(self._base, "unanswered", 0.0))

    def open(self) -> None:
        """Connect in the background, unless that is under way."""
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._open() if self.transport is None else self._reopen())

    def give_up(self) -> bool:
        """Stop the first attempt to connect; False where none is under way."""
        if self._task is None or not self.is_opening:
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
        self._base = transport
        lost = getattr(transport, "on_lost", None)
        if lost is not None:
            lost.append(self._lost)
        told = getattr(transport, "on_peer", None)
        if told is not None:
            told.append(lambda: self._changed("peer"))
        self._recorded = Recorded(transport, clock=self._clock)
        self.transport = self._guarded(self._recorded)
        self.error = None
        self._changed("open")

    def _guarded(self, transport: Transport) -> Transport:
        if self._read_only:
            return ReadOnly(transport)
        if self._context_read_only:
            return ReadOnly(transport, f"the context {self.context}", "The config file says so, by read_only.")
        return transport

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
        again = getattr(self._base, "reconnect", None)
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
        again = getattr(self._base, "restart_when_idle", None)
        if again is None:
            raise Unreachable("There is no engine of our own to restart.")
        if self.stopped:
            self.open()
            return
        await again()
        self.error = None
        self._changed("again")

    async def aclose(self) -> None:
        """Stop trying; what is open is closed by who holds the services."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        lost = getattr(self._base, "on_lost", None)
        if lost is not None and self._lost in lost:
            lost.remove(self._lost)
