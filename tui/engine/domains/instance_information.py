"""DescribeInstanceInformation and DescribeInstanceProperties: the nodes, by two forms of filters each."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence

from tui.engine.context import ApiFault, Context, Services, operation
from tui.engine.document_registry import DocumentRegistry
from tui.engine.node_filters import MEMBERS, Test, by_tag, check_ids, check_words, compared, existing
from tui.engine.nodes.directory import NodeDirectory
from tui.engine.nodes.roles import NodeRoles
from tui.engine.paging import decode_token, encode_token
from tui.engine.resource_tags import MANAGED_INSTANCE
from tui.ports import Shape

PAGE, PROPERTIES_PAGE = 10, 50
"""Nodes in one answer where no number is asked for; of DescribeInstanceProperties that is unconfirmed."""

LEGACY = frozenset(
    ("InstanceIds", "AgentVersion", "PingStatus", "PlatformTypes", "ActivationIds", "IamRole", "ResourceType")
) | {"AssociationStatus"}
BAD_VALUE, BAD_PROPERTY = "InvalidInstanceInformationFilterValue", "InvalidInstancePropertyFilterValue"

PROPERTIES: Mapping[str, str] = {
    **MEMBERS,
    "Architecture": "Architecture",
    "ComputerName": "ComputerName",
    "InstanceRole": "InstanceRole",
    "InstanceState": "InstanceState",
    "InstanceType": "InstanceType",
    "KeyName": "KeyName",
    "LastPingDateTime": "LastPingDateTime",
    "LaunchTime": "LaunchTime",
    "Name": "Name",
    "PlatformName": "PlatformName",
    "PlatformVersion": "PlatformVersion",
    "RegistrationDate": "RegistrationDate",
}
"""What FiltersWithOperator can name. AWS does not say which keys it takes: these are the members of its answer."""


@operation("DescribeInstanceInformation")
async def describe_instance_information(ctx: Context, req: Shape) -> Shape:
    old, new = req.get("InstanceInformationFilterList") or [], req.get("Filters") or []
    if old and new:
        raise ApiFault("ValidationException", "InstanceInformationFilterList and Filters can't be used together.")
    filters = [(each["key"], each["valueSet"]) for each in old] or [(each["Key"], each["Values"]) for each in new]
    chosen, tests = _chosen(ctx.services, filters, legacy=bool(old))
    describe = ctx.services.part(NodeRoles).described
    page, token = _page(req, existing(ctx.services, chosen), describe, tests, PAGE)
    return {"InstanceInformationList": page, "NextToken": token}


@operation("DescribeInstanceProperties")
async def describe_instance_properties(ctx: Context, req: Shape) -> Shape:
    old, new = req.get("InstancePropertyFilterList") or [], req.get("FiltersWithOperator") or []
    if old and new:
        raise ApiFault(
            "ValidationException", "InstancePropertyFilterList and FiltersWithOperator can't be used together."
        )
    filters = [(each["key"], each["valueSet"], "Equal") for each in old]
    filters += [(each["Key"], each["Values"], each.get("Operator", "Equal")) for each in new]
    chosen: set[str] | None = None
    tests: list[Test] = []
    for key, values, operator in filters:
        found = by_tag(ctx.services, key, values)
        if found is None:
            tests.append(_property(ctx.services, key, values, operator))
            continue
        if operator not in ("Equal", "NotEqual"):
            raise ApiFault(BAD_PROPERTY, f"Tags are compared with Equal or NotEqual, not with {operator}.")
        if operator == "NotEqual":
            found = set(ctx.services.part(NodeDirectory).ids()) - found
        chosen = found if chosen is None else chosen & found
    roles, directory = ctx.services.part(NodeRoles), ctx.services.part(NodeDirectory)
    names = _names(ctx.services) if any(key == "Name" for key, _, _ in filters) else {}

    def describe(node_id: str) -> Shape:
        """Give a node's properties; what only EC2 knows is left out."""
        record = directory.get(node_id)
        shape = {key: value for key, value in roles.described(node_id).items() if key != "IsLatestVersion"}
        shape["Name"] = names.get(node_id) or shape.get("Name", "")
        if record is not None and record.facts.details.get("Architecture"):
            shape["Architecture"] = record.facts.details["Architecture"]
        return shape

    page, token = _page(req, existing(ctx.services, chosen), describe, tests, PROPERTIES_PAGE)
    named = _names(ctx.services, [each["InstanceId"] for each in page])
    for each in page:
        each["Name"] = named.get(each["InstanceId"]) or each["Name"]
    return {"InstanceProperties": page, "NextToken": token}


def _names(services: Services, ids: Sequence[str] | None = None) -> dict[str, str]:
    """Give the Name tags of the nodes of these ids, or of all."""
    query = "SELECT resource_id, value FROM tags WHERE resource_type = ? AND key = 'Name'"
    if ids is not None:
        query += f" AND resource_id IN ({','.join('?' * len(ids))})"
    rows = services.store.read(query, (MANAGED_INSTANCE, *(ids or ())))
    return {row["resource_id"]: row["value"] for row in rows}


def _page(
    req: Shape, ids: Sequence[str], describe: Callable[[str], Shape], tests: Sequence[Test], size: int
) -> tuple[list[Shape], str | None]:
    size = req.get("MaxResults", size)
    page: list[Shape] = []
    for position in range(bisect_right(ids, decode_token(req.get("NextToken"), "nodes")), len(ids)):
        shape = describe(ids[position])
        if all(test(shape) for test in tests):
            if len(page) == size:
                return page, encode_token("nodes", page[-1]["InstanceId"])
            page.append(shape)
    return page, None


def _chosen(
    services: Services, filters: Sequence[tuple[str, list[str]]], *, legacy: bool
) -> tuple[set[str] | None, list[Test]]:
    """Give what filters leave: a set of ids where they name ids or tags, and tests of the others.

    Raises: ApiFault InvalidFilterKey, InvalidInstanceInformationFilterValue, InvalidInstanceId, ValidationException.
    """
    chosen: set[str] | None = None
    tests: list[Test] = []
    tags = [key for key, _ in filters if key == "tag-key" or key.startswith("tag:")]
    if tags and len(tags) != len(filters):
        raise ApiFault("ValidationException", "Tag filters can't be combined with other types of filters.")
    for key, values in filters:
        if key == "InstanceIds":
            check_ids(values)
            found: set[str] | None = set(values)
        elif legacy and key not in LEGACY:
            raise ApiFault("InvalidFilterKey")
        else:
            found = by_tag(services, key, values)
        if found is not None:
            chosen = found if chosen is None else chosen & found
        elif key in MEMBERS:
            check_words(key, values, BAD_VALUE)
            tests.append(compared(MEMBERS[key], values, "Equal", code=BAD_VALUE))
        else:
            raise ApiFault("InvalidFilterKey")
    return chosen, tests


def _property(services: Services, key: str, values: list[str], operator: str) -> Test:
    """Give the test of one property.

    DocumentName means the nodes that a document can run on (unconfirmed: AWS says no more than the key's name).

    Raises: ApiFault InvalidFilterKey, InvalidInstancePropertyFilterValue, InvalidInstanceId, InvalidActivationId,
    InvalidDocument.
    """
    if key == "InstanceIds":
        if operator in ("Equal", "NotEqual"):
            check_ids(values)
        return compared("InstanceId", values, operator, code=BAD_PROPERTY)
    if key == "DocumentName":
        registry = services.part(DocumentRegistry)
        platforms = [name for value in values for name in registry.find(value).document.platform_types]
        return compared("PlatformType", platforms, "NotEqual" if operator == "NotEqual" else "Equal", code=BAD_PROPERTY)
    if key not in PROPERTIES:
        raise ApiFault("InvalidFilterKey")
    if operator in ("Equal", "NotEqual"):
        check_words(key, values, BAD_PROPERTY)
    if key == "ActivationIds" and operator == "Equal":
        for value in values:
            if services.store.read_one("SELECT 1 FROM activations WHERE id = ?", (value,)) is None:
                raise ApiFault("InvalidActivationId", f"There is no activation {value}.")
    return compared(PROPERTIES[key], values, operator, code=BAD_PROPERTY)
