"""One command on many SSH hosts: 10, 100, 500 nodes on one sshd on loopback, 50 at once, cold and on kept connections.

Ours goes from SendCommand to the last final state, with each step detached in a run folder on its host, the output
stored, and every state in the store. The engine runs in this process, as bare asyncssh does. Peers have keys and known
hosts loaded beforehand, and store nothing. clush keeps no connections.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import asyncssh

from tests.bench._rows import Row, in_turns
from tests.engine.sshd import Sshd
from tui.engine.context import StatePaths
from tui.engine.dispatch import Engine

HOSTS = (10, 100, 500)
ROUNDS = {10: 7, 100: 5, 500: 3}
AT_ONCE = 50
COMMAND = "echo hi"
SETTLE = 2.5
"""Seconds after which a turn's run folders are removed from the hosts: that is not to fall into a peer's turn."""

PSSH = """
import sys, time
from pssh.clients import ParallelSSHClient
host, port, user, key, count, at_once, command = sys.argv[1:]
client = None
for line in sys.stdin:
    if line == "cold\\n":
        client = None
    begun = time.perf_counter()
    if client is None:
        client = ParallelSSHClient(
            [host] * int(count), port=int(port), user=user, pkey=key, pool_size=int(at_once), allow_agent=False
        )
    found = client.run_command(command)
    client.join(found)
    said = [list(each.stdout) for each in found]
    taken = time.perf_counter() - begun
    assert said == [["hi"]] * int(count), said
    print(taken, flush=True)
"""


def figures() -> list[Row]:
    """Measure; takes about six minutes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192) if hard > 0 else 8192, hard))
    rows: list[Row] = []
    try:
        with tempfile.TemporaryDirectory(prefix="ssm-tui-bench-", ignore_cleanup_errors=True) as name:
            folder = Path(name)
            options = ["LogLevel ERROR", f"SetEnv HOME={folder / 'far'}"]
            (folder / "far").mkdir()
            with Sshd(folder / "sshd", options=options, login_shell="/bin/sh") as sshd, asyncio.Runner() as runner:
                for count in HOSTS:
                    rows += _with_hosts(runner, folder, sshd, count)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return rows


def _with_hosts(runner: asyncio.Runner, folder: Path, sshd: Sshd, count: int) -> list[Row]:
    ours = Ours(folder / f"ours-{count}", sshd, count)
    bare = Bare(sshd, count)
    pssh = Pssh(sshd, count) if importlib.util.find_spec("pssh") else None
    clush = Clush(folder / f"clush-{count}", sshd, count) if importlib.util.find_spec("ClusterShell") else None
    runner.run(ours.prepare())
    names = ["asyncssh", *(["parallel-ssh"] if pssh else [])]
    rounds = ROUNDS[count]
    try:
        measures: list[Callable[[], float]] = [
            lambda: runner.run(ours.cold()),
            lambda: runner.run(bare.cold()),
            *([pssh.cold] if pssh else []),
        ]
        for measure in measures:
            measure()
        cold = in_turns(rounds, *measures)
        if clush is not None:
            clush.cold()
            cold += in_turns(1 if count > 100 else 3, clush.cold)
            names.append("clush")
        measures = [
            lambda: runner.run(ours.kept()),
            lambda: runner.run(bare.kept()),
            *([pssh.kept] if pssh else []),
        ]
        for measure in measures:
            measure()
        kept = in_turns(rounds, *measures)
    finally:
        runner.run(ours.aclose())
        runner.run(bare.aclose())
        if pssh is not None:
            pssh.close()
    rows = [_row(f"{count} hosts, cold", cold[0], peer, name, 1.7) for name, peer in zip(names, cold[1:], strict=True)]
    return rows + [
        _row(f"{count} hosts, kept", kept[0], peer, name, 4.0) for name, peer in zip(names, kept[1:], strict=False)
    ]


def _row(name: str, ours: float, peer: float, peer_name: str, most: float) -> Row:
    is_bare = peer_name == "asyncssh"
    limit = most if is_bare else 1.0 if name.endswith("cold") else None
    return Row(
        name=name,
        ours=ours,
        peer=peer,
        peer_name=peer_name,
        unit="s",
        ratio=ours / peer,
        goal=f"ours <= {most} x peer" if is_bare else "ours < peer" if limit else "",
        met=ours <= limit * peer if limit else None,
    )


class Ours:
    """An engine with so many SSH nodes."""

    def __init__(self, folder: Path, sshd: Sshd, count: int) -> None:
        self._folder = folder
        self._sshd = sshd
        self._count = count
        self._engine: Engine | None = None

    async def prepare(self) -> None:
        """Register the hosts, and one more for what is done the first time only."""
        ssh = self._folder / "home/.ssh"
        ssh.mkdir(mode=0o700, parents=True)
        config = f"User {self._sshd.user}\nIdentityFile {self._sshd.key}\nIdentitiesOnly yes\n"
        (ssh / "config").write_text(f"Host *\n{config}")
        shutil.copy(self._sshd.known_hosts, ssh / "known_hosts")
        engine = await self._open()
        for number in range(self._count + 1):
            await engine.call(
                "AddNode",
                {
                    "Name": f"host-{number}",
                    "Address": f"ssh://{self._sshd.user}@{self._sshd.host}:{self._sshd.port}",
                    "Tags": [{"Key": "use", "Value": "bench" if number else "warm"}],
                },
                service="ssm-tui",
            )
        await self.aclose()

    async def _open(self) -> Engine:
        settings = {"home": str(self._folder / "home"), "ssh_auth_sock": ""}
        (self._folder / "state").mkdir(mode=0o700, exist_ok=True)
        self._engine = await Engine.open(StatePaths(self._folder / "state"), settings=settings)
        return self._engine

    async def cold(self) -> float:
        """Seconds on an engine that has no connection yet."""
        await self.aclose()
        await self._open()
        await self._run("warm", 1)
        return await self.kept()

    async def kept(self) -> float:
        """Seconds on the connections that there are."""
        taken = await self._run("bench", self._count)
        await asyncio.sleep(SETTLE)
        return taken

    async def _run(self, use: str, count: int) -> float:
        engine = self._engine
        assert engine is not None
        begun = time.perf_counter()
        sent = await engine.call(
            "SendCommand",
            {
                "DocumentName": "AWS-RunShellScript",
                "Targets": [{"Key": "tag:use", "Values": [use]}],
                "Parameters": {"commands": [COMMAND]},
                "MaxConcurrency": str(AT_ONCE),
            },
        )
        last: dict[str, Any] = {}
        async for event in engine.watch("command", {"CommandId": sent["Command"]["CommandId"]}):
            last = event
        taken = time.perf_counter() - begun
        command = last["Command"]
        assert (command["Status"], command["CompletedCount"]) == ("Success", count), command
        return taken

    async def aclose(self) -> None:
        """End the engine and its connections."""
        if self._engine is not None:
            await self._engine.aclose()
            self._engine = None


class Bare:
    """asyncssh and nothing else."""

    def __init__(self, sshd: Sshd, count: int) -> None:
        self._sshd = sshd
        self._count = count
        self._options: dict[str, Any] = {
            "username": sshd.user,
            "client_keys": [asyncssh.read_private_key(str(sshd.key))],
            "known_hosts": asyncssh.read_known_hosts(str(sshd.known_hosts)),
            "agent_path": None,
            "config": [],
        }
        self._kept: list[asyncssh.SSHClientConnection] = []

    async def cold(self) -> float:
        """Seconds with connecting."""
        places = asyncio.Semaphore(AT_ONCE)

        async def one() -> None:
            async with places, asyncssh.connect(self._sshd.host, self._sshd.port, **self._options) as connection:
                assert (await connection.run(COMMAND)).stdout == "hi\n"

        begun = time.perf_counter()
        await asyncio.gather(*(one() for _ in range(self._count)))
        return time.perf_counter() - begun

    async def kept(self) -> float:
        """Seconds on connections that were made before."""
        for _ in range(self._count - len(self._kept)):
            self._kept.append(await asyncssh.connect(self._sshd.host, self._sshd.port, **self._options))
        places = asyncio.Semaphore(AT_ONCE)

        async def one(connection: asyncssh.SSHClientConnection) -> None:
            async with places:
                assert (await connection.run(COMMAND)).stdout == "hi\n"

        begun = time.perf_counter()
        await asyncio.gather(*(one(connection) for connection in self._kept))
        return time.perf_counter() - begun

    async def aclose(self) -> None:
        async with AsyncExitStack() as stack:
            for connection in self._kept:
                await stack.enter_async_context(connection)


class Pssh:
    """parallel-ssh in a process of its own, whose loop is not asyncio's."""

    def __init__(self, sshd: Sshd, count: int) -> None:
        words = [sshd.host, str(sshd.port), sshd.user, str(sshd.key), str(count), str(AT_ONCE), COMMAND]
        self._process = subprocess.Popen(
            [sys.executable, "-c", PSSH, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def _ask(self, word: str) -> float:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def cold(self) -> float:
        return self._ask("cold")

    def kept(self) -> float:
        return self._ask("kept")

    def close(self) -> None:
        self._process.communicate()


class Clush:
    """ClusterShell's command, which starts an ssh for each host."""

    def __init__(self, folder: Path, sshd: Sshd, count: int) -> None:
        folder.mkdir()
        config = folder / "config"
        config.write_text(
            f"Host *\nHostName {sshd.host}\nPort {sshd.port}\nUser {sshd.user}\nIdentityFile {sshd.key}\n"
            f"IdentitiesOnly yes\nUserKnownHostsFile {sshd.known_hosts}\n"
        )
        self._words = [
            *(sys.executable, "-m", "ClusterShell.CLI.Clush", "-q", "-N", "-f", str(AT_ONCE)),
            *("-o", f"-F {config}", "-w", f"host[1-{count}]", COMMAND),
        ]
        self._count = count

    def cold(self) -> float:
        begun = time.perf_counter()
        done = subprocess.run(
            self._words, capture_output=True, text=True, check=True, env={**os.environ, "CLUSTERSHELL_CFGDIR": ""}
        )
        taken = time.perf_counter() - begun
        assert done.stdout == "hi\n" * self._count, done.stdout[-500:] + done.stderr[-500:]
        return taken
