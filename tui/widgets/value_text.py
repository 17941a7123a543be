"""A value as one reads it: JSON with its lines and colours, YAML coloured, a list one item a line, all else as it is.

The words name styles of the bars, so that every theme has them; nothing here is markup.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tui.widgets.cells import clean, width
from tui.widgets.top_bar import Word

Line = tuple[Word, ...]

MOST = 64 * 1024
"""Characters beyond which a text is shown as it is: a value of a parameter has 8 KB at most."""

_JSON = re.compile(
    r'(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>-?\d[\d.eE+-]*)|(?P<word>true|false|null)|(?P<sign>[][{}:,])'
)
_STYLES = {"text": "good", "number": "warn", "word": "warn", "sign": "dim"}
_INDENT = "  "
_YAML = re.compile(r"(?P<lead>\s*(?:-\s+)*)(?P<key>\"[^\"]*\"|'[^']*'|[^\s:#'\"][^:#]*)(?P<sign>:)(?=\s|$)(?P<rest>.*)")
_SCALAR = re.compile(r"-?\d[\d._eE+-]*|true|false|yes|no|null|~", re.IGNORECASE)


class Shown(NamedTuple):
    """How a value is shown: what it is in a word, "" for plain text, and its lines."""

    kind: str
    lines: tuple[Line, ...]


def shown(text: str, *, is_list: bool = False) -> Shown:
    """Give a value's lines by what it is; of a list, which is one text with commas, one item a line."""
    if is_list:
        items = text.split(",")
        wide = len(str(len(items)))
        lines = tuple(((f"{number:>{wide}} ", "dim"), (item, "text")) for number, item in enumerate(items, 1))
        return Shown(f"{len(items)} item{'s' * (len(items) != 1)}", lines)
    if len(text) <= MOST:
        if _is_json(text):
            return Shown("JSON", tuple(_json_lines(text)))
        if _is_yaml(text):
            return Shown("YAML", tuple(tuple(_yaml_words(line)) for line in text.rstrip("\n").split("\n")))
    return Shown("", tuple(((line, "text"),) for line in text.expandtabs().split("\n")))


def _is_json(text: str) -> bool:
    """Whether a text is a JSON object or array; a mere number or string is shown as it is."""
    if text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _json_lines(text: str) -> Iterator[Line]:
    """Indent JSON, each of its words as it stands: what parses and writes numbers and escapes would change them."""
    words = [(found.group(), found.lastgroup or "") for found in _JSON.finditer(text)]
    line: list[Word] = []
    depth = 0
    for at, (word, kind) in enumerate(words):
        after = words[at + 1][0] if at + 1 < len(words) else ""
        before = words[at - 1][0] if at else ""
        if word in ("}", "]"):
            depth -= 1
            if before not in ("{", "["):
                yield tuple(line)
                line = [(_INDENT * depth, "text")]
        line.append((f"{word} " if word == ":" else word, "accent" if after == ":" else _STYLES[kind]))
        if word in ("{", "["):
            depth += 1
        if word == "," or (word in ("{", "[") and after not in ("}", "]")):
            yield tuple(line)
            line = [(_INDENT * depth, "text")]
    yield tuple(line)


def _is_yaml(text: str) -> bool:
    """Whether a text of several lines is a mapping or a list in YAML."""
    if "\n" not in text.strip() or not (":" in text or text.lstrip().startswith("-")):
        return False
    import yaml  # deferred: most values are no YAML

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return isinstance(yaml.load(text, Loader=loader), (dict, list))  # noqa: S506 - a safe loader, the one in C
    except (yaml.YAMLError, RecursionError, ValueError):
        return False


def _yaml_words(line: str) -> list[Word]:
    line = line.expandtabs()
    if line.lstrip().startswith("#"):
        return [(line, "dim")]
    if found := _YAML.fullmatch(line):
        rest = found["rest"]
        return [(found["lead"], "dim"), (found["key"], "accent"), (":", "dim"), (rest, _scalar(rest))]
    lead = line[: len(line) - len(line.lstrip(" -"))]
    return [(lead, "dim"), (line[len(lead) :], _scalar(line[len(lead) :]))]


def _scalar(text: str) -> str:
    return "warn" if _SCALAR.fullmatch(text.strip()) else "good"


def wrapped(words: Sequence[Word], cells: int) -> list[Line]:
    """Break a line of words after so many cells, wherever that is: a value has no words that one must keep whole."""
    made: list[Line] = []
    line: list[Word] = []
    room = cells = max(cells, 4)
    for text, style in words:
        text = clean(text)
        while text:
            if width(text) <= room:
                line.append((text, style))
                room -= width(text)
                break
            taken = _fitting(text, room)
            if taken:
                line.append((text[:taken], style))
                text = text[taken:]
            made.append(tuple(line))
            line, room = [], cells
    made.append(tuple(line))
    return made


def _fitting(text: str, cells: int) -> int:
    """Count the leading characters of a clean text that fit in so many cells."""
    if text.isascii():
        return cells
    taken = used = 0
    for character in text:
        used += width(character)
        if used > cells:
            break
        taken += 1
    return taken
