"""Text with renditions in it, cut to rows as it is: which characters come to which row, not which cells."""

from __future__ import annotations

import re

from tui.emulator.pens import Pen, bare, pen_of
from tui.emulator.rows import Entry
from tui.emulator.style import DEFAULT, Style
from tui.emulator.widths import WIDE

SECOND = "\0"
"""Stands for the second cell of a wide character, so that all widths are lengths; it is in no text."""


def spread(text: str) -> str:
    """Put `SECOND` behind each wide character."""
    return WIDE.sub(_doubled, text)


def _doubled(found: re.Match[str]) -> str:
    return SECOND.join(found.group()) + SECOND


def cut(
    line: str, length: int, pen: Pen, columns: int, wide: bool, entries: list[Entry], *, goes_on: bool = False
) -> None:
    """Add a line to the entries, wrapped to rows of at least two columns.

    The line is begun with `pen`; `length` is that of its text alone. Where it is `wide` it has been `spread`. Nothing
    odd is in it. `goes_on` says that its last row is wrapped, too.
    """
    begin, style, left = 0, pen.style, length
    if left > columns:
        parts = iter(line.split("\x1b"))
        at, length, room = 0, len(next(parts)), columns
        while True:
            while length > room:
                stop = at + room
                if wide and line[stop] == SECOND:
                    stop -= 1
                    room -= 1
                    left += 1
                kept = line[begin:stop]
                entries.append((kept.replace(SECOND, "") if wide else kept, style, True))
                length -= room
                at = begin = stop
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
    plain = style is DEFAULT and not goes_on and "\x1b" not in kept
    entries.append(kept if plain else (kept, style, goes_on))


def cut_anew(raw: str, style: Style, columns: int, entries: list[Entry], *, goes_on: bool = False) -> None:
    """Add a kept line, whole, to the entries for another width."""
    wide = not raw.isascii() and WIDE.search(raw) is not None
    line = spread(raw) if wide else raw
    cut(line, len(bare(line)), pen_of(style), columns, wide, entries, goes_on=goes_on)
