"""Every key that works here, made from the bindings themselves."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen

from tui.screens._dialogs import Reader
from tui.screens._keys import labels, usable

NOTES = """
Marks: actions work on the marked rows, else on the row under the cursor.
Filter: words are fuzzy, key=value, !word negates, ~regex~.
Mouse: Shift-drag selects text with the terminal's own selection; `mouse: off` in the config file frees it for good.
Session panes: every key goes to the far end except the prefix (Ctrl+] unless configured) and F12.
"""


def help_text(screen: Screen[Any], glyphs: Any) -> str:
    """Write the keys that work on a screen now, grouped by where they are bound."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for one in usable(screen):
        if not one.binding.description:
            continue
        what = one.binding.tooltip or one.binding.description
        if one.refusal:
            what += f"  (refused: {one.refusal})"
        groups.setdefault(one.group, []).append((labels(one.keys, glyphs), what))
    parts = []
    for title, lines in groups.items():
        wide = max(len(keys) for keys, _ in lines)
        parts.append("\n".join([title, *(f"  {keys.ljust(min(wide, 24))}  {what}" for keys, what in lines)]))
    return "\n\n".join(parts) + "\n" + NOTES


class HelpScreen(Reader):
    """The help window."""

    @classmethod
    def of(cls, screen: Screen[Any], glyphs: Any) -> HelpScreen:
        """Make the help of a screen as it is now."""
        name = getattr(screen, "TITLE", "") or ""
        return cls(f"Keys: {name}" if name else "Keys", help_text(screen, glyphs))
