"""Tags of resource groups themselves, by the groups' ARNs."""

from __future__ import annotations

from tui.engine.context import ApiFault, Context, operation
from tui.engine.domains.resource_groups.groups import BAD, find_group
from tui.engine.model import RESOURCE_GROUPS
from tui.engine.resource_tags import GROUP, LIMIT, add_tags, remove_tags, tags_of
from tui.ports import Shape


@operation("GetTags", service=RESOURCE_GROUPS)
async def get_tags(ctx: Context, req: Shape) -> Shape:
    group = find_group(ctx, req)
    tags = {tag["Key"]: tag["Value"] for tag in tags_of(ctx.services, GROUP, group.name)}
    return {"Arn": req["Arn"], "Tags": tags}


@operation("Tag", service=RESOURCE_GROUPS)
async def tag(ctx: Context, req: Shape) -> Shape:
    group = find_group(ctx, req)
    try:
        await add_tags(ctx.services, GROUP, group.name, req["Tags"])
    except ApiFault as fault:
        if fault.code != "TooManyTagsError":
            raise
        raise ApiFault(BAD, f"A group can have at most {LIMIT} tags.") from fault
    return {"Arn": req["Arn"], "Tags": req["Tags"]}


@operation("Untag", service=RESOURCE_GROUPS)
async def untag(ctx: Context, req: Shape) -> Shape:
    group = find_group(ctx, req)
    await remove_tags(ctx.services, GROUP, group.name, req["Keys"])
    return {"Arn": req["Arn"], "Keys": req["Keys"]}
