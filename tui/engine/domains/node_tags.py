"""The tags of many nodes at once: a table of 5,000 nodes would ask ListTagsForResource 5,000 times."""

from __future__ import annotations

from itertools import groupby

from tui.engine.context import Context, operation
from tui.engine.domains.tags import MANAGED_INSTANCE
from tui.engine.model import OWN
from tui.ports import Shape

PAGE = 1000
"""Nodes in one answer."""


@operation("ListNodeTags", service=OWN)
async def list_node_tags(ctx: Context, req: Shape) -> Shape:
    """Give the tags of the nodes named, or of all that have tags; the token is the last id given."""
    after = req.get("NextToken") or ""
    ids = sorted(id for id in set(req.get("InstanceIds") or ()) if id > after)[:PAGE]
    if req.get("InstanceIds"):
        chosen, more = ids, False
    else:
        found = ctx.services.store.read(
            "SELECT DISTINCT resource_id FROM tags WHERE resource_type = ? AND resource_id > ?"
            " ORDER BY resource_id LIMIT ?",
            (MANAGED_INSTANCE, after, PAGE + 1),
        )
        chosen, more = [row["resource_id"] for row in found[:PAGE]], len(found) > PAGE
    rows = ctx.services.store.read(
        f"SELECT resource_id, key, value FROM tags WHERE resource_type = ?"  # noqa: S608 - only question marks are added
        f" AND resource_id IN ({','.join('?' * len(chosen))}) ORDER BY resource_id, key",
        (MANAGED_INSTANCE, *chosen),
    )
    nodes = [
        {"InstanceId": id, "Tags": [{"Key": row["key"], "Value": row["value"]} for row in tags]}
        for id, tags in groupby(rows, key=lambda row: row["resource_id"])
    ]
    return {"Nodes": nodes, "NextToken": chosen[-1] if more else None}
