"""Commands, invocations and steps as the engine holds them, and as the API shows them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tui.engine import output
from tui.engine.command_steps import PreparedStep
from tui.engine.context import REGION
from tui.engine.nodes.base import StepRun
from tui.engine.rate_control import RateControl
from tui.engine.statuses import FINAL, command_status, plugin_status, status_of
from tui.ports import Shape

INVOCATION_ECHO = ("Comment", "DocumentName", "DocumentVersion", "NotificationConfig", "CloudWatchOutputConfig")
"""What each invocation repeats of its command."""


@dataclass(slots=True)
class StepRecord:
    """One step of an invocation; `folder` is below the runs folder, empty where nothing ran."""

    number: int
    name: str
    details: str = "Pending"
    response_code: int = -1
    started_at: float | None = None
    ended_at: float | None = None
    folder: str = ""
    stdout: str = ""
    stderr: str = ""


@dataclass(slots=True)
class Invocation:
    """A command on one node."""

    place: int
    node_id: str
    node_name: str
    details: str = "Pending"
    cancelled: bool = False
    effective_user: str = ""
    started_at: float | None = None
    ended_at: float | None = None
    steps: list[StepRecord] = field(default_factory=list)
    task: asyncio.Task[None] | None = None
    run: StepRun | None = None
    is_parked: bool = False
    """Whether it waits for its node without a slot of its command's."""

    @property
    def is_final(self) -> bool:
        return self.details in FINAL


@dataclass(slots=True)
class Command:
    """A command that is not over; those that are live in the store alone.

    `request` is what never changes, as the API shows it, and the region it was made in, which the API does not show;
    `platforms` are those that its document runs on.
    """

    number: int
    command_id: str
    request: Shape
    requested_at: float
    expires_at: float
    deadline: float
    """`expires_at` on the clock that nobody sets: one that is put forward must not end what runs."""
    invocations: dict[str, Invocation]
    rate: RateControl
    steps: Sequence[PreparedStep] = ()
    platforms: Sequence[str] = ()
    cancelled: bool = False
    details: str = "Pending"
    counts: Counter[str] = field(default_factory=Counter)
    """How many invocations have each StatusDetails."""
    waiting: list[Invocation] = field(default_factory=list)
    """Those that were not sent yet, the next one last."""
    begun: list[Invocation] = field(default_factory=list)
    """Those whose state that is not final was told and is still to be stored."""
    unsaved: list[Invocation] = field(default_factory=list)
    """Those whose state is to be stored and then told."""
    is_unsaved: bool = False
    is_untold: bool = False
    saver: asyncio.Task[None] | None = None
    refused: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the store could not take it; it is tried again."""

    @property
    def region(self) -> str:
        """The region of the call that sent it."""
        return str(self.request.get("Region", REGION))

    @property
    def is_final(self) -> bool:
        return all(details in FINAL for details, count in self.counts.items() if count)

    @property
    def completed(self) -> int:
        return sum(count for details, count in self.counts.items() if details in FINAL)

    @property
    def errors(self) -> int:
        return self.counts["Failed"] + self.counts["ExecutionTimedOut"]

    @property
    def delivery_timeouts(self) -> int:
        return self.counts["DeliveryTimedOut"]

    def move(self, invocation: Invocation, details: str) -> bool:
        """Give an invocation another StatusDetails; False where it has it already, or has a final one."""
        if invocation.details == details or invocation.is_final:
            return False
        self.counts[invocation.details] -= 1
        self.counts[details] += 1
        invocation.details = details
        return True

    def shape(self) -> Shape:
        """Give the command as ListCommands shows it."""
        return command_shape(
            self.request,
            self.details,
            len(self.invocations),
            self.completed,
            self.errors,
            self.delivery_timeouts,
        )

    def invocation_shape(self, invocation: Invocation, *, details: bool = False) -> Shape:
        """Give an invocation as ListCommandInvocations shows it."""
        return invocation_shape(self.command_id, self.request, self.requested_at, invocation, details=details)


def command_shape(
    request: Shape, details: str, targets: int, completed: int, errors: int, delivery_timeouts: int
) -> Shape:
    """Give a command as ListCommands shows it."""
    shape = {
        **request,
        "Status": command_status(details),
        "StatusDetails": details,
        "TargetCount": targets,
        "CompletedCount": completed,
        "ErrorCount": errors,
        "DeliveryTimedOutCount": delivery_timeouts,
    }
    shape.pop("Region", None)
    return shape


def invocation_shape(
    command_id: str, request: Shape, requested_at: float, invocation: Invocation, *, details: bool = False
) -> Shape:
    """Give an invocation as ListCommandInvocations shows it, its plugins with `details` only."""
    plugins = []
    if details:
        plugins = [
            {
                "Name": step.name,
                "Status": plugin_status(step.details),
                "StatusDetails": step.details,
                "ResponseCode": step.response_code,
                "ResponseStartDateTime": step.started_at,
                "ResponseFinishDateTime": step.ended_at,
                "Output": output.plugin_output(step.stdout, step.stderr),
                "StandardOutputUrl": "",
                "StandardErrorUrl": "",
                "OutputS3Region": request.get("OutputS3Region", ""),
                "OutputS3BucketName": request.get("OutputS3BucketName", ""),
                "OutputS3KeyPrefix": request.get("OutputS3KeyPrefix", ""),
            }
            for step in invocation.steps
        ]
    return {
        "CommandId": command_id,
        "InstanceId": invocation.node_id,
        "InstanceName": invocation.node_name,
        "RequestedDateTime": requested_at,
        "Status": status_of(invocation.details),
        "StatusDetails": invocation.details,
        "TraceOutput": "",
        "StandardOutputUrl": "",
        "StandardErrorUrl": "",
        "CommandPlugins": plugins,
        "ServiceRole": request.get("ServiceRole", ""),
        **{name: request[name] for name in INVOCATION_ECHO if name in request},
    }


def get_shape(command_id: str, request: Shape, invocation: Invocation, step: StepRecord) -> Shape:
    """Give one step of an invocation as GetCommandInvocation shows it."""
    ended = step.ended_at
    elapsed = ""
    if step.started_at is not None:
        elapsed = duration_text((step.started_at if ended is None else ended) - step.started_at)
    return {
        "CommandId": command_id,
        "InstanceId": invocation.node_id,
        "Comment": request.get("Comment", ""),
        "DocumentName": request["DocumentName"],
        "DocumentVersion": request.get("DocumentVersion", ""),
        "PluginName": step.name,
        "ResponseCode": step.response_code,
        "ExecutionStartDateTime": time_text(step.started_at),
        "ExecutionElapsedTime": elapsed,
        "ExecutionEndDateTime": time_text(ended),
        "Status": status_of(invocation.details),
        "StatusDetails": invocation.details,
        "StandardOutputContent": step.stdout,
        "StandardOutputUrl": "",
        "StandardErrorContent": step.stderr,
        "StandardErrorUrl": "",
        "CloudWatchOutputConfig": request["CloudWatchOutputConfig"],
    }


def time_text(moment: float | None) -> str:
    """Write epoch seconds as `2020-02-19T18:18:03.419Z`, nothing as nothing."""
    if moment is None:
        return ""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def duration_text(seconds: float) -> str:
    """Write a duration as `PT0.091S`, `PT2M3.5S` or `PT1H0.5S`."""
    milliseconds = max(0, round(seconds * 1000))
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    number = f"{rest / 1000:.3f}".rstrip("0").rstrip(".")
    return f"PT{f'{hours}H' if hours else ''}{f'{minutes}M' if minutes else ''}{number}S"
