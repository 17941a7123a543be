"""Lines for another width: what was wrapped is joined and wrapped anew."""

from __future__ import annotations

from collections.abc import Sequence

from tui.emulator.cutting import cut_anew
from tui.emulator.history import used_in
from tui.emulator.kept import goes_on
from tui.emulator.pens import Run, after, pen_of, runs_of
from tui.emulator.rows import Entry, Line
from tui.emulator.style import DEFAULT, Style
from tui.emulator.widths import ODD, ZWJ, cell_width, text_width

END = -1
"""The place behind the last written cell of a line, in columns of the joined line."""


def split(runs: Sequence[Run], columns: int) -> list[tuple[list[Run], int]]:
    """Cut runs to rows of at most `columns` cells: the runs of each, and how many cells they take."""
    rows: list[tuple[list[Run], int]] = []
    row: list[Run] = []
    x = 0
    for text, style in runs:
        while text:
            head, taken, width = _fitting(text, columns - x)
            if head:
                row.append((head, style))
                x += width
            text = text[taken:]
            if text:
                if not head and not x:
                    text = text[1:]  # wider than a whole row
                    continue
                rows.append((row, x))
                row, x = [], 0
    rows.append((row, x))
    return rows


def _fitting(text: str, room: int) -> tuple[str, int, int]:
    """Give the beginning of a text that fits, how many characters of the text it is, and its cells."""
    if text.isascii():
        head = text[:room]
        return head, len(head), len(head)
    if len(text) * 2 <= room and not ODD.search(text):
        return text, len(text), text_width(text)
    x = 0
    joined = True  # what joins the cell before it never begins a row
    for at, character in enumerate(text):
        width = max(0, cell_width(character))
        if joined and at and character >= "\u0300":
            width = 0
        if x + width > room:
            return text[:at], at, x
        x += width
        joined = character == ZWJ
    return text, len(text), x


def entries_of(runs: Sequence[Run], columns: int, goes_on: bool = False) -> list[Entry]:
    """Give runs as kept lines of at most `columns` cells; all but the last are wrapped, and it too where `goes_on`."""
    rows = split(runs, columns)
    last = len(rows) - 1
    made: list[Entry] = []
    for index, (row, used) in enumerate(rows):
        wrapped = index < last or goes_on
        plain = not wrapped and len(row) == 1 and row[0][1] is DEFAULT and not ODD.search(row[0][0])
        made.append(row[0][0] if plain else Line(tuple(row), used, wrapped))
    return made


def _runs(entry: Entry) -> list[Run]:
    if isinstance(entry, str):
        return [(entry, DEFAULT)]
    if isinstance(entry, tuple):
        return runs_of(entry[0], entry[1])
    runs = list(entry.runs)
    if sum(len(text) for text, _ in runs) > entry.used:
        runs = split(runs, entry.used)[0][0] if entry.used else []  # a background painted beyond what was written
    return runs


def reflow(
    entries: list[Entry], columns: int, place: tuple[int, int] = (-1, 0), recallable: int = 0
) -> tuple[list[Entry], tuple[int, int], int]:
    """Wrap all lines for a width.

    `place` (line, column) is followed: it stays at its character, or behind the last. So is `recallable`, how many
    lines from the first on a taller screen may take back: with lines that become more it grows, up to the first line
    that isn't among them, as in tmux.
    """
    out: list[Entry] = []
    line, column = place
    moved = (0, 0)
    at, end = 0, len(entries)
    while at < end:
        entry = entries[at]
        stop = at + 1
        if not goes_on(entry):
            if at != line and type(entry) is str and (len(entry) if entry.isascii() else 2 * len(entry)) <= columns:
                out.append(entry)
                at = stop
                continue
        else:
            while stop < end and goes_on(entries[stop - 1]):
                stop += 1
        made = _anew(entries[at:stop], columns)
        more = len(made) - (stop - at)
        if more > 0 and at <= recallable:
            recallable += more
        elif more < 0 and recallable > len(out):
            recallable = max(recallable + more, len(out))
        if at <= line < stop:
            behind = column >= used_in(entries[line])
            before = sum(used_in(part) for part in entries[at:line])
            row, x = _place(made, END if behind else before + column)
            moved = (len(out) + row, x)
        out += made
        at = stop
    return out, moved, recallable


def _anew(parts: list[Entry], columns: int) -> list[Entry]:
    """Give the lines that one text stands in, wrapped for another width."""
    wrapped = goes_on(parts[-1])
    if columns > 1 and (raw := _joined(parts)) is not None:
        made: list[Entry] = []
        cut_anew(*raw, columns, made, goes_on=wrapped)
        return made
    if len(parts) == 1 and used_in(parts[0]) <= columns:
        return parts
    runs: list[Run] = []
    for text, style in (run for part in parts for run in _runs(part)):
        if runs and runs[-1][1] == style:
            runs[-1] = (runs[-1][0] + text, style)
        else:
            runs.append((text, style))
    return entries_of(runs, columns, goes_on=wrapped)


def _joined(parts: list[Entry]) -> tuple[str, Style] | None:
    """Give text and first style of lines that hold theirs as they came, where each begins as the one before ended."""
    begin: Style | None = None
    pen = pen_of(DEFAULT)
    texts: list[str] = []
    for part in parts:
        if isinstance(part, Line):
            return None
        text, style = (part, DEFAULT) if isinstance(part, str) else part[:2]
        if begin is None:
            begin = style
        elif pen.style != style and text:
            return None
        if "\x1b" in text or len(texts) + 1 < len(parts):
            pen = after(text, pen_of(style))
        texts.append(text)
    return "".join(texts), begin or DEFAULT


def _place(made: list[Entry], cells: int) -> tuple[int, int]:
    if cells == END:
        return len(made) - 1, used_in(made[-1])
    row = 0
    while row < len(made) - 1 and cells >= used_in(made[row]):
        cells -= used_in(made[row])
        row += 1
    return row, cells
