"""A 4 MB log through a terminal widget inside Textual, until its last line is on the screen, beside tmux and peers.

Each holds a shell in a pty of 80x24 whose outer side is swallowed; the shell waits for a word, writes the log and then
a last line, and time runs from the word until that line's bytes come out. Our widget is fed as the console feeds it.
"""

from __future__ import annotations

import importlib
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from tests.bench._outer import Outer
from tests.bench._rows import Row
from tests.bench._streams import stream
from tests.terminal.oracle import MISSING

COLUMNS, ROWS = 80, 24
SIZE = 4_000_000
ROUNDS = {"ours": 5, "tmux": 5, "pyte": 1, "textual-tty": 2, "textual-terminal": 1}
LAST = b"the-last-line-is-here"
MODULES = {"textual-tty": "textual_tty", "textual-terminal": "textual_terminal"}


def figures() -> list[Row]:
    """Measure; takes about a minute."""
    taken: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="ssm-tui-bench-") as name:
        folder = Path(name)
        log = stream("log", COLUMNS, ROWS).replace(b"\r\n", b"\n")
        (folder / "log").write_bytes(log * (SIZE // len(log)) + log[: SIZE % len(log)] + b"\x1b[m\n" + LAST + b"\n")
        times: dict[str, list[float]] = {kind: [] for kind in ROUNDS}
        for number in range(max(ROUNDS.values())):
            for kind, rounds in ROUNDS.items():
                if number < rounds and (why := _missing(kind)) is None:
                    times[kind].append(_measure(kind, folder))
                elif number == 0:
                    print(f"{kind} is not measured: {why}", file=sys.stderr)
        taken = {kind: statistics.median(found) for kind, found in times.items() if found}
    ours = taken.pop("ours")
    limits = {"tmux": 1.5, "pyte": 0.1}
    return [_row(kind, ours, theirs, limits.get(kind)) for kind, theirs in taken.items()]


def _missing(kind: str) -> str | None:
    """Say why something can't be measured."""
    if kind == "tmux":
        return MISSING or None
    if kind in MODULES:
        try:
            importlib.import_module(MODULES[kind])
        except ImportError as error:
            return str(error)
    return None


def _measure(kind: str, folder: Path) -> float:
    """Seconds from the word to the last line."""
    go = folder / "go"
    go.unlink(missing_ok=True)
    os.mkfifo(go)
    shell = f"echo it-is-ready; read word < {shlex.quote(str(go))}; cat {shlex.quote(str(folder / 'log'))}; sleep 60"
    if kind == "tmux":
        config = folder / "tmux.conf"
        config.write_text("set -g status off\nset -g history-limit 100000\n")
        command = ["tmux", "-u", "-L", folder.name, "-f", str(config), "new-session", shell]
    else:
        command = [sys.executable, "-m", "tests.bench._terminal_apps", kind, shell]
    with Outer(command, COLUMNS, ROWS) as outer:
        outer.until(b"it-is-ready")
        outer.quiet(0.5)
        begun = perf_counter()
        with go.open("wb", buffering=0) as word:
            word.write(b"\n")
        taken = outer.until(LAST) - begun
    if kind == "tmux":
        subprocess.run(["tmux", "-L", folder.name, "kill-server"], capture_output=True)
    return taken


def _row(kind: str, ours: float, theirs: float, most: float | None) -> Row:
    name = "a plain pyte widget" if kind == "pyte" else kind
    return Row(
        name="4 MB log, to the last line",
        ours=ours,
        peer=theirs,
        peer_name=name,
        unit="s",
        ratio=ours / theirs,
        goal="" if most is None else f"ours <= {most:g} x peer",
        met=None if most is None else ours <= most * theirs,
    )
