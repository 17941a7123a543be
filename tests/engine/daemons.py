"""Daemons for tests: started as the console starts them, and gone when the test is over."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psutil

from tui.engine import keeper
from tui.engine.nodes.run_folder import RunFolder
from tui.errors import TransportError
from tui.transport.local import LocalTransport
from tui.transport.starting import lock_owner, wait_until_gone


@contextlib.asynccontextmanager
async def state_folder(path: Path) -> AsyncIterator[Path]:
    """Give a state folder whose daemon, if there is one in the end, is stopped."""
    try:
        yield path
    finally:
        with contextlib.suppress(TransportError):
            transport = await LocalTransport.connect(path, start=False, client="test")
            await transport.call("StopEngine", {"Force": True}, service="ssm-tui")
            await transport.aclose()
        pid = lock_owner(path)
        if pid:
            await wait_until_gone(path, pid)


def end_all(state: Path) -> None:
    """End what a test has left in a state folder: the daemon, even one that hangs, the keeper, shells and commands."""
    daemon = lock_owner(state)
    left = [psutil.Process(daemon)] if daemon else []
    for process in [*left, *_keepers(state)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            left += [process, *process.children(recursive=True)]
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(left, timeout=10)
    for claimed in state.glob("runs/*/claim"):
        folder = claimed.parent
        claim = RunFolder(folder).claim()
        if claim is not None and claim.exit_code is None and claim.is_alive(folder):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(claim.pid, signal.SIGKILL)


def _keepers(state: Path) -> Iterator[psutil.Process]:
    """Find the keeper of a folder: it runs in it."""
    if not (state / "keeper.sock").exists():
        return
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if keeper.__file__ in process.cmdline() and Path(process.cwd()) == state.resolve():
                yield process


def states_below(folder: Path) -> set[Path]:
    """Find the state folders in a test's own folder."""
    names = ("engine.db", "engine.lock", "keeper.sock")
    return {file.parent for name in names for at in ("", "*/", "*/*/") for file in folder.glob(at + name)}


def kill(pid: int) -> None:
    """End a daemon that the test started, as a crash of the machine would."""
    os.kill(pid, signal.SIGKILL)
