"""The vault: encrypts values under KMS keys, and opens what it has encrypted (AWS: `Encrypt` and `Decrypt`).

A blob says of itself what opens it:

    "ssv" version(1)   length(1) key id   material(4)   nonce(12) wrapped data key(48)   nonce(12) value and tag(16)

Each value has an AES-256-GCM data key of its own, which the KMS key's material wraps. The blob's head and the
context, as canonical JSON, are authenticated with both; of an ARN of Systems Manager in it, all but the region.
"""

from __future__ import annotations

import json
import os
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from tui.engine.context import REGION, ApiFault, Services
from tui.engine.kms_keys import NONCE, KmsKeys
from tui.engine.master_key import MasterKey

_MAGIC = b"ssv\x01"
_DATA_KEY, _TAG = 32, 16
_WRAPPED = _DATA_KEY + _TAG
_LONGEST_ID = 64
_ARN = re.compile(r"arn:[^:]*:ssm:[^:]*:")
_IN_ANY_REGION = f"arn:aws:ssm:{REGION}:"


@dataclass(frozen=True, slots=True)
class Sealed:
    """The parts of a blob; `head` is what names the key."""

    key_id: str
    material: int
    head: bytes
    body: bytes


class Vault:
    """Seals and opens values; the keys are those of the engine's `kms`."""

    def __init__(self, services: Services) -> None:
        self._keys = services.part(KmsKeys)
        self._master = services.part(MasterKey)

    async def key_of(self, key_id: str) -> str:
        """Give the id of the key that an id, an alias or the ARN of either names, and that may encrypt.

        Nothing, or `alias/aws/ssm`, means the account's own key, which is made on first use. Raises: ApiFault
        NotFoundException, DisabledException; KeyUnavailableException where the first key can't be made.
        """
        return self._keys.usable(await self._keys.found_or_default(key_id)).id

    async def seal(self, plaintext: bytes, *, key_id: str, context: Mapping[str, str]) -> bytes:
        """Encrypt under a key, which is named as in `key_of`; only the same context opens it again.

        Raises: ApiFault, see `key_of`; KeyUnavailableException where the master key is missing or can't be had.
        """
        key = self._keys.usable(await self._keys.found_or_default(key_id))
        cipher = await self._keys.cipher(key.id, key.material)
        name = key.id.encode()
        head = _MAGIC + bytes((len(name),)) + name + struct.pack(">I", key.material)
        bound = head + _canonical(context)
        data_key, one, two = os.urandom(_DATA_KEY), os.urandom(NONCE), os.urandom(NONCE)
        wrapped = cipher.encrypt(one, data_key, b"data key" + bound)
        return head + one + wrapped + two + type(cipher)(data_key).encrypt(two, plaintext, b"value" + bound)

    def open(self, blob: bytes, *, context: Mapping[str, str]) -> bytes:
        """Decrypt what `seal` gave for the same context.

        Raises: ApiFault InvalidCiphertextException where anything was changed, is of another context, or is of a key
        that is not there; DisabledException where its key is disabled; KeyUnavailableException where the master key is
        missing or can't be had.
        """
        sealed = parse(blob)
        key = self._keys.get(sealed.key_id)
        if key is None:
            raise ApiFault("InvalidCiphertextException")
        cipher = self._keys.cipher_now(self._keys.usable(key).id, sealed.material)
        from cryptography.exceptions import InvalidTag  # deferred, with the cipher

        bound, body = sealed.head + _canonical(context), sealed.body
        at = NONCE + _WRAPPED
        try:
            data_key = cipher.decrypt(body[:NONCE], body[NONCE:at], b"data key" + bound)
            return type(cipher)(data_key).decrypt(body[at : at + NONCE], body[at + NONCE :], b"value" + bound)
        except InvalidTag:
            raise ApiFault("InvalidCiphertextException") from None

    async def unlock(self) -> None:
        """Have a master key that is in a keyring read before the first `open` would have to wait for it.

        Raises: ApiFault KeyUnavailableException.
        """
        await self._master.unlock()


def parse(blob: bytes) -> Sealed:
    """Take a blob apart. Raises: ApiFault InvalidCiphertextException where it is none of ours."""
    length = blob[len(_MAGIC)] if len(blob) > len(_MAGIC) and blob.startswith(_MAGIC) else 0
    at = len(_MAGIC) + 1 + length
    head, body = blob[: at + 4], blob[at + 4 :]
    if not 0 < length <= _LONGEST_ID or len(body) < NONCE + _WRAPPED + NONCE + _TAG:
        raise ApiFault("InvalidCiphertextException")
    try:
        key_id = head[len(_MAGIC) + 1 : at].decode("ascii")
    except UnicodeDecodeError:
        raise ApiFault("InvalidCiphertextException") from None
    return Sealed(key_id, struct.unpack(">I", head[at:])[0], head, body)


def _canonical(context: Mapping[str, str]) -> bytes:
    # Parameters are the same in all regions: an ARN's region is that of who asks, and may be another one tomorrow.
    bound = {key: _ARN.sub(_IN_ANY_REGION, value, count=1) for key, value in context.items()}
    return json.dumps(bound, sort_keys=True, separators=(",", ":")).encode()
