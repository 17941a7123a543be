"""The README's table of keys, made from the bindings: `python -m tests.architecture.key_table` writes it anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tui.app import SsmApp
from tui.screens import SCREENS
from tui.screens._base import COPY, YAML, ConsoleScreen
from tui.screens._keys import key_label
from tui.widgets.resource_table import ResourceTable
from tui.widgets.tree import ResourceTree

README = Path(__file__).parent.parent.parent / "README.md"
BEGIN, END = "<!-- keys: python -m tests.architecture.key_table -->\n", "<!-- /keys -->\n"


def owners() -> list[tuple[str, list[Any]]]:
    """Give every set of bindings with its name: the shell's, a screen's, a table's, then each screen's own."""
    found = [
        ("everywhere", list(SsmApp.BINDINGS)),
        ("screens", [*ConsoleScreen.BINDINGS, COPY, YAML]),
        ("tables", _through(ResourceTable)),
        # A tree moves and marks as a table does: what it has beside that.
        ("trees", list(ResourceTree.__dict__["BINDINGS"])),
    ]
    shared = {binding.id for _, bindings in found for binding in bindings}
    for entry in SCREENS:
        own = [binding for binding in _through(entry.load()) if binding.id not in shared]
        if own:
            found.append((entry.title, own))
        if prefixed := getattr(entry.load(), "PREFIXED", None):
            found.append(("in a shell, after the prefix", list(prefixed)))
        if looking := getattr(entry.load(), "LOOKING_BACK", None):
            found.append(("in a shell's scrollback", list(looking)))
    return found


def _through(kind: type) -> list[Any]:
    """Give the bindings of a widget and of what it is made of, those of the ground first."""
    own = [one for one in reversed(kind.__mro__) if one.__module__.startswith("tui.")]
    return [binding for one in own for binding in one.__dict__.get("BINDINGS", [])]


def key_table() -> str:
    """Write the table as Markdown."""
    lines = ["| where | key | what it does |", "| --- | --- | --- |"]
    for where, bindings in owners():
        for binding in bindings:
            keys = " ".join(f"`{_shown(key)}`" for key in binding.key.split(","))
            lines.append(f"| {where} | {keys} | {binding.tooltip.replace('|', '/')} |")
            where = ""
    return "\n".join(lines) + "\n"


def _shown(key: str) -> str:
    label = key_label(key, ascii_only=True).replace("|", "\\|")
    return "+".join(part.title() for part in label.split("+")) if len(label) > 1 else label


def written(readme: str) -> str:
    """Give the README's text with the table of now between its marks."""
    head, _, rest = readme.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{key_table()}\n{END}{tail}"


if __name__ == "__main__":
    README.write_text(written(README.read_text("utf-8")), "utf-8")
