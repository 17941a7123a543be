"""Emulators that are measured beside ours: pyte's two screens, and native ones where they are installed."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyte

from tests.terminal import libvterm

CHUNK = 16 * 1024
"""Bytes that are fed at a time."""
PATIENCE = 0.25
"""Seconds that a slow peer is fed for; its rate is what counts."""
PAR_TERM = "par_term_emu_core_rust"
_PAR_TERM_FEEDS = """
import sys, time
from par_term_emu_core_rust import Terminal
path, columns, rows, chunk = sys.argv[1], *map(int, sys.argv[2:])
data = open(path, "rb").read()
parts = [data[at : at + chunk] for at in range(0, len(data), chunk)]
terminal = Terminal(columns, rows, 100_000)
begun = time.perf_counter()
for part in parts:
    terminal.process(part)
print(len(data) / (time.perf_counter() - begun))
"""

Rate = Callable[[bytes, int, int], float]
"""Feeds a stream to a new terminal of so many columns and rows, and gives bytes a second."""


def pieces(data: bytes) -> list[bytes]:
    return [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)]


def fed(feed: Callable[[bytes], object], data: bytes, patience: float = 1e9) -> float:
    """Feed a stream in chunks until it ends or time is up; bytes a second."""
    parts = pieces(data)
    done = 0
    begun = time.perf_counter()
    taken = 0.0
    for part in parts:
        feed(part)
        done += len(part)
        taken = time.perf_counter() - begun
        if taken > patience:
            break
    return done / taken


class _Plain(pyte.Screen):
    """pyte's screen, without the exception it raises on vim's `CSI > 4 ; 2 m`."""

    def select_graphic_rendition(self, *attrs: int, **kwargs: Any) -> None:
        super().select_graphic_rendition(*attrs)


class _History(pyte.HistoryScreen):
    """Likewise."""

    def select_graphic_rendition(self, *attrs: int, **kwargs: Any) -> None:
        super().select_graphic_rendition(*attrs)


def screen(data: bytes, columns: int, rows: int) -> float:
    return fed(pyte.ByteStream(_Plain(columns, rows)).feed, data, PATIENCE)


def history_screen(data: bytes, columns: int, rows: int) -> float:
    return fed(pyte.ByteStream(_History(columns, rows, history=100_000)).feed, data, PATIENCE)


def vterm(data: bytes, columns: int, rows: int) -> float:
    return fed(libvterm.Vterm(columns, rows).feed, data)


def _par_term(data: bytes, columns: int, rows: int) -> float:
    module: Any = importlib.import_module(PAR_TERM)
    return fed(module.Terminal(columns, rows, 100_000).process, data)


def _par_term_in(python: str, folder: Path) -> Rate:
    def rate(data: bytes, columns: int, rows: int) -> float:
        path = folder / "stream.bin"
        path.write_bytes(data)
        words = [python, "-c", _PAR_TERM_FEEDS, str(path), str(columns), str(rows), str(CHUNK)]
        return float(subprocess.run(words, check=True, capture_output=True, text=True).stdout)

    return rate


def natives(folder: Path) -> Iterator[tuple[str, Rate | str]]:
    """Give each native emulator's name with its rate, or with why it is not measured.

    par-term-emu-core-rust needs Python 3.12: where this one is older, an installed newer one is asked that has it.
    libvterm is called through ctypes, and keeps no scrollback.
    """
    yield "libvterm", libvterm.MISSING or vterm
    if importlib.util.find_spec(PAR_TERM):
        yield "par-term-emu-core-rust", _par_term
        return
    for version in (12, 13, 14):
        python = shutil.which(f"python3.{version}")
        if python and not subprocess.run([python, "-c", f"import {PAR_TERM}"], capture_output=True).returncode:
            yield "par-term-emu-core-rust", _par_term_in(python, folder)
            return
    yield "par-term-emu-core-rust", "not installed; it needs Python 3.12"
