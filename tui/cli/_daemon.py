"""What can be known of a state folder's daemon without asking it: who holds the lock, and what lies on disk."""

from __future__ import annotations

import os

from tui.cli._early import is_locked
from tui.engine.context import StatePaths
from tui.errors import StateError

MODULE = "tui.engine.daemon"
"""How the daemon's own command line names it."""


def holder(paths: StatePaths) -> int | None:
    """Give the process that holds the folder's lock: None where nobody does, 0 where its id can't be read.

    Raises: StateError where the folder may not be looked into.
    """
    try:
        lock = os.open(paths.lock, os.O_RDONLY | os.O_CLOEXEC)
    except PermissionError as error:
        raise StateError(
            f"The state folder {paths.root} can't be used: {error.strerror}.", hint="Choose another with --state."
        ) from error
    except OSError:
        return None
    try:
        if not is_locked(lock):
            return None
        written = os.pread(lock, 32, 0).strip()
        return int(written) if written.isdigit() else 0
    finally:
        os.close(lock)


def is_our_daemon(pid: int, paths: StatePaths) -> bool:
    """Say whether a process is this user's daemon of this state folder, so that a signal hits nobody else."""
    import psutil

    try:
        process = psutil.Process(pid)
        words = process.cmdline()
        if process.uids().real != os.getuid():
            return False
        if "serve" in words:  # its folder may come from the environment
            return str(paths.lock) in (file.path for file in process.open_files())
        return MODULE in words and str(paths.root) in words
    except psutil.Error:
        return False


def disk_used(paths: StatePaths) -> dict[str, int]:
    """Add up the bytes in the state folder by what they are, as the engine does for DescribeEngine."""
    from tui.engine.domains.engine import bytes_below

    try:
        present = list(paths.root.iterdir())
    except OSError:
        present = []
    files = {
        "store": [path for path in present if path.name.startswith(paths.database.name)],
        "runs": [paths.runs],
        "sessions": [paths.sessions],
        "logs": [*(path for path in present if path.name.startswith(paths.log.name)), paths.crash],
    }
    return {name: sum(map(bytes_below, found)) for name, found in files.items()}
