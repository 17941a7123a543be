"""An engine with this machine as its node, served in a process of its own so that tests can kill it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tui.engine.context import StatePaths
from tui.engine.dispatch import Engine
from tui.engine.nodes import NodeRegistry
from tui.engine.nodes.this_machine import ThisMachine
from tui.engine.server.unix import UnixServer
from tui.ports import SystemClock
from tui.transport.local import LocalTransport

NODE = "mi-0123456789abcdef0"


async def serve(folder: Path) -> None:
    """Serve until the test ends this process."""
    os.umask(0o077)
    registry = NodeRegistry()
    registry.add(ThisMachine(NODE, SystemClock()))
    paths = StatePaths(folder)
    engine = await Engine.open(paths, registry=registry)
    server = await UnixServer.start(engine, paths)
    print("ready", flush=True)
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    await ending.wait()
    await server.aclose()
    await engine.aclose()


class Daemon:
    """The process, and a connection to it."""

    def __init__(self, process: asyncio.subprocess.Process, transport: LocalTransport) -> None:
        self.process = process
        self.transport = transport

    async def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> None:
        """End it in good order."""
        await self.transport.aclose()
        self.process.terminate()
        await self.process.wait()


@asynccontextmanager
async def daemon(folder: Path) -> AsyncIterator[Daemon]:
    """Start an engine process on a folder and connect to it; it is ended at the end if it lives still."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.engine.shell_daemon", str(folder), stdout=-1, cwd=Path(__file__).parents[2]
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
        made = Daemon(process, await LocalTransport.connect(folder, start=False, client="cli"))
    except BaseException:
        if process.returncode is None:
            process.kill()
            await process.wait()
        raise
    try:
        yield made
    finally:
        await made.transport.aclose()
        if process.returncode is None:
            await made.stop()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
