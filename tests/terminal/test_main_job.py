"""The main job as a person does it, in a real terminal: this machine is there, a command on it live, a shell with vim,
quit, and come back to both."""

from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path

import pytest

from tests.terminal.console_driver import console, verb

SIZES = [(24, 80), (50, 200)]


@pytest.mark.parametrize(("rows", "columns"), [SIZES[0], pytest.param(*SIZES[1], marks=pytest.mark.slow)])
def test_this_machine_a_command_live_a_shell_quit_and_come_back(state: Path, rows: int, columns: int) -> None:
    gate = state / "gate"
    os.mkfifo(gate)
    with console(state, rows=rows, columns=columns) as one:
        one.wait_for("Online")
        one.wait_for(os.uname().nodename[:8])
        # a command: who it hits is shown before it is sent, and its output while it runs
        one.send("r")
        one.wait_for("runs on 1 node")
        one.send(f"echo first-$((40+2)); cat {gate}; echo last-$((40+3))")
        one.wait_for("last-$((40+3))")
        one.send("\r")
        one.wait_for("first-42")
        assert "last-43" not in one.text
        # a shell, left running while the command still runs
        one.send(":nodes\r")
        one.wait_for("Fleet")
        one.wait_for("Online")
        one.send("s")
        one.wait_for("attached")
        one.send("marker=kept-$((50+5)); echo size $(stty size)\r")
        one.wait_until(lambda me: f"{columns}\n" in me.text.split("size ")[-1] + "\n", "the size in the shell")
        one.send("\x1dd")
        one.wait_for("runs on")
        one.send("\x11")
        assert one.wait_exit() == 0
    with console(state, "sessions", rows=rows, columns=columns) as one:
        one.wait_for("Disconnected")
        one.send("\r")
        one.wait_for("attached")
        one.send("clear; echo $marker\r")
        one.wait_for("kept-55")
        one.send("exit 7\r")
        one.wait_for("exit status 7")
        one.send("\r")
        one.wait_gone("attached")
        gate.write_text("opened\n")
        one.send(":commands\r")
        one.wait_for("Success")
        one.send("\r")
        one.wait_for("last-43")
        one.wait_for("opened")
        one.send("\x11")
        assert one.wait_exit() == 0
    status, said = verb(state, "stop")
    assert status == 0, said


@pytest.mark.skipif(shutil.which("vim") is None, reason="vim is not installed")
def test_vim_works_in_a_shell_of_the_console(state: Path) -> None:
    file = state / "written-in-vim"
    with console(state, rows=30, columns=100) as one:
        one.wait_for("Online")
        one.send("s")
        one.wait_for("attached")
        one.send(f"vim -u NONE -N {file}\r")
        one.wait_for('written-in-vim"')
        one.send("ihello from vim\x1b")
        one.wait_for("hello from vim")
        one.send("yy3p")
        one.wait_until(lambda me: me.text.count("hello from vim") == 4, "three copies of the line")
        one.resize(40, 120)
        one.wait_until(lambda me: me.text.count("hello from vim") == 4, "the same after a resize")
        one.send(":wq\r")
        one.wait_gone("~\n~")
        one.send("stty size\r")
        one.wait_for(" 120")
        one.send("\x11")  # a key of the far end, not of the console
        one.send("exit\r")
        one.wait_for("exit status 0")
        one.send("\x11")
        assert one.wait_exit() == 0
    assert file.read_text() == "hello from vim\n" * 4


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("vim") is None, reason="vim is not installed")
def test_vim_and_two_shells_share_a_tab_through_resizes_and_end_one_by_one(state: Path) -> None:
    file = state / "written-in-vim"
    with console(state, "sessions", rows=24, columns=80) as one:
        one.wait_for("No sessions yet.")
        one.send("n")
        one.wait_for("attached")
        one.send(f"vim -u NONE -N {file}\r")
        one.wait_for('written-in-vim"')
        one.send("\x1d|")
        one.wait_until(lambda me: me.text.count("attached") == 2, "the second pane")
        one.send("stty size; echo be''side\r")
        one.wait_for("20 39")
        one.wait_for("beside")
        one.send("\x1d-")
        one.wait_until(lambda me: me.text.count("attached") == 3, "the third pane")
        one.send("\x1dhihello from a split\x1b")
        one.wait_for("hello from a split")
        for rows, columns in ((10, 30), (50, 200), (24, 80)):
            one.resize(rows, columns)
            one.wait_for("^]")
        one.wait_until(lambda me: me.text.count("attached") == 3 and "hello from a split" in me.text, "all panes")
        one.send(":wq\r")
        one.wait_gone("~\n~")
        one.send("\x1dlexit 4\r")
        one.wait_for("exit status 4")
        one.send("\r")
        one.wait_gone("exit status 4")
        one.send("\x1dx")
        one.wait_for("End the shell")
        one.send("\r")
        one.wait_for("exit status 129")
        one.send("\r")
        one.wait_gone("exit status 129")
        one.send("rm -r\r")
        one.wait_for("no other one got it")
        one.send("\x1dx")
        one.wait_for("End the shell")
        one.send("\r")
        one.wait_for("exit status 129")
        assert "rm -r" not in one.text
        one.send("\x11")
        assert one.wait_exit() == 0
    assert file.read_text() == "hello from a split\n"


def test_a_console_killed_by_a_signal_leaves_the_terminal_as_it_was(state: Path) -> None:
    with console(state) as one:
        one.wait_for("Online")
        one.kill(signal.SIGTERM)
        assert one.wait_exit() == 128 + signal.SIGTERM
        assert b"\x1b[?1049l" in one.raw
        assert b"\x1b[?25h" in one.raw


def test_the_daemon_killed_while_the_console_is_open_is_started_again_and_its_shell_taken_up(state: Path) -> None:
    with console(state, rows=30, columns=100) as one:
        one.wait_for("Online")
        one.send("s")
        one.wait_for("attached")
        one.send("marker=still-$((60+6)); echo ready\r")
        one.wait_for("ready")
        status, said = verb(state, "info", "--json")
        assert status == 0, said
        os.kill(json.loads(said)["daemon"]["pid"], signal.SIGKILL)
        one.wait_for("restarted")
        # Typed at once, whether or not the pane is attached yet: it is for the shell, and for nothing else.
        one.send("clear; echo $marker\r")
        one.wait_for("still-66")
        one.send("exit\r")
        one.wait_for("exit status 0")
