"""The embedded engine itself: what it is, what it holds, and its end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from tui.errors import ApiError
from tui.ports import Shape, Transport, as_time
from tui.services._paging import pages
from tui.services.nodes import OWN


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineInfo:
    """What the daemon says of itself; `live` names what of the operator's runs, `disk` is bytes by name."""

    context: str
    version: str
    pid: int
    account: str = ""
    region: str = ""
    started: datetime | None = None
    state_directory: str = ""
    log_file: str = ""
    demo: bool = False
    live: tuple[str, ...] = ()
    consoles: int = 0
    disk: tuple[tuple[str, int], ...] = ()
    last_crash: str = ""
    last_crash_at: datetime | None = None

    @classmethod
    def from_api(cls, shape: Shape, context: str) -> EngineInfo:
        crash: Shape = shape.get("LastCrash") or {}
        return cls(
            context=context,
            version=shape.get("Version") or "",
            pid=int(shape.get("Pid") or 0),
            account=shape.get("Account") or "",
            region=shape.get("Region") or "",
            started=as_time(shape.get("StartedAt")),
            state_directory=shape.get("StateDirectory") or "",
            log_file=shape.get("LogFile") or "",
            demo=bool(shape.get("Demo")),
            live=tuple(shape.get("Live") or ()),
            consoles=int(shape.get("Consoles") or 0),
            disk=tuple((item["Name"], int(item.get("Bytes") or 0)) for item in shape.get("DiskUsage") or ()),
            last_crash=crash.get("Text") or "",
            last_crash_at=as_time(crash.get("At")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """One line of the audit: who called what, and how it ended."""

    at: datetime | None
    caller: str
    operation: str
    outcome: str
    detail: str = ""

    @classmethod
    def from_api(cls, shape: Shape, context: str) -> AuditEvent:
        return cls(
            at=as_time(shape.get("At")),
            caller=shape.get("Caller") or "",
            operation=shape.get("Operation") or "",
            outcome=shape.get("Outcome") or "",
            detail=shape.get("Detail") or "",
        )


class Engine:
    """The daemon behind one context."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def context(self) -> str:
        return self._transport.context

    async def describe(self) -> EngineInfo:
        return EngineInfo.from_api(await self.raw(), self.context)

    async def raw(self) -> Shape:
        """Give the engine's own answer, for `y`."""
        return await self._transport.call("DescribeEngine", {}, service=OWN)

    async def stop(self, force: bool = False) -> None:
        """End the daemon; without `force` only when nothing of the operator's runs.

        Raises: ApiError with EngineBusy, whose text names what is live.
        """
        await self._transport.call("StopEngine", {"Force": force}, service=OWN)

    async def audit(self, limit: int | None = None) -> AsyncIterator[list[AuditEvent]]:
        """Yield the audit page by page, newest first."""
        async for page in pages(self._transport, "ListAuditEvents", "Events", {}, service=OWN, limit=limit):
            yield [AuditEvent.from_api(shape, self.context) for shape in page]


def is_busy(error: ApiError) -> bool:
    """Whether a stop was refused because something of the operator's runs."""
    return error.code in ("EngineBusy", "EngineBusyException")
