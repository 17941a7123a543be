"""Hosts that close channels, or hang behind them: what is told of a step is what became of it."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from tests.engine.command_bench import until
from tests.engine.ssh_operator import Fleet, address, fleet
from tests.engine.ssh_server import SshServer, make_key
from tests.engine.ssh_steps_bench import marked
from tui.engine.context import ApiFault
from tui.engine.nodes.ssh import host

NOTED = 'echo once >>"$HOME/ran"; echo done'


class Server(SshServer):
    """Runs what it is asked to in a group of its own; closes the first `closes` channels at once instead.

    `status` is what those exit with, None where they only close; while `hangs`, those with a program to end a step in
    them say nothing. `shells` are those that run.
    """

    def __init__(self, home: Path, **options: Any) -> None:
        self.closes = 0
        self.status: int | None = None
        self.hangs = False
        self.hung: list[asyncssh.SSHServerProcess[bytes]] = []
        self.asked = asyncio.Event()
        self.execs = 0
        self._home = home
        super().__init__(**options)

    async def _run(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        self.execs += 1
        if self.execs <= self.closes:
            if self.status is None:
                process.close()
            else:
                process.exit(self.status)
            return
        if self.hangs:
            self.hung.append(process)
            self.asked.set()
            await process.wait_closed()
            self.hung.remove(process)
            return
        child = await asyncio.create_subprocess_exec(
            "/bin/sh",
            "-c",
            process.command or "true",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
            env={"PATH": os.environ["PATH"], "HOME": str(self._home)},
        )

        async def pump(source: Any, target: Any) -> None:
            while data := await source.read(65536):
                target.write(data)
            if target is child.stdin:
                target.close()

        told = asyncio.create_task(pump(process.stdin, child.stdin))
        task = asyncio.current_task()
        assert task is not None and child.stdin is not None
        self._running.add(task)
        try:
            await asyncio.gather(pump(child.stdout, process.stdout), pump(child.stderr, process.stderr), child.wait())
            process.exit(0)
        except (OSError, asyncssh.Error):
            pass  # nobody listens any more
        finally:
            told.cancel()
            child.stdin.close()
            if child.returncode is None:
                child.kill()
                await child.wait()
            child._transport.close()  # type: ignore[attr-defined]  # what the step left behind may hold its pipes
            self._running.discard(task)


async def known(made: Fleet, server: Server) -> str:
    """Make a server a node, connected."""
    server.keys.append(make_key(made.ssh / "id_ed25519"))
    made.trust(server)
    node = await made.add("o1", address(server))
    assert (await made.connect(node))["State"] == "Connected"
    return node


async def until_asked_who_it_is(server: Server) -> None:
    """Wait for what the engine wants to know for itself, so that it is not counted."""
    async with asyncio.timeout(20):
        while not server.execs:
            await asyncio.sleep(0.01)
    server.execs = 0


async def run(made: Fleet, node: str) -> dict[str, Any]:
    """Run NOTED on a node; give what GetCommandInvocation says."""
    command_id = await made.bench.send(NOTED, InstanceIds=[node])
    await made.bench.final(command_id)
    return await made.bench.get(command_id, node)


@pytest.mark.parametrize(
    ("closes", "status"), [(1, None), pytest.param(3, None, marks=pytest.mark.slow), (1, 1), (5, 1)]
)
async def test_a_step_is_told_as_failed_and_runs_all_the_same_where_channels_are_closed_at_once(
    tmp_path: Path, closes: int, status: int | None
) -> None:
    async with Server(tmp_path) as server, fleet(tmp_path) as made:
        node = await known(made, server)
        await until_asked_who_it_is(server)
        server.closes, server.status = closes, status
        got = await run(made, node)
        ran = (tmp_path / "ran").read_text().count("once") if (tmp_path / "ran").exists() else 0
        assert (got["Status"], ran) == (("Failed", 0) if status and closes > 2 else ("Success", 1))
        assert ("its login shell runs no sh (it said nothing)" in got["StandardErrorContent"]) is (ran == 0)
        # Nobody goes on with a step that is told as failed.
        server.closes = 0
        assert (await run(made, node))["Status"] == "Success"
        assert (tmp_path / "ran").read_text().count("once") == ran + 1


async def test_four_steps_at_once_without_an_sh_all_say_why(tmp_path: Path) -> None:
    async with Server(tmp_path) as server, fleet(tmp_path) as made:
        node = await known(made, server)
        await until_asked_who_it_is(server)
        server.closes, server.status = 100, 127
        sent = [await made.bench.send(NOTED, InstanceIds=[node]) for _ in range(4)]
        for command_id in sent:
            await made.bench.final(command_id)
            got = await made.bench.get(command_id, node)
            assert got["Status"] == "Failed"
            assert "its login shell runs no sh" in got["StandardErrorContent"]
        assert not (tmp_path / "ran").exists()


async def begun(made: Fleet, node: str) -> str:
    """Start a step that goes on; give its command."""
    command_id = await made.bench.send("echo one; sleep 60", InstanceIds=[node])
    async for event in made.engine.watch("command", {"CommandId": command_id}):
        if event["type"] == "output":
            break
    return command_id


@pytest.mark.slow
async def test_a_running_step_is_not_told_as_failed_where_new_channels_are_closed_at_once(tmp_path: Path) -> None:
    async with Server(tmp_path) as server, fleet(tmp_path) as made:
        node = await known(made, server)
        await until_asked_who_it_is(server)
        command_id = await made.bench.send(
            f'{NOTED}; until [ -e "$HOME/go" ]; do sleep 0.05; done; exit 3', InstanceIds=[node]
        )
        async for event in made.engine.watch("command", {"CommandId": command_id}):
            if event["type"] == "output":
                break
        server.closes, server.status = server.execs + 4, 1
        for connection in list(server.connections):
            connection.abort()
        async with asyncio.timeout(20):
            while server.execs < server.closes:
                await asyncio.sleep(0.01)
        (tmp_path / "go").touch()
        await made.bench.final(command_id)
        got = await made.bench.get(command_id, node)
        assert (got["Status"], got["ResponseCode"], got["StandardOutputContent"]) == ("Failed", 3, "done\n")
        assert (tmp_path / "ran").read_text() == "once\n"


async def test_a_cancel_on_a_host_that_hangs_ends_when_the_host_is_removed(tmp_path: Path) -> None:
    async with Server(tmp_path) as server, fleet(tmp_path) as made:
        node = await known(made, server)
        command_id = await begun(made, node)
        server.hangs = True
        await made.engine.call("CancelCommand", {"CommandId": command_id})
        async with asyncio.timeout(20):
            await server.asked.wait()
            await made.engine.call("DeregisterManagedInstance", {"InstanceId": node})
            last = await made.bench.final(command_id)
        assert last["Status"] in ("Failed", "Cancelled")
        got = await made.engine.call("ListCommandInvocations", {"CommandId": command_id, "Details": True})
        assert "was removed from the nodes meanwhile" in str(got["CommandInvocations"][0]["CommandPlugins"])
        assert made.engine.live() == []
        for pid in marked(f"SSM_COMMAND_ID={command_id}"):
            os.kill(pid, signal.SIGKILL)


async def test_a_host_that_hangs_is_asked_by_one_channel_at_a_time_to_end_a_step(tmp_path: Path) -> None:
    async with Server(tmp_path) as server, fleet(tmp_path) as made:
        node = await known(made, server)
        connector = made.engine.services.nodes.get(node).link  # type: ignore[union-attr]  # it is an SSH node
        server.hangs = True
        for _ in range(3):
            asked = await host.Host.of(connector).ask("true", name="x", patience=0.05)
            assert asked is not None and asked.word is None
            async with asyncio.timeout(10):
                while server.hung:
                    await asyncio.sleep(0.01)


async def test_a_host_that_gives_no_measures_is_not_asked_for_them_at_each_look(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    async with Server(tmp_path) as server, fleet(tmp_path) as made:
        node = await known(made, server)
        await until_asked_who_it_is(server)
        server.closes, server.status = 1000, 1
        for _ in range(3):
            with pytest.raises(ApiFault):
                await made.call("ListProcesses", InstanceId=node)
            await made.call("ListNodeSamples", InstanceId=node)
            await until(lambda: "no POSIX shell answered" in caplog.text)
        # One for each list, and one for the measures.
        assert server.execs == 4


async def test_a_step_goes_on_as_soon_as_its_host_is_back_however_long_it_was_away(tmp_path: Path) -> None:
    async with Server(tmp_path) as server, fleet(tmp_path) as made:
        node = await known(made, server)
        connector = made.engine.services.nodes.get(node).link  # type: ignore[union-attr]  # it is an SSH node
        waiting = asyncio.create_task(host.Host.of(connector).pause(made.engine.services.clock, 3600.0))
        await server.stop()
        await made.until(node, "Unreachable", saying="nothing listens there")
        await server.start()
        async with asyncio.timeout(20):
            await waiting
        assert (await made.state(node))["State"] == "Connected"
