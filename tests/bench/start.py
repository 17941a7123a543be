"""How long a start takes in a pty, beside a bare Textual app that says hello; and how long it takes to quit.

Bytecode is written by a round before the measured ones, as an installation does. Other consoles are measured where
SSM_TUI_BENCH_PEERS names them: `NAME=PROGRAM=MARKER`, several parted by commas; the marker is a word that its first
paint draws.
"""

from __future__ import annotations

import fcntl
import os
import pty
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.bench._rows import Row, in_turns

ROUNDS = 9
DEADLINE = 30.0
QUIT = b"\x11"
SETTLED = 0.15
"""Seconds between a first paint and the key that quits: what still loads behind the paint is no part of quitting."""

HELLO = """
from textual.app import App
from textual.widgets import Static
class Hello(App):
    def compose(self):
        yield Static("hello")
Hello().run()
"""


@dataclass(frozen=True, slots=True)
class Start:
    """One start in seconds: until the marker was drawn, until a key was answered, and from the quitting key on."""

    painted: float
    answered: float
    quit: float


def start(argv: list[str], marker: bytes, environ: dict[str, str], *, key: bytes = b"", answer: bytes = b"") -> Start:
    """Start a program in a pty of 120x36 and quit it; `key` is sent at the marker, and `answer` awaited."""
    begun = time.perf_counter()
    pid, master = pty.fork()
    if pid == 0:
        os.execvpe(argv[0], argv, environ)
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
    signal.alarm(int(DEADLINE))
    try:
        seen = b""
        while marker not in seen:
            seen += os.read(master, 65536)
        drawn = answered = time.perf_counter() - begun
        if key:
            os.write(master, key)
            while answer not in seen:
                seen += os.read(master, 65536)
            answered = time.perf_counter() - begun
        time.sleep(SETTLED)
        leaving = time.perf_counter()
        os.write(master, QUIT)
        try:
            while os.read(master, 65536):
                pass
        except OSError:
            pass  # how a pty says that its far end is gone
        os.waitpid(pid, 0)
        return Start(drawn, answered, time.perf_counter() - leaving)
    finally:
        signal.alarm(0)
        os.close(master)


def painted(argv: list[str], marker: bytes, environ: dict[str, str]) -> float:
    """Start a program, quit it, and give the seconds until the marker was drawn."""
    return start(argv, marker, environ).painted


def program() -> list[str]:
    """Give the installed `ssm-tui` beside this Python, else this checkout's."""
    script = Path(sys.executable).with_name("ssm-tui")
    return [str(script)] if script.exists() else [sys.executable, "-m", "tui.cli"]


def figures() -> list[Row]:
    """Measure; takes about a minute."""
    folder = Path(tempfile.mkdtemp(prefix="ssm-tui-bench-"))
    environ = {
        **os.environ,
        "TERM": "xterm-256color",
        "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_STATE_HOME": str(folder / "state"),
        # Whoever measures may have set up AWS: the first start would ask.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    hello = folder / "hello.py"
    hello.write_text(HELLO)
    ours = [*program(), "--state", str(folder / "engine")]
    textual = [sys.executable, str(hello)]

    def stop() -> None:
        subprocess.run([*ours, "stop", "--force"], env=environ, capture_output=True, timeout=DEADLINE, check=False)

    rows = {"key": b"w", "answer": b"not watching"}
    try:
        for argv, marker in ((textual, b"hello"), (ours, b"Online")):
            start(argv, marker, environ)
        taken: dict[str, list[Start]] = {name: [] for name in ("hello", "paint", "rows", "cold")}
        for _ in range(ROUNDS):
            taken["paint"].append(start(ours, b"Fleet", environ))
            taken["hello"].append(start(textual, b"hello", environ))
            taken["rows"].append(start(ours, b"Online", environ, **rows))
            stop()
            taken["hello"].append(start(textual, b"hello", environ))
            taken["cold"].append(start(ours, b"Online", environ, **rows))
        return [*_compared(taken), *_others(environ, ours)]
    finally:
        stop()
        shutil.rmtree(folder, ignore_errors=True)


def _compared(taken: dict[str, list[Start]]) -> list[Row]:
    def median(name: str, what: str) -> float:
        return statistics.median(getattr(one, what) for one in taken[name])

    found = []
    for figure, name, what, peer_what, most in (
        ("first paint", "paint", "painted", "painted", 1.5),
        ("rows and keys, engine up", "rows", "answered", "painted", 1.8),
        ("rows and keys, engine down", "cold", "answered", "painted", 4.0),
        ("quitting", "paint", "quit", "quit", 0.5),
    ):
        our, peer = median(name, what), median("hello", peer_what)
        found.append(
            Row(
                name=figure,
                ours=our,
                unit="s",
                goal=f"at most {most:g} x",
                met=our / peer <= most,
                peer=peer,
                peer_name="Textual hello",
                ratio=our / peer,
            )
        )
    return found


def _others(environ: dict[str, str], ours: list[str]) -> list[Row]:
    found = []
    for entry in filter(None, os.environ.get("SSM_TUI_BENCH_PEERS", "").split(",")):
        name, path, marker = entry.split("=")
        painted([path], marker.encode(), environ)
        mine, peer = in_turns(
            ROUNDS,
            partial(painted, ours, b"Fleet", environ),
            partial(painted, [path], marker.encode(), environ),
        )
        row = Row(
            name="first paint",
            ours=mine,
            unit="s",
            goal="less",
            met=mine < peer,
            peer=peer,
            peer_name=name,
            ratio=mine / peer,
        )
        found.append(row)
    return found
