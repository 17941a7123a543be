"""KMS keys: made, described, listed, disabled and enabled; symmetric ones, of material that the engine makes."""

from __future__ import annotations

import sqlite3

from tui.engine.context import ApiFault, Context, operation
from tui.engine.kms_keys import AWS, Key, KmsKeys
from tui.engine.model import KMS
from tui.engine.paging import decode_token, encode_token
from tui.ports import Shape

PAGE = 100
SYMMETRIC = "SYMMETRIC_DEFAULT"


@operation("CreateKey", service=KMS)
async def create_key(ctx: Context, req: Shape) -> Shape:
    specs = {req.get("KeySpec", SYMMETRIC), req.get("CustomerMasterKeySpec", SYMMETRIC)}
    usage, origin = req.get("KeyUsage", "ENCRYPT_DECRYPT"), req.get("Origin", "AWS_KMS")
    if (specs, usage, origin) != ({SYMMETRIC}, "ENCRYPT_DECRYPT", "AWS_KMS"):
        raise _unsupported("makes symmetric keys that encrypt and decrypt, of its own material, and no others")
    for name, what in (
        ("Policy", "policies of keys"),
        ("Tags", "tags of keys"),
        ("MultiRegion", "keys of several Regions"),
        ("CustomKeyStoreId", "custom key stores"),
        ("XksKeyId", "external key stores"),
    ):
        if req.get(name):
            raise _unsupported(f"has no {what}")
    made = await ctx.services.part(KmsKeys).make(req.get("Description", ""))
    return {"KeyMetadata": _metadata(ctx, made)}


@operation("DescribeKey", service=KMS)
async def describe_key(ctx: Context, req: Shape) -> Shape:
    return {"KeyMetadata": _metadata(ctx, await ctx.services.part(KmsKeys).found_or_default(req["KeyId"]))}


@operation("ListKeys", service=KMS)
async def list_keys(ctx: Context, req: Shape) -> Shape:
    after, size = decode_token(req.get("Marker"), "keys"), req.get("Limit", PAGE)
    if "SELF" not in req.get("ResourceOwners", ["SELF"]):  # nobody shares keys with an account of the engine's own
        return {"Keys": [], "Truncated": False}
    found = ctx.services.part(KmsKeys).all(after, size + 1)
    keys = [{"KeyId": key.id, "KeyArn": ctx.arn(f"key/{key.id}", service=KMS)} for key in found[:size]]
    if len(found) <= size:
        return {"Keys": keys, "Truncated": False}
    return {"Keys": keys, "Truncated": True, "NextMarker": encode_token("keys", found[size - 1].id)}


@operation("EnableKey", service=KMS)
async def enable_key(ctx: Context, req: Shape) -> Shape:
    await _set_enabled(ctx, req["KeyId"], True)
    return {}


@operation("DisableKey", service=KMS)
async def disable_key(ctx: Context, req: Shape) -> Shape:
    await _set_enabled(ctx, req["KeyId"], False)
    return {}


async def _set_enabled(ctx: Context, key_id: str, enabled: bool) -> None:
    """Raises: ApiFault NotFoundException, AccessDeniedException."""
    key = ctx.services.part(KmsKeys).find(key_id, by_alias=False)
    if key.manager == AWS:
        arn = ctx.arn(f"key/{key.id}", service=KMS)
        raise ApiFault("AccessDeniedException", f"{arn} is managed by AWS: it can't be enabled or disabled.")

    def store(conn: sqlite3.Connection) -> None:
        conn.execute("UPDATE kms_keys SET enabled = ? WHERE id = ?", (enabled, key.id))

    await ctx.services.store.write(store)


def _metadata(ctx: Context, key: Key) -> Shape:
    return {
        "AWSAccountId": ctx.caller.account,
        "KeyId": key.id,
        "Arn": ctx.arn(f"key/{key.id}", service=KMS),
        "CreationDate": key.created_at,
        "Enabled": key.enabled,
        "Description": key.description,
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": "Enabled" if key.enabled else "Disabled",
        "Origin": "AWS_KMS",
        "KeyManager": key.manager,
        "CustomerMasterKeySpec": SYMMETRIC,
        "KeySpec": SYMMETRIC,
        "EncryptionAlgorithms": [SYMMETRIC],
        "MultiRegion": False,
        "CurrentKeyMaterialId": ctx.services.part(KmsKeys).material_id(key),
    }


def _unsupported(what: str) -> ApiFault:
    return ApiFault("UnsupportedOperationException", f"The embedded engine {what}.")
