"""What all steps on one host share: how its shell is called, and the run folders that are to be removed from it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, ClassVar
from weakref import WeakKeyDictionary, ref

from tui.engine.nodes.base import NodeUnreachable
from tui.engine.nodes.ssh import script
from tui.engine.nodes.ssh.base import Connector, NodeGone, SshFault
from tui.engine.nodes.ssh.script_parts import MARK
from tui.ports import Clock

if TYPE_CHECKING:
    from tui.engine.nodes.ssh.channel import Channel

QUIET_SECONDS = 1.0
"""For how long no step has begun or ended on any host when there counts as being a gap: commands come first."""

TIDY_LATEST = 30.0
"""How long run folders that are to be removed wait for a gap."""

TIDY_PATIENCE = 60.0

FRONTS = ("", "setsid ", "perl -e 'setpgrp;exec@ARGV' ")
"""What a shell is started by, in a process group of its own: sshd makes one for each channel, others may not."""

REFUSED_PAUSE, REFUSED_SECONDS = 0.25, 30.0
"""How long a host may refuse another channel on its connection, while those before it go on."""

_log = logging.getLogger(__name__)


class Host:
    """One host, for as long as its connector lives."""

    _moved: ClassVar[float] = float("-inf")
    """When a step last began or ended on any host, by the loop's clock."""

    _beginning: ClassVar[int] = 0
    """How many steps are on their way to their hosts."""

    def __init__(self, connector: Connector) -> None:
        self._connector = ref(connector)  # whoever runs something on the host holds it
        self._front = 0
        self._over: list[str] = []
        self._tidying: asyncio.Task[None] | None = None
        self._swept = False
        self._stirred = asyncio.Event()

    @classmethod
    def of(cls, connector: Connector) -> Host:
        """Give a connector's host, the same one each time."""
        found = _hosts.get(connector)
        if found is None:
            found = _hosts[connector] = cls(connector)
        return found

    @classmethod
    def stir(cls, connector: Connector) -> None:
        """Have all look again at once who pause: the host is there again, or is no node any more."""
        found = _hosts.get(connector)
        if found is not None:
            found._stirred.set()
            found._stirred = asyncio.Event()

    async def pause(self, clock: Clock, seconds: float) -> None:
        """Wait so long, or until something has become of the host."""
        waits = [asyncio.ensure_future(each) for each in (clock.sleep(seconds), self._stirred.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()

    @classmethod
    def moved(cls) -> None:
        """Note that a step has begun or ended, on whichever host."""
        Host._moved = asyncio.get_running_loop().time()

    @classmethod
    @contextlib.contextmanager
    def beginning(cls) -> Iterator[None]:
        """Hold for as long as it takes to have a step begin."""
        Host._beginning += 1
        try:
            yield
        finally:
            Host._beginning -= 1
            cls.moved()

    @classmethod
    async def gap(cls, latest: float) -> None:
        """Wait until no step begins, or has begun or ended, anywhere for a moment, so many seconds at most."""
        loop = asyncio.get_running_loop()
        end = loop.time() + latest
        pause = 0.0
        while pause >= 0:
            now = loop.time()
            pause = min((now if Host._beginning else Host._moved) + QUIET_SECONDS, end) - now
            await asyncio.sleep(max(0.0, pause))

    def next_front(self) -> bool:
        """Start shells in another way from now on; False where there is none left."""
        if self._front + 1 == len(FRONTS):
            return False
        self._front += 1
        return True

    async def open(
        self, name: str, nonce: str, sink: Callable[[bool, bytes], None], *, refused: float = REFUSED_SECONDS
    ) -> Channel:
        """Open a channel to a shell that reads its program from it; `name` is that of the run folder.

        `refused` is for how many seconds the host may refuse one because of the others.

        Raises: NodeUnreachable where the host can't be spoken to, so that nothing runs.
        """
        import asyncssh

        from tui.engine.nodes.ssh.channel import open_channel

        command = f"exec {FRONTS[self._front]}sh -s {MARK} {name}"
        connector = self._connector()
        if connector is None:
            raise SshFault("The host is no longer a node.")
        broken: asyncssh.SSHClientConnection | None = None
        waited = 0.0
        while True:
            connection = await connector.connection()
            if connection is broken:
                raise SshFault("The connection to the host broke.")
            try:
                return await open_channel(connection, command, nonce, sink)
            except (asyncssh.Error, OSError) as error:
                if not isinstance(error, asyncssh.ChannelOpenError) or connection.is_closed():
                    broken = connection
                    await asyncio.sleep(0)  # whoever keeps the connection hears of its end first
                    continue
                if waited >= refused:
                    raise SshFault(f"The host allows no further channel on its connection: {error.reason}.") from error
            await asyncio.sleep(REFUSED_PAUSE)
            waited += REFUSED_PAUSE

    async def ask(self, text: str, *words: str, name: str, patience: float) -> Channel | None:
        """Have a short program run, `words` behind its nonce; None where the host can't be reached.

        Gives the channel once it is closed, or after `patience` seconds. Raises: NodeGone where it is no node any more.
        """
        nonce = secrets.token_hex(8)
        try:
            channel = await self.open(name, nonce, lambda _is_error, _data: None, refused=REFUSED_PAUSE)
        except NodeGone:
            raise
        except NodeUnreachable:
            return None
        channel.write(script.program(text, (nonce, *words)))
        try:
            await asyncio.wait((channel.closed,), timeout=patience)
        finally:
            channel.close()
        return channel

    def tidy(self, *names: str, node: str) -> None:
        """Remove run folders from the host soon; the first time also those that were forgotten long ago."""
        self._over += names
        if self._tidying is None:
            self._tidying = asyncio.get_running_loop().create_task(self._tidy(node))

    async def _tidy(self, node: str) -> None:
        try:
            while self._over:
                await asyncio.sleep(QUIET_SECONDS)
                await self.gap(TIDY_LATEST)
                names, self._over = self._over, []
                swept, self._swept = self._swept, True
                with contextlib.suppress(OSError):
                    # What is left behind by a link that drops meanwhile is found by a later sweep.
                    await self.ask(
                        script.TIDY, "" if swept else node, *names, name=f"ssm-tui.tidy.{node}", patience=TIDY_PATIENCE
                    )
        finally:
            self._tidying = None


_hosts: WeakKeyDictionary[Connector, Host] = WeakKeyDictionary()
