"""The fast way through a stream: what stands between two escapes is looked up, and acted on, as a whole.

A stream repeats itself: a piece such as `[1;31mERROR` or `[12;40H` is read once, by one regular expression, and known
from then on. What is not known and not whole goes character by character through the parser (`tui.emulator.parser`),
which this is a short cut for: with it and without it the screen is the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from tui.emulator import modes as mode
from tui.emulator.style import number
from tui.emulator.switches import SwitchedScreen

KNOWN = 8192
"""Pieces that are kept; longer ones than `LONGEST` characters are not."""
LONGEST = 64

SGR, PLACE, CALL, SWITCH, LATER = range(5)
"""What a piece begins with: a rendition, a cursor position, a call that leaves modes, margins and charsets alone, any
other call. LATER is for the parser."""
LINE, RETURN = 1, 2
"""What a piece ends with, after its text: the end of a line, or a carriage return alone."""

_PIECE = re.compile(
    r"\[([\x30-\x3f]{0,200})([\x20-\x2f]{0,3})([\x40-\x7e])|([\x20-\x2f]{0,3})(?![\[\]PX^_k])([\x30-\x7e])"
)
_PLAIN_SGR = re.compile(r"[0-9:;]*")
_PLAIN = re.compile(r"[ -~]*")
_TEXT = re.compile(r"[^\x00-\x1f\x7f]+|[\x00-\x1f\x7f]")
_LIGHT = frozenset("@ABCDEFGHIJKLMPSTXZ`abdefg")
_SGR0 = "\x1b(B\x1b[m"
"""What ncurses says for plain text; the first half of it is mostly nothing new."""

Call = Callable[[], None]


class Piece(NamedTuple):
    """What a piece does: `kind` and its two arguments, then the text after it as `cells`, then `tail`.

    `length` is -1 where the text is more than plain ASCII: `text` is all of it then, its controls too.
    """

    kind: int
    first: str | int | Call | None
    second: int
    text: str
    cells: tuple[str, ...]
    length: int
    tail: int


class Reader(Protocol):
    """What the short cut needs of the parser."""

    def is_between(self) -> bool:
        """Whether nothing is left open: no sequence, no string."""

    def read(self, data: str) -> None:
        """Read characters one by one, from any state."""

    def call_of(self, params: str, intermediates: str, final: str) -> Call:
        """Give what a control sequence does."""

    def escape_of(self, intermediates: str, final: str) -> Call:
        """Give what an escape sequence does."""

    def control(self, character: str) -> None:
        """Act on a control character."""


class Pieces:
    """Reads whole chunks for a screen; `reader` is the parser."""

    def __init__(self, screen: SwitchedScreen, reader: Reader) -> None:
        self._screen = screen
        self._reader = reader
        self._known: dict[str, Piece] = {}

    def feed(self, data: str) -> None:
        """Take characters in; nothing is open before them."""
        if _SGR0 in data and not self._screen.line_drawing[0] and "\x1b(0" not in data:
            data = data.replace(_SGR0, "\x1b[m")
        pieces = iter(data.split("\x1b"))
        head = next(pieces)
        if head:
            self.text(head)
        self._rest(pieces)

    def _rest(self, pieces: Iterator[str]) -> None:
        screen, known = self._screen, self._known
        cursor, pen, easy = screen.cursor, screen.pen, screen.is_easy
        buffer, columns, lines = screen.buffer, screen.columns, screen.lines
        origin = mode.ORIGIN in screen.mode
        touched = screen.dirty.add
        last = screen.last_drawn
        here = -1  # the row that `row`, `cells` and `styles` are of
        for piece in pieces:
            found = known.get(piece)
            if found is None:
                found = self._learn(piece)
            kind, first, second, text, chars, length, tail = found
            if kind == SGR:
                pen = pen.after.get(first) or pen.turn(first)  # type: ignore[arg-type]  # SGR's is its parameters
            elif kind == PLACE and not origin:
                cursor.y = first if first < lines else lines - 1  # type: ignore[assignment, operator]  # PLACE's is the row
                cursor.x = second if second < columns else columns - 1
            else:
                here = -1
                screen.pen, screen.last_drawn = pen, last[-1:]
                if kind == LATER:
                    self._reader.read("\x1b" + piece)
                    while not self._reader.is_between():
                        more = next(pieces, None)
                        if more is None:
                            return
                        self._reader.read("\x1b" + more)
                elif kind == PLACE:
                    screen.cursor_position(first + 1, second + 1)  # type: ignore[operator]  # PLACE's is the row
                else:
                    first()  # type: ignore[misc, operator]  # CALL's is a function
                if kind > CALL:
                    pen, easy, origin = screen.pen, screen.is_easy, mode.ORIGIN in screen.mode
                    cursor, buffer = screen.cursor, screen.buffer
                    if kind == LATER:
                        last = screen.last_drawn
                        continue
                screen.last_drawn = ""  # only what was drawn right before can be repeated
            if length > 0:
                x = cursor.x
                end = x + length
                if easy and end <= columns:
                    y = cursor.y
                    if y != here:
                        row = buffer[y]
                        cells, styles = row.cells or row.open(), row.styles
                        touched(y)
                        here = y
                    if row.wide:
                        row.part(x, end)
                    if length == 1:
                        cells[x] = text
                        styles[x] = pen.style
                    else:
                        cells[x:end] = chars
                        styles[x:end] = [pen.style] * length
                    if end > row.used:
                        row.used = end
                    cursor.x = end
                    last = text
                else:
                    here = -1
                    screen.pen = pen
                    screen.draw(text)
                    last = screen.last_drawn
            elif length:
                here = -1
                screen.pen = pen
                self.text(text)
                pen, buffer, last = screen.pen, screen.buffer, screen.last_drawn
                easy = screen.is_easy
            else:
                last = ""
            if tail:
                cursor.x = 0
                last = ""
                if tail == LINE:
                    here = -1
                    screen.pen = pen
                    screen.index()
        screen.pen, screen.last_drawn = pen, last[-1:]

    def text(self, data: str) -> None:
        """Take text with control characters in it, but no escapes."""
        screen, control = self._screen, self._reader.control
        for part in _TEXT.findall(data):
            if part > "\x1f" and part != "\x7f":
                screen.draw(part)
            elif part == "\n":
                screen.linefeed()
                screen.last_drawn = ""
            elif part == "\r":
                screen.cursor.x = 0
                screen.last_drawn = ""
            else:
                control(part)

    def _learn(self, piece: str) -> Piece:
        found = _PIECE.match(piece)
        if found is None:
            return Piece(LATER, None, 0, "", (), 0, 0)
        params, middle, final, escape_middle, escape = found.groups()
        text = piece[found.end() :]
        tail = LINE if text.endswith("\r\n") else RETURN if text.endswith("\r") else 0
        plain = text[:-2] if tail == LINE else text[:-1] if tail else text
        simple = _PLAIN.fullmatch(plain) is not None
        after = (plain, tuple(plain), len(plain), tail) if simple else (text, (), -1, 0)
        made: Piece
        if escape:
            made = Piece(SWITCH, self._reader.escape_of(escape_middle, escape), 0, *after)
        elif final == "m" and not middle and _PLAIN_SGR.fullmatch(params):
            made = Piece(SGR, params, 0, *after)
        elif final in "Hf" and not middle and params.replace(";", "", 1).isdecimal() and params.isascii():
            row, _, column = params.partition(";")
            made = Piece(PLACE, max(number(row), 1) - 1, max(number(column), 1) - 1, *after)
        else:
            kind = CALL if final in _LIGHT and not middle else SWITCH
            made = Piece(kind, self._reader.call_of(params, middle, final), 0, *after)
        if len(piece) <= LONGEST:
            if len(self._known) >= KNOWN:
                self._known.clear()
            self._known[piece] = made
        return made
