"""One console's view of a shell: old output, then live output in bounded memory, and the way back in."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.engine.live_session import LiveSession
    from tui.engine.typing_record import Typist

HIGH = 64 * 1024
"""Bytes waiting for one console above which the shell's output is not read any more."""

CHUNK = 64 * 1024
"""At most so many bytes are handed out at once, so that keys and other streams get between."""


class Attachment:
    """An async iterator of what the shell writes after `replay`; ends when the shell has ended or this is detached.

    `exit_status` and `close_reason` are known then; `exit_status` stays None where the shell goes on or nobody saw
    how it ended.
    """

    def __init__(self, session: LiveSession, replay: bytes, read_only: bool) -> None:
        self.session_id = session.session_id
        self.replay = replay
        self.read_only = read_only
        self.exit_status: int | None = None
        self.close_reason = ""
        self.backlog = 0
        self.taken = 0
        self.typist: Typist | None = None
        self._session = session
        self._queue: deque[bytes] = deque()
        self._closed = False
        self._wake = asyncio.Event()

    def feed(self, data: bytes) -> None:
        """Queue output of the shell."""
        if not self._closed:
            self._queue.append(data)
            self.backlog += len(data)
            self._wake.set()

    def finish(self, reason: str, exit_status: int | None = None) -> None:
        """Let the iterator end once it has given what waits."""
        if not self._closed:
            self._closed = True
            self.close_reason = reason
            self.exit_status = exit_status
            self._wake.set()

    def __aiter__(self) -> Attachment:
        return self

    async def __anext__(self) -> bytes:
        while not self._queue:
            if self._closed:
                raise StopAsyncIteration
            self._wake.clear()
            await self._wake.wait()
        data = self._queue.popleft()
        if len(data) < CHUNK and self._queue:
            parts, size = [data], len(data)
            while self._queue and size + len(self._queue[0]) <= CHUNK:
                parts.append(self._queue.popleft())
                size += len(parts[-1])
            data = b"".join(parts)
        self.backlog -= len(data)
        self.taken += len(data)
        if self.backlog <= HIGH:
            self._session.note_room()
        return data

    def follow_typing(self, number: int, sent: int) -> Typist:
        """Follow what this console types: it calls itself `number` and has sent so much on earlier connections."""
        self.typist = self._session.typist(number, sent)
        return self.typist

    async def send(self, data: bytes) -> None:
        """Type into the shell; without effect where this console only looks on, or the shell has ended."""
        if not self.read_only and not self._closed:
            await self._session.send(data, self.typist)

    async def resize(self, rows: int, columns: int) -> None:
        """Give the shell this console's size; the last console that did so wins."""
        if not self.read_only and not self._closed:
            await self._session.resize(rows, columns)

    async def aclose(self) -> None:
        """Detach; the shell goes on."""
        self.finish("detached")
        self._queue.clear()
        self.backlog = 0
        await self._session.detach(self)
