"""Keys as an operator reads them: how each is written, which work now, and Hangul read as Latin keys."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from tui.widgets.bottom_bar import Hint

if TYPE_CHECKING:
    from textual.binding import Binding
    from textual.dom import DOMNode
    from textual.screen import Screen

    from tui.theming import Glyphs

_NAMES = {
    "slash": "/",
    "question_mark": "?",
    "colon": ":",
    "at": "@",
    "apostrophe": "'",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "backslash": "\\",
    "circumflex_accent": "^",
    "underscore": "_",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "comma": ",",
    "full_stop": ".",
    "asterisk": "*",
    "dollar_sign": "$",
    "exclamation_mark": "!",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "vertical_line": "|",
    "minus": "-",
    "plus": "+",
    "equals_sign": "=",
    "escape": "esc",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "enter": "⏎",
    "space": "␣",
}
_ASCII = {"up": "up", "down": "down", "left": "left", "right": "right", "enter": "enter", "space": "space"}


def key_label(key: str, *, ascii_only: bool = False) -> str:
    """Write a key as a footer and a manual do: `ctrl+right_square_bracket` is `ctrl+]`, enter is ⏎."""
    *modifiers, last = key.split("+")
    name = _ASCII.get(last) if ascii_only else None
    return "+".join([*modifiers, name or _NAMES.get(last, last)])


def labels(keys: Iterable[str], glyphs: Glyphs) -> str:
    """Write the keys of one action in one text."""
    return " ".join(key_label(key, ascii_only=glyphs.arrow == ">") for key in keys)


class Usable(NamedTuple):
    """A binding that reaches its action from where the focus is; `keys` are all of its keys."""

    binding: Binding
    node: DOMNode
    keys: list[str]
    refusal: str
    section: str = ""
    """The help section it belongs to, where that is another than its node's."""

    @property
    def group(self) -> str:
        """Where it is bound, in words: the name of a help section."""
        if self.section:
            return self.section
        named = getattr(self.node, "HELP_GROUP", "") or getattr(self.node, "TITLE", "")
        return str(named or re.sub(r"(?<=[a-z])[A-Z]", lambda found: f" {found[0].lower()}", type(self.node).__name__))


def usable(screen: Screen[Any]) -> list[Usable]:
    """Give every binding that works on a screen now, from the focused widget outwards; keys of one action together.

    What a screen says to be `prefixed`, the keys that follow another one, comes last.
    """
    found: dict[tuple[int, str, str], Usable] = {}
    for key, active in screen.active_bindings.items():
        binding, node = active.binding, active.node
        mark = (id(node), binding.action, binding.id or "")
        if mark in found:
            found[mark].keys.append(key)
            continue
        target, _, name = binding.action.partition("(")[0].rpartition(".")
        owner = {"app": screen.app, "screen": screen}.get(target, node)
        meaningless = getattr(owner, "means_nothing", None)
        if meaningless is not None and meaningless(name):
            continue
        reason = getattr(owner, "disabled_reason", None)
        found[mark] = Usable(binding, node, [key], reason(name) if reason else "")
    prefixed = getattr(screen, "prefixed", None)
    return [*found.values(), *(prefixed() if prefixed is not None else [])]


def deed_of(screen: Screen[Any], action: str) -> str:
    """Say in words what an action does, from the tooltip of its key: `open a shell on the node`."""
    for active in screen.active_bindings.values():
        binding = active.binding
        if binding.action.partition("(")[0].rpartition(".")[2] == action and binding.tooltip:
            # What stands behind a comma says more of it than a refusal needs.
            said = re.sub(r"\bthe marked (\w+)s, else( \w+)? this one", r"this \1", binding.tooltip)
            said = re.split("[,;:(]", said)[0].strip()
            return said[:1].lower() + said[1:]
    return action.replace("_", " ")


def hints_of(screen: Screen[Any], glyphs: Glyphs) -> list[Hint]:
    """Give the footer of a screen: the bindings that want to be shown, the shell's own kept where room is short.

    The screen's own stand in the order in which it binds them, what is refused now behind what works.
    """
    ascii_only = glyphs.arrow == ">"
    hints = []
    order = {binding.id: at for at, binding in enumerate(type(screen).__dict__.get("BINDINGS", ()), 1)}
    for one in sorted(usable(screen), key=lambda one: order.get(one.binding.id, 0) if one.node is screen else 0):
        if one.binding.description and (one.binding.show or one.binding.id == "table.open"):
            label = one.binding.key_display or key_label(one.keys[0], ascii_only=ascii_only)
            always = one.node is screen.app or one.binding.id in ("screen.filter", "screen.back")
            hints.append(Hint(label, one.binding.description, one.binding.id or "", bool(one.refusal), always))
    return sorted(hints, key=lambda hint: (hint.always, hint.refused))


# The two-set keyboard, the one on every Korean keyboard: which Latin key each jamo sits on.
_JAMO = dict(zip("ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡ", "qwertyuiopasdfghjklzxcvbnm", strict=True))
_JAMO |= dict(zip("ㅃㅉㄸㄲㅆㅒㅖ", "QWERTOP", strict=True))
_CLUSTERS = {
    "ㄳ": "ㄱㅅ",
    "ㄵ": "ㄴㅈ",
    "ㄶ": "ㄴㅎ",
    "ㄺ": "ㄹㄱ",
    "ㄻ": "ㄹㅁ",
    "ㄼ": "ㄹㅂ",
    "ㄽ": "ㄹㅅ",
    "ㄾ": "ㄹㅌ",
    "ㄿ": "ㄹㅍ",
    "ㅀ": "ㄹㅎ",
    "ㅄ": "ㅂㅅ",
    "ㅘ": "ㅗㅏ",
    "ㅙ": "ㅗㅐ",
    "ㅚ": "ㅗㅣ",
    "ㅝ": "ㅜㅓ",
    "ㅞ": "ㅜㅔ",
    "ㅟ": "ㅜㅣ",
    "ㅢ": "ㅡㅣ",
}
_LEADS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_TAILS = ["", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"]


def latin_keys(text: str) -> str:
    """Give the Latin keys that were pressed for Hangul: a jamo, a cluster, a syllable; "" where it is no Hangul."""
    keys = ""
    for character in unicodedata.normalize("NFC", text):
        code = ord(character) - 0xAC00
        is_syllable = 0 <= code < 11172
        parts = _LEADS[code // 588] + _VOWELS[code % 588 // 28] + _TAILS[code % 28] if is_syllable else character
        for part in parts:
            for jamo in _CLUSTERS.get(part, part):
                if jamo not in _JAMO:
                    return ""
                keys += _JAMO[jamo]
    return keys
