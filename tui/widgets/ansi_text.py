"""One line of a program's output as styled text: colours are kept, what else would steer a terminal is taken out.

A line is parsed when it is drawn, not when it comes; from line to line only the `Ink` is carried.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from rich.color import Color
from rich.style import Style

from tui.widgets.cells import clean, width

Shade = int | tuple[int, int, int] | None
"""A colour of the terminal's 256, an RGB triple, or the default."""


class Ink(NamedTuple):
    """What SGR sequences have set: colours and attributes (their SGR numbers, 1 bold … 9 struck out)."""

    fore: Shade = None
    back: Shade = None
    attributes: frozenset[int] = frozenset()

    @property
    def style(self) -> Style:
        return _style(self)

    def code(self) -> str:
        """Spell this as a sequence that sets it whatever was set before."""
        words = ["0", *(str(number) for number in sorted(self.attributes))]
        for shade, lead in ((self.fore, "38"), (self.back, "48")):
            if isinstance(shade, int):
                words.append(f"{lead};5;{shade}")
            elif shade is not None:
                words.append(f"{lead};2;" + ";".join(map(str, shade)))
        return f"\x1b[{';'.join(words)}m"


PLAIN = Ink()
Spans = list[tuple[str, Ink]]

_TOKEN = re.compile(
    r"(?:\x1b\[|\x9b)([0-?]*)[ -/]*([@-~])"  # control sequences: their parameters and what they do
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)"  # titles, links, device strings
    r"|\x1b\[[0-?]*[ -/]*$"  # one that the end of the line cut
    r"|\x1b[ -/]*[0-~]?"
    r"|[\x00-\x08\x0a-\x1f\x7f-\x9f]|\t"
)


@lru_cache(maxsize=512)
def _style(ink: Ink) -> Style:
    has = ink.attributes.__contains__
    return Style(
        color=_color(ink.fore),
        bgcolor=_color(ink.back),
        bold=has(1) or None,
        dim=has(2) or None,
        italic=has(3) or None,
        underline=has(4) or None,
        reverse=has(7) or None,
        strike=has(9) or None,
    )


def _color(shade: Shade) -> Color | None:
    if shade is None:
        return None
    return Color.from_ansi(shade) if isinstance(shade, int) else Color.from_rgb(*shade)


def _sgr(ink: Ink, parameters: str) -> Ink:
    """Apply the parameters of one SGR sequence; unknown ones change nothing."""
    fore, back, attributes = ink.fore, ink.back, set(ink.attributes)
    numbers = [int(word) if word.isdigit() else 0 for word in re.split(r"[;:]", parameters or "0")]
    at = 0
    while at < len(numbers):
        number = numbers[at]
        at += 1
        if number == 0:
            fore, back, attributes = None, None, set()
        elif number in (1, 2, 3, 4, 7, 9):
            attributes.add(number)
        elif number == 22:
            attributes -= {1, 2}
        elif number in (23, 24, 27, 29):
            attributes.discard(number - 20)
        elif 30 <= number <= 37:
            fore = number - 30
        elif 90 <= number <= 97:
            fore = number - 82
        elif 40 <= number <= 47:
            back = number - 40
        elif 100 <= number <= 107:
            back = number - 92
        elif number == 39:
            fore = None
        elif number == 49:
            back = None
        elif number in (38, 48):
            shade: Shade = None
            if numbers[at : at + 1] == [5] and at + 1 < len(numbers):
                shade, at = min(numbers[at + 1], 255), at + 2
            elif numbers[at : at + 1] == [2] and at + 3 < len(numbers):
                red, green, blue = (min(value, 255) for value in numbers[at + 1 : at + 4])
                shade, at = (red, green, blue), at + 4
            else:
                break
            fore, back = (shade, back) if number == 38 else (fore, shade)
    return Ink(fore, back, frozenset(attributes))


def ink_after(raw: str, ink: Ink) -> Ink:
    """Give the ink that a line leaves behind."""
    if "\x1b" not in raw and "\x9b" not in raw:
        return ink
    reset = max(raw.rfind("\x1b[0m"), raw.rfind("\x1b[m"))
    if reset >= 0:
        raw, ink = raw[reset + 3 :], PLAIN
        if "\x1b" not in raw:
            return ink
    for match in _TOKEN.finditer(raw):
        if match.group(2) == "m":
            ink = _sgr(ink, match.group(1))
    return ink


def parse_line(raw: str, ink: Ink = PLAIN) -> Spans:
    """Give a raw line (without its end) as pieces of clean text with their ink.

    Carriage returns and backspaces write over what stands there, as progress bars do; tabs go to every eighth cell.
    """
    if raw.isascii() and raw.isprintable():
        return [(raw, ink)] if raw else []
    if "\r" in raw or "\b" in raw:
        return _written_over(raw, ink)
    spans: Spans = []
    at = cells = 0

    def put(text: str) -> None:
        nonlocal cells
        if text:
            spans.append((text, ink))
            cells += width(text)

    for match in _TOKEN.finditer(raw):
        put(clean(raw[at : match.start()]))
        at = match.end()
        if match.group(2) == "m":
            ink = _sgr(ink, match.group(1))
        elif match.group() == "\t":
            put(" " * (8 - cells % 8))
        else:
            put(_picture(match.group()))
    put(clean(raw[at:]))
    return spans


def _picture(found: str) -> str:
    """Give what stands for a control character; sequences, and shifts between character sets, show nothing."""
    return clean(found) if len(found) == 1 and found not in "\x0e\x0f" else ""


def _written_over(raw: str, ink: Ink) -> Spans:
    line: list[tuple[str, Ink]] = []
    column = at = 0

    def put(text: str) -> None:
        nonlocal column
        for character in text:
            if column < len(line):
                line[column] = (character, ink)
            else:
                line.append((character, ink))
            column += 1

    for match in _TOKEN.finditer(raw):
        put(clean(raw[at : match.start()]))
        at = match.end()
        text, act = match.group(), match.group(2)
        if text == "\r":
            column = 0
        elif text == "\b":
            column = max(0, column - 1)
        elif text == "\t":
            put(" " * (8 - column % 8))
        elif len(text) == 1:
            put(_picture(text))
        elif act == "m":
            ink = _sgr(ink, match.group(1))
        elif act == "K":
            if match.group(1) in ("", "0"):
                del line[column:]
            elif match.group(1) == "2":
                line[:] = [(" ", PLAIN)] * column
    put(clean(raw[at:]))
    spans: Spans = []
    for character, own in line:
        if spans and spans[-1][1] == own:
            spans[-1] = (spans[-1][0] + character, own)
        else:
            spans.append((character, own))
    return spans


def flattened(raw: str, ink: Ink = PLAIN) -> str:
    """Give a raw line that draws the same, without what was written over."""
    after = ink_after(raw, ink)
    return "".join(own.code() + text for text, own in parse_line(raw, ink)) + after.code()


def compacted(raw: str, ink: Ink = PLAIN) -> str:
    """Give a raw line that draws the same and goes on the same, without most of what returns wrote over."""
    wiped = max(raw.rfind("\r\x1b[K"), raw.rfind("\r\x1b[2K"))
    if (end := raw.rfind("\x1b[K\r")) > wiped:
        # What stands between a return and this wiped the whole line as well.
        wiped = raw.rfind("\r", 0, end)
    if wiped > 0:
        before = ink_after(raw[:wiped], ink)
        raw = ("" if before == ink else before.code()) + raw[wiped:]
    if raw.count("\r") > 1 and raw.isascii() and raw.replace("\r", "").isprintable():
        *pieces, last = raw.split("\r")
        under = ""
        for piece in pieces:
            under = piece + under[len(piece) :]
        raw = f"{under}\r{last}"
    return raw


def plain(raw: str) -> str:
    """Give a raw line's clean text."""
    if raw.isascii() and raw.isprintable():
        return raw
    return "".join(text for text, _ in parse_line(raw))
