"""The engine is killed in the middle of commands, and the next one tells the truth about each of them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.engine.command_bench import bench, leaving, until
from tui.engine import step_results
from tui.engine.nodes import processes, steps
from tui.engine.nodes.run_folder import RunFolder

ENGINE = """
import asyncio, json, sys
from pathlib import Path
from tui.engine.context import StatePaths
from tui.engine.dispatch import Engine
from tui.engine.nodes.directory import NodeDirectory

async def main():
    path = Path(sys.argv[1])
    path.mkdir(mode=0o700, exist_ok=True)
    engine = await Engine.open(StatePaths(path))
    node = engine.services.nodes.all()[0].id
    if sys.argv[3] == "away":
        await engine.services.part(NodeDirectory).pinged(node, answered=False)
    sent = await engine.call("SendCommand", {"DocumentName": "AWS-RunShellScript", "InstanceIds": [node],
        "Parameters": {"commands": json.loads(sys.argv[2])}})
    print(json.dumps([node, sent["Command"]["CommandId"]]), flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def killed_engine(
    state: Path, script: list[str], ready: Callable[[str, str], Any], mode: str = "here"
) -> tuple[str, str]:
    """Send a command from an engine in a process of its own, and kill that once `ready(node, command)` holds."""
    words = [sys.executable, "-c", ENGINE, str(state), json.dumps(script), mode]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as engine:
        assert engine.stdout is not None
        node, command_id = json.loads(engine.stdout.readline())
        try:
            asyncio.run(until(lambda: ready(node, command_id)))
        finally:
            engine.send_signal(signal.SIGKILL)
    return node, command_id


def run_folder(state: Path, node: str, command_id: str) -> Path:
    return state / "runs" / f"{command_id}.{node}.0.awsrunShellScript"


def text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def test_a_running_command_is_followed_on_after_a_kill_and_ran_once(tmp_path: Path) -> None:
    state, go, count = tmp_path / "state", tmp_path / "go", tmp_path / "count"
    script = [f"echo x >> {count}", "echo before", f"while [ ! -e {go} ]; do sleep 0.02; done", "echo after", "exit 4"]
    node, command_id = killed_engine(state, script, lambda *_: text(count))

    async def check() -> None:
        async with bench(state) as local:
            assert local.node == node
            assert local.engine.live() == [f"command {command_id} (AWS-RunShellScript)"]
            watching = asyncio.create_task(local.events(command_id))
            go.touch()
            final = (await watching)[-1]["Command"]
            assert final["StatusDetails"] == "Failed"
            got = await local.get(command_id)
            assert (got["ResponseCode"], got["StandardOutputContent"]) == (4, "before\nafter\n")

    asyncio.run(check())
    assert count.read_text() == "x\n"


def test_a_command_that_ended_while_the_engine_was_away_has_its_true_result(tmp_path: Path) -> None:
    state, go, count = tmp_path / "state", tmp_path / "go", tmp_path / "count"
    script = [f"echo x >> {count}", f"while [ ! -e {go} ]; do sleep 0.02; done", "echo done"]
    node, command_id = killed_engine(state, script, lambda *_: text(count))
    go.touch()
    asyncio.run(until(lambda: RunFolder(run_folder(state, node, command_id)).exit_code() is not None))

    async def check() -> None:
        async with bench(state) as local:
            final = await local.final(command_id)
            assert (final["Status"], final["CompletedCount"]) == ("Success", 1)
            assert (await local.get(command_id))["StandardOutputContent"] == "done\n"

    asyncio.run(check())
    assert count.read_text() == "x\n"


def test_a_command_that_vanished_while_the_engine_was_away_is_failed_and_not_run_again(tmp_path: Path) -> None:
    state, count = tmp_path / "state", tmp_path / "count"
    node, command_id = killed_engine(state, [f"echo x >> {count}", "sleep 300"], lambda *_: text(count))
    claim = RunFolder(run_folder(state, node, command_id)).claim()
    assert claim is not None
    os.killpg(claim.pid, signal.SIGKILL)
    asyncio.run(until(lambda: processes.is_over(claim.pid)))

    async def check() -> None:
        async with bench(state) as local:
            assert (await local.final(command_id))["StatusDetails"] == "Failed"
            got = await local.get(command_id)
            assert (got["ResponseCode"], got["StandardErrorContent"]) == (-1, steps.LOST)

    asyncio.run(check())
    assert count.read_text() == "x\n"


def test_a_command_whose_run_folder_was_removed_while_the_engine_was_away_ran_a_second_time(tmp_path: Path) -> None:
    state, count = tmp_path / "state", tmp_path / "count"

    def is_stored_as_begun(node: str, command_id: str) -> bool:
        with contextlib.closing(sqlite3.connect(state / "engine.db")) as store:
            said = store.execute("SELECT details FROM invocations").fetchone()
        return bool(text(count)) and said == ("InProgress",)

    node, command_id = killed_engine(state, [f"echo x >> {count}", "sleep 300"], is_stored_as_begun)
    folder = run_folder(state, node, command_id)
    claim = RunFolder(folder).claim()
    assert claim is not None
    os.killpg(claim.pid, signal.SIGKILL)
    shutil.rmtree(folder)

    async def check() -> None:
        async with bench(state) as local:
            assert (await local.final(command_id))["StatusDetails"] == "Failed"
            got = await local.get(command_id)
            assert (got["ResponseCode"], got["StandardErrorContent"]) == (-1, step_results.LOST)

    asyncio.run(check())
    assert count.read_text() == "x\n"


def test_a_command_that_was_accepted_and_never_began_is_run_once_by_the_next_engine(tmp_path: Path) -> None:
    state, count = tmp_path / "state", tmp_path / "count"
    _, command_id = killed_engine(state, [f"echo x >> {count}"], lambda *_: True, mode="away")
    assert not count.exists()

    async def check() -> None:
        async with bench(state) as local:
            assert (await local.final(command_id))["Status"] == "Success"

    asyncio.run(check())
    assert count.read_text() == "x\n"


def test_a_run_folder_that_nobody_claimed_is_left_for_a_new_one_and_the_script_runs_once(tmp_path: Path) -> None:
    state, count = tmp_path / "state", tmp_path / "count"
    node, command_id = killed_engine(state, [f"echo x >> {count}"], lambda *_: True, mode="away")
    folder = run_folder(state, node, command_id)
    for descriptor in RunFolder(folder).create(f"echo x >> {count}\n"):
        os.close(descriptor)

    async def check() -> None:
        async with bench(state) as local:
            assert (await local.final(command_id))["Status"] == "Success"

    asyncio.run(check())
    # The shell that the killed engine was just starting comes too late.
    late = ["sh", "-c", steps.WRAPPER, "ssm-tui-step", str(folder), "{}", "", "sh", str(folder / "script")]
    subprocess.run(late, check=True)
    assert count.read_text() == "x\n"
    assert RunFolder(folder.with_name(f"{folder.name}-2")).exit_code() == 0


def test_an_engine_that_leaves_in_good_order_leaves_commands_running_for_the_next(tmp_path: Path) -> None:
    state, go, count = tmp_path / "state", tmp_path / "go", tmp_path / "count"

    async def check() -> None:
        async with leaving(state) as local:
            command_id = await local.send(f"echo x >> {count}; while [ ! -e {go} ]; do sleep 0.02; done")
            await until(lambda: text(count))
        go.touch()
        async with bench(state) as again:
            assert (await again.final(command_id))["Status"] == "Success"

    asyncio.run(check())
    assert count.read_text() == "x\n"


def test_a_cancel_that_was_acknowledged_holds_after_a_kill(tmp_path: Path) -> None:
    state, count = tmp_path / "state", tmp_path / "count"
    script = [f"echo $$ > {count}", "trap '' TERM", "while :; do sleep 0.1; done"]
    _, command_id = killed_engine(state, script, lambda *_: text(count))

    async def check() -> None:
        async with leaving(state) as local:
            # This engine leaves while the script still ignores SIGTERM.
            await local.engine.call("CancelCommand", {"CommandId": command_id})
        async with bench(state) as again:
            assert (await again.final(command_id))["StatusDetails"] == "Cancelled"
            assert (await again.get(command_id))["ResponseCode"] == 137

    asyncio.run(check())
    asyncio.run(until(lambda: processes.is_over(int(count.read_text()))))


async def test_an_engine_that_left_in_the_middle_of_commands_did_not_leave_them_all(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with leaving(tmp_path / "state") as one:
        sent = [await one.send(f"sleep 0.{number:02}") for number in range(20)]
        more = [asyncio.create_task(one.send("true")) for _ in range(20)]
        await more[0]
    await asyncio.gather(*more, return_exceptions=True)
    assert "a stop hook failed" not in caplog.text
    async with leaving(tmp_path / "state") as other:
        assert {(await other.final(each))["Status"] for each in sent} == {"Success"}
