"""How a line is kept in the scrollback: as one string wherever it can be.

Strings are nothing that a collection of garbage looks through; a hundred thousand tuples, each with its style, held the
console up for ten milliseconds every few seconds while a shell flooded.
"""

from __future__ import annotations

from functools import lru_cache

from tui.emulator.pens import bare, pen_of
from tui.emulator.rows import Entry, Line
from tui.emulator.style import DEFAULT, Style, parameters

Kept = str | tuple[str, Style, bool] | Line
"""Text with SGR sequences; with `BEGUN`, parameters and `BEGUN` in front where it is begun in another style than none,
and `GOES_ON` behind where it is wrapped. Neither is in any text. A style with a link, which no SGR says, needs the
tuple."""

BEGUN = "\x1e"
GOES_ON = "\r"


@lru_cache(maxsize=1024)
def _begun(style: Style) -> str:
    return f"{BEGUN}{parameters(style)}{BEGUN}"


def packed(entry: Entry) -> Kept:
    """Give a line as it is kept."""
    if not isinstance(entry, tuple):
        return entry
    text, style, wrapped = entry
    if style is not DEFAULT and style != DEFAULT:
        if style.link:
            return entry
        text = _begun(style) + text
    return text + GOES_ON if wrapped else text


def entry_of(kept: Kept) -> Entry:
    """Give a kept line as it came."""
    if not isinstance(kept, str):
        return kept
    style, wrapped = DEFAULT, kept.endswith(GOES_ON)
    if wrapped:
        kept = kept[:-1]
    if kept.startswith(BEGUN):
        _, params, kept = kept.split(BEGUN)
        style = pen_of(DEFAULT).turn(params).style
    return (kept, style, wrapped) if wrapped or style is not DEFAULT or "\x1b" in kept else kept


def goes_on(kept: Kept) -> bool:
    """Say whether a line's text goes on in the next one; as it came or as it is kept."""
    if isinstance(kept, str):
        return kept.endswith(GOES_ON)
    return kept[2] if isinstance(kept, tuple) else kept.wrapped


def text_of(kept: Kept) -> str:
    """Give a line's text, as it came or as it is kept; blanks at its end are left off, but not where it goes on in the
    next line."""
    if not isinstance(kept, str):
        text = bare(kept[0]) if isinstance(kept, tuple) else "".join(text for text, _ in kept.runs)
        return text if goes_on(kept) else text.rstrip(" ")
    wrapped = kept.endswith(GOES_ON)
    if kept.startswith(BEGUN):
        kept = kept[kept.index(BEGUN, 1) + 1 :]
    return bare(kept[:-1]) if wrapped else bare(kept).rstrip(" ")
