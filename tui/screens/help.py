"""Every key that works here, made from the bindings themselves."""

from __future__ import annotations

import re
from typing import Any

from textual.screen import Screen

from tui.screens._dialogs import Reader
from tui.screens._keys import Usable, labels, usable
from tui.widgets.cells import clean, width
from tui.widgets.state_pane import wrapped

_KEYS = re.compile(r"  \S.*?  +")
LEAST = 20
"""Cells below which what a key does is not worth to be folded."""

NOTES = """
Marks: actions work on the marked rows, else on the row under the cursor.
Filter: words are fuzzy, key=value, !word negates, ~regex~.
Mouse: Shift-drag selects text with the terminal's own selection;
  `mouse: off` in the config file frees it for good.
Session panes: every key goes to the far end except the prefix
  (Ctrl+] unless configured) and F12. A drag selects, two presses take
  a word, three a line, Ctrl+C copies; Ctrl and a press ask about a link.
  Where the far end has the mouse, hold Shift for these.
"""


def help_text(screen: Screen[Any], glyphs: Any) -> str:
    """Write the keys that work on a screen now, grouped by where they are bound: its own, the focus's, everywhere."""
    found = [one for one in usable(screen) if one.binding.description]
    groups: dict[str, list[tuple[str, str]]] = {}
    for one in sorted(found, key=lambda one: _rank(one, screen)):
        what = one.binding.tooltip or one.binding.description
        if one.refusal:
            what += f"  (refused: {one.refusal})"
        groups.setdefault(one.group, []).append((labels(one.keys, glyphs), what))
    inner = getattr(screen, "inner_keys", None)
    for title, bindings in inner() if inner is not None else ():
        groups[title] = [(labels(one.key.split(","), glyphs), one.tooltip) for one in bindings]
    parts = []
    for title, lines in groups.items():
        lines = with_one_line_for_digits(lines, glyphs.ellipsis if glyphs.arrow != ">" else "-")
        wide = max(len(keys) for keys, _ in lines)
        parts.append("\n".join([title, *(f"  {keys.ljust(min(wide, 24))}  {what}" for keys, what in lines)]))
    return "\n\n".join(parts) + "\n" + NOTES


def _rank(one: Usable, screen: Screen[Any]) -> int:
    """Say how far from here a binding is: the screen's own, what every screen has, the focused widget's, the app's."""
    if one.node is screen:
        return int((one.binding.id or "").startswith("screen."))
    return 3 if one.node is screen.app else 2


def with_one_line_for_digits(lines: list[tuple[str, str]], to: str) -> list[tuple[str, str]]:
    """Let the keys of the tabs, `1` and on, be one line: they all go to one."""
    digits = [keys for keys, _ in lines if len(keys) == 1 and keys.isdigit()]
    if len(digits) < 3:
        return lines
    made: list[tuple[str, str]] = []
    for keys, what in lines:
        if keys not in digits:
            made.append((keys, what))
        elif keys == digits[0]:
            made.append((f"{digits[0]}{to}{digits[-1]}", "Go to a tab"))
    return made


def folded(text: str, columns: int) -> list[str]:
    """Give the lines of a help text, those that are wider than so many cells in several: what stands behind the keys
    goes on below where it begins."""
    lines = []
    for line in text.split("\n"):
        keys = _KEYS.match(line)
        room = columns - keys.end() if keys else 0
        if keys is None or width(line) <= columns or room < LEAST:
            lines.append(line)
            continue
        first, *rest = wrapped(line[keys.end() :], room)
        lines += [keys[0] + first, *(" " * keys.end() + one for one in rest)]
    return lines


class HelpScreen(Reader):
    """The help window."""

    def on_resize(self) -> None:
        self.body.show([clean(line) for line in folded(self._whole, self.size.width - 2)])

    @classmethod
    def of(cls, screen: Screen[Any], glyphs: Any) -> HelpScreen:
        """Make the help of a screen as it is now."""
        name = getattr(screen, "TITLE", "") or ""
        return cls(f"Keys: {name}" if name else "Keys", help_text(screen, glyphs))
