"""A run folder: the files that a detached step leaves, from which its truth is read after any restart."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui.engine.nodes import processes

ENGINE_CLAIM = "engine"


@dataclass(frozen=True, slots=True)
class Claim:
    """Who took a run folder: the leader of a process group, or (pid 0) an engine that found it untaken."""

    pid: int
    start: str

    def is_alive(self, folder: Path) -> bool:
        """Say whether that very process still runs; a process that only reuses its number is told apart."""
        if self.pid <= 1 or processes.is_over(self.pid):
            return False
        if self.start and processes.start_mark(self.pid) != self.start:
            return False
        own = "/".join(folder.parts[-3:])
        return any(word.endswith(own) for word in processes.command_line(self.pid))


class RunFolder:
    """The files of one step, every one 0600 in a folder of 0700.

    script      what sh runs
    step.json   when it was started, for how long it may run, and as whom
    claim       "PID STAT…" of the group's leader; made once and for all with O_EXCL: who makes it runs the script
    stdout, stderr   raw output, appended to by the processes themselves
    exit        the exit code and a newline, written when the script's shell has ended
    ended       "timeout" or "cancel", written before the engine ends the group
    sudo.pgid   the group of the script under sudo
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def create(self, script: str, facts: dict[str, Any]) -> tuple[int, int]:
        """Make the folder and give the descriptors of stdout and stderr, open for appending; the caller closes them.

        Raises: FileExistsError where there is such a folder, OSError where the disk refuses.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path.mkdir(mode=0o700)
        self._write("script", script.encode("utf-8", "surrogateescape"))
        self._write("step.json", json.dumps(facts).encode())
        return self._append("stdout"), self._append("stderr")

    def _append(self, name: str) -> int:
        return os.open(self.path / name, os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC, 0o600)

    def _write(self, name: str, data: bytes) -> None:
        descriptor = os.open(self.path / name, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]
        finally:
            os.close(descriptor)

    def _read(self, name: str) -> str:
        try:
            return (self.path / name).read_text(errors="replace")
        except OSError:
            return ""

    def facts(self) -> dict[str, Any]:
        """Give what step.json says; empty where it was never written whole."""
        try:
            found = json.loads(self._read("step.json") or "{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def take(self) -> bool:
        """Claim the folder for the engine, so that no process can start from it; False where it is taken."""
        try:
            descriptor = os.open(self.path / "claim", os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            return False
        with contextlib.closing(os.fdopen(descriptor, "w")) as file:
            file.write(ENGINE_CLAIM + "\n")
        return True

    def claim(self) -> Claim | None:
        """Give who took the folder; None where nobody has, or has not finished saying so."""
        text = self._read("claim")
        if not text.endswith("\n"):
            return None
        first, _, rest = text.strip().partition(" ")
        if first == ENGINE_CLAIM or not first.isdigit():
            return Claim(0, "")
        return Claim(int(first), processes.stat_start(rest))

    def is_taken(self) -> bool:
        return (self.path / "claim").exists()

    def exit_code(self) -> int | None:
        """Give the script's exit code; None until its shell has ended (a half-written file has no newline)."""
        text = self._read("exit")
        return int(text) if text.endswith("\n") and text.strip().isdigit() else None

    def exit_time(self) -> float | None:
        """Give when the exit code was left, by the file system's clock."""
        try:
            return (self.path / "exit").stat().st_mtime
        except OSError:
            return None

    def mark_ended(self, reason: str) -> None:
        """Leave word that the engine ends the group; a full disk must not keep it from doing so."""
        with contextlib.suppress(OSError):
            self._write("ended", reason.encode() + b"\n")

    def ended(self) -> str:
        return self._read("ended").strip()

    def sudo_group(self) -> int:
        """Give the process group of the script under sudo, 0 where there is none."""
        text = self._read("sudo.pgid").strip()
        return int(text) if text.isdigit() else 0
