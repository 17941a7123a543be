"""ListNodes and ListNodesSummary: the nodes as AWS's integrated console counts them, in one account and region."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from tui.engine.context import ApiFault, Context, operation
from tui.engine.node_filters import Test, compared
from tui.engine.nodes.directory import ONLINE, NodeDirectory, NodeRecord
from tui.engine.nodes.roles import NodeRoles
from tui.engine.paging import decode_token, encode_token, number_of
from tui.ports import Shape

PAGE = 50
AGENT = "ssm-tui"
ALL = "All"

STATUS: Mapping[bool, str] = {True: "Active", False: "ConnectionLost"}
"""The words of GetInventory's InstanceStatus, by whether the node answers (of ListNodes they are unconfirmed)."""


@operation("ListNodes")
async def list_nodes(ctx: Context, req: Shape) -> Shape:
    """List nodes by id. The engine counts as one where the integrated console is enabled."""
    nodes = _found(ctx, req)
    after, size = decode_token(req.get("NextToken"), "list-nodes"), req.get("MaxResults", PAGE)
    rest = [(record, flat) for record, flat in nodes if record.id > after]
    token = encode_token("list-nodes", rest[size - 1][0].id) if len(rest) > size else None
    return {"Nodes": [_shape(ctx, record, flat) for record, flat in rest[:size]], "NextToken": token}


@operation("ListNodesSummary")
async def list_nodes_summary(ctx: Context, req: Shape) -> Shape:
    """Count nodes by attributes: each aggregator with those inside it gives items of their values and a Count.

    A node that lacks an attribute is counted in no item of it. Items come in the order of the values.
    """
    nodes = [flat for _, flat in _found(ctx, req)]
    items: list[Shape] = []
    for names in _paths(req["Aggregators"]):
        counts = Counter(tuple(flat.get(name, "") for name in names) for flat in nodes)
        items += [
            {**dict(zip(names, values, strict=True)), "Count": str(count)}
            for values, count in sorted(counts.items())
            if all(values)
        ]
    start = number_of(decode_token(req.get("NextToken"), "nodes-summary") or "0")
    size = req.get("MaxResults", PAGE)
    token = encode_token("nodes-summary", str(start + size)) if len(items) > start + size else None
    return {"Summary": items[start : start + size], "NextToken": token}


def _found(ctx: Context, req: Shape) -> list[tuple[NodeRecord, dict[str, str]]]:
    """Give the nodes that all filters leave, by id, with their attributes.

    Raises: ApiFault ResourceDataSyncNotFoundException, InvalidFilter.
    """
    if req.get("SyncName"):
        raise ApiFault("ResourceDataSyncNotFoundException", f"There is no resource data sync {req['SyncName']}.")
    tests = [_test(each) for each in req.get("Filters") or ()]
    directory = ctx.services.part(NodeDirectory)
    found = []
    for node_id in directory.ids():
        record = directory.get(node_id)
        if record is not None:
            flat = _flat(ctx, record)
            if all(test(flat) for test in tests):
                found.append((record, flat))
    return found


def _test(wanted: Shape) -> Test:
    key, values, operator = wanted["Key"], wanted["Values"], wanted.get("Type", "Equal")
    if key == "ManagedStatus":
        unknown = set(values) - {ALL, "Managed", "Unmanaged"}
        if unknown:
            raise ApiFault("InvalidFilter", f"ManagedStatus can't be {', '.join(sorted(unknown))}.")
        if ALL in values:
            values = [*values, "Managed"]
    return compared(key, values, operator, code="InvalidFilter")


def _flat(ctx: Context, record: NodeRecord) -> dict[str, str]:
    """Give a node's attributes by the names of the filters and aggregators; what it never said is left out."""
    shape = ctx.services.part(NodeRoles).described(record.id)
    flat = {
        "AccountId": ctx.caller.account,
        "AgentType": AGENT,
        "AgentVersion": shape.get("AgentVersion", ""),
        "ComputerName": shape.get("ComputerName", ""),
        "InstanceId": record.id,
        "InstanceStatus": STATUS[record.ping_status == ONLINE],
        "IpAddress": shape.get("IPAddress", ""),
        "ManagedStatus": "Managed",
        "Name": shape.get("Name", ""),
        "PlatformName": shape.get("PlatformName", ""),
        "PlatformType": shape.get("PlatformType", ""),
        "PlatformVersion": shape.get("PlatformVersion", ""),
        "Region": ctx.region,
        "ResourceType": shape["ResourceType"],
        "SourceId": shape["SourceId"],
        "SourceType": shape["SourceType"],
    }
    return {key: value for key, value in flat.items() if value}


def _shape(ctx: Context, record: NodeRecord, flat: dict[str, str]) -> Shape:
    outside = ("AccountId", "InstanceId", "Region")
    shape: Shape = {
        "Id": record.id,
        "Owner": {"AccountId": ctx.caller.account},
        "Region": ctx.region,
        "NodeType": {"Instance": {key: value for key, value in flat.items() if key not in outside}},
    }
    return {**shape, "CaptureTime": record.last_ping} if record.last_ping else shape


def _paths(aggregators: Sequence[Shape], above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Give the attributes that are counted together, one tuple for each innermost aggregator.

    Raises: ApiFault InvalidAggregatorException where more than two would stand beside the count, or one twice.
    """
    found: list[tuple[str, ...]] = []
    for each in aggregators:
        names = (*above, each["AttributeName"])
        if len(names) > 2 or len(set(names)) != len(names):
            raise ApiFault("InvalidAggregatorException", f"Nodes can't be counted by {' and '.join(names)}.")
        inside = each.get("Aggregators")
        found += _paths(inside, names) if inside else [names]
    return found
