"""What a value holds that is not seen where it is drawn: blanks and line ends around it, characters of no width."""

from __future__ import annotations

import unicodedata

MOST = 4
"""Kinds of invisible characters that are named."""
_NAMES = {" ": "blank", "\t": "tab", "\n": "line end", "\r\n": "line end", "\r": "carriage return"}


def unseen(text: str, *, is_list: bool = False) -> list[str]:
    """Say what of a value nobody sees, a sentence each; a list is looked at by its items. Never says the value."""
    said = []
    if is_list:
        items = text.split(",")
        around = sum(item != item.strip() for item in items)
        if around:
            said.append(f"{around:,} of {len(items):,} items begin or end with a blank")
    elif text and not text.strip():
        said.append(f"{_blanks(text)}, and nothing else")
    else:
        lead, trail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
        said += [f"begins with {_blanks(lead)}"] if lead else []
        said += [f"ends with {_blanks(trail)}"] if trail else []
    hidden = sorted({character for character in text if unicodedata.category(character) == "Cf"})
    if hidden:
        named = ", ".join(f"U+{ord(character):04X} {_name(character)}".rstrip() for character in hidden[:MOST])
        more = f" and {len(hidden) - MOST} more" if len(hidden) > MOST else ""
        said.append(f"holds characters that do not show: {named}{more}")
    return said


def _blanks(text: str) -> str:
    """Count blanks by their kind: `2 blanks and a line end`."""
    found: dict[str, int] = {}
    for character in text.replace("\r\n", "\n"):
        name = _NAMES.get(character) or f"U+{ord(character):04X}"
        found[name] = found.get(name, 0) + 1
    return " and ".join(f"a {name}" if count == 1 else f"{count:,} {name}s" for name, count in found.items())


def _name(character: str) -> str:
    return unicodedata.name(character, "").lower()
