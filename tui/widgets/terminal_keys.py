"""Keys, pastes and the mouse as the bytes that an xterm sends."""

from __future__ import annotations

import re
import string
import unicodedata
from typing import TYPE_CHECKING

from textual import _ansi_sequences, _xterm_parser
from textual._keyboard_protocol import MODIFIER_FUNCTIONAL_KEYS
from textual.keys import KEY_NAME_REPLACEMENTS, _character_to_key

from tui.widgets.terminal_kitty import encode_kitty

if TYPE_CHECKING:
    from tui.emulator.modes import Modes

_CURSOR = {"up": "A", "down": "B", "right": "C", "left": "D", "home": "H", "end": "F"}
_SS3 = {"f1": "P", "f2": "Q", "f3": "R", "f4": "S"}
_TILDE = {"insert": 2, "delete": 3, "pageup": 5, "pagedown": 6} | {
    f"f{key}": code for key, code in zip(range(5, 13), (15, 17, 18, 19, 20, 21, 23, 24), strict=True)
}
_PLAIN = {"enter": "\r", "return": "\r", "tab": "\t", "escape": "\x1b", "space": " ", "backspace": "\x7f"}
_CONTROL = {" ": 0, "2": 0, "3": 27, "4": 28, "5": 29, "6": 30, "7": 31, "8": 127, "?": 127, "-": 31, "/": 31}
_PLACE = re.compile(r"\x1b\[(?!1;[2-8]R)(?P<row>\d+);(?P<col>\d+)R")
"""A report of the cursor's place, as Textual has it, that is no F3."""
_PUNCTUATION = {_character_to_key(mark): mark for mark in string.punctuation}
_PUNCTUATION |= {KEY_NAME_REPLACEMENTS.get(name, name): mark for name, mark in _PUNCTUATION.items()}
_PUNCTUATION["space"] = " "


class _Named:
    """Stands in Textual's table of sequences, which holds members of an enumeration."""

    def __init__(self, value: str) -> None:
        self.value = value


def teach_parser() -> None:
    """Make Textual's parser tell Alt+key from all else.

    As it comes it takes Alt+B and Alt+F for Ctrl+arrows, Alt+Backspace for Ctrl+W and Alt+digit for a symbol, drops the
    Alt of punctuation (so `Esc :` typed fast loses its Esc), and waits for the escape delay at each Alt+letter. Alt+[
    stays as it is: it begins every other sequence. F3 with Shift, Alt or Ctrl it takes for the cursor's place, which
    only a program without a screen of its own asks for. Calling it again changes nothing.
    """
    _xterm_parser._re_cursor_position = _PLACE
    table: dict[str, object] = _ansi_sequences.ANSI_SEQUENCES_KEYS  # type: ignore[assignment]  # a dict, typed as Mapping
    if "\x1b." in table:
        return
    for code in range(0x20, 0x7F):
        character = chr(code)
        if character in "[O":
            continue
        name = character if character.isalnum() else _character_to_key(character)
        table["\x1b" + character] = (_Named(f"alt+shift+{name.lower()}" if character.isupper() else f"alt+{name}"),)
    for code in range(1, 27):
        if chr(code) not in "\t\r":
            table["\x1b" + chr(code)] = (_Named(f"alt+ctrl+{chr(code + 96)}"),)
    table["\x1b\r"] = (_Named("alt+enter"),)
    table["\x1b\x7f"] = (_Named("alt+backspace"),)
    table["\x1b\x00"] = (_Named("alt+ctrl+@"),)


def is_modifier(key: str) -> bool:
    """Whether a key is one that is held, which some terminals report by itself: it does nothing."""
    return key in MODIFIER_FUNCTIONAL_KEYS or key in ("caps_lock", "num_lock", "scroll_lock")


def encode_key(key: str, character: str | None, modes: Modes) -> bytes:
    """Give the bytes of a key as Textual names it; empty for a key that no xterm sends."""
    *held, name = key.split("+") if len(key) > 1 else [key]
    shift, alt, control = "shift" in held, "alt" in held, "ctrl" in held
    if modes.keyboard:
        if control and name in ("@", "at"):
            name, character = "space", " "  # what a terminal of old sends for Ctrl+Space
        text = _PLAIN[name] if name in _PLAIN else character if character and not held else _letter(name, character)
        said = encode_kitty(name, frozenset(held), text, modes.keyboard)
        if said is not None:
            return said
    if not held and character and (name not in _PLAIN or name in ("space", "backspace")):
        return character.encode("utf-8", "ignore")  # Ctrl+H comes as a backspace with its own character
    number = name[1:] if name.startswith("f") else ""
    if number.isdigit() and 13 <= int(number) <= 24:
        name, shift = f"f{int(number) - 12}", True
    modifier = 1 + shift + 2 * alt + 4 * control
    if name in _CURSOR:
        if modifier == 1:
            return f"\x1b{'O' if modes.cursor_keys else '['}{_CURSOR[name]}".encode()
        return f"\x1b[1;{modifier}{_CURSOR[name]}".encode()
    if name in _SS3:
        return (f"\x1bO{_SS3[name]}" if modifier == 1 else f"\x1b[1;{modifier}{_SS3[name]}").encode()
    if name in _TILDE:
        return (f"\x1b[{_TILDE[name]}~" if modifier == 1 else f"\x1b[{_TILDE[name]};{modifier}~").encode()
    if name == "tab" and shift:
        return b"\x1b[Z"
    if name == "backspace" and control:
        text = "\b"
    elif name in _PLAIN and not (name == "space" and control):
        text = _PLAIN[name]
    else:
        text = _letter(name, character)
        if shift:
            text = text.upper()
        if control and text:
            text = _with_control(text)
    return (("\x1b" if alt and text else "") + text).encode("utf-8", "ignore")


def character_of(name: str) -> str:
    """Give the character that a key's name stands for; the name itself where it is none."""
    return _letter(name, None) or name


def _letter(name: str, character: str | None) -> str:
    """The character a key's name stands for; empty where it is none."""
    if len(name) == 1:
        return name
    if name in _PUNCTUATION:
        return _PUNCTUATION[name]
    try:
        return unicodedata.lookup(name.replace("_", " "))
    except KeyError:
        return character if character and character.isprintable() else ""


def _with_control(text: str) -> str:
    if text in _CONTROL:
        return chr(_CONTROL[text])
    upper = text.upper()
    return chr(ord(upper) & 0x1F) if len(upper) == 1 and "@" <= upper <= "_" else text


def encode_paste(text: str, *, bracketed: bool) -> bytes:
    """Give a paste as the far end expects it: line ends as Return; in brackets where it asked for them (mode 2004), and
    then with no end of the brackets inside, by which a paste could type commands."""
    text = text.replace("\r\n", "\r").replace("\n", "\r")
    if not bracketed:
        return text.encode("utf-8", "ignore")
    while "\x1b[201~" in text or "\x9b201~" in text:
        text = text.replace("\x1b[201~", "").replace("\x9b201~", "")
    return f"\x1b[200~{text}\x1b[201~".encode("utf-8", "ignore")


def encode_mouse(
    button: int, column: int, row: int, *, modes: Modes, released: bool = False, moved: bool = False, held: str = ""
) -> bytes:
    """Give a mouse report; `button` is 0 left, 1 middle, 2 right, 3 none, 64 and 65 the wheel; `held` names modifiers.

    Empty where the far end asked for no such report.
    """
    if not modes.mouse or (modes.mouse == "x10" and (released or moved)):
        return b""
    if moved and (modes.mouse == "click" or (modes.mouse == "drag" and button == 3)):
        return b""
    code = button + (32 if moved else 0)
    if modes.mouse != "x10":
        code += 4 * ("shift" in held) + 8 * ("alt" in held) + 16 * ("ctrl" in held)
    if modes.mouse_sgr:
        return f"\x1b[<{code};{column + 1};{row + 1}{'m' if released else 'M'}".encode()
    if released:
        code = code & ~3 | 3
    if max(column, row) > 222:
        return b""  # beyond what this encoding can say
    return b"\x1b[M" + bytes((code + 32, column + 33, row + 33))
