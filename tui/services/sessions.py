"""Sessions: shells on nodes, live and past."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tui.errors import ApiError
from tui.ports import Channel, Ref, Shape, as_time
from tui.services._base import OWN, Adapter, Resource
from tui.services._paging import closing, enum_of


class SessionStatus(StrEnum):
    """The state of a session."""

    CONNECTING = "Connecting"
    CONNECTED = "Connected"
    DISCONNECTED = "Disconnected"
    TERMINATING = "Terminating"
    TERMINATED = "Terminated"
    FAILED = "Failed"
    UNKNOWN = "Unknown"

    @property
    def over(self) -> bool:
        return self in (SessionStatus.TERMINATED, SessionStatus.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionState(Resource):
    """Where a session is, and since when; `target` is a node's id."""

    target: str
    status: SessionStatus
    started: datetime | None = None
    ended: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session(SessionState):
    """A session as a list shows it."""

    document: str = ""
    owner: str = ""
    reason: str = ""
    details: str = ""

    @classmethod
    def from_api(cls, shape: Shape, context: str) -> Session:
        return cls(
            ref=Ref(context, shape["SessionId"]),
            target=shape.get("Target") or "",
            status=enum_of(SessionStatus, shape.get("Status")),
            document=shape.get("DocumentName") or "",
            owner=shape.get("Owner") or "",
            reason=shape.get("Reason") or "",
            details=shape.get("Details") or "",
            started=as_time(shape.get("StartDate")),
            ended=as_time(shape.get("EndDate")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionDetails(SessionState):
    """What the engine knows of one session: size in cells, exit status once it ended, how many look, log in bytes."""

    exit_status: int | None = None
    signal: str = ""
    title: str = ""
    rows: int = 0
    columns: int = 0
    attached: int = 0
    log_bytes: int = 0
    command: str = ""
    effective_user: str = ""

    @classmethod
    def from_api(cls, shape: Shape, context: str) -> SessionDetails:
        return cls(
            ref=Ref(context, shape["SessionId"]),
            target=shape.get("Target") or "",
            status=enum_of(SessionStatus, shape.get("Status")),
            started=as_time(shape.get("StartDate")),
            ended=as_time(shape.get("EndDate")),
            exit_status=shape.get("ExitStatus"),
            signal=str(shape.get("Signal") or ""),
            title=shape.get("Title") or "",
            rows=int(shape.get("Rows") or 0),
            columns=int(shape.get("Columns") or 0),
            attached=int(shape.get("Attached") or 0),
            log_bytes=int(shape.get("LogBytes") or 0),
            command=shape.get("Command") or "",
            effective_user=shape.get("EffectiveUser") or "",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionChanged(Resource):
    """A session has another state."""

    status: SessionStatus


# Inside a class that has a method `list`, that name is no type.
SessionList = list[Session]


class Sessions(Adapter):
    """The sessions of one context."""

    async def start(self, target: str, command: str | None = None, reason: str = "") -> Session:
        """Start a shell on a node, or one command in a terminal there; `open` attaches to it.

        Raises: ApiError with TargetNotConnected where the node does not answer.
        """
        params: Shape = {"Target": target}
        if command is not None:
            params |= {"DocumentName": "AWS-StartInteractiveCommand", "Parameters": {"command": [command]}}
        if reason:
            params["Reason"] = reason
        answer = await self._transport.call("StartSession", params)
        return Session(
            ref=Ref(self.context, answer["SessionId"]),
            target=target,
            status=SessionStatus.CONNECTING,
            document=params.get("DocumentName", ""),
            reason=reason,
        )

    def list(self, *, history: bool = False, target: str = "") -> AsyncIterator[list[Session]]:
        """Give the live sessions page by page, or the ended ones."""
        params: Shape = {"State": "History" if history else "Active", "MaxResults": 200}
        if target:
            params["Filters"] = [{"key": "Target", "value": target}]
        return self._pages(Session, "DescribeSessions", "Sessions", params)

    async def live_and_past(self, target: str = "") -> SessionList:
        """Give every session at once, or those on a node: the live ones, then those that ended."""
        return [
            one for history in (False, True) async for page in self.list(history=history, target=target) for one in page
        ]

    async def get(self, session_id: str) -> Session:
        """Give one session, live or ended.

        Raises: ApiError with DoesNotExistException where there is none of that id.
        """
        return Session.from_api(await self.raw(session_id), self.context)

    async def raw(self, session_id: str) -> Shape:
        """Give the API's own answer about one session, for `y`."""
        for state in ("Active", "History"):
            params = {"State": state, "Filters": [{"key": "SessionId", "value": session_id}]}
            answer = await self._transport.call("DescribeSessions", params)
            for shape in answer.get("Sessions") or []:
                if shape["SessionId"] == session_id:
                    found: Shape = shape
                    return found
        raise ApiError("DoesNotExistException", f"no session {session_id}", operation="DescribeSessions")

    async def details(self, session_id: str) -> SessionDetails:
        """Give what only our engine knows: size, exit status, title, who runs it."""
        answer = await self._transport.call("DescribeSession", {"SessionId": session_id}, service=OWN)
        return SessionDetails.from_api(answer, self.context)

    async def terminate(self, session_id: str) -> None:
        await self._transport.call("TerminateSession", {"SessionId": session_id})

    async def open(self, session_id: str, rows: int, columns: int, *, read_only: bool = False) -> Channel:
        """Attach to a session at a size in cells; what it said before comes first."""
        return await self._transport.open_channel(session_id, rows=rows, columns=columns, read_only=read_only)

    async def watch(self) -> AsyncGenerator[SessionChanged, None]:
        """Yield each change of a session's state, until closed."""
        async with closing(self._transport.watch("sessions", {})) as events:
            async for event in events:
                if event["type"] == "session":
                    ref = Ref(self.context, event["SessionId"])
                    yield SessionChanged(ref=ref, status=enum_of(SessionStatus, event.get("Status")))
