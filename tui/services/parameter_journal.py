"""What a plan has written so far, in a file that outlives the process; it has names, versions and phases, no value."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import uuid4

from tui.errors import StateError
from tui.ports import Clock, SystemClock
from tui.services.parameter_changes import ChangeKind, Plan

ENDING = ".jsonl"


class Phase(StrEnum):
    PLANNED = "planned"
    SENDING = "sending"
    WRITTEN = "written"
    REFUSED = "refused"


class Journal:
    """The file of one plan while it is applied, locked so that other consoles see that somebody lives who writes it.

        report = await apply(plan, parameters, journal=Journal(folder))

    Raises: StateError where the folder can't be written.
    """

    def __init__(self, folder: Path, *, clock: Clock | None = None) -> None:
        self._folder = folder
        self._clock = clock or SystemClock()
        self._file = -1
        self._path = folder

    def begin(self, plan: Plan, context: str) -> None:
        """Write what is about to be done."""
        now = self._clock.now()
        name = f"{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%SZ}-{uuid4().hex[:12]}"
        lines: list[dict[str, Any]] = [{"context": context, "begun": now}]
        lines += [
            {
                "path": change.path,
                "name": change.name,
                "kind": change.kind,
                "before": change.before.version if change.before else 0,
                "needs": change.needs,
            }
            for change in plan.writes
        ]
        with _said(self._folder):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # It gets its name when it is locked, so that nobody takes it for one that was left.
            making = self._folder / f"{name}.making"
            self._file = os.open(making, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o600)
            self._path = making
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX)
                self._write(*lines)
                os.fsync(self._file)
                self._path = making.rename(self._folder / f"{name}{ENDING}")
            except OSError:
                self.end()
                raise

    def note(self, path: str, phase: Phase, version: int = 0) -> None:
        """Say how far one name is."""
        with _said(self._folder):
            self._write({"path": path, "phase": phase, "version": version})

    def end(self, *, keep: bool = False) -> None:
        """Take the file away; `keep` leaves it for the next start to find."""
        if self._file < 0:
            return
        if not keep:
            with contextlib.suppress(FileNotFoundError):
                self._path.unlink()
        os.close(self._file)
        self._file = -1

    def forget(self) -> None:
        """Take away the file that was kept: what it told of is done."""
        if self._path != self._folder:
            self._path.unlink(missing_ok=True)

    def _write(self, *lines: dict[str, Any]) -> None:
        data = "".join(json.dumps(line) + "\n" for line in lines).encode()
        while data:
            data = data[os.write(self._file, data) :]


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """One change of a plan that was broken off: `before` is the version it had (0 is none), `version` what was made."""

    path: str
    name: str
    kind: ChangeKind
    before: int = 0
    needs: str = ""
    phase: Phase = Phase.PLANNED
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """A plan that was broken off half-way; `context` is where it was applied."""

    file: Path
    context: str
    begun: datetime
    changes: tuple[Left, ...]

    def discard(self) -> None:
        """Forget it: its file goes."""
        self.file.unlink(missing_ok=True)


def unfinished(folder: Path) -> list[Unfinished]:
    """Give the plans that were broken off, the oldest first; those that a living process applies are none."""
    found = []
    for file in sorted(folder.glob(f"*{ENDING}")) if folder.is_dir() else ():
        with contextlib.suppress(OSError):
            opened = os.open(file, os.O_RDONLY)
            try:
                fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
                with os.fdopen(os.dup(opened), encoding="utf-8", errors="replace") as lines:
                    read = _read(file, lines.read())
            finally:
                os.close(opened)
            found.append(read)
    return found


def _read(file: Path, text: str) -> Unfinished:
    """Read a file; a last line that was cut off is left out."""
    head: dict[str, Any] = {}
    changes: dict[str, dict[str, Any]] = {}
    for line in text.splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if not isinstance(said, dict):
            continue
        if "path" in said:
            changes.setdefault(said["path"], {}).update(said)
        else:
            head = said
    begun = head.get("begun")
    seconds = float(begun) if isinstance(begun, int | float) else file.stat().st_mtime
    return Unfinished(
        file=file,
        context=str(head.get("context") or ""),
        begun=datetime.fromtimestamp(seconds, UTC),
        changes=tuple(change for one in changes.values() if (change := _left(one)) is not None),
    )


def _left(said: dict[str, Any]) -> Left | None:
    """Give a change of what its lines say, None where they are not all there."""
    try:
        return Left(
            path=said["path"],
            name=said["name"],
            kind=ChangeKind(said["kind"]),
            before=int(said["before"]),
            needs=said["needs"],
            phase=Phase(said.get("phase", Phase.PLANNED)),
            version=int(said.get("version", 0)),
        )
    except (LookupError, ValueError, TypeError):
        return None


@contextlib.contextmanager
def _said(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StateError(
            f"{folder} can't keep what is being written: {error.strerror or error}.",
            hint="Nothing is written without it: make room there, or let it be written.",
        ) from error
