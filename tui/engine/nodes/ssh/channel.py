"""One exec channel to a node: a program for its shell goes in, a word on how it stands and raw output come out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import asyncssh

NOISE = 256 * 1024
"""Bytes that a login shell may say before the program speaks; more than this is not looked through."""

FLOOD = 4 * 1024 * 1024
"""Bytes of it after which nobody waits for the program any more."""


@dataclass(frozen=True, slots=True)
class Word:
    """What a program said of its step: one of the words of `script.py`, and what follows it."""

    kind: str
    rest: str = ""


class Channel(asyncssh.SSHClientSession[bytes]):
    """Parts what a login shell says from what the program says; `closed` is done when all has come.

    `sink(is_error, data)` gets the raw output behind the marks.
    """

    def __init__(self, nonce: str, sink: Callable[[bool, bytes], None]) -> None:
        self.word: Word | None = None
        self.text = b""
        """What came on standard error before its mark: the login shell's, and why there is no shell."""
        self.is_complete = False
        """Whether the far end has ended its output, or the whole channel: nothing of it is missing."""
        self.floods = False
        """Whether so much came beside the program that the channel was closed from here."""
        self._beside = 0
        self._has_left = False
        self.status: int | None = None
        """What the program exited with, where it did by itself and the far end said so."""
        self._nonce = nonce.encode()
        self._sink = sink
        self._noise: bytes | None = b""
        self._is_marked = False
        self._channel: asyncssh.SSHClientChannel[bytes] | None = None
        loop = asyncio.get_running_loop()
        self.closed: asyncio.Future[None] = loop.create_future()
        self.spoken: asyncio.Future[None] = loop.create_future()

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        self._channel = chan

    def data_received(self, data: bytes, datatype: int | None) -> None:
        if datatype is not None:
            self._error(data)
        elif self._noise is None:
            self._sink(False, data)
        else:
            self._listen(self._noise + data)

    def _listen(self, data: bytes) -> None:
        place = data.find(self._nonce + b" ")
        end = data.find(b"\n", place) if place >= 0 else -1
        if end < 0:
            self._beside += len(data) - len(self._noise or b"")
            self._noise = data[-NOISE:]
            self._bear()
            return
        kind, _, rest = data[place + len(self._nonce) + 1 : end].decode("utf-8", "replace").partition(" ")
        self.word, self._noise = Word(kind, rest.strip()), None
        if not self.spoken.done():
            self.spoken.set_result(None)
        if end + 1 < len(data):
            self._sink(False, data[end + 1 :])

    def _bear(self) -> None:
        if self._beside > FLOOD and not self.floods:
            self.floods = True
            self.close()

    def _error(self, data: bytes) -> None:
        if self._is_marked:
            self._sink(True, data)
            return
        data = self.text + data
        before, mark, after = data.partition(self._nonce + b"\n")
        self._beside += len(before) - len(self.text)
        self.text = before[-NOISE:]
        if not mark and self.word is None:
            self._bear()
        if mark:
            self._is_marked = True
            if after:
                self._sink(True, after)

    def eof_received(self) -> bool:
        self.is_complete = True
        return True  # the channel is closed by whoever opened it, or by the far end

    def exit_status_received(self, status: int) -> None:
        self._has_left = True
        self.status = status

    def exit_signal_received(self, signal: str, core_dumped: bool, msg: str, lang: str) -> None:
        self._has_left = True

    def connection_lost(self, exc: Exception | None) -> None:
        # Some servers close a channel without saying that its output has ended.
        self.is_complete = self.is_complete or (exc is None and self._has_left)
        for future in (self.closed, self.spoken):
            if not future.done():
                future.set_result(None)

    def write(self, data: bytes) -> None:
        """Send to the program's input, where there still is one: one that is gone is told by `closed` alone."""
        if self._channel is not None and not self.closed.done():
            with contextlib.suppress(OSError, asyncssh.Error):  # the far end has closed it, and that is on its way
                self._channel.write(data)

    def close(self) -> None:
        """End the channel now."""
        if self._channel is not None:
            self._channel.abort()

    def noise(self) -> str:
        """Give the last of what was said beside the program, for a sentence on why there is none."""
        said = ((self._noise or b"") + self.text).decode("utf-8", "replace").split("\n")
        return next((line.strip()[:200] for line in reversed(said) if line.strip()), "")


async def open_channel(
    connection: asyncssh.SSHClientConnection,
    command: str,
    nonce: str,
    sink: Callable[[bool, bytes], None],
) -> Channel:
    """Run a command on a node. Raises: OSError or asyncssh.Error where that can't be done."""
    made = Channel(nonce, sink)
    options: dict[str, Any] = {"encoding": None, "request_pty": False, "x11_forwarding": False}
    await connection.create_session(lambda: made, command, **options)
    return made
