"""An engine for the soak test, as a process: this machine and so many simulated nodes, which are all asked often.

    python -m tests.terminal.soak_engine STATE NODES

Each line that it prints is JSON: how many tasks its loop has, and how often the nodes were asked. With
SSM_TUI_SOAK_TRACE set it also names what grew most since the first minute, by tracemalloc.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tracemalloc
from pathlib import Path
from typing import Any

from tui.engine.context import StatePaths
from tui.engine.daemon import take_folder
from tui.engine.dispatch import Engine
from tui.engine.domains.nodes import ping_nodes
from tui.engine.nodes.directory import NodeDirectory
from tui.engine.nodes.simulated import SimulatedFleet
from tui.engine.server.unix import UnixServer

ASKED = 5.0
"""Seconds between two questions to every node; in life it is a minute."""
TOLD = 1.0
TRACE = os.environ.get("SSM_TUI_SOAK_TRACE", "")


async def serve(paths: StatePaths, count: int) -> None:
    """Serve until the engine is told to stop."""
    engine = await Engine.open(paths)
    services = engine.services
    fleet = SimulatedFleet(services, count=count, seed=1)
    directory = services.part(NodeDirectory)
    await directory.register(fleet.records(directory.stored()), fleet.tags(set()))
    rounds = 0

    async def ask() -> None:
        nonlocal rounds
        await fleet.behave()
        await ping_nodes(services)
        rounds += 1

    services.scheduler.every("pings of the soak test", ASKED, ask)
    server = await UnixServer.start(engine, paths)
    first: Any = None
    seconds = 0
    while not engine.presence.stopping.is_set():
        print(json.dumps({"tasks": len(asyncio.all_tasks()), "rounds": rounds}), flush=True)
        seconds += 1
        if TRACE and seconds % 60 == 0:
            now = tracemalloc.take_snapshot()
            first = first or now
            for grown in now.compare_to(first, "lineno")[:12]:
                print(f"{seconds}s {grown}", file=sys.stderr, flush=True)
        try:
            async with asyncio.timeout(TOLD):
                await engine.presence.stopping.wait()
        except TimeoutError:
            continue
    await server.aclose()
    await engine.aclose()


def main(state: str, nodes: str) -> None:
    """Take the folder and serve it."""
    os.umask(0o077)
    if TRACE:
        tracemalloc.start(5)
    paths = StatePaths(Path(state))
    lock = take_folder(paths)
    try:
        asyncio.run(serve(paths, int(nodes)))
    finally:
        os.close(lock)


if __name__ == "__main__":
    main(*sys.argv[1:])
