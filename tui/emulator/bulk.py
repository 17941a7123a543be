"""Whole lines at once: a log that floods past goes to the scrollback as it came, without a look at its cells."""

from __future__ import annotations

import re

from tui.emulator.history import lasting
from tui.emulator.pens import Pen
from tui.emulator.pieces import Pieces, Reader
from tui.emulator.rows import Entry
from tui.emulator.style import DEFAULT, DEFAULT_COLOUR
from tui.emulator.switches import SwitchedScreen
from tui.emulator.widths import ODD, WIDE

FEWEST = 3
"""Lines in a chunk below which it is not worth a look."""

SECOND = "\0"

_ANY_SGR = re.compile(r"\x1b\[[0-9:;]{0,200}m")
_SGR_PARAMS = re.compile(r"\x1b\[([0-9:;]{0,200})m")
_EASY = bytes([*range(0x20, 0x7F), *b"\t\n\r\x1b"])


class Bulk:
    """Feeds a screen by lines where that comes to the same, by pieces where it doesn't."""

    def __init__(self, screen: SwitchedScreen, pieces: Pieces, reader: Reader) -> None:
        self._screen = screen
        self._pieces = pieces
        self._reader = reader

    def feed(self, data: str) -> None:
        """Take characters in; nothing is open before them."""
        screen = self._screen
        lines = data.split("\r\n")
        if len(lines) < FEWEST or screen.main is not None or screen.margins is not None or screen.columns < 2:
            self._pieces.feed(data)
            return
        last = len(lines) - 1
        at = 0
        while at < last:
            if self._is_ready():
                taken = self._take(lines, at, last)
                if taken:
                    at += taken
                    continue
                # What is odd is often near more of the same: a few lines go the long way before the next look.
                stop = min(at + 8, last)
            else:
                stop = min(at + max(1, screen.lines - 1 - screen.cursor.y), last)
            self._one("\r\n".join([*lines[at:stop], ""]))
            at = stop
        if lines[last]:
            self._one(lines[last])

    def _one(self, data: str) -> None:
        if self._reader.is_between():
            self._pieces.feed(data)
        else:
            self._reader.read(data)

    def _is_ready(self) -> bool:
        """Whether a line that comes now fills the blank last row, and its end scrolls it up."""
        screen = self._screen
        cursor = screen.cursor
        if cursor.x or cursor.y != screen.lines - 1 or screen.margins is not None or not screen.is_easy:
            return False
        row = screen.buffer[cursor.y]
        return (
            row.cells is None
            and not row.raw
            and screen.pen.style.background == DEFAULT_COLOUR
            and self._reader.is_between()
        )

    def _take(self, lines: list[str], at: int, last: int) -> int:
        """Take lines from `at` on, before `last`, as far as there is nothing but text and renditions in them; returns
        how many."""
        screen = self._screen
        columns = screen.columns
        chunk = lines[at:last]
        text = "\n".join(chunk)
        if text.count("\n") != len(chunk) - 1 or "\r" in text or _is_odd(text):
            chunk = chunk[: _plain_lines(chunk)]
            if not chunk:
                return 0
            text = "\n".join(chunk)
        if "\t" in text:
            tabs = screen.has_plain_tabs and screen.pen.style is DEFAULT and "\x1b" not in text
            stop = next(
                (
                    index
                    for index, line in enumerate(chunk)
                    if "\t" in line and not (tabs and _can_expand(line, columns))
                ),
                len(chunk),
            )
            chunk = [line.expandtabs(8) if "\t" in line else line for line in chunk[:stop]]
            if not chunk:
                return 0
            text = "\n".join(chunk)
        wide = not text.isascii() and WIDE.search(text) is not None
        if wide:
            # A character that is in no text stands for the second cell of each wide character: all widths are lengths.
            text = WIDE.sub(_spread, text)
            chunk = text.split("\n")
        entries: list[Entry]
        taken = len(chunk)
        if "\x1b" in text:
            entries, taken = self._styled(chunk, text, wide)
        elif not wide and screen.pen.style is DEFAULT and max(map(len, chunk)) <= columns:
            entries = chunk  # type: ignore[assignment]  # plain lines are entries as they are
        else:
            entries = []
            for line in chunk:
                self._cut(line, line, screen.pen, wide, entries)
        if entries:
            screen.scroll_in(entries)
            screen.last_drawn = ""
        return taken

    def _styled(self, chunk: list[str], text: str, wide: bool) -> tuple[list[Entry], int]:
        """Make entries of lines with renditions in them, up to one with another sequence or a background at its end;
        returns how many lines that is, too."""
        screen, pen = self._screen, self._screen.pen
        columns = screen.columns
        shown = _ANY_SGR.sub("", text).split("\n")
        entries: list[Entry] = []
        taken = 0
        for line, bare in zip(chunk, shown, strict=True):
            if "\x1b" not in line:
                self._cut(line, bare, pen, wide, entries)
            elif "\x1b" in bare:
                break
            else:
                start = line.rfind("\x1b[") + 2
                params = line[start : line.index("m", start)]
                after = pen
                if params and params != "0":
                    for params in _SGR_PARAMS.findall(line):
                        after = after.after.get(params) or after.turn(params)
                else:
                    after = pen.turn(params)
                if after.style.background != DEFAULT_COLOUR:
                    break
                if len(bare) > columns:
                    self._cut(line, bare, pen, wide, entries)
                elif len(line) > 512:
                    entries.append(lasting((line.replace(SECOND, ""), pen.style, False), columns))
                else:
                    entries.append((line.replace(SECOND, "") if wide else line, pen.style, False))
                pen = after
            taken += 1
        screen.pen = pen
        return entries, taken

    def _cut(self, line: str, bare: str, pen: Pen, wide: bool, entries: list[Entry]) -> None:
        """Add a line, wrapped, to the entries."""
        columns = self._screen.columns
        begin, style, left = 0, pen.style, len(bare)
        if left > columns:
            parts = iter(line.split("\x1b"))
            at, length, room = 0, len(next(parts)), columns
            while True:
                while length > room:
                    cut = at + room
                    if wide and line[cut] == SECOND:
                        cut -= 1
                        room -= 1
                        left += 1
                    kept = line[begin:cut]
                    entries.append((kept.replace(SECOND, "") if wide else kept, style, True))
                    length -= room
                    at = begin = cut
                    style, room, left = pen.style, columns, left - columns
                if left <= columns:
                    break
                part = next(parts)
                end = part.index("m")
                params = part[1:end]
                pen = pen.after.get(params) or pen.turn(params)
                at += length + end + 2
                room -= length
                length = len(part) - end - 1
        kept = line[begin:].replace(SECOND, "") if wide else line[begin:]
        entries.append(kept if style is DEFAULT and "\x1b" not in kept else (kept, style, False))


def _spread(found: re.Match[str]) -> str:
    return SECOND.join(found.group()) + SECOND


def _is_odd(text: str) -> bool:
    """Whether there is more than text, tabs, line ends and escapes."""
    if text.isascii():
        return bool(text.encode().translate(None, _EASY))
    return ODD.search(text) is not None


def _plain_lines(lines: list[str]) -> int:
    """Give how many lines from the first on have nothing odd in them."""
    for index, line in enumerate(lines):
        if "\n" in line or "\r" in line or _is_odd(line):
            return index
    return len(lines)


def _can_expand(line: str, columns: int) -> bool:
    """Whether the tabs of a line come to blanks: nothing wide is in it, and it doesn't reach the end of the row."""
    return "\x1b" not in line and len(line.expandtabs(8)) < columns and (line.isascii() or not WIDE.search(line))
