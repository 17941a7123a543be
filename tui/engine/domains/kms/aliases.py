"""Aliases: other names of KMS keys, unique in the account."""

from __future__ import annotations

import sqlite3

from tui.engine.context import ApiFault, Context, operation
from tui.engine.kms_keys import KmsKeys
from tui.engine.model import KMS
from tui.engine.paging import decode_token, encode_token
from tui.ports import Shape

PAGE = 50


@operation("CreateAlias", service=KMS)
async def create_alias(ctx: Context, req: Shape) -> Shape:
    name, target = _own(req["AliasName"]), _target(ctx, req["TargetKeyId"])
    now = ctx.services.clock.now()

    def insert(conn: sqlite3.Connection) -> None:
        if conn.execute("SELECT 1 FROM kms_aliases WHERE name = ?", (name,)).fetchone() is not None:
            text = f"An alias with the name {ctx.arn(name, service=KMS)} already exists"
            raise ApiFault("AlreadyExistsException", text)
        conn.execute("INSERT INTO kms_aliases VALUES (?, ?, ?, ?)", (name, target, now, now))

    await ctx.services.store.write(insert)
    return {}


@operation("UpdateAlias", service=KMS)
async def update_alias(ctx: Context, req: Shape) -> Shape:
    name, target = _own(req["AliasName"]), _target(ctx, req["TargetKeyId"])
    values = (target, ctx.services.clock.now(), name)

    def update(conn: sqlite3.Connection) -> None:
        if not conn.execute("UPDATE kms_aliases SET key_id = ?, changed_at = ? WHERE name = ?", values).rowcount:
            raise _missing(ctx, name)

    await ctx.services.store.write(update)
    return {}


@operation("DeleteAlias", service=KMS)
async def delete_alias(ctx: Context, req: Shape) -> Shape:
    name = _own(req["AliasName"])

    def delete(conn: sqlite3.Connection) -> None:
        if not conn.execute("DELETE FROM kms_aliases WHERE name = ?", (name,)).rowcount:
            raise _missing(ctx, name)

    await ctx.services.store.write(delete)
    return {}


@operation("ListAliases", service=KMS)
async def list_aliases(ctx: Context, req: Shape) -> Shape:
    """List the aliases that there are; that of the account's own key is one of them once the key was made."""
    keys = ctx.services.part(KmsKeys)
    after, size = decode_token(req.get("Marker"), "aliases"), req.get("Limit", PAGE)
    key_id = keys.find(req["KeyId"]).id if "KeyId" in req else ""
    found = keys.aliases(key_id, after, size + 1)
    aliases = [
        {
            "AliasName": row["name"],
            "AliasArn": ctx.arn(row["name"], service=KMS),
            "TargetKeyId": row["key_id"],
            "CreationDate": row["created_at"],
            "LastUpdatedDate": row["changed_at"],
        }
        for row in found[:size]
    ]
    if len(found) <= size:
        return {"Aliases": aliases, "Truncated": False}
    return {"Aliases": aliases, "Truncated": True, "NextMarker": encode_token("aliases", found[size - 1]["name"])}


def _own(name: str) -> str:
    """Refuse what can't be an alias of the caller's own. Raises: ApiFault."""
    if not name.startswith("alias/") or name == "alias/":
        raise ApiFault("ValidationException", "Invalid identifier")
    if name.startswith("alias/aws/"):
        raise ApiFault("NotAuthorizedException", f"{name} is reserved: alias/aws/ is for the keys that AWS manages.")
    if ":" in name:
        raise ApiFault("ValidationException", f"{name} contains invalid characters for an alias")
    return name


def _target(ctx: Context, key_id: str) -> str:
    """Give the id of the key that an alias is to stand for. Raises: ApiFault ValidationException, NotFoundException."""
    if key_id.startswith("alias/") or ":alias/" in key_id:
        raise ApiFault("ValidationException", "Aliases must refer to keys. Not aliases")
    return ctx.services.part(KmsKeys).find(key_id).id


def _missing(ctx: Context, name: str) -> ApiFault:
    return ApiFault("NotFoundException", f"Alias {ctx.arn(name, service=KMS)} is not found.")
