"""What Run Command's answers and events become: commands, invocations, output and what happens to them."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from tui.ports import Ref, Shape, as_time
from tui.services._base import Resource
from tui.services._paging import enum_of


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
class Command(Resource):
    """One SendCommand and its counters; `details` is the finer word, `NoInstancesInTag` beside Success for one."""

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
class OnNode(Resource):
    """What runs of one command on one node; `ref.id` is `COMMAND_ID/NODE_ID`."""

    command_id: str
    node_id: str
    status: CommandStatus
    details: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation(OnNode):
    """One command on one node as lists and events show it."""

    node_name: str = ""
    document: str = ""
    comment: str = ""
    requested: datetime | None = None

    @classmethod
    def from_api(cls, shape: Shape, context: str) -> Invocation:
        return cls(
            ref=run_ref(shape, context),
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
class InvocationResult(OnNode):
    """How it went on one node; texts are cut at AWS's limits, `exit_code` is None until a process had one."""

    plugin: str = ""
    exit_code: int | None = None
    started: datetime | None = None
    ended: datetime | None = None
    elapsed: timedelta | None = None
    stdout: str = ""
    stderr: str = ""

    @classmethod
    def from_api(cls, shape: Shape, context: str) -> InvocationResult:
        return cls(
            ref=run_ref(shape, context),
            command_id=shape["CommandId"],
            node_id=shape["InstanceId"],
            status=enum_of(CommandStatus, shape.get("Status")),
            details=shape.get("StatusDetails") or "",
            plugin=shape.get("PluginName") or "",
            exit_code=exit_code_of(shape),
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
        return cls(
            name=shape.get("Name") or "",
            details=shape.get("StatusDetails") or "",
            exit_code=exit_code_of(shape),
            stdout_bytes=int(shape.get("StdoutBytes") or 0),
            stderr_bytes=int(shape.get("StderrBytes") or 0),
            folder=shape.get("Folder") or "",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDetails(Resource):
    """What our engine knows of a command on a node beyond the API: as whom it ran, and each step's whole size."""

    effective_user: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    steps: tuple[RunStep, ...] = ()

    @classmethod
    def from_api(cls, shape: Shape, context: str) -> RunDetails:
        return cls(
            ref=run_ref(shape, context),
            effective_user=shape.get("EffectiveUser") or "",
            started=as_time(shape.get("StartedAt")),
            ended=as_time(shape.get("EndedAt")),
            steps=tuple(RunStep.from_api(step, context) for step in shape.get("Steps") or ()),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputPart:
    """Bytes of a stream from `offset`; `size` is how many there are so far, `final` that no more will come.

    `cut` says that AWS kept only the beginning, and where the whole is; "" where this is the whole.
    """

    data: bytes
    offset: int
    size: int
    final: bool
    cut: str = ""

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


def run_ref(shape: Shape, context: str) -> Ref:
    """Give the key of what runs of a command on a node."""
    return Ref(context, f"{shape['CommandId']}/{shape['InstanceId']}")


def exit_code_of(shape: Shape) -> int | None:
    """Give the exit code of a process; None until one had any, which AWS writes as -1."""
    code = shape.get("ResponseCode")
    return None if code is None or code < 0 else int(code)


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
