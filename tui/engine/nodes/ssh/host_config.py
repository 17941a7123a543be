"""How one host is connected to: what came of the operator's configuration for it."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

from tui.engine.nodes.ssh.address import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class HostConfig:
    """How one host is connected to; paths are absolute, times in seconds, None is what nobody said."""

    alias: str
    host: str
    port: int = 22
    user: str = ""
    identities: tuple[str, ...] = ()
    identities_given: bool = False
    certificates: tuple[str, ...] = ()
    identities_only: bool = False
    agent: str = ""
    """The agent's socket; empty where there is none."""
    agent_given: bool = False
    """Whether the configuration names it, not the environment."""
    jumps: tuple[Address, ...] = ()
    proxy_command: str = ""
    user_known_hosts: tuple[str, ...] = ()
    global_known_hosts: tuple[str, ...] = ()
    strict: bool = False
    """StrictHostKeyChecking=yes: no unknown key is ever accepted."""
    host_key_alias: str = ""
    connect_timeout: float | None = None
    alive_interval: float | None = None
    alive_count: int | None = None
    batch: bool = False
    public_key: bool = True
    password: bool = True
    keyboard: bool = True
    preferred: tuple[str, ...] = ()
    algorithms: Mapping[str, str] = field(default_factory=dict)
    """Lists as OpenSSH writes them, by keyword: kexalgorithms, ciphers, macs, hostkeyalgorithms."""
    compression: bool = False
    family: int = socket.AF_UNSPEC
    bind_address: str = ""
    tcp_keepalive: bool = True
    environment: Mapping[str, str] = field(default_factory=dict)
    """What SetEnv and SendEnv hand to the host."""
