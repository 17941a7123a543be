"""A file that stands in memory alone and that only its owner reads, for a secret on its way through an editor."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISDIR

from tui.errors import UsageError

IN_MEMORY = ("tmpfs", "ramfs")
"""Kinds of file systems that are not on a disk."""
_NAME = "ssm-tui-edit-"


def likely_folders(environ: Mapping[str, str] = os.environ) -> list[Path]:
    """Give the folders that are looked at for one in memory, whether they are there or not."""
    named = environ.get("XDG_RUNTIME_DIR"), "/dev/shm"  # noqa: S108 - what stands in it is made with a name of its own, for its owner alone
    return [Path(folder) for folder in named if folder]


def memory_folder(environ: Mapping[str, str] = os.environ, mounts: Path = Path("/proc/self/mounts")) -> Path:
    """Give a folder of a file system in memory that one may write in: XDG_RUNTIME_DIR, else /dev/shm.

    Raises: UsageError where there is none, as on macOS.
    """
    kinds = _kinds(mounts)
    for folder in likely_folders(environ):
        if not folder.is_dir():
            continue
        real = folder.resolve()
        kind = next((kinds[str(at)] for at in (real, *real.parents) if str(at) in kinds), "")
        if kind in IN_MEMORY and os.access(real, os.W_OK | os.X_OK):
            return real
    raise UsageError(
        "A secret goes to an editor through a file in memory alone, and there is none here: "
        "neither XDG_RUNTIME_DIR nor /dev/shm is in memory.",
        hint="e changes it without a file.",
    )


def _kinds(mounts: Path) -> dict[str, str]:
    """Give the kind of each file system by where it is mounted; nothing where the system does not tell."""
    with suppress(OSError):
        lines = [line.split() for line in mounts.read_text("utf-8", "surrogateescape").splitlines()]
        return {_unescaped(words[1]): words[2] for words in lines if len(words) > 2}
    return {}


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)


class EditedFile:
    """A file of mode 0600 in a folder of its own; `wipe` overwrites and removes whatever is in that folder."""

    def __init__(self, folder: Path, name: str, data: bytes) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix=_NAME, dir=folder))
        # Held until this process ends, however it does: who can take it finds a folder that nobody wipes any more.
        self._lock = os.open(self._folder, os.O_RDONLY)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.path = self._folder / name
        try:
            with os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(data)
        except OSError:
            self.wipe()
            raise

    def read(self, most: int) -> bytes:
        """Give what is in it now, at most so many bytes and one. Raises: OSError where it is gone."""
        with self.path.open("rb") as file:
            return file.read(most + 1)

    def wipe(self) -> None:
        """Take the folder away with everything that an editor left in it; a second time does nothing."""
        _wipe(self._folder)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


@contextmanager
def edited_file(folder: Path, name: str, data: bytes) -> Iterator[EditedFile]:
    """Make a file for an editor, and wipe it in the end; what a killed console left here is wiped first.

    Raises: UsageError where it can't be made, as on a full file system.
    """
    sweep(folder)
    try:
        file = EditedFile(folder, name, data)
    except OSError as error:
        raise UsageError(f"No file for an editor can be made in {folder}: {os.strerror(error.errno or 0)}.") from error
    try:
        yield file
    finally:
        file.wipe()


def sweep(folder: Path, *, older: float = 0.0) -> None:
    """Wipe the folders of consoles that are gone; `older` are the seconds that they have stood there at least."""
    for left in folder.glob(f"{_NAME}*"):
        with suppress(OSError):
            about = left.lstat()
            if not S_ISDIR(about.st_mode) or about.st_uid != os.getuid() or about.st_mtime > time.time() - older:
                continue
            lock = os.open(left, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _wipe(left)
            finally:
                os.close(lock)


def _wipe(folder: Path) -> None:
    for place, _, names in os.walk(folder):
        for name in names:
            _overwrite(Path(place, name))
    shutil.rmtree(folder, ignore_errors=True)


def _overwrite(file: Path) -> None:
    with suppress(OSError):
        size = file.lstat().st_size
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "wb") as written:
            written.write(bytes(size))
            written.flush()


def file_name(words: Sequence[str], suffix: str) -> str:
    """Make a file's name of what is edited, so that the editor's title says it."""
    name = re.sub(r"[^\w.-]+", "-", "-".join(words)).strip("-.")[-60:] or "value"
    return name if name.endswith(suffix) else name + suffix
