"""The Resource Groups Tagging API: tags of resources of all services by their ARNs (semantics 12.6).

Reports and compliance need an organization's tag policies, which the embedded engine has not: those operations
have no handler.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any

from tui.engine.context import ApiFault, Context, operation
from tui.engine.model import TAGGING
from tui.engine.paging import decode_token, encode_token
from tui.engine.resource_tags import (
    KINDS,
    TaggableResources,
    add_tags,
    arn_of,
    keys_in_use,
    refuse_reserved,
    remove_tags,
    tagged,
    tags_of,
    values_in_use,
)
from tui.ports import Shape

PAGE, KEYS_PAGE = 50, 500
"""Resources, and keys or values, in one answer where no number is asked for (unconfirmed)."""

INVALID = "InvalidParameterException"


@operation("GetResources", service=TAGGING)
async def get_resources(ctx: Context, req: Shape) -> Shape:
    """List tagged resources by kind and id, or those of the ARNs that are there.

    What was tagged once and is not now is left out, where AWS shows it without tags.
    """
    arns = req.get("ResourceARNList")
    if arns:
        others = ("TagFilters", "ResourceTypeFilters", "ResourcesPerPage", "TagsPerPage", "PaginationToken")
        if any(req.get(each) for each in others):
            raise ApiFault(INVALID, "ResourceARNList can't be used together with filters or pages.")
        known = ctx.services.part(TaggableResources)
        found = [known.find(ctx, arn) for arn in dict.fromkeys(arns)]
        mappings = [_mapping(ctx, *each) for each in found if each is not None]
        return {"ResourceTagMappingList": [each for each in mappings if each["Tags"]], "PaginationToken": ""}
    _check_pages(req)
    kinds = [name for name, kind in KINDS.items() if _chosen(kind.filter, req.get("ResourceTypeFilters"))]
    filters = [(_key(each), each.get("Values") or ()) for each in req.get("TagFilters") or ()]
    kind, _, name = decode_token(req.get("PaginationToken"), "tagged").partition("/")
    rest = tagged(ctx.services, filters, kinds=kinds, after=(kind, name))
    return _resources_page(ctx, rest, req.get("ResourcesPerPage"), req.get("TagsPerPage"))


@operation("GetTagKeys", service=TAGGING)
async def get_tag_keys(ctx: Context, req: Shape) -> Shape:
    page, token = _texts_page(partial(keys_in_use, ctx.services), req, "tag-keys")
    return {"TagKeys": page, "PaginationToken": token}


@operation("GetTagValues", service=TAGGING)
async def get_tag_values(ctx: Context, req: Shape) -> Shape:
    page, token = _texts_page(partial(values_in_use, ctx.services, req["Key"]), req, "tag-values")
    return {"TagValues": page, "PaginationToken": token}


@operation("TagResources", service=TAGGING)
async def tag_resources(ctx: Context, req: Shape) -> Shape:
    refuse_reserved(req["Tags"])
    return await _each(ctx, req, lambda kind, name: add_tags(ctx.services, kind, name, req["Tags"]))


@operation("UntagResources", service=TAGGING)
async def untag_resources(ctx: Context, req: Shape) -> Shape:
    return await _each(ctx, req, lambda kind, name: remove_tags(ctx.services, kind, name, req["TagKeys"]))


async def _each(ctx: Context, req: Shape, change: Callable[[str, str], Awaitable[Any]]) -> Shape:
    """Change each of the resources that is there, and say of the others why they were not changed."""
    known = ctx.services.part(TaggableResources)
    failed = {}
    for arn in dict.fromkeys(req["ResourceARNList"]):
        found = known.find(ctx, arn)
        try:
            if found is None:
                raise ApiFault("InvalidResourceId", f"There is no resource {arn}.")
            await change(*found)
        except ApiFault as fault:
            text = fault.message or fault.code
            failed[arn] = {"StatusCode": 400, "ErrorCode": INVALID, "ErrorMessage": text}
    return {"FailedResourcesMap": failed}


def _check_pages(req: Shape) -> None:
    resources, tags = req.get("ResourcesPerPage"), req.get("TagsPerPage")
    if resources is not None and not 1 <= resources <= 100:
        raise ApiFault(INVALID, "ResourcesPerPage must be between 1 and 100.")
    if tags is not None and not 100 <= tags <= 500:
        raise ApiFault(INVALID, "TagsPerPage must be between 100 and 500.")
    if req.get("ExcludeCompliantResources") and not req.get("IncludeComplianceDetails"):
        raise ApiFault(INVALID, "ExcludeCompliantResources needs IncludeComplianceDetails.")
    if req.get("IncludeComplianceDetails"):
        raise ApiFault(INVALID, "The embedded engine has no tag policies to be compliant with.")


def _chosen(filter_name: str, wanted: list[str] | None) -> bool:
    """Say whether `service:kind` is among filters that name a service or a kind of one."""
    return not wanted or filter_name in wanted or filter_name.partition(":")[0] in wanted


def _key(tag_filter: Shape) -> str:
    if "Key" not in tag_filter:
        raise ApiFault(INVALID, "A tag filter needs a Key.")
    key: str = tag_filter["Key"]
    return key


def _resources_page(ctx: Context, rest: Iterator[tuple[str, str]], most: int | None, tags: int | None) -> Shape:
    """Fill a page until it has as many resources or tags as it may; a resource's tags are never parted."""
    page: list[Shape] = []
    last: tuple[str, str] = ("", "")
    count = 0
    for each in rest:
        mapping = _mapping(ctx, *each)
        count += len(mapping["Tags"])
        if len(page) == (most or PAGE if tags is None else most or len(page) + 1) or (page and tags and count > tags):
            return {"ResourceTagMappingList": page, "PaginationToken": encode_token("tagged", "/".join(last))}
        page.append(mapping)
        last = each
    return {"ResourceTagMappingList": page, "PaginationToken": ""}


def _texts_page(in_use: Callable[[str | None], Iterator[str]], req: Shape, kind: str) -> tuple[list[str], str]:
    token = req.get("PaginationToken")
    after = decode_token(token, kind)
    found = list(islice(in_use(after if token else None), KEYS_PAGE + 1))
    page = found[:KEYS_PAGE]
    return page, encode_token(kind, page[-1]) if len(found) > KEYS_PAGE else ""


def _mapping(ctx: Context, kind: str, name: str) -> Shape:
    return {"ResourceARN": arn_of(ctx, kind, name), "Tags": tags_of(ctx.services, kind, name)}
