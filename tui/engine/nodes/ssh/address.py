"""Addresses of SSH hosts as an operator writes them: `ssh://user@host:port`, `user@host:port`, `[::1]:22`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

_ADDRESS = re.compile(
    r"""(?:(?P<user>[^@]*)@)?
        (?:\[(?P<six>[^\[\]]+)\]|(?P<host>[^\[\]@:/\s]+)|(?P<bare>[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.%\w]*))
        (?::(?P<port>[^:]*))?/?""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Address:
    """A host, or a name in OpenSSH's configuration; an empty user or port 0 leaves it to that."""

    host: str
    user: str = ""
    port: int = 0

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        user = f"{quote(self.user, safe='')}@" if self.user else ""
        return f"ssh://{user}{host}{f':{self.port}' if self.port else ''}"


def parse_address(text: str) -> Address:
    """Read an address, with `ssh://` or without. Raises: ValueError with a sentence that says what is wrong."""
    rest = text.strip()
    scheme, colon, after = rest.partition("://")
    before, _, place = (after if colon else rest).rpartition("@")
    if ":" in before:
        # It is not said again: what is said may be logged.
        raise ValueError(
            f"The address of {before.partition(':')[0]}@{place} has a password in it: leave that out, and it is asked"
            " for where the host wants one."
        )
    if colon:
        if scheme.lower() != "ssh":
            raise ValueError(f"{text} is no address of an SSH host: it begins with {scheme}://, not with ssh://.")
        rest = after
    _, slash, path = rest.partition("/")
    if slash and path:
        raise ValueError(f"The address {text} has a path, {slash}{path}: a node is a whole host, so leave it out.")
    match = _ADDRESS.fullmatch(rest)
    if match is None:
        raise ValueError(f"{text} is no address of an SSH host; it looks like ssh://user@host:port.")
    host = match["six"] or match["host"] or match["bare"]
    user = unquote(match["user"] or "") if colon else match["user"] or ""
    if match["user"] == "" or host.startswith("-") or user.startswith("-") or _has_control(host + user):
        raise ValueError(f"{text} is no address of an SSH host; it looks like ssh://user@host:port.")
    port = match["port"]
    if port is not None and (not port.isdecimal() or not 1 <= int(port) <= 65535):
        raise ValueError(f"{text} has no port from 1 to 65535.")
    return Address(host, user, int(port) if port else 0)


def parse_jumps(text: str) -> tuple[Address, ...]:
    """Read what ProxyJump says: one address or several, the first hop first. Raises: ValueError."""
    return tuple(parse_address(each) for each in text.split(","))


def host_name(host: str, port: int) -> str:
    """Name a host as known_hosts does: `[host]:port` where the port is not 22."""
    return host.lower() if port == 22 else f"[{host.lower()}]:{port}"


def _has_control(text: str) -> bool:
    return any(ord(char) < 0x21 or ord(char) == 0x7F for char in text)
