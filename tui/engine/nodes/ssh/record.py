"""What the engine keeps of a step on an SSH node in its own run folder: the output, and what the next engine needs."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tui.engine import output
from tui.engine.nodes.base import Outcome, StepResult

FILE = "remote"
STREAMS = ("stdout", "stderr")


@dataclass(frozen=True, slots=True)
class Begun:
    """What is known of a step when it is sent: `started` in epoch seconds, `timeout` in seconds."""

    started: float
    timeout: float
    user: str
    sudo: bool


class Record:
    """The engine's run folder of one step: `remote` (what was begun; a line more once it is over), stdout and stderr.

    stdout and stderr are made when the first byte for them comes. `fault` is why something could not be stored.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.fault = ""
        self.sizes = [0, 0]
        self._files = [-1, -1]
        self._own = -1

    @classmethod
    def create(cls, folder: Path, begun: Begun) -> Record:
        """Make the folder. Raises: FileExistsError where there is one, OSError where the disk refuses."""
        try:
            folder.mkdir(mode=0o700)
        except FileNotFoundError:
            folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder.mkdir(mode=0o700)
        made = cls(folder)
        made._own = made._open(FILE)
        try:
            _write(made._own, json.dumps(asdict(begun)).encode() + b"\n")
        except OSError:
            made.close()
            raise
        return made

    @classmethod
    def find(cls, folder: Path) -> tuple[Record, Begun, StepResult | None] | None:
        """Give what an earlier engine left, and the result where it is over; None where nothing was ever sent."""
        lines = output.read(folder / FILE, 0, 1024 * 1024).decode("utf-8", "replace").split("\n")[:-1]
        found: list[dict[str, Any]] = []
        for line in lines:
            with contextlib.suppress(ValueError):
                found.append(json.loads(line))
        if not found:
            return None
        record = cls(folder)
        record.sizes = [output.size(folder / stream) for stream in STREAMS]
        result = None
        if len(found) > 1:
            last = found[-1]
            result = StepResult(Outcome(last["outcome"]), last["exit_code"], last["ended_at"], last["note"])
        return record, Begun(**found[0]), result

    def _open(self, name: str) -> int:
        return os.open(self.folder / name, os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC, 0o600)

    def store(self, is_error: bool, data: bytes) -> None:
        """Append output. Where the disk refuses, `fault` says so, and `sizes` says how much is there."""
        if self.fault:
            return
        try:
            if self._files[is_error] < 0:
                self._files[is_error] = self._open(STREAMS[is_error])
            _write(self._files[is_error], data)
            self.sizes[is_error] += len(data)
        except OSError as error:
            self.fault = error.strerror or str(error)
            self.sizes[is_error] = output.size(self.folder / STREAMS[is_error])

    def finish(self, result: StepResult) -> None:
        """Store how the step ended; a disk that refuses leaves it to be read from the node again."""
        try:
            if self._own < 0:
                self._own = self._open(FILE)
            _write(self._own, json.dumps(asdict(result)).encode() + b"\n")
        except OSError as error:
            self.fault = self.fault or error.strerror or str(error)

    def mark_ended(self, reason: str) -> None:
        """Leave word why the engine ends the step; see `tui.engine.nodes.run_folder.RunFolder.mark_ended`."""
        with contextlib.suppress(OSError):
            descriptor = self._open("ended")
            try:
                os.write(descriptor, reason.encode() + b"\n")
            finally:
                os.close(descriptor)

    def ended(self) -> str:
        """Give why an engine ended the step; nothing where none did."""
        return output.read(self.folder / "ended", 0, 100).decode("utf-8", "replace").partition("\n")[0]

    def settle(self) -> None:
        """Hold no file open that is not written to: the step takes longer."""
        if self._own >= 0:
            os.close(self._own)
            self._own = -1

    def close(self) -> None:
        """Close every file."""
        self.settle()
        for index, descriptor in enumerate(self._files):
            if descriptor >= 0:
                os.close(descriptor)
                self._files[index] = -1


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
