"""A group's query as words, `env=prod env=staging role`, and such words as a query."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from tui.services.resource_groups import GroupQuery

if TYPE_CHECKING:
    from tui.ports import Ref
    from tui.screens._shell import Shell

MOST_FILTERS, MOST_VALUES = 50, 20


def target_of(group: Ref, shell: Shell) -> str:
    """Write a group as a target word, behind its context where several are open."""
    return f"{group.context}:group:{group.id}" if len(shell.contexts) > 1 else f"group:{group.id}"


def query_words(query: GroupQuery) -> str:
    """Write a query as the form takes it: a word for each value, a bare key where any value counts."""
    if query.other:
        return query.other
    words = [f"{key}={value}" for key, values in query.filters for value in values]
    words += [key for key, values in query.filters if not values]
    return shlex.join(words)


def query_said(query: GroupQuery) -> str:
    """Say a query in a table: `env=prod|staging role`."""
    if query.other:
        return query.other
    said = " ".join(f"{key}={'|'.join(values)}" if values else key for key, values in query.filters)
    kinds = ", ".join(type.rpartition("::")[2] for type in query.types)
    return said if "AWS::AllSupported" in query.types else f"{said}  ({kinds} only)"


def read_query(text: str, types: tuple[str, ...] = ("AWS::AllSupported",)) -> GroupQuery:
    """Read words `key=value` and `key`: every key must be there, with one of its values.

    Raises: ValueError with a sentence for what no group can be made of.
    """
    filters: dict[str, list[str]] = {}
    anything: set[str] = set()
    for word in shlex.split(text):
        key, equals, value = word.partition("=")
        if not key:
            raise ValueError(f"{word!r} is not key=value.")
        if len(key) > 128 or len(value) > 256:
            raise ValueError(f"{key[:20]!r}: a key has at most 128 characters, a value 256.")
        known = filters.setdefault(key, [])
        if not equals:
            anything.add(key)
        elif value not in known:
            known.append(value)
    for key, values in filters.items():
        if key in anything and values:
            raise ValueError(f"{key!r} stands here with a value and without one.")
        if len(values) > MOST_VALUES:
            raise ValueError(f"{key!r} has {len(values)} values; at most {MOST_VALUES} fit.")
    if len(filters) > MOST_FILTERS:
        raise ValueError(f"{len(filters)} keys; at most {MOST_FILTERS} fit.")
    return GroupQuery(filters=tuple((key, tuple(values)) for key, values in filters.items()), types=types)
