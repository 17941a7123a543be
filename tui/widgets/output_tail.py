"""The end of what a process wrote: two streams as they came, bounded, and honest about what it leaves out."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections import deque
from dataclasses import dataclass, field

from tui.widgets.cells import clean

KEEP = 256 * 1024
"""Bytes of a process's output that are kept to be shown."""
LINE = 16 * 1024
"""Characters of one line that are kept."""
TAB = 8

_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[()*+][0-9A-Z]|[ -/]*[0-~])"
)

Key = tuple[str, str]
"""(plugin, stream): what offsets count in."""


@dataclass(slots=True, eq=False)
class Line:
    """One line: its text ready to draw, the stream it came from (`note` for what is said about the output)."""

    stream: str
    text: str = ""
    over: int = 0
    """Characters of this line that are not kept."""
    returned: bool = False
    """The cursor went back to its begin: what comes next writes it anew."""


@dataclass(slots=True)
class _Stream:
    next: int = 0
    digest: object = None
    decoder: codecs.IncrementalDecoder = field(default_factory=lambda: codecs.getincrementaldecoder("utf-8")("replace"))
    open: Line | None = None


class OutputTail:
    """Takes bytes with their offsets, gives lines. Bytes are turned into lines only when somebody looks.

    A part that came before is not taken twice; one that begins beyond what is known is not taken at all: `feed` says
    so, and the owner fetches what lies between, or skips it with `skip`.
    """

    def __init__(self, keep: int = KEEP) -> None:
        self.keep = keep
        self.skipped = 0
        """Bytes that were passed over: they were never here."""
        self.version = 0
        self._streams: dict[Key, _Stream] = {}
        self._pending: deque[tuple[Key, bytes]] = deque()
        self._pending_bytes = 0
        self._lines: deque[Line] = deque()
        self._kept = 0
        self._plugin = ""
        self._trimmed = 0

    def at(self, stream: str, plugin: str = "") -> int:
        """Give the offset up to which a stream is known."""
        found = self._streams.get(self._key(stream, plugin))
        return found.next if found else 0

    @property
    def size(self) -> int:
        """Bytes that the process has written, as far as is known."""
        return sum(stream.next for stream in self._streams.values())

    @property
    def is_partial(self) -> bool:
        """Whether some of the output does not show here."""
        self._settle()
        return bool(self.skipped or self._trimmed)

    def feed(self, stream: str, offset: int, data: bytes, plugin: str = "") -> bool:
        """Take bytes of a stream; False where they begin beyond what is known, and nothing was taken."""
        key = self._key(stream, plugin)
        state = self._streams.setdefault(key, _Stream())
        if offset > state.next:
            return False
        data = data[state.next - offset :]
        if data:
            state.next += len(data)
            if state.digest is None:
                state.digest = hashlib.blake2b(digest_size=16)
            state.digest.update(data)  # type: ignore[attr-defined]  # hashlib gives its objects no public class
            self._pending.append((key, data))
            self._pending_bytes += len(data)
            while self._pending_bytes - len(self._pending[0][1]) >= self.keep:
                # Older than all that could be shown: it need not become lines.
                old, dropped = self._pending.popleft()
                self._pending_bytes -= len(dropped)
                self._forget(old)
                self._trimmed += len(dropped)
            self.version += 1
        return True

    def skip(self, stream: str, offset: int, plugin: str = "") -> None:
        """Go on at a later offset; the bytes between are counted, and a line says how many they are."""
        state = self._streams.setdefault(self._key(stream, plugin), _Stream())
        if offset > state.next:
            self._settle()
            missing = offset - state.next
            self.skipped += missing
            state.next, state.open = offset, None
            state.decoder.reset()
            state.digest = hashlib.blake2b(str(offset).encode(), digest_size=16)
            self._lines.append(
                Line("note", f"… {bytes_in_words(missing)} of {stream} not shown here; v has the whole …")
            )
            self.version += 1

    @property
    def fingerprint(self) -> tuple[tuple[Key, int, bytes], ...]:
        """Give what is equal for equal outputs."""
        return tuple(
            (key, state.next, state.digest.digest() if state.digest else b"")  # type: ignore[attr-defined]  # as above
            for key, state in sorted(self._streams.items())
            if state.next
        )

    @property
    def lines(self) -> deque[Line]:
        """The lines that are kept, the oldest first."""
        self._settle()
        return self._lines

    @property
    def kept_bytes(self) -> int:
        self._settle()
        return self._kept

    def _key(self, stream: str, plugin: str) -> Key:
        # The first plugin may be named late: until then its parts come without a name.
        if plugin and not self._plugin:
            self._plugin = plugin
        return ("" if plugin == self._plugin else plugin, stream)

    def _forget(self, key: Key) -> None:
        state = self._streams[key]
        state.decoder.reset()
        state.open = None
        if self._lines:
            self._trimmed += self._kept
            self._lines.clear()
            self._kept = 0

    def _settle(self) -> None:
        while self._pending:
            key, data = self._pending.popleft()
            self._pending_bytes -= len(data)
            if len(data) > self.keep:
                self._forget(key)
                self._trimmed += len(data) - self.keep
                data = data[-self.keep :]
            self._add(key, data)
        while self._kept > self.keep and len(self._lines) > 1:
            gone = self._lines.popleft()
            size = len(gone.text) + 1
            self._kept -= size
            self._trimmed += size

    def _add(self, key: Key, data: bytes) -> None:
        state = self._streams[key]
        text = state.decoder.decode(data)
        parts = text.split("\n")
        for index, part in enumerate(parts):
            ends = index < len(parts) - 1
            if part or ends:
                self._extend(state, key[1], part)
            if ends:
                state.open = None

    def _extend(self, state: _Stream, stream: str, part: str) -> None:
        line = state.open
        if line is None:
            line = state.open = Line(stream)
            self._lines.append(line)
            self._kept += 1
        if line.returned and part:
            self._kept -= len(line.text)
            line.text, line.over, line.returned = "", 0, False
        room = LINE - len(line.text)
        if room <= 0:
            line.over += len(part)
            return
        head = part[: room * 2]
        before = len(line.text)
        line.text = shown(line.text, head)
        if len(line.text) > LINE:
            line.over += len(line.text) - LINE
            line.text = line.text[:LINE]
        line.over += len(part) - len(head)
        line.returned = part.endswith("\r")
        self._kept += len(line.text) - before


def shown(before: str, part: str) -> str:
    """Put a part behind a line's text as a terminal would: colours go, a return writes the line anew, tabs stand."""
    part = _ESCAPES.sub("", part) if "\x1b" in part else part
    part = part.removesuffix("\r")
    if "\r" in part:
        before, part = "", part.rpartition("\r")[2]
    while "\b" in part:
        at = part.index("\b")
        part = part[: max(at - 1, 0)] + part[at + 1 :]
    if "\t" in part:
        return clean((before + part).expandtabs(TAB))
    return before + clean(part)


def bytes_in_words(count: int) -> str:
    """Say bytes in powers of 1024, `812 B`, `1.4 MiB`."""
    amount = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024 or unit == "GiB":
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{count} B"
