"""How a cell looks, and what SGR does to it."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

DEFAULT_COLOUR = -1
RGB = 1 << 24
"""Marks a direct colour: `RGB | 0xrrggbb`; 0 to 255 are the palette."""

BOLD, DIM, ITALIC, BLINK, REVERSE, CONCEAL, STRIKE, OVERLINE = (1 << bit for bit in range(8))
_SET = {1: BOLD, 2: DIM, 3: ITALIC, 5: BLINK, 6: BLINK, 7: REVERSE, 8: CONCEAL, 9: STRIKE, 53: OVERLINE}
_CLEAR = {22: BOLD | DIM, 23: ITALIC, 25: BLINK, 27: REVERSE, 28: CONCEAL, 29: STRIKE, 55: OVERLINE}


class Style(NamedTuple):
    """Colours (`DEFAULT_COLOUR`, 0-255, or `RGB | 0xrrggbb`), attribute bits, and the underline (0 none, 1 single,
    2 double, 3 curly, 4 dotted, 5 dashed) with its own colour; `link` is the number of the hyperlink, 0 none."""

    foreground: int = DEFAULT_COLOUR
    background: int = DEFAULT_COLOUR
    attributes: int = 0
    underline: int = 0
    underline_colour: int = DEFAULT_COLOUR
    link: int = 0


DEFAULT = Style()


def number(text: str, default: int = 0) -> int:
    """Read one parameter of a control sequence, however long; 0 to 65535, `default` where nothing stands."""
    if not text.isdigit():
        return default
    text = text.lstrip("0") or "0"
    return min(int(text), 65535) if len(text) < 10 else 65535


@lru_cache(maxsize=1024)
def blank(background: int) -> Style:
    """Give the style of an erased cell: of what was current only the background stays."""
    return DEFAULT if background == DEFAULT_COLOUR else Style(background=background)


@lru_cache(maxsize=8192)
def rendition(style: Style, params: str) -> Style:
    """Apply the parameters of one SGR sequence (`1;38;5;3`, `4:3`, `38:2::1:2:3`); unknown ones change nothing."""
    foreground, background, attributes, underline, underline_colour, link = style
    if not params:
        params = "0"
    items = params.split(";")
    at = 0
    while at < len(items):
        item = items[at]
        at += 1
        head, colon, tail = item.partition(":")
        code = number(head)
        if code in (38, 48, 58):
            if colon:
                colour = _colon_colour(tail.split(":"))
            else:
                colour, used = _semicolon_colour(items[at : at + 4])
                at += used
            if colour is None:
                continue
            if code == 38:
                foreground = colour
            elif code == 48:
                background = colour
            else:
                underline_colour = colour
        elif colon:
            if code == 4 and number(tail) <= 5:
                underline = number(tail)
        elif code == 0:
            foreground, background, attributes, underline, underline_colour, _ = DEFAULT  # a link outlives it
        elif code in _SET:
            attributes |= _SET[code]
        elif code in _CLEAR:
            attributes &= ~_CLEAR[code]
        elif code == 4:
            underline = 1
        elif code == 21:
            underline = 2
        elif code == 24:
            underline = 0
        elif 30 <= code <= 37:
            foreground = code - 30
        elif code == 39:
            foreground = DEFAULT_COLOUR
        elif 40 <= code <= 47:
            background = code - 40
        elif code == 49:
            background = DEFAULT_COLOUR
        elif code == 59:
            underline_colour = DEFAULT_COLOUR
        elif 90 <= code <= 97:
            foreground = code - 82
        elif 100 <= code <= 107:
            background = code - 92
    return Style(foreground, background, attributes, underline, underline_colour, link)


def parameters(style: Style) -> str:
    """Give the parameters of the SGR sequence that makes a style from none."""
    parts = ["0", *(str(code) for code, bit in _SET.items() if style.attributes & bit and code != 6)]
    if style.underline:
        parts.append("4" if style.underline == 1 else f"4:{style.underline}")
    for base, colour in ((38, style.foreground), (48, style.background), (58, style.underline_colour)):
        if colour >= RGB:
            parts.append(f"{base}:2::{colour >> 16 & 255}:{colour >> 8 & 255}:{colour & 255}")
        elif colour >= 0:
            parts.append(f"{base}:5:{colour}")
    return ";".join(parts)


def _rgb(parts: list[str]) -> int | None:
    values = [number(part) for part in parts]
    if len(values) < 3 or max(values[:3]) > 255:
        return None
    return RGB | values[0] << 16 | values[1] << 8 | values[2]


def _colon_colour(parts: list[str]) -> int | None:
    """Read `5:n`, `2:r:g:b` or `2:space:r:g:b`."""
    if parts[0] == "5" and len(parts) > 1 and number(parts[1]) < 256:
        return number(parts[1])
    if parts[0] == "2":
        return _rgb(parts[2:] if len(parts) > 4 else parts[1:])
    return None


def _semicolon_colour(items: list[str]) -> tuple[int | None, int]:
    """Read `5;n` or `2;r;g;b`; the colour, and how many items it took."""
    if items and items[0] == "5":
        value = number(items[1]) if len(items) > 1 else 256
        return (value if value < 256 else None), 2
    if items and items[0] == "2":
        return _rgb(items[1:4]), 4
    return None, 1
