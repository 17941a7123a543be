"""Nodes with sessions, as the Sessions, Node and Overview screens ask for them, from plain tables."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

from tests.app.fake_transport import NOW, FakeTransport, fleet, node
from tui.errors import ApiError


def session(number: int, status: str = "Connected", target: int = 1, **more: Any) -> dict[str, Any]:
    """Make one Session on the node of a number."""
    return {
        "SessionId": f"ops-{number:017x}",
        "Target": f"mi-{target:017x}",
        "Status": status,
        "StartDate": NOW,
        "DocumentName": "SSM-SessionManagerRunShell",
        "Owner": "arn:aws:sts::123456789012:assumed-role/local/ops",
        **more,
    }


class FakeChannel:
    """Implements ports.Channel: `says` puts what the far end writes, `typed` holds what it was sent."""

    def __init__(self, rows: int, columns: int, read_only: bool, replay: bytes) -> None:
        self.sizes = [(rows, columns)]
        self.read_only = read_only
        self.replay = len(replay)
        self.typed = b""
        self.exit_status: int | None = None
        self.close_reason = ""
        self.is_closed = False
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        if replay:
            self._queue.put_nowait(replay)

    def says(self, data: bytes) -> None:
        self._queue.put_nowait(data)

    def end(self, status: int | None, reason: str = "") -> None:
        self.exit_status, self.close_reason = status, reason
        self._queue.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (data := await self._queue.get()) is not None:
            yield data

    async def send(self, data: bytes) -> None:
        self.typed += data

    async def resize(self, rows: int, columns: int) -> None:
        self.sizes.append((rows, columns))

    async def aclose(self) -> None:
        self.is_closed = True
        self._queue.put_nowait(None)


class SessionsFake:
    """`sessions` are DescribeSessions' by id; `channels` were opened, in this order, each beginning with `replay`."""

    def __init__(self, *sessions: dict[str, Any], nodes: int = 2, tags: Mapping[str, Mapping[str, str]] | None = None):
        self.sessions = {one["SessionId"]: one for one in sessions}
        self.exits: dict[str, int] = {}
        self.channels: list[FakeChannel] = []
        self.replay = b""
        self.transport: FakeTransport = fleet(*(node(number) for number in range(1, nodes + 1)), tags=tags)
        self.transport.answers |= {
            "DescribeSessions": self._describe,
            "DescribeSession": self._details,
            "StartSession": self._start,
            "TerminateSession": self._terminate,
            "ListCommands": {"Commands": []},
            "ListCommandInvocations": {"CommandInvocations": []},
            "DescribeEngine": {"Version": "0.1.0", "Pid": 7, "StartedAt": NOW, "DiskUsage": [], "Live": []},
        }
        self.transport.open_channel = self._open  # type: ignore[method-assign]  # the fake's own is for no sessions

    def sent(self, operation: str) -> list[dict[str, Any]]:
        return [request for name, request in self.transport.sent if name == operation]

    def _describe(self, request: dict[str, Any]) -> dict[str, Any]:
        wanted = {one["key"]: one["value"] for one in request.get("Filters") or []}
        over = request["State"] == "History"
        return {
            "Sessions": [
                one
                for one in self.sessions.values()
                if (one["Status"] in ("Terminated", "Failed")) is over
                and wanted.get("Target", one["Target"]) == one["Target"]
                and wanted.get("SessionId", one["SessionId"]) == one["SessionId"]
            ]
        }

    def _details(self, request: dict[str, Any]) -> dict[str, Any]:
        one = self.sessions[request["SessionId"]]
        exits = {"ExitStatus": self.exits[one["SessionId"]]} if one["SessionId"] in self.exits else {}
        return {**one, "Rows": 24, "Columns": 80, "Attached": 1, "LogBytes": 0, "EffectiveUser": "ops", **exits}

    def _start(self, request: dict[str, Any]) -> dict[str, Any]:
        made = session(len(self.sessions) + 1, target=int(request["Target"].removeprefix("mi-"), 16))
        self.sessions[made["SessionId"]] = made
        return {"SessionId": made["SessionId"], "TokenValue": "t", "StreamUrl": "u"}

    def _terminate(self, request: dict[str, Any]) -> dict[str, Any]:
        self.over(request["SessionId"], 129)
        return {"SessionId": request["SessionId"]}

    def over(self, session_id: str, status: int) -> None:
        """End a session, and whoever is attached to it."""
        self.sessions[session_id] |= {"Status": "Terminated", "Details": f"The shell exited with status {status}."}
        self.exits[session_id] = status
        for channel in self.channels:
            channel.end(status)

    async def _open(self, session_id: str, *, rows: int, columns: int, read_only: bool = False) -> FakeChannel:
        if session_id not in self.sessions:
            raise ApiError("DoesNotExistException", session_id)
        self.channels.append(FakeChannel(rows, columns, read_only, self.replay))
        return self.channels[-1]
