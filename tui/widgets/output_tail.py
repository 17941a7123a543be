"""The end of what a process wrote: two streams as they came, bounded, and honest about what it leaves out.

Lines are kept as they came and parsed when they are drawn: of a flood only what is seen costs more than a split.
"""

from __future__ import annotations

import codecs
import hashlib
from collections import deque
from dataclasses import dataclass, field

from tui.widgets.ansi_text import PLAIN, Ink, Spans, compacted, flattened, ink_after, parse_line, plain
from tui.widgets.cells import own

KEEP = 256 * 1024
"""Bytes of a process's output that are kept to be shown."""
LINE = 16 * 1024
"""Characters of one line that are kept."""
SHORT = 32
"""Bytes that a line counts as at least, where it is counted how many are kept: one holds memory though it is empty."""

Key = tuple[str, str]
"""(plugin, stream): what offsets count in."""


@dataclass(slots=True, eq=False)
class Line:
    """One line as it came, without its end; `ink` is what its stream had set before it.

    `stream` is `note` for what is said about the output.
    """

    stream: str
    raw: str = ""
    ink: Ink = PLAIN
    over: int = 0
    """Characters of this line that are not kept."""
    _spans: Spans | None = None

    @property
    def spans(self) -> Spans:
        """The line as pieces of clean text with their ink."""
        if self._spans is None:
            self._spans = parse_line(self.raw, self.ink)
        return self._spans

    @property
    def text(self) -> str:
        """The line as clean text without its colours."""
        return plain(self.raw)

    def grow(self, part: str) -> None:
        """Write more on it, within its bound."""
        self._spans = None
        if len(self.raw) >= LINE and "\r" not in part:
            self.over += len(part)
            return
        raw = self.raw + part
        if "\r" in part:
            # It begins anew: what was cut off its end is not missed.
            raw, self.over = compacted(raw, self.ink), 0
            if len(raw) > LINE:
                before, _, last = raw.rpartition("\r")
                ink = ink_after(before[:-LINE], self.ink)
                raw = f"{ink.code()}{flattened(before[-LINE:], ink)[: LINE // 2]}\r{last}"
        self.over += max(len(raw) - LINE, 0)
        self.raw = raw[:LINE]


@dataclass(slots=True)
class _Stream:
    next: int = 0
    digest: object = None
    decoder: codecs.IncrementalDecoder = field(default_factory=lambda: codecs.getincrementaldecoder("utf-8")("replace"))
    open: Line | None = None
    ink: Ink = PLAIN


class OutputTail:
    """Takes bytes with their offsets, gives lines. Bytes are turned into lines only when somebody looks.

    A part that came before is not taken twice; one that begins beyond what is known is not taken at all: `feed` says
    so, and the owner fetches what lies between, or skips it with `skip`.
    """

    def __init__(self, keep: int = KEEP) -> None:
        self.keep = keep
        self.skipped = 0
        """Bytes that were passed over: they were never here."""
        self.base = 0
        """The number of the first line that is kept; lines are numbered from 0 for ever."""
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
        return True

    def skip(self, stream: str, offset: int, plugin: str = "") -> None:
        """Go on at a later offset; the bytes between are counted, and a line says how many they are."""
        state = self._streams.setdefault(self._key(stream, plugin), _Stream())
        if offset > state.next:
            self._settle()
            missing = offset - state.next
            self.skipped += missing
            state.next, state.open, state.ink = offset, None, PLAIN
            state.decoder.reset()
            state.digest = hashlib.blake2b(str(offset).encode(), digest_size=16)
            self._note(own(f"… {bytes_in_words(missing)} of {stream} not shown here; v has the whole …"))

    def note(self, text: str) -> None:
        """Say something about the output in a line of its own, once."""
        self._settle()
        if not any(line.stream == "note" and line.raw == text for line in self._lines):
            self._note(text)

    def _note(self, text: str) -> None:
        self._lines.append(Line("note", text))
        self._kept += len(text) + 1

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
    def end(self) -> int:
        """One past the number of the last line."""
        self._settle()
        return self.base + len(self._lines)

    def line(self, number: int) -> Line:
        """Give a line that is kept, by its number."""
        return self._lines[number - self.base]

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
        """Let go of all that is kept: it is older than what is passed over of a stream."""
        state = self._streams[key]
        state.decoder.reset()
        state.ink = PLAIN
        for each in self._streams.values():
            each.open = None
        self._trimmed += self._kept
        self.base += len(self._lines)
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
        most = max(self.keep // SHORT, 1)
        while (self._kept > self.keep or len(self._lines) > most) and len(self._lines) > 1:
            size = len(self._lines.popleft().raw) + 1
            self.base += 1
            self._kept -= size
            self._trimmed += size

    def _add(self, key: Key, data: bytes) -> None:
        state, stream = self._streams[key], key[1]
        *ended, last = state.decoder.decode(data).split("\n")
        for part in ended:
            if state.open is not None or "\r" in part or len(part) > LINE:
                line = self._grow(state, stream, part.rstrip("\r"))
                self._kept -= len(line.raw)
                line.raw = line.raw.rstrip("\r")
                self._kept += len(line.raw)
                state.ink, state.open = ink_after(line.raw, line.ink), None
            else:
                self._lines.append(Line(stream, part, state.ink))
                self._kept += len(part) + 1
                if "\x1b" in part or "\x9b" in part:
                    state.ink = ink_after(part, state.ink)
        if last:
            self._grow(state, stream, last)

    def _grow(self, state: _Stream, stream: str, part: str) -> Line:
        line = state.open
        if line is None:
            line = state.open = Line(stream, ink=state.ink)
            self._lines.append(line)
            self._kept += 1
        before = len(line.raw)
        line.grow(part)
        self._kept += len(line.raw) - before
        return line


def bytes_in_words(count: int) -> str:
    """Say bytes in powers of 1024, `812 B`, `1.4 MiB`."""
    amount = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024 or unit == "GiB":
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{count} B"
