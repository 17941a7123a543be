"""Resource policies: who else may use a resource of this account (semantics 12.8).

The default OpsItemGroup is there in every account, and parameters of the advanced tier can have policies; they go with
the parameter. Shared documents can have policies too: the embedded engine answers as an account without any. Policies
are kept and given back; there is no other account here that they could let in.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3

from tui.engine.context import ApiFault, Context, operation
from tui.engine.paging import decode_token, encode_token
from tui.engine.parameter_values import ADVANCED
from tui.ports import Shape

OPS_ITEM_GROUP = "opsitemgroup/default"
LIMIT = 1
"""Policies that one resource may have."""

PAGE = 50
PARAMETER = "parameter/"
KINDS = ("opsitemgroup/", PARAMETER, "document/")

_TIER = "SELECT tier FROM parameters WHERE name = ?"


@operation("PutResourcePolicy")
async def put_resource_policy(ctx: Context, req: Shape) -> Shape:
    resource, policy = _resource(ctx, req), req["Policy"]
    _check(policy)
    policy_id, given = req.get("PolicyId"), req.get("PolicyHash")
    if (policy_id is None) != (given is None):
        missing = "PolicyHash" if given is None else "PolicyId"
        raise _invalid(f"To replace a policy, {missing} must be given too.", missing)
    new_id, new_hash = policy_id or ctx.services.ids.uuid(), hashlib.sha256(policy.encode()).hexdigest()

    def put(conn: sqlite3.Connection) -> None:
        _check_parameter(conn, resource, req["ResourceArn"])
        if policy_id is not None:
            _current(conn, resource, policy_id, given)
        elif conn.execute("SELECT count(*) FROM resource_policies WHERE resource = ?", (resource,)).fetchone()[0]:
            raise ApiFault(
                "ResourcePolicyLimitExceededException",
                "The resource has a policy: give its PolicyId and PolicyHash to replace it.",
                {"Limit": LIMIT, "LimitType": "Policies"},
            )
        conn.execute(
            "INSERT OR REPLACE INTO resource_policies VALUES (?, ?, ?, ?)", (resource, new_id, policy, new_hash)
        )

    await ctx.services.store.write(put)
    return {"PolicyId": new_id, "PolicyHash": new_hash}


@operation("GetResourcePolicies")
async def get_resource_policies(ctx: Context, req: Shape) -> Shape:
    resource = _resource(ctx, req)
    try:
        after = decode_token(req.get("NextToken"), "policies")
    except ApiFault as fault:  # the operation has no InvalidNextToken
        raise _invalid(fault.message, "NextToken") from None
    size = req.get("MaxResults", PAGE)
    rows = ctx.services.store.read(
        "SELECT * FROM resource_policies WHERE resource = ? AND id > ? ORDER BY id LIMIT ?", (resource, after, size + 1)
    )
    return {
        "Policies": [
            {"PolicyId": row["id"], "PolicyHash": row["hash"], "Policy": row["policy"]} for row in rows[:size]
        ],
        "NextToken": encode_token("policies", rows[size - 1]["id"]) if len(rows) > size else None,
    }


@operation("DeleteResourcePolicy")
async def delete_resource_policy(ctx: Context, req: Shape) -> Shape:
    resource = _resource(ctx, req)

    def delete(conn: sqlite3.Connection) -> None:
        _current(conn, resource, req["PolicyId"], req["PolicyHash"])
        conn.execute("DELETE FROM resource_policies WHERE resource = ? AND id = ?", (resource, req["PolicyId"]))

    await ctx.services.store.write(delete)
    return {}


def _resource(ctx: Context, req: Shape) -> str:
    """Give what an ARN names in this account and region.

    Raises: ApiFault ResourcePolicyInvalidParameterException where nothing of the kind can have a policy,
    ResourceNotFoundException where it is not there.
    """
    arn, prefix = req["ResourceArn"], ctx.arn("")
    name = arn.partition(":ssm:")[2].partition(":")[2].partition(":")[2]
    if not name.startswith(KINDS):
        raise _invalid(f"{arn} is no resource that can have a policy.", "ResourceArn")
    resource = arn.removeprefix(prefix)
    if resource != OPS_ITEM_GROUP and not (resource.startswith(PARAMETER) and _tier(ctx, resource)):
        raise _missing(arn)
    return str(resource)


def _tier(ctx: Context, resource: str) -> str:
    """Give the tier of the parameter that the end of an ARN names; nothing where there is none."""
    row = ctx.services.store.read_one(_TIER, (_name(resource),))
    return "" if row is None else str(row["tier"])


def _check_parameter(conn: sqlite3.Connection, resource: str, arn: str) -> None:
    """Make sure, inside a write, that a parameter is still there and may be shared.

    Raises: ApiFault ResourceNotFoundException, ResourcePolicyInvalidParameterException.
    """
    if not resource.startswith(PARAMETER):
        return
    row = conn.execute(_TIER, (_name(resource),)).fetchone()
    if row is None:
        raise _missing(arn)
    if row["tier"] != ADVANCED:
        text = f"{arn} is a parameter of the standard tier: only those of the advanced tier can be shared."
        raise _invalid(text, "ResourceArn")


def _name(resource: str) -> str:
    """Give a parameter's canonical name, with its slash."""
    return f"/{resource.removeprefix(PARAMETER)}"


def _missing(arn: str) -> ApiFault:
    return ApiFault("ResourceNotFoundException", f"There is no resource {arn}.")


def _check(policy: str) -> None:
    """Refuse what is no policy. Raises: ApiFault MalformedResourcePolicyDocumentException."""
    try:
        document = json.loads(policy)
    except (ValueError, RecursionError) as error:
        raise ApiFault("MalformedResourcePolicyDocumentException", f"The policy is not JSON: {error}.") from None
    statements = document.get("Statement") if isinstance(document, dict) else None
    for statement in statements if isinstance(statements, list) and statements else [statements]:
        if not isinstance(statement, dict) or not {"Effect", "Principal", "Action"} <= statement.keys():
            text = "A policy needs statements with Effect, Principal and Action."
            raise ApiFault("MalformedResourcePolicyDocumentException", text)


def _current(conn: sqlite3.Connection, resource: str, policy_id: str, given: str | None) -> None:
    """Make sure that a policy is there and is the one that the caller has seen.

    Raises: ApiFault ResourcePolicyNotFoundException, ResourcePolicyConflictException.
    """
    query = "SELECT hash FROM resource_policies WHERE resource = ? AND id = ?"
    row = conn.execute(query, (resource, policy_id)).fetchone()
    if row is None:
        raise ApiFault("ResourcePolicyNotFoundException", f"There is no policy {policy_id}.")
    if row["hash"] != given:
        raise ApiFault("ResourcePolicyConflictException", "The policy was changed: its PolicyHash is another one.")


def _invalid(text: str, parameter: str) -> ApiFault:
    return ApiFault("ResourcePolicyInvalidParameterException", text, {"ParameterNames": [parameter]})
