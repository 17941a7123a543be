"""A transport that answers from a table, for pilot tests of the console's shell and screens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

from tui import __version__
from tui.errors import ApiError, TransportError

NOW = 1_795_000_000.0


def node(number: int, name: str = "", ping: str = "Online", **more: Any) -> dict[str, Any]:
    """Make one InstanceInformation."""
    return {
        "InstanceId": f"mi-{number:017x}",
        "PingStatus": ping,
        "LastPingDateTime": NOW,
        "AgentVersion": "3.3.1",
        "PlatformType": "Linux",
        "PlatformName": "Debian GNU/Linux",
        "PlatformVersion": "12",
        "ResourceType": "ManagedInstance",
        "IPAddress": f"10.0.0.{number % 250}",
        "ComputerName": name or f"web-{number:02d}",
        **more,
    }


class FakeTransport:
    """Implements ports.Transport; `answers` maps an operation to a shape, a function of the request, or an error."""

    def __init__(self, answers: Mapping[str, Any] | None = None) -> None:
        self.context = "local"
        self.peer = {"version": __version__, "pid": 1, "account": "123456789012", "region": "us-east-1", "demo": False}
        self.on_lost: list[Any] = []
        self.answers: dict[str, Any] = {
            "DescribeInstanceInformation": {"InstanceInformationList": []},
            "ListNodeTags": {"Nodes": []},
            "DescribeParameters": {"Parameters": []},
            **(answers or {}),
        }
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.called: dict[str, asyncio.Event] = {}
        self.events: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        self.reconnected = 0
        self.closed = False

    async def call(self, operation: str, params: Mapping[str, Any] | None = None, *, service: str = "ssm") -> Any:
        self.sent.append((operation, dict(params or {})))
        self.called.setdefault(operation, asyncio.Event()).set()
        if operation not in self.answers:
            raise ApiError("UnknownOperation", f"the fake has no {operation}", operation=operation)
        answer = self.answers[operation]
        if callable(answer):
            answer = answer(dict(params or {}))
        if asyncio.iscoroutine(answer):
            answer = await answer
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def watch(self, kind: str, params: Mapping[str, Any] | None = None) -> AsyncIterator[dict[str, Any]]:
        queue = self.events.setdefault(kind, asyncio.Queue())
        while True:
            yield await queue.get()

    async def open_channel(self, session_id: str, *, rows: int, columns: int, read_only: bool = False) -> Any:
        raise ApiError("InvalidSession", session_id)

    async def reconnect(self) -> None:
        self.reconnected += 1

    async def aclose(self) -> None:
        self.closed = True

    def lose(self, error: TransportError | None = None) -> None:
        """Behave as if the daemon were killed, or had left with a word."""
        for tell in self.on_lost:
            tell(error or ApiError("lost", ""))


def fleet(*nodes: dict[str, Any], tags: Mapping[str, Mapping[str, str]] | None = None) -> FakeTransport:
    """Make a transport that knows nodes, and their tags by id."""
    known = {key: dict(value) for key, value in (tags or {}).items()}

    def listed(request: dict[str, Any]) -> dict[str, Any]:
        wanted = {value for one in request.get("Filters") or [] for value in one["Values"]}
        return {"InstanceInformationList": [one for one in nodes if not wanted or one["InstanceId"] in wanted]}

    def add(request: dict[str, Any]) -> dict[str, Any]:
        known.setdefault(request["ResourceId"], {}).update({tag["Key"]: tag["Value"] for tag in request["Tags"]})
        return {}

    def remove(request: dict[str, Any]) -> dict[str, Any]:
        for key in request["TagKeys"]:
            known.get(request["ResourceId"], {}).pop(key, None)
        return {}

    def tagged(request: dict[str, Any]) -> dict[str, Any]:
        return {
            "Nodes": [
                {"InstanceId": id, "Tags": [{"Key": k, "Value": v} for k, v in known.get(id, {}).items()]}
                for id in request["InstanceIds"]
            ]
        }

    return FakeTransport(
        {
            "DescribeInstanceInformation": listed,
            "ListNodeTags": tagged,
            "AddTagsToResource": add,
            "RemoveTagsFromResource": remove,
        }
    )
