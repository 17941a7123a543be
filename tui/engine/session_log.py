"""The raw output of one shell, capped: what a console that attaches replays."""

from __future__ import annotations

import os
import re
from pathlib import Path

SEGMENT = 512 * 1024
"""Bytes of one segment; two are kept, and a few bytes more where there is no place to cut at."""

ON_BY_DEFAULT = frozenset({7, 25})
"""Private modes that a terminal starts with: autowrap and a visible cursor."""

CARRY = 600
"""Bytes of an unfinished sequence that are looked at again together with the next chunk."""

_SEQUENCE = re.compile(
    rb"\x1b(?:"
    rb"\[\?(?P<modes>[0-9;]*)(?P<switch>[hl])"
    rb"|(?P<keypad>[=>])"
    rb"|(?P<reset>c|\[!p)"
    rb"|\((?P<charset>[0-9A-Za-z])"
    rb"|\[(?P<region>[0-9;]*)r"
    rb"|\][02];(?P<title>[^\x00-\x1f]{0,512})(?:\x07|\x1b\\)"
    rb")"
)


class Modes:
    """What a terminal has been told to be: fed all output, it gives the bytes that bring a fresh one to that state.

    Without them a console that attaches after the log has rotated would show vim on the main screen, and send it
    the wrong arrow keys. Colours and the picture itself come back when the program redraws.
    """

    def __init__(self) -> None:
        self.title = ""
        self._carry = b""
        self._reset()

    def _reset(self) -> None:
        self._private: dict[int, bool] = {}
        self._keypad = b""
        self._charset = b""
        self._region = b""

    def feed(self, data: bytes) -> None:
        """Take note of output, in whatever chunks it comes."""
        data = self._carry + data
        last = data.rfind(b"\x1b")
        self._carry = b""
        if last < 0:
            return
        # The last sequence may be cut off; looking at it twice does no harm, as each only says what is so from there.
        opening = data.rfind(b"\x1b]", 0, last + 2)
        if data[last : last + 2] in (b"\x1b", b"\x1b\\") and opening >= 0 and len(data) - opening <= CARRY:
            last = opening
        if len(data) - last <= CARRY:
            self._carry = data[last:]
        for match in _SEQUENCE.finditer(data):
            self._apply(match)

    def _apply(self, match: re.Match[bytes]) -> None:
        kind = match.lastgroup
        if kind == "switch":
            for text in match["modes"].split(b";"):
                if text:
                    mode = int(text[:6])
                    self._private.pop(mode, None)
                    self._private[mode] = match["switch"] == b"h"
        elif kind == "keypad":
            self._keypad = match[0]
        elif kind == "charset":
            self._charset = match[0]
        elif kind == "region":
            self._region = match[0]
        elif kind == "reset":
            self._reset()
        elif kind == "title":
            self.title = match["title"].decode("utf-8", "replace")

    def preamble(self) -> bytes:
        """Give the bytes that bring a fresh terminal to the present modes."""
        parts = [f"\x1b]2;{self.title}\x07".encode()] if self.title else []
        for mode, on in self._private.items():
            if on != (mode in ON_BY_DEFAULT):
                parts.append(f"\x1b[?{mode}{'h' if on else 'l'}".encode())
        return b"".join([*parts, self._keypad, self._charset, self._region])

    def undo(self) -> bytes:
        """Give the bytes that bring a terminal in the present modes back to what a terminal is at its start."""
        parts = []
        for mode, on in self._private.items():
            if on != (mode in ON_BY_DEFAULT):
                parts.append(f"\x1b[?{mode}{'l' if on else 'h'}".encode())
        if self._keypad == b"\x1b=":
            parts.append(b"\x1b>")
        if self._charset not in (b"", b"\x1b(B"):
            parts.append(b"\x1b(B")
        if self._region not in (b"", b"\x1b[r"):
            parts.append(b"\x1b7\x1b[r\x1b8")
        return b"".join([*reversed(parts), b"\x1b[0m"])


class SessionLog:
    """Two segments on disk, `N.raw` with `N.modes` beside it: the modes at its start.

    A disk that is full or gone never stops the shell: `lost` counts the bytes that could not be kept.
    """

    def __init__(self, folder: Path, *, segment: int = SEGMENT) -> None:
        self._folder = folder
        self._limit = segment
        self._modes = Modes()
        self._file = -1
        self._size = 0
        self.lost = 0
        self._numbers: list[int] = []
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._numbers = sorted(int(path.stem) for path in folder.glob("*.raw") if path.stem.isdecimal())
            if self._numbers:
                self._modes.feed(self.replay())
                self._open(self._numbers[-1])
            else:
                self._begin(0)
        except OSError:
            self._size = segment  # nothing can be kept now; each chunk tries a new segment

    @property
    def title(self) -> str:
        """The window title that the program inside set last."""
        return self._modes.title

    @property
    def size(self) -> int:
        """Bytes kept on disk."""
        return size_of(self._folder)

    def _raw(self, number: int) -> Path:
        return self._folder / f"{number}.raw"

    def _open(self, number: int) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._file = os.open(self._raw(number), flags, 0o600)
        self._size = os.fstat(self._file).st_size

    def _begin(self, number: int) -> None:
        preamble = self._modes.preamble()
        if preamble:
            descriptor = os.open(
                self._folder / f"{number}.modes", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600
            )
            with os.fdopen(descriptor, "wb") as file:
                file.write(preamble)
        self._open(number)
        self._numbers.append(number)

    def append(self, data: bytes) -> None:
        """Keep output, dropping the oldest beyond the cap."""
        while data:
            room = self._limit - self._size
            if len(data) <= room:
                self._write(data)
                return
            cut = _sane_cut(data, max(room, 0), forced=self._size > self._limit + self._limit // 8)
            if cut is None:
                self._write(data)  # a few bytes more, rather than a cut inside a sequence
                return
            self._write(data[:cut])
            data = data[cut:]
            self._rotate()

    def _write(self, data: bytes) -> None:
        self._modes.feed(data)
        self._size += len(data)
        try:
            done = os.write(self._file, data)
        except OSError:
            done = 0
        self.lost += len(data) - done

    def _rotate(self) -> None:
        old = self._file
        try:
            self._begin(self._numbers[-1] + 1 if self._numbers else 0)
        except OSError:
            self._size = 0  # no room for a new segment: go on in this one until there is
            return
        if old >= 0:
            os.close(old)
        while len(self._numbers) > 2:
            number = self._numbers.pop(0)
            self._raw(number).unlink(missing_ok=True)
            (self._folder / f"{number}.modes").unlink(missing_ok=True)

    def replay(self) -> bytes:
        """Give what is kept, from a point where a fresh terminal can begin."""
        parts = []
        for index, number in enumerate(self._numbers):
            try:
                if index == 0:
                    modes = self._folder / f"{number}.modes"
                    parts.append(modes.read_bytes() if modes.exists() else b"")
                parts.append(self._raw(number).read_bytes())
            except OSError:
                continue  # the operator removed it; what is left still replays
        return b"".join(parts)

    def close(self) -> None:
        """Close the file; what is kept stays."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _sane_cut(data: bytes, start: int, *, forced: bool) -> int | None:
    """Give the first place from `start` where output can be cut: before an escape sequence, or after a line.

    Where there is none it gives None or, if forced, a place before a whole character.
    """
    escape = data.find(b"\x1b", start)
    line = data.find(b"\n", start, None if escape < 0 else escape)
    if line >= 0:
        return line + 1
    if escape >= 0:
        return escape
    if forced:
        for place in range(start, min(start + 4, len(data))):
            if data[place] & 0xC0 != 0x80:
                return place
    return None


def size_of(folder: Path) -> int:
    """Bytes that a session's log takes on disk; 0 where there is none."""
    total = 0
    for path in folder.glob("[0-9]*"):
        try:
            total += path.stat().st_size
        except OSError:
            continue  # rotated away between the listing and the look
    return total
