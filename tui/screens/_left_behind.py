"""What an earlier console left behind: moves that are told of on whichever screen this one begins, secrets wiped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from tui.screens._memory_file import likely_folders, sweep

OLD = 60.0
"""Seconds after which a folder for an editor that nobody holds is no other console's new one."""


def plans_folder(launch: Any) -> Path:
    """Give the folder that journals of plans are in."""
    found: Path | None = launch.plans
    return found or launch.log_file.parent / "plans"


async def see_to_what_is_left(app: Any) -> None:
    """Tell of moves that were broken off, and wipe secrets whose editor's console was killed.

    Where there is nothing of it, some folders are listed and nothing more.
    """
    await asyncio.to_thread(wipe_left, likely_folders())
    if not await asyncio.to_thread(_has_journals, plans_folder(app.launch)):
        return
    # Off the loop: a screen is being drawn, and what reads journals is a good part of Parameters.
    module = await asyncio.to_thread(import_module, "tui.screens._parameter_unfinished")
    tell: Callable[..., Any] = module.tell_elsewhere
    await tell(app)


def wipe_left(folders: Sequence[Path]) -> None:
    """Wipe what consoles that are gone left for an editor in these folders; those that live hold theirs."""
    for folder in folders:
        with suppress(OSError):
            sweep(folder, older=OLD)


def _has_journals(folder: Path) -> bool:
    try:
        return any(folder.glob("*.jsonl"))
    except OSError:
        return False
