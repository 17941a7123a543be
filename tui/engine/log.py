"""The daemon's log: one file in the state folder, turned over by size."""

from __future__ import annotations

import logging
import os
from pathlib import Path

MAX_BYTES = 5 * 1024 * 1024
KEPT = 2
"""Files of MAX_BYTES at most: the log itself and `engine.log.1`."""


class TurningFileHandler(logging.FileHandler):
    """Appends to a file and starts a new one when it is full; what the standard library's costs 5 ms to import."""

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES, kept: int = KEPT) -> None:
        super().__init__(path, encoding="utf-8", errors="backslashreplace")
        self._path = path
        self._max_bytes = max_bytes
        self._kept = kept

    def emit(self, record: logging.LogRecord) -> None:
        try:
            super().emit(record)
            if self.stream is not None and self.stream.tell() >= self._max_bytes:
                self._turn()
        except OSError:  # a full disk must not take the engine with it
            self.handleError(record)

    def _turn(self) -> None:
        self.close()
        for number in range(self._kept - 1, 0, -1):
            source = self._path if number == 1 else self._path.with_name(f"{self._path.name}.{number - 1}")
            if source.exists():
                os.replace(source, self._path.with_name(f"{self._path.name}.{number}"))  # noqa: PTH105 - same file system
        self.stream = self._open()


def start_logging(path: Path) -> TurningFileHandler:
    """Send every log record of the process to `path`. Raises: OSError."""
    logging.raiseExceptions = False  # a log that can't be written is no reason to write elsewhere
    handler = TurningFileHandler(path)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    return handler
