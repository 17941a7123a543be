"""Transports around a transport: what is recorded, what is refused, what is slowed."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tui.errors import ApiError, ReadOnlyRefused, SsmTuiError
from tui.ports import Channel, Clock, Shape, SystemClock, Transport

MASK = "••••••"
SECRET_MEMBERS = frozenset({"Password", "ActivationCode", "TokenValue", "PrivateKey", "Passphrase", "Secret"})
"""Members that are secrets in whatever request or answer they stand."""
SECRET_BY_OPERATION = {"PutParameter": frozenset({"Value"})}
SOURCE_RESULT = "SourceResult"
"""The member that has what Secrets Manager said of a secret, the secret among it; the Value beside it is plain."""
ABOUT_SECRET = frozenset({"arn", "name", "versionid", "versionstages", "createddate"})
"""What of a SourceResult, in small letters, is no secret."""

READS = ("Get", "List", "Describe")
MORE_READS: frozenset[tuple[str, str]] = frozenset()
"""(service, operation) of calls that change nothing though their names don't begin with a word of READS."""
NOT_READS = frozenset({("ssm", "GetAccessToken")})
"""What begins like a read and gives away more than it reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCall:
    """One API call that was made: `at` is epoch seconds, `duration` seconds, secrets in `params` are masked.

    `outcome` is `ok`, an error code of the API, or the name of the error that kept the answer away.
    """

    at: float
    context: str
    service: str
    operation: str
    params: Mapping[str, Any]
    duration: float
    outcome: str

    @property
    def ok(self) -> bool:
        return self.outcome == "ok"


def masked(operation: str, value: Any) -> Any:
    """Give a copy of a request in which secrets are replaced by dots."""
    secret = SECRET_BY_OPERATION.get(operation, frozenset())
    if isinstance(value, Mapping):
        return {
            key: MASK if key in SECRET_MEMBERS or key in secret else masked(operation, item)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [masked(operation, item) for item in value]
    return value


def masked_answer(value: Any) -> Any:
    """Give a copy of an answer in which what is plain of secrets is replaced by dots, in a SourceResult too."""
    if isinstance(value, Mapping):
        secret = SECRET_MEMBERS | {"Value"} if SOURCE_RESULT in value else SECRET_MEMBERS
        found = {key: MASK if key in secret else masked_answer(item) for key, item in value.items()}
        return found | {key: _masked_source(item) for key, item in value.items() if key == SOURCE_RESULT}
    if isinstance(value, (list, tuple)):
        return [masked_answer(item) for item in value]
    return value


def _masked_source(text: Any) -> str:
    try:
        found = json.loads(text)
    except (TypeError, ValueError):
        return MASK
    if not isinstance(found, dict):
        return MASK
    told = {key: item if key.casefold() in ABOUT_SECRET else MASK for key, item in found.items()}
    return json.dumps(told, ensure_ascii=False)


def writes(operation: str, service: str = "ssm") -> bool:
    """Whether a call changes something, or could."""
    key = (service, operation)
    return key in NOT_READS or not (operation.startswith(READS) or key in MORE_READS)


class Wrapper:
    """A transport that hands everything on: the base of the others."""

    def __init__(self, inner: Transport) -> None:
        self.inner = inner

    @property
    def context(self) -> str:
        return self.inner.context

    @context.setter
    def context(self, name: str) -> None:
        self.inner.context = name

    async def call(self, operation: str, params: Mapping[str, Any] | None = None, *, service: str = "ssm") -> Shape:
        return await self.inner.call(operation, params, service=service)

    def watch(self, kind: str, params: Mapping[str, Any] | None = None) -> AsyncIterator[Shape]:
        return self.inner.watch(kind, params)

    async def open_channel(self, session_id: str, *, rows: int, columns: int, read_only: bool = False) -> Channel:
        return await self.inner.open_channel(session_id, rows=rows, columns=columns, read_only=read_only)

    async def aclose(self) -> None:
        await self.inner.aclose()

    @property
    def base(self) -> Transport:
        """The transport at the bottom."""
        inner = self.inner
        return inner.base if isinstance(inner, Wrapper) else inner


class Recorded(Wrapper):
    """Keeps the last calls in `calls`, oldest first, and tells `on_call` of each: the drawer's source."""

    def __init__(self, inner: Transport, *, keep: int = 500, clock: Clock | None = None) -> None:
        super().__init__(inner)
        self.calls: deque[ApiCall] = deque(maxlen=keep)
        self.on_call: list[Callable[[ApiCall], None]] = []
        self._clock = clock or SystemClock()
        self._flying: dict[object, float] = {}
        heard: list[Callable[[Any], None]] | None = getattr(inner, "on_retry", None)
        if heard is not None:
            heard.append(self._retried)

    def _retried(self, retry: Any) -> None:
        """Keep an attempt that the transport repeats by itself."""
        said = f"{retry.code}, sent again in {retry.wait:.1f} s"
        self._keep(retry.service, retry.operation, retry.params, 0.0, said, self._clock.now())

    @property
    def unanswered(self) -> float:
        """Seconds that the oldest call without an answer has waited; 0 where none waits."""
        return self._clock.monotonic() - min(self._flying.values()) if self._flying else 0.0

    async def call(self, operation: str, params: Mapping[str, Any] | None = None, *, service: str = "ssm") -> Shape:
        at, begun = self._clock.now(), self._clock.monotonic()
        outcome, this = "cancelled", object()
        self._flying[this] = begun
        try:
            answer = await self.inner.call(operation, params, service=service)
            outcome = "ok"
            return answer
        except ApiError as error:
            outcome = error.code
            raise
        except SsmTuiError as error:
            outcome = type(error).__name__
            raise
        finally:
            del self._flying[this]
            self._keep(service, operation, params or {}, self._clock.monotonic() - begun, outcome, at)

    def _keep(
        self, service: str, operation: str, params: Mapping[str, Any], duration: float, outcome: str, at: float
    ) -> None:
        made = ApiCall(
            at=at,
            context=self.context,
            service=service,
            operation=operation,
            params=masked(operation, params),
            duration=duration,
            outcome=outcome,
        )
        self.calls.append(made)
        for tell in self.on_call:
            tell(made)


class ReadOnly(Wrapper):
    """Refuses, before it is sent, every call that changes something, and shells that one could type into.

    `what` is said to be read-only, and `hint` how it would not be.
    """

    def __init__(
        self, inner: Transport, what: str = "this console", hint: str = "Start it without --read-only."
    ) -> None:
        super().__init__(inner)
        self._what, self._hint = what, hint

    async def call(self, operation: str, params: Mapping[str, Any] | None = None, *, service: str = "ssm") -> Shape:
        """Hand on what only reads.

        Raises: ReadOnlyRefused for all else.
        """
        if writes(operation, service):
            raise ReadOnlyRefused(f"{operation} was not sent: {self._what} is read-only.", hint=self._hint)
        return await self.inner.call(operation, params, service=service)

    async def open_channel(self, session_id: str, *, rows: int, columns: int, read_only: bool = False) -> Channel:
        """Attach to look on only.

        Raises: ReadOnlyRefused for a channel that takes keys.
        """
        if not read_only:
            raise ReadOnlyRefused(f"session {session_id} was not opened: {self._what} is read-only.", hint=self._hint)
        return await self.inner.open_channel(session_id, rows=rows, columns=columns, read_only=True)


class Limited(Wrapper):
    """Sends at most so many calls a second, in the order they came; `waiting` says how many wait their turn."""

    def __init__(
        self, inner: Transport, *, per_second: float, burst: int | None = None, clock: Clock | None = None
    ) -> None:
        super().__init__(inner)
        self._clock = clock or SystemClock()
        self._per_second = per_second
        self._burst = float(burst if burst is not None else max(1, int(per_second)))
        self._tokens = self._burst
        self._filled_at = self._clock.monotonic()
        self.waiting = 0

    async def call(self, operation: str, params: Mapping[str, Any] | None = None, *, service: str = "ssm") -> Shape:
        now = self._clock.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._per_second)
        self._filled_at = now
        # Tokens go below zero: each caller takes the next one to come, so that turns are kept without a queue.
        self._tokens -= 1
        if self._tokens < 0:
            self.waiting += 1
            try:
                await self._clock.sleep(-self._tokens / self._per_second)
            finally:
                self.waiting -= 1
        return await self.inner.call(operation, params, service=service)


def wall_clock(call: ApiCall) -> str:
    """Give the time of a call as the drawer shows it, `03:12:44Z`."""
    return time.strftime("%H:%M:%SZ", time.gmtime(call.at))
