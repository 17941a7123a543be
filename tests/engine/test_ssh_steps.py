"""Steps on a real sshd: detached, streamed, taken up again after every kind of loss, and never run twice."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import signal
import stat
import subprocess
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from tests.engine.command_bench import until
from tests.engine.ssh_steps_bench import NODE, Host, host, marked, ours, read, wait
from tui.engine.nodes.base import NodeUnreachable, Outcome, Step, StepNeverStarted
from tui.engine.nodes.ssh import notes, script, steps
from tui.engine.nodes.ssh.record import Begun, Record
from tui.engine.nodes.ssh.steps import remote_name
from tui.ports import SystemClock

pytestmark = pytest.mark.slow

HOLD = 'echo "$$" >>"$HOME/ran"; echo one; until [ -e "$HOME/go" ]; do sleep 0.05; done; echo two'
"""Notes each time that it runs, and waits to be let go."""


def ran(far: Host) -> int:
    """How often HOLD has run on a host."""
    return len(read(far.sshd.home / "ran").splitlines())


async def until_one(run: steps.RemoteRun) -> None:
    await until(lambda: read(run.folder / "stdout") == b"one\n", "the first line did not come")


async def test_a_step_gives_its_output_its_exit_code_and_who_ran_it(tmp_path: Path) -> None:
    async with host(tmp_path) as far:
        run = await far.start("""echo "it's $SSM_COMMAND_ID"; pwd; umask; echo oops >&2; exit 3""")
        result = await wait(run)
        assert (result.outcome, result.exit_code, result.note) == (Outcome.FAILED, 3, "")
        said = read(run.folder / "stdout").decode().splitlines()
        assert said[0] == f"it's {far.command_id}-1"
        assert said[2] != "0077"
        assert read(run.folder / "stderr") == b"oops\n"
        assert run.effective_user == far.sshd.user
        assert stat.S_IMODE(run.folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in run.folder.iterdir()} == {0o600}
        result, _, stderr = await far.run("echo no", working_directory="/nowhere")
        assert result.exit_code == 1 and b"/nowhere does not exist" in stderr
        result, stdout, _ = await far.run("pwd", working_directory="/usr")
        assert stdout == b"/usr\n"


async def test_output_comes_while_the_step_runs_and_its_folder_on_the_node_goes_when_it_is_over(tmp_path: Path) -> None:
    async with host(tmp_path) as far:
        step = far.step(HOLD)
        run = await far.start(step)
        await until_one(run)
        folder = far.far / remote_name(step, 1)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
        (far.sshd.home / "go").touch()
        assert (await wait(run)).outcome is Outcome.SUCCESS
        assert read(run.folder / "stdout") == b"one\ntwo\n"
        await until(lambda: not folder.exists(), "the run folder stayed on the node")
        assert ours(folder.name) == []


async def test_binary_and_much_output_comes_whole(tmp_path: Path) -> None:
    async with host(tmp_path) as far:
        data = os.urandom(20 * 1024 * 1024)
        (tmp_path / "data").write_bytes(data)
        result, stdout, stderr = await far.run(f"cat {tmp_path}/data; head -c 70000 {tmp_path}/data >&2; sleep 0.5")
        assert result.outcome is Outcome.SUCCESS
        assert hashlib.sha256(stdout).digest() == hashlib.sha256(data).digest()
        assert stderr == data[:70000]


async def test_a_step_that_writes_without_end_is_ended(tmp_path: Path) -> None:
    async with host(tmp_path) as far:
        run = await far.start(far.step("yes", output_cap=3_000_000))
        result = await wait(run)
        assert (result.outcome, result.exit_code) == (Outcome.FAILED, 137)
        assert "more than 3,000,000 bytes" in result.note
        assert (run.folder / "stdout").stat().st_size <= 3_000_000
        await until(lambda: not ours(remote_name_of(run)), "it went on")


def remote_name_of(run: steps.RemoteRun) -> str:
    return f"ssm-tui.{run.folder.name}"


async def test_a_cut_link_leaves_the_step_running_and_its_output_goes_on_where_it_stopped(tmp_path: Path) -> None:
    async with host(tmp_path) as far:
        run = await far.start(HOLD)
        await until_one(run)
        await far.proxy.refuse(cut=True)
        shells = ours(remote_name_of(run))
        assert shells, "the step ended with its link"
        await until(
            lambda: not [row for row in ours(remote_name_of(run)) if " tail " in row], "the streams outlived their link"
        )
        await far.proxy.heal()
        await until(lambda: far.kept.made == 2, "nobody came back")
        (far.sshd.home / "go").touch()
        result = await wait(run)
        assert (result.outcome, result.exit_code) == (Outcome.SUCCESS, 0)
        assert read(run.folder / "stdout") == b"one\ntwo\n"
        assert ran(far) == 1
        assert ours(remote_name_of(run)) == []


@pytest.mark.parametrize(("side", "size", "places"), [("client", 6400, 16), ("server", 900, 10)])
async def test_a_link_cut_anywhere_in_a_start_never_runs_a_step_twice(
    tmp_path: Path, side: str, size: int, places: int
) -> None:
    async with host(tmp_path) as far:
        await far.kept.connection()
        far.kept.on_again = far.proxy.heal
        for number in range(places):
            before = ran(far)
            far.proxy.cut_after(number * size // places, side=side)  # type: ignore[arg-type]  # one of its words
            step = far.step('echo "$$" >>"$HOME/ran"; echo whole')
            try:
                run = await far.start(step)
            except NodeUnreachable:
                assert not step.folder.exists()
                await far.proxy.heal()
                run = await far.start(step)
            result = await wait(run)
            await far.proxy.heal()
            assert (result.outcome, result.note, read(run.folder / "stdout")) == (Outcome.SUCCESS, "", b"whole\n")
            assert ran(far) == before + 1
        assert ours(f"ssm-tui.{far.command_id}") == []


async def test_cancel_ends_the_whole_group_and_what_ignores_sigterm(tmp_path: Path) -> None:
    async with host(tmp_path) as far:
        run = await far.start('echo one; (trap "" TERM; sleep 60) & sleep 60 & wait')
        await until_one(run)
        await run.cancel()
        result = await wait(run)
        assert (result.outcome, result.exit_code, result.note) == (Outcome.CANCELLED, 137, "")
        await until(lambda: not group_of(run), "something of the group lives")


def group_of(run: steps.RemoteRun) -> list[int]:
    """List the processes of a step's script, by the mark that they carry."""
    command_id, _, number, _ = run.folder.name.split(".")
    return marked(f"SSM_COMMAND_ID={command_id}-{number}")


async def test_a_cancel_during_an_outage_is_carried_out_when_the_host_is_back(tmp_path: Path) -> None:
    async with host(tmp_path) as far:
        run = await far.start("echo one; sleep 60")
        await until_one(run)
        await far.proxy.refuse(cut=True)
        await run.cancel()
        assert group_of(run)
        await far.proxy.heal()
        assert (await wait(run)).outcome is Outcome.CANCELLED
        await until(lambda: not group_of(run), "it went on")


async def test_a_timeout_ends_the_step_and_a_finished_one_is_never_called_late(tmp_path: Path) -> None:
    async with host(tmp_path) as far:
        run = await far.start(far.step("sleep 60", timeout=0.5))
        result = await wait(run)
        assert (result.outcome, result.exit_code) == (Outcome.TIMED_OUT, 137)
        assert "time-out of 0.5 seconds" in result.note
        await until(lambda: not group_of(run), "it went on")


async def test_another_engine_finds_a_step_that_runs_one_that_is_over_and_one_that_was_stored(tmp_path: Path) -> None:
    async with host(tmp_path) as far:
        step = far.step(HOLD)
        run = await far.start(step)
        await until_one(run)
        await run.release()
        found = await far.resume(step)
        assert found.started_at == run.started_at and found.effective_user == far.sshd.user
        await until(lambda: far.kept.made == 1, "nobody looked")
        await found.release()
        (far.sshd.home / "go").touch()
        await until(lambda: not ours(remote_name(step, 1)), "it did not end")
        result = await wait(await far.resume(step))
        assert (result.outcome, read(step.folder / "stdout"), ran(far)) == (Outcome.SUCCESS, b"one\ntwo\n", 1)
        shutil.rmtree(far.far)
        again = await wait(await far.resume(step))
        assert again == result


async def test_a_cancelled_step_of_an_earlier_engine_is_still_ended(tmp_path: Path) -> None:
    async with host(tmp_path) as far:
        step = far.step("echo one; sleep 60")
        run = await far.start(step)
        await until_one(run)
        await run.release()
        found = await far.resume(step)
        await found.cancel()
        assert (await wait(found)).outcome is Outcome.CANCELLED
        await until(lambda: not group_of(run), "it went on")


async def test_a_step_whose_shell_was_killed_is_failed_and_what_it_left_is_ended(tmp_path: Path) -> None:
    async with host(tmp_path) as far:
        step = far.step("echo one; sleep 60")
        run = await far.start(step)
        await until_one(run)
        await run.release()
        far.kept.close()
        os.kill(runner_of(far.far / remote_name(step, 1)), signal.SIGKILL)
        result = await wait(await far.resume(step))
        assert (result.outcome, result.exit_code, result.note) == (Outcome.FAILED, -1, notes.LOST)
        assert read(step.folder / "stdout") == b"one\n"
        await until(lambda: not group_of(run), "what it left lives")


async def test_a_step_whose_runner_is_killed_under_a_live_link_is_noticed(tmp_path: Path) -> None:
    async with host(tmp_path) as far:
        step = far.step("echo one; sleep 60")
        run = await far.start(step)
        await until_one(run)
        os.kill(runner_of(far.far / remote_name(step, 1)), signal.SIGKILL)
        assert (await wait(run)).note == notes.LOST
        await until(lambda: not group_of(run), "what it left lives")


async def test_a_node_that_was_restarted_or_lost_its_folder_fails_the_step_and_runs_nothing_again(
    tmp_path: Path,
) -> None:
    async with host(tmp_path) as far:
        for damage, note in (("boot", notes.REBOOTED), ("folder", notes.GONE)):
            (far.sshd.home / "ran").unlink(missing_ok=True)
            step = far.step(HOLD)
            run = await far.start(step)
            await until_one(run)
            await run.release()
            folder = far.far / remote_name(step, 1)
            group = int(read(folder / "claim").split()[0])
            os.killpg(group, signal.SIGKILL)
            if damage == "boot":
                (folder / "claim").write_text(f"{group} another-boot\n")
            else:
                shutil.rmtree(folder)
                old = Begun(1.0, 1e12, "root", False)  # long before this machine was started
                shutil.rmtree(step.folder)
                Record.create(step.folder, old).close()
            result = await wait(await far.resume(step))
            assert (result.outcome, result.exit_code, result.note) == (Outcome.FAILED, -1, note)
            assert ran(far) == 1


async def test_a_start_that_never_arrived_is_sent_again_once_and_only_where_the_node_was_up(tmp_path: Path) -> None:
    async with host(tmp_path) as far:
        step = far.step('echo "$$" >>"$HOME/ran"')
        Record.create(step.folder, Begun(far.clock.now(), 60, "root", False)).close()
        assert (await wait(await far.resume(step))).outcome is Outcome.SUCCESS
        assert ran(far) == 1
        assert (far.far / remote_name(step, 1) / "claim").read_text() == "engine\n"
        nothing = far.step("true")
        nothing.folder.mkdir()
        with pytest.raises(StepNeverStarted):
            await far.resume(nothing)


@pytest.mark.parametrize("sh", ["dash", "bash", "busybox", "mksh", "ksh", "yash"])
async def test_any_posix_shell_will_do(tmp_path: Path, sh: str) -> None:
    program = shutil.which(sh)
    if program is None:
        pytest.skip(f"there is no {sh} here")
    async with host(tmp_path, sh=program) as far:
        run = await far.start(HOLD)
        await until_one(run)
        await far.proxy.refuse(cut=True)
        await far.proxy.heal()
        await until(lambda: far.kept.made == 2, "nobody came back")
        (far.sshd.home / "go").touch()
        assert (await wait(run)).outcome is Outcome.SUCCESS
        assert (read(run.folder / "stdout"), ran(far)) == (b"one\ntwo\n", 1)
        run = await far.start("echo one; sleep 60")
        await until_one(run)
        await run.cancel()
        assert (await wait(run)).outcome is Outcome.CANCELLED
        await until(lambda: not group_of(run), "it went on")
        _, stdout, _ = await far.run("echo 'it\n\n  is'\n\techo \"$IFS\"\n")
        assert stdout == b"it\n\n  is\n \t\n\n"


@pytest.mark.parametrize("shell", ["tcsh", "csh", "fish", "zsh"])
async def test_the_login_shell_may_be_one_that_is_not_posix(tmp_path: Path, shell: str) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"there is no {shell} here")
    async with host(tmp_path, shell=program) as far:
        (far.sshd.home / ".cshrc").write_text("echo noise from the login shell\n")
        result, stdout, stderr = await far.run("""echo "a'b!c" ; echo e >&2""")
        assert (result.outcome, stdout, stderr) == (Outcome.SUCCESS, b"a'b!c\n", b"e\n")


async def test_what_a_login_shell_says_is_none_of_the_steps_output(tmp_path: Path) -> None:
    noisy = tmp_path / "noisy"
    noisy.write_text('#!/bin/sh\necho Welcome; echo "no tty" >&2; shift; exec sh -c "$@"\n')
    noisy.chmod(0o755)
    async with host(tmp_path, shell=str(noisy)) as far:
        result, stdout, stderr = await far.run("echo o; echo e >&2")
        assert (result.outcome, stdout, stderr) == (Outcome.SUCCESS, b"o\n", b"e\n")
        result, stdout, stderr = await far.run("echo o; sleep 0.4; echo e >&2")
        assert (result.outcome, stdout, stderr) == (Outcome.SUCCESS, b"o\n", b"e\n")


async def test_a_login_shell_that_runs_nothing_is_named(tmp_path: Path) -> None:
    async with host(tmp_path, options=["ForceCommand echo This account is not available; exit 1"]) as far:
        result, _, _ = await far.run("true")
        assert (result.outcome, result.exit_code) == (Outcome.FAILED, -1)
        assert "runs no sh (This account is not available)" in result.note


@pytest.mark.parametrize("lines", [1, 2, 3, 5, 6])
async def test_start_files_that_read_what_is_meant_for_sh_let_no_line_of_a_script_run(
    tmp_path: Path, lines: int
) -> None:
    reading = tmp_path / "reading"
    reading.write_text("#!/bin/sh\n" + "read -r line\n" * lines + 'shift; exec sh -c "$@"\n')
    reading.chmod(0o755)
    async with host(tmp_path, shell=str(reading)) as far:
        lines_of_script = 'touch "$HOME/ran1"\n' * 9
        result, _, _ = await far.run(lines_of_script)
        assert (result.outcome, result.exit_code) == (Outcome.FAILED, -1)
        assert not (far.sshd.home / "ran1").exists()
        assert "ssm-tui-step" not in result.note
        assert notes.EATEN in result.note or lines > 3


async def test_a_login_shell_that_floods_is_named_and_not_listened_to_until_the_timeout(tmp_path: Path) -> None:
    async with host(tmp_path, options=["ForceCommand yes"]) as far:
        result, stdout, _ = await far.run("true")
        assert (result.outcome, result.exit_code, stdout) == (Outcome.FAILED, -1, b"")
        assert "runs no sh (it says something else without end: y)" in result.note


async def test_a_home_that_takes_nothing_is_gone_round(tmp_path: Path) -> None:
    with_file = tmp_path / "file"
    with_file.touch()
    options = [f"SetEnv HOME={with_file} TMPDIR={tmp_path}"]
    async with host(tmp_path, options=options) as far:
        run = await far.start("echo one; sleep 0.6")
        await until_one(run)
        assert (tmp_path / remote_name_of(run)).is_dir()
        assert (await wait(run)).outcome is Outcome.SUCCESS
        await until(lambda: not (tmp_path / remote_name_of(run)).exists(), "the run folder stayed")


def runner_of(folder: Path) -> int:
    """Give the process that is to leave a step's exit code."""
    return int(read(folder / "claim").split(b"runner ")[1].split()[0])


def mounting() -> bool:
    return os.geteuid() == 0 and subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0


@pytest.mark.skipif(not mounting(), reason="only root may mount a small disk")
def test_a_node_whose_disks_are_full_says_so(tmp_path: Path) -> None:
    words = ("nonce", "ssm-tui.c.n.0", "echo never", "", "", "", "60", "A=b")
    full = "for d in /tmp /var/tmp /dev/shm; do mount -t tmpfs -o size=4k,nr_inodes=9 none $d; head -c 9999 /dev/zero"
    done = subprocess.run(
        ["unshare", "-m", "setsid", "-w", "sh", "-c", full + " >$d/x 2>/dev/null; done; exec sh -s"],
        input=script.program(script.START, words),
        env={"PATH": os.environ["PATH"], "HOME": "/proc/1"},
        capture_output=True,
        timeout=20,
    )
    assert b"nonce failed" in done.stdout
    assert b"No space left on device" in done.stdout
    assert b"never" not in done.stdout


async def test_a_host_with_one_session_for_each_connection_runs_and_ends_steps(tmp_path: Path) -> None:
    async with host(tmp_path, options=["MaxSessions 1"]) as far:
        run = await far.start("echo one; sleep 60")
        await until_one(run)
        await run.cancel()
        assert (await wait(run)).outcome is Outcome.CANCELLED
        await until(lambda: not group_of(run), "it went on")


async def test_five_steps_at_once_leave_room_for_ending_them(tmp_path: Path) -> None:
    async with host(tmp_path) as far:
        runs = [await far.start("echo one; sleep 60") for _ in range(5)]
        await asyncio.gather(*map(until_one, runs))
        for run in runs:
            await run.cancel()
        results = await asyncio.gather(*map(wait, runs))
        assert {each.outcome for each in results} == {Outcome.CANCELLED}
        assert far.kept.made == 1
        assert NODE in runs[0].folder.name


async def one_group_for_all(process: asyncssh.SSHServerProcess[bytes]) -> None:
    """Run a command in the server's own process group, as some servers do."""
    child = await asyncio.create_subprocess_exec(
        "sh",
        "-c",
        process.command or "",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "HOME": process.get_extra_info("home")},
    )

    async def pump(source: Any, target: Any) -> None:
        while data := await source.read(65536):
            target.write(data)

    asked = asyncio.create_task(pump(process.stdin, child.stdin))
    await asyncio.gather(pump(child.stdout, process.stdout), pump(child.stderr, process.stderr), child.wait())
    asked.cancel()
    process.exit(0)


async def test_a_server_that_gives_commands_no_group_of_their_own_is_not_ended_with_them(tmp_path: Path) -> None:
    class Server(asyncssh.SSHServer):
        def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
            conn.set_extra_info(home=str(tmp_path))

        def begin_auth(self, username: str) -> bool:
            return False

    class Asked:
        async def connection(self) -> asyncssh.SSHClientConnection:
            return connection

    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=Server,
        server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
        process_factory=one_group_for_all,
        encoding=None,
    )
    connection = await asyncssh.connect(
        "127.0.0.1", server.get_port(), known_hosts=None, username="u", agent_path=None, client_keys=None, config=[]
    )
    try:
        for number, text in enumerate(("echo one; exit 3", "echo one; sleep 60")):
            step = Step("c0", NODE, "p", tmp_path / f"runs/{tmp_path.name}.{NODE}.{number}.x", text)
            run = await steps.start(step, Asked(), clock=SystemClock())
            if number:
                await until_one(run)
                await run.cancel()
            result = await wait(run)
            assert result.outcome is (Outcome.CANCELLED if number else Outcome.FAILED)
            assert read(run.folder / "stdout") == b"one\n"
    finally:
        connection.abort()
        server.close()
