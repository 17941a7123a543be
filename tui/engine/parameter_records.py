"""Parameters as the API shows them, from their rows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence

from tui.engine import parameter_rows as rows
from tui.engine.context import ApiFault, Context
from tui.engine.parameter_names import Asked, arn_of_parameter
from tui.engine.parameter_pages import Condition, Plan
from tui.engine.parameter_secrets import shown
from tui.engine.parameter_sources import ParameterSources
from tui.ports import Shape

COLUMNS = "p.name, p.shown, p.type, v.version, v.value, v.data_type, v.key_id, v.modified_at"
"""What `parameter_shape` needs, of `parameters AS p` and `parameter_versions AS v`."""

_NEWEST = "CROSS JOIN parameter_versions v ON v.parameter = p.id AND v.version = p.version"

_ONE = f"SELECT {COLUMNS} FROM parameters p"  # noqa: S608 - columns of ours
_BY_NEWEST = f"{_ONE} {_NEWEST} WHERE p.name = ?"
_BY_VERSION = f"{_ONE} CROSS JOIN parameter_versions v ON v.parameter = p.id AND v.version = ? WHERE p.name = ?"
_BY_LABEL = (
    f"{_ONE} CROSS JOIN parameter_labels l ON l.parameter = p.id AND l.label = ?"
    " CROSS JOIN parameter_versions v ON v.parameter = p.id AND v.version = l.version WHERE p.name = ?"
)
_LONGEST_NUMBER = 18


def join_versions(plan: Plan, labels: Sequence[str] = ()) -> None:
    """Have a plan give COLUMNS of the newest versions, or of those that have one of the labels, and the `label`."""
    plan.columns, plan.join = COLUMNS, Condition(_NEWEST)
    if labels:
        plan.columns += ", l.label"
        plan.narrows = True
        plan.join = Condition(
            f"CROSS JOIN parameter_labels l ON l.parameter = p.id AND l.label IN ({','.join('?' * len(labels))})"
            " CROSS JOIN parameter_versions v ON v.parameter = p.id AND v.version = l.version",
            labels,
        )


async def read_parameter(ctx: Context, asked: Asked, *, decrypt: bool) -> Shape:
    """Give the Parameter that a name and its selector mean. Raises: ApiFault ParameterNotFound, InvalidKeyId,
    ParameterVersionNotFound, or what a source of parameters that are not the account's own raises."""
    source = ctx.services.part(ParameterSources).of(asked.name)
    if source is not None and asked.local:
        found = await source.get(ctx, asked.name, asked.selector, decrypt)
        if found is None:
            raise ApiFault("ParameterNotFound")
        ctx.revealed = ctx.revealed or (decrypt and found.get("Type") == "SecureString")
        return found
    row = _row(ctx, asked) if asked.local else None
    if row is None:
        raise ApiFault("ParameterNotFound")
    selector = f":{asked.selector}" if asked.selector else ""
    return parameter_shape(ctx, row, decrypt=decrypt, name=asked.shown, selector=selector)


def _row(ctx: Context, asked: Asked) -> sqlite3.Row | None:
    store, selector = ctx.services.store, asked.selector
    if not selector:
        return store.read_one(_BY_NEWEST, (asked.name,))
    parameter = rows.find(store, asked.name) if ":" not in selector else None
    if parameter is None:
        return None
    is_version = selector.isascii() and selector.isdigit()
    if not is_version:
        row = store.read_one(_BY_LABEL, (selector, asked.name))
    else:
        row = store.read_one(_BY_VERSION, (int(selector[:_LONGEST_NUMBER]), asked.name))
    if row is None or (is_version and len(selector) > _LONGEST_NUMBER):
        raise rows.version_not_found("version" if is_version else "label", selector, asked.shown or parameter["shown"])
    return row


def parameter_shape(ctx: Context, row: sqlite3.Row, *, decrypt: bool, name: str = "", selector: str = "") -> Shape:
    """Write a Parameter from COLUMNS; `name` is the form that the answer has, the stored one where it is empty."""
    shape = {
        "Name": name or row["shown"],
        "Type": row["type"],
        "Value": shown(ctx, row["name"], row["key_id"], row["value"], decrypt=decrypt),
        "Version": row["version"],
        "LastModifiedDate": row["modified_at"],
        "ARN": arn_of_parameter(ctx, row["name"]),
        "DataType": row["data_type"],
    }
    if selector:
        shape["Selector"] = selector
    return shape


def metadata_shapes(ctx: Context, found: Iterable[sqlite3.Row]) -> list[Shape]:
    """Write ParameterMetadata from rows of the table `parameters`."""
    prefix = arn_of_parameter(ctx, "")
    return [
        {
            "Name": row["shown"],
            "ARN": prefix + row["name"],
            "Type": row["type"],
            **_described(row),
            "Version": row["version"],
            "Tier": row["tier"],
            "Policies": _policies(row),
            "DataType": row["data_type"],
        }
        for row in found
    ]


def history_shape(ctx: Context, row: sqlite3.Row, labels: list[str], *, decrypt: bool) -> Shape:
    """Write a ParameterHistory from a version's row that has name, shown and type of the parameter too."""
    return {
        "Name": row["shown"],
        "Type": row["type"],
        **_described(row),
        "Value": shown(ctx, row["name"], row["key_id"], row["value"], decrypt=decrypt),
        "Version": row["version"],
        "Labels": labels,
        "Tier": row["tier"],
        "Policies": _policies(row),
        "DataType": row["data_type"],
    }


def _policies(row: sqlite3.Row) -> list[Shape]:
    text = row["policies"]
    found: list[Shape] = [] if text == "[]" else json.loads(text)
    return found


def _described(row: sqlite3.Row) -> Shape:
    """Give what both kinds of metadata have; what is empty is left out."""
    optional = {
        "KeyId": row["key_id"],
        "Description": row["description"],
        "AllowedPattern": row["allowed_pattern"],
    }
    shape = {key: value for key, value in optional.items() if value}
    return {**shape, "LastModifiedDate": row["modified_at"], "LastModifiedUser": row["modified_by"]}
