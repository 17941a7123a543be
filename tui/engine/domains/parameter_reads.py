"""Reading parameters: by name, by path, and their history (semantics 2.3 and 2.4)."""

from __future__ import annotations

from itertools import islice

from tui.engine import parameter_rows as rows
from tui.engine.context import ApiFault, Context, operation
from tui.engine.paging import decode_token, encode_token, number_of
from tui.engine.parameter_filters import BY_PATH, Filter, checked, fits, one_level, plan_of
from tui.engine.parameter_names import asked, path_of
from tui.engine.parameter_pages import NAMES, Plan, page
from tui.engine.parameter_records import history_shape, join_versions, parameter_shape, read_parameter
from tui.engine.parameter_secrets import ready
from tui.engine.parameter_sources import ParameterSource, ParameterSources
from tui.ports import Shape

PATH_PAGE, HISTORY_PAGE = 10, 50
"""Parameters by path, and versions, in one answer where no number is asked for."""

_MISSING = ("ParameterNotFound", "ParameterVersionNotFound")
_HISTORY = (
    "SELECT p.name, p.shown, p.type, v.version, v.value, v.tier, v.data_type, v.key_id, v.description,"
    " v.allowed_pattern, v.modified_at, v.modified_by,"
    " CASE v.version WHEN p.version THEN p.policies ELSE v.policies END AS policies"
    " FROM parameters p CROSS JOIN parameter_versions v ON v.parameter = p.id"
    " WHERE p.name = ? AND v.version > ? ORDER BY v.version LIMIT ?"
)
_LABELS = "SELECT version, label FROM parameter_labels WHERE parameter = ? AND version BETWEEN ? AND ? ORDER BY label"


@operation("GetParameter")
async def get_parameter(ctx: Context, req: Shape) -> Shape:
    """Give one parameter, with the name as it was asked for."""
    decrypt = req.get("WithDecryption", False)
    await ready(ctx, decrypt=decrypt)
    return {"Parameter": await read_parameter(ctx, asked(ctx, req["Name"]), decrypt=decrypt)}


@operation("GetParameters")
async def get_parameters(ctx: Context, req: Shape) -> Shape:
    """Give parameters by name; those that are not there are named, and a name that can't be one refuses the call."""
    decrypt = req.get("WithDecryption", False)
    wanted = {given: asked(ctx, given) for given in req["Names"]}
    await ready(ctx, decrypt=decrypt)
    found, missing = [], []
    for given, each in wanted.items():
        try:
            found.append(await read_parameter(ctx, each, decrypt=decrypt))
        except ApiFault as fault:
            if fault.code not in _MISSING:
                raise
            missing.append(given)
    found.sort(key=lambda shape: (str(shape["Name"]), str(shape.get("Selector", ""))))
    return {"Parameters": found, "InvalidParameters": missing}


@operation("GetParametersByPath")
async def get_parameters_by_path(ctx: Context, req: Shape) -> Shape:
    """Give the parameters below a path, which is not among them; with a label the versions that have it."""
    path, decrypt = path_of(req["Path"]), req.get("WithDecryption", False)
    recursive, size = req.get("Recursive", False), req.get("MaxResults", PATH_PAGE)
    filters = checked(req.get("ParameterFilters") or (), BY_PATH)
    after = decode_token(req.get("NextToken"), "by-path")
    await ready(ctx, decrypt=decrypt)
    source = ctx.services.part(ParameterSources).of(path)
    if source is not None:
        found = (each for each in source.below(ctx, path, recursive) if each["Name"] > after and fits(filters, each))
        shapes = list(islice(found, size + 1))
        last = shapes[size - 1]["Name"] if len(shapes) > size else ""
        return {"Parameters": shapes[:size], "NextToken": _token("by-path", last)}
    labels = next((each.values for each in filters if each.key == "Label"), ())
    plan = _plan(path, filters, labels, recursive=recursive)
    read, last = page(ctx.services.store, plan, after, size)
    shapes = [parameter_shape(ctx, row, decrypt=decrypt, selector=f":{row['label']}" if labels else "") for row in read]
    return {"Parameters": shapes, "NextToken": _token("by-path", last)}


@operation("GetParameterHistory")
async def get_parameter_history(ctx: Context, req: Shape) -> Shape:
    """Give the versions of a parameter, oldest first."""
    wanted, decrypt = asked(ctx, req["Name"]), req.get("WithDecryption", False)
    size = req.get("MaxResults", HISTORY_PAGE)
    after = number_of(decode_token(req.get("NextToken"), "history") or "0")
    await ready(ctx, decrypt=decrypt)
    if wanted.selector or not wanted.local:
        raise ApiFault("ParameterNotFound")
    source = ctx.services.part(ParameterSources).of(wanted.name)
    if source is not None:
        return _public_history(ctx, source, wanted.name, after, size)
    parameter = rows.find(ctx.services.store, wanted.name)
    if parameter is None:
        raise ApiFault("ParameterNotFound")
    read = ctx.services.store.read(_HISTORY, (wanted.name, after, size + 1))
    labels: dict[int, list[str]] = {}
    if read:
        for row in ctx.services.store.read(_LABELS, (parameter["id"], read[0]["version"], read[-1]["version"])):
            labels.setdefault(row["version"], []).append(row["label"])
    versions = [history_shape(ctx, row, labels.get(row["version"], []), decrypt=decrypt) for row in read[:size]]
    last = str(read[size - 1]["version"]) if len(read) > size else ""
    return {"Parameters": versions, "NextToken": _token("history", last)}


def _public_history(ctx: Context, source: ParameterSource, name: str, after: int, size: int) -> Shape:
    history = source.history(ctx, name)
    if history is None:
        raise ApiFault("ParameterNotFound")
    rest = [each for each in history if each["Version"] > after]
    last = str(rest[size - 1]["Version"]) if len(rest) > size else ""
    return {"Parameters": rest[:size], "NextToken": _token("history", last)}


def _plan(path: str, filters: list[Filter], labels: tuple[str, ...], *, recursive: bool) -> Plan:
    plan = Plan(drivers=[NAMES if recursive else one_level(path)])
    plan.below(path)
    join_versions(plan, labels)
    return plan_of(filters, plan)


def _token(kind: str, last: str) -> str | None:
    return encode_token(kind, last) if last else None
