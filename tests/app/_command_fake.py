"""A fleet on which commands were sent: what the launcher and the command screens ask for, from plain tables."""

from __future__ import annotations

import base64
from typing import Any

from tests.app.fake_transport import NOW, FakeTransport, fleet, node

ID = "3f2c0000-0000-4000-8000-00000000000{}"
PARAMETERS = [
    {"Name": "commands", "Type": "StringList", "Description": "The script to run."},
    {"Name": "workingDirectory", "Type": "String", "Description": "Where it runs.", "DefaultValue": ""},
    {"Name": "executionTimeout", "Type": "String", "Description": "Seconds it may take.", "DefaultValue": "3600"},
]


def command(number: int = 1, status: str = "InProgress", nodes: int = 2, **more: Any) -> dict[str, Any]:
    """Make one Command."""
    done = nodes if status not in ("InProgress", "Pending") else 0
    return {
        "CommandId": ID.format(number),
        "DocumentName": "AWS-RunShellScript",
        "Status": status,
        "StatusDetails": status,
        "Parameters": {"commands": [f"echo number-{number}"], "executionTimeout": ["3600"], "workingDirectory": [""]},
        "InstanceIds": [f"mi-{index:017x}" for index in range(1, nodes + 1)],
        "Targets": [],
        "RequestedDateTime": NOW,
        "MaxConcurrency": "50",
        "MaxErrors": "0",
        "TargetCount": nodes,
        "CompletedCount": done,
        "ErrorCount": 0,
        **more,
    }


def invocation(index: int, status: str = "InProgress", number: int = 1, name: str = "") -> dict[str, Any]:
    """Make one CommandInvocation."""
    return {
        "CommandId": ID.format(number),
        "InstanceId": f"mi-{index:017x}",
        "InstanceName": name or f"web-{index:02d}",
        "Status": status,
        "StatusDetails": status,
    }


def output(index: int, data: bytes, offset: int = 0, stream: str = "stdout") -> dict[str, Any]:
    """Make one output event."""
    return {
        "type": "output",
        "InstanceId": f"mi-{index:017x}",
        "PluginName": "aws:runShellScript",
        "Stream": stream,
        "Offset": offset,
        "Data": base64.b64encode(data).decode(),
    }


class CommandsFake:
    """`said` holds what each node wrote by (index, stream); `exits` its exit status by index."""

    def __init__(self, *commands: dict[str, Any], nodes: int = 3) -> None:
        self.commands = [*commands]
        self.said: dict[tuple[int, str], bytes] = {}
        self.exits: dict[int, int] = {}
        machines = [node(index, f"web-{index:02d}") for index in range(1, nodes + 1)]
        self.transport: FakeTransport = fleet(*machines)
        self.transport.answers |= {
            "ListDocuments": {
                "DocumentIdentifiers": [
                    {"Name": name, "DocumentType": "Command"} for name in ("AWS-RunShellScript", "AWS-ConfigureThing")
                ]
            },
            "DescribeDocument": self._describe,
            "ListCommands": self._list,
            "SendCommand": self._send,
            "CancelCommand": {},
            "GetCommandInvocation": self._invocation,
            "GetOutput": self._output,
            "ListCommandInvocations": {"CommandInvocations": [invocation(1, "Success"), invocation(2, "Failed")]},
        }

    def _describe(self, request: dict[str, Any]) -> dict[str, Any]:
        thing = [{"Name": "thing", "Type": "String", "Description": "Which thing."}]
        parameters = PARAMETERS if request["Name"] == "AWS-RunShellScript" else thing
        return {"Document": {"Name": request["Name"], "Description": "Run a script.", "Parameters": parameters}}

    def _list(self, request: dict[str, Any]) -> dict[str, Any]:
        wanted = request.get("CommandId")
        return {"Commands": [one for one in self.commands if wanted in (None, one["CommandId"])]}

    def _send(self, request: dict[str, Any]) -> dict[str, Any]:
        self.commands.insert(0, command(len(self.commands) + 1, "Pending", len(request.get("InstanceIds") or [1])))
        return {"Command": self.commands[0]}

    def _invocation(self, request: dict[str, Any]) -> dict[str, Any]:
        code = self.exits.get(int(request["InstanceId"][3:], 16), 0)
        return {
            "CommandId": request["CommandId"],
            "InstanceId": request["InstanceId"],
            "Status": "Failed" if code else "Success",
            "StatusDetails": "Failed" if code else "Success",
            "ResponseCode": code,
            "ExecutionElapsedTime": "PT0.8S",
        }

    def _output(self, request: dict[str, Any]) -> dict[str, Any]:
        data = self.said.get((int(request["InstanceId"][3:], 16), request["Stream"]), b"")
        start = request["Offset"] if request["Offset"] >= 0 else max(0, len(data) + request["Offset"])
        part = data[start : start + request["Length"]]
        return {"Data": base64.b64encode(part).decode(), "Offset": start, "Size": len(data), "Final": True}

    async def happen(self, *events: dict[str, Any]) -> None:
        """Let the command's watch bring events."""
        import asyncio

        queue = self.transport.events.setdefault("command", asyncio.Queue())
        for event in events:
            await queue.put(event)

    def sent(self, operation: str) -> list[dict[str, Any]]:
        return [params for name, params in self.transport.sent if name == operation]
