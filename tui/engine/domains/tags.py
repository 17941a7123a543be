"""Tags of resources: one table for every type, the same three operations as AWS's."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from tui.engine.context import ApiFault, Context, Services, operation
from tui.ports import Shape

LIMIT = 50
"""Tags that one resource may have."""

MANAGED_INSTANCE = "ManagedInstance"

Exists = Callable[[str], bool]


class TaggableResources:
    """Which resources exist, by type; a domain registers the check of its own type when the engine starts."""

    def __init__(self, services: Services) -> None:
        self._checks: dict[str, Exists] = {MANAGED_INSTANCE: lambda name: services.nodes.get(name) is not None}

    def register(self, resource_type: str, exists: Exists) -> None:
        """Say how one type's resources are looked up by id; the last check that was given for a type holds."""
        self._checks[resource_type] = exists

    def exists(self, resource_type: str, resource_id: str) -> bool:
        """Say whether a resource exists. Raises: ApiFault where the engine has no resources of the type."""
        check = self._checks.get(resource_type)
        if check is None:
            raise ApiFault("InvalidResourceType")
        return check(resource_id)


@operation("AddTagsToResource")
async def add_tags_to_resource(ctx: Context, req: Shape) -> Shape:
    kind, name = _resource(ctx, req)
    tags = {tag["Key"]: tag["Value"] for tag in req["Tags"]}
    for key in tags:
        if key.lower().startswith("aws:"):
            raise ApiFault("ValidationException", "Tag keys that begin with aws: are reserved for AWS.")

    def add(conn: sqlite3.Connection) -> None:
        conn.executemany(
            "INSERT OR REPLACE INTO tags VALUES (?, ?, ?, ?)", [(kind, name, key, value) for key, value in tags.items()]
        )
        count = conn.execute("SELECT count(*) FROM tags WHERE resource_type = ? AND resource_id = ?", (kind, name))
        if count.fetchone()[0] > LIMIT:
            raise ApiFault("TooManyTagsError")

    await ctx.services.store.write(add)
    _tell(ctx, kind, name)
    return {}


@operation("RemoveTagsFromResource")
async def remove_tags_from_resource(ctx: Context, req: Shape) -> Shape:
    kind, name = _resource(ctx, req)
    gone = [(kind, name, key) for key in req["TagKeys"]]
    await ctx.services.store.write(
        lambda conn: conn.executemany("DELETE FROM tags WHERE resource_type = ? AND resource_id = ? AND key = ?", gone)
    )
    _tell(ctx, kind, name)
    return {}


@operation("ListTagsForResource")
async def list_tags_for_resource(ctx: Context, req: Shape) -> Shape:
    kind, name = _resource(ctx, req)
    return {"TagList": tags_of(ctx.services, kind, name)}


def tags_of(services: Services, resource_type: str, resource_id: str) -> list[Shape]:
    """Give a resource's tags as a TagList, by key."""
    rows = services.store.read(
        "SELECT key, value FROM tags WHERE resource_type = ? AND resource_id = ? ORDER BY key",
        (resource_type, resource_id),
    )
    return [{"Key": row["key"], "Value": row["value"]} for row in rows]


def _resource(ctx: Context, req: Shape) -> tuple[str, str]:
    kind, name = req["ResourceType"], req["ResourceId"]
    if not ctx.services.part(TaggableResources).exists(kind, name):
        raise ApiFault("InvalidResourceId")
    return kind, name


def _tell(ctx: Context, kind: str, name: str) -> None:
    if kind == MANAGED_INSTANCE:
        ctx.services.bus.publish("nodes", {"type": "node", "InstanceId": name})
