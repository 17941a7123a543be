"""What the engine knows of itself: since when it runs, who is connected, what is live, and whether it is to stop."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.engine.context import Liveness, Services

CONSOLE = "console"
"""What a client that shows the engine to a person calls itself in its HELLO."""


@dataclass(frozen=True, slots=True)
class Crash:
    """When and how the last daemon of this state folder crashed; `at` is in epoch seconds."""

    at: float
    text: str


class Presence:
    """The engine's one record of itself; a part of its services."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.started_at = services.clock.now()
        self.demo = bool(services.settings.get("demo"))
        self.clients = 0
        self.consoles = 0
        self.liveness: list[Liveness] = []
        self.stopping = asyncio.Event()
        """Set when the daemon is to leave; whoever serves the engine waits for it."""
        self.endpoint = ""
        """Where the engine is served over HTTP, if it is."""
        self.goodbye = ""
        """What clients are told then: STOPPED or RESTART of `tui.protocol.frames`, nothing where nobody asked."""

    def live(self) -> list[str]:
        """Name what of the operator's runs: commands, shells."""
        return [name for each in self.liveness for name in each(self._services)]

    def arrived(self) -> None:
        """Count a client that connected."""
        self.clients += 1

    def named(self, client: str) -> None:
        """Count a client that said what it is."""
        self.consoles += client == CONSOLE

    def left(self, client: str) -> None:
        """Count a client that went."""
        self.clients -= 1
        self.consoles -= client == CONSOLE

    def busy(self) -> bool:
        """Say whether the engine has a reason to stay: somebody looks, something runs or the operator scheduled it."""
        return bool(self.clients or self._services.scheduler.operators_count() or self.live())

    def last_crash(self) -> Crash | None:
        """Read what the last crash left behind, if anything."""
        return read_crash(self._services.paths.crash)


def read_crash(path: Path) -> Crash | None:
    """Read a crash file: its time in epoch seconds on the first line, the traceback below it."""
    try:
        first, _, text = path.read_text("utf-8", "replace").partition("\n")
        return Crash(float(first), text.strip())
    except (OSError, ValueError):
        return None


def write_crash(path: Path, at: float, text: str) -> None:
    """Leave a crash behind for the next daemon to show; the file is 0600 by the daemon's umask."""
    path.write_text(f"{at:.3f}\n{text}\n", "utf-8")
