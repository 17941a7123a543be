"""Parameters as JSON, every scalar kept as the text that stands there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tui.errors import UsageError
from tui.services._parameter_entries import fault
from tui.services._parameter_trees import Leaf, Tree, no_scalar, twice
from tui.services.parameter_models import ParameterType

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"(\s*:)?', re.DOTALL)


def write_json(tree: Tree) -> str:
    """Write a tree; a secret that is not shown is null, a StringList a list."""
    return json.dumps(_plain(tree), indent=2, ensure_ascii=False) + "\n"


def _plain(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _plain(value) for key, value in node.items()}
    is_list = node.type is ParameterType.STRING_LIST and node.value is not None
    return node.value.split(",") if is_list else node.value


class _Pairs(list[tuple[str, Any]]):
    """The members of an object, those too that have the same name."""


def read_json(text: str) -> Iterator[Leaf]:
    """Give the values of a JSON object; null is a value that stays as it is. Raises: UsageError."""
    said: UsageError | None = None
    try:
        found = json.loads(text, object_pairs_hook=_Pairs, parse_int=str, parse_float=str, parse_constant=str)
    except json.JSONDecodeError as error:
        said = fault(error.lineno, f"this is no JSON: {error.msg} (column {error.colno}).", "Correct it there.")
    except RecursionError:
        said = fault(1, "objects are nested too deep.", "A name has 15 levels at most.")
    if said is not None:
        raise said  # outside of the handler, whose error has the whole text with its secrets
    if not isinstance(found, _Pairs):
        raise fault(1, "this is no JSON object.", 'Write it as {"name": "value"}.')
    keys = (match.start() for match in _STRING.finditer(text) if match[1])
    return _json_leaves(found, (), _line_numbers(text, keys))


def _line_numbers(text: str, places: Iterator[int]) -> Iterator[int]:
    line, counted = 1, 0
    for place in places:
        line, counted = line + text.count("\n", counted, place), place
        yield line


def _json_leaves(pairs: _Pairs, above: tuple[str, ...], lines: Iterator[int]) -> Iterator[Leaf]:
    seen: dict[str, int] = {}
    for key, value in pairs:
        line = next(lines)
        if key in seen:
            raise twice(key, line, seen[key])
        seen[key] = line
        keys = (*above, key)
        if isinstance(value, _Pairs):
            yield from _json_leaves(value, keys, lines)
        elif isinstance(value, list):
            yield Leaf(keys, [_json_text(item, line, key, in_list=True) or "" for item in value], line)
        else:
            yield Leaf(keys, _json_text(value, line, key), line)


def _json_text(value: Any, line: int, key: str, *, in_list: bool = False) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) or (value is None and not in_list):
        return value
    raise no_scalar(key, line)
