"""How many files the engine may hold open: as many as the system lets it, while what it starts keeps the usual limit.

A connection is a file, so that the usual 1,024 end at fewer hosts than a fleet has. A program that is started with
many may spend its time closing all of them, or may not be able to work at all: `select` knows 1,024.
"""

from __future__ import annotations

import contextlib
import resource
from collections.abc import Sequence

MOST = 1 << 20
"""More than this is not asked for: a limit of a billion, or of none, is no number of files that anybody has."""

SOME = 10_240
"""What is asked for where a system takes no limit that high, though it says so."""

_usual: int | None = None


def raise_limit() -> None:
    """Raise this process's soft limit as far as its hard limit lets it."""
    global _usual
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (MOST, SOME):
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        if soft == resource.RLIM_INFINITY or soft >= most:
            return
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
            _usual = soft if _usual is None else _usual
            return


def line_for_shell() -> str:
    """Give the line by which a POSIX shell goes back to the limit of before; nothing where none was raised."""
    return "" if _usual is None else f"ulimit -S -n {_usual}\n"


def as_before(command: Sequence[str]) -> list[str]:
    """Give a command so that it has the limit of before."""
    line = line_for_shell()
    return ["/bin/sh", "-c", f'{line}exec "$0" "$@"', *command] if line else list(command)
