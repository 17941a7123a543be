"""Whole lines at once: a log that floods past goes to the scrollback as it came, without a look at its cells."""

from __future__ import annotations

import re

from tui.emulator.history import lasting
from tui.emulator.pens import runs_of
from tui.emulator.pieces import Pieces, Reader
from tui.emulator.reflow import entries_of
from tui.emulator.rows import Entry
from tui.emulator.style import DEFAULT, DEFAULT_COLOUR
from tui.emulator.switches import SwitchedScreen
from tui.emulator.widths import ODD, WIDE

FEWEST = 3
"""Lines in a chunk below which it is not worth a look."""

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
        lines = data.split("\r\n")
        if len(lines) < FEWEST:
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
                stop = at + 1
            for line in lines[at:stop]:
                self._one(line + "\r\n")
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
        entries: list[Entry]
        if "\x1b" in text:
            entries = self._styled(chunk, text)
        else:
            style = screen.pen.style
            narrow = text.isascii() or not WIDE.search(text)
            if style is DEFAULT and narrow and max(map(len, chunk)) <= columns:
                entries = chunk  # type: ignore[assignment]  # plain lines are entries as they are
            else:
                entries = []
                for line in chunk:
                    if (len(line) if narrow else 2 * len(line)) > columns:
                        entries += entries_of([(line, style)], columns)
                    else:
                        entries.append(line if style is DEFAULT else (line, style, False))
        if entries:
            screen.scroll_in(entries)
            screen.last_drawn = ""
        return self._taken if "\x1b" in text else len(chunk)

    def _styled(self, chunk: list[str], text: str) -> list[Entry]:
        """Make entries of lines with renditions in them, up to one with another sequence or a background at its end."""
        screen, pen = self._screen, self._screen.pen
        columns = screen.columns
        shown = _ANY_SGR.sub("", text).split("\n")
        wide = not text.isascii()
        entries: list[Entry] = []
        self._taken = 0
        for line, bare in zip(chunk, shown, strict=True):
            style, turns = pen.style, "\x1b" in line
            if turns:
                if "\x1b" in bare:
                    break
                start = line.rfind("\x1b[") + 2
                params = line[start : line.index("m", start)]
                if params in ("", "0") or params.startswith("0;"):
                    after = pen.turn(params)
                else:
                    after = pen
                    for params in _SGR_PARAMS.findall(line):
                        after = after.after.get(params) or after.turn(params)
                if after.style.background != DEFAULT_COLOUR:
                    break
                pen = after
            if (2 * len(bare) if wide else len(bare)) > columns:
                entries += entries_of(runs_of(line, style), columns)
            elif style is DEFAULT and not turns:
                entries.append(line)
            elif len(line) > 512:
                entries.append(lasting((line, style, False), columns))
            else:
                entries.append((line, style, False))
            self._taken += 1
        screen.pen = pen
        return entries


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
