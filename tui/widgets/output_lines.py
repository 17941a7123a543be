"""What a pane holds of a program's output: the last lines, within bounds, with what was dropped counted."""

from __future__ import annotations

import codecs
from collections import deque
from itertools import islice
from typing import NamedTuple

from tui.widgets.ansi_text import PLAIN, Ink, flattened, ink_after, plain

MAX_LINES = 10_000
MAX_CHARACTERS = 4_000_000
MAX_LINE = 16_384

_PIECE = 1 << 18
_OVERWRITTEN = 4_096


class Note(NamedTuple):
    """A line of the pane's own among the output."""

    text: str


class Inked(NamedTuple):
    """A line that begins in colours which an earlier one set."""

    ink: Ink
    raw: str


Line = str | Inked | Note


class OutputLines:
    """Takes output as it comes; lines are numbered from 0 for ever, and those in [`first`, `end`) are held.

    The first held line is a note while earlier ones were dropped. `dropped` counts whole lines, `lost` bytes of lines
    that were too long and bytes that never came.
    """

    def __init__(
        self, max_lines: int = MAX_LINES, max_characters: int = MAX_CHARACTERS, max_line: int = MAX_LINE
    ) -> None:
        self.max_lines, self.max_characters, self.max_line = max_lines, max_characters, max_line
        self.dropped = 0
        self.lost = 0
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._lines: deque[Line] = deque()
        self._base = 0
        self._characters = 0
        self._partial = ""
        self._open = False
        self._cut = 0
        self._ink = PLAIN

    @property
    def first(self) -> int:
        return self._base - 1 if self.dropped else self._base

    @property
    def end(self) -> int:
        """One past the last line; a line without its end counts, with a note where it is cut already."""
        return self._base + len(self._lines) + (1 if self._open else 0) + (1 if self._cut else 0)

    def line(self, number: int) -> Line:
        """Give a held line."""
        at = number - self._base
        if at < 0:
            lines = "1 line" if self.dropped == 1 else f"{self.dropped:,} lines"
            return Note(f"{lines} dropped here; the whole text: v")
        if at < len(self._lines):
            return self._lines[at]
        if at == len(self._lines) and self._open:
            return self._inked(self._partial)
        return self._cut_note()

    def append(self, data: bytes | str) -> None:
        """Take more output; bytes that are not UTF-8 show as replacement characters."""
        for at in range(0, len(data), _PIECE):
            piece = data[at : at + _PIECE]
            self._take(self._decode(piece) if isinstance(piece, bytes) else piece)
        self._trim()

    def note(self, text: str) -> None:
        """Put a line of our own here, such as what was dropped on the way."""
        if self._open:
            self._finish()
        self._lines.append(Note(text))
        self._characters += len(text)
        self._trim()

    def close(self) -> None:
        """Take what the decoder still holds: the output is at its end."""
        if rest := self._decode(b"", final=True):
            self._take(rest)

    def text(self) -> str:
        """Give what is held as plain text, notes included, as lines."""
        return "".join(f"{self.plain(number)}\n" for number in range(self.first, self.end))

    def plain(self, number: int) -> str:
        line = self.line(number)
        return line.text if isinstance(line, Note) else plain(line.raw if isinstance(line, Inked) else line)

    def _take(self, text: str) -> None:
        if "\n" not in text:
            self._grow(text)
            return
        first, *middle, last = text.replace("\r\n", "\n").split("\n")
        self._grow(first)
        self._finish()
        if "\x1b" not in text and self._ink == PLAIN and max(map(len, middle), default=0) <= self.max_line:
            if len(middle) > self.max_lines:
                # A flood: what would be dropped at once is counted without being taken in.
                skipped = len(middle) - self.max_lines
                self.dropped += skipped + sum(not isinstance(line, Note) for line in self._lines)
                self._base += skipped + len(self._lines)
                self._lines.clear()
                self._characters = 0
                middle = middle[skipped:]
            self._lines.extend(middle)
            self._characters += sum(map(len, middle))
        else:
            for raw in middle:
                if len(raw) > self.max_line:
                    self._grow(raw)
                    self._finish()
                    continue
                self._lines.append(self._inked(raw))
                self._characters += len(raw)
                if "\x1b" in raw:
                    self._ink = ink_after(raw, self._ink)
        if last:
            self._grow(last)

    def _grow(self, text: str) -> None:
        """Lengthen the line that has no end yet, within its bound."""
        self._open = self._open or bool(text)
        if len(self._partial) + len(text) <= self.max_line and not self._cut:
            self._partial += text
            return
        pieces = text.split("\r")
        for index, piece in enumerate(pieces):
            if index:
                # The line begins anew: what is written over need not be kept, nor is what was cut off its end missed.
                if len(self._partial) > _OVERWRITTEN or self._cut:
                    self._partial = flattened(self._partial, self._ink)[: self.max_line // 2]
                self._partial += "\r"
                self._uncut()
            room = max(0, self.max_line - len(self._partial))
            self._partial += piece[:room]
            if gone := piece[room:]:
                size = len(gone) if gone.isascii() else len(gone.encode("utf-8", "replace"))
                self._cut += size
                self.lost += size

    def _uncut(self) -> None:
        self.lost -= self._cut
        self._cut = 0

    def _finish(self) -> None:
        line = self._inked(self._partial.rstrip("\r"))
        self._lines.append(line)
        self._characters += len(self._partial)
        self._ink = ink_after(self._partial, self._ink)
        if self._cut:
            self._lines.append(note := self._cut_note())
            self._characters += len(note.text)
        self._partial, self._open, self._cut = "", False, 0

    def _inked(self, raw: str) -> Line:
        return raw if self._ink == PLAIN else Inked(self._ink, raw)

    def _cut_note(self) -> Note:
        return Note(f"… {self._cut:,} bytes of this line not shown; the whole text: v")

    def _trim(self) -> None:
        over = len(self._lines) - self.max_lines
        while over > 0 or (self._characters > self.max_characters and self._lines):
            line = self._lines.popleft()
            self._base += 1
            over -= 1
            self._characters -= len(
                line.text if isinstance(line, Note) else line.raw if isinstance(line, Inked) else line
            )
            self.dropped += not isinstance(line, Note)

    def tail(self, count: int) -> list[str]:
        """Give the plain text of the last lines."""
        return [self.plain(number) for number in islice(range(max(self.first, self.end - count), self.end), count)]
