"""The modes a far end may switch, and what they mean to whoever draws and types.

A private mode (`CSI ? n h`) is kept shifted by five bits, as pyte keeps it, so that it is told from a plain one.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Literal

INSERT = 4
NEW_LINE = 20
CURSOR_KEYS = 1 << 5
COLUMNS_132 = 3 << 5
REVERSE_SCREEN = 5 << 5
ORIGIN = 6 << 5
WRAP = 7 << 5
CURSOR_BLINK = 12 << 5
CURSOR_SHOWN = 25 << 5
ALTERNATE_47 = 47 << 5
KEYPAD = 66 << 5
FOCUS = 1004 << 5
MOUSE_UTF8 = 1005 << 5
MOUSE_SGR = 1006 << 5
ALTERNATE_SCROLL = 1007 << 5
ALTERNATE_1047 = 1047 << 5
SAVED_CURSOR_1048 = 1048 << 5
ALTERNATE_1049 = 1049 << 5
BRACKETED_PASTE = 2004 << 5
SYNCHRONISED = 2026 << 5

MOUSE: dict[int, Literal["x10", "click", "drag", "motion"]] = {
    9 << 5: "x10",
    1000 << 5: "click",
    1002 << 5: "drag",
    1003 << 5: "motion",
}
ALTERNATES = {ALTERNATE_47, ALTERNATE_1047, ALTERNATE_1049}

KNOWN: frozenset[int] = frozenset(
    {INSERT, NEW_LINE, CURSOR_KEYS, COLUMNS_132, REVERSE_SCREEN, ORIGIN, WRAP, CURSOR_BLINK, CURSOR_SHOWN, KEYPAD}
    | {FOCUS, MOUSE_UTF8, MOUSE_SGR, ALTERNATE_SCROLL, SAVED_CURSOR_1048, BRACKETED_PASTE, SYNCHRONISED}
    | ALTERNATES
    | set(MOUSE)
)
"""What is kept; other numbers are ignored, so that a stream of random ones takes no memory."""

AT_START = frozenset({WRAP, CURSOR_SHOWN, ALTERNATE_SCROLL})


@dataclass(frozen=True, slots=True)
class Modes:
    """What the far end has asked of the keyboard, the mouse and the paste."""

    cursor_keys: bool = False
    keypad: bool = False
    bracketed_paste: bool = False
    focus: bool = False
    mouse: Literal["", "x10", "click", "drag", "motion"] = ""
    mouse_sgr: bool = False
    alternate: bool = False
    alternate_scroll: bool = True
    reverse: bool = False
    synchronised: bool = False
    keyboard: int = 0
    """The flags of kitty's keyboard protocol in force: 1 disambiguate, 2 event types, 4 alternate keys, 8 all keys as
    escapes, 16 with their text."""

    @classmethod
    def of(cls, modes: Set[int], *, alternate: bool, keyboard: int = 0) -> Modes:
        return cls(
            cursor_keys=CURSOR_KEYS in modes,
            keypad=KEYPAD in modes,
            bracketed_paste=BRACKETED_PASTE in modes,
            focus=FOCUS in modes,
            mouse=next((name for mode, name in MOUSE.items() if mode in modes), ""),
            mouse_sgr=MOUSE_SGR in modes,
            alternate=alternate,
            alternate_scroll=ALTERNATE_SCROLL in modes,
            reverse=REVERSE_SCREEN in modes,
            synchronised=SYNCHRONISED in modes,
            keyboard=keyboard,
        )
