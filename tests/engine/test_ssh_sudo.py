"""Steps as root on SSH nodes: the password goes through standard input alone, and a refusal is said clearly."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest

from tests.engine.command_bench import until
from tests.engine.ssh_steps_bench import host, marked, read, wait
from tests.engine.test_sudo import SUDO
from tui.engine.nodes.base import Outcome

pytestmark = pytest.mark.slow


def fake_sudo(folder: Path) -> Path:
    """Make a sudo that wants the password "open sesame", and notes its arguments and environment."""
    programs = folder / "sudo-programs"
    programs.mkdir()
    program = programs / "sudo"
    program.write_text(SUDO.format(folder=folder))
    program.chmod(0o755)
    return programs


async def test_without_a_password_or_with_a_wrong_one_the_step_fails_and_says_why(tmp_path: Path) -> None:
    async with host(tmp_path, path=[fake_sudo(tmp_path)]) as far:
        result, _, _ = await far.run("echo never", sudo=True)
        assert (result.outcome, result.exit_code) == (Outcome.FAILED, 1)
        assert "sudo wants a password for this node and none was given (sudo: a password is required)" in result.note
        result, stdout, _ = await far.run("echo never", sudo=True, password="wrong")
        assert "sudo refused the password that was given for this node" in result.note
        assert stdout == b""


async def test_the_password_reaches_sudo_and_neither_the_script_nor_any_argument_environment_or_file(
    tmp_path: Path,
) -> None:
    async with host(tmp_path, path=[fake_sudo(tmp_path)]) as far:
        step = far.step('echo "$SSM_COMMAND_ID"; cat; sleep 0.6; exit 4')
        run = await far.start(step, sudo=True, password="open sesame")
        result = await wait(run)
        assert (result.outcome, result.exit_code, run.effective_user) == (Outcome.FAILED, 4, "root")
        assert read(run.folder / "stdout").decode() == f"{far.command_id}-1\n"
        assert "--" in (tmp_path / "calls").read_text()
        for path in [*tmp_path.rglob("*")]:
            if path.is_file() and path.name not in ("sudo", "host_key", "user_key"):
                assert b"open sesame" not in read(path), path


def fake_sudo_with_sessions(folder: Path) -> Path:
    """Make a sudo that gives each command a session of its own, or skip the test that asks."""
    setsid = shutil.which("setsid")
    if setsid is None:
        pytest.skip("setsid(1), which stands for a sudo with a terminal of its own")
    programs = fake_sudo(folder)
    program = programs / "sudo"
    program.write_text(program.read_text().replace('exec "$@"', f'exec {setsid} -w "$@"'))
    return programs


async def test_a_script_in_a_session_of_its_own_under_sudo_is_ended_too(tmp_path: Path) -> None:
    programs = fake_sudo_with_sessions(tmp_path)
    async with host(tmp_path, path=[programs]) as far:
        mark = f"SSM_COMMAND_ID={far.command_id}"
        run = await far.start("echo one; sleep 60", sudo=True, password="open sesame")
        await until(lambda: read(run.folder / "stdout") == b"one\n")
        await run.cancel()
        result = await wait(run)
        assert (result.outcome, result.note) == (Outcome.CANCELLED, "")
        await until(lambda: not marked(mark), "the script went on")


async def test_a_script_under_sudo_ran_on_past_its_timeout_while_the_link_was_away(tmp_path: Path) -> None:
    programs = fake_sudo_with_sessions(tmp_path)
    async with host(tmp_path, path=[programs]) as far:
        step = far.step("trap '' TERM; echo one; while :; do sleep 0.1; done", timeout=1.0)
        run = await far.start(step, sudo=True, password="open sesame")
        await until(lambda: read(run.folder / "stdout") == b"one\n")
        await far.proxy.refuse(cut=True)
        await until(lambda: not marked(f"SSM_COMMAND_ID={far.command_id}"), "the script went on")
        await far.proxy.heal()
        assert (await wait(run)).outcome is Outcome.TIMED_OUT
        assert "open sesame" not in (tmp_path / "calls").read_text()


async def test_a_script_that_sudo_no_longer_lets_be_ended_is_said_to_go_on(tmp_path: Path) -> None:
    programs = fake_sudo_with_sessions(tmp_path)
    async with host(tmp_path, path=[programs]) as far:
        run = await far.start("echo one; sleep 60", sudo=True, password="open sesame")
        await until(lambda: read(run.folder / "stdout") == b"one\n")
        (programs / "sudo").write_text('#!/bin/sh\necho "sudo: you are not in the sudoers file" >&2\nexit 1\n')
        await run.cancel()
        result = await wait(run)
        left = marked(f"SSM_COMMAND_ID={far.command_id}")
        assert result.outcome is Outcome.CANCELLED
        assert left and "The script goes on as root, in process group" in result.note
        assert "not in the sudoers file" in result.note
        for pid in left:
            os.kill(pid, signal.SIGKILL)


async def test_a_node_without_sudo_is_named(tmp_path: Path) -> None:
    few = tmp_path / "few"
    few.mkdir()
    for name in ("sh", "mkdir", "rm", "cat", "tail", "env"):
        (few / name).symlink_to(str(shutil.which(name)))
    async with host(tmp_path, options=[f"SetEnv HOME={tmp_path / 'sshd/home'} PATH={few}"]) as far:
        result, _, _ = await far.run("echo never", sudo=True)
        assert (result.outcome, result.exit_code) == (Outcome.FAILED, 127)
        assert "There is no sudo on this node" in result.note
