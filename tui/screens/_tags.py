"""Tags as one line of words, and the dialog that asks for them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from tui.screens._dialogs import Prompt


class TagsPrompt(Prompt):
    """Asks for the tags that the chosen nodes have in common, as words `key=value`."""

    def __init__(self, count: int, about: str, common: Mapping[str, str]) -> None:
        title = "Tags of one node" if count == 1 else f"Tags that {count} nodes have in common"
        text = about + "\nWords key=value, quoted where they hold spaces; a word that is taken out is removed."
        super().__init__(title, text, value=shlex.join(f"{key}={value}" for key, value in sorted(common.items())))

    def check(self, text: str) -> str:
        try:
            read_tags(text)
        except ValueError as error:
            return f"{error}   esc leaves it"
        return ""


def read_tags(text: str) -> dict[str, str]:
    """Read words `key=value` as the shell would split them.

    Raises: ValueError with a sentence for a word that is none, and for what AWS does not take as a tag.
    """
    tags: dict[str, str] = {}
    for word in shlex.split(text):
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise ValueError(f"{word!r} is not key=value.")
        if len(key) > 128 or len(value) > 256:
            raise ValueError(f"{key[:20]!r}: a key has at most 128 characters, a value 256.")
        if key.lower().startswith("aws:"):
            raise ValueError(f"{key!r}: keys that begin with aws: are AWS's own.")
        tags[key] = value
    if len(tags) > 50:
        raise ValueError("A node has at most 50 tags.")
    return tags
