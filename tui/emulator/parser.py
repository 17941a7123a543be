"""Characters in, calls out: the control sequences of a terminal, whole or cut anywhere.

pyte's parser raises on private forms of plain sequences, prints what it doesn't know (DCS, colon parameters) and loses
the rest of a chunk after an odd character; so this one stands in its place. It keeps its state between calls and never
raises, whatever comes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Protocol

from tui.emulator.bulk import Bulk
from tui.emulator.pieces import Pieces
from tui.emulator.style import number
from tui.emulator.switches import SwitchedScreen

SEQUENCE_LIMIT = 1024
"""Characters of a control sequence that are read; a longer one is swallowed to its end and ignored."""
STRING_LIMIT = 1 << 20
"""Characters of an OSC that are kept; a longer one is swallowed to its end and ignored."""
REQUEST_LIMIT = 64
"""Characters of a DCS that are kept; only short ones ask something."""

_TEXT = re.compile(r"[^\x00-\x1f\x7f]+")
_BODY = re.compile(r"[\x20-\x3f]*")
_STRING = re.compile(r"[^\x07\x18\x1a\x1b]+")

_GROUND, _ESCAPE, _CSI, _OSC, _DCS, _SWALLOW = range(6)

_MANY = 32


def _nothing() -> None:
    """What an unknown sequence does."""


_CSI_CALLS: dict[str, tuple[str, int]] = {
    "@": ("insert_characters", 1),
    "A": ("cursor_up", 1),
    "B": ("cursor_down", 1),
    "C": ("cursor_forward", 1),
    "D": ("cursor_back", 1),
    "E": ("cursor_down1", 1),
    "F": ("cursor_up1", 1),
    "G": ("cursor_to_column", 1),
    "H": ("cursor_position", 2),
    "I": ("tab", 1),
    "J": ("erase_in_display", 1),
    "?J": ("erase_in_display", 1),
    "K": ("erase_in_line", 1),
    "?K": ("erase_in_line", 1),
    "L": ("insert_lines", 1),
    "M": ("delete_lines", 1),
    "P": ("delete_characters", 1),
    "S": ("scroll_up", 1),
    "T": ("scroll_down", 5),
    "X": ("erase_characters", 1),
    "Z": ("back_tab", 1),
    "`": ("cursor_to_column", 1),
    "a": ("cursor_forward", 1),
    "b": ("repeat", 1),
    "d": ("cursor_to_line", 1),
    "e": ("cursor_down", 1),
    "f": ("cursor_position", 2),
    "g": ("clear_tab_stop", 1),
    "h": ("set_mode", _MANY),
    "l": ("reset_mode", _MANY),
    "r": ("set_margins", 2),
    "s": ("save_cursor", 0),
    "u": ("restore_cursor", 0),
    ">u": ("push_keyboard", 1),
    "<u": ("pop_keyboard", 1),
    "=u": ("set_keyboard", 2),
    "!p": ("soft_reset", 0),
    " q": ("set_cursor_shape", 1),
}
_ESCAPE_CALLS = {
    "c": "reset",
    "D": "index",
    "E": "next_line",
    "M": "reverse_index",
    "H": "set_tab_stop",
    "7": "save_cursor",
    "8": "restore_cursor",
    "=": "keypad_application",
    ">": "keypad_numeric",
    "#8": "alignment_display",
}
_CONTROLS = {
    "\b": "backspace",
    "\t": "tab",
    "\n": "linefeed",
    "\v": "linefeed",
    "\f": "linefeed",
    "\r": "carriage_return",
    "\x0e": "shift_out",
    "\x0f": "shift_in",
}


class Host(Protocol):
    """What a sequence may ask of the terminal around the screen."""

    def bell(self) -> None: ...

    def report(self, kind: str, params: list[int]) -> None:
        """A question: `kind` is the sequence without its numbers, such as `>c`, `?n`, `?$p`."""

    def string(self, text: str) -> None:
        """An OSC, whole, without its introducer and its end."""

    def request(self, text: str) -> None:
        """A short DCS, whole, without its introducer and its end."""


class Parser:
    """Feeds a screen: whole lines and known pieces at once (`bulk`, `pieces`), the rest character by character."""

    def __init__(self, screen: SwitchedScreen, host: Host) -> None:
        self._host = host
        self._screen = screen
        self._bulk = Bulk(screen, Pieces(screen, self), self)
        self._csi: dict[str, tuple[Callable[..., None], int]] = {
            key: (getattr(screen, name), most) for key, (name, most) in _CSI_CALLS.items()
        }
        self._controls: dict[str, Callable[[], None]] = {key: getattr(screen, name) for key, name in _CONTROLS.items()}
        self._controls["\a"] = host.bell
        self._escapes: dict[str, Callable[[], None]] = {
            key: getattr(screen, name) for key, name in _ESCAPE_CALLS.items()
        }
        self._state = _GROUND
        self._collected = ""
        self._string: list[str] = []
        self._string_length = 0

    def feed(self, data: str) -> None:
        """Take characters in; what is cut at the end is gone on with at the next call."""
        at, end = 0, len(data)
        while self._state != _GROUND and at < end:
            at = self._go_on(data, at)
        if at < end:
            self._bulk.feed(data[at:] if at else data)

    def is_between(self) -> bool:
        return self._state == _GROUND

    def read(self, data: str) -> None:
        at, end = 0, len(data)
        while at < end:
            if self._state != _GROUND:
                at = self._go_on(data, at)
                continue
            found = _TEXT.match(data, at)
            if found:
                at = found.end()
                self._screen.draw(found.group())
                continue
            if data[at] == "\x1b":
                self._enter(_ESCAPE)
            else:
                self.control(data[at])
            at += 1

    def control(self, character: str) -> None:
        call = self._controls.get(character)
        if call is not None:
            call()
            self._screen.last_drawn = ""

    def _enter(self, state: int) -> None:
        self._state = state
        self._collected = ""

    def _go_on(self, data: str, at: int) -> int:
        """Take the next piece of what is not plain text; returns where it ended."""
        if self._state in (_OSC, _DCS, _SWALLOW):
            return self._in_string(data, at)
        if self._state == _CSI:
            found = _BODY.match(data, at)
            if found and found.group():
                if len(self._collected) <= SEQUENCE_LIMIT:
                    self._collected += found.group()[: SEQUENCE_LIMIT + 1]
                at = found.end()
                if at == len(data):
                    return at
        character = data[at]
        if character == "\x1b":
            self._enter(_ESCAPE)
        elif character in "\x18\x1a":
            self._enter(_GROUND)
        elif character < " ":
            # Controls inside a sequence act at once, and the sequence goes on.
            self.control(character)
        elif self._state == _CSI:
            self._end_sequence(character)
        else:
            self._escape(character)
        return at + 1

    def _escape(self, character: str) -> None:
        if character == "[" and not self._collected:
            self._enter(_CSI)
        elif character == "]" and not self._collected:
            self._begin_string(_OSC)
        elif character == "P" and not self._collected:
            self._begin_string(_DCS)
        elif character in "X^_k" and not self._collected:
            self._begin_string(_SWALLOW)
        elif character <= "/":
            if len(self._collected) < 4:
                self._collected += character
        elif character != "\x7f":
            collected = self._collected
            self._enter(_GROUND)
            self._screen.last_drawn = ""
            self.escape_of(collected, character)()

    def escape_of(self, intermediates: str, final: str) -> Callable[[], None]:
        if intermediates in ("(", ")"):
            return partial(self._screen.define_charset, final, intermediates)
        return self._escapes.get(intermediates + final, _nothing)

    def _end_sequence(self, character: str) -> None:
        if character == "\x7f":
            return
        body = self._collected
        self._enter(_GROUND)
        if len(body) > SEQUENCE_LIMIT or character > "~":
            return
        params = body.rstrip(" !\"#$%&'()*+,-./")
        call = self.call_of(params, body[len(params) :], character)
        if character != "b":
            self._screen.last_drawn = ""  # only what was drawn right before can be repeated
        call()

    def call_of(self, params: str, intermediates: str, final: str) -> Callable[[], None]:
        """Give what one control sequence does; unknown ones do nothing."""
        private = params[0] if params and params[0] in "<=>?" else ""
        numbers = params[1:] if private else params
        key = private + intermediates + final
        screen = self._screen
        if key == "m":
            return partial(screen.render, numbers)
        values = [number(part) for part in numbers.split(";", _MANY)[:_MANY]] if numbers else []
        if key in ("?h", "?l"):
            return partial(screen.set_mode if final == "h" else screen.reset_mode, *values, private=True)
        known = self._csi.get(key)
        if known is not None:
            handler, most = known
            return partial(handler, *values[:most])
        if final in "cnptqx" or key == "?u":
            return partial(self._host.report, key, values)
        return _nothing

    def _begin_string(self, state: int) -> None:
        self._enter(state)
        self._string.clear()
        self._string_length = 0

    def _in_string(self, data: str, at: int) -> int:
        limit = STRING_LIMIT if self._state == _OSC else REQUEST_LIMIT if self._state == _DCS else -1
        found = _STRING.match(data, at)
        if found:
            if self._string_length <= limit:
                self._string.append(found.group()[: limit + 1])
                self._string_length += len(found.group())
            at = found.end()
            if at == len(data):
                return at
        character = data[at]
        if character == "\a" and self._state != _OSC:
            return at + 1
        state = self._state
        self._enter(_ESCAPE if character == "\x1b" else _GROUND)
        if character not in "\x18\x1a" and self._string_length <= limit:
            if state == _OSC:
                self._host.string("".join(self._string))
            elif state == _DCS:
                self._host.request("".join(self._string))
        self._string.clear()
        return at + 1
