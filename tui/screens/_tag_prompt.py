"""Asks for a tag."""

from __future__ import annotations

from tui.screens._dialogs import Prompt


class TagPrompt(Prompt):
    """Asks for `key=value`; a value may be empty, a key may not (AWS: 1 to 128 characters, values up to 256)."""

    def check(self, text: str) -> str:
        key, equals, value = text.partition("=")
        if not key.strip() or not equals:
            return "Expected key=value, such as env=prod."
        if len(key.strip()) > 128 or len(value.strip()) > 256:
            return "A key has at most 128 characters, a value at most 256."
        return ""
