"""The terminal: bytes in, a screen with scrollback out, and what the far end asked for."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass

from tui.emulator import modes as mode
from tui.emulator.modes import Modes
from tui.emulator.parser import Parser
from tui.emulator.rows import Runs
from tui.emulator.switches import SwitchedScreen

TITLE_LIMIT = 256
CLIPBOARD_LIMIT = 100_000
"""Characters of a title and of a clipboard write that are taken; a longer write is not surfaced at all."""
REPLY_LIMIT = 64 * 1024
"""Bytes of answers that wait to be taken; beyond it questions are not answered."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SHAPES = {0: "block", 1: "block", 2: "block", 3: "underline", 4: "underline", 5: "bar", 6: "bar"}


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the cursor is (from 0), and how it looks: `shape` is block, underline or bar."""

    row: int
    column: int
    visible: bool
    shape: str
    blink: bool


class Lines(Sequence[Runs]):
    """The rows of the screen as runs of text and style, from the top."""

    def __init__(self, screen: SwitchedScreen) -> None:
        self._screen = screen

    def __len__(self) -> int:
        return self._screen.lines

    def __getitem__(self, row):  # type: ignore[no-untyped-def]  # one row only; Sequence's overloads offer slices too
        return self._screen.buffer[row].runs()


class Terminal:
    """An xterm of `columns` by `rows`, with `scrollback` lines behind it.

    `colours` are the default foreground and background as 0xrrggbb, told to who asks for them (OSC 10, 11).
    Nothing that is fed raises, and the result doesn't depend on how it is cut into chunks.
    """

    def __init__(
        self, columns: int, rows: int, *, scrollback: int = 5000, colours: tuple[int, int] = (0xD0D0D0, 0x000000)
    ) -> None:
        self._screen = SwitchedScreen(max(1, columns), max(1, rows), keep=scrollback)
        self._parser = Parser(self._screen, self)
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._answer = True
        self._replies: list[str] = []
        self._reply_length = 0
        self._bells = 0
        self._clipboard: list[str] = []
        self.colours = colours
        self.title = ""
        self.lines: Sequence[Runs] = Lines(self._screen)

    # In

    def feed(self, data: bytes, *, answer: bool = True) -> None:
        """Take bytes from the far end; `answer=False` replays old ones: no question in them is answered again, no bell
        rings and no clipboard write is surfaced."""
        self._answer = answer
        self._parser.feed(self._decode(data))

    def resize(self, rows: int, columns: int) -> None:
        self._screen.resize(max(1, rows), max(1, columns))

    # Out

    @property
    def columns(self) -> int:
        return self._screen.columns

    @property
    def rows(self) -> int:
        return self._screen.lines

    @property
    def cursor(self) -> Cursor:
        cursor, shape = self._screen.cursor, self._screen.cursor_shape
        column = min(cursor.x, self.columns - 1)
        return Cursor(cursor.y, column, not cursor.hidden, _SHAPES[shape], shape == 0 or shape % 2 == 1)

    @property
    def modes(self) -> Modes:
        return Modes.of(self._screen.mode, alternate=self._screen.alternate)

    @property
    def display(self) -> list[str]:
        """The screen's text, a string per row, blanks at the end left off."""
        return [row.text for row in self._screen.buffer]

    @property
    def scrollback(self) -> int:
        """How many lines stand behind the screen."""
        return len(self._screen.scrollback)

    @property
    def pushed(self) -> int:
        """How many lines ever left the screen upwards (less those taken back): its growth is how far the text under a
        scrolled-back view has moved."""
        return self._screen.lines_kept

    def behind(self, line: int) -> Runs:
        """Give a line of the scrollback, 0 the oldest."""
        return self._screen.scrollback[line].runs

    def text_of(self, line: int) -> str:
        """Give the text of a line, counted from the oldest of the scrollback on through the screen."""
        kept = len(self._screen.scrollback)
        return self._screen.scrollback[line].text if line < kept else self._screen.buffer[line - kept].text

    def all_text(self) -> list[str]:
        """Give the text of each line, the scrollback's first."""
        return [line.text for line in self._screen.scrollback] + self.display

    def take_dirty(self) -> set[int]:
        """Give the rows that changed since last asked, and forget them."""
        screen = self._screen
        dirty = set(range(screen.lines)) if screen.all_dirty else {row for row in screen.dirty if row < screen.lines}
        screen.all_dirty = False
        screen.dirty.clear()
        return dirty

    def take_replies(self) -> bytes:
        """Give what is to be sent to the far end in answer to its questions, and forget it."""
        replies = "".join(self._replies).encode()
        self._replies.clear()
        self._reply_length = 0
        return replies

    def take_bells(self) -> int:
        """Give how often the bell rang since last asked."""
        bells, self._bells = self._bells, 0
        return bells

    def take_clipboard(self) -> list[str]:
        """Give the texts that the far end wants on the clipboard; whoever takes them asks the operator first."""
        asked, self._clipboard = self._clipboard, []
        return asked

    # What the parser hands on

    def bell(self) -> None:
        if self._answer:
            self._bells += 1

    def report(self, kind: str, params: list[int]) -> None:
        """Answer a question about the device; the title is never told."""
        first = params[0] if params else 0
        screen = self._screen
        if kind == "c" and first == 0:
            self._reply("\x1b[?62;22c")
        elif kind == ">c" and first == 0:
            # 277 is the oldest xterm to which vim speaks SGR mouse. The terminal type is a plain VT100: to xterm's own
            # (41) tmux sends left and right margins and rectangles.
            self._reply("\x1b[>0;277;0c")
        elif kind == "n" and first == 5:
            self._reply("\x1b[0n")
        elif kind in ("n", "?n") and first == 6:
            top = screen.region[0] if mode.ORIGIN in screen.mode else 0
            place = f"{screen.cursor.y + 1 - top};{min(screen.cursor.x, screen.columns - 1) + 1}"
            self._reply(f"\x1b[{kind[:-1]}{place}R")
        elif kind in ("$p", "?$p"):
            number = first << 5 if kind[0] == "?" else first
            state = 0 if number not in mode.KNOWN else 1 if number in screen.mode else 2
            self._reply(f"\x1b[{kind[:-2]}{first};{state}$y")
        elif kind == "t" and first == 18:
            self._reply(f"\x1b[8;{screen.lines};{screen.columns}t")

    def string(self, text: str) -> None:
        """Act on an OSC: titles, the default colours, and clipboard writes, which are only surfaced."""
        code, _, value = text.partition(";")
        if code in ("0", "2"):
            self.title = _CONTROL.sub("", value[:TITLE_LIMIT])
        elif code in ("10", "11") and value == "?":
            colour = self.colours[code == "11"]
            parts = "/".join(f"{part:02x}{part:02x}" for part in colour.to_bytes(3))
            self._reply(f"\x1b]{code};rgb:{parts}\x1b\\")
        elif code == "52" and self._answer:
            payload = value.partition(";")[2]
            if payload and payload != "?" and len(payload) <= CLIPBOARD_LIMIT * 4 // 3 and len(self._clipboard) < 8:
                try:
                    decoded = base64.b64decode(payload, validate=True)
                except (binascii.Error, ValueError):
                    return
                self._clipboard.append(decoded.decode("utf-8", "replace"))

    def _reply(self, text: str) -> None:
        if self._answer and self._reply_length < REPLY_LIMIT:
            self._replies.append(text)
            self._reply_length += len(text)
