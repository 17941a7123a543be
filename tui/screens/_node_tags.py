"""The tags of one node, one at a time: asked for, added, changed, removed."""

from __future__ import annotations

from collections.abc import Sequence

from tui.ports import Ref
from tui.screens._base import ConsoleScreen
from tui.screens._dialogs import Prompt, TypeName
from tui.screens._unknown_tags import warned_of
from tui.services.nodes import Node
from tui.services.tags import Tags


class TagPrompt(Prompt):
    """Asks for `key=value`; a value may be empty, a key may not (AWS: 1 to 128 characters, values up to 256)."""

    def check(self, text: str) -> str:
        key, equals, value = text.partition("=")
        if not key.strip() or not equals:
            return "Expected key=value, such as env=prod.   esc leaves it"
        if len(key.strip()) > 128 or len(value.strip()) > 256:
            return "A key has at most 128 characters, a value at most 256.   esc leaves it"
        if key.strip().lower().startswith("aws:"):
            return "Keys that begin with aws: are AWS's own.   esc leaves it"
        return ""


class ValuePrompt(Prompt):
    """Asks for a tag's value, which may be empty."""

    def check(self, text: str) -> str:
        return "A value has at most 256 characters.   esc leaves it" if len(text.strip()) > 256 else ""


async def add_tag(screen: ConsoleScreen, node: Node, name: str) -> None:
    """Ask for a tag and add it; one of that key gets the new value."""
    ref = node.ref
    answer = await screen.ask(TagPrompt(f"Add a tag to {name}", f"key=value{warned_of([node])}"))
    if answer:
        key, _, value = answer.partition("=")
        await screen.shell.services.of(Tags, ref.context).add(ref.id, {key.strip(): value.strip()})
        screen.reload()


async def change_tag(screen: ConsoleScreen, ref: Ref, name: str, key: str, value: str) -> None:
    """Ask for another value of a tag."""
    answer = await screen.ask(ValuePrompt(f"The value of {key} on {name}", value=value, label=key))
    if answer is not None and answer.strip() != value:
        await screen.shell.services.of(Tags, ref.context).add(ref.id, {key: answer.strip()})
        screen.reload()


async def remove_tags(screen: ConsoleScreen, ref: Ref, name: str, keys: Sequence[str], hidden: Sequence[str]) -> None:
    """Remove tags once their name, or their count, was typed; `hidden` are those of them that a filter hides."""
    about = ", ".join(keys) + (f"\nHidden by the filter, yet marked: {', '.join(hidden)}." if hidden else "")
    what, expected = (f"the tag {keys[0]}", keys[0]) if len(keys) == 1 else (f"{len(keys)} tags", str(len(keys)))
    if await screen.ask(TypeName(f"Remove {what} from {name}?", about, expected=expected, verb="remove")):
        await screen.shell.services.of(Tags, ref.context).remove(ref.id, keys)
        screen.reload()
