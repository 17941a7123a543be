"""Tags of SSM's resources: AddTagsToResource and its kin; the rules are `tui.engine.resource_tags`'s."""

from __future__ import annotations

from tui.engine.context import ApiFault, Context, operation
from tui.engine.resource_tags import (
    LIMIT,
    MANAGED_INSTANCE,
    TaggableResources,
    add_tags,
    remove_tags,
    tags_of,
)
from tui.ports import Shape

__all__ = ["LIMIT", "MANAGED_INSTANCE", "TaggableResources", "tags_of"]


@operation("AddTagsToResource")
async def add_tags_to_resource(ctx: Context, req: Shape) -> Shape:
    kind, name = _resource(ctx, req)
    await add_tags(ctx.services, kind, name, {tag["Key"]: tag["Value"] for tag in req["Tags"]})
    return {}


@operation("RemoveTagsFromResource")
async def remove_tags_from_resource(ctx: Context, req: Shape) -> Shape:
    kind, name = _resource(ctx, req)
    await remove_tags(ctx.services, kind, name, req["TagKeys"])
    return {}


@operation("ListTagsForResource")
async def list_tags_for_resource(ctx: Context, req: Shape) -> Shape:
    kind, name = _resource(ctx, req)
    return {"TagList": tags_of(ctx.services, kind, name)}


def _resource(ctx: Context, req: Shape) -> tuple[str, str]:
    """Give kind and stored id of the resource that is meant; of a kind that the engine has none of, none is found.

    The documents that the engine ships are AWS's own, and nobody else can tag those.

    Raises: ApiFault InvalidResourceId.
    """
    kind, name = req["ResourceType"], req["ResourceId"]
    known = ctx.services.part(TaggableResources)
    if not known.exists(kind, name):
        raise ApiFault("InvalidResourceId")
    return kind, known.stored(kind, name)
