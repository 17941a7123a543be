"""The embedded engine itself: what it is, what it holds, and its end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from tui.errors import ApiError
from tui.ports import Shape, as_time
from tui.services._base import OWN, Adapter


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineInfo:
    """What the daemon says of itself; `live` names what of the operator's runs, `disk` is bytes by name.

    `endpoint` is where it is served over HTTP, empty where it is not.
    """

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
    endpoint: str = ""
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
            endpoint=shape.get("Endpoint") or "",
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


class Engine(Adapter):
    """The daemon behind one context."""

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

    def audit(self, limit: int | None = None) -> AsyncIterator[list[AuditEvent]]:
        """Give the audit page by page, newest first."""
        return self._pages(AuditEvent, "ListAuditEvents", "Events", service=OWN, limit=limit)


def is_busy(error: ApiError) -> bool:
    """Whether a stop was refused because something of the operator's runs."""
    return error.code in ("EngineBusy", "EngineBusyException")
