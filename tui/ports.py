"""The protocols and plain values that every layer may import."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

Shape = dict[str, Any]
"""A structure of the API as plain Python: what boto3 would return, timestamps as epoch seconds or datetime."""


class Ref(NamedTuple):
    """Names one resource in one context; the key of every row.

    A tuple, because lists of thousands look their rows up by it many times: a dataclass takes five times as long.
    """

    context: str
    id: str
    is_ref: bool = True
    """Keeps it apart from any other pair of texts that is a key, such as a group's."""


class Channel(Protocol):
    """A two-way stream of bytes with a size: a local pty, an ssh shell or a Session Manager data channel.

    Iterating yields what the far end wrote, as it comes, and ends when it has closed; `exit_status` is known then
    (None when the far end could not say). The first `replay` bytes are old output, to which nothing is answered.
    """

    session_id: str
    replay: int
    exit_status: int | None
    close_reason: str

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def send(self, data: bytes) -> None: ...

    async def resize(self, rows: int, columns: int) -> None: ...

    async def aclose(self) -> None:
        """Detach: the far end goes on."""


class Transport(Protocol):
    """The one narrow way down: the API, its events, and its byte streams."""

    context: str

    async def call(self, operation: str, params: Mapping[str, Any] | None = None, *, service: str = "ssm") -> Shape:
        """Call one API operation.

        Raises: `tui.errors.TransportError` and its children, nothing else.
        """

    def watch(self, kind: str, params: Mapping[str, Any] | None = None) -> AsyncIterator[Shape]:
        """Yield events of one kind as they happen, until closed; see `tui.protocol.frames` for the kinds."""

    async def open_channel(self, session_id: str, *, rows: int, columns: int, read_only: bool = False) -> Channel:
        """Attach to a session that StartSession or DescribeSessions named, at the given size in cells."""

    async def aclose(self) -> None: ...


class Caller(Protocol):
    """The engine's way to AWS itself, for what it does not do on its own; injected, and most often there is none."""

    async def call(self, service: str, operation: str, params: Mapping[str, Any]) -> Shape:
        """Call one operation of a service by botocore's names, once.

        Raises: `tui.errors.ApiError` with AWS's code, or another `tui.errors.TransportError` where no answer came.
        """


class Clock(Protocol):
    """Time as an argument: tests hand in one that they move."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""

    def monotonic(self) -> float:
        """Seconds that never go back, for durations."""

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        import asyncio  # deferred: the headless verbs' --help must not pay for it

        await asyncio.sleep(seconds)


def as_time(value: object) -> datetime | None:
    """Give an aware datetime for what an API uses as a time: epoch seconds, ISO text, datetime, or nothing."""
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, (int, float)):
        return datetime.fromtimestamp(value, UTC)
    return datetime.fromisoformat(str(value).replace("Z", "+00:00"))
