"""Parameters as the nested objects of JSON and YAML, by level, or as one flat object."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from tui.errors import UsageError
from tui.services._parameter_entries import Entry, Once, fault, path_below
from tui.services.parameter_models import ParameterType
from tui.services.parameter_names import relative_to

Scalar = str | list[str] | None
Tree = dict[str, Any]
"""Trees of entries by level."""


class Leaf(NamedTuple):
    """A value in a document: its keys from the top, what is there, and the line that it is in, from 1."""

    keys: tuple[str, ...]
    value: Scalar
    line: int
    secret: bool = False


def entries_of(leaves: Iterator[Leaf], under: str) -> list[Entry]:
    """Make entries of the values of a document. Raises: UsageError."""
    once = Once()
    for leaf in leaves:
        path = path_below(under, leaf.keys, leaf.line)
        value, type = leaf.value, ParameterType.SECURE_STRING if leaf.secret else None
        if isinstance(value, list):
            if any("," in item for item in value):
                raise fault(
                    leaf.line,
                    f"an item of {path} has a comma, and a StringList is one text with commas between its items.",
                    "Write the items apart, or the whole as one text.",
                )
            value, type = ",".join(value), ParameterType.STRING_LIST
        once.add(Entry(path, value, type, leaf.line))
    return once.entries


def tree_of(entries: Sequence[Entry], under: str, *, nested: bool) -> Tree:
    """Put entries into the objects that they are written in. Raises: UsageError for a level that is called `.`."""
    top: Tree = {}
    for entry in entries:
        rest = relative_to(entry.path, under)
        levels = rest.split("/") if rest else []
        if "." in levels:
            raise UsageError(
                f"{entry.path} can't be written here: the key . is the value of a folder itself.",
                hint="Rename it, or write it as .env or shell.",
            )
        if not nested:
            top[rest or "."] = entry
            continue
        within = top
        for level in levels[:-1]:
            below = within.setdefault(level, {})
            if isinstance(below, Entry):
                below = within[level] = {".": below}
            within = below
        last = levels[-1] if levels else "."
        if isinstance(within.get(last), dict):
            within[last] = {".": entry, **within[last]}
        else:
            within[last] = entry
    return top


def twice(key: str, line: int, before: int) -> UsageError:
    return fault(line, f"the key {key!r} stands in one object twice, first in line {before}.", "Keep one of the two.")


def no_scalar(key: str, line: int) -> UsageError:
    return fault(line, f"the list {key!r} has items that are not plain texts.", "A StringList has texts alone.")
