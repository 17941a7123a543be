"""Contexts in a real terminal: the first start asks, the next one reuses the answer, a login takes the terminal."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.terminal.console_driver import environment
from tests.terminal.pty_driver import Program

pytestmark = pytest.mark.slow

CONFIG = """
[profile corp]
region = eu-west-1
sso_session = corp
sso_account_id = 111122223333
sso_role_name = ops
[sso-session corp]
sso_region = eu-west-1
sso_start_url = http://127.0.0.1:9/start
"""
AWS = """#!/bin/sh
printf 'a browser would open now: '
read answer
echo "$@ $answer" >> "$HOME/logins"
"""


def started(folder: Path, *words: str) -> Program:
    home = folder / "home"
    (home / ".aws").mkdir(parents=True, exist_ok=True)
    (home / ".aws" / "config").write_text(CONFIG)
    (home / "bin").mkdir(exist_ok=True)
    (home / "bin" / "aws").write_text(AWS)
    (home / "bin" / "aws").chmod(0o755)
    env = {name: value for name, value in environment(folder).items() if not name.startswith("AWS_")}
    env |= {"HOME": str(home), "PATH": f"{home / 'bin'}:{env['PATH']}", "AWS_EC2_METADATA_DISABLED": "true"}
    return Program([sys.executable, "-m", "tui.cli", *words], rows=24, columns=100, env=env, cwd=folder)


def test_the_first_start_asks_a_login_takes_the_terminal_and_the_next_start_reuses_the_answer(state: Path) -> None:
    with started(state) as one:
        one.wait_for("Which context?")
        one.wait_for("corp/eu-west-1")
        # Nothing was chosen: no engine was started, for it is no AWS account's place to be guessed.
        assert not (state / "state" / "engine.lock").exists()
        one.send("M\r")
        one.wait_for("Online")
        one.wait_for("no login")
        one.wait_for("ctrl+l runs aws sso login --profile corp")
        one.send("\x0c")
        one.wait_for("$ aws sso login --profile corp")
        one.wait_for("a browser would open now:")
        one.send("done\r")
        one.wait_for("Online")
        assert (state / "home" / "logins").read_text() == "sso login --profile corp done\n"
        one.send("\x11")
        assert one.wait_exit() == 0
    with started(state) as one:
        one.wait_for("local + corp/eu-west-1")
        one.wait_for("Online")
        one.send("\x11")
        assert one.wait_exit() == 0
    with started(state, "--local") as one:
        one.wait_for("Online")
        assert not any("corp" in line for line in one.screen.display)
        one.send("\x11")
        assert one.wait_exit() == 0
