"""Rows of the emulator as segments of Rich, with the cursor, what a search found, and a note in the last row."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.cells import cell_len, get_character_cell_size
from rich.color import Color
from rich.segment import Segment
from rich.style import Style as RichStyle

if TYPE_CHECKING:
    from tui.emulator.rows import Runs
    from tui.emulator.style import Style
    from tui.emulator.terminal import Terminal
    from tui.widgets.terminal_history import LookingBack

_RGB = 1 << 24
_BOLD, _DIM, _ITALIC, _BLINK, _REVERSE, _CONCEAL, _STRIKE, _OVERLINE = (1 << bit for bit in range(8))
_STYLES = 4096

_TONE = "[\U0001f3fb-\U0001f3ff]"
_JOINED = re.compile(f"([\u2600-\u27bf\U0001f000-\U0001faff])(?:{_TONE}?\u200d.{_TONE}?)+")
_TONES = re.compile(_TONE)
REVERSED = RichStyle(reverse=True)
UNDERLINED = RichStyle(underline=True)


def drawable(text: str) -> str:
    """Give text that every terminal draws in the cells it has here: terminals differ about joined emoji, emoji
    selectors and skin tones, and a row that comes out wider than it is breaks all that stands right of it."""
    if text.isascii():
        return text
    text = _JOINED.sub(r"\1", text.replace("\ufe0f", ""))
    return _TONES.sub("  ", text)


class Palette:
    """Rich styles of the emulator's styles over a base (the theme's), kept until the base changes."""

    def __init__(self, base: RichStyle) -> None:
        self.base = base
        self.reverse = False
        self._known: dict[Style, RichStyle] = {}

    def __getitem__(self, style: Style) -> RichStyle:
        known = self._known.get(style)
        if known is None:
            if len(self._known) >= _STYLES:
                self._known.clear()
            known = self._known[style] = self.base + self._make(style)
        return known

    @property
    def blank(self) -> RichStyle:
        """The style of cells in which nothing stands."""
        return self.base + REVERSED if self.reverse else self.base

    def obey(self, reverse: bool) -> None:
        """Swap the colours of the whole screen, as mode 5 asks, or back."""
        if reverse is not self.reverse:
            self.reverse = reverse
            self._known.clear()

    def _make(self, style: Style) -> RichStyle:
        on = style.attributes
        return RichStyle(
            color=_colour(style.foreground),
            bgcolor=_colour(style.background),
            bold=bool(on & _BOLD) or None,
            dim=bool(on & _DIM) or None,
            italic=bool(on & _ITALIC) or None,
            blink=bool(on & _BLINK) or None,
            reverse=(bool(on & _REVERSE) is not self.reverse) or None,
            conceal=bool(on & _CONCEAL) or None,
            strike=bool(on & _STRIKE) or None,
            underline=(style.underline not in (0, 2)) or None,
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


def segments_of(runs: Runs, width: int, palette: Palette, blank: RichStyle) -> list[Segment]:
    """Give a row as segments `width` cells wide, blank cells added."""
    segments = [Segment(drawable(text), palette[style]) for text, style in runs]
    used = sum(segment.cell_length for segment in segments)
    if used > width:
        return list(Segment.adjust_line_length(segments, width))
    if used < width:
        segments.append(Segment(" " * (width - used), blank))
    return segments


def restyled(segments: list[Segment], spans: list[tuple[int, int]], style: RichStyle) -> list[Segment]:
    """Add a style to the cells of each span (from, to)."""
    edges = sorted({edge for span in spans for edge in span if edge > 0})
    if not edges:
        return segments
    total = sum(segment.cell_length for segment in segments)
    out: list[Segment] = []
    at = 0
    for part in Segment.divide(segments, [*(edge for edge in edges if edge < total), total]):
        width = sum(segment.cell_length for segment in part)
        inside = any(start <= at and at + width <= stop for start, stop in spans)
        out += [
            Segment(text, (old or RichStyle.null()) + style) if inside else Segment(text, old) for text, old, _ in part
        ]
        at += width
    return out


def cells_of(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Turn spans of characters into spans of cells."""
    return [(cell_len(drawable(text[:a])), cell_len(drawable(text[:b]))) for a, b in spans]


class Painter:
    """Draws the rows of one terminal, live or looked back at."""

    def __init__(self, terminal: Terminal, back: LookingBack, base: RichStyle) -> None:
        self._terminal = terminal
        self._back = back
        self._palette = Palette(base)
        self.note_style = REVERSED

    def row(self, y: int, *, width: int, focused: bool, note: str, ended: bool) -> list[Segment]:
        """Give one row `width` cells wide; a `note` takes the last one, and where the far end has `ended` the text
        moves up for it."""
        terminal, back, palette = self._terminal, self._back, self._palette
        palette.obey(terminal.modes.reverse)
        blank = palette.blank
        if note and y == terminal.rows - 1:
            segments = [Segment(note, blank + self.note_style)]
            return list(Segment.adjust_line_length(segments, width, blank + self.note_style))
        line = back.top + y
        if ended and not back.offset and terminal.text_of(terminal.scrollback + terminal.rows - 1):
            line += 1
        kept = terminal.scrollback
        runs: Runs = terminal.lines[line - kept] if line >= kept else terminal.behind(line)
        segments = segments_of(runs, width, palette, blank)
        if back.needle:
            text = "".join(text for text, _ in runs)
            segments = restyled(segments, cells_of(text, back.matches(text)), REVERSED)
        cursor = terminal.cursor
        if cursor.row == y and cursor.visible and not back.offset and not ended:
            style = REVERSED if focused and cursor.shape == "block" else UNDERLINED
            wide = _width_at(segments, cursor.column)
            segments = restyled(segments, [(cursor.column, cursor.column + wide)], style)
        return segments


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
