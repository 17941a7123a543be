"""What an earlier console broke off is told of where this one begins, whichever screen that is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any


def plans_folder(launch: Any) -> Path:
    """Give the folder that journals of plans are in."""
    found: Path | None = launch.plans
    return found or launch.log_file.parent / "plans"


async def tell_left_behind(app: Any) -> None:
    """Tell of moves that were broken off; where there is none, a folder is listed and nothing more."""
    if not await asyncio.to_thread(_has_files, plans_folder(app.launch)):
        return
    # Off the loop: a screen is being drawn, and what reads journals is a good part of Parameters.
    module = await asyncio.to_thread(import_module, "tui.screens._parameter_unfinished")
    tell: Callable[..., Any] = module.tell_elsewhere
    await tell(app)


def _has_files(folder: Path) -> bool:
    try:
        return any(file.suffix == ".jsonl" for file in folder.iterdir())
    except OSError:
        return False
