"""Steps as root where sudo wants a password: it goes through standard input only, and a refusal is said clearly."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.command_bench import until
from tui.engine.nodes import processes
from tui.engine.nodes.base import Outcome, Step
from tui.engine.nodes.sudo import Sudo
from tui.engine.nodes.this_machine import ThisMachine
from tui.ports import SystemClock

# Wants the password "open sesame" as sudo does, notes how it was called, and runs what it is given.
SUDO = """\
#!/bin/sh
echo "$*" >> "{folder}/calls"
env >> "{folder}/calls"
ask=no
while [ $# -gt 0 ]; do
  case $1 in
    -S) ask=yes ;;
    -p) shift ;;
    -n) echo "sudo: a password is required" >&2; exit 1 ;;
    -v) check=yes ;;
    --) shift; break ;;
  esac
  shift
done
read -r given
[ "$given" = "open sesame" ] || {{ echo "sudo: 1 incorrect password attempt" >&2; exit 1; }}
[ -n "$check" ] && exit 0
exec "$@"
"""


@pytest.fixture
def node(tmp_path: Path) -> ThisMachine:
    program = tmp_path / "sudo"
    program.write_text(SUDO.format(folder=tmp_path))
    program.chmod(0o755)
    return ThisMachine("mi-00000000000000001", SystemClock(), become="sudo", sudo=Sudo(str(program)))


def step(tmp_path: Path) -> Step:
    return Step(
        "c0ffee", "mi-00000000000000001", "p", tmp_path / "runs/c/n/0.p", "echo $WHO; cat", environment={"WHO": "me"}
    )


async def test_without_a_password_the_step_fails_and_says_that_sudo_wants_one(
    node: ThisMachine, tmp_path: Path
) -> None:
    result = await (await node.run(step(tmp_path))).wait()
    assert result.outcome is Outcome.FAILED
    assert "sudo wants a password for this node and none was given" in result.note


async def test_a_wrong_password_is_named_as_such(node: ThisMachine, tmp_path: Path) -> None:
    node.set_become_password("wrong")
    result = await (await node.run(step(tmp_path))).wait()
    assert "sudo refused the password" in result.note


async def test_the_password_reaches_sudo_and_neither_the_script_nor_any_file_nor_argument(
    node: ThisMachine, tmp_path: Path
) -> None:
    node.set_become_password("open sesame")
    run = await node.run(step(tmp_path))
    result = await run.wait()
    assert (result.outcome, run.effective_user) == (Outcome.SUCCESS, "root")
    assert (run.folder / "stdout").read_text() == "me\n"
    assert "--" in (tmp_path / "calls").read_text()
    for path in tmp_path.rglob("*"):
        if path.is_file() and path.name != "sudo":
            assert "open sesame" not in path.read_text()


@pytest.mark.skipif(not processes.LINUX, reason="setsid(1), which stands for a sudo with a terminal of its own")
async def test_a_script_that_sudo_no_longer_lets_be_ended_was_called_cancelled_without_a_word(
    node: ThisMachine, tmp_path: Path
) -> None:
    program = tmp_path / "sudo"
    program.write_text(program.read_text().replace('exec "$@"', 'exec setsid -w "$@"'))
    node.set_become_password("open sesame")
    request = step(tmp_path)
    run = await node.run(replace(request, script="sleep 300"))
    left = request.folder / "sudo.pgid"
    await until(lambda: left.exists() and left.read_text().endswith("\n"))
    group = int(left.read_text())
    node.set_become_password("")
    await run.cancel()
    result = await run.wait()
    try:
        assert processes.is_group_alive(group)
        assert result.outcome is Outcome.CANCELLED
        assert f"The script goes on as root, in process group {group}: sudo wants a password" in result.note
    finally:
        os.killpg(group, signal.SIGKILL)
