"""MB/s of the terminal emulator, beside pyte's screens and native emulators, on eight streams at two sizes.

Chunks of 16 KiB; ours with 100,000 lines of scrollback. A peer that is slow is fed for a quarter of a second. Each
stream's screen and cursor are then compared with tmux's: where they differ, our figure is 0. SSM_TUI_BENCH_STREAMS
names a folder that keeps the streams, SSM_TUI_BENCH_ONLY a part of the names of those that are measured.
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench._emulators import Rate, fed, history_screen, natives, screen
from tests.bench._rows import Row, in_turns
from tests.bench._streams import SCREENS, TEXTS, stream
from tests.terminal.oracle import MISSING, Tmux
from tui.emulator.terminal import Terminal

ROUNDS = 3
SIZES = ((80, 24), (200, 50))
SCROLLBACK = 100_000
ONLY = "SSM_TUI_BENCH_ONLY"


def figures() -> list[Row]:
    """Measure; takes about two minutes."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="ssm-tui-bench-") as name:
        folder = Path(name)
        peers: dict[str, Rate] = {}
        for native, rate in natives(folder):
            if isinstance(rate, str):
                print(f"{native} is not measured: {rate}", file=sys.stderr)
            else:
                peers[native] = rate
        if MISSING:
            print(f"nothing is compared with the oracle: {MISSING}", file=sys.stderr)
        for columns, lines in SIZES:
            for title in (*TEXTS, *SCREENS):
                if os.environ.get(ONLY, "") not in title:
                    continue
                try:
                    data = stream(title, columns, lines)
                except FileNotFoundError as missing:
                    print(f"{title} is not measured: {missing} is not installed", file=sys.stderr)
                    continue
                rows += _of(title, data, columns, lines, peers, folder)
    return rows


def _of(title: str, data: bytes, columns: int, lines: int, natives: dict[str, Rate], folder: Path) -> list[Row]:
    """Measure one stream at one size."""
    gc.collect()
    peers: dict[str, Rate] = {"pyte Screen": screen, "pyte HistoryScreen": history_screen, **natives}
    ours, *theirs = in_turns(ROUNDS, *(_measure(rate, data, columns, lines) for rate in (_ours, *peers.values())))
    if not _as_tmux(data, columns, lines, folder):
        print(f"{title} {columns}x{lines} differs from tmux", file=sys.stderr)
        ours = 0.0
    return [
        _row(f"{title} {columns}x{lines}", ours, peer, name, _least(name, title))
        for name, peer in zip(peers, theirs, strict=True)
    ]


def _measure(rate: Rate, data: bytes, columns: int, lines: int) -> Callable[[], float]:
    return lambda: rate(data, columns, lines)


def _ours(data: bytes, columns: int, lines: int) -> float:
    return fed(Terminal(columns, lines, scrollback=SCROLLBACK).feed, data)


def _as_tmux(data: bytes, columns: int, lines: int, folder: Path) -> bool:
    """Say whether our screen after a stream is tmux's; True where there is no tmux."""
    if MISSING:
        return True
    terminal = Terminal(columns, lines, scrollback=SCROLLBACK)
    fed(terminal.feed, data)
    with Tmux(folder) as oracle:
        shown, (row, column) = oracle.show(data, columns, lines)
    cursor = terminal.cursor
    return terminal.display == shown and (cursor.row, cursor.column) == (row, min(column, columns - 1))


def _least(peer: str, title: str) -> float | None:
    """Give how many times a peer's rate ours is to be; None where nothing is asked."""
    if peer == "pyte Screen":
        return 12 if title in TEXTS else 8
    if peer == "pyte HistoryScreen":
        return 40 if title in TEXTS else 20
    return 1 if title == "plain lines" else 0.5 if title in TEXTS else None


def _row(name: str, ours: float, peer: float, peer_name: str, least: float | None) -> Row:
    ratio = ours / peer
    return Row(
        name=name,
        ours=ours / 1e6,
        peer=peer / 1e6,
        peer_name=peer_name,
        unit="MB/s",
        ratio=ratio,
        goal="" if least is None else f"ratio >= {least:g}",
        met=None if least is None else ratio >= least,
    )
