"""What all SSH nodes of one engine share: the operator's configuration, keys, secrets, and jump hosts' connections.

Settings of the engine that matter here: `home` (else HOME), `ssh_auth_sock` (else SSH_AUTH_SOCK), and as in
`tui.engine.nodes.ssh.connect.Patience` `ssh_connect_timeout`, `ssh_login_timeout`, `ssh_keepalive`,
`ssh_keepalive_count`.
"""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui.engine.context import Services
from tui.engine.nodes.samples import Samples
from tui.engine.nodes.ssh.address import Address
from tui.engine.nodes.ssh.beside import beside
from tui.engine.nodes.ssh.config import Resolver
from tui.engine.nodes.ssh.host_config import HostConfig
from tui.engine.nodes.ssh.host_keys import HostKeys, ShownKey
from tui.engine.nodes.ssh.secrets import PASSPHRASE, Secrets

if TYPE_CHECKING:
    from tui.engine.nodes.ssh.connect import Patience
    from tui.engine.nodes.ssh.keys import KeyRing
    from tui.engine.nodes.ssh.link import Link

AT_ONCE = 50
"""How many hosts begin to be connected to side by side; one that is slow gives its place up after PLACE_SECONDS."""

PLACE_SECONDS = 1.0

ASKED_AT_ONCE = 8


class SshHosts:
    """A part of the engine's services."""

    def __init__(self, services: Services) -> None:
        settings = services.settings
        environ = dict(os.environ)
        if settings.get("ssh_auth_sock") is not None:
            environ["SSH_AUTH_SOCK"] = str(settings["ssh_auth_sock"])
        self.services = services
        self.home = Path(str(settings.get("home") or environ.get("HOME") or Path.home()))
        self.resolver = Resolver(self.home, environ)
        self.secrets = Secrets()
        self.host_keys = HostKeys(services.paths.root / "known_hosts")
        self.links: set[Link] = set()
        self.asking = asyncio.Semaphore(ASKED_AT_ONCE)
        """Holds back what the engine wants to know for itself: commands and shells come first."""
        self._jumps: dict[tuple[Address, str, tuple[Address, ...] | None], Link] = {}
        self._places = asyncio.Semaphore(AT_ONCE)
        self._loading = asyncio.Lock()
        self._connecting: Any = None
        self._keys: KeyRing | None = None

    async def connecting(self) -> Any:
        """Give the module `connect`, loaded beside the loop the first time: asyncssh takes a quarter of a second."""
        async with self._loading:
            if self._connecting is None:
                self._connecting = await asyncio.to_thread(importlib.import_module, "tui.engine.nodes.ssh.connect")
        return self._connecting

    @property
    def keys(self) -> KeyRing:
        """The keys on disk; asyncssh is loaded when this is asked for."""
        if self._keys is None:
            from tui.engine.nodes.ssh.keys import KeyRing  # deferred: it loads asyncssh

            self._keys = KeyRing(self.secrets)
        return self._keys

    @property
    def patience(self) -> Patience:
        """How long hosts may take, by the engine's settings."""
        from tui.engine.nodes.ssh.connect import Patience  # deferred: it loads asyncssh

        usual, settings = Patience(), self.services.settings
        return Patience(
            connect=float(settings.get("ssh_connect_timeout") or usual.connect),
            login=float(settings.get("ssh_login_timeout") or usual.login),
            alive_interval=float(settings.get("ssh_keepalive") or usual.alive_interval),
            alive_count=int(settings.get("ssh_keepalive_count") or usual.alive_count),
        )

    async def resolve(self, address: Address, config_file: str, jumps: Sequence[Address] | None) -> HostConfig:
        """Resolve a host by the configuration. Raises: BadConfig."""
        if self.resolver.runs_commands(config_file):
            return await beside(lambda: self.resolver.resolve(address, config_file, jumps=jumps))
        return self.resolver.resolve(address, config_file, jumps=jumps)

    def jump(self, address: Address, config_file: str, jumps: tuple[Address, ...] | None) -> Link:
        """Give the one connection to a jump host that all who go through it share."""
        from tui.engine.nodes.ssh.link import Link  # deferred: links know their hosts

        key = (address, config_file, jumps)
        if key not in self._jumps:
            self._jumps[key] = Link(self, address, config_file, jumps=jumps)
        return self._jumps[key]

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a turn to connect; whoever takes long keeps it for PLACE_SECONDS only, so that it blocks nobody."""
        await self._places.acquire()
        timer = asyncio.get_running_loop().call_later(PLACE_SECONDS, self._places.release)
        try:
            yield
        finally:
            if not timer.cancelled() and timer.when() > asyncio.get_running_loop().time():
                timer.cancel()
                self._places.release()

    def is_looked_at(self) -> bool:
        """Say whether somebody watches the nodes now."""
        return self.services.part(Samples).watchers > 0

    def accepted(self, shown: ShownKey) -> None:
        """Have all try again that waited for a host's key to be accepted."""
        for link in list(self.links):
            if link.shown is not None and (link.shown.host, link.shown.blob) == (shown.host, shown.blob):
                link.wake()

    def give(self, kind: str, about: str, secret: str) -> None:
        """Keep a secret in memory and have all try again that waited for it; an empty one is forgotten."""
        self.secrets.put(kind, about, secret)
        if not secret:
            if kind == PASSPHRASE and self._keys is not None:
                self._keys.forget(about)
            return
        for link in list(self.links):
            if link.wanted is not None and (link.wanted.kind, link.wanted.about) == (kind, about):
                link.wake()

    async def close_unused(self) -> None:
        """End the connections to jump hosts that nobody goes through any more."""
        jumps = set(self._jumps.values())
        used: set[Link] = set()
        for link in self.links - jumps:
            used.update(link.way())
        for key in [key for key, jump in self._jumps.items() if jump not in used]:
            del self._jumps[key]
        await asyncio.gather(*(jump.aclose() for jump in jumps - used))

    async def aclose(self) -> None:
        """End every connection."""
        await asyncio.gather(*(link.aclose() for link in list(self.links)))
