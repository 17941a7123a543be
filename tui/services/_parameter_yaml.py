"""Parameters as YAML, every scalar kept as the text that stands there; `!secret` marks a SecureString."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tui.errors import UsageError
from tui.services._parameter_entries import at_line, fault
from tui.services._parameter_trees import Leaf, Tree, no_scalar, twice
from tui.services.parameter_models import ParameterType

SECRET = "!secret"  # noqa: S105 - a tag of YAML
NULLS = ("null", "Null", "NULL", "~")
_PLAIN = re.compile(r"[A-Za-z/_][A-Za-z0-9_./@+-]*")
_ESCAPED = re.compile(r"[\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff]")
_QUOTED = re.compile(r"'[^']{2,}'|\"[^\"]{2,}\"")


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
        # What stands between quotes in a problem is a piece of the text.
        problem = _QUOTED.sub("…", error.problem or error.context or "")
        said = fault(line, f"this is no YAML: {problem}.", "Correct it there.")
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
                raise twice(key, line, seen[key])
            seen[key] = line
            if len(above) > 20:
                raise fault(line, "mappings are nested too deep.", "A name has 15 levels at most.")
            value = self._next()
            if start.flow_style and above and isinstance(value, yaml.ScalarEvent) and not (value.value or value.style):
                raise fault(line, f"{'/'.join(above)} begins with a brace.", "A text that begins with { needs quotes.")
            yield from self._value((*above, key), value)

    def _value(self, keys: tuple[str, ...], event: Any) -> Iterator[Leaf]:
        yaml, line = self._yaml, self._line(event)
        if isinstance(event, yaml.MappingStartEvent):
            yield from self._mapping(keys, event)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._untagged(event)
            items = []
            while not isinstance(item := self._next(), yaml.SequenceEndEvent):
                if not isinstance(item, yaml.ScalarEvent):
                    raise no_scalar(keys[-1], self._line(item))
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
                f"there is an {what}.",
                f"Write the value itself in each place; a text that begins with {mark} needs quotes.",
            )
        return event

    def _untagged(self, event: Any) -> None:
        if event.tag is not None:
            raise fault(
                self._line(event),
                "there is a tag.",
                f"The one tag that is known here is {SECRET}, before a text; a text that begins with ! needs quotes.",
            )

    @staticmethod
    def _line(event: Any) -> int:
        return int(event.start_mark.line) + 1
