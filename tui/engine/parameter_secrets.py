"""SecureStrings at rest: the vault's blobs, bound to the parameter that they are of."""

from __future__ import annotations

import base64

from tui.engine.context import ApiFault, Context, Services, arn_of
from tui.engine.vault import Vault

DEFAULT_KEY = "alias/aws/ssm"
"""The key of a SecureString that was given none."""

_NO_KEY = {"NotFoundException", "DisabledException", "InvalidCiphertextException", "KMSInvalidStateException"}


async def seal(services: Services, name: str, key_id: str, value: str) -> bytes:
    """Encrypt a value for one parameter under a key. Raises: ApiFault InvalidKeyId, or as the vault does."""
    vault = services.part(Vault)
    try:
        key = await vault.key_of(key_id)
        return await vault.seal(value.encode(), key_id=key, context=_context(services, name))
    except ApiFault as fault:
        raise _spoken(fault, key_id) from None


async def ready(ctx: Context, *, decrypt: bool) -> None:
    """Have what opens values at hand, and the audit told, before an answer shows any that a call asks to decrypt."""
    if decrypt:
        await ctx.services.part(Vault).unlock()


def shown(ctx: Context, name: str, key_id: str, value: str | bytes, *, decrypt: bool) -> str:
    """Give a stored value as an answer has it: a sealed one as base64 of its blob, or opened.

    Raises: ApiFault InvalidKeyId where its key is gone or disabled, or as the vault does.
    """
    if isinstance(value, str):
        return value
    if not decrypt:
        return base64.b64encode(value).decode()
    services = ctx.services
    try:
        opened = services.part(Vault).open(value, context=_context(services, name)).decode()
    except ApiFault as fault:
        raise _spoken(fault, key_id) from None
    ctx.revealed = True
    return opened


def _context(services: Services, name: str) -> dict[str, str]:
    return {"PARAMETER_ARN": arn_of(f"parameter{name}", services.region, services.account)}


def _spoken(fault: ApiFault, key_id: str) -> ApiFault:
    if fault.code not in _NO_KEY:
        return fault
    reason = f" {fault.message}" if fault.message else ""
    return ApiFault("InvalidKeyId", f"The key {key_id} can't be used ({fault.code}).{reason}")
