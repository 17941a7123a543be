"""The console on a real engine: a daemon of its own with this machine as its node, stopped in the end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.events import Paste
from textual.pilot import Pilot

from tests.app.console import console, until
from tests.engine.daemons import state_folder
from tui.app import SsmApp
from tui.transport.local import LocalTransport


@asynccontextmanager
async def engine_console(folder: Path, **how: Any) -> AsyncIterator[tuple[SsmApp, Pilot[Any]]]:
    """Open the console as `console` does, on the engine whose state is in `folder`, started where it does not run."""
    transport: Any = await LocalTransport.connect(folder / "state")
    async with console(transport, folder, **how) as (app, pilot):
        yield app, pilot


@asynccontextmanager
async def engine(folder: Path) -> AsyncIterator[None]:
    """Stop the engine of a folder at the end."""
    async with state_folder(folder / "state"):
        yield


async def type_line(pilot: Pilot[Any], text: str) -> None:
    """Type a line into the shell that shows, as a paste: pressing each key takes a frame."""
    screen: Any = pilot.app.screen
    await until(pilot, lambda: screen.pane_now and screen.pane_now.attached)
    screen.pane_now.view.post_message(Paste(text))
    await pilot.press("enter")
