"""What the console leaves behind in a real terminal multiplexer."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.terminal.console_driver import environment
from tests.terminal.oracle import MISSING, Tmux

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(MISSING), reason=MISSING)]


def until(tmux: Tmux, true: Callable[[list[str]], bool]) -> list[str]:
    """Wait until the screen's lines are so; give them, blank ones at the end left off."""
    deadline = time.monotonic() + 20
    while not true(lines := tmux("capture-pane", "-p", "-t", "left").rstrip().split("\n")):
        assert time.monotonic() < deadline, "\n".join(lines)
        time.sleep(0.02)
    return lines


@pytest.mark.parametrize("size", [(80, 24), (200, 50), (60, 15)])
def test_the_screen_of_before_comes_back_alone_after_tmux_was_resized(state: Path, size: tuple[int, int]) -> None:
    # A size that a shell exported must not be taken for the terminal's.
    wanted = environment(state) | {"COLUMNS": "80", "LINES": "24"}
    settings = " ".join(f"{name}={shlex.quote(value)}" for name, value in wanted.items())
    program = shlex.join([sys.executable, "-m", "tui.cli", "--state", str(state / "state")])
    script = f"echo before; env {settings} {program}; echo after; exec sleep 600"
    with Tmux(state) as tmux:
        tmux("new-session", "-d", "-s", "left", "-x", "80", "-y", "24", script)
        until(tmux, lambda lines: "Online" in "".join(lines))
        tmux("resize-window", "-t", "left", "-x", str(size[0]), "-y", str(size[1]))
        until(tmux, lambda lines: len(lines) == size[1] and "open" in lines[-1])
        tmux("send-keys", "-t", "left", "C-q")
        assert until(tmux, lambda lines: "after" in lines) == ["before", "after"]
