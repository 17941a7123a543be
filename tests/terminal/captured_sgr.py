"""Reads what `tmux capture-pane -e` writes: lines of text with SGR and shifts to line drawing between."""

from __future__ import annotations

import re

Look = tuple[str, str, frozenset[str], str, str]
"""Foreground, background, attributes, underline and its colour; a colour is "", "n" or "r,g,b"."""
Cell = tuple[str, Look]

PLAIN: Look = ("", "", frozenset(), "", "")
ATTRIBUTES = {
    "1": "bold",
    "2": "dim",
    "3": "italic",
    "5": "blink",
    "7": "reverse",
    "8": "conceal",
    "9": "strike",
    "5:3": "overline",  # so tmux 3.3 writes 53
}
UNDERLINES = {"4": "1", "4:2": "2", "4:3": "3", "4:4": "4", "4:5": "5"}
DRAWING = dict(zip("`abcdefghijklmnopqrstuvwxyz{|}~", "◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·", strict=True))
_PARTS = re.compile(r"\x1b\[([0-9;:]*)m|([\x0e\x0f])|\x1b\]8;[^\x1b]*\x1b\\|([^\x1b\x0e\x0f]+)")


def cells_of(lines: list[str], count: int) -> list[list[Cell]]:
    """Read `count` lines; how a line looks goes on into the next one."""
    look, drawing, found = PLAIN, False, []
    for line in (lines + [""] * count)[:count]:
        cells: list[Cell] = []
        for sgr, shift, text in _PARTS.findall(line):
            if text:
                cells += [(DRAWING.get(character, character) if drawing else character, look) for character in text]
            elif shift:
                drawing = shift == "\x0e"
            else:
                look = after(look, sgr)
        found.append(without_end(cells))
    return found


def without_end(cells: list[Cell]) -> list[Cell]:
    """Leave the blank default cells at the end off."""
    end = len(cells)
    while end and cells[end - 1] == (" ", PLAIN):
        end -= 1
    return cells[:end]


def after(look: Look, sgr: str) -> Look:
    """Apply one SGR sequence of those that tmux writes."""
    foreground, background, attributes, underline, line_colour = look
    items = sgr.split(";")
    while items:
        item = items.pop(0)
        if item in ("", "0"):
            foreground, background, attributes, underline, line_colour = PLAIN
        elif item in ATTRIBUTES:
            attributes |= {ATTRIBUTES[item]}
        elif item in UNDERLINES:
            underline = UNDERLINES[item]
        elif item in ("38", "48", "58"):
            taken = 2 if items[0] == "5" else 4
            colour = ",".join(items[1:taken])
            del items[:taken]
            if item == "38":
                foreground = colour
            elif item == "48":
                background = colour
            else:
                line_colour = colour
        elif item.startswith("58:"):
            parts = item.split(":")
            line_colour = parts[2] if parts[1] == "5" else ",".join(parts[-3:])
        elif item == "59":
            line_colour = ""
        else:
            code = int(item)
            if code in (39, 49):
                foreground, background = ("", background) if code == 39 else (foreground, "")
            elif 30 <= code <= 37 or 90 <= code <= 97:
                foreground = str(code - 30 if code < 40 else code - 82)
            else:
                assert 40 <= code <= 47 or 100 <= code <= 107, sgr
                background = str(code - 40 if code < 50 else code - 92)
    return foreground, background, attributes, underline, line_colour
