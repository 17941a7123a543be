"""ListNodes and ListNodesSummary: the nodes as AWS's integrated console counts them, in one account and region."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from tui.engine.context import ApiFault, Context, operation
from tui.engine.node_filters import Test, compared
from tui.engine.nodes.directory import ONLINE, NodeDirectory, NodeRecord
from tui.engine.paging import decode_token, encode_token, number_of
from tui.engine.resource_tags import KINDS, MANAGED_INSTANCE
from tui.ports import Shape

PAGE = 50
AGENT = "ssm-tui"
ALL = "All"

STATUS: Mapping[bool, str] = {True: "Active", False: "ConnectionLost"}
"""The words of GetInventory's InstanceStatus, by whether the node answers (of ListNodes they are unconfirmed)."""

_ATTRIBUTES: Mapping[str, Callable[[Context, NodeRecord], str]] = {
    "AccountId": lambda ctx, record: ctx.caller.account,
    "AgentType": lambda ctx, record: AGENT,
    "AgentVersion": lambda ctx, record: record.facts.agent_version,
    "AvailabilityZone": lambda ctx, record: "",
    "AvailabilityZoneId": lambda ctx, record: "",
    "ComputerName": lambda ctx, record: record.facts.computer_name,
    "InstanceId": lambda ctx, record: record.id,
    "InstanceStatus": lambda ctx, record: STATUS[record.ping_status == ONLINE],
    "IpAddress": lambda ctx, record: record.facts.ip_address,
    "ManagedStatus": lambda ctx, record: "Managed",
    "Name": lambda ctx, record: record.name,
    "OrganizationalUnitId": lambda ctx, record: "",
    "OrganizationalUnitPath": lambda ctx, record: "",
    "PlatformName": lambda ctx, record: record.facts.platform_name,
    "PlatformType": lambda ctx, record: record.facts.platform_type,
    "PlatformVersion": lambda ctx, record: record.facts.platform_version,
    "Region": lambda ctx, record: ctx.region,
    "ResourceType": lambda ctx, record: MANAGED_INSTANCE,
    "SourceId": lambda ctx, record: record.id,
    "SourceLocation": lambda ctx, record: "",
    "SourceType": lambda ctx, record: KINDS[MANAGED_INSTANCE].type,
}
"""A node's attributes by the names of filters and aggregators; empty is what EC2 or an organization would say."""

_OUTSIDE = ("AccountId", "InstanceId", "OrganizationalUnitId", "OrganizationalUnitPath", "Region")
_OF_INSTANCE = [name for name in _ATTRIBUTES if name not in _OUTSIDE]


@operation("ListNodes")
async def list_nodes(ctx: Context, req: Shape) -> Shape:
    """List nodes by id. The engine counts as one where the integrated console is enabled."""
    after, size = decode_token(req.get("NextToken"), "list-nodes"), req.get("MaxResults", PAGE)
    page = list(islice(_found(ctx, req, after), size + 1))
    token = encode_token("list-nodes", page[size - 1].id) if len(page) > size else None
    return {"Nodes": [_shape(ctx, record) for record in page[:size]], "NextToken": token}


@operation("ListNodesSummary")
async def list_nodes_summary(ctx: Context, req: Shape) -> Shape:
    """Count nodes by attributes: each aggregator with those inside it gives items of their values and a Count.

    A node that lacks an attribute is counted in no item of it. Items come in the order of the values.
    """
    nodes = list(_found(ctx, req))
    items: list[Shape] = []
    for names in _paths(req["Aggregators"]):
        counts = Counter(tuple(_ATTRIBUTES[name](ctx, record) for name in names) for record in nodes)
        items += [
            {**dict(zip(names, values, strict=True)), "Count": str(count)}
            for values, count in sorted(counts.items())
            if all(values)
        ]
    start = number_of(decode_token(req.get("NextToken"), "nodes-summary") or "0")
    size = req.get("MaxResults", PAGE)
    token = encode_token("nodes-summary", str(start + size)) if len(items) > start + size else None
    return {"Summary": items[start : start + size], "NextToken": token}


def _found(ctx: Context, req: Shape, after: str = "") -> Iterator[NodeRecord]:
    """Give the nodes that all filters leave, by id, those that follow an id.

    Raises: ApiFault ResourceDataSyncNotFoundException, InvalidFilter.
    """
    if req.get("SyncName"):
        raise ApiFault("ResourceDataSyncNotFoundException", f"There is no resource data sync {req['SyncName']}.")
    filters = req.get("Filters") or ()
    tests = [_test(each) for each in filters]
    names = {each["Key"] for each in filters}
    directory = ctx.services.part(NodeDirectory)
    ids = directory.ids()
    for position in range(bisect_right(ids, after), len(ids)):
        record = directory.get(ids[position])
        if record is not None:
            found = _attributes(ctx, record, names) if tests else {}
            if all(test(found) for test in tests):
                yield record


def _test(wanted: Shape) -> Test:
    key, values, operator = wanted["Key"], wanted["Values"], wanted.get("Type", "Equal")
    if key == "ManagedStatus":
        unknown = set(values) - {ALL, "Managed", "Unmanaged"}
        if unknown:
            raise ApiFault("InvalidFilter", f"ManagedStatus can't be {', '.join(sorted(unknown))}.")
        if ALL in values:
            values = [*values, "Managed"]
    return compared(key, values, operator, code="InvalidFilter")


def _attributes(ctx: Context, record: NodeRecord, names: Iterable[str]) -> dict[str, str]:
    """Give a node's attributes by the names of the filters; what it has not or never said is left out."""
    found = {name: _ATTRIBUTES[name](ctx, record) for name in names}
    return {name: value for name, value in found.items() if value}


def _shape(ctx: Context, record: NodeRecord) -> Shape:
    shape: Shape = {
        "Id": record.id,
        "Owner": {"AccountId": ctx.caller.account},
        "Region": ctx.region,
        "NodeType": {"Instance": _attributes(ctx, record, _OF_INSTANCE)},
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
