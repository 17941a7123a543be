"""What is in resource groups, and what a query would find.

Members of groups with a query follow from tags. Groups that are filled by hand hold EC2's hosts and reservations
alone, as on AWS; the embedded engine has neither, so that nothing can be put into them, and each attempt says so.
"""

from __future__ import annotations

from itertools import islice

from tui.engine.context import ApiFault, Context, operation
from tui.engine.domains.resource_groups.groups import BAD, find_group
from tui.engine.group_configurations import STATIC
from tui.engine.group_queries import STACK_MISSING, Found, read_query, resources
from tui.engine.model import RESOURCE_GROUPS
from tui.engine.paging import decode_token, encode_token
from tui.engine.resource_groups import ResourceGroups
from tui.engine.resource_tags import KINDS, arn_of
from tui.ports import Shape

PAGE = 50


@operation("ListGroupResources", service=RESOURCE_GROUPS)
async def list_group_resources(ctx: Context, req: Shape) -> Shape:
    """List a group's members by kind and id. A filter by a type that the group's query leaves out is refused."""
    group = find_group(ctx, req)
    query = group.read()
    types = [value for each in req.get("Filters") or () for value in each["Values"]]
    wrong = [each for each in types if query is not None and not query.finds(each)]
    if wrong:
        text = f"The resource types specified as filters in the request are not valid: {', '.join(wrong)}"
        raise ApiFault(BAD, text)
    found = ctx.services.part(ResourceGroups).members(group, types, _after(req))
    page, token = _page(req, found)
    identifiers = [_identifier(ctx, kind, name) for kind, name in page]
    return {
        "Resources": [{"Identifier": each} for each in identifiers],
        "ResourceIdentifiers": identifiers,
        "QueryErrors": [],
        "NextToken": token,
    }


@operation("SearchResources", service=RESOURCE_GROUPS, writes=False)
async def search_resources(ctx: Context, req: Shape) -> Shape:
    query = read_query(req["ResourceQuery"])
    page, token = _page(req, resources(ctx.services, query, after=_after(req)))
    errors = [{"ErrorCode": STACK_MISSING, "Message": f"There is no stack {query.stack}."}] if query.stack else []
    identifiers = [_identifier(ctx, kind, name) for kind, name in page]
    return {"ResourceIdentifiers": identifiers, "QueryErrors": errors, "NextToken": token}


@operation("GroupResources", service=RESOURCE_GROUPS)
async def group_resources(ctx: Context, req: Shape) -> Shape:
    _refuse_filled_by_query(ctx, req)
    return _none(req, "RESOURCE_NOT_FOUND", "There is no such host or reservation.")


@operation("UngroupResources", service=RESOURCE_GROUPS)
async def ungroup_resources(ctx: Context, req: Shape) -> Shape:
    _refuse_filled_by_query(ctx, req)
    return _none(req, "RESOURCE_NOT_FOUND", "The group has no such member.")


@operation("ListGroupingStatuses", service=RESOURCE_GROUPS)
async def list_grouping_statuses(ctx: Context, req: Shape) -> Shape:
    """Say how putting resources into a group went: nothing ever went into one."""
    group = find_group(ctx, req)
    decode_token(req.get("NextToken"), "grouping-statuses")
    return {"Group": group.name, "GroupingStatuses": []}


def _refuse_filled_by_query(ctx: Context, req: Shape) -> None:
    group = find_group(ctx, req)
    if not STATIC & {item["Type"] for item in group.configuration or ()}:
        needed = " or ".join(sorted(STATIC))
        raise ApiFault(BAD, f"Only groups configured as {needed} are filled by hand; {group.name} is not.")


def _none(req: Shape, code: str, text: str) -> Shape:
    failed = [{"ResourceArn": arn, "ErrorCode": code, "ErrorMessage": text} for arn in req["ResourceArns"]]
    return {"Failed": failed, "Pending": []}  # Succeeded is there only where it has members, by its shape


def _after(req: Shape) -> tuple[str, str]:
    kind, _, name = decode_token(req.get("NextToken"), "members").partition("/")
    return kind, name


def _page(req: Shape, found: Found) -> tuple[list[tuple[str, str]], str | None]:
    size = req.get("MaxResults", PAGE)
    page = list(islice(found, size + 1))
    return page[:size], encode_token("members", "/".join(page[size - 1])) if len(page) > size else None


def _identifier(ctx: Context, kind: str, name: str) -> Shape:
    return {"ResourceArn": arn_of(ctx, kind, name), "ResourceType": KINDS[kind].type}
