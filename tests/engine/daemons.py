"""Daemons for tests: started as the console starts them, and gone when the test is over."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

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


def kill(pid: int) -> None:
    """End a daemon that the test started, as a crash of the machine would."""
    os.kill(pid, signal.SIGKILL)
