"""Run Command: SendCommand, CancelCommand, and what became of commands."""

from __future__ import annotations

import base64
from typing import Any

from tui.engine import command_queries, command_store, output
from tui.engine.command_records import (
    Command,
    Invocation,
    StepRecord,
    command_shape,
    get_shape,
    invocation_shape,
)
from tui.engine.command_runner import CommandRunner
from tui.engine.command_steps import prepare_steps, values_for
from tui.engine.context import ApiFault, Context, Services, keeps_alive, on_start, on_stop, operation
from tui.engine.document_registry import DocumentRegistry, Shipped
from tui.engine.model import OWN
from tui.engine.nodes.directory import NodeDirectory
from tui.engine.rate_control import RateControl
from tui.engine.targets import check_targets, resolve_targets
from tui.ports import Shape

DELIVERY_SECONDS = 3600
MAX_CONCURRENCY, MAX_ERRORS = "50", "0"
EXPIRE_SECONDS = 1.0


@on_start
async def take_up_commands(services: Services) -> None:
    """Find what an earlier engine left unfinished, and watch over what expires."""
    store = services.store
    unfinished = [_restored(services, row) for row in store.read("SELECT * FROM commands WHERE final = 0")]
    runner = services.part(CommandRunner)
    await runner.recover(unfinished)
    services.scheduler.every("commands that expire", EXPIRE_SECONDS, runner.expire)


@on_stop
async def leave_commands(services: Services) -> None:
    await services.part(CommandRunner).leave()


@keeps_alive
def live_commands(services: Services) -> list[str]:
    return [
        f"command {command.command_id} ({command.request['DocumentName']})"
        for command in services.part(CommandRunner).live.values()
    ]


@operation("SendCommand")
async def send_command(ctx: Context, req: Shape) -> Shape:
    services = ctx.services
    _refuse_what_cannot_be(req)
    shipped = services.part(DocumentRegistry).find(req["DocumentName"], req.get("DocumentVersion"))
    if shipped.type != "Command":
        raise ApiFault("InvalidDocument", f"{shipped.name} is of type {shipped.type}: SendCommand runs Command ones.")
    if req.get("DocumentHash") not in (None, shipped.hash) and req.get("DocumentHashType") != "Sha1":
        raise ApiFault("InvalidDocument", f"The hash of {shipped.name} is {shipped.hash}.")
    values = values_for(shipped.document, shipped.text, req.get("Parameters") or {})
    steps = prepare_steps(shipped.document, values)
    ids = _targets(services, req, shipped)
    now = services.clock.now()
    delivery = req.get("TimeoutSeconds", DELIVERY_SECONDS)
    request = _request(req, shipped, values, now, now + delivery + sum(step.timeout for step in steps), delivery)
    command = _command(services, services.ids.uuid(), request | {"Region": ctx.region}, ids)
    command.steps, command.platforms = steps, shipped.document.platform_types
    await services.part(CommandRunner).accept(command)
    return {"Command": command_shape(command.request, "Pending", len(req.get("InstanceIds") or ()), 0, 0, 0)}


@operation("CancelCommand")
async def cancel_command(ctx: Context, req: Shape) -> Shape:
    ids = req.get("InstanceIds") or []
    if len(set(ids)) != len(ids):
        raise ApiFault("DuplicateInstanceId")
    command = ctx.services.part(CommandRunner).live.get(req["CommandId"])
    if command is None:
        if command_store.find_command(ctx.services.store, req["CommandId"]) is None:
            raise ApiFault("InvalidCommandId")
        for each in ids:
            if command_store.find_invocation(ctx.services.store, req["CommandId"], each) is None:
                raise ApiFault("InvalidInstanceId", f"{each} is not part of this command.")
        return {}
    for each in ids:
        if each not in command.invocations:
            raise ApiFault("InvalidInstanceId", f"{each} is not part of this command.")
    chosen = [command.invocations[each] for each in ids] if ids else list(command.invocations.values())
    await ctx.services.part(CommandRunner).cancel(command, chosen, whole=not ids)
    return {}


@operation("ListCommands")
async def list_commands(ctx: Context, req: Shape) -> Shape:
    if req.get("InstanceId") and any(
        each["key"] == "Status" and each["value"] == "Pending" for each in req.get("Filters") or ()
    ):
        raise ApiFault("ValidationException", "InstanceId can't be used together with Status=Pending.")
    rows, token = command_queries.list_commands(ctx.services.store, req)
    if not rows and req.get("CommandId") and command_store.find_command(ctx.services.store, req["CommandId"]) is None:
        raise ApiFault("InvalidCommandId")
    live = ctx.services.part(CommandRunner).live
    return {
        "Commands": [
            live[row["command_id"]].shape() if row["command_id"] in live else command_store.shape_of(row)
            for row in rows
        ],
        "NextToken": token,
    }


@operation("ListCommandInvocations")
async def list_command_invocations(ctx: Context, req: Shape) -> Shape:
    store = ctx.services.store
    rows, token = command_queries.list_invocations(store, req)
    if not rows and req.get("CommandId") and command_store.find_command(store, req["CommandId"]) is None:
        raise ApiFault("InvalidCommandId")
    live = ctx.services.part(CommandRunner).live
    details = bool(req.get("Details"))
    found = []
    for row in rows:
        command = live.get(row["command_id"])
        if command is not None:
            found.append(command.invocation_shape(command.invocations[row["node_id"]], details=details))
            continue
        steps = store.read(
            "SELECT * FROM steps WHERE command = ? AND node_id = ? ORDER BY number", (row["command"], row["node_id"])
        )
        invocation = command_store.invocation_of(row, steps if details else ())
        request = command_store.request_of(row)
        found.append(invocation_shape(row["command_id"], request, row["requested_at"], invocation, details=details))
    return {"CommandInvocations": found, "NextToken": token}


@operation("GetCommandInvocation")
async def get_command_invocation(ctx: Context, req: Shape) -> Shape:
    request, invocation = _invocation(ctx, req)
    return get_shape(req["CommandId"], request, invocation, _step(ctx, request, invocation, req.get("PluginName")))


@operation("GetOutput", service=OWN)
async def get_output(ctx: Context, req: Shape) -> Shape:
    request, invocation = _invocation(ctx, req)
    step = _step(ctx, request, invocation, req.get("PluginName"))
    path = ctx.services.paths.runs / step.folder / req["Stream"] if step.folder else None
    size = output.size(path) if path else 0
    offset = req["Offset"] if req["Offset"] >= 0 else max(0, size + req["Offset"])
    data = output.read(path, offset, req["Length"]) if path else b""
    final = step.ended_at is not None or invocation.is_final
    return {"Data": base64.b64encode(data).decode(), "Offset": offset, "Size": size, "Final": final}


@operation("DescribeRun", service=OWN)
async def describe_run(ctx: Context, req: Shape) -> Shape:
    _, invocation = _invocation(ctx, req)
    runs = ctx.services.paths.runs
    return {
        "CommandId": req["CommandId"],
        "InstanceId": req["InstanceId"],
        "EffectiveUser": invocation.effective_user,
        "StartedAt": invocation.started_at,
        "EndedAt": invocation.ended_at,
        "Steps": [
            {
                "Name": step.name,
                "StatusDetails": step.details,
                "ResponseCode": step.response_code,
                "Folder": str(runs / step.folder) if step.folder else "",
                "StdoutBytes": output.size(runs / step.folder / "stdout") if step.folder else 0,
                "StderrBytes": output.size(runs / step.folder / "stderr") if step.folder else 0,
            }
            for step in invocation.steps
        ],
    }


def _refuse_what_cannot_be(req: Shape) -> None:
    """Refuse what the embedded engine can't do, rather than to accept it and do nothing. Raises: ApiFault."""
    if bool(req.get("InstanceIds")) == bool(req.get("Targets")):
        problem = "not both" if req.get("Targets") else "one of them"
        raise ApiFault("ValidationException", f"InstanceIds or Targets must be given, {problem}.")
    if req.get("OutputS3BucketName"):
        raise ApiFault("InvalidOutputFolder")
    if (req.get("NotificationConfig") or {}).get("NotificationArn"):
        raise ApiFault("InvalidNotificationConfig", "The embedded engine has no SNS topics to notify.")
    if (req.get("CloudWatchOutputConfig") or {}).get("CloudWatchOutputEnabled"):
        raise ApiFault("ValidationException", "The embedded engine has no CloudWatch Logs to write to.")
    if req.get("AlarmConfiguration"):
        raise ApiFault("ValidationException", "The embedded engine has no CloudWatch alarms to watch.")


def _targets(services: Services, req: Shape, shipped: Shipped) -> list[str]:
    """Give the ids of the nodes that a command is for. Raises: ApiFault; with Targets, for no fault of a node."""
    if req.get("Targets"):
        check_targets(req["Targets"])
        return resolve_targets(services, req["Targets"])
    ids: list[str] = req["InstanceIds"]
    if len(set(ids)) != len(ids):
        raise ApiFault("DuplicateInstanceId")
    directory = services.part(NodeDirectory)
    unknown = [each for each in ids if directory.get(each) is None]
    if unknown:
        raise ApiFault(
            "InvalidInstanceId",
            f"Instances [[{', '.join(unknown)}]] not in a valid state for account {services.account}",
        )
    for each in ids:
        record = directory.get(each)
        # A host that was never reached has said nothing of its platform yet.
        if record is not None and record.facts.platform_type not in (*shipped.document.platform_types, ""):
            raise ApiFault(
                "UnsupportedPlatformType",
                f"{shipped.name} does not run on {record.facts.platform_type}, the platform of {each}.",
            )
    return ids


def _request(
    req: Shape, shipped: Shipped, values: dict[str, list[str]], now: float, expires_at: float, delivery: int
) -> Shape:
    """Give what never changes of a command, as the API shows it."""
    return {
        "DocumentName": shipped.name,
        "DocumentVersion": req.get("DocumentVersion") or "$DEFAULT",
        "Comment": req.get("Comment", ""),
        "ExpiresAfter": expires_at,
        "Parameters": values,
        "InstanceIds": req.get("InstanceIds") or [],
        "Targets": req.get("Targets") or [],
        "RequestedDateTime": now,
        "OutputS3Region": req.get("OutputS3Region", ""),
        "OutputS3BucketName": "",
        "OutputS3KeyPrefix": req.get("OutputS3KeyPrefix", ""),
        "MaxConcurrency": req.get("MaxConcurrency", MAX_CONCURRENCY),
        "MaxErrors": req.get("MaxErrors", MAX_ERRORS),
        "ServiceRole": req.get("ServiceRoleArn", ""),
        "NotificationConfig": {"NotificationArn": "", "NotificationEvents": [], "NotificationType": ""},
        "CloudWatchOutputConfig": {"CloudWatchLogGroupName": "", "CloudWatchOutputEnabled": False},
        "TimeoutSeconds": delivery,
    }


def _command(services: Services, command_id: str, request: Shape, ids: list[str]) -> Command:
    request["CommandId"] = command_id
    directory = services.part(NodeDirectory)
    invocations = {}
    for place, each in enumerate(ids):
        record = directory.get(each)
        name = (record.name or record.facts.computer_name) if record else ""
        invocations[each] = Invocation(place, each, name)
    return Command(
        number=0,
        command_id=command_id,
        request=request,
        requested_at=request["RequestedDateTime"],
        expires_at=request["ExpiresAfter"],
        deadline=_deadline(services, request["ExpiresAfter"]),
        invocations=invocations,
        rate=RateControl(request["MaxConcurrency"], request["MaxErrors"], len(ids)),
    )


def _deadline(services: Services, expires_at: float) -> float:
    return services.clock.monotonic() + expires_at - services.clock.now()


def _restored(services: Services, row: Any) -> Command:
    """Make a command of an earlier engine live again; its steps are made anew of its document and values."""
    request = command_store.request_of(row)
    invocations = command_store.invocations_of(services.store, row["number"])
    try:
        document = services.part(DocumentRegistry).find(request["DocumentName"]).document
        steps, platforms = prepare_steps(document, request["Parameters"]), document.platform_types
    except ApiFault:
        # Without its document nothing can be sent; what has a run folder has no step to be found by and is failed.
        steps, platforms = [], ["a platform that no node has"]
    return Command(
        number=row["number"],
        command_id=row["command_id"],
        request=request,
        requested_at=row["requested_at"],
        expires_at=row["expires_at"],
        deadline=_deadline(services, row["expires_at"]),
        invocations={each.node_id: each for each in invocations},
        rate=RateControl(request["MaxConcurrency"], request["MaxErrors"], len(invocations)),
        steps=steps,
        platforms=platforms,
        cancelled=bool(row["cancelled"]),
        details=row["details"],
    )


def _invocation(ctx: Context, req: Shape) -> tuple[Shape, Invocation]:
    """Give a command's request and its invocation on a node. Raises: ApiFault InvocationDoesNotExist."""
    command = ctx.services.part(CommandRunner).live.get(req["CommandId"])
    found: tuple[Shape, Invocation] | None
    if command is None:
        found = command_store.find_invocation(ctx.services.store, req["CommandId"], req["InstanceId"])
    else:
        live = command.invocations.get(req["InstanceId"])
        found = None if live is None else (command.request, live)
    if found is None:
        raise ApiFault("InvocationDoesNotExist")
    return found


def _step(ctx: Context, request: Shape, invocation: Invocation, name: str | None) -> StepRecord:
    """Give the step that is meant; one that has not begun has nothing to show. Raises: ApiFault InvalidPluginName."""
    steps = invocation.steps
    if not steps:
        document = ctx.services.part(DocumentRegistry).find(request["DocumentName"]).document
        steps = [StepRecord(number, spec.name) for number, spec in enumerate(document.steps)]
    chosen = [step for step in steps if name in (None, step.name)]
    if not chosen or (name is None and len(chosen) > 1):
        raise ApiFault("InvalidPluginName")
    return chosen[0]
