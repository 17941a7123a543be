"""The time-out of a step is kept on its node, whether or not an engine is there to see to it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.engine.command_bench import until
from tests.engine.ssh_steps_bench import Host, host, marked, ours, read, wait
from tui.engine.nodes.base import Outcome
from tui.engine.nodes.ssh import notes
from tui.engine.nodes.ssh.steps import RemoteRun, remote_name

BEATS = 'echo one; while :; do sleep 0.1; echo beat >>"$HOME/beats"; done'
STUBBORN = f'trap "" TERM; {BEATS}'


def of_group(group: int) -> list[str]:
    """List what lives in a process group."""
    said = subprocess.run(["ps", "-e", "-o", "pgid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in said.splitlines()]
    return [args for pgid, state, args in rows if int(pgid) == group and state[0] != "Z"]


async def started(far: Host, script: str, timeout: float = 60.0) -> tuple[RemoteRun, int]:
    """Start a step that says one; give it and its group."""
    step = far.step(script, timeout=timeout)
    run = await far.start(step)
    await until(lambda: read(run.folder / "stdout") == b"one\n", "the first line did not come")
    return run, int(read(far.far / remote_name(step, 1) / "claim").split()[0])


@pytest.mark.parametrize("sh", ["", *(pytest.param(sh, marks=pytest.mark.slow) for sh in ("bash", "busybox", "mksh"))])
async def test_a_step_ran_on_past_its_timeout_while_the_link_was_away_and_counted_as_a_success(
    tmp_path: Path, sh: str
) -> None:
    program = shutil.which(sh) if sh else ""
    if program is None:
        pytest.skip(f"there is no {sh} here")
    async with host(tmp_path, sh=program) as far:
        run, group = await started(far, BEATS, 1.0)
        await far.proxy.refuse(cut=True)
        await until(lambda: not of_group(group), "it went on")
        assert marked(f"SSM_COMMAND_ID={far.command_id}") == []
        await far.proxy.heal()
        result = await wait(run)
        assert (result.outcome, result.exit_code) == (Outcome.TIMED_OUT, 137)
        assert result.note == "The step ran into its time-out of 1 seconds."
        assert read(run.folder / "stdout") == b"one\n"


@pytest.mark.slow
async def test_what_ignores_sigterm_is_ended_at_its_timeout_too_and_the_next_engine_tells_so(tmp_path: Path) -> None:
    async with host(tmp_path) as far:
        run, group = await started(far, STUBBORN, 1.0)
        await far.proxy.refuse(cut=True)
        await run.release()
        await until(lambda: not of_group(group), "it went on")
        await far.proxy.heal()
        step = far.step(STUBBORN, timeout=1.0)
        found = await far.resume(type(step)(step.command_id, step.node_id, step.name, run.folder, STUBBORN))
        result = await wait(found)
        assert (result.outcome, result.exit_code) == (Outcome.TIMED_OUT, 137)


@pytest.mark.slow
async def test_a_link_that_is_cut_before_the_first_look_leaves_the_timeout_to_the_node(tmp_path: Path) -> None:
    async with host(tmp_path) as far:
        await far.kept.connection()
        step = far.step(BEATS, timeout=3.0)
        run = await far.start(step)
        claim = far.far / remote_name(step, 1) / "claim"
        await until(lambda: b"runner" in read(claim), "it did not begin")
        await far.proxy.refuse(cut=True)
        group = int(read(claim).split()[0])
        await until(lambda: b"late" in read(claim) and not of_group(group), "it went on")
        await far.proxy.heal()
        assert (await wait(run)).outcome is Outcome.TIMED_OUT


@pytest.mark.parametrize("sh", ["", *(pytest.param(sh, marks=pytest.mark.slow) for sh in ("bash", "busybox", "mksh"))])
async def test_nothing_sleeps_on_for_the_rest_of_the_timeout_of_a_step_that_is_over(tmp_path: Path, sh: str) -> None:
    program = shutil.which(sh) if sh else ""
    if program is None:
        pytest.skip(f"there is no {sh} here")
    async with host(tmp_path, sh=program) as far:
        run, group = await started(far, 'echo one; until [ -e "$HOME/go" ]; do sleep 0.05; done', 4321.0)
        await until(lambda: "sleep 4321" in str(of_group(group)), "nobody sleeps")
        assert len([args for args in of_group(group) if args.endswith("sleep 4321")]) == 1
        (far.sshd.home / "go").touch()
        assert (await wait(run)).outcome is Outcome.SUCCESS
        await until(lambda: not of_group(group), "something of the group lives")
        run, group = await started(far, BEATS, 4321.0)
        await until(lambda: "sleep 4321" in str(of_group(group)), "nobody sleeps")
        await run.cancel()
        assert (await wait(run)).outcome is Outcome.CANCELLED
        await until(lambda: not of_group(group), "something of the group lives")


async def test_a_short_step_has_no_sleep_beside_it(tmp_path: Path) -> None:
    async with host(tmp_path) as far:
        _, stdout, _ = await far.run("ps -e -o pgid=,args= | grep \"^ *$(ps -o pgid= -p $$ | tr -d ' ') \"")
        assert b"sh -s" in stdout and b"sleep 3600" not in stdout
        assert ours(far.command_id) == []


@pytest.mark.slow
async def test_a_step_whose_sleep_was_ended_by_somebody_goes_on(tmp_path: Path) -> None:
    async with host(tmp_path) as far:
        run, group = await started(far, 'echo one; until [ -e "$HOME/go" ]; do read -r x <&- || :; done 2>&-', 4321.0)
        await until(lambda: "sleep 4321" in str(of_group(group)), "nobody sleeps")
        folder = far.far / f"ssm-tui.{run.folder.name}"
        os.kill(int(read(folder / "limit")), signal.SIGTERM)
        await until(lambda: "sleep 4321" not in str(of_group(group)))
        (far.sshd.home / "go").touch()
        assert (await wait(run)).outcome is Outcome.SUCCESS
        await until(lambda: not of_group(group), "something of the group lives")


@pytest.mark.slow
async def test_what_a_finished_step_left_running_outlives_its_timeout_even_where_the_folder_was_removed(
    tmp_path: Path,
) -> None:
    async with host(tmp_path) as far:
        run, group = await started(far, '(sleep 30 & ); echo one; until [ -e "$HOME/go" ]; do sleep 0.05; done', 3.0)
        shutil.rmtree(far.far / f"ssm-tui.{run.folder.name}")
        await far.proxy.refuse(cut=True)
        (far.sshd.home / "go").touch()
        await until(lambda: not [args for args in of_group(group) if "ssm-tui-step" in args or args == "sleep 3"])
        assert "sleep 30" in str(of_group(group))
        await run.release()


@pytest.mark.slow
async def test_nothing_sleeps_on_where_a_step_and_who_ran_it_were_killed(tmp_path: Path) -> None:
    async with host(tmp_path) as far:
        run, group = await started(far, "echo one; sleep 60", 4321.0)
        await until(lambda: "sleep 4321" in str(of_group(group)), "nobody sleeps")
        claim = far.far / f"ssm-tui.{run.folder.name}" / "claim"
        pids = [int(read(claim).split(b"runner ")[1].split()[0]), *marked(f"SSM_COMMAND_ID={far.command_id}")]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        assert (await wait(run)).note == notes.LOST
        await until(lambda: not of_group(group), "something of the group lives")


@pytest.mark.slow
async def test_a_restarted_node_gives_the_errors_of_a_step_without_a_mark_among_them(tmp_path: Path) -> None:
    async with host(tmp_path) as far:
        step = far.step("echo one; echo e >&2; sleep 60")
        run = await far.start(step)
        await until(lambda: read(run.folder / "stderr") == b"e\n", "nothing came")
        await run.release()
        folder = far.far / remote_name(step, 1)
        group = int(read(folder / "claim").split()[0])
        os.killpg(group, signal.SIGKILL)
        (folder / "claim").write_text(f"{group} another-boot\n")
        (step.folder / "stderr").unlink()
        result = await wait(await far.resume(step))
        assert (result.note, read(step.folder / "stderr")) == (notes.REBOOTED, b"e\n")
