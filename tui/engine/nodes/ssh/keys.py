"""The keys that a host is offered: the agent's, those of files, their certificates; in OpenSSH's order.

Importing this module loads asyncssh: it is imported when a first connection is wanted.
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh

from tui.engine.nodes.ssh.files import read_file
from tui.engine.nodes.ssh.host_config import HostConfig
from tui.engine.nodes.ssh.secrets import PASSPHRASE, Secrets

AGENT_SECONDS = 10.0
"""How long an agent may take to list its keys."""

OPENSSH_KEY = re.compile(rb"-----BEGIN OPENSSH PRIVATE KEY-----(.*?)-----END", re.DOTALL)


@dataclass(slots=True)
class Identity:
    """One identity file: the key where it is open, its public half where that is known, or why it is of no use."""

    path: str
    key: asyncssh.SSHKey | None = None
    public: asyncssh.SSHKey | None = None
    data: bytes = b""
    """The file's text, where it is encrypted."""
    note: str = ""


@dataclass(slots=True)
class Offer:
    """What a host is offered, and what the operator should know where it takes none of it."""

    keys: list[asyncssh.SSHKey | asyncssh.SSHKeyPair] = field(default_factory=list)
    certificates: list[asyncssh.SSHCertificate] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    """Encrypted files of which not even the public half is known."""
    wanted: list[str] = field(default_factory=list)
    """Encrypted files whose key the host would take: filled while the connection is made."""
    agent: asyncssh.SSHAgentClient | None = None

    def close(self) -> None:
        """Let the agent go."""
        if self.agent is not None:
            self.agent.close()


class LockedKey(asyncssh.SSHKeyPair):
    """An encrypted key's public half: a host that would take it makes us ask for the passphrase, as in OpenSSH."""

    def __init__(self, public: asyncssh.SSHKey, asked: Callable[[], None]) -> None:
        algorithms = public.sig_algorithms
        super().__init__(public.algorithm, public.algorithm, algorithms, algorithms, public.public_data, None)
        self._asked = asked

    async def sign_async(self, data: bytes) -> bytes:
        """Note that a signature is wanted. Raises: ValueError, by which asyncssh goes on to the next key."""
        self._asked()
        raise ValueError("the key is locked")


class KeyRing:
    """Reads identity files, each again only where it changed, and opens them with the operator's passphrases."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._read: dict[str, tuple[tuple[int, int, int], Identity]] = {}
        self._certificates: dict[str, tuple[tuple[int, int, int], asyncssh.SSHCertificate]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def offer(self, config: HostConfig) -> Offer:
        """Gather what a host is offered."""
        offer = Offer()
        files = [found for path in config.identities if (found := await self._identity(path, offer, config))]
        held = {each.public_data: each for each in await self._agent_keys(config, offer)}
        for file in files:
            known = file.public or file.key
            pair = held.pop(known.public_data, None) if known is not None else None
            if pair is not None:
                offer.keys.append(pair)
                offer.names.append(f"{file.path} (agent)")
                file.note = "agent"
        if not config.identities_only:
            for pair in held.values():
                offer.keys.append(pair)
                offer.names.append(f"{pair.get_comment(errors='replace') or pair.get_algorithm()} (agent)")
        for file in files:
            if file.note:
                continue
            if file.key is not None:
                offer.keys.append(file.key)
                offer.names.append(file.path)
            elif file.public is not None and file.data:
                offer.keys.append(LockedKey(file.public, _noting(offer.wanted, file.path)))
                offer.names.append(file.path)
            elif file.data:
                offer.closed.append(file.path)
        self._add_certificates(config, offer)
        return offer

    async def _identity(self, path: str, offer: Offer, config: HostConfig) -> Identity | None:
        """Read one file, opened where its passphrase is known; None where there is nothing to offer."""
        try:
            found = self._load(path)
        except (FileNotFoundError, NotADirectoryError):
            if config.identities_given:
                public = _public(Path(f"{path}.pub"))
                if public is not None:
                    return Identity(path, public=public)
                offer.notes.append(f"{path} does not exist.")
            return None
        except OSError as error:
            offer.notes.append(f"{path} can't be read: {error.strerror}.")
            return None
        if found.note:
            offer.notes.append(found.note)
            return None
        if found.key is None and found.data:
            await self._open(found)
        return Identity(found.path, found.key, found.public, found.data)

    async def _open(self, found: Identity) -> None:
        async with self._locks.setdefault(found.path, asyncio.Lock()):
            passphrase = self._secrets.get(PASSPHRASE, found.path)
            if found.key is not None or passphrase is None:
                return
            try:
                # A key that is encrypted well takes a tenth of a second to open.
                found.key = await asyncio.to_thread(asyncssh.import_private_key, found.data, passphrase)
            except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError):
                self._secrets.refuse(PASSPHRASE, found.path, passphrase)

    def forget(self, path: str) -> None:
        """Close a key that a passphrase opened."""
        self._read.pop(path, None)

    def _load(self, path: str) -> Identity:
        info = os.stat(path)  # noqa: PTH116 - for each host anew; a Path costs more than the answer
        stamp = (info.st_mtime_ns, info.st_size, info.st_ino)
        known = self._read.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        found = Identity(path)
        if info.st_uid == os.getuid() and stat.S_IMODE(info.st_mode) & 0o077 and not path.endswith(".pub"):
            # As in OpenSSH: a private key that others may read is no secret any more.
            found.note = f"{path} can be read by others, so it is not used: chmod 600 {path}."
            return found
        data = read_file(Path(path))
        try:
            found.key = asyncssh.import_private_key(data)
        except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError) as error:
            found.public = _public(Path(f"{path}.pub")) or _public(Path(path)) or _public_half(data)
            if "assphrase" in str(error):
                found.data = data
            elif found.public is None or b"PRIVATE KEY" in data:
                found.note = f"{path} is no private key that can be read: {error}."
        else:
            found.public = found.key
        self._read[path] = (stamp, found)
        return found

    def _certificate(self, path: str) -> asyncssh.SSHCertificate:
        """Read a certificate. Raises: OSError, asyncssh.KeyImportError."""
        info = os.stat(path)  # noqa: PTH116 - for each host anew; a Path costs more than the answer
        stamp = (info.st_mtime_ns, info.st_size, info.st_ino)
        known = self._certificates.get(path)
        if known is None or known[0] != stamp:
            known = self._certificates[path] = stamp, asyncssh.read_certificate(path)
        return known[1]

    async def _agent_keys(self, config: HostConfig, offer: Offer) -> list[asyncssh.SSHKeyPair]:
        if not config.agent:
            return []
        try:
            async with asyncio.timeout(AGENT_SECONDS):
                offer.agent = await asyncssh.connect_agent(config.agent)
                if offer.agent is None:
                    raise OSError("nobody listens there")
                return list(await offer.agent.get_keys())
        except TimeoutError:
            offer.notes.append(f"The SSH agent at {config.agent} does not answer.{_way_out(config)}")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            offer.notes.append(f"The SSH agent at {config.agent} can't be asked: {reason}.{_way_out(config)}")
        return []

    def _add_certificates(self, config: HostConfig, offer: Offer) -> None:
        for path in (*config.certificates, *(f"{each}-cert.pub" for each in config.identities)):
            try:
                offer.certificates.append(self._certificate(path))
            except (OSError, asyncssh.KeyImportError) as error:
                if path in config.certificates:
                    reason = getattr(error, "strerror", None) or str(error)
                    offer.notes.append(f"The certificate {path} can't be used: {reason}.")


def _way_out(config: HostConfig) -> str:
    """Say how another agent is taken, where the one that vanished is that of the engine's own environment."""
    if config.agent_given:
        return ""
    return " It is the one of when the engine was started: after ssm-tui stop the next start takes the present one."


def _noting(wanted: list[str], path: str) -> Callable[[], None]:
    return lambda: wanted.append(path)


def _public(path: Path) -> asyncssh.SSHKey | None:
    try:
        return asyncssh.read_public_key(path)
    except (OSError, ValueError):
        return None


def _public_half(data: bytes) -> asyncssh.SSHKey | None:
    """Read the public half that stands unencrypted in a private key of OpenSSH's own format."""
    match = OPENSSH_KEY.search(data)
    if match is None:
        return None
    try:
        rest = base64.b64decode(match[1])
        if not rest.startswith(b"openssh-key-v1\0"):
            return None
        rest = rest[15:]
        for _ in range(3):  # cipher, key derivation, its options
            rest = rest[4 + int.from_bytes(rest[:4], "big") :]
        rest = rest[4:]  # how many keys there are: one
        blob = rest[4 : 4 + int.from_bytes(rest[:4], "big")]
        kind = blob[4 : 4 + int.from_bytes(blob[:4], "big")]
        return asyncssh.import_public_key(kind + b" " + base64.b64encode(blob))
    except ValueError:
        return None
