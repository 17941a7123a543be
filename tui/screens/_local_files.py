"""Files of this machine, as one types their names."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

MOST = 400


def local_path(text: str) -> Path:
    """Give the file that a typed path means: `~` is the home folder, links are followed."""
    path = Path(text.strip())
    with suppress(RuntimeError):  # `~nobody`: a name like any other
        path = path.expanduser()
    return path.resolve()


def likely_files(typed: str) -> list[str]:
    """Give what begins as typed in the folder that it names; folders end in a slash, hidden ones have to be meant."""
    head, slash, name = typed.strip().rpartition("/")
    folder = Path(f"{head}/" if slash else ".")
    found: list[str] = []
    with suppress(OSError, RuntimeError), os.scandir(folder.expanduser()) as entries:
        for entry in entries:
            if not entry.name.startswith(name) or (entry.name.startswith(".") and not name.startswith(".")):
                continue
            found.append(f"{head}{slash}{entry.name}{'/' if entry.is_dir() else ''}")
            if len(found) == MOST:
                break
    return sorted(found)
