"""E on the Parameters screen: the value in a real editor, in a real terminal, on a real engine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.terminal.console_driver import environment
from tests.terminal.pty_driver import Program

pytestmark = pytest.mark.slow
HUSH = "open sesame"


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """Give a folder of the test's own in memory, which is empty at the end."""
    folder = Path("/dev/shm") / f"test-{os.getpid()}-{tmp_path.name}"
    folder.mkdir(mode=0o700)
    yield folder
    left = [*folder.iterdir()]
    if not left:
        folder.rmdir()
    assert left == []


def env_of(state: Path, memory: Path, editor: str) -> Mapping[str, str]:
    own = {"EDITOR": editor, "VISUAL": "", "XDG_RUNTIME_DIR": str(memory), "HOME": str(state)}
    return {**environment(state), **own}


def params(env: Mapping[str, str], *words: str, given: str = "") -> str:
    """Run the headless verb and give what it says."""
    argv = [sys.executable, "-m", "tui.cli", "params", *words]
    done = subprocess.run(argv, env=env, input=given, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def open_params(env: Mapping[str, str], folder: Path) -> Program:
    argv = [sys.executable, "-m", "tui.cli", "--local", "params", "/app"]
    return Program(argv, rows=30, columns=110, env=env, cwd=folder)


def test_a_secret_is_edited_in_vim_shown_masked_and_put(state: Path, memory: Path) -> None:
    env = env_of(state, memory, "vim")
    (state / ".vimrc").write_text(f"set backup undofile swapfile viminfo='100,n{state}/info\n")
    params(env, "put", "/app/password", "--type", "SecureString", given=HUSH)
    with open_params(env, state) as console:
        console.wait_for("password")
        console.send("j")
        console.wait_for("v reveals it")
        before = len(console.raw)
        console.send("E")
        console.wait_for(HUSH)
        console.send("A, please\x1b:wq\r")
        console.wait_for("Put /app/password?")
        console.wait_for("v1 becomes v2")
        assert "please" not in console.text and HUSH not in console.text
        console.send("\r")
        console.wait_for("/app/password is v2 now.")
        assert HUSH.encode() in console.raw[before:]
        console.send("E")
        console.wait_for("please")
        console.send(":q\r")
        console.wait_for("is unchanged: nothing was sent.")
        console.send("\x11")
        console.wait_exit()
    assert params(env, "get", "--decrypt", "/app/password").strip("\n") == f"{HUSH}, please"
    kept = [file for file in state.rglob("*") if file.is_file() and HUSH.encode() in file.read_bytes()]
    assert kept == []


def test_an_editor_that_is_not_known_is_told_before_a_secret_goes_to_it(state: Path, memory: Path) -> None:
    script = state / "rewrite"
    script.write_text('#!/bin/sh\nprintf "edited" > "$1"\n')
    script.chmod(0o755)
    env = env_of(state, memory, str(script))
    params(env, "put", "/app/password", "--type", "SecureString", given=HUSH)
    with open_params(env, state) as console:
        console.wait_for("password")
        console.send("j")
        console.wait_for("v reveals it")
        console.send("E")
        console.wait_for("Open a secret in rewrite?")
        console.send("\x1b")
        console.wait_for("is unchanged: nothing was sent.")
        console.send("E")
        console.wait_for("Open a secret in rewrite?")
        console.send("\r")
        console.wait_for("Put /app/password?")
        console.send("\r")
        console.wait_for("/app/password is v2 now.")
        console.send("\x11")
        console.wait_exit()
    assert params(env, "get", "--decrypt", "/app/password").strip("\n") == "edited"


def test_what_can_t_be_put_is_edited_again(state: Path, memory: Path) -> None:
    script = state / "rewrite"
    script.write_text('#!/bin/sh\nif grep -q "{{" "$1"; then echo fine > "$1"; else echo "{{a}}" > "$1"; fi\n')
    script.chmod(0o755)
    env = env_of(state, memory, str(script))
    params(env, "put", "/app/host", "db-1", "--type", "String")
    with open_params(env, state) as console:
        console.wait_for("host")
        console.send("j")
        console.wait_for("db-1")
        console.send("E")
        console.wait_for("/app/host was not put")
        console.wait_for("a parameter can't refer to another one")
        console.send("\r")
        console.wait_for("Put /app/host?")
        console.wait_for("new     fine")
        console.send("\r")
        console.wait_for("/app/host is v2 now.")
        console.send("\x11")
        console.wait_exit()
    assert params(env, "get", "/app/host").strip("\n") == "fine"


def test_the_value_in_a_form_goes_to_the_editor_and_back_into_its_field(state: Path, memory: Path) -> None:
    script = state / "append"
    script.write_text('#!/bin/sh\nprintf "second\\n" >> "$1"\n')
    script.chmod(0o755)
    env = env_of(state, memory, str(script))
    params(env, "put", "/app/host", "first\n", "--type", "String")
    with open_params(env, state) as console:
        console.wait_for("host")
        console.send("j")
        console.wait_for("first")
        console.send("e")
        console.wait_for("Nothing is changed")
        console.send("\x07")
        console.wait_for("the value has 3 lines")
        console.wait_for("v1 becomes v2")
        console.send("\x13")
        console.wait_for("/app/host is v2 now.")
        console.send("\x11")
        console.wait_exit()
    assert params(env, "get", "/app/host").rstrip("\n") == "first\nsecond"
