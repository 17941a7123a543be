"""Rows of the emulator as segments of Rich, with the cursor, what is selected and found, and a note in the last row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len, get_character_cell_size
from rich.color import Color
from rich.segment import Segment
from rich.style import Style as RichStyle

if TYPE_CHECKING:
    from textual.color import Color as Background
    from textual.filter import LineFilter

    from tui.emulator.rows import Runs
    from tui.emulator.style import Style
    from tui.emulator.terminal import Terminal
    from tui.widgets.terminal_history import LookingBack
    from tui.widgets.terminal_links import Links

_RGB = 1 << 24
_BOLD, _DIM, _ITALIC, _BLINK, _REVERSE, _CONCEAL, _STRIKE, _OVERLINE = (1 << bit for bit in range(8))
_STYLES = 4096

_TONE = "[\U0001f3fb-\U0001f3ff]"
_JOINED = re.compile(f"([\u2600-\u27bf\U0001f000-\U0001faff])(?:{_TONE}?\u200d.{_TONE}?)+")
_TONES = re.compile(_TONE)
REVERSED = RichStyle(reverse=True)
UPRIGHT = RichStyle(reverse=False)
UNDERLINED = RichStyle(underline=True)

_make = partial(tuple.__new__, Segment)
"""Makes a segment of (text, style, None) in half of the time that Segment's own `__new__` takes."""


def drawable(text: str) -> str:
    """Give text that every terminal draws in the cells it has here: terminals differ about joined emoji, emoji
    selectors and skin tones, and a row that comes out wider than it is breaks all that stands right of it."""
    if text.isascii():
        return text
    text = _JOINED.sub(r"\1", text.replace("\ufe0f", ""))
    return _TONES.sub("  ", text)


class Look(NamedTuple):
    """What a pane gets from the theme: its base, the styles of what is found (and of the one that one is at) and
    selected, and what Textual would do to each segment (it is done to each style, once)."""

    base: RichStyle
    found: RichStyle
    found_now: RichStyle
    selected: RichStyle
    filters: Sequence[LineFilter]
    background: Background
    colourless: bool = False
    """No colour is wanted: what stands on one of its own shows reversed, and none is as faint as its grey would be."""

    def filtered(self, style: RichStyle) -> RichStyle:
        segments = [Segment(" ", style)]
        for line_filter in self.filters:
            segments = line_filter.apply(segments, self.background)
        return segments[0].style or RichStyle.null()


class Palette(dict["Style", RichStyle]):
    """Rich styles of the emulator's styles over the theme's base, kept until the look changes."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.reverse = False
        self.blank = look.filtered(look.base)
        """The style of cells in which nothing stands."""

    def __missing__(self, style: Style) -> RichStyle:
        if len(self) >= _STYLES:
            self.clear()
        made = self[style] = self.look.filtered(self.look.base + self._rich(style))
        return made

    def obey(self, reverse: bool) -> None:
        """Swap the colours of the whole screen, as mode 5 asks, or back."""
        if reverse is not self.reverse:
            self.reverse = reverse
            self.clear()
            self.blank = self.look.filtered(self.look.base + REVERSED if reverse else self.look.base)

    def _rich(self, style: Style) -> RichStyle:
        on = style.attributes
        fore, back = style.foreground, style.background
        reverse = bool(on & _REVERSE) is not self.reverse
        if self.look.colourless:
            # Black is what most screens are anyway.
            reverse = reverse is not (back > 0)
            fore = back = -1
        underlined = style.underline not in (0, 2) or (style.link and not style.underline)
        return RichStyle(
            color=_colour(fore),
            bgcolor=_colour(back),
            bold=bool(on & _BOLD) or None,
            dim=bool(on & _DIM) or None,
            italic=bool(on & _ITALIC) or None,
            blink=bool(on & _BLINK) or None,
            reverse=reverse or None,
            conceal=bool(on & _CONCEAL) or None,
            strike=bool(on & _STRIKE) or None,
            underline=bool(underlined) or None,
            underline2=(style.underline == 2) or None,
            overline=bool(on & _OVERLINE) or None,
        )


def _colour(value: int) -> Color | None:
    if value < 0:
        return None
    if value & _RGB:
        return Color.from_rgb(value >> 16 & 255, value >> 8 & 255, value & 255)
    return Color.from_ansi(value)


def colours_of(base: RichStyle, known: tuple[int, int]) -> tuple[int, int]:
    """Give a style's foreground and background as 0xRRGGBB; those of `known` where it has none."""
    given = [colour.get_truecolor() if colour else None for colour in (base.color, base.bgcolor)]
    fore, back = (int(triplet.hex[1:], 16) if triplet else None for triplet in given)
    return known[0] if fore is None else fore, known[1] if back is None else back


def segments_of(runs: Runs, width: int, palette: Palette) -> list[Segment]:
    """Give a row as segments `width` cells wide, blank cells added."""
    segments: list[Segment] = []
    used = 0
    for text, style in runs:
        if text.isascii():
            used += len(text)
        else:
            text = drawable(text)
            used += cell_len(text)
        segments.append(_make((text, palette[style], None)))
    if used < width:
        segments.append(_make((" " * (width - used), palette.blank, None)))
    elif used > width:
        return list(Segment.adjust_line_length(segments, width))
    return segments


def restyled(segments: list[Segment], start: int, stop: int, style: RichStyle) -> list[Segment]:
    """Add a style to the cells from `start` to `stop`."""
    out: list[Segment] = []
    at = 0
    for segment in segments:
        text, old, _ = segment
        width = len(text) if text.isascii() else segment.cell_length
        left, right = max(start - at, 0), min(stop - at, width)
        at += width
        if left >= right:
            out.append(segment)
            continue
        new = old + style if old else style
        if old and old.reverse and style.reverse:
            new += UPRIGHT  # what is reversed already shows by not being so
        if text.isascii():
            parts = (text[:left], text[left:right], text[right:])
        else:
            before, inside = segment.split_cells(left)
            inside, after = inside.split_cells(right - left)
            parts = (before.text, inside.text, after.text)
        out += [_make((part, look, None)) for part, look in zip(parts, (old, new, old), strict=True) if part]
    return out


class Painter:
    """Draws the rows of one terminal, live or looked back at."""

    def __init__(self, terminal: Terminal, back: LookingBack, links: Links, look: Look) -> None:
        self._terminal = terminal
        self._back = back
        self._links = links
        self.look = look
        self._palette = Palette(look)

    def begin(self, *, ended: bool) -> None:
        """Look at what all rows have in common; called before those of one frame."""
        terminal, back = self._terminal, self._back
        self._palette.obey(terminal.modes.reverse)
        self._cursor = terminal.cursor
        self._lines = range(back.lines.first, back.lines.stop)
        self._top = back.shown_from(ended=ended)
        self._types = not (ended or back.offset) and self._cursor.visible

    def row(self, y: int, *, width: int, focused: bool, note: str) -> list[Segment]:
        """Give one row `width` cells wide; a `note` takes the last one."""
        back, palette, cursor = self._back, self._palette, self._cursor
        if note and y == self._terminal.rows - 1:
            style = palette.blank + REVERSED
            return list(Segment.adjust_line_length([Segment(note, style)], width, style))
        line = self._top + y
        if line not in self._lines:
            return [Segment(" " * width, palette.blank)]
        segments = segments_of(back.lines.runs(line), width, palette)
        span = back.selection.span(line) if back.selection is not None else None
        if span is not None:
            segments = restyled(segments, span[0], min(span[1], width), self.look.selected)
        if back.looking:
            segments = self._looked_at(segments, line)
            if line == back.cursor.line:
                segments = _at_cursor(segments, back.cursor.column, REVERSED)
            return segments
        if cursor.row == y and self._types:
            style = REVERSED if focused and cursor.shape == "block" else UNDERLINED
            segments = _at_cursor(segments, cursor.column, style)
        return segments

    def _looked_at(self, segments: list[Segment], line: int) -> list[Segment]:
        """Show the links and what was found."""
        back = self._back
        for link in self._links.of(line):
            for at, start, stop in link.spans:
                if at == line:
                    segments = restyled(segments, start, stop, UNDERLINED)
        for start, stop, now in back.search.spans(line):
            segments = restyled(segments, start, stop, self.look.found_now if now else self.look.found)
        return segments


def _at_cursor(segments: list[Segment], column: int, style: RichStyle) -> list[Segment]:
    return restyled(segments, column, column + _width_at(segments, column), style)


def _width_at(segments: list[Segment], column: int) -> int:
    """How many cells the character at a column takes."""
    at = 0
    for segment in segments:
        if at + segment.cell_length <= column:
            at += segment.cell_length
            continue
        for character in segment.text:
            size = get_character_cell_size(character)
            if at + size > column:
                return size
            at += size
    return 1
