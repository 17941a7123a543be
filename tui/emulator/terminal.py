"""The terminal: bytes in, a screen with scrollback out, and what the far end asked for."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from tui.emulator import modes as mode
from tui.emulator.history import runs_in
from tui.emulator.kept import entry_of, goes_on, text_of
from tui.emulator.modes import Modes
from tui.emulator.parser import Parser
from tui.emulator.rows import Runs
from tui.emulator.style import parameters
from tui.emulator.switches import SwitchedScreen

TITLE_LIMIT = 256
CLIPBOARD_LIMIT = 100_000
"""Characters of a title and of a clipboard write that are taken; a longer write is not surfaced at all."""
REPLY_LIMIT = 64 * 1024
"""Bytes of answers that wait to be taken; beyond it questions are not answered."""

TITLES = 8
"""Titles that may be put by, to come back to."""
LINK_LIMIT = 2083
"""Characters of a hyperlink; a longer one is none."""
LINKS = 4096
"""Hyperlinks that one terminal keeps."""

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


def _directory(uri: str) -> str:
    """Read `file://HOST/PATH`; empty for anything else, and where the path has controls in it."""
    scheme, _, rest = uri[:LINK_LIMIT].partition("://")
    path = unquote("/" + rest.partition("/")[2])
    return path if scheme == "file" and "/" in rest and not _CONTROL.search(path) else ""


class Terminal:
    """An xterm of `columns` by `rows`, with `scrollback` lines behind it.

    `colours` are the default foreground and background as 0xrrggbb, told to who asks for them (OSC 10, 11).
    Nothing that is fed raises, and the result doesn't depend on how it is cut into chunks.
    """

    def __init__(
        self, columns: int, rows: int, *, scrollback: int = 100_000, colours: tuple[int, int] = (0xD0D0D0, 0x000000)
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
        self.directory = ""
        """The far end's working directory as it says it (OSC 7); its path alone, and only a whole one."""
        self._titles: list[str] = []
        self._links: list[str] = []
        self._link_numbers: dict[str, int] = {}
        self.lines: Sequence[Runs] = Lines(self._screen)

    # In

    def feed(self, data: bytes, *, answer: bool = True) -> None:
        """Take bytes from the far end; `answer=False` replays old ones: no question in them is answered again, no bell
        rings and no clipboard write is surfaced."""
        self._answer = answer
        self._parser.feed(self._decode(data))

    def resize(self, rows: int, columns: int) -> None:
        self._screen.resize(max(1, rows), max(1, columns))

    @property
    def unsettled(self) -> int:
        """How many lines of the scrollback wait for `settle`: the oldest ones."""
        return self._screen.history.waiting

    @property
    def settled(self) -> int:
        """How many lines the last `settle` took, to give as many or more or fewer in their place."""
        return self._screen.history.taken

    def settle(self, lines: int = 200) -> bool:
        """Wrap so many older lines of the scrollback for a width that has changed, the newest first; True where none
        is left. Until then they stand as they stood: `resize` alone does only what is needed at once."""
        return self._screen.settle(lines)

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
        return Modes.of(self._screen.mode, alternate=self._screen.alternate, keyboard=self._screen.keyboard)

    @property
    def synchronised(self) -> bool:
        """Whether the far end is in the middle of a picture (mode 2026): it wants nothing painted before its end."""
        return mode.SYNCHRONISED in self._screen.mode

    @property
    def display(self) -> list[str]:
        """The screen's text, a string per row, blanks at the end left off."""
        return [row.text for row in self._screen.buffer]

    @property
    def scrollback(self) -> int:
        """How many lines stand behind the screen."""
        return len(self._screen.history)

    @property
    def pushed(self) -> int:
        """How many lines ever left the screen upwards (less those taken back): its growth is how far the text under a
        scrolled-back view has moved."""
        return self._screen.history.pushed

    def behind(self, line: int) -> Runs:
        """Give a line of the scrollback, 0 the oldest."""
        return runs_in(entry_of(self._screen.history[line]))

    def line(self, line: int) -> Runs:
        """Give a line, counted from the oldest of the scrollback on through the screen."""
        kept = len(self._screen.history)
        return self.behind(line) if line < kept else self._screen.buffer[line - kept].runs()

    def wrapped(self, line: int) -> bool:
        """Whether the text of a line goes on in the next one."""
        kept = len(self._screen.history)
        return goes_on(self._screen.history[line]) if line < kept else self._screen.buffer[line - kept].wrapped

    def ends(self, start: int, stop: int) -> list[bool]:
        """Say of lines `start` to `stop` (not with it), counted as in `line`, whether a text ends there."""
        history, kept = self._screen.history, len(self._screen.history)
        ends = [not goes_on(line) for line in history.between(start, min(stop, kept))]
        rows = self._screen.buffer[max(start - kept, 0) : max(stop - kept, 0)]
        return ends + [not row.wrapped for row in rows]

    def text_of(self, line: int) -> str:
        """Give the text of a line, counted as in `line`; blanks at its end are left off where it isn't wrapped."""
        kept = len(self._screen.history)
        return text_of(self._screen.history[line] if line < kept else self._screen.buffer[line - kept].entry())

    def texts(self, start: int, stop: int) -> list[str]:
        """Give the text of lines `start` to `stop` (not with it), counted as in `line`."""
        history, kept = self._screen.history, len(self._screen.history)
        texts = [*map(text_of, history.between(start, min(stop, kept)))]
        rows = self._screen.buffer[max(start - kept, 0) : max(stop - kept, 0)]
        return texts + [text_of(row.entry()) for row in rows]

    def all_text(self) -> list[str]:
        """Give the text of each line, the scrollback's first."""
        return self.texts(0, len(self._screen.history) + self.rows)

    def link(self, number: int) -> str:
        """Give the URI of a hyperlink by its number (`Style.link`); empty where there is none."""
        return self._links[number - 1] if 0 < number <= len(self._links) else ""

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
        elif kind == "?u":
            self._reply(f"\x1b[?{screen.keyboard}u")
        elif kind in ("$p", "?$p"):
            number = first << 5 if kind[0] == "?" else first
            state = 0 if number not in mode.KNOWN else 1 if number in screen.mode else 2
            self._reply(f"\x1b[{kind[:-2]}{first};{state}$y")
        elif kind == ">q" and first == 0:
            self._reply("\x1bP>|ssm-tui\x1b\\")
        elif kind == "t" and first == 22:
            self._titles = [*self._titles[-TITLES:], self.title]
        elif kind == "t" and first == 23 and self._titles:
            self.title = self._titles.pop()
        elif kind == "t" and first == 18:
            self._reply(f"\x1b[8;{screen.lines};{screen.columns}t")

    def string(self, text: str) -> None:
        """Act on an OSC: titles, the default colours, and clipboard writes, which are only surfaced."""
        code, _, value = text.partition(";")
        if code == "8":
            self._screen.style = self._screen.style._replace(link=self._link_number(value.partition(";")[2]))
        elif code == "7":
            self.directory = _directory(value)
        elif code in ("0", "2"):
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

    def request(self, text: str) -> None:
        """Answer which setting is in force (DECRQSS): the cursor's shape, the margins, the rendition."""
        screen = self._screen
        top, bottom = screen.region
        settings = {
            "$q q": f"{screen.cursor_shape} q",
            "$qr": f"{top + 1};{bottom + 1}r",
            "$qm": f"{parameters(screen.style)}m",
        }
        if text.startswith("$q"):
            known = settings.get(text)
            self._reply("\x1bP0$r\x1b\\" if known is None else f"\x1bP1$r{known}\x1b\\")

    def _link_number(self, uri: str) -> int:
        """Give a URI its number; 0 for none, for one that can't be shown, and where there are too many already."""
        number = self._link_numbers.get(uri, 0)
        usable = uri and len(uri) <= LINK_LIMIT and len(self._links) < LINKS and not _CONTROL.search(uri)
        if not number and usable:
            self._links.append(uri)
            number = self._link_numbers[uri] = len(self._links)
        return number

    def _reply(self, text: str) -> None:
        if self._answer and self._reply_length < REPLY_LIMIT:
            self._replies.append(text)
            self._reply_length += len(text)
