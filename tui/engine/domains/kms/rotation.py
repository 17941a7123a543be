"""Rotation of KMS keys: whether and how often a key is given new material; it is done within an hour of its date."""

from __future__ import annotations

import sqlite3

from tui.engine.context import ApiFault, Context, operation
from tui.engine.kms_keys import AWS, DAY, ROTATION_DAYS, Key, KmsKeys
from tui.engine.model import KMS
from tui.engine.paging import decode_token, encode_token, number_of
from tui.ports import Shape

PAGE = 100


@operation("EnableKeyRotation", service=KMS)
async def enable_key_rotation(ctx: Context, req: Shape) -> Shape:
    """Rotate a key from now on, every year or as often as is asked; the same again leaves the next date as it is."""
    key, days = _own(ctx, req["KeyId"]), req.get("RotationPeriodInDays", ROTATION_DAYS)
    if key.rotation_days != days:
        await _set(ctx, key, days, ctx.services.clock.now() + days * DAY)
    return {}


@operation("DisableKeyRotation", service=KMS)
async def disable_key_rotation(ctx: Context, req: Shape) -> Shape:
    await _set(ctx, _own(ctx, req["KeyId"]), None, None)
    return {}


@operation("GetKeyRotationStatus", service=KMS)
async def get_key_rotation_status(ctx: Context, req: Shape) -> Shape:
    key = ctx.services.part(KmsKeys).find(req["KeyId"], by_alias=False)
    if key.rotation_days is None:
        return {"KeyRotationEnabled": False, "KeyId": key.id}
    return {
        "KeyRotationEnabled": True,
        "KeyId": key.id,
        "RotationPeriodInDays": key.rotation_days,
        "NextRotationDate": key.rotates_at,
    }


@operation("ListKeyRotations", service=KMS)
async def list_key_rotations(ctx: Context, req: Shape) -> Shape:
    """List the rotations that were, oldest first; with ALL_KEY_MATERIAL the key's first material as well."""
    keys = ctx.services.part(KmsKeys)
    key = keys.find(req["KeyId"], by_alias=False)
    first = 1 if req.get("IncludeKeyMaterial") == "ALL_KEY_MATERIAL" else 2
    after, size = number_of(decode_token(req.get("Marker"), "rotations") or "0"), req.get("Limit", PAGE)
    query = "SELECT version, made_at FROM kms_materials WHERE key_id = ? AND version > ? ORDER BY version LIMIT ?"
    rows = ctx.services.store.read(query, (key.id, max(first - 1, after), size + 1))
    rotations = [
        {
            "KeyId": key.id,
            "KeyMaterialId": keys.material_id(key, row["version"]),
            "KeyMaterialState": "CURRENT" if row["version"] == key.material else "NON_CURRENT",
        }
        | ({} if row["version"] == 1 else {"RotationDate": row["made_at"], "RotationType": "AUTOMATIC"})
        for row in rows[:size]
    ]
    if len(rows) <= size:
        return {"Rotations": rotations, "Truncated": False}
    marker = encode_token("rotations", str(rows[size - 1]["version"]))
    return {"Rotations": rotations, "Truncated": True, "NextMarker": marker}


def _own(ctx: Context, key_id: str) -> Key:
    """Give a key whose rotation is the caller's to choose.

    Raises: ApiFault NotFoundException, DisabledException, UnsupportedOperationException.
    """
    keys = ctx.services.part(KmsKeys)
    key = keys.usable(keys.find(key_id, by_alias=False))
    if key.manager == AWS:
        arn = ctx.arn(f"key/{key.id}", service=KMS)
        raise ApiFault("UnsupportedOperationException", f"{arn} is managed by AWS, which rotates it every year.")
    return key


async def _set(ctx: Context, key: Key, days: int | None, rotates_at: float | None) -> None:
    values = (days, rotates_at, key.id)

    def store(conn: sqlite3.Connection) -> None:
        conn.execute("UPDATE kms_keys SET rotation_days = ?, rotates_at = ? WHERE id = ?", values)

    await ctx.services.store.write(store)
