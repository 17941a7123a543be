"""What KMS keys do: encrypt and decrypt small data, and make data keys for what is larger.

Nothing of it is stored, so none of it is a write; who is shown a plaintext is in the audit.
"""

from __future__ import annotations

import base64
import binascii
import secrets

from tui.engine.context import ApiFault, Context, operation
from tui.engine.kms_keys import Key, KmsKeys
from tui.engine.model import KMS
from tui.engine.vault import Vault, parse
from tui.ports import Shape

SYMMETRIC = "SYMMETRIC_DEFAULT"
_SIZES = {"AES_256": 32, "AES_128": 16}


@operation("Encrypt", service=KMS, writes=False)
async def encrypt(ctx: Context, req: Shape) -> Shape:
    key = await _key(ctx, req)
    blob = await _sealed(ctx, req, key, base64.b64decode(req["Plaintext"]))
    return {"CiphertextBlob": blob, "KeyId": _arn(ctx, key), "EncryptionAlgorithm": SYMMETRIC}


@operation("Decrypt", service=KMS, writes=False)
async def decrypt(ctx: Context, req: Shape) -> Shape:
    _refuse_others(req)
    if req.get("DryRunModifiers"):
        raise ApiFault("ValidationException", "The embedded engine knows no DryRunModifiers.")
    if "CiphertextBlob" not in req:
        text = "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: "
        raise ApiFault("ValidationException", f"{text}Member must not be null")
    keys, vault = ctx.services.part(KmsKeys), ctx.services.part(Vault)
    try:
        blob = base64.b64decode(req["CiphertextBlob"], validate=True)
    except binascii.Error:
        raise ApiFault("InvalidCiphertextException") from None
    sealed = parse(blob)
    if "KeyId" in req and (await keys.found_or_default(req["KeyId"])).id != sealed.key_id:
        text = "The key ID in the request does not identify a CMK that can perform this operation."
        raise ApiFault("IncorrectKeyException", text)
    await vault.unlock()
    plaintext = vault.open(blob, context=req.get("EncryptionContext") or {})
    key = keys.find(sealed.key_id)
    _stop_dry_run(req)
    ctx.revealed = True
    return {
        "KeyId": _arn(ctx, key),
        "Plaintext": base64.b64encode(plaintext).decode(),
        "EncryptionAlgorithm": SYMMETRIC,
        "KeyMaterialId": keys.material_id(key, sealed.material),
    }


@operation("GenerateDataKey", service=KMS, writes=False)
async def generate_data_key(ctx: Context, req: Shape) -> Shape:
    key, data_key = await _key(ctx, req), secrets.token_bytes(_size(req))
    blob = await _sealed(ctx, req, key, data_key)
    ctx.revealed = True
    return {**_data_key_shape(ctx, key, blob), "Plaintext": base64.b64encode(data_key).decode()}


@operation("GenerateDataKeyWithoutPlaintext", service=KMS, writes=False)
async def generate_data_key_without_plaintext(ctx: Context, req: Shape) -> Shape:
    key = await _key(ctx, req)
    return _data_key_shape(ctx, key, await _sealed(ctx, req, key, secrets.token_bytes(_size(req))))


async def _key(ctx: Context, req: Shape) -> Key:
    """Give the key that a request names and that may be used. Raises: ApiFault."""
    _refuse_others(req)
    keys = ctx.services.part(KmsKeys)
    return keys.usable(await keys.found_or_default(req["KeyId"]))


async def _sealed(ctx: Context, req: Shape, key: Key, plaintext: bytes) -> str:
    _stop_dry_run(req)
    vault = ctx.services.part(Vault)
    blob = await vault.seal(plaintext, key_id=key.id, context=req.get("EncryptionContext") or {})
    return base64.b64encode(blob).decode()


def _data_key_shape(ctx: Context, key: Key, blob: str) -> Shape:
    material = ctx.services.part(KmsKeys).material_id(key)
    return {"CiphertextBlob": blob, "KeyId": _arn(ctx, key), "KeyMaterialId": material}


def _size(req: Shape) -> int:
    if ("NumberOfBytes" in req) == ("KeySpec" in req):
        raise ApiFault("ValidationException", "Please specify either number of bytes or key spec.")
    return int(req["NumberOfBytes"]) if "NumberOfBytes" in req else _SIZES[req["KeySpec"]]


def _refuse_others(req: Shape) -> None:
    """Refuse what symmetric keys without grants and enclaves can't do. Raises: ApiFault."""
    if req.get("EncryptionAlgorithm", SYMMETRIC) != SYMMETRIC:
        raise ApiFault("InvalidKeyUsageException", f"The keys of the embedded engine encrypt with {SYMMETRIC} alone.")
    if req.get("GrantTokens"):
        raise ApiFault("InvalidGrantTokenException", "The embedded engine has no grants, so no token belongs to one.")
    if req.get("Recipient"):
        raise ApiFault("ValidationException", "The embedded engine has no enclaves that could be a Recipient.")


def _stop_dry_run(req: Shape) -> None:
    if req.get("DryRun"):
        text = "The request would have succeeded, but the DryRun parameter is set."
        raise ApiFault("DryRunOperationException", text)


def _arn(ctx: Context, key: Key) -> str:
    return ctx.arn(f"key/{key.id}", service=KMS)
