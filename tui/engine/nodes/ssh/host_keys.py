"""Host keys: what known_hosts files say of a host, and what the operator accepted, in a file of the engine's own."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from tui.engine.nodes.ssh.address import host_name
from tui.engine.nodes.ssh.config_file import matches
from tui.engine.nodes.ssh.files import read_file
from tui.engine.nodes.ssh.host_config import HostConfig


class Verdict(StrEnum):
    """What known_hosts files say of a key that a host showed."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    CHANGED = "changed"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownKey:
    """A key that a host showed; `expected`, `file` and `line` are those of the entry that it contradicts."""

    host: str
    algorithm: str
    fingerprint: str
    blob: bytes
    verdict: Verdict = Verdict.UNKNOWN
    expected: str = ""
    file: str = ""
    line: int = 0
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a known_hosts file; `marker` is empty, cert-authority or revoked."""

    file: str
    line: int
    marker: str
    hosts: str
    algorithm: str
    blob: bytes

    def fits(self, name: str) -> bool:
        """Say whether the line is about a host, named as `host_name` does."""
        if self.hosts.startswith("|1|"):
            return _is_hash_of(self.hosts, name)
        return matches(self.hosts, name, fold=True)


@dataclass(slots=True)
class _File:
    stamp: tuple[int, int, int]
    exact: dict[str, list[Entry]] = field(default_factory=dict)
    others: list[Entry] = field(default_factory=list)


class HostKeys:
    """Reads known_hosts files, each again only where it changed, and keeps what the operator accepted in `own`."""

    def __init__(self, own: Path) -> None:
        self.own = own
        self._files: dict[str, _File] = {}

    def judge(self, config: HostConfig, blob: bytes, algorithm: str) -> ShownKey:
        """Say what is known of a key that a host showed. Raises: OSError where a file is there and can't be read."""
        name = config.host_key_alias or host_name(config.host, config.port)
        entries = self.entries(config)
        revoked = next((each for each in entries if each.marker == "revoked" and each.blob == blob), None)
        shown = ShownKey(host=name, algorithm=algorithm, fingerprint=fingerprint(blob), blob=blob, strict=config.strict)
        if revoked is not None:
            return _against(shown, revoked, Verdict.REVOKED)
        plain = [each for each in entries if not each.marker]
        if any(each.blob == blob for each in plain):
            return _against(shown, None, Verdict.KNOWN)
        known = [each for each in plain if each.fits(name)]
        if known:
            same = [each for each in known if each.algorithm == algorithm]
            # A host that is known by a key of another kind shows that kind if it still can: it was preferred.
            return _against(shown, (same or known)[0], Verdict.CHANGED)
        return shown

    def authority(self, config: HostConfig, blob: bytes) -> bool:
        """Say whether a key may sign certificates of a host."""
        entries = self.entries(config)
        if any(each.marker == "revoked" and each.blob == blob for each in entries):
            return False
        return any(each.marker == "cert-authority" and each.blob == blob for each in entries)

    def kinds(self, config: HostConfig) -> tuple[list[str], bool]:
        """Give the kinds of keys by which a host is known, and whether certificates are of any use for it."""
        entries = self.entries(config)
        has_authority = any(each.marker == "cert-authority" for each in entries)
        return list(dict.fromkeys(each.algorithm for each in entries if not each.marker)), has_authority

    def entries(self, config: HostConfig) -> list[Entry]:
        """Give the lines about a host, the operator's files first.

        A host at another port than 22 is also known by what its name without the port says, as in OpenSSH: only a key
        that is the same counts there.
        """
        name = config.host_key_alias or host_name(config.host, config.port)
        names = [name]
        if not config.host_key_alias and config.port != 22:
            names.append(config.host.lower())
        found: list[Entry] = []
        for path in (*config.user_known_hosts, str(self.own), *config.global_known_hosts):
            file = self._read(path)
            if file is not None:
                for each in names:
                    found += _lookup(file, each)
        return found

    def accept(self, shown: ShownKey) -> None:
        """Keep a key that the operator accepted. Raises: OSError."""
        line = f"{shown.host} {_kind_of(shown.blob)} {base64.b64encode(shown.blob).decode()}\n"
        handle = os.open(self.own, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "r+b", buffering=0) as file:
            os.fchmod(file.fileno(), 0o600)
            size = file.seek(0, os.SEEK_END)
            if size:
                file.seek(size - 1)
                line = line if file.read(1) == b"\n" else f"\n{line}"
            file.write(line.encode())
            os.fsync(file.fileno())

    def _read(self, path: str) -> _File | None:
        try:
            stat = os.stat(path)  # noqa: PTH116 - asked for several files of each host; a Path costs more than the answer
        except (FileNotFoundError, NotADirectoryError):
            return None
        stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        found = self._files.get(path)
        if found is None or found.stamp != stamp:
            found = self._files[path] = _File(stamp)
            for entry in _parse(read_file(Path(path)).decode("utf-8", "replace").splitlines(), path):
                if entry.hosts.startswith("|") or any(char in entry.hosts for char in "*?!"):
                    found.others.append(entry)
                else:
                    for name in entry.hosts.split(","):
                        found.exact.setdefault(name.lower(), []).append(entry)
        return found


def _lookup(file: _File, name: str) -> Iterator[Entry]:
    yield from file.exact.get(name.lower(), ())
    for entry in file.others:
        if entry.fits(name):
            yield entry


def fingerprint(blob: bytes) -> str:
    """Give a key's SHA256 fingerprint as OpenSSH writes it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def _parse(lines: Iterable[str], path: str) -> Iterator[Entry]:
    """Read known_hosts lines; one that says nothing to us is passed over, as by OpenSSH."""
    for number, line in enumerate(lines, 1):
        words: Sequence[str] = line.split()
        if not words or words[0].startswith("#"):
            continue
        marker = ""
        if words[0].startswith("@"):
            marker, words = words[0][1:], words[1:]
            if marker not in ("cert-authority", "revoked"):
                continue
        if len(words) < 3:
            continue
        try:
            blob = base64.b64decode(words[2], validate=True)
        except binascii.Error:
            continue
        yield Entry(path, number, marker, words[0], words[1], blob)


def _is_hash_of(hashed: str, name: str) -> bool:
    try:
        _, _, salt, digest = hashed.split("|")
        made = hmac.digest(base64.b64decode(salt), name.encode(), "sha1")
        return hmac.compare_digest(made, base64.b64decode(digest))
    except (ValueError, binascii.Error):
        return False


def _kind_of(blob: bytes) -> str:
    size = int.from_bytes(blob[:4], "big")
    return blob[4 : 4 + size].decode("ascii", "replace")


def _against(shown: ShownKey, entry: Entry | None, verdict: Verdict) -> ShownKey:
    return ShownKey(
        host=shown.host,
        algorithm=shown.algorithm,
        fingerprint=shown.fingerprint,
        blob=shown.blob,
        strict=shown.strict,
        verdict=verdict,
        expected=fingerprint(entry.blob) if entry else "",
        file=entry.file if entry else "",
        line=entry.line if entry else 0,
    )
