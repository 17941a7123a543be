"""A managed node that is reached over SSH; see `tui.engine.nodes.base.Node`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tui import __version__
from tui.engine.context import ApiFault, Services
from tui.engine.nodes.base import Facts, NodeUnreachable, Shell, ShellRequest, Step, StepRun
from tui.engine.nodes.directory import NodeDirectory, NodeRecord
from tui.engine.nodes.samples import Samples
from tui.engine.nodes.ssh import facts
from tui.engine.nodes.ssh.address import parse_address
from tui.engine.nodes.ssh.base import SshFault
from tui.engine.nodes.ssh.host import Host
from tui.engine.nodes.ssh.hosts import SshHosts
from tui.engine.nodes.ssh.link import CONNECTED, CONNECTING, IDLE, UNREACHABLE, Link
from tui.ports import Shape

ASK_SECONDS = 20.0
"""How long a host may take to answer one of our questions."""
ASK_CHARACTERS = 8 * 1024 * 1024
"""How long its answer may be; the longest is the list of its processes."""

REFRESH_SECONDS = 30.0
"""After which a host that was known already is asked who it is: commands come first."""

ASK_LATEST = 10.0
"""How long the first question of who a host is waits for steps on all hosts to leave a gap."""

KNOWN_SECONDS = 3600.0
"""For how long what a host said of itself will do, however often the connection is made anew."""

BETWEEN_SECONDS = 0.5
"""Between the first two measures: the first one has nothing to compare with."""

FIRST_PAUSE, LONGEST_PAUSE = 10.0, 300.0
"""Seconds before a host is measured again that gave no answer; each pause is twice the last."""

_log = logging.getLogger(__name__)


def unknown_facts(name: str) -> Facts:
    """Give the facts of a host that was never reached."""
    return Facts(name[:255], "", "", "", "", __version__, {"Addresses": []})


class SshNode:
    """One host; its connection is made when it is first wanted."""

    slots = 5

    def __init__(self, record: NodeRecord, services: Services) -> None:
        self.id = record.id
        self.become = record.become
        self._record = record
        self._services = services
        self._hosts = services.part(SshHosts)
        self._directory = services.part(NodeDirectory)
        self._sampler = facts.Sampler()
        self._measuring = False
        self._measures_failed = 0
        self._measured_again = float("-inf")
        """When the host is to be measured again at the earliest."""
        self._asked_at = float("-inf")
        self._asking = asyncio.Semaphore(2)
        self._sudo_password = ""
        self._tasks: set[asyncio.Task[None]] = set()
        self.link = Link(self._hosts, parse_address(record.address), record.config_file, changed=self._link_changed)

    @property
    def effective_user(self) -> str:
        return "root" if self.become == "sudo" else self.login

    @property
    def login(self) -> str:
        """Whom the host knows us as, as far as that is known before the configuration was read."""
        config = self.link.config
        return config.user if config is not None else self.link.address.user or self._hosts.resolver.local_user

    @property
    def accepted_keys(self) -> Path:
        """The file in which the keys of hosts are kept that the operator accepted."""
        return self._hosts.host_keys.own

    async def run(self, step: Step) -> StepRun:
        from tui.engine.nodes.ssh import steps  # deferred: commands may never come here

        clock, sudo = self._services.clock, self.become == "sudo"
        return await steps.start(step, self.link, clock=clock, sudo=sudo, password=self._password)

    async def resume(self, step: Step) -> StepRun:
        from tui.engine.nodes.ssh import steps  # deferred: likewise

        return await steps.resume(step, self.link, clock=self._services.clock, password=self._password)

    async def open_shell(self, request: ShellRequest) -> Shell:
        from tui.engine.nodes.ssh import shell  # deferred: likewise

        name = self._record.name or self.id
        return await shell.open(request, self.link, sudo=self.become == "sudo", name=name)

    async def ping(self) -> bool | None:
        if self.link.is_connected:
            return True
        return None if self.link.state in (IDLE, CONNECTING) else False

    async def reach(self) -> None:
        await self.link.connection()

    async def facts(self) -> Facts:
        """Ask the host who it is. Raises: SshFault, `facts.BadAnswer`."""
        text = await self._ask(facts.FACTS)
        now, name = self._services.clock.now(), self._record.name or self.link.address.host
        return facts.parse_facts(text, now=now, fallback_name=name, agent_version=__version__)

    def sample(self) -> Shape | None:
        # The host is asked beside the loop, and only while somebody looks; what it says goes to the samples by itself.
        is_due = not self._measuring and self._services.clock.monotonic() >= self._measured_again
        if is_due and self.link.is_connected and self._services.part(Samples).is_looked_at:
            self._measuring = True
            self._spawn(self._measure)
        return None

    async def processes(self) -> list[Shape]:
        try:
            return facts.parse_processes(await self._ask(facts.PROCESSES), now=self._services.clock.now())
        except SshFault as fault:
            raise ApiFault("TargetNotConnected", f"{self.id} does not answer. {fault.message}") from None
        except facts.BadAnswer as error:
            raise ApiFault("TargetNotConnected", f"{self.id} can't list its processes: {error}.") from None

    def set_become_password(self, password: str) -> None:
        self._sudo_password = password

    def stop(self) -> None:
        """Ask the host nothing more of what the engine itself wants to know."""
        for task in list(self._tasks):
            task.cancel()

    async def leave(self) -> None:
        """End the connection, as the host is no node any more: what runs there goes on, and nobody follows it."""
        self.stop()
        name = self._record.name or self.id
        await self.link.aclose(gone=f"{name} was removed from the nodes meanwhile: what ran there goes on unseen.")
        await self._hosts.close_unused()

    def _password(self) -> str:
        return self._sudo_password

    # what the connection does

    def _link_changed(self) -> None:
        link = self.link
        if link.state == CONNECTED:
            self._directory.noted(self.id, answered=True)
            self._spawn(self._ask_who_it_is)
        elif link.state == IDLE:
            # Nobody tries any more: whoever wants it next makes it be tried again.
            self._record.online.set()
        elif link.state != CONNECTING:
            self._directory.noted(self.id, answered=False)
            if link.state != UNREACHABLE:
                # It won't come back by itself: what is sent there is told why at once, and does not wait.
                self._record.online.set()
        event = {
            "type": "node",
            "InstanceId": self.id,
            "PingStatus": self._record.ping_status,
            "Connection": link.state,
        }
        self._services.bus.publish("nodes", event)

    async def _ask_who_it_is(self) -> None:
        await self._directory.pinged(self.id, answered=True)  # which has it stored, now and then
        clock = self._services.clock
        if clock.monotonic() - self._asked_at < KNOWN_SECONDS:
            return
        if self._record.facts.platform_type:
            await clock.sleep(REFRESH_SECONDS)
        await Host.gap(ASK_LATEST)
        async with self._hosts.asking:
            found = await self.facts()
        self._asked_at = clock.monotonic()
        await self._directory.learned(self._record, found)

    async def _measure(self) -> None:
        try:
            async with self._hosts.asking:
                if not self._sampler.has_begun:
                    self._sampler.parse(await self._ask(facts.SAMPLE), now=0.0)
                    await self._services.clock.sleep(BETWEEN_SECONDS)
                text = await self._ask(facts.SAMPLE)
            sample = self._sampler.parse(text, now=self._services.clock.now())
            self._measures_failed = 0
            if self._directory.get(self.id) is self._record:
                self._services.part(Samples).add(self.id, sample)
        except (NodeUnreachable, facts.BadAnswer):
            pause = min(FIRST_PAUSE * 2.0 ** min(self._measures_failed, 10), LONGEST_PAUSE)
            self._measures_failed += 1
            self._measured_again = self._services.clock.monotonic() + pause
            raise
        finally:
            self._measuring = False

    async def _ask(self, script: str) -> str:
        """Hand a script to the host's sh and give what it printed. Raises: SshFault."""
        import asyncssh  # deferred: a connection has loaded it by now

        connection = await self.link.connection()
        try:
            async with self._asking, asyncio.timeout(ASK_SECONDS):
                process: asyncssh.SSHClientProcess[str] = await connection.create_process(
                    facts.COMMAND, stderr=asyncssh.DEVNULL, encoding="utf-8", errors="replace"
                )
                try:
                    with contextlib.suppress(BrokenPipeError):  # it has closed the channel, and may have said why
                        process.stdin.write(script)
                        process.stdin.write_eof()
                    answer = await _whole(process.stdout)
                finally:
                    process.close()
        except TimeoutError:
            raise SshFault(f"{self._record.name or self.id} did not answer within {ASK_SECONDS:g} seconds.") from None
        except (OSError, asyncssh.Error) as error:
            reason = getattr(error, "reason", None) or str(error)
            raise SshFault(f"{self._record.name or self.id} could not be asked: {reason}.") from None
        if len(answer) > ASK_CHARACTERS:
            raise SshFault(f"{self._record.name or self.id} gave more than {ASK_CHARACTERS:,} characters as an answer.")
        return answer

    def _spawn(self, work: Callable[[], Awaitable[None]]) -> None:
        async def guarded() -> None:
            try:
                await work()
            except (NodeUnreachable, facts.BadAnswer) as error:
                _log.info("%s: %s", self.id, error)
            except Exception:
                _log.exception("%s could not be asked", self.id)

        task = asyncio.create_task(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _whole(reader: Any) -> str:
    """Read all that comes, or a little more than ASK_CHARACTERS: a host may flood instead of answering."""
    pieces: list[str] = []
    size = 0
    while size <= ASK_CHARACTERS and (piece := await reader.read(64 * 1024)):
        pieces.append(piece)
        size += len(piece)
    return "".join(pieces)
