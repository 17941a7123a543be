"""The output of one command as events for one watcher, read from the run folders as far as it has been taken.

The files are the truth, so nothing waits in memory for a slow watcher: it is told how much it missed, and reads on near
the end. It can fetch what it missed with GetOutput.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tui.engine import output
from tui.engine.command_records import Invocation
from tui.ports import Shape

CHUNK = 64 * 1024
STREAMS = ("stdout", "stderr")
BACKLOG = 1024 * 1024
"""Bytes of one stream that may wait before the older ones are skipped."""

BACKLOG_OF_ALL = 8 * 1024 * 1024
KEPT = 256 * 1024
"""Bytes before the end at which a stream goes on after a gap."""


@dataclass(slots=True)
class Cursor:
    """How far one watcher has read one stream of one step."""

    node_id: str
    plugin: str
    stream: str
    path: Path
    offset: int = 0


@dataclass(slots=True)
class OutputFeed:
    """Where one watcher is in each stream of one command."""

    runs: Path
    targets: int
    cursors: dict[tuple[str, int], list[Cursor]] = field(default_factory=dict)

    @property
    def backlog(self) -> int:
        """Give how many bytes of one stream may wait: fewer where many nodes share one watcher."""
        return max(CHUNK, min(BACKLOG, BACKLOG_OF_ALL // max(1, self.targets)))

    def new(self, invocation: Invocation, *, all_of_it: bool = False) -> Iterator[Shape]:
        """Yield what an invocation's steps have written: one part of each stream, or everything."""
        for step in invocation.steps:
            if not step.folder:
                continue
            key = (step.folder, step.number)
            cursors = self.cursors.get(key)
            if cursors is None:
                cursors = self.cursors[key] = [
                    Cursor(invocation.node_id, step.name, stream, self.runs / step.folder / stream)
                    for stream in STREAMS
                ]
            for cursor in cursors:
                yield from self._read(cursor, all_of_it)

    def _read(self, cursor: Cursor, all_of_it: bool) -> Iterator[Shape]:
        size = output.size(cursor.path)
        while cursor.offset < size:
            if size - cursor.offset > self.backlog:
                missed = size - cursor.offset - min(KEPT, self.backlog)
                yield {
                    "type": "dropped",
                    "InstanceId": cursor.node_id,
                    "PluginName": cursor.plugin,
                    "Stream": cursor.stream,
                    "Offset": cursor.offset,
                    "Bytes": missed,
                }
                cursor.offset += missed
            data = output.read(cursor.path, cursor.offset, min(CHUNK, size - cursor.offset))
            if not data:
                return
            yield {
                "type": "output",
                "InstanceId": cursor.node_id,
                "PluginName": cursor.plugin,
                "Stream": cursor.stream,
                "Offset": cursor.offset,
                "Data": base64.b64encode(data).decode(),
            }
            cursor.offset += len(data)
            if not all_of_it:
                return
