"""Parameters as JSON and as YAML: nested objects by level, or one flat object, every scalar kept as the text it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from tui.errors import UsageError
from tui.services._parameter_entries import Entry, Once, at_line, fault, path_below
from tui.services.parameter_models import ParameterType
from tui.services.parameter_names import relative_to

SECRET = "!secret"  # noqa: S105 - a tag of YAML
NULLS = ("null", "Null", "NULL", "~")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"(\s*:)?', re.DOTALL)
_PLAIN = re.compile(r"[A-Za-z/_][A-Za-z0-9_./@+-]*")
_ESCAPED = re.compile(r"[\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff]")

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


# JSON


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
            raise _twice(key, line, seen[key])
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
    raise _no_scalar(key, line)


def _twice(key: str, line: int, before: int) -> UsageError:
    return fault(line, f"the key {key!r} stands in one object twice, first in line {before}.", "Keep one of the two.")


def _no_scalar(key: str, line: int) -> UsageError:
    return fault(line, f"the list {key!r} has items that are not plain texts.", "A StringList has texts alone.")


# YAML


def write_yaml(tree: Tree) -> str:
    """Write a tree; a secret that is not shown is `!secret` alone."""
    return "".join(_yaml_lines(tree, "")) or "{}\n"


def _yaml_lines(tree: Tree, indent: str) -> Iterator[str]:
    for key, node in tree.items():
        name = key if _is_plain(key) or key == "." else json.dumps(key)
        if isinstance(node, dict):
            yield f"{indent}{name}:\n"
            yield from _yaml_lines(node, indent + "  ")
        elif node.type is ParameterType.STRING_LIST and node.value is not None:
            yield f"{indent}{name}:\n"
            yield from (f"{indent}  - {_yaml_text(item, indent + '    ')}\n" for item in node.value.split(","))
        else:
            tag = f" {SECRET}" if node.is_secret else ""
            if node.value is None and not tag:
                raise UsageError(f"{node.path} has no value.", hint="Only a secret can be left out of YAML.")
            text = "" if node.value is None else " " + _yaml_text(node.value, indent + "  ")
            yield f"{indent}{name}:{tag}{text}\n"


def _yaml_text(value: str, indent: str) -> str:
    """Write a text so that every reader of YAML, 1.1 or 1.2, takes it for that text."""
    if _is_plain(value):
        return value
    lines = value.split("\n")
    body = lines[:-1] if lines[-1] == "" else lines
    is_block = len(body) > 1 and body[0][:1] not in ("", " ") and body[-1]
    if is_block and all(line.isprintable() and not line.endswith(" ") for line in body):
        chomp = "" if lines[-1] == "" else "-"
        return f"|{chomp}\n" + "\n".join(f"{indent}{line}" if line else "" for line in body)
    quoted = json.dumps(value, ensure_ascii=False)
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)


def _is_plain(text: str) -> bool:
    """Whether it is a text without quotes too: no number, no boolean, no date, in 1.1 and in 1.2."""
    if not _PLAIN.fullmatch(text):
        return False
    return text.lower() not in ("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf")


def read_yaml(text: str) -> Iterator[Leaf]:
    """Give the values of a YAML mapping, from its events: its resolvers, which change texts, are not asked.

    Raises: UsageError.
    """
    import yaml  # deferred: 15 ms that the other formats don't need

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    said: UsageError | None = None
    leaves: list[Leaf] = []
    try:
        leaves = [*_Yaml(yaml, yaml.parse(text, Loader=loader)).leaves()]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 1
        said = fault(line, f"this is no YAML: {error.problem or error.context}.", "Correct it there.")
    except yaml.reader.ReaderError as error:
        place = error.position if isinstance(error.position, int) else 0
        said = fault(at_line(text, place), "there is a character that YAML can't have.", 'Write it as "\\x01".')
    if said is not None:
        raise said  # outside of the handler, whose error has a piece of the text
    return iter(leaves)


class _Yaml:
    """Walks the events of one document."""

    def __init__(self, yaml: Any, events: Iterator[Any]) -> None:
        self._yaml = yaml
        self._events = events

    def leaves(self) -> Iterator[Leaf]:
        yaml = self._yaml
        event = self._next(yaml.StreamStartEvent)
        event = next(self._events)
        if isinstance(event, yaml.StreamEndEvent):
            return
        event = self._next()
        empty = isinstance(event, yaml.ScalarEvent) and not event.value and not event.tag and not event.style
        if not empty:
            if not isinstance(event, yaml.MappingStartEvent):
                raise fault(self._line(event), "this is no mapping of names to values.", "Write it as `name: value`.")
            yield from self._mapping((), event)
        self._next(yaml.DocumentEndEvent)
        event = next(self._events)
        if not isinstance(event, yaml.StreamEndEvent):
            raise fault(self._line(event), "a second document begins here.", "Put all into one.")

    def _mapping(self, above: tuple[str, ...], start: Any) -> Iterator[Leaf]:
        yaml = self._yaml
        self._untagged(start)
        seen: dict[str, int] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            line = self._line(event)
            if not isinstance(event, yaml.ScalarEvent):
                raise fault(line, "a key is no text.", "Keys are the levels of a name.")
            self._untagged(event)
            key = event.value
            if key in seen:
                raise _twice(key, line, seen[key])
            seen[key] = line
            if len(above) > 20:
                raise fault(line, "mappings are nested too deep.", "A name has 15 levels at most.")
            yield from self._value((*above, key), self._next())

    def _value(self, keys: tuple[str, ...], event: Any) -> Iterator[Leaf]:
        yaml, line = self._yaml, self._line(event)
        if isinstance(event, yaml.MappingStartEvent):
            yield from self._mapping(keys, event)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._untagged(event)
            items = []
            while not isinstance(item := self._next(), yaml.SequenceEndEvent):
                if not isinstance(item, yaml.ScalarEvent):
                    raise _no_scalar(keys[-1], self._line(item))
                self._untagged(item)
                items.append(self._text(keys, item))
            yield Leaf(keys, items, line)
        elif event.tag == SECRET:
            yield Leaf(keys, event.value if event.value or event.style else None, line, secret=True)
        else:
            self._untagged(event)
            yield Leaf(keys, self._text(keys, event), line)

    def _text(self, keys: tuple[str, ...], event: Any) -> str:
        if not event.style and event.value in NULLS:
            raise fault(
                self._line(event),
                f"{'/'.join(keys)} is {event.value}, which is no value.",
                "Put it between quotes where that text is meant, or take the key out.",
            )
        text: str = event.value
        return text

    def _next(self, kind: Any = None) -> Any:
        event = next(self._events)
        assert kind is None or isinstance(event, kind)
        if getattr(event, "anchor", None):
            what = "alias" if isinstance(event, self._yaml.AliasEvent) else "anchor"
            mark = "*" if what == "alias" else "&"
            raise fault(
                self._line(event),
                f"there is an {what}, {mark}{event.anchor}.",
                f"Write the value itself in each place; a text that begins with {mark} needs quotes.",
            )
        return event

    def _untagged(self, event: Any) -> None:
        if event.tag is not None:
            raise fault(
                self._line(event),
                f"there is a tag, {event.tag}.",
                f"The one tag that is known here is {SECRET}, before a text; a text that begins with ! needs quotes.",
            )

    @staticmethod
    def _line(event: Any) -> int:
        return int(event.start_mark.line) + 1
