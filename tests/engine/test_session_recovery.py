"""Shells after a kill -9: of the daemon, of the keeper, of both."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import psutil

from tests.engine.shell_bench import PATIENCE
from tests.engine.shell_daemon import NODE, Daemon, daemon
from tui.errors import ApiError
from tui.transport.streams import LocalChannel

COUNTER = "echo pid $$.; n=0; while read word; do n=$((n+1)); echo $word is number $n.; [ $word = end ] && exit 6; done"


class View:
    """A channel that is read into a buffer."""

    def __init__(self, channel: LocalChannel) -> None:
        self.channel = channel
        self.seen = b""
        self._data = channel.__aiter__()

    async def until(self, text: bytes) -> bytes:
        async with asyncio.timeout(PATIENCE):
            while text not in self.seen:
                self.seen += await anext(self._data)
        return self.seen

    async def say(self, word: str, answer: str) -> None:
        await self.channel.send(f"{word}\n".encode())
        await self.until(answer.encode())

    async def end(self) -> int | None:
        async with asyncio.timeout(PATIENCE):
            async for data in self._data:
                self.seen += data
        return self.channel.exit_status


async def start(engine: Daemon, command: str = COUNTER) -> tuple[str, View, int]:
    """Start a session and open it; gives its id, its view and the shell's process id."""
    request = {"Target": NODE, "DocumentName": "AWS-StartInteractiveCommand", "Parameters": {"command": [command]}}
    session_id = (await engine.transport.call("StartSession", request))["SessionId"]
    view = await attach(engine, session_id)
    seen = await view.until(b".")
    return session_id, view, int(seen.split()[1].rstrip(b"."))


async def attach(engine: Daemon, session_id: str) -> View:
    return View(await engine.transport.open_channel(session_id, rows=24, columns=80))


async def describe(engine: Daemon, session_id: str) -> dict[str, Any]:
    return await engine.transport.call("DescribeSession", {"SessionId": session_id}, service="ssm-tui")


def keeper_of(shell: int) -> psutil.Process:
    parent = psutil.Process(shell).parent()
    assert parent is not None
    assert any("keeper.py" in word for word in parent.cmdline())
    return parent


async def until_gone(*processes: psutil.Process) -> None:
    _, alive = await asyncio.to_thread(psutil.wait_procs, processes, PATIENCE)
    assert not alive


async def test_a_killed_daemon_takes_the_same_shell_up_again(tmp_path: Path) -> None:
    async with daemon(tmp_path) as first:
        session_id, view, pid = await start(first)
        await view.say("one", "one is number 1.")
        keeper = keeper_of(pid)
        await first.kill()
        await view.end()
        assert view.channel.exit_status is None
    async with daemon(tmp_path) as second:
        assert psutil.Process(pid).is_running()
        again = await attach(second, session_id)
        await again.until(b"one is number 1.")
        await again.say("two", "two is number 2.")
        described = await describe(second, session_id)
        assert described["Status"] == "Connected"
        assert described["Pid"] == pid
        await again.say("end", "end is number 3.")
        assert await again.end() == 6
        assert (await describe(second, session_id))["ExitStatus"] == 6
    await until_gone(keeper)


async def test_a_shell_that_ended_while_no_daemon_lived_has_its_exit_status_and_last_words(tmp_path: Path) -> None:
    async with daemon(tmp_path) as first:
        session_id, _, pid = await start(
            first, "echo pid $$.; trap 'echo last words; exit 11' TERM; while :; do read x; done"
        )
        await first.kill()
    shell = psutil.Process(pid)
    keeper = keeper_of(pid)
    shell.terminate()
    await until_gone(shell)
    async with daemon(tmp_path) as second:
        while (described := await describe(second, session_id))["Status"] != "Terminated":
            await asyncio.sleep(0.01)
        assert described["ExitStatus"] == 11
        assert "exited with status 11" in described["Details"]
        (raw,) = (tmp_path / "sessions" / session_id).glob("*.raw")
        assert b"last words" in raw.read_bytes()
    await until_gone(keeper)


async def test_a_killed_keeper_costs_the_exit_status_alone_and_is_replaced(tmp_path: Path) -> None:
    async with daemon(tmp_path) as first:
        session_id, view, pid = await start(first)
        other_id, _, other_pid = await start(first)
        keeper = keeper_of(pid)
        keeper.kill()
        await until_gone(keeper)
        await view.say("one", "one is number 1.")
        await view.say("end", "end is number 2.")
        assert await view.end() is None
        described = await describe(first, session_id)
        assert described["Status"] == "Terminated"
        assert "exit status is unknown" in described["Details"]
        assert "ExitStatus" not in described
        # The new keeper holds what was left, so that it outlives the daemon again.
        third_id, _, third_pid = await start(first)
        await first.kill()
    async with daemon(tmp_path) as second:
        again = await attach(second, other_id)
        await again.say("two", "two is number 1.")
        assert psutil.Process(other_pid).is_running()
        await again.say("end", "end is number 2.")
        assert await again.end() is None
        assert "unknown" in (await describe(second, other_id))["Details"]
        last = await attach(second, third_id)
        keeper = keeper_of(third_pid)
        await last.say("end", "end is number 1.")
        assert await last.end() == 6
    await until_gone(keeper)


async def test_both_killed_hangs_the_shell_up_and_says_so(tmp_path: Path) -> None:
    async with daemon(tmp_path) as first:
        session_id, _, pid = await start(first)
        shell, keeper = psutil.Process(pid), keeper_of(pid)
        first.process.kill()
        keeper.kill()
        await first.process.wait()
        await until_gone(keeper, shell)
    async with daemon(tmp_path) as second:
        described = await describe(second, session_id)
        assert described["Status"] == "Terminated"
        assert "were both killed" in described["Details"]
        assert "ExitStatus" not in described
        active = await second.transport.call("DescribeSessions", {"State": "Active"})
        assert active["Sessions"] == []


async def test_a_daemon_that_stops_in_good_order_leaves_the_shell_to_the_keeper(tmp_path: Path) -> None:
    async with daemon(tmp_path) as first:
        session_id, view, pid = await start(first)
        await view.say("one", "one is number 1.")
        await first.stop()
    keeper = keeper_of(pid)
    async with daemon(tmp_path) as second:
        assert (await describe(second, session_id))["Status"] == "Disconnected"
        again = await attach(second, session_id)
        await again.say("end", "end is number 2.")
        assert await again.end() == 6
    await until_gone(keeper)


async def test_vim_is_on_the_alternate_screen_and_whole_after_a_killed_daemon(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("".join(f"line {number}\n" for number in range(200)))
    command = f"echo pid $$.; exec vim -u NONE -N {tmp_path / 'text'}"
    async with daemon(tmp_path) as first:
        session_id, view, pid = await start(first, command)
        await view.until(b"line 22")
        await view.channel.send(b"100G\x0c")
        await view.until(b"line 110")
        await first.kill()
    async with daemon(tmp_path) as second:
        again = await attach(second, session_id)
        seen = await again.until(b"line 110")
        assert b"\x1b[?1049h" in seen
        replayed = again.channel.replay
        async with asyncio.timeout(PATIENCE):
            while again.seen[replayed:].count(b"line ") < 20:  # the nudge had vim draw all of its lines anew
                again.seen += await anext(again._data)
        await again.channel.send(b":q!\r")
        assert await again.end() == 0
    assert not psutil.pid_exists(pid)


async def test_an_end_is_never_lost_however_the_daemon_is_killed_around_it(tmp_path: Path) -> None:
    """A daemon that is killed while shells end leaves each with its own exit status for the next one."""
    ids: dict[str, int] = {}
    async with daemon(tmp_path) as first:
        for number in range(1, 9):
            session_id, view, _ = await start(first, f"echo pid $$.; read x; exit {number}")
            ids[session_id] = number
            await view.channel.send(b"\n")
        await first.kill()
    async with daemon(tmp_path) as second:
        for row in (await second.transport.call("DescribeSessions", {"State": "Active"}))["Sessions"]:
            with contextlib.suppress(ApiError):  # it may end just now
                view = await attach(second, row["SessionId"])
                await view.channel.send(b"\n")  # where the first one was lost with the daemon
                await view.end()
        found = {session_id: (await describe(second, session_id)).get("ExitStatus") for session_id in ids}
        assert found == ids
