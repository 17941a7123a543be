"""Text as cells of a terminal: remote text made safe to draw, measured, cut and padded.

Widths are Textual's own (`rich.cells`), so that what is cut here fills exactly what the compositor lays out. Text that
came from a node, an API or a file goes through `clean` before anything else looks at it.
"""

from __future__ import annotations

import unicodedata

from rich.cells import cell_len, get_character_cell_size

_ASCII = str.maketrans({"…": "...", "·": "-", "›": ">", "•": "*", "⏎": "enter"})

_REGIONAL_A = 0x1F1E6


class _Safe(dict[int, str]):
    """Translation of one code point each, filled as code points are met (str.translate asks by ordinal)."""

    def __missing__(self, code: int) -> str:
        self[code] = made = _visible(code)
        return made


def _visible(code: int) -> str:
    """Give what stands for one code point on screen, which takes a known number of cells in every terminal."""
    if code == 9:
        return " "
    if code < 32:
        return chr(0x2400 + code)
    if code == 127:
        return "\u2421"
    if _REGIONAL_A <= code < _REGIONAL_A + 26:
        # Two of these are one flag in some terminals and two letters in others: the letters are the same everywhere.
        return chr(ord("A") + code - _REGIONAL_A)
    if 0x1F3FB <= code <= 0x1F3FF or 0xFE00 <= code <= 0xFE0F:
        return ""  # skin tones and variation selectors change a width that terminals disagree on
    category = unicodedata.category(chr(code))
    if category == "Cf":
        return ""  # joiners, bidirectional overrides, soft hyphens: invisible, and able to reorder what is beside them
    if category in ("Cc", "Cs"):
        return "\ufffd"
    if category in ("Zl", "Zp"):
        return "\u240a"
    if category == "Zs":
        return "\u3000" if code == 0x3000 else " "
    return chr(code)


_SAFE = _Safe()


def clean(text: str) -> str:
    """Make remote text safe to draw: one line, no control or invisible characters, composed where it can be.

    Control characters show as their pictures (␛, ␊, ␡), a tab as a space, what terminals draw in different widths
    (flags, joined emoji, variation selectors) as its parts. Nothing is interpreted: `[red]` stays `[red]`.
    """
    if text.isascii():
        return text if text.isprintable() else text.translate(_SAFE)
    made = text.translate(_SAFE)
    return made if unicodedata.is_normalized("NFC", made) else unicodedata.normalize("NFC", made)


def width(text: str) -> int:
    """Count the cells that clean text takes."""
    return len(text) if text.isascii() else cell_len(text)


class _Terminal:
    """What the one terminal that this process draws on can draw."""

    ascii_only = False


def draw_ascii(ascii_only: bool) -> None:
    """Say whether our own words and marks keep to ASCII from now on; what others wrote is drawn as it came."""
    _Terminal.ascii_only = ascii_only


def own(text: str) -> str:
    """Give words of our own in the characters that the terminal draws one cell wide."""
    return text.translate(_ASCII) if _Terminal.ascii_only else text


def cut(text: str, cells: int, ellipsis: str | None = None) -> str:
    """Shorten clean text to at most so many cells, its end replaced by the ellipsis where something is lost."""
    if width(text) <= cells:
        return text
    if ellipsis is None:
        ellipsis = "~" if _Terminal.ascii_only else "…"
    mark = width(ellipsis)
    if cells < mark:
        return ""
    if text.isascii():
        return text[: cells - mark] + ellipsis
    return text[: _fitting(text, cells - mark)] + ellipsis


def _fitting(text: str, cells: int) -> int:
    """Count the leading characters that fit in so many cells."""
    used = 0
    for index, character in enumerate(text):
        used += get_character_cell_size(character)
        if used > cells:
            return index
    return len(text)


def fit(text: str, cells: int, align: str = "left", ellipsis: str | None = None) -> str:
    """Cut or pad clean text to exactly so many cells; align is left, right or center."""
    if cells <= 0:
        return ""
    taken = width(text)
    if taken > cells:
        text = cut(text, cells, ellipsis)
        taken = width(text)
    if taken == cells:
        return text
    if align == "right":
        return " " * (cells - taken) + text
    if align == "center":
        left = (cells - taken) // 2
        return " " * left + text + " " * (cells - taken - left)
    return text + " " * (cells - taken)


def window(text: str, start: int, cells: int) -> str:
    """Give exactly the cells [start, start + cells) of clean text; half a wide character at an edge is a space."""
    if text.isascii():
        return text[start : start + cells].ljust(cells)
    made: list[str] = []
    at, end = 0, start + cells
    for character in text:
        size = get_character_cell_size(character)
        if at >= end and size:
            break
        if at >= start and at + size <= end:
            made.append(character)
        elif at + size > start and at < end:
            made.append(" " * (min(at + size, end) - max(at, start)))
        at += size
    return "".join(made) + " " * max(0, end - max(at, start))
