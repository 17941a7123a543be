"""Processes that may not be our children: who they are, when they end, and how their whole group is ended."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

POLL_SECONDS = 0.05

LINUX = sys.platform.startswith("linux")


def command_line(pid: int) -> list[str]:
    """Give a process's arguments; empty where there is no such process, it is a zombie, or it is another user's."""
    if LINUX:
        try:
            return [part.decode(errors="replace") for part in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")]
        except OSError:
            return []
    import psutil  # deferred: likewise

    try:
        return list(psutil.Process(pid).cmdline())
    except psutil.Error:
        return []


class EndWatch:
    """Calls back once when a process has ended, child or not: a pidfd on Linux, a kqueue on macOS, else polling."""

    def __init__(self, pid: int, ended: Callable[[], None]) -> None:
        self._pid = pid
        self._ended: Callable[[], None] | None = ended
        self._loop = asyncio.get_running_loop()
        self._fd = -1
        self._timer: asyncio.TimerHandle | None = None
        self._queue: object = None
        try:
            self._fd = self._open(pid)
        except ProcessLookupError:
            self._timer = self._loop.call_later(0, self._fire)
            return
        except OSError:
            self._poll()
            return
        self._loop.add_reader(self._fd, self._fire)

    def _open(self, pid: int) -> int:
        if LINUX:
            return os.pidfd_open(pid)
        if sys.platform == "darwin":
            queue = select.kqueue()
            self._queue = queue
            end = select.kevent(pid, filter=select.KQ_FILTER_PROC, flags=select.KQ_EV_ADD, fflags=select.KQ_NOTE_EXIT)
            queue.control([end], 0)
            return os.dup(queue.fileno())
        raise OSError("no descriptor for a process's end on this platform")

    def _poll(self) -> None:
        if is_over(self._pid):
            self._fire()
        else:
            self._timer = self._loop.call_later(POLL_SECONDS, self._poll)

    def _fire(self) -> None:
        ended = self._ended
        self.close()
        if ended is not None:
            ended()

    def close(self) -> None:
        """Stop watching; the callback is not called any more."""
        self._ended = None
        if self._timer is not None:
            self._timer.cancel()
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1
        self._queue = None


def is_over(pid: int) -> bool:
    """Say whether a process is gone or a zombie."""
    if LINUX:
        try:
            line = Path(f"/proc/{pid}/stat").read_text(errors="replace")
        except OSError:
            return True
        return line.rpartition(")")[2].split()[:1] in (["Z"], ["X"], [])
    import psutil  # deferred: likewise

    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:
        return False


def signal_group(pgid: int, number: int) -> bool:
    """Send a signal to a whole process group; False where the group is gone (or only others' processes are left)."""
    if pgid <= 1:
        return False
    try:
        os.killpg(pgid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def is_group_alive(pgid: int) -> bool:
    """Say whether a process of a group still runs; a zombie that nobody reaps, as in many containers, does not."""
    if not LINUX:
        return True
    for folder in os.scandir("/proc"):
        if folder.name.isdigit():
            try:
                fields = Path(folder.path, "stat").read_text(errors="replace").rpartition(")")[2].split()
            except OSError:
                continue
            if fields[2:3] == [str(pgid)] and fields[0] not in ("Z", "X"):
                return True
    return False


async def kill_group(pgid: int, grace: float) -> None:
    """Give what is left of a group `grace` seconds to go, then kill it for good."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + grace
    pause = 0.002
    while loop.time() < deadline:
        if not signal_group(pgid, 0) or not is_group_alive(pgid):
            return
        await asyncio.sleep(pause)
        pause = min(pause * 2, POLL_SECONDS)
    signal_group(pgid, signal.SIGKILL)


def kill_orphans(pgid: int, marks: Mapping[str, str]) -> None:
    """Kill what is left of a group whose leader is dead, if it really is that group: its members carry the marks.

    `marks` are environment variables that only this group's processes have; a reused number is told apart by them.
    """
    import psutil  # deferred: only a recovery that found a dead leader needs it

    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == pgid and marks.items() <= process.environ().items():
                signal_group(pgid, signal.SIGKILL)
                return
        except (psutil.Error, OSError):
            continue
