"""What the bus is told of commands: their API shapes to those who watch, and EventBridge's shapes of the same."""

from __future__ import annotations

from tui.engine.command_records import Command, Invocation, time_text
from tui.engine.context import Services, arn_of
from tui.engine.statuses import status_of
from tui.ports import Shape


def publish_command(services: Services, command: Command) -> None:
    """Tell of a command's state."""
    bus = services.bus
    if bus.has_subscribers("command"):
        bus.publish("command", {"type": "command", "CommandId": command.command_id, "Command": command.shape()})
    if bus.has_subscribers("commands"):
        bus.publish("commands", {"type": "command", **command.shape()})
    if bus.has_subscribers("events"):
        detail = {
            "command-id": command.command_id,
            "document-name": command.request["DocumentName"],
            "expire-after": time_text(command.expires_at),
            "parameters": command.request["Parameters"],
            "requested-date-time": time_text(command.requested_at),
            "status": command.shape()["Status"],
        }
        bus.publish("events", aws_event(services, command.region, "EC2 Command Status-change Notification", detail, []))


def publish_invocation(services: Services, command: Command, invocation: Invocation) -> None:
    """Tell of an invocation's state."""
    bus = services.bus
    if bus.has_subscribers("command"):
        shape = command.invocation_shape(invocation)
        bus.publish("command", {"type": "invocation", "CommandId": command.command_id, "Invocation": shape})
    if bus.has_subscribers("events"):
        detail = {
            "command-id": command.command_id,
            "document-name": command.request["DocumentName"],
            "instance-id": invocation.node_id,
            "requested-date-time": time_text(command.requested_at),
            "status": status_of(invocation.details),
        }
        arn = arn_of(f"managed-instance/{invocation.node_id}", command.region, services.account)
        kind = "EC2 Command Invocation Status-change Notification"
        bus.publish("events", aws_event(services, command.region, kind, detail, [arn]))


def aws_event(services: Services, region: str, kind: str, detail: Shape, resources: list[str]) -> Shape:
    """Give an event of a kind as EventBridge has it."""
    return {
        "type": "event",
        "version": "0",
        "id": services.ids.uuid(),
        "detail-type": kind,
        "source": "aws.ssm",
        "account": services.account,
        "time": time_text(services.clock.now()),
        "region": region,
        "resources": resources,
        "detail": detail,
    }
