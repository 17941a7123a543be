"""A host with a real sshd, a proxy in front of it that fails when told to, and the words for running steps there."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import asyncssh

from tests.engine.fault_proxy import FaultProxy
from tests.engine.sshd import Sshd
from tui.engine.nodes.base import Step, StepResult
from tui.engine.nodes.ssh import steps
from tui.engine.nodes.ssh.base import SshFault
from tui.engine.nodes.ssh.steps import RemoteRun
from tui.engine.nodes.steps import FinishedRun
from tui.ports import SystemClock

NODE = "mi-00000000000000001"
PATIENCE = 30.0


class Kept:
    """One connection, made again when it was lost; `on_again` is awaited before that."""

    def __init__(self, port: int, sshd: Sshd) -> None:
        self.on_again: Callable[[], Any] | None = None
        self.made = 0
        self._port = port
        self._sshd = sshd
        self._connection: asyncssh.SSHClientConnection | None = None

    async def connection(self) -> asyncssh.SSHClientConnection:
        if self._connection is None or self._connection.is_closed():
            if self.made and self.on_again is not None:
                await self.on_again()
            try:
                self._connection = await asyncssh.connect(
                    self._sshd.host,
                    self._port,
                    username=self._sshd.user,
                    client_keys=[str(self._sshd.key)],
                    known_hosts=None,
                    agent_path=None,
                    config=[],
                )
            except (OSError, asyncssh.Error) as error:
                raise SshFault(str(error)) from error
            self.made += 1
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.abort()


class Host:
    """One host, and an engine's end of its steps."""

    def __init__(self, folder: Path, sshd: Sshd, proxy: FaultProxy) -> None:
        self.folder = folder
        self.sshd = sshd
        self.proxy = proxy
        self.clock = SystemClock()
        self.kept = Kept(proxy.port, sshd)
        self.command_id = secrets.token_hex(8)
        self._number = 0

    @property
    def far(self) -> Path:
        """Where the host's run folders are."""
        return self.sshd.home / ".cache/ssm-tui"

    def step(self, script: str, **more: Any) -> Step:
        """Give a step; each is another one."""
        self._number += 1
        folder = self.folder / f"runs/{self.command_id}.{NODE}.{self._number}.awsrunShellScript"
        environment = {"SSM_COMMAND_ID": f"{self.command_id}-{self._number}", "AWS_SSM_INSTANCE_ID": NODE}
        return Step(f"{self.command_id}-{self._number}", NODE, "p", folder, script, environment=environment, **more)

    async def start(self, script: str | Step, *, sudo: bool = False, password: str = "", **more: Any) -> RemoteRun:
        step = script if isinstance(script, Step) else self.step(script, **more)
        return await steps.start(step, self.kept, clock=self.clock, sudo=sudo, password=lambda: password)

    async def resume(self, step: Step, **more: Any) -> RemoteRun | FinishedRun:
        """Find a step again as another engine does, that has a connection of its own."""
        self.kept.close()
        self.kept = Kept(self.proxy.port, self.sshd)
        return await steps.resume(step, self.kept, clock=self.clock, **more)

    async def run(self, script: str, **more: Any) -> tuple[StepResult, bytes, bytes]:
        """Run a script to its end; give the result and both streams."""
        run = await self.start(script, **more)
        result = await wait(run)
        return result, read(run.folder / "stdout"), read(run.folder / "stderr")


def read(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


async def wait(run: RemoteRun | FinishedRun) -> StepResult:
    async with asyncio.timeout(PATIENCE):
        return await run.wait()


@contextlib.asynccontextmanager
async def host(
    folder: Path, *, options: Sequence[str] = (), shell: str = "", sh: str = "", path: Sequence[Path] = ()
) -> AsyncIterator[Host]:
    """Serve a host; `sh` is the program that its `sh` is, `path` folders that come first on its PATH."""
    if sh:
        programs = folder / "programs"
        programs.mkdir()
        (programs / "sh").symlink_to(sh)
        path = [*path, programs]
    home = folder / "sshd/home"
    words = ":".join([*map(str, path), "/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"])
    options = [*options, f"SetEnv HOME={home} PATH={words}"]
    with Sshd(folder / "sshd", options=options, shell=shell) as sshd:
        async with FaultProxy(sshd.port) as proxy:
            made = Host(folder, sshd, proxy)
            try:
                yield made
            finally:
                made.kept.close()
                for pid in marked(f"SSM_COMMAND_ID={made.command_id}"):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)


def marked(mark: str) -> list[int]:
    """List the processes that have a text in their environment, as those of a step have its command's id."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if mark.encode() in path.read_bytes():
                found.append(int(path.parent.name))
    return found


def ours(name: str) -> list[str]:
    """List the processes whose arguments have a run folder's name, or its beginning."""
    rows = subprocess.run(
        ["ps", "-ww", "-e", "-o", "pid=,stat=,args="], capture_output=True, text=True, check=True
    ).stdout
    return [row for row in rows.splitlines() if name in row and row.split()[1][0] != "Z" and "ps -ww" not in row]
