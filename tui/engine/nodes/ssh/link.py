"""One kept connection to one host: made in the background, watched, made again; shared by all that goes on there."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from tui.engine.nodes.ssh.address import Address
from tui.engine.nodes.ssh.base import NodeGone, SshFault
from tui.engine.nodes.ssh.config_file import BadConfig
from tui.engine.nodes.ssh.faults import HostKeyFault, SecretFault
from tui.engine.nodes.ssh.host import Host
from tui.engine.nodes.ssh.host_config import HostConfig
from tui.engine.nodes.ssh.host_keys import ShownKey
from tui.engine.nodes.ssh.secrets import Wanted

if TYPE_CHECKING:
    import asyncssh

    from tui.engine.nodes.ssh.hosts import SshHosts

IDLE, CONNECTING, CONNECTED, UNREACHABLE = "Idle", "Connecting", "Connected", "Unreachable"

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds between two attempts to reach a host that can't be reached; each pause is twice the last."""

WANTED_SECONDS = 3600.0
"""For how long somebody who needed a host counts as wanting it back."""

FRESH_SECONDS = 0.5
"""How long a failure is the answer for whoever asks next, so that many who ask at once try once."""


class Link:
    """The connection to one host. Implements `tui.engine.nodes.ssh.base.Connector`.

    `changed` is called after each change of `state`, `message`, `shown` (a host key that was shown and not taken) and
    `wanted` (a secret that is needed); `since` is when the state began, in epoch seconds.
    """

    def __init__(
        self,
        hosts: SshHosts,
        address: Address,
        config_file: str = "",
        *,
        jumps: tuple[Address, ...] | None = None,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.address = address
        self.config_file = config_file
        self.config: HostConfig | None = None
        """How the host was resolved the last time; None before the first attempt."""
        self.state = IDLE
        self.message = "Nobody needed it yet."
        self.since = hosts.services.clock.now()
        self.shown: ShownKey | None = None
        self.wanted: Wanted | None = None
        self._hosts = hosts
        self._jumps = jumps
        self._jump: Link | None = None
        self._changed = changed
        self._conn: asyncssh.SSHClientConnection | None = None
        self._attempt: asyncio.Task[asyncssh.SSHClientConnection] | None = None
        self._fault: SshFault | None = None
        self._failed_at = float("-inf")
        self._asked_at = float("-inf")
        self._failures = 0
        self._retry: asyncio.Task[None] | None = None
        self._closed = False
        self._gone = ""
        hosts.links.add(self)

    @property
    def is_connected(self) -> bool:
        return self._conn is not None

    @property
    def is_over(self) -> bool:
        """Whether it was ended for good."""
        return self._closed

    async def connection(self) -> asyncssh.SSHClientConnection:
        """Give the connection, made first where there is none.

        Raises: SshFault, HostKeyFault, SecretFault; of many who ask at once, all hear of the same attempt.
        """
        loop = asyncio.get_running_loop()
        self._asked_at = loop.time()
        if self._closed:
            raise self._ending()
        if self._conn is not None:
            return self._conn
        if self._attempt is None and self._fault is not None and loop.time() - self._failed_at < FRESH_SECONDS:
            raise self._fault.with_traceback(None)
        attempt = self._begin()
        try:
            return await asyncio.shield(attempt)
        except asyncio.CancelledError:
            if attempt.cancelled() and self.is_over:  # not who waits was cancelled, but what it waits for
                raise self._ending() from None
            raise

    def _ending(self) -> SshFault:
        return NodeGone(self._gone) if self._gone else SshFault("The engine is leaving.")

    def wake(self) -> None:
        """Begin to connect, where nothing is connected; somebody wants the host."""
        self._asked_at = asyncio.get_running_loop().time()
        if self._conn is None and not self._closed:
            for link in (self, *self.way()):
                link._fault = None
            self._begin()

    def look(self) -> None:
        """Begin to connect where nobody has tried, or not for long."""
        if self.state == IDLE and self._conn is None and not self._closed:
            self._begin()

    async def settled(self, seconds: float) -> None:
        """Wait until an attempt that goes on has come to an end, so many seconds at most."""
        if self._attempt is not None:
            await asyncio.wait((self._attempt,), timeout=seconds)

    async def aclose(self, *, gone: str = "") -> None:
        """End the connection for good; `gone` says to whom asks next that the host is no node any more."""
        self._closed, self._gone = True, gone
        self._hosts.links.discard(self)
        for task in (self._retry, self._attempt):
            if task is not None:
                task.cancel()
        conn, self._conn = self._conn, None
        Host.stir(self)
        if conn is not None:
            conn.close()
            try:
                async with asyncio.timeout(1.0):
                    await conn.wait_closed()
            except TimeoutError:  # the other end says nothing any more
                conn.abort()

    # connecting

    def _begin(self, *, quietly: bool = False) -> asyncio.Task[asyncssh.SSHClientConnection]:
        """Start an attempt, or give the one that goes on; `quietly` lets the host stay unreachable until it is not."""
        if not quietly and self.state != CONNECTING:
            self._set(CONNECTING, f"Connecting to {self.address.host}.")
        if self._attempt is None:
            if self._retry is not None:
                self._retry.cancel()
                self._retry = None
            self._attempt = asyncio.create_task(self._connect())
            self._attempt.add_done_callback(_heard)
        return self._attempt

    async def _connect(self) -> asyncssh.SSHClientConnection:
        try:
            conn = await self._make()
        except SshFault as fault:
            self._failed(fault)
            raise
        except Exception as error:
            unforeseen = SshFault(f"{self.address.host} can't be connected to: {error!r}.", "Misconfigured")
            self._failed(unforeseen)
            raise unforeseen from error
        finally:
            self._attempt = None
        was_away, self._failures = self._failures > 0, 0
        self._fault = None
        self._conn = conn
        config = self.config
        self._set(CONNECTED, f"Connected as {config.user}." if config else "Connected.")
        if was_away:  # a host that only drops connections is not to set the pace
            Host.stir(self)
        return conn

    async def _make(self) -> asyncssh.SSHClientConnection:
        hosts = self._hosts
        try:
            config = self.config = await hosts.resolve(self.address, self.config_file, self._jumps)
        except BadConfig as error:
            raise SshFault(str(error), "Misconfigured") from None
        connecting = await hosts.connecting()
        tunnel = await self._through(config)
        made: list[asyncssh.SSHClientConnection] = []

        def lost(error: Exception | None) -> None:
            if made and self._conn is made[0]:
                self._lost(error)

        async with hosts.place():
            conn: asyncssh.SSHClientConnection = await connecting.connect(
                config,
                tunnel=tunnel,
                keys=hosts.keys,
                host_keys=hosts.host_keys,
                secrets=hosts.secrets,
                patience=hosts.patience,
                lost=lost,
            )
        made.append(conn)
        if conn.is_closed():
            raise SshFault(f"{config.alias} closed the connection as soon as it was made.")
        return conn

    async def _through(self, config: HostConfig) -> asyncssh.SSHClientConnection | None:
        """Connect to the last jump host on the way, if there is one; it connects to those before it."""
        if not config.jumps:
            return None
        *before, last = config.jumps
        # The first jump host goes its own way, as `ssh -J` does; those after it go through the ones named before them.
        jump = self._hosts.jump(last, self.config_file, tuple(before) if before else None)
        if jump is self or self in jump.way():
            raise SshFault(f"The way to {config.alias} leads through itself: ProxyJump {last.host}.", "Misconfigured")
        self._jump = jump
        try:
            return await jump.connection()
        except (HostKeyFault, SecretFault):
            raise
        except SshFault as fault:
            raise SshFault(f"Jump host {last.host}: {fault.message}", fault.state) from None

    def way(self) -> list[Link]:
        """Give the jump hosts on the way, the last one first; one that stands in it twice ends it."""
        found: list[Link] = []
        link = self._jump
        while link is not None and link not in found:
            found.append(link)
            link = link._jump
        return found

    # what becomes of it

    def _failed(self, fault: SshFault) -> None:
        self._fault = fault
        self._failed_at = asyncio.get_running_loop().time()
        self._failures += 1
        self.shown = fault.shown if isinstance(fault, HostKeyFault) else None
        self.wanted = fault.wanted if isinstance(fault, SecretFault) else None
        self._set(fault.state, fault.message)
        if fault.state == UNREACHABLE:
            self._try_again()

    def _lost(self, error: Exception | None) -> None:
        reason = " ".join(str(getattr(error, "reason", "") or error or "it was closed").split()).rstrip(".")
        self._conn = None
        self._set(UNREACHABLE, f"The connection to {self.address.host} was lost: {reason}.")
        if not self._closed:
            self._try_again()

    def _try_again(self) -> None:
        if self._retry is None or self._retry.done():
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self._failures, 10)) * random.uniform(0.5, 1.0)  # noqa: S311
            self._retry = asyncio.create_task(self._after(pause))

    async def _after(self, pause: float) -> None:
        await self._hosts.services.clock.sleep(pause)
        self._retry = None
        asked = asyncio.get_running_loop().time() - self._asked_at < WANTED_SECONDS
        if self._conn is None and not self._closed and (asked or self._hosts.is_looked_at()):
            self._begin(quietly=True)
        elif self._conn is None and not self._closed:
            self._set(IDLE, self.message)

    def _set(self, state: str, message: str) -> None:
        if state in (CONNECTED, CONNECTING, IDLE):
            self.shown = self.wanted = None
        if state == self.state and message == self.message:
            return
        if state != self.state:
            self.since = self._hosts.services.clock.now()
        self.state, self.message = state, message
        self._changed()


def _heard(task: asyncio.Task[asyncssh.SSHClientConnection]) -> None:
    """Take note of a failure that nobody waits for: the link's state has it."""
    if not task.cancelled():
        task.exception()
