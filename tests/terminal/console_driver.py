"""The console and its verbs as a user's processes, in folders of the test's own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.terminal.pty_driver import Program


def environment(tmp_path: Path) -> dict[str, str]:
    """A user's environment whose folders are all of the test's own."""
    keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return keep | {
        "TERM": "xterm-256color",
        "SHELL": "/bin/sh",
        "PS1": "$ ",
        "LANG": keep.get("LANG", "C.UTF-8"),
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "SSM_TUI_STATE": str(tmp_path / "state"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_STATE_HOME": str(tmp_path / "log"),
        # Whoever runs the tests may have set up AWS: the first start would ask.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def console(tmp_path: Path, *words: str, rows: int = 24, columns: int = 80) -> Program:
    argv = [sys.executable, "-m", "tui.cli", "--local", *words]
    return Program(argv, rows=rows, columns=columns, env=environment(tmp_path), cwd=tmp_path)


def verb(tmp_path: Path, *words: str) -> tuple[int, str]:
    """Run a headless verb, and give its exit status and what it said."""
    argv = [sys.executable, "-m", "tui.cli", *words]
    env = environment(tmp_path)
    done = subprocess.run(argv, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout or done.stderr
