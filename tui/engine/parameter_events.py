"""What the bus is told of parameters: that one changed, to consoles, and EventBridge's shape of it (semantics 2.7)."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from tui.engine.context import Services, arn_of
from tui.engine.events import aws_event

CREATE, UPDATE, DELETE = "Create", "Update", "Delete"
LABEL, UNLABEL = "LabelParameterVersion", "UnlabelParameterVersion"

CHANGE = "Parameter Store Change"


def publish_parameter(
    services: Services,
    operation: str,
    row: Mapping[str, object] | sqlite3.Row,
    version: int,
    *,
    region: str,
    exception: str = "",
) -> None:
    """Tell of a change that is stored, or with `exception` of one that AWS takes and then does not store.

    `row` has the columns of the table `parameters`. EventBridge is told nothing of a label that was taken off.
    """
    bus, name = services.bus, str(row["name"])
    if not exception:
        bus.publish("parameters", {"type": "parameter", "Name": name, "Operation": operation, "Version": version})
    if operation == UNLABEL or not bus.has_subscribers("events"):
        return
    detail = {"operation": operation, "name": name, "type": row["type"]}
    detail |= {"description": row["description"]} if row["description"] else {}
    detail |= {"dataType": row["data_type"], "exception": exception} if exception else {}
    arn = arn_of(f"parameter{name}", region, services.account)
    bus.publish("events", aws_event(services, region, CHANGE, detail, [arn]))
