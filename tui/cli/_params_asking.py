"""The questions of `ssm-tui params`: is this meant, and what is to be typed for it to be."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tui.cli._context import printable, talk
from tui.cli._nodes_connect import is_somebody_there
from tui.errors import UsageError


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl+C end a question at once: asyncio's own handler would wait for the loop, which waits for the answer."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def is_sure(question: str, typed: str, *, sure: bool) -> bool:
    """Ask, unless `sure` says that the answer was given; `typed` is what is to be typed, "" for y.

    Raises: UsageError where nobody is there to answer.
    """
    if sure:
        return True
    if not is_somebody_there():
        raise UsageError("Nothing is changed without --yes where nobody can be asked.")
    way = f"Type {printable(typed)} to go on" if typed else "[y/N]"
    sys.stderr.write(f"{printable(question)} {way}{': ' if typed else ' '}")
    sys.stderr.flush()
    with interruptible():
        answer = sys.stdin.readline().strip()
    meant = answer == typed if typed else answer.lower() in ("y", "yes")
    if not meant:
        talk("Nothing was changed.")
    return meant
