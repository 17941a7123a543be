"""How a demo's state folder is told from others: a file in it says how many nodes are simulated, by which seed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE = "demo.json"


def demo_of(state: Path) -> tuple[int, int] | None:
    """Give (nodes, seed) where a state folder is a demo's."""
    try:
        found = json.loads((state / FILE).read_text("utf-8"))
        return int(found["nodes"]), int(found["seed"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def make_demo(state: Path, nodes: int, seed: int) -> None:
    """Make a folder a demo's. Raises: OSError."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    (state / FILE).write_text(json.dumps({"nodes": nodes, "seed": seed}) + "\n", "utf-8")


def daemon_options(idle: float, demo: tuple[int, int] | None, settings: Mapping[str, Any]) -> list[str]:
    """Give the daemon's flags for a start."""
    options = ["--idle", str(idle)]
    if settings:
        options += ["--settings", json.dumps(dict(settings))]
    if demo:
        options += ["--demo", str(demo[0]), "--seed", str(demo[1])]
    return options
