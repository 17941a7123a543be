"""Starts the engine's process before anything heavy is imported, so that both load at the same time."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import tui

PATIENCE = 15.0
"""Seconds that an early daemon has to say that it is ready, before the ordinary way is tried."""


class Early:
    """A daemon under way; `ready` waits for its word and leaves every judgement to whoever connects next."""

    def __init__(self, reading: int, pid: int) -> None:
        self._reading = reading
        self._pid = pid

    async def ready(self) -> None:
        """Wait until the daemon listens, or has ended; a second call returns at once."""
        if self._reading < 0:
            return
        import asyncio  # deferred: the daemon is started before this is paid for

        reading, self._reading = self._reading, -1
        loop = asyncio.get_running_loop()
        said = asyncio.Event()
        loop.add_reader(reading, said.set)
        try:
            async with asyncio.timeout(PATIENCE):
                await said.wait()
            os.waitpid(self._pid, os.WNOHANG)  # noqa: ASYNC222 - it waits for nothing, by its flag
        except (TimeoutError, ChildProcessError):
            pass
        finally:
            loop.remove_reader(reading)
            os.close(reading)


def start_early(state: Path, options: Sequence[str] = ()) -> Early | None:
    """Start the daemon of a state folder, unless a process has it; None where there is nothing to wait for."""
    try:
        if _taken(state):
            return None
        reading, writing = os.pipe()
        pid = os.fork()
    except OSError:
        return None
    if pid:
        os.close(writing)
        return Early(reading, pid)
    try:
        os.set_inheritable(writing, True)
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        os.chdir(Path(tui.__file__).parent.parent)  # where `tui` is found even if it is not installed
        words = ["-m", "tui.engine.daemon", "--state", str(state), "--ready-fd", str(writing), *options]
        os.execv(sys.executable, [sys.executable, *words])  # noqa: S606 - an argument list, no shell
    finally:
        os._exit(127)


def _taken(state: Path) -> bool:
    """Say whether a process holds the folder's lock; no lock file means that none does."""
    try:
        lock = os.open(state / "engine.lock", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return is_locked(lock)
    finally:
        os.close(lock)


def is_locked(lock: int) -> bool:
    """Say whether a process holds the lock of a file that is open here."""
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
