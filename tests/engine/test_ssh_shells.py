"""Shells over SSH: a terminal on the host, that ends with the link or the engine and says so."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.engine.command_bench import Bench, until
from tests.engine.fault_proxy import FaultProxy
from tests.engine.shell_bench import Console
from tests.engine.ssh_fleet import add, connect, engine_at, make_home
from tests.engine.ssh_steps_bench import marked
from tests.engine.sshd import Sshd
from tui.engine.nodes.ssh.shell import WITH_THE_ENGINE, command_line
from tui.engine.shells import Shells


class Host:
    """An engine with one SSH host."""

    def __init__(self, bench: Bench, node: str, proxy: FaultProxy) -> None:
        self.bench = bench
        self.node = node
        self.proxy = proxy

    async def start(self, command: str = "") -> str:
        request: dict[str, Any] = {"Target": self.node}
        if command:
            request |= {"DocumentName": "AWS-StartInteractiveCommand", "Parameters": {"command": [command]}}
        return str((await self.bench.engine.call("StartSession", request))["SessionId"])

    async def console(self, session_id: str, rows: int = 24, columns: int = 80) -> Console:
        return Console(await self.bench.engine.services.part(Shells).attach(session_id, rows, columns))

    async def open(self, command: str = "", rows: int = 24, columns: int = 80) -> Console:
        return await self.console(await self.start(command), rows, columns)

    async def describe(self, session_id: str) -> dict[str, Any]:
        return await self.bench.engine.call("DescribeSession", {"SessionId": session_id}, service="ssm-tui")


@asynccontextmanager
async def host(folder: Path) -> AsyncIterator[Host]:
    with Sshd(folder / "sshd") as sshd:
        async with FaultProxy(sshd.port) as proxy:
            home = make_home(folder / "home", sshd, [proxy.port])
            async with engine_at(folder / "state", home) as bench:
                node = await add(bench, sshd, "web-1", proxy.port)
                await connect(bench, node)
                yield Host(bench, node, proxy)


async def test_a_shell_has_a_terminal_of_the_consoles_size_and_follows_it(tmp_path: Path) -> None:
    async with host(tmp_path) as far:
        console = await far.open("stty size; read -r line; stty size; echo got:$line; exit 7", rows=33, columns=101)
        await console.until(b"33 101")
        await console.attachment.resize(40, 120)
        await console.type(b"hello\r")
        await console.until(b"40 120")
        await console.until(b"got:hello")
        await console.end()
        assert console.attachment.exit_status == 7
        assert console.attachment.close_reason == "The shell exited with status 7."


async def test_the_login_shell_is_interactive_and_a_signal_that_ends_it_is_named(tmp_path: Path) -> None:
    async with host(tmp_path) as far:
        session_id = await far.start()
        console = await far.console(session_id)
        await console.type(b"echo $((6*7)) $TERM\r")
        await console.until(b"42 xterm-256color")
        await console.type(b"kill -9 $$\r")
        await console.end()
        assert "SIGKILL" in str(console.attachment.close_reason)
        assert (await far.describe(session_id))["ExitStatus"] == 137


async def test_a_lost_link_ends_the_shell_on_both_sides_and_says_so(tmp_path: Path) -> None:
    async with host(tmp_path) as far:
        mark = f"LOST_LINK={tmp_path.name}"
        console = await far.open(f"{mark} sh -c 'echo ready; exec sleep 300'")
        await console.until(b"ready")
        assert marked(mark)
        await far.proxy.refuse(cut=True)
        await console.end()
        assert "The connection to web-1 was lost" in str(console.attachment.close_reason)
        await until(lambda: not marked(mark), "the shell lives on without its terminal")


async def test_terminate_hangs_the_shell_up_and_other_work_on_the_link_goes_on(tmp_path: Path) -> None:
    async with host(tmp_path) as far:
        session_id = await far.start("echo ready; sleep 300")
        console = await far.console(session_id)
        await console.until(b"ready")
        await far.bench.engine.call("TerminateSession", {"SessionId": session_id})
        await console.end()
        assert "Terminated by" in str(console.attachment.close_reason)
        command_id = await far.bench.send("echo still", InstanceIds=[far.node])
        assert (await far.bench.final(command_id))["Status"] == "Success"
        assert far.proxy.accepted == 1


async def test_an_engine_that_stops_ends_its_ssh_shells_and_tells_the_next_one(tmp_path: Path) -> None:
    with Sshd(tmp_path / "sshd") as sshd:
        home = make_home(tmp_path / "home", sshd, [sshd.port])
        async with engine_at(tmp_path / "state", home) as bench:
            node = await add(bench, sshd, "web-1", sshd.port)
            far = Host(bench, node, None)  # type: ignore[arg-type]  # nothing is cut here
            session_id = await far.start("echo ready; sleep 300")
            console = await far.console(session_id)
            await console.until(b"ready")
            await bench.engine.aclose()
            await console.end()
            assert console.attachment.close_reason == WITH_THE_ENGINE
        async with engine_at(tmp_path / "state", home) as again:
            said = await Host(again, node, None).describe(session_id)  # type: ignore[arg-type]  # likewise
            assert (said["Status"], said["Details"]) == ("Terminated", WITH_THE_ENGINE)


@pytest.mark.parametrize("command", ["echo plain", "echo 'a b'; echo \"!x\"\necho $HOME %s \\n", "printf 'ü\\n'"])
def test_a_command_reaches_sh_whole_whatever_it_has_in_it(command: str) -> None:
    line = command_line(command, sudo=False)
    assert line is not None and "\n" not in line and "!" not in line
    said = subprocess.run(["sh", "-c", line], capture_output=True, check=True).stdout
    assert said == subprocess.run(["sh", "-c", command], capture_output=True, check=True).stdout
