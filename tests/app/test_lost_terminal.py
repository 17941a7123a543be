"""A terminal that goes away: the console does not outlive it."""

from __future__ import annotations

import os
import select
import signal
from pathlib import Path

import pytest

from tests.app.test_config import Terminal

pytestmark = pytest.mark.slow


def ended(pid: int) -> int:
    """Wait for the end of a session's leader and give its exit status; what is still there is killed, and told of."""
    handle = os.pidfd_open(pid)
    try:
        if not select.select([handle], [], [], 30)[0]:
            os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            pytest.fail("the console outlived its terminal")
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    finally:
        os.close(handle)


def test_the_console_outlived_a_terminal_that_went_away_without_a_signal(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, config="idle: 1\n", behind_a_leader=True)
    terminal.wait_for(b"Online")
    terminal.close()
    assert ended(terminal.pid) == 128 + signal.SIGHUP
