"""Hybrid activations: the ids and codes with which AWS's agent registers a machine (semantics 1.2)."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import sqlite3
import string
from collections.abc import Mapping

from tui.engine.context import ApiFault, Context, operation
from tui.engine.paging import decode_token, encode_token
from tui.engine.resource_tags import LIMIT, refuse_reserved
from tui.ports import Shape

DAY = 86400.0
LASTS, AT_MOST = DAY, 30 * DAY
"""Seconds for which an activation is good where no date is given, and where one is."""

PAGE = 50
"""Activations in one answer where no number is asked for (unconfirmed)."""

_LETTERS = string.ascii_letters + string.digits + "+/"
_CODE_LENGTH = 20
_ROLE = re.compile(r"(service-role/)?[\w+=,.@-]+", re.ASCII)

_INSERT = (
    "INSERT INTO activations VALUES (:id, :code_digest, :description, :default_name, :iam_role, :registration_limit,"
    " :registrations, :created_at, :expires_at, :tags)"
)
_COLUMNS: Mapping[str, str] = {
    "ActivationIds": "id",
    "DefaultInstanceName": "default_name",
    "IamRole": "iam_role",
}


def check_role(role: str) -> None:
    """Refuse what is no role's name, and roles that belong to a service. Raises: ApiFault ValidationException.

    Whether the role exists is IAM's to say, which the embedded engine has not.
    """
    if role.startswith(("aws-service-role/", "AWSServiceRole")):
        raise ApiFault("ValidationException", f"The role {role} is linked to a service and can't be used for nodes.")
    if not _ROLE.fullmatch(role):
        raise ApiFault("ValidationException", f"{role!r} is no role's name: give the name, not the ARN.")


@operation("CreateActivation")
async def create_activation(ctx: Context, req: Shape) -> Shape:
    """Make an activation; its code is in the answer and nowhere else, the store has its digest.

    A date that is past or more than 30 days ahead is refused with ValidationException (the code is unconfirmed).
    """
    services = ctx.services
    check_role(req["IamRole"])
    now = services.clock.now()
    expires = req.get("ExpirationDate", now + LASTS)
    if not now < expires <= now + AT_MOST:
        raise ApiFault("ValidationException", "ExpirationDate must be in the future and at most 30 days ahead.")
    if req.get("RegistrationMetadata"):
        raise ApiFault("ValidationException", "RegistrationMetadata is reserved for AWS's own use.")
    tags = {tag["Key"]: tag["Value"] for tag in req.get("Tags") or ()}
    refuse_reserved(tags)
    if len(tags) > LIMIT:
        raise ApiFault("ValidationException", f"An activation can have at most {LIMIT} tags.")
    code = "".join(secrets.choice(_LETTERS) for _ in range(_CODE_LENGTH))
    row = {
        "id": services.ids.uuid(),
        "code_digest": hashlib.sha256(code.encode()).hexdigest(),
        "description": req.get("Description", ""),
        "default_name": req.get("DefaultInstanceName", ""),
        "iam_role": req["IamRole"],
        "registration_limit": req.get("RegistrationLimit", 1),
        "registrations": 0,
        "created_at": now,
        "expires_at": expires,
        "tags": json.dumps([{"Key": key, "Value": value} for key, value in tags.items()]),
    }
    await services.store.write(lambda conn: conn.execute(_INSERT, row))
    return {"ActivationId": row["id"], "ActivationCode": code}


@operation("DescribeActivations")
async def describe_activations(ctx: Context, req: Shape) -> Shape:
    """List activations by id, the expired ones too; values of a filter are alternatives, filters add up."""
    clauses, values = ["id > ?"], [decode_token(req.get("NextToken"), "activations")]
    for each in req.get("Filters") or ():
        key, wanted = each.get("FilterKey"), each.get("FilterValues")
        if key is None or not wanted:
            raise ApiFault("InvalidFilter", "A filter needs a FilterKey and FilterValues.")
        clauses.append(f"{_COLUMNS[key]} IN ({','.join('?' * len(wanted))})")
        values += wanted
    size = req.get("MaxResults", PAGE)
    query = f"SELECT * FROM activations WHERE {' AND '.join(clauses)} ORDER BY id LIMIT ?"  # noqa: S608 - only columns of ours and question marks are added
    rows = ctx.services.store.read(query, (*values, size + 1))
    now = ctx.services.clock.now()
    return {
        "ActivationList": [_shape(row, now) for row in rows[:size]],
        "NextToken": encode_token("activations", rows[size - 1]["id"]) if len(rows) > size else None,
    }


@operation("DeleteActivation")
async def delete_activation(ctx: Context, req: Shape) -> Shape:
    """Delete an activation; nodes that it registered stay."""

    def delete(conn: sqlite3.Connection) -> int:
        return conn.execute("DELETE FROM activations WHERE id = ?", (req["ActivationId"],)).rowcount

    if not await ctx.services.store.write(delete):
        raise ApiFault("InvalidActivationId", f"There is no activation {req['ActivationId']}.")
    return {}


def _shape(row: sqlite3.Row, now: float) -> Shape:
    shape = {
        "ActivationId": row["id"],
        "Description": row["description"] or None,
        "DefaultInstanceName": row["default_name"] or None,
        "IamRole": row["iam_role"],
        "RegistrationLimit": row["registration_limit"],
        "RegistrationsCount": row["registrations"],
        "ExpirationDate": row["expires_at"],
        "Expired": now >= row["expires_at"],
        "CreatedDate": row["created_at"],
        "Tags": json.loads(row["tags"]) or None,
    }
    return {key: value for key, value in shape.items() if value is not None}
