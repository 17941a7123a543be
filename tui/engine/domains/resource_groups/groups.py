"""Resource groups: made, changed, listed and deleted (semantics 1.6)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from itertools import islice

from tui.engine.context import ApiFault, Context, operation
from tui.engine.group_configurations import TYPES, allowed_types, check_configuration
from tui.engine.group_queries import read_query
from tui.engine.model import RESOURCE_GROUPS
from tui.engine.paging import decode_token, encode_token
from tui.engine.resource_groups import ResourceGroup, ResourceGroups
from tui.engine.resource_tags import GROUP, insert_tags, refuse_reserved
from tui.ports import Shape

PAGE = 50
BAD, MISSING = "BadRequestException", "NotFoundException"

Test = Callable[[ResourceGroup], bool]


@operation("CreateGroup", service=RESOURCE_GROUPS)
async def create_group(ctx: Context, req: Shape) -> Shape:
    name, query, configuration = req["Name"], req.get("ResourceQuery"), req.get("Configuration")
    if name.upper().startswith("AWS"):
        raise ApiFault(BAD, "Group name must not start with 'AWS'")
    if (query is None) == (configuration is None):
        raise ApiFault(BAD, "A group has either a ResourceQuery or a Configuration.")
    tags = req.get("Tags") or {}
    refuse_reserved(tags)
    if query is not None:
        check_query(query)
    check_configuration(configuration or ())
    group = ResourceGroup(
        name=name,
        created_at=ctx.services.clock.now(),
        description=req.get("Description"),
        criticality=req.get("Criticality"),
        owner=req.get("Owner"),
        display_name=req.get("DisplayName"),
        query=query,
        configuration=configuration,
    )

    def insert(conn: sqlite3.Connection) -> None:
        if conn.execute("SELECT 1 FROM resource_groups WHERE name = ?", (name,)).fetchone():
            raise ApiFault(BAD, "Cannot create group: group already exists")
        # What a tag that came too late left of an earlier group of the name is not this one's.
        conn.execute("DELETE FROM tags WHERE resource_type = ? AND resource_id = ?", (GROUP, name))
        conn.execute("INSERT INTO resource_groups VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", group.row())
        try:
            insert_tags(conn, GROUP, name, tags)
        except ApiFault as fault:
            raise ApiFault(BAD, "A group can have at most 50 tags.") from fault

    await ctx.services.store.write(insert)
    answer: Shape = {"Group": group_shape(ctx, group)}
    if query is not None:
        answer["ResourceQuery"] = query
    if configuration is not None:
        answer["GroupConfiguration"] = configuration_shape(group)
    return {**answer, "Tags": tags} if tags else answer


@operation("GetGroup", service=RESOURCE_GROUPS)
async def get_group(ctx: Context, req: Shape) -> Shape:
    return {"Group": group_shape(ctx, find_group(ctx, req))}


@operation("UpdateGroup", service=RESOURCE_GROUPS)
async def update_group(ctx: Context, req: Shape) -> Shape:
    """Change what is given, and leave the rest."""
    group = find_group(ctx, req)
    columns = {"Description": "description", "Criticality": "criticality", "Owner": "owner"}
    columns["DisplayName"] = "display_name"
    changed = await _change(ctx, group, {columns[key]: req[key] for key in columns if key in req})
    return {"Group": group_shape(ctx, changed)}


@operation("DeleteGroup", service=RESOURCE_GROUPS)
async def delete_group(ctx: Context, req: Shape) -> Shape:
    """Delete a group and its tags; what was in it stays."""
    group = find_group(ctx, req)

    def delete(conn: sqlite3.Connection) -> None:
        if not conn.execute("DELETE FROM resource_groups WHERE name = ?", (group.name,)).rowcount:
            raise _missing(group.name)
        conn.execute("DELETE FROM tags WHERE resource_type = ? AND resource_id = ?", (GROUP, group.name))

    await ctx.services.store.write(delete)
    return {"Group": group_shape(ctx, group)}


@operation("ListGroups", service=RESOURCE_GROUPS)
async def list_groups(ctx: Context, req: Shape) -> Shape:
    tests = [_test(each["Name"], each["Values"]) for each in req.get("Filters") or ()]
    after = decode_token(req.get("NextToken"), "groups")
    size = req.get("MaxResults", PAGE)
    groups = ctx.services.part(ResourceGroups).all(after)
    found = list(islice((group for group in groups if all(test(group) for test in tests)), size + 1))
    shapes = [group_shape(ctx, group) for group in found[:size]]
    return {
        "GroupIdentifiers": [{"GroupName": each.pop("Name"), **each} for each in map(dict, shapes)],
        "Groups": shapes,
        "NextToken": encode_token("groups", found[size - 1].name) if len(found) > size else None,
    }


@operation("GetGroupQuery", service=RESOURCE_GROUPS)
async def get_group_query(ctx: Context, req: Shape) -> Shape:
    group = find_group(ctx, req)
    if group.query is None:
        raise ApiFault(BAD, f"The group {group.name} has a configuration, not a query.")
    return {"GroupQuery": {"GroupName": group.name, "ResourceQuery": group.query}}


@operation("UpdateGroupQuery", service=RESOURCE_GROUPS)
async def update_group_query(ctx: Context, req: Shape) -> Shape:
    group = find_group(ctx, req)
    if group.query is None:
        raise ApiFault(BAD, f"The group {group.name} has a configuration, and so it can have no query.")
    query = req["ResourceQuery"]
    check_query(query)
    await _change(ctx, group, {"query_type": query["Type"], "query": query["Query"]})
    return {"GroupQuery": {"GroupName": group.name, "ResourceQuery": query}}


@operation("GetGroupConfiguration", service=RESOURCE_GROUPS)
async def get_group_configuration(ctx: Context, req: Shape) -> Shape:
    group = find_group(ctx, req)
    if group.configuration is None:
        raise ApiFault(BAD, f"The group {group.name} has a query, not a configuration.")
    return {"GroupConfiguration": configuration_shape(group)}


@operation("PutGroupConfiguration", service=RESOURCE_GROUPS)
async def put_group_configuration(ctx: Context, req: Shape) -> Shape:
    group = find_group(ctx, req)
    if group.configuration is None:
        raise ApiFault(BAD, f"The group {group.name} has a query, and so it can have no configuration.")
    configuration = req.get("Configuration") or []
    check_configuration(configuration)
    await _change(ctx, group, {"configuration": json.dumps(configuration)})
    return {}


def find_group(ctx: Context, req: Shape) -> ResourceGroup:
    """Give the group that a request names by name or ARN. Raises: ApiFault BadRequestException, NotFoundException."""
    given = req.get("Group") or req.get("GroupName") or req.get("Arn")
    if not given:
        raise ApiFault(BAD, "Group must be given: a name or an ARN.")
    name = given.removeprefix(ctx.arn("group/", service=RESOURCE_GROUPS)) if given.startswith("arn:") else given
    group = ctx.services.part(ResourceGroups).get(name)
    if group is None:
        raise _missing(given)
    return group


def check_query(query: Shape) -> None:
    """Refuse a query that no group can have. Raises: ApiFault BadRequestException."""
    if read_query(query).stack:
        raise ApiFault(BAD, "Query not valid: The specified CloudFormation stack doesn't exist.")


def group_shape(ctx: Context, group: ResourceGroup) -> Shape:
    """Give a group as the API shows it."""
    shape = {
        "GroupArn": ctx.arn(f"group/{group.name}", service=RESOURCE_GROUPS),
        "Name": group.name,
        "Description": group.description,
        "Criticality": group.criticality,
        "Owner": group.owner,
        "DisplayName": group.display_name,
    }
    return {key: value for key, value in shape.items() if value is not None}


def configuration_shape(group: ResourceGroup) -> Shape:
    """Give a group's configuration; nothing that the engine attaches takes time to be so."""
    return {"Configuration": group.configuration, "Status": "UPDATE_COMPLETE"}


async def _change(ctx: Context, group: ResourceGroup, columns: dict[str, object]) -> ResourceGroup:
    """Change some columns of a group and give it as it is then: others may be changing others meanwhile.

    Raises: ApiFault NotFoundException where it was deleted meanwhile.
    """

    def update(conn: sqlite3.Connection) -> None:
        for column, value in columns.items():
            conn.execute(f"UPDATE resource_groups SET {column} = ? WHERE name = ?", (value, group.name))  # noqa: S608 - the columns are ours

    if columns:
        await ctx.services.store.write(update)
    return find_group(ctx, {"Group": group.name})


def _missing(given: str) -> ApiFault:
    return ApiFault(MISSING, f"Cannot find group: {given}")


def _test(name: str, values: list[str]) -> Test:
    """Give the test of one filter; values are alternatives. Raises: ApiFault BadRequestException."""
    if name == "resource-type":
        return lambda group: bool(_types(group) & set(values))
    if name == "configuration-type":
        unknown = [value for value in values if value not in TYPES and not value.startswith("AWS::")]
        if unknown:
            text = f"Filters not valid: One or more filter values are not supported: {', '.join(unknown)}"
            raise ApiFault(BAD, text)
        return lambda group: any(item["Type"] in values for item in group.configuration or ())
    if name == "criticality":
        return lambda group: str(group.criticality) in values
    member = name.replace("-", "_")
    return lambda group: getattr(group, member) in values


def _types(group: ResourceGroup) -> set[str]:
    query = group.read()
    return set(query.types) if query is not None else allowed_types(group)
