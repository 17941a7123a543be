"""What an earlier console left behind: moves that are told of on whichever screen this one begins, secrets wiped."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

IN_MEMORY = ("/dev/shm",)  # noqa: S108 - where files for editors are looked for, not made
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
    await asyncio.to_thread(wipe_left, [Path(os.environ.get("XDG_RUNTIME_DIR") or IN_MEMORY[0]), *map(Path, IN_MEMORY)])
    if not await asyncio.to_thread(_has, plans_folder(app.launch), "*.jsonl"):
        return
    # Off the loop: a screen is being drawn, and what reads journals is a good part of Parameters.
    module = await asyncio.to_thread(import_module, "tui.screens._parameter_unfinished")
    tell: Callable[..., Any] = module.tell_elsewhere
    await tell(app)


def wipe_left(folders: Sequence[Path]) -> None:
    """Wipe what consoles that are gone left for an editor in these folders; those that live hold theirs."""
    for folder in folders:
        if _has(folder, "ssm-tui-edit-*"):
            from tui.screens._memory_file import sweep  # deferred: most starts have nothing to wipe

            sweep(folder, older=OLD)


def _has(folder: Path, pattern: str) -> bool:
    try:
        return any(folder.glob(pattern))
    except OSError:
        return False
