"""Labels of parameters' versions (semantics 2.3)."""

from __future__ import annotations

import re
import sqlite3

from tui.engine import parameter_rows as rows
from tui.engine.context import ApiFault, Context, operation
from tui.engine.parameter_events import LABEL, UNLABEL, publish_parameter
from tui.engine.parameter_names import name_to_change
from tui.ports import Shape

_LABEL = re.compile(r"(?!\d|aws|ssm)[A-Za-z0-9_.-]{1,100}", re.IGNORECASE | re.ASCII)


@operation("LabelParameterVersion")
async def label_parameter_version(ctx: Context, req: Shape) -> Shape:
    """Give a version labels, the newest where none is named; labels that can't be any are given back."""
    wanted = list(dict.fromkeys(req["Labels"]))
    good = [each for each in wanted if _LABEL.fullmatch(each)]

    def write(conn: sqlite3.Connection) -> tuple[sqlite3.Row, int]:
        row = _found(conn, req)
        version = req.get("ParameterVersion", row["version"])
        rows.label(conn, row, version, good)
        return row, version

    row, version = await ctx.services.store.write(write)
    if good:
        publish_parameter(ctx.services, LABEL, row, version, region=ctx.region)
    return {"InvalidLabels": [each for each in wanted if each not in good], "ParameterVersion": version}


@operation("UnlabelParameterVersion")
async def unlabel_parameter_version(ctx: Context, req: Shape) -> Shape:
    """Take labels from a version; those that it does not have are given back."""
    wanted, version = list(dict.fromkeys(req["Labels"])), req["ParameterVersion"]

    def write(conn: sqlite3.Connection) -> tuple[sqlite3.Row, list[str]]:
        row = _found(conn, req)
        return row, rows.unlabel(conn, row, version, wanted)

    row, removed = await ctx.services.store.write(write)
    if removed:
        publish_parameter(ctx.services, UNLABEL, row, version, region=ctx.region)
    return {"RemovedLabels": removed, "InvalidLabels": [each for each in wanted if each not in removed]}


def _found(conn: sqlite3.Connection, req: Shape) -> sqlite3.Row:
    """Give the parameter that is meant. Raises: ApiFault ParameterNotFound, ValidationException."""
    row = rows.found(conn, name_to_change(req["Name"])[0])
    if row is None:
        raise ApiFault("ParameterNotFound")
    return row
