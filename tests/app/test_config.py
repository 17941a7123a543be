"""The console in a real pty: a wrong config file, and a terminal that is as it was afterwards."""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
import termios
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent.parent


class Terminal:
    """The console in a pty of its own, in folders of its own; behind a leader it is not told when the pty goes away."""

    def __init__(self, folder: Path, *words: str, config: str = "", behind_a_leader: bool = False) -> None:
        (folder / "ssm-tui").mkdir()
        (folder / "ssm-tui" / "config.yaml").write_text(config)
        environ = {
            **os.environ,
            "TERM": "xterm-256color",
            "XDG_CONFIG_HOME": str(folder),
            "XDG_STATE_HOME": str(folder / "log"),
            "SSM_TUI_STATE": str(folder / "state"),
            "SSM_TUI_CONTEXT": "local",
            "PYTHONPATH": str(ROOT),
        }
        self.master, self._slave = pty.openpty()
        self.before = termios.tcgetattr(self._slave)
        self.seen = b""
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.master)
            os.login_tty(self._slave)
            if behind_a_leader and (pid := os.fork()):
                signal.signal(signal.SIGHUP, signal.SIG_IGN)
                os._exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
            os.execvpe(sys.executable, [sys.executable, "-m", "tui.cli", *words], environ)

    def wait_for(self, marker: bytes, seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        while marker not in self.seen:
            ready, _, _ = select.select([self.master], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, self.seen[-2000:]
            self.seen += os.read(self.master, 65536)

    def end(self) -> int:
        """Wait for its end and give its exit status."""
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        while select.select([self.master], [], [], 0)[0]:
            self.seen += os.read(self.master, 65536)
        return status

    def close(self) -> None:
        os.close(self.master)
        os.close(self._slave)

    @property
    def modes_left(self) -> list[bytes]:
        """The modes that were set and not taken back after."""
        modes = (b"1049", b"1000", b"1003", b"1006", b"2004", b"1004")
        return [mode for mode in modes if self.seen.rfind(b"\x1b[?%sh" % mode) > self.seen.rfind(b"\x1b[?%sl" % mode)]


@pytest.mark.parametrize(("ending", "status"), [("ctrl+q", 0), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_the_terminal_is_restored_however_the_console_ends(tmp_path: Path, ending: str, status: int) -> None:
    terminal = Terminal(tmp_path, config="idle: 1\n")
    try:
        terminal.wait_for(b"Fleet")
        terminal.wait_for(b"Online")
        if ending == "ctrl+q":
            os.write(terminal.master, b"\x11")
        else:
            os.kill(terminal.pid, getattr(signal, ending))
        assert terminal.end() == status
        assert terminal.modes_left == []
        assert termios.tcgetattr(terminal._slave) == terminal.before
        assert b"Traceback" not in terminal.seen
    finally:
        terminal.close()


def test_a_wrong_config_file_is_a_sentence_with_its_line_and_no_screen(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, config="theme: dark\nrefesh: 3\n")
    try:
        assert terminal.end() == 2
        terminal.wait_for(b"config.yaml:2: unknown key refesh. Did you mean refresh?")
        assert b"\x1b[?1049h" not in terminal.seen
    finally:
        terminal.close()
