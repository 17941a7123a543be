"""Steps on real processes: how they end, that the whole group goes, and what is found again after the engine died."""

import asyncio
import contextlib
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tui.engine.nodes import processes, steps
from tui.engine.nodes.base import Outcome, Step, StepNeverStarted
from tui.engine.nodes.run_folder import RunFolder
from tui.ports import SystemClock

CLOCK = SystemClock()


def step(tmp_path: Path, script: str, **more) -> Step:
    return Step(
        command_id=more.pop("command_id", "c0ffee00-0000-4000-8000-000000000001"),
        node_id="mi-00000000000000001",
        name="aws:runShellScript",
        folder=tmp_path / "runs" / "c" / "n.0.awsrunShellScript",
        script=script,
        environment={
            "SSM_COMMAND_ID": "c0ffee00-0000-4000-8000-000000000001",
            "AWS_SSM_INSTANCE_ID": "mi-00000000000000001",
        },
        **more,
    )


def start(one: Step) -> steps.DetachedRun:
    return steps.start(one, clock=CLOCK, effective_user="me")


async def until(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.005)


async def test_a_step_leaves_its_output_and_exit_code_in_private_files(tmp_path):
    run = start(
        step(tmp_path, "echo out; echo err >&2; echo $SSM_COMMAND_ID; pwd; umask; exit 3", working_directory="/tmp")
    )
    result = await run.wait()
    assert (result.outcome, result.exit_code) == (Outcome.FAILED, 3)
    assert (run.folder / "stdout").read_text().splitlines() == [
        "out",
        "c0ffee00-0000-4000-8000-000000000001",
        os.path.realpath("/tmp") if sys.platform == "darwin" else "/tmp",
        "0022",
    ]
    assert (run.folder / "stderr").read_text() == "err\n"
    assert RunFolder(run.folder).exit_code() == 3
    assert stat.S_IMODE(run.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in run.folder.iterdir()} == {0o600}


async def test_success_is_exit_code_zero_and_stdin_is_empty(tmp_path):
    result = await start(step(tmp_path, "cat; exit 0")).wait()
    assert (result.outcome, result.exit_code) == (Outcome.SUCCESS, 0)


async def test_a_missing_working_directory_fails_with_a_clear_text(tmp_path):
    run = start(step(tmp_path, "echo no", working_directory="/nowhere/at all"))
    result = await run.wait()
    assert (result.outcome, result.exit_code) == (Outcome.FAILED, 1)
    assert "the working directory /nowhere/at all does not exist" in (run.folder / "stderr").read_text()
    assert (run.folder / "stdout").read_text() == ""


async def test_data_never_becomes_shell(tmp_path):
    nasty = tmp_path / "a;touch $(echo pwned)'\" b"
    nasty.mkdir()
    run = start(step(tmp_path, "pwd", working_directory=str(nasty)))
    await run.wait()
    assert (run.folder / "stdout").read_text().strip() == str(nasty)
    assert not any(path.name == "pwned" for path in tmp_path.rglob("*"))


async def test_a_second_start_from_one_folder_runs_nothing(tmp_path):
    one = step(tmp_path, f"echo x >> {tmp_path}/count")
    run = start(one)
    await run.wait()
    subprocess.run(
        ["sh", "-c", steps.WRAPPER, "ssm-tui-step", str(one.folder), "{}", "", "sh", str(one.folder / "script")],
        check=True,
    )
    assert (tmp_path / "count").read_text() == "x\n"


GROUP = """
sh -c 'sleep 300 & echo $! > {0}/a; trap "" TERM; sleep 300 & echo $! > {0}/b; wait' & echo $! > {0}/c
sleep 300 & echo $! > {0}/d
wait
"""


async def group_of_four(tmp_path: Path, **more):
    run = start(step(tmp_path, GROUP.format(tmp_path), **more))
    await until(
        lambda: all((tmp_path / name).exists() and (tmp_path / name).read_text().endswith("\n") for name in "abcd")
    )
    pids = [int((tmp_path / name).read_text()) for name in "abcd"]
    assert all(not processes.is_over(pid) for pid in pids)
    return run, pids


async def test_cancel_ends_the_whole_group_even_what_ignores_sigterm(tmp_path, monkeypatch):
    run, pids = await group_of_four(tmp_path)
    await run.cancel()
    result = await run.wait()
    assert (result.outcome, result.exit_code) == (Outcome.CANCELLED, 137)
    await until(lambda: all(processes.is_over(pid) for pid in pids))


def test_a_zombie_that_nobody_reaps_does_not_hold_up_the_end_of_its_group():
    with subprocess.Popen(["sh", "-c", "exit"], start_new_session=True) as child:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert processes.signal_group(child.pid, 0)
        assert not processes.is_group_alive(child.pid) or not processes.LINUX
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as child:
        assert processes.is_group_alive(child.pid)
        child.kill()


async def test_a_timeout_ends_the_whole_group(tmp_path):
    run, pids = await group_of_four(tmp_path, timeout=1.0)
    result = await run.wait()
    assert (result.outcome, result.exit_code) == (Outcome.TIMED_OUT, 137)
    assert "time-out of 1 seconds" in result.note
    await until(lambda: all(processes.is_over(pid) for pid in pids))


async def test_a_step_that_writes_without_end_is_stopped_before_it_fills_the_disk(tmp_path):
    run = start(step(tmp_path, f"echo $$ > {tmp_path}/pid; while echo y; do :; done", output_cap=100_000))
    result = await run.wait()
    assert (result.outcome, result.exit_code) == (Outcome.FAILED, 137)
    assert "more than 100,000 bytes (the setting output_cap)" in result.note
    assert RunFolder(run.folder).ended() == "output"
    await until(lambda: processes.is_over(int((tmp_path / "pid").read_text())))


async def test_a_step_is_over_when_its_shell_is_though_a_child_stays_behind(tmp_path):
    run = start(step(tmp_path, f"sleep 60 & echo $! > {tmp_path}/pid; echo done"))
    result = await run.wait()
    assert result.outcome is Outcome.SUCCESS
    pid = int((tmp_path / "pid").read_text())
    assert not processes.is_over(pid)
    os.kill(pid, signal.SIGKILL)


async def test_a_leader_that_is_killed_is_a_failure_and_takes_its_group_along(tmp_path):
    run, pids = await group_of_four(tmp_path)
    os.kill(RunFolder(run.folder).claim().pid, signal.SIGKILL)
    result = await run.wait()
    assert (result.outcome, result.exit_code) == (Outcome.FAILED, -1)
    assert "signal 9" in result.note
    await until(lambda: all(processes.is_over(pid) for pid in pids))


ENGINE = """
import asyncio, sys
from pathlib import Path
from tui.engine.nodes import steps
from tui.engine.nodes.base import Step
from tui.ports import SystemClock
async def main():
    run = steps.start(Step(command_id=sys.argv[3], node_id="mi-00000000000000001", name="p", folder=Path(sys.argv[1]),
        script=sys.argv[2], timeout=float(sys.argv[4]),
        environment={"SSM_COMMAND_ID": sys.argv[3], "AWS_SSM_INSTANCE_ID": "mi-00000000000000001"}),
        clock=SystemClock(), effective_user="me")
    print("started", flush=True)
    await run.wait()
asyncio.run(main())
"""


def start_and_kill_the_engine(one: Step, ready) -> None:
    """Start a step from a process of its own and end that process with SIGKILL once `ready()`."""
    engine = subprocess.Popen(
        [sys.executable, "-c", ENGINE, str(one.folder), one.script, one.command_id, str(one.timeout)],
        stdout=subprocess.PIPE,
    )
    assert engine.stdout.readline() == b"started\n"
    deadline = time.monotonic() + 10
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.005)
    engine.kill()
    engine.wait()
    engine.stdout.close()


async def test_after_a_kill_a_running_step_is_followed_on(tmp_path):
    one = step(
        tmp_path, f"echo x >> {tmp_path}/count; while [ ! -e {tmp_path}/go ]; do sleep 0.02; done; echo end; exit 4"
    )
    start_and_kill_the_engine(one, lambda: (tmp_path / "count").exists())
    run = await steps.resume(one, clock=CLOCK)
    assert isinstance(run, steps.DetachedRun)
    (tmp_path / "go").touch()
    result = await run.wait()
    assert (result.outcome, result.exit_code) == (Outcome.FAILED, 4)
    assert (run.folder / "stdout").read_text() == "end\n"
    assert (tmp_path / "count").read_text() == "x\n"


async def test_after_a_kill_a_step_that_ended_meanwhile_has_its_true_result(tmp_path):
    one = step(tmp_path, "echo hello")
    start_and_kill_the_engine(one, lambda: RunFolder(one.folder).exit_code() is not None)
    result = await (await steps.resume(one, clock=CLOCK)).wait()
    assert (result.outcome, result.exit_code, result.note) == (Outcome.SUCCESS, 0, "")


async def test_after_a_kill_a_step_that_vanished_without_an_exit_code_is_failed_and_its_group_is_ended(tmp_path):
    one = step(tmp_path, f"sleep 300 & echo $! > {tmp_path}/pid; wait")
    start_and_kill_the_engine(
        one, lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().endswith("\n")
    )
    leader = RunFolder(one.folder).claim().pid
    os.kill(leader, signal.SIGKILL)
    await until(lambda: processes.is_over(leader))
    result = await (await steps.resume(one, clock=CLOCK)).wait()
    assert (result.outcome, result.exit_code, result.note) == (Outcome.FAILED, -1, steps.LOST)
    pid = int((tmp_path / "pid").read_text())
    await until(lambda: processes.is_over(pid))


async def test_after_a_kill_a_step_that_nobody_claimed_can_never_start_from_its_old_folder(tmp_path):
    one = step(tmp_path, f"echo x >> {tmp_path}/count")
    out, err = RunFolder(one.folder).create(one.script)
    os.close(out)
    os.close(err)
    with pytest.raises(StepNeverStarted):
        await steps.resume(one, clock=CLOCK)
    # The shell that the dead engine had just started comes too late.
    subprocess.run(
        ["sh", "-c", steps.WRAPPER, "ssm-tui-step", str(one.folder), "{}", "", "sh", str(one.folder / "script")],
        check=True,
    )
    assert not (tmp_path / "count").exists()
    with pytest.raises(StepNeverStarted):
        await steps.resume(one, clock=CLOCK)


async def test_after_a_kill_the_timeout_still_counts_from_the_original_start(tmp_path):
    one = step(tmp_path, f"echo $$ > {tmp_path}/pid; sleep 300", timeout=0.5)
    start_and_kill_the_engine(one, lambda: (tmp_path / "pid").exists())
    run = await steps.resume(one, clock=CLOCK)
    result = await run.wait()
    assert result.outcome is Outcome.TIMED_OUT
    await until(lambda: processes.is_over(int((tmp_path / "pid").read_text())))


async def test_a_reused_process_number_is_not_taken_for_the_step(tmp_path):
    one = step(tmp_path, "true")
    out, err = RunFolder(one.folder).create(one.script)
    os.close(out)
    os.close(err)
    stranger = subprocess.Popen(["sleep", "300"])
    try:
        await until(lambda: psutil.Process(stranger.pid).name() == "sleep")
        (one.folder / "claim").write_text(f"{stranger.pid}\n{{}}\n")
        result = await (await steps.resume(one, clock=CLOCK)).wait()
        assert result.note == steps.LOST
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


async def test_an_engine_that_leaves_in_good_order_leaves_the_step_running(tmp_path):
    one = step(tmp_path, f"while [ ! -e {tmp_path}/go ]; do sleep 0.02; done; echo end")
    run = start(one)
    await until(lambda: RunFolder(one.folder).claim() is not None)
    child = run._child
    await run.release()
    again = await steps.resume(one, clock=CLOCK)
    (tmp_path / "go").touch()
    assert (await again.wait()).outcome is Outcome.SUCCESS
    os.waitpid(child.pid, 0)


@pytest.mark.parametrize("reason", ["cancel", "timeout"])
async def test_what_ignores_the_signal_went_on_when_the_engine_was_killed_between_it_and_the_last_one(tmp_path, reason):
    one = step(tmp_path, "sh -c 'trap \"\" TERM; echo up; sleep 300; true' & sleep 300")
    run = start(one)
    folder = RunFolder(run.folder)
    await until(lambda: (run.folder / "stdout").read_text() == "up\n")
    await run.release()
    leader = folder.claim().pid
    folder.mark_ended(reason)
    processes.signal_group(leader, signal.SIGTERM)
    try:
        await until(lambda: processes.is_over(leader))
        assert processes.is_group_alive(leader)
        result = await (await steps.resume(one, clock=CLOCK)).wait()
        assert (result.outcome, result.exit_code) == (steps.ended_outcome(reason), 137)
        await until(lambda: not any(_in_group(leader)))
    finally:
        processes.signal_group(leader, signal.SIGKILL)


def _in_group(group):
    for process in psutil.process_iter():
        with contextlib.suppress(OSError, psutil.Error):
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                yield process.pid
