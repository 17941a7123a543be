"""MB/s through a kernel pty into the screen model, beside tmux swallowing the same bytes.

A child writes a file into a raw terminal; we read what its master gives and feed a Terminal until the child has ended
and its last byte is in. tmux runs the same child in a pane and answers the question that follows the last byte; the
child tells of that answer through a pipe. Both keep 100,000 lines.
"""

from __future__ import annotations

import os
import select
import sys
import tempfile
import time
from pathlib import Path

from tests.bench._rows import Row, in_turns
from tests.bench._streams import stream
from tests.terminal.oracle import MISSING, Tmux
from tui.emulator.terminal import Terminal
from tui.engine.keeper import spawn

ROUNDS = 7
COLUMNS, ROWS = 80, 24
TIMES = 4
"""How often the stream is written: so many times 3 MB."""
GOAL = 0.8
READ = 256 * 1024
TOGETHER = 64 * 1024
_WRITE = """
import os, sys, tty
tty.setraw(1)
data = open(sys.argv[1], "rb").read()
times, told = int(sys.argv[2]), sys.argv[3:]
if told:
    go = os.open(told[0], os.O_RDONLY)
    os.read(go, 1)
for _ in range(times):
    view = memoryview(data)
    while view:
        view = view[os.write(1, view[:65536]):]
if told:
    os.write(1, b"\\x1b[5n")
    answer = b""
    while not answer.endswith(b"n"):
        answer += os.read(0, 1)
    os.write(os.open(told[1], os.O_WRONLY), b"!")
    os.read(go, 1)
"""


def figures() -> list[Row]:
    """Measure; takes about half a minute."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="ssm-tui-bench-") as name:
        folder = Path(name)
        for title in ("plain lines", "short lines", "log"):
            path = folder / "stream.bin"
            path.write_bytes(stream(title, COLUMNS, ROWS))
            megabytes = path.stat().st_size * TIMES / 1e6
            if MISSING:
                print(f"there is no peer: {MISSING}", file=sys.stderr)
                (ours,), theirs = in_turns(ROUNDS, lambda path=path: _ours(path)), None
            else:
                with Tmux(folder) as server:
                    server("set", "-g", "history-limit", "100000")
                    ours, theirs = in_turns(
                        ROUNDS,
                        lambda path=path: _ours(path),
                        lambda path=path, server=server: _theirs(server, path, folder),
                    )
            ratio = theirs / ours if theirs else None
            asked = title != "log"
            rows.append(
                Row(
                    name=title,
                    ours=megabytes / ours,
                    peer=megabytes / theirs if theirs else None,
                    peer_name="tmux",
                    unit="MB/s",
                    ratio=ratio,
                    goal=f"ratio >= {GOAL}" if asked else "",
                    met=ratio >= GOAL if asked and ratio else None,
                )
            )
    return rows


def _ours(path: Path) -> float:
    """Seconds from the child's first byte to its last."""
    terminal = Terminal(COLUMNS, ROWS, scrollback=100_000)
    words = [sys.executable, "-S", "-c", _WRITE, str(path), str(TIMES)]
    pid, master = spawn(sys.executable, words, dict(os.environ), "/", ROWS, COLUMNS)
    begun, data = 0.0, b""
    try:
        while True:
            try:
                data = os.read(master, READ)
                begun = begun or time.perf_counter()
                # A terminal gives 4 KiB at a time: what is there is taken together, as the console's inbox does.
                while len(data) < TOGETHER and select.select([master], [], [], 0)[0]:
                    data += os.read(master, READ)
            except OSError:  # EIO: the child has ended
                terminal.feed(data)
                break
            terminal.feed(data)
            data = b""
        return time.perf_counter() - begun
    finally:
        os.close(master)
        os.waitpid(pid, 0)


def _theirs(server: Tmux, path: Path, folder: Path) -> float:
    """Seconds from the word to begin to the answer behind the last byte."""
    go, done = folder / "go", folder / "done"
    for fifo in (go, done):
        fifo.unlink(missing_ok=True)
        os.mkfifo(fifo)
    words = [sys.executable, "-S", "-c", _WRITE, str(path), str(TIMES), str(go), str(done)]
    server("new-session", "-d", "-s", "swallow", "-x", str(COLUMNS), "-y", str(ROWS), *words)
    with go.open("wb", buffering=0) as word:
        begun = time.perf_counter()
        word.write(b"!")
        with done.open("rb") as answer:
            answer.read(1)
        taken = time.perf_counter() - begun
        word.write(b"!")
    server("kill-session", "-t", "swallow", check=False)
    return taken
