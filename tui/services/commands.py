"""Run Command: what was sent, how it goes on each node, and what it says."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from tui.errors import ApiError, UsageError
from tui.ports import Ref, Shape, Transport, as_time
from tui.services._paging import closing, enum_of, pages
from tui.services.nodes import OWN, Node, NodeList, Nodes

IDS_AT_ONCE = 50
"""The most node ids that one SendCommand takes."""
CHUNK = 256 * 1024
"""Bytes of output asked for at once."""


class CommandStatus(StrEnum):
    """The state of a command, and of its invocations."""

    PENDING = "Pending"
    IN_PROGRESS = "InProgress"
    DELAYED = "Delayed"
    SUCCESS = "Success"
    CANCELLED = "Cancelled"
    CANCELLING = "Cancelling"
    FAILED = "Failed"
    TIMED_OUT = "TimedOut"
    UNKNOWN = "Unknown"

    @property
    def over(self) -> bool:
        """Nothing changes any more."""
        return self in _OVER


_OVER = {CommandStatus.SUCCESS, CommandStatus.CANCELLED, CommandStatus.FAILED, CommandStatus.TIMED_OUT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One SendCommand and its counters; `details` is the finer word, `NoInstancesInTag` beside Success for one."""

    ref: Ref
    document: str
    status: CommandStatus
    details: str = ""
    document_version: str = ""
    comment: str = ""
    parameters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    instance_ids: tuple[str, ...] = ()
    targets: tuple[tuple[str, tuple[str, ...]], ...] = ()
    requested: datetime | None = None
    expires: datetime | None = None
    max_concurrency: str = ""
    max_errors: str = ""
    timeout: int = 0
    target_count: int = 0
    completed: int = 0
    errors: int = 0
    delivery_timed_out: int = 0

    @property
    def id(self) -> str:
        return self.ref.id

    @property
    def context(self) -> str:
        return self.ref.context

    @property
    def summary(self) -> str:
        """The first line of what it runs, else its document."""
        for line in (text for part in self.parameters.get("commands", ()) for text in part.splitlines()):
            if line.strip():
                return line.strip()
        return self.document

    @classmethod
    def from_api(cls, shape: Shape, context: str) -> Command:
        return cls(
            ref=Ref(context, shape["CommandId"]),
            document=shape.get("DocumentName") or "",
            status=enum_of(CommandStatus, shape.get("Status")),
            details=shape.get("StatusDetails") or "",
            document_version=shape.get("DocumentVersion") or "",
            comment=shape.get("Comment") or "",
            parameters=shape.get("Parameters") or {},
            instance_ids=tuple(shape.get("InstanceIds") or ()),
            targets=tuple((t.get("Key", ""), tuple(t.get("Values") or ())) for t in shape.get("Targets") or ()),
            requested=as_time(shape.get("RequestedDateTime")),
            expires=as_time(shape.get("ExpiresAfter")),
            max_concurrency=shape.get("MaxConcurrency") or "",
            max_errors=shape.get("MaxErrors") or "",
            timeout=int(shape.get("TimeoutSeconds") or 0),
            target_count=int(shape.get("TargetCount") or 0),
            completed=int(shape.get("CompletedCount") or 0),
            errors=int(shape.get("ErrorCount") or 0),
            delivery_timed_out=int(shape.get("DeliveryTimedOutCount") or 0),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One command on one node as lists and events show it; `ref.id` is `COMMAND_ID/NODE_ID`."""

    ref: Ref
    command_id: str
    node_id: str
    status: CommandStatus
    node_name: str = ""
    details: str = ""
    document: str = ""
    comment: str = ""
    requested: datetime | None = None

    @classmethod
    def from_api(cls, shape: Shape, context: str) -> Invocation:
        return cls(
            ref=Ref(context, f"{shape['CommandId']}/{shape['InstanceId']}"),
            command_id=shape["CommandId"],
            node_id=shape["InstanceId"],
            node_name=shape.get("InstanceName") or "",
            status=enum_of(CommandStatus, shape.get("Status")),
            details=shape.get("StatusDetails") or "",
            document=shape.get("DocumentName") or "",
            comment=shape.get("Comment") or "",
            requested=as_time(shape.get("RequestedDateTime")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationResult:
    """How it went on one node; texts are cut at AWS's limits, `exit_code` is None until a process had one."""

    ref: Ref
    command_id: str
    node_id: str
    status: CommandStatus
    details: str = ""
    plugin: str = ""
    exit_code: int | None = None
    started: datetime | None = None
    ended: datetime | None = None
    elapsed: timedelta | None = None
    stdout: str = ""
    stderr: str = ""

    @classmethod
    def from_api(cls, shape: Shape, context: str) -> InvocationResult:
        code = shape.get("ResponseCode")
        return cls(
            ref=Ref(context, f"{shape['CommandId']}/{shape['InstanceId']}"),
            command_id=shape["CommandId"],
            node_id=shape["InstanceId"],
            status=enum_of(CommandStatus, shape.get("Status")),
            details=shape.get("StatusDetails") or "",
            plugin=shape.get("PluginName") or "",
            exit_code=None if code is None or code < 0 else int(code),
            started=as_time(shape.get("ExecutionStartDateTime")),
            ended=as_time(shape.get("ExecutionEndDateTime")),
            elapsed=as_duration(shape.get("ExecutionElapsedTime") or ""),
            stdout=shape.get("StandardOutputContent") or "",
            stderr=shape.get("StandardErrorContent") or "",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStep:
    """One step of a document on a node: its name is what `output` takes as plugin; sizes are bytes so far."""

    name: str
    details: str = ""
    exit_code: int | None = None
    stdout_bytes: int = 0
    stderr_bytes: int = 0
    folder: str = ""

    @classmethod
    def from_api(cls, shape: Shape, context: str) -> RunStep:
        code = shape.get("ResponseCode")
        return cls(
            name=shape.get("Name") or "",
            details=shape.get("StatusDetails") or "",
            exit_code=None if code is None or code < 0 else int(code),
            stdout_bytes=int(shape.get("StdoutBytes") or 0),
            stderr_bytes=int(shape.get("StderrBytes") or 0),
            folder=shape.get("Folder") or "",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDetails:
    """What our engine knows of a command on a node beyond the API: as whom it ran, and each step's whole size."""

    ref: Ref
    effective_user: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    steps: tuple[RunStep, ...] = ()

    @classmethod
    def from_api(cls, shape: Shape, context: str) -> RunDetails:
        return cls(
            ref=Ref(context, f"{shape['CommandId']}/{shape['InstanceId']}"),
            effective_user=shape.get("EffectiveUser") or "",
            started=as_time(shape.get("StartedAt")),
            ended=as_time(shape.get("EndedAt")),
            steps=tuple(RunStep.from_api(step, context) for step in shape.get("Steps") or ()),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputPart:
    """Bytes of a stream from `offset`; `size` is how many there are so far, `final` that no more will come."""

    data: bytes
    offset: int
    size: int
    final: bool

    @classmethod
    def from_api(cls, shape: Shape, context: str) -> OutputPart:
        return cls(
            data=as_bytes(shape.get("Data")),
            offset=int(shape.get("Offset") or 0),
            size=int(shape.get("Size") or 0),
            final=bool(shape.get("Final")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandChanged:
    """The command has another state or other counters."""

    command: Command


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationChanged:
    """One node of the command has another state."""

    invocation: Invocation


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """Bytes that a node's process wrote; `stream` is stdout or stderr, `offset` where they stand in it."""

    node_id: str
    plugin: str
    stream: str
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """So many bytes were not sent to this watcher, because it was slower than the output; `output` has them all."""

    node_id: str
    stream: str
    bytes: int


Invocations = list[Invocation]
Event = CommandChanged | InvocationChanged | Output | Dropped


class Commands:
    """The commands of one context."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def context(self) -> str:
        return self._transport.context

    async def send(
        self,
        document: str,
        parameters: Mapping[str, Sequence[str]] | None = None,
        *,
        instance_ids: Iterable[str] = (),
        targets: Iterable[Shape] = (),
        max_concurrency: str = "",
        max_errors: str = "",
        timeout: int | None = None,
        comment: str = "",
    ) -> Command:
        """Send a command to ids (at most 50) or to Targets, not both; `timeout` is seconds for the delivery.

        Raises: UsageError with more than 50 ids (`in_batches` splits them), ApiError with AWS's codes.
        """
        params = send_params(
            document,
            parameters,
            instance_ids=instance_ids,
            targets=targets,
            max_concurrency=max_concurrency,
            max_errors=max_errors,
            timeout=timeout,
            comment=comment,
        )
        return await self.send_request(params)

    async def send_request(self, params: Shape) -> Command:
        """Send a request that `send_params` made, as it was shown."""
        return Command.from_api((await self._transport.call("SendCommand", params))["Command"], self.context)

    async def list(self, filters: Iterable[Shape] = (), limit: int | None = None) -> AsyncIterator[list[Command]]:
        """Yield the commands page by page, newest first; `filters` have AWS's lower-case `key` and `value`."""
        params: Shape = {"MaxResults": 50}
        if filters := [*filters]:
            params["Filters"] = filters
        async for page in pages(self._transport, "ListCommands", "Commands", params, limit=limit):
            yield [Command.from_api(shape, self.context) for shape in page]

    async def get(self, command_id: str) -> Command:
        """Give one command.

        Raises: ApiError with InvalidCommandId where there is none of that id.
        """
        return Command.from_api(await self.raw(command_id), self.context)

    async def raw(self, command_id: str) -> Shape:
        """Give the API's own answer about one command, for `y`."""
        answer = await self._transport.call("ListCommands", {"CommandId": command_id})
        for shape in answer.get("Commands") or []:
            found: Shape = shape
            return found
        raise ApiError("InvalidCommandId", f"no command {command_id}", operation="ListCommands")

    async def invocations(self, command_id: str = "", *, node: str = "") -> AsyncIterator[Invocations]:
        """Yield invocations page by page: those of a command, those of a node, or all."""
        params: Shape = {"MaxResults": 50}
        if command_id:
            params["CommandId"] = command_id
        if node:
            params["InstanceId"] = node
        async for page in pages(self._transport, "ListCommandInvocations", "CommandInvocations", params):
            yield [Invocation.from_api(shape, self.context) for shape in page]

    async def invocation(self, command_id: str, node: str, plugin: str = "") -> InvocationResult:
        return InvocationResult.from_api(await self.raw_invocation(command_id, node, plugin), self.context)

    async def raw_invocation(self, command_id: str, node: str, plugin: str = "") -> Shape:
        params = {"CommandId": command_id, "InstanceId": node}
        if plugin:
            params["PluginName"] = plugin
        return await self._transport.call("GetCommandInvocation", params)

    async def run_details(self, command_id: str, node: str) -> RunDetails:
        """Give what only our engine knows of a command on a node."""
        params = {"CommandId": command_id, "InstanceId": node}
        return RunDetails.from_api(await self._transport.call("DescribeRun", params, service=OWN), self.context)

    async def effective_user(self, command_id: str, node: str) -> str:
        """Give as whom a command runs on a node, as only our own engine knows it; "" before it has begun."""
        params = {"CommandId": command_id, "InstanceId": node}
        return str((await self._transport.call("DescribeRun", params, service=OWN)).get("EffectiveUser") or "")

    async def cancel(self, command_id: str, ids: Iterable[str] | None = None) -> None:
        """Cancel a command, or only what it runs on some nodes."""
        params: Shape = {"CommandId": command_id}
        if ids is not None:
            params["InstanceIds"] = [*ids]
        await self._transport.call("CancelCommand", params)

    async def watch(self, command_id: str) -> AsyncGenerator[Event, None]:
        """Yield what happens to a command: first as it stands, then live; ends after its last state."""
        async with closing(self._transport.watch("command", {"CommandId": command_id})) as events:
            async for event in events:
                decoded = decode_event(event, self.context)
                if decoded is not None:
                    yield decoded

    async def watch_all(self) -> AsyncGenerator[Shape, None]:
        """Yield the id and state of each command that changes, as the API's words; a hint to look again."""
        async with closing(self._transport.watch("commands", {})) as events:
            async for event in events:
                yield event

    async def output(
        self, command_id: str, node: str, stream: str, offset: int = 0, length: int = CHUNK, plugin: str = ""
    ) -> OutputPart:
        """Give a part of what a node's process wrote; a negative offset counts from the end."""
        params: Shape = {
            "CommandId": command_id,
            "InstanceId": node,
            "Stream": stream,
            "Offset": offset,
            "Length": length,
        }
        if plugin:
            params["PluginName"] = plugin
        return OutputPart.from_api(await self._transport.call("GetOutput", params, service=OWN), self.context)

    async def whole_output(self, command_id: str, node: str, stream: str, plugin: str = "") -> AsyncIterator[bytes]:
        """Yield all that a stream has so far, in parts, whatever its size."""
        offset = 0
        while True:
            part = await self.output(command_id, node, stream, offset, CHUNK, plugin)
            if part.data:
                yield part.data
            offset += len(part.data)
            if not part.data or offset >= part.size:
                return

    async def resolve(self, targets: Iterable[Shape]) -> NodeList:
        """Give the nodes that Targets mean now: the blast radius, AND between entries and OR within one's values."""
        nodes = Nodes(self._transport)
        chosen: dict[str, Node] | None = None
        # One call per kind of key: DescribeInstanceInformation refuses tags beside other filters.
        by_kind: dict[bool, Any] = {}
        for target in targets:
            key = "InstanceIds" if target["Key"].lower() == "instanceids" else target["Key"]
            by_kind.setdefault(key.startswith("tag"), []).append({"Key": key, "Values": [*target["Values"]]})
        for filters in by_kind.values():
            found = {node.id: node for node in await nodes.all(filters)}
            chosen = found if chosen is None else {id: node for id, node in chosen.items() if id in found}
        return [*(chosen or {}).values()]

    async def follow(self, command_id: str) -> Command:
        """Wait for a command's last state."""
        async with closing(self.watch(command_id)) as events:
            async for event in events:
                if isinstance(event, CommandChanged) and event.command.status.over:
                    return event.command
        return await self.get(command_id)


def send_params(
    document: str,
    parameters: Mapping[str, Sequence[str]] | None = None,
    *,
    instance_ids: Iterable[str] = (),
    targets: Iterable[Shape] = (),
    max_concurrency: str = "",
    max_errors: str = "",
    timeout: int | None = None,
    comment: str = "",
) -> Shape:
    """Make SendCommand's request: what the launcher shows before it is sent, and what is sent.

    Raises: UsageError with more than 50 ids.
    """
    ids, targets = [*instance_ids], [*targets]
    if len(ids) > IDS_AT_ONCE:
        raise UsageError(f"{len(ids)} nodes by id; one command takes {IDS_AT_ONCE}.", hint="Send it in batches.")
    params: Shape = {"DocumentName": document}
    if ids:
        params["InstanceIds"] = ids
    if targets:
        params["Targets"] = targets
    if parameters:
        params["Parameters"] = {name: list(values) for name, values in parameters.items()}
    if max_concurrency:
        params["MaxConcurrency"] = max_concurrency
    if max_errors:
        params["MaxErrors"] = max_errors
    if timeout is not None:
        params["TimeoutSeconds"] = timeout
    if comment:
        params["Comment"] = comment
    return params


def in_batches(ids: Sequence[str]) -> list[list[str]]:
    """Split node ids into as many commands as AWS's limit of 50 asks for."""
    return [list(ids[start : start + IDS_AT_ONCE]) for start in range(0, len(ids), IDS_AT_ONCE)]


def decode_event(event: Shape, context: str) -> Event | None:
    """Give the typed form of one event of the `command` watch, or None for a type of tomorrow."""
    match event.get("type"):
        case "command":
            return CommandChanged(command=Command.from_api(event["Command"], context))
        case "invocation":
            return InvocationChanged(invocation=Invocation.from_api(event["Invocation"], context))
        case "output":
            return Output(
                node_id=event["InstanceId"],
                plugin=event.get("PluginName") or "",
                stream=event.get("Stream") or "stdout",
                offset=int(event.get("Offset") or 0),
                data=as_bytes(event.get("Data")),
            )
        case "dropped":
            return Dropped(
                node_id=event.get("InstanceId") or "",
                stream=event.get("Stream") or "stdout",
                bytes=int(event.get("Bytes") or 0),
            )
    return None


def as_bytes(value: object) -> bytes:
    """Give the bytes of a blob: raw bytes, or base64 text as it travels on the engine's socket."""
    return value if isinstance(value, bytes) else base64.b64decode(str(value or ""))


def as_duration(text: str) -> timedelta | None:
    """Give the length of an ISO 8601 duration such as `PT1M0.5S`, or None for none."""
    found = re.fullmatch(r"P(?:([\d.]+)D)?(?:T(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?)?", text)
    if not found:
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
