"""A run folder: the files that a detached step leaves, from which its truth is read after any restart."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tui.engine import output
from tui.engine.nodes import processes

ENGINE_CLAIM = "engine"
CLAIM_BYTES = 4096
"""More than any claim has."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Who took a run folder: the leader of a process group, or (pid 0) an engine that found it untaken."""

    pid: int
    facts: Mapping[str, Any] = field(default_factory=dict)
    """When the step was started, for how long it may run, as whom."""
    exit_code: int | None = None
    """The script's, once its shell has ended."""

    def is_alive(self, folder: Path) -> bool:
        """Say whether that very process still runs; a process that only reuses its number is told apart.

        No other process has the run folder in its arguments in this way: whoever finds the folder claimed ends at once.
        """
        if self.pid <= 1 or processes.is_over(self.pid):
            return False
        words = processes.command_line(self.pid)
        return MARK in words and any(word.endswith(folder.name) for word in words)


MARK = "ssm-tui-step"
"""What the shell that leads a step's group is called in its arguments."""


class RunFolder:
    """The files of one step, every one 0600 in a folder of 0700; few, because making one is the dearest part of a step.

    script      what sh runs
    claim       made once and for all with O_EXCL: who makes it runs the script. Three lines: the number of the group's
                leader, facts as JSON, and in the end the script's exit code
    stdout, stderr   raw output, appended to by the processes themselves
    ended       "timeout", "output" or "cancel", written before the engine ends the group
    sudo.pgid   the group of the script under sudo
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def create(self, script: str) -> tuple[int, int]:
        """Make the folder and give the descriptors of stdout and stderr, open for appending; the caller closes them.

        Raises: FileExistsError where there is such a folder, OSError where the disk refuses.
        """
        try:
            self.path.mkdir(mode=0o700)
        except FileNotFoundError:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.path.mkdir(mode=0o700)
        self._write("script", script.encode("utf-8", "surrogateescape"))
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
        return output.read(self.path / name, 0, CLAIM_BYTES).decode(errors="replace")

    def take(self, *lines: str) -> bool:
        """Claim the folder for the engine, so that no process can start from it; False where it is taken.

        `lines` are what the claim says: nothing but that an engine took it, or what a step of a simulated node has.
        """
        try:
            descriptor = os.open(self.path / "claim", os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            return False
        with contextlib.closing(os.fdopen(descriptor, "w")) as file:
            file.writelines(f"{line}\n" for line in lines or (ENGINE_CLAIM,))
        return True

    def claim(self) -> Claim | None:
        """Give who took the folder; None where nobody has, or has not finished saying so."""
        # A line that is just being written counts once its newline is there.
        lines = self._read("claim").split("\n")[:-1]
        if not lines:
            return None
        if not lines[0].isdigit():
            return Claim(0)
        facts: Any = {}
        with contextlib.suppress(ValueError):
            facts = json.loads(lines[1]) if len(lines) > 1 else {}
        code = int(lines[2]) if len(lines) > 2 and lines[2].isdigit() else None
        return Claim(int(lines[0]), facts if isinstance(facts, dict) else {}, code)

    def exit_code(self) -> int | None:
        """Give the script's exit code; None until its shell has ended."""
        claim = self.claim()
        return None if claim is None else claim.exit_code

    def changed(self) -> float:
        """Give when the claim was last written to, by the file system's clock: for a step that is over, its end."""
        try:
            return (self.path / "claim").stat().st_mtime
        except OSError:
            return 0.0

    def written(self) -> int:
        """Give how many bytes of output there are."""
        return output.size(self.path / "stdout") + output.size(self.path / "stderr")

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


def run_folders(runs: Path) -> set[tuple[str, str]]:
    """Give the ids of commands and nodes that have a run folder; these are the first two parts of its name."""
    try:
        names = os.listdir(runs)  # noqa: PTH208 - names are all that is needed of what may be many
    except FileNotFoundError:
        return set()
    return {(command_id, rest.partition(".")[0]) for command_id, _, rest in (name.partition(".") for name in names)}
