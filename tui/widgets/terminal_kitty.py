"""Keys in kitty's keyboard protocol, for far ends that asked for it (`CSI > flags u`).

Flags: 1 tells ambiguous keys apart, 4 adds the shifted letter, 8 makes a sequence of every key, 16 adds the text. 2
asks for releases too, of which Textual knows nothing: each key is a press. https://sw.kovidgoyal.net/kitty/keyboard-protocol/
"""

from __future__ import annotations

from collections.abc import Set

DISAMBIGUATE, ALTERNATES, ALL_KEYS, TEXT = 1, 4, 8, 16
_BITS = {"shift": 1, "alt": 2, "ctrl": 4, "super": 8, "hyper": 16, "meta": 32}
_NUMBERS = {"escape": 27, "enter": 13, "return": 13, "tab": 9, "backspace": 127, "space": 32}
_LETTERS = {"up": "A", "down": "B", "right": "C", "left": "D", "home": "H", "end": "F", "f1": "P", "f2": "Q", "f4": "S"}
_TILDES = {"insert": 2, "delete": 3, "pageup": 5, "pagedown": 6, "f3": 13}
_TILDES |= {f"f{key}": code for key, code in zip(range(5, 13), (15, 17, 18, 19, 20, 21, 23, 24), strict=True)}
_OTHERS = {f"f{key}": 57363 + key for key in range(13, 36)} | {"menu": 57363, "pause": 57362, "print_screen": 57361}


def encode_kitty(name: str, held: Set[str], text: str, flags: int) -> bytes | None:
    """Give the bytes of a key, None where they are those of old; `text` is the character that its name stands for."""
    bits = sum(_BITS[modifier] for modifier in held if modifier in _BITS)
    modifier = f";{bits + 1}" if bits else ""
    if name in _LETTERS:
        return f"\x1b[{'1' + modifier if modifier else ''}{_LETTERS[name]}".encode()
    if name in _TILDES:
        return f"\x1b[{_TILDES[name]}{modifier}~".encode()
    if name in _OTHERS:
        return f"\x1b[{_OTHERS[name]}{modifier}u".encode()
    if name in _NUMBERS:
        plain = name != "escape" and (not bits or (name == "space" and bits == 1))
        return None if plain and not flags & ALL_KEYS else _sequence(_NUMBERS[name], "", modifier, "", flags)
    if len(text) != 1:
        return None
    if not bits & ~1 and not flags & ALL_KEYS:
        return None
    shifted = ""
    if text != text.lower() and len(text.lower()) == 1:
        bits |= 1
        shifted, text = text, text.lower()
    elif bits & 1 and len(text.upper()) == 1:
        shifted = text.upper()
    written = "" if bits & ~1 else shifted or text
    return _sequence(ord(text), shifted if bits & 1 else "", f";{bits + 1}" if bits else "", written, flags)


def _sequence(number: int, shifted: str, modifier: str, text: str, flags: int) -> bytes:
    alternate = f":{ord(shifted)}" if shifted and flags & ALTERNATES else ""
    said = f"{modifier or ';'};{ord(text)}" if text and flags & TEXT and flags & ALL_KEYS else modifier
    return f"\x1b[{number}{alternate}{said}u".encode()
