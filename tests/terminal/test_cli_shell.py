"""`ssm-tui shell` in a real pty, on a real daemon."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.engine.daemons import end_all
from tests.terminal.pty_driver import Program
from tui.errors import Unreachable
from tui.transport.local import LocalTransport

pytestmark = pytest.mark.slow

CONTROL = bytes(byte for byte in range(32) if byte != 0x1D) + b"\x7f"
FUNCTION_KEYS = b"".join(b"\x1bO%c" % key for key in b"PQRS") + b"".join(
    b"\x1b[%d~" % number for number in (15, 17, 18, 19, 20, 21, 23, 24)
)
ALT = b"".join(b"\x1b%c" % letter for letter in b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


class Local:
    """A state folder, its daemon, and the command line on it."""

    def __init__(self, state: Path) -> None:
        self.state = state
        nodes = self.call("DescribeInstanceInformation")["InstanceInformationList"]
        self.node = str(nodes[0]["InstanceId"])

    def words(self, *more: str) -> list[str]:
        return [sys.executable, "-m", "tui.cli", "--state", str(self.state), "shell", self.node, *more]

    def shell(self, *more: str, rows: int = 24, columns: int = 80) -> Program:
        """`ssm-tui shell` on this machine, in a pty."""
        return Program(self.words(*more), rows=rows, columns=columns, cwd=Path(__file__).parents[2])

    def call(self, operation: str, service: str = "ssm", **params: Any) -> dict[str, Any]:
        async def go() -> dict[str, Any]:
            transport = await LocalTransport.connect(self.state, client="cli")
            try:
                return await transport.call(operation, params, service=service)
            finally:
                await transport.aclose()

        return asyncio.run(go())

    def sessions(self, state: str = "Active") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("DescribeSessions", State=state)["Sessions"]
        return found

    def daemon(self) -> psutil.Process:
        return psutil.Process(self.call("DescribeEngine", "ssm-tui")["Pid"])

    def end(self) -> None:
        """End every shell and the daemon, and wait for them."""

        async def go() -> None:
            try:
                transport = await LocalTransport.connect(self.state, start=False, client="cli")
            except Unreachable:
                return
            watch = transport.watch("sessions")
            for row in (await transport.call("DescribeSessions", {"State": "Active"}))["Sessions"]:
                await transport.call("TerminateSession", {"SessionId": row["SessionId"]})
            async with asyncio.timeout(20):
                while (await transport.call("DescribeSessions", {"State": "Active"}))["Sessions"]:
                    await asyncio.sleep(0.02)
            await watch.aclose()  # type: ignore[attr-defined]
            with contextlib.suppress(Exception):
                await transport.call("StopEngine", {"Force": True}, service="ssm-tui")
            await transport.aclose()

        asyncio.run(go())


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    made = Local(tmp_path_factory.mktemp("state"))
    try:
        yield made
    finally:
        try:
            made.end()
        finally:
            end_all(made.state)


def test_every_key_but_the_prefix_reaches_the_far_end(local: Local) -> None:
    keys = CONTROL + FUNCTION_KEYS + ALT + "한글é".encode() + b"\x1d\x1d" + b"\x1dw"
    expected = keys[:-4] + b"\x1d" + b"\x1dw"
    command = f"stty raw -echo; echo ready; head -c {len(expected)} | od -An -v -tx1 -w16; stty sane"
    with local.shell("--", command) as shell:
        shell.wait_for("ready")
        for place in range(0, len(keys), 5):
            shell.send(keys[place : place + 5])
        assert shell.wait_exit() == 0
    received = bytes.fromhex(bytes(shell.raw).split(b"ready")[1].decode())
    assert received == expected


def test_a_shell_started_the_engine_again_right_after_it_was_stopped(local: Local) -> None:
    before = {row["SessionId"] for row in local.sessions()}
    with local.shell("--", "echo ready; read x") as shell:
        shell.wait_for("ready")
        (session,) = {row["SessionId"] for row in local.sessions()} - before
        local.call("StopEngine", "ssm-tui", Force=True)
        shell.wait_for("the engine was stopped; the shell goes on as session")
        assert shell.wait_exit() == 1
    assert session in {row["SessionId"] for row in local.sessions()}  # the next engine has taken it up


def test_the_size_is_right_at_the_start_and_follows_the_terminal(local: Local) -> None:
    command = "trap 'stty size' WINCH; stty size; while :; do read x; done"
    with local.shell("--", command, rows=37, columns=119) as shell:
        shell.wait_for("37 119")
        shell.resize(20, 5 * 10)
        shell.wait_for("20 50")
        shell.send("\x1dd")
        assert shell.wait_exit() == 0


@pytest.mark.parametrize(("command", "status"), [("exit 0", 0), ("exit 42", 42), ("kill -KILL $$", 137)])
def test_the_exit_status_is_passed_on(local: Local, command: str, status: int) -> None:
    with local.shell("--", command) as shell:
        assert shell.wait_exit() == status


def test_vim_works_and_the_terminal_is_as_before(local: Local, tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    with local.shell("--", f"vim -u NONE -N {file}") as shell:
        before = termios.tcgetattr(shell.master)
        shell.wait_for("~")
        assert shell.screen.alternate
        shell.send("ihello from vim\x1b")
        shell.wait_for("hello from vim")
        shell.send(":wq\r")
        assert shell.wait_exit() == 0
        assert not shell.screen.alternate
        assert termios.tcgetattr(shell.master)[3] & termios.ECHO == before[3] & termios.ECHO
    assert file.read_text() == "hello from vim\n"


def test_detach_leaves_it_running_says_how_to_come_back_and_tidies_the_terminal(local: Local) -> None:
    with local.shell("--", "vim -u NONE -N") as shell:
        shell.wait_for("~")
        shell.send("\x1d")
        shell.send("d")
        assert shell.wait_exit() == 0
        assert not shell.screen.alternate
        assert "goes on as session" in shell.text.replace("\n", "")
        assert "ssm-tui sessions" in shell.text.replace("\n", " ")
        assert termios.tcgetattr(shell.master)[3] & termios.ECHO
    session_id = bytes(shell.raw).split(b"as session ")[1].split(b";")[0].decode()
    (row,) = [row for row in local.sessions() if row["SessionId"] == session_id]
    assert row["Status"] in ("Connected", "Disconnected")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_killed_client_restores_the_terminal_and_the_shell_goes_on(local: Local, number: int) -> None:
    with local.shell("--", "echo ready; read x") as shell:
        shell.wait_for("ready")
        assert not termios.tcgetattr(shell.master)[3] & termios.ECHO
        shell.kill(number)
        assert shell.wait_exit() == 128 + number
        assert termios.tcgetattr(shell.master)[3] & termios.ECHO
        assert b"goes on as session" in shell.raw


def test_a_login_shell_takes_ctrl_c_and_ctrl_d(local: Local) -> None:
    with local.shell() as shell:

        def prompt(me: Program) -> bool:
            return me.text.rstrip().rsplit("\n", 1)[-1] == "ready>"

        shell.wait_until(lambda me: bool(me.raw), "a prompt")
        shell.send("PS1='ready> '\r")
        shell.wait_until(prompt)
        shell.send("sh -c 'echo begun; exec tail -f /dev/null'; echo not-reached\r")
        shell.wait_raw(b"begun\r\n")
        shell.send("\x03")
        shell.wait_until(prompt)
        assert "not-reached" not in shell.text.split("\n", 2)[2]
        shell.send("clear\r")
        shell.wait_gone("begun")
        shell.wait_until(prompt)
        shell.send("\x04")
        shell.wait_exit()


def test_a_killed_daemon_is_said_and_the_same_shell_is_attached_again(local: Local) -> None:
    with local.shell("--", "echo pid $$.; n=0; while read x; do n=$((n+1)); echo number $n.; done") as shell:
        shell.wait_for(".")
        shell.send("\r")
        shell.wait_for("number 1.")
        local.daemon().kill()
        shell.wait_for("connected again")
        shell.send("\r")
        shell.wait_for("number 2.")
        assert shell.text.count("number 1.") == 1
        assert shell.text.count("pid ") == 1
        shell.send("\x04")
        assert shell.wait_exit() == 0


def test_piped_input_and_output_work_without_a_terminal(local: Local) -> None:
    done = subprocess.run(
        local.words("--", "stty -echo; stty size; cat; echo end; exit 7"),
        input=b"from a pipe\nno newline at the end",
        capture_output=True,
        cwd=Path(__file__).parents[2],
        timeout=60,
    )
    assert done.returncode == 7
    assert b"24 80" in done.stdout
    assert b"from a pipe\r\n" in done.stdout
    assert b"no newline at the endend" in done.stdout
    assert done.stderr == b""


def test_a_login_shell_that_was_given_a_pipe_never_ended(local: Local) -> None:
    done = subprocess.run(
        local.words(), input=b"echo pi''ped\n", capture_output=True, cwd=Path(__file__).parents[2], timeout=60
    )
    assert b"piped\r\n" in done.stdout
    assert done.returncode == 0


def test_a_reader_that_closes_the_pipe_ends_the_command(local: Local) -> None:
    command = " ".join(f"'{word}'" for word in local.words("--", "yes some-unusual-word"))
    before = len(local.sessions("History"))
    subprocess.run(
        ["sh", "-c", f"{command} </dev/null | head -n 1"], cwd=Path(__file__).parents[2], timeout=60, check=True
    )
    assert len(local.sessions("History")) + len([s for s in local.sessions() if s["Status"] == "Terminating"]) > before


def test_input_from_a_file_is_taken(local: Local, tmp_path: Path) -> None:
    file = tmp_path / "input"
    file.write_bytes(b"one\ntwo\n")
    with file.open("rb") as stdin:
        done = subprocess.run(
            local.words("--", "stty -echo; wc -l"),
            stdin=stdin,
            capture_output=True,
            cwd=Path(__file__).parents[2],
            timeout=60,
        )
    # The terminal there may echo what came before the program took the echo away.
    assert done.stdout.split()[-1] == b"2"
    assert done.returncode == 0


def test_a_node_that_is_not_there_is_said_without_a_traceback(local: Local) -> None:
    words = local.words()
    words[-1] = "mi-00000000000000000"
    done = subprocess.run(
        words, capture_output=True, cwd=Path(__file__).parents[2], timeout=60, stdin=subprocess.DEVNULL
    )
    assert done.returncode in (2, 3)
    assert b"Traceback" not in done.stderr
    assert b"mi-0000" in done.stderr
    assert os.listdir(local.state)
