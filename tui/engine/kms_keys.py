"""KMS keys: what they are called, whether they may be used, and the material that they are made of, version by version.

Material is wrapped by the state folder's master key in the store, and unwrapped in memory once it was used.
"""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tui.engine.context import ApiFault, Services, arn_of
from tui.engine.master_key import UNAVAILABLE, MasterKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

AWS, CUSTOMER = "AWS", "CUSTOMER"
DEFAULT_ALIAS = "alias/aws/ssm"
"""The alias of the key that is made for the account when a SecureString names none."""

ROTATION_DAYS = 365
DAY = 86400.0
NONCE = 12
"""Bytes of AES-GCM's nonce."""

_ARN = re.compile(r"arn:aws[a-z-]*:kms:[^:]+:(?P<account>[^:]*):(?P<kind>key/|(?=alias/))(?P<name>.+)")
_ID = re.compile(r"(mrk-)?[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


@dataclass(frozen=True, slots=True)
class Key:
    """One key, without its material; times are epoch seconds, `material` is the version that encrypts."""

    id: str
    description: str
    manager: str
    enabled: bool
    created_at: float
    material: int
    rotation_days: int | None
    rotates_at: float | None


class KmsKeys:
    """The keys of the account; one set for all regions, as with everything that the engine has."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._master = services.part(MasterKey)
        self._ciphers: dict[tuple[str, int], AESGCM] = {}

    def arn(self, name: str, region: str = "") -> str:
        """Write the ARN of `key/ID` or of an alias."""
        return arn_of(name, region or self._services.region, self._services.account, "kms")

    def get(self, key_id: str) -> Key | None:
        """Give the key of an id."""
        row = self._services.store.read_one("SELECT * FROM kms_keys WHERE id = ?", (key_id,))
        return None if row is None else _key(row)

    def all(self, after: str = "", limit: int = -1) -> list[Key]:
        """List the keys by id."""
        query = "SELECT * FROM kms_keys WHERE id > ? ORDER BY id LIMIT ?"
        return [_key(row) for row in self._services.store.read(query, (after, limit))]

    def aliases(self, key_id: str = "", after: str = "", limit: int = -1) -> list[sqlite3.Row]:
        """List the rows of aliases by name, those of one key where one is given."""
        query = "SELECT * FROM kms_aliases WHERE name > ? AND (key_id = ? OR ? = '') ORDER BY name LIMIT ?"
        return self._services.store.read(query, (after, key_id, key_id, limit))

    def due(self, now: float) -> list[Key]:
        """List the keys that are to be rotated; one that is disabled waits until it is enabled again."""
        query = "SELECT * FROM kms_keys WHERE rotates_at <= ? AND enabled = 1 ORDER BY rotates_at"
        return [_key(row) for row in self._services.store.read(query, (now,))]

    def find(self, reference: str, *, by_alias: bool = True) -> Key:
        """Give the key that an id, an alias or the ARN of either names. Raises: ApiFault NotFoundException."""
        name = self._name(reference)
        if name.startswith("alias/") and by_alias:
            row = self._services.store.read_one(
                "SELECT * FROM kms_keys WHERE id = (SELECT key_id FROM kms_aliases WHERE name = ?)", (name,)
            )
            if row is None:
                raise ApiFault("NotFoundException", f"Alias {self.arn(name)} is not found.")
            return _key(row)
        key = self.get(name)
        if key is None and _ID.fullmatch(name):
            raise ApiFault("NotFoundException", f"Key '{self.arn(f'key/{name}')}' does not exist")
        if key is None:
            raise ApiFault("NotFoundException", f"Invalid keyId '{name}'")
        return key

    def material_id(self, key: Key, version: int = 0) -> str:
        """Name a version of a key's material, the one that encrypts where none is given, as KMS does."""
        return hashlib.sha256(_bound(key.id, version or key.material)).hexdigest()

    async def found_or_default(self, reference: str) -> Key:
        """Give what `find` gives; the account's own key for SSM is made when it is first named, or nothing is.

        Raises: ApiFault NotFoundException; KeyUnavailableException where there is no master key to make one with.
        """
        if not reference or self._name(reference) == DEFAULT_ALIAS:
            row = self._services.store.read_one("SELECT 1 FROM kms_aliases WHERE name = ?", (DEFAULT_ALIAS,))
            if row is None:
                text = "Default key that protects my SSM parameters when no other key is defined"
                return await self.make(text, manager=AWS, alias=DEFAULT_ALIAS)
            reference = DEFAULT_ALIAS
        return self.find(reference)

    def usable(self, key: Key) -> Key:
        """Refuse a key that is disabled. Raises: ApiFault DisabledException."""
        if not key.enabled:
            raise ApiFault("DisabledException", f"{self.arn(f'key/{key.id}')} is disabled.")
        return key

    async def make(self, description: str = "", *, manager: str = CUSTOMER, alias: str = "") -> Key:
        """Make a key; where its alias was taken in the meantime, the key of that.

        Those that AWS manages are rotated every year. Raises: ApiFault KeyUnavailableException.
        """
        key_id, now = self._services.ids.uuid(), self._services.clock.now()
        wrapped = await self._wrapped(key_id, 1)
        days = ROTATION_DAYS if manager == AWS else None
        rotates_at = now + ROTATION_DAYS * DAY if manager == AWS else None

        def insert(conn: sqlite3.Connection) -> str:
            taken = conn.execute("SELECT key_id FROM kms_aliases WHERE name = ?", (alias,)).fetchone()
            if taken is not None:
                return str(taken["key_id"])
            values = (key_id, description, manager, 1, now, 1, days, rotates_at)
            conn.execute("INSERT INTO kms_keys VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
            conn.execute("INSERT INTO kms_materials VALUES (?, 1, ?, ?)", (key_id, wrapped, now))
            if alias:
                conn.execute("INSERT INTO kms_aliases VALUES (?, ?, ?, ?)", (alias, key_id, now, now))
            return key_id

        made = self.get(await self._services.store.write(insert))
        assert made is not None
        return made

    async def rotate(self, key: Key) -> None:
        """Give a key new material, unless it was rotated already; what the old encrypted still opens.

        Raises: ApiFault KeyUnavailableException.
        """
        version, now = key.material + 1, self._services.clock.now()
        wrapped = await self._wrapped(key.id, version)
        next_at = key.rotates_at
        if next_at is not None and key.rotation_days:  # years that the engine was away make one rotation
            period = key.rotation_days * DAY
            next_at += period * (1 + max(0.0, now - next_at) // period)

        def store(conn: sqlite3.Connection) -> None:
            change = (
                "UPDATE kms_keys SET material = ?, rotates_at = ? WHERE id = ? AND material = ? AND rotates_at IS ?"
            )
            if conn.execute(change, (version, next_at, key.id, key.material, key.rotates_at)).rowcount:
                conn.execute("INSERT INTO kms_materials VALUES (?, ?, ?, ?)", (key.id, version, wrapped, now))

        await self._services.store.write(store)

    async def rotate_due(self) -> None:
        """Rotate every key whose time has come. Raises: ApiFault KeyUnavailableException."""
        for key in self.due(self._services.clock.now()):
            await self.rotate(key)

    async def cipher(self, key_id: str, version: int) -> AESGCM:
        """Give the cipher of a key's material. Raises: ApiFault, see `cipher_now`."""
        if (key_id, version) not in self._ciphers:
            await self._master.cipher()
        return self.cipher_now(key_id, version)

    def cipher_now(self, key_id: str, version: int) -> AESGCM:
        """Give the cipher of a key's material, without leaving the loop.

        Raises: ApiFault KeyUnavailableException where the master key can't be had, InvalidCiphertextException where
        the key has no such material.
        """
        found = self._ciphers.get((key_id, version))
        if found is None:
            row = self._services.store.read_one(
                "SELECT wrapped FROM kms_materials WHERE key_id = ? AND version = ?", (key_id, version)
            )
            if row is None:
                raise ApiFault("InvalidCiphertextException")
            master = self._master.cipher_now()
            from cryptography.exceptions import InvalidTag  # deferred, with the cipher
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # likewise

            try:
                material = master.decrypt(row["wrapped"][:NONCE], row["wrapped"][NONCE:], _bound(key_id, version))
            except InvalidTag:
                text = f"The store's material of the key {key_id} is damaged: what it encrypted can't be read."
                raise ApiFault(UNAVAILABLE, text) from None
            found = self._ciphers[key_id, version] = AESGCM(material)
        return found

    async def _wrapped(self, key_id: str, version: int) -> bytes:
        """Make new material, and give it as the store keeps it."""
        nonce = os.urandom(NONCE)
        master = await self._master.cipher()
        return nonce + master.encrypt(nonce, os.urandom(32), _bound(key_id, version))

    def _name(self, reference: str) -> str:
        """Give the id or alias that a reference names. Raises: ApiFault NotFoundException where it is none of ours."""
        if not reference.startswith("arn:"):
            return reference
        match = _ARN.fullmatch(reference)
        if match is None or match["account"] != self._services.account:
            raise ApiFault("NotFoundException", f"Invalid arn {reference}")
        return match["name"]


def _bound(key_id: str, version: int) -> bytes:
    """Say whose material it is, so that the store's rows can't be exchanged for each other."""
    return f"ssm-tui kms material {key_id} {version}".encode()


def _key(row: Any) -> Key:
    values = dict(row)
    return Key(**values | {"enabled": bool(row["enabled"])})
