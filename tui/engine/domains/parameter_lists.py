"""Lists of parameters without their values: by filters, and one level of the tree at a time (semantics 2.4)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import islice
from typing import Any

from tui.engine.context import ApiFault, Context, operation
from tui.engine.model import OWN
from tui.engine.paging import decode_token, encode_token
from tui.engine.parameter_filters import (
    DESCRIBED,
    ONE_LEVEL,
    RECURSIVE,
    Filter,
    checked,
    fits,
    legacy,
    one_level,
    plan_of,
)
from tui.engine.parameter_names import path_of
from tui.engine.parameter_pages import NAMES, Plan, page
from tui.engine.parameter_policies import expiry
from tui.engine.parameter_records import metadata_shapes
from tui.engine.parameter_sources import ParameterSource, ParameterSources
from tui.ports import Shape

PAGE, MANY = 10, 1000
"""Parameters in one answer where no number is asked for: of AWS's list, and of those that are ours."""

_FOLDERS = "SELECT path, below FROM parameter_folders WHERE parent = ? AND path > ? ORDER BY path LIMIT ?"
_LEAVES = "SELECT * FROM parameters WHERE parent = ? AND name > ? ORDER BY name LIMIT ?"
_COLUMNS = "p.name, p.shown, p.type, p.tier, p.version, p.modified_at, p.data_type, p.policies"
_PUBLIC = (("Name", ""), ("Type", ""), ("Tier", ""), ("Version", 0), ("LastModifiedDate", 0.0), ("DataType", ""))
"""What a source says of a parameter for _COLUMNS, each with what stands there where it says nothing."""


@operation("DescribeParameters")
async def describe_parameters(ctx: Context, req: Shape) -> Shape:
    """List parameters by name. Those of a source are listed where a filter names it; no other account shares any."""
    old, new = req.get("Filters"), req.get("ParameterFilters")
    if old and new:
        raise ApiFault("ValidationException", "You can use either Filters or ParameterFilters in a single request.")
    sources = ctx.services.part(ParameterSources)
    source = next((asked for asked in (_source(sources, each) for each in new or old or ()) if asked), None)
    filters = legacy(old) if old else checked(new or (), DESCRIBED, public=source is not None)
    after, size = decode_token(req.get("NextToken"), "parameters"), req.get("MaxResults", PAGE)
    if req.get("Shared"):
        return {"Parameters": []}
    if source is not None:
        shapes, last = _public(ctx, source, filters, after, size)
        return {"Parameters": shapes, "NextToken": _token("parameters", last)}
    found, last = page(ctx.services.store, plan_of(filters), after, size)
    return {"Parameters": metadata_shapes(ctx, found), "NextToken": _token("parameters", last)}


@operation("ListParameterChildren", service=OWN)
async def list_parameter_children(ctx: Context, req: Shape) -> Shape:
    """Give the folders and parameters right below a path, by name; one name may be both.

    How many are below a folder is kept, not counted: a level of a tree costs what it shows.
    """
    path = path_of(req["Path"])
    after, size = decode_token(req.get("NextToken"), "children"), req.get("MaxResults", MANY)
    source = ctx.services.part(ParameterSources).of(path)
    if source is not None:
        folders, leaves = _public_level(ctx, source, path, after)
    else:
        store, wanted = ctx.services.store, (path or "/", after, size + 1)
        folders = {row["path"]: row["below"] for row in store.read(_FOLDERS, wanted)}
        rows = store.read(_LEAVES, wanted)
        leaves = dict(zip((row["name"] for row in rows), metadata_shapes(ctx, rows), strict=True))
    names = sorted(folders.keys() | leaves.keys())
    return {
        "Children": [
            {
                "Name": name,
                "Folder": name in folders,
                "Count": folders.get(name, 0),
                "Parameter": leaves.get(name),
            }
            for name in names[:size]
        ],
        "NextToken": _token("children", names[size - 1] if len(names) > size else ""),
    }


@operation("ListParametersByPath", service=OWN)
async def list_parameters_by_path(ctx: Context, req: Shape) -> Shape:
    """List the parameters below a path by name, column by column: a list of 100,000 is read for what it shows.

    As in GetParametersByPath the path itself is none of them. Who reads page after page finds what was there all the
    while once, whatever is put and deleted meanwhile.
    """
    path, recursive = path_of(req["Path"]), bool(req.get("Recursive"))
    after, size = decode_token(req.get("NextToken"), "names"), req.get("MaxResults", MANY)
    source = ctx.services.part(ParameterSources).of(path)
    if source is not None:
        wanted = Filter("Path", RECURSIVE if recursive else ONE_LEVEL, (path,))
        shapes, last = _public(ctx, source, [wanted], after, size)
        return _columns(
            [(each["Name"], *(each.get(key, none) for key, none in _PUBLIC), "[]") for each in shapes], last
        )
    plan = Plan(drivers=[NAMES if recursive else one_level(path)], columns=_COLUMNS)
    plan.below(path)
    found, last = page(ctx.services.store, plan, after, size)
    return _columns(found, last)


def _columns(rows: Sequence[Sequence[Any]], last: str) -> Shape:
    """Write a page from rows of _COLUMNS."""
    _, names, types, tiers, versions, dates, kinds, policies = (
        map(list, zip(*rows, strict=True)) if rows else ([] for _ in range(8))
    )
    expiring = [(name, expiry(json.loads(text))) for name, text in zip(names, policies, strict=True) if text != "[]"]
    return {
        "Names": names,
        "Types": types,
        "Tiers": tiers,
        "Versions": versions,
        "LastModifiedDates": dates,
        "DataTypes": kinds,
        "Expirations": {name: when for name, when in expiring if when is not None},
        "NextToken": _token("names", last),
    }


def _source(sources: ParameterSources, each: Shape) -> ParameterSource | None:
    """Give the source that a filter by name or path asks."""
    named = each["Key"] in ("Name", "Path") and each.get("Option") != "Contains"
    found = [sources.of(value) for value in each.get("Values") or ()] if named else []
    return found[0] if found and all(found) else None


def _public(
    ctx: Context, source: ParameterSource, filters: list[Filter], after: str, size: int
) -> tuple[list[Shape], str]:
    """Give a page of a source's parameters, and the name to go on after, empty at the end."""
    rest = (each for each in source.describe(ctx) if each["Name"] > after and fits(filters, each))
    shapes = list(islice(rest, size + 1))
    return shapes[:size], shapes[size - 1]["Name"] if len(shapes) > size else ""


def _public_level(
    ctx: Context, source: ParameterSource, path: str, after: str
) -> tuple[dict[str, int], dict[str, Shape]]:
    """Give what stands right below a path among a source's parameters, which are few."""
    folders: dict[str, int] = {}
    leaves: dict[str, Shape] = {}
    for shape in source.describe(ctx):
        name = shape["Name"]
        if not name.startswith(f"{path}/"):
            continue
        child = f"{path}/{name.removeprefix(f'{path}/').partition('/')[0]}"
        if child <= after:
            continue
        if child == name:
            leaves[child] = shape
        else:
            folders[child] = folders.get(child, 0) + 1
    return folders, leaves


def _token(kind: str, last: str) -> str | None:
    return encode_token(kind, last) if last else None
