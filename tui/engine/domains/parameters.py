"""Parameters: putting and deleting them (semantics 2.1 and 2.2)."""

from __future__ import annotations

import json
import sqlite3
from functools import partial

from tui.engine import parameter_rows as rows
from tui.engine import parameter_values as values
from tui.engine.context import ApiFault, Context, Services, on_start, operation
from tui.engine.parameter_events import CREATE, DELETE, UPDATE, publish_parameter
from tui.engine.parameter_names import canonical, name_to_change, name_to_put
from tui.engine.parameter_patterns import check_pattern
from tui.engine.parameter_policies import parse_policies, policies_changed, renewed
from tui.engine.parameter_secrets import DEFAULT_KEY, seal
from tui.engine.parameter_sources import ParameterSources
from tui.engine.parameter_turns import Turns, too_many
from tui.engine.resource_tags import LIMIT, TaggableResources, refuse_reserved
from tui.engine.store import Store
from tui.ports import Shape

ATTEMPTS = 5
"""How often a put is made anew in its turn because the parameter has changed meanwhile."""

_TAGS_AND_OVERWRITE = (
    "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove "
    "overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource."
)


@on_start
async def have_tags(services: Services) -> None:
    """Let parameters be tagged by their names."""
    known = services.part(TaggableResources)
    known.register(
        rows.PARAMETER, lambda name: rows.find(services.store, canonical(name)) is not None, stored=canonical
    )


@operation("PutParameter")
async def put_parameter(ctx: Context, req: Shape) -> Shape:
    """Store a version. What is not given stays as it is; a put that another one overtakes is made anew in its turn.

    An image's id that is none is taken and not stored, which an event tells, as AWS does.
    """
    values.check_value(req["Value"])
    for member in ("Description", "AllowedPattern"):
        values.check_text(member, req.get(member, ""))
    name, shown = name_to_put(ctx, req["Name"])
    tags = _tags(req)
    attempt = partial(_attempt, ctx, req, {"name": name, "shown": shown}, tags)
    turns = ctx.services.part(Turns)
    if not turns.waited_for(name) and (answer := await attempt()):
        return answer
    async with turns.of(name, shown):
        for _ in range(ATTEMPTS):
            if answer := await attempt():
                return answer
    raise too_many(shown)


@operation("DeleteParameter")
async def delete_parameter(ctx: Context, req: Shape) -> Shape:
    name, shown = name_to_change(req["Name"])
    if ctx.services.part(ParameterSources).of(name) is not None:
        raise ApiFault("AccessDeniedException", f"No access to reserved parameter name: {shown}.")
    if not await delete(ctx.services, [name], region=ctx.region):
        raise ApiFault("ParameterNotFound")
    return {}


@operation("DeleteParameters")
async def delete_parameters(ctx: Context, req: Shape) -> Shape:
    """Delete parameters, all or none of them; names are given back as they were sent."""
    names = {given: name_to_change(given)[0] for given in req["Names"]}
    deleted = await delete(ctx.services, list(dict.fromkeys(names.values())), region=ctx.region)
    return {
        "DeletedParameters": [given for given, name in names.items() if name in deleted],
        "InvalidParameters": [given for given, name in names.items() if name not in deleted],
    }


async def delete(services: Services, names: list[str], *, region: str) -> set[str]:
    """Delete parameters by their canonical names in one write, tell of it, and give those that there were."""

    def write(conn: sqlite3.Connection) -> list[sqlite3.Row]:
        return [row for row in (rows.delete(conn, name) for name in names) if row is not None]

    gone = await services.store.write(write)
    for row in gone:
        if row["policies"] != "[]":
            policies_changed(services, row["name"])
        publish_parameter(services, DELETE, row, row["version"], region=region)
    return {row["name"] for row in gone}


async def _attempt(ctx: Context, req: Shape, names: dict[str, object], tags: dict[str, str]) -> Shape:
    """Put a parameter that is as it was found, and give the answer; an empty one where it has changed meanwhile."""
    found = rows.find(ctx.services.store, str(names["name"]))
    put = await _prepared(ctx, req, found, names, tags)
    change = CREATE if found is None else UPDATE
    tier = put.row["tier"]
    refused = values.image_fault(str(put.row["data_type"]), req["Value"])
    if refused:
        version = 1 if found is None else int(found["version"]) + 1
        publish_parameter(ctx.services, change, put.row, version, region=ctx.region, exception=refused)
        return {"Version": version, "Tier": tier}
    version = await ctx.services.store.write(partial(rows.put, wanted=put))
    if not version:
        return {}
    if put.row["policies"] != "[]" or (found is not None and found["policies"] != "[]"):
        policies_changed(ctx.services, str(names["name"]))
    publish_parameter(ctx.services, change, put.row, version, region=ctx.region)
    return {"Version": version, "Tier": tier}


def _tags(req: Shape) -> dict[str, str]:
    tags = {tag["Key"]: tag["Value"] for tag in req.get("Tags") or ()}
    if tags and req.get("Overwrite"):
        raise ApiFault("ValidationException", _TAGS_AND_OVERWRITE)
    refuse_reserved(tags)
    if len(tags) > LIMIT:
        raise ApiFault("ValidationException", f"A parameter can have at most {LIMIT} tags.")
    return tags


async def _prepared(
    ctx: Context, req: Shape, found: sqlite3.Row | None, names: dict[str, object], tags: dict[str, str]
) -> rows.Put:
    """Check a put against the parameter as it is, and give what is to be stored; the value is sealed by then."""
    overwrite = bool(req.get("Overwrite"))
    if found is not None and not overwrite:
        raise rows.already_exists()
    kind = _type(req, found)
    data_type = req.get("DataType") or (found["data_type"] if found is not None else values.TEXT)
    values.check_data_type(data_type, kind)
    pattern = _kept(req, "AllowedPattern", found, "allowed_pattern")
    check_pattern(pattern, kind, req["Value"])
    policies = _policies(req, found)
    tier = _tier(ctx.services.store, req, found, policies=policies != "[]")
    key_id = ""
    value: str | bytes = req["Value"]
    if kind == values.SECURE_STRING:
        key_id = _kept(req, "KeyId", found, "key_id") or DEFAULT_KEY
        value = await seal(ctx.services, str(names["name"]), key_id, req["Value"])
    elif req.get("KeyId"):
        raise ApiFault("ValidationException", "KeyId is required for SecureString type parameter only.")
    row = {
        **names,
        "type": kind,
        "tier": tier,
        "data_type": data_type,
        "key_id": key_id,
        "description": _kept(req, "Description", found, "description"),
        "allowed_pattern": pattern,
        "policies": policies,
        "value": value,
        "modified_at": ctx.services.clock.now(),
        "modified_by": ctx.caller.arn,
    }
    return rows.Put(row, found, overwrite, tags)


def _kept(req: Shape, member: str, found: sqlite3.Row | None, column: str) -> str:
    """Give what a request says, even where that is nothing, else what the parameter has."""
    given = req.get(member)
    return str(given) if given is not None else str(found[column]) if found is not None else ""


def _type(req: Shape, found: sqlite3.Row | None) -> str:
    kind = req.get("Type")
    if found is None:
        if kind is None:
            raise ApiFault("ValidationException", "A parameter type is required when you create a parameter.")
        return str(kind)
    if kind is not None and kind != found["type"]:
        raise ApiFault(
            "HierarchyTypeMismatchException",
            f"Parameter Store doesn't support changing a parameter's type: {found['shown']} is a {found['type']}. "
            f"Delete it and create it anew to have a {kind}.",
        )
    return str(found["type"])


def _policies(req: Shape, found: sqlite3.Row | None) -> str:
    given = req.get("Policies")
    if given is not None:
        return json.dumps([each.shape() for each in parse_policies(given)])
    if found is None or found["policies"] == "[]":
        return "[]"
    return json.dumps(renewed(json.loads(found["policies"])))


def _tier(store: Store, req: Shape, found: sqlite3.Row | None, *, policies: bool) -> str:
    current = found["tier"] if found is not None else ""
    asked = req.get("Tier") or (current if current == values.ADVANCED else rows.default_tier(store))
    full = asked == values.INTELLIGENT and rows.count_of(store, values.STANDARD) >= values.LIMITS[values.STANDARD]
    return values.tier_of(asked, current, req["Value"], policies=policies, full=full)
