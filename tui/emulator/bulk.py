"""Whole lines at once: a log that floods past goes to the scrollback as it came, without a look at its cells."""

from __future__ import annotations

from tui.emulator.cutting import SECOND, cut, spread
from tui.emulator.history import lasting
from tui.emulator.pens import after, bare
from tui.emulator.pieces import Pieces, Reader
from tui.emulator.rows import Entry
from tui.emulator.style import DEFAULT, DEFAULT_COLOUR
from tui.emulator.switches import SwitchedScreen
from tui.emulator.widths import ODD, WIDE

FEWEST = 3
"""Lines in a chunk below which it is not worth a look."""

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
            text = spread(text)
            chunk = text.split("\n")
        entries: list[Entry]
        taken = len(chunk)
        if "\x1b" in text:
            entries, taken = self._styled(chunk, text, wide)
        elif not wide and screen.pen.style is DEFAULT and max(map(len, chunk)) <= columns:
            entries = chunk  # type: ignore[assignment]  # plain lines are entries as they are
        else:
            pen, entries = screen.pen, []
            plain = not wide and pen.style is DEFAULT
            for line in chunk:
                if plain and len(line) <= columns:
                    entries.append(line)
                else:
                    cut(line, len(line), pen, columns, wide, entries)
        if entries:
            screen.scroll_in(entries)
            screen.last_drawn = ""
        return taken

    def _styled(self, chunk: list[str], text: str, wide: bool) -> tuple[list[Entry], int]:
        """Make entries of lines with renditions in them, up to one with another sequence or a background at its end;
        returns how many lines that is, too."""
        screen, pen = self._screen, self._screen.pen
        columns = screen.columns
        shown = bare(text).split("\n")
        entries: list[Entry] = []
        taken = 0
        for line, visible in zip(chunk, shown, strict=True):
            if "\x1b" not in line:
                cut(line, len(visible), pen, columns, wide, entries)
            elif "\x1b" in visible:
                break
            else:
                start = line.rfind("\x1b[") + 2
                params = line[start : line.index("m", start)]
                turned = pen.turn(params) if params in ("", "0") else after(line, pen)
                if turned.style.background != DEFAULT_COLOUR:
                    break
                if len(visible) > columns:
                    cut(line, len(visible), pen, columns, wide, entries)
                elif len(line) > 512:
                    entries.append(lasting((line.replace(SECOND, ""), pen.style, False), columns))
                else:
                    entries.append((line.replace(SECOND, "") if wide else line, pen.style, False))
                pen = turned
            taken += 1
        screen.pen = pen
        return entries, taken


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
