"""Lines of NAME=value: `.env` files as Docker Compose, python-dotenv and shells read them alike, and lines of exports.

python-dotenv's own parser is not used: it undoes a doubled backslash between single quotes and keeps the one before a
dollar between double quotes, and a shell does the opposite of both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from tui.services._parameter_entries import Entry, Once, fault, path_below
from tui.services.parameter_names import env_name, env_names, is_below, is_segment

_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=-]+")
_NAME = re.compile(r"(export[ \t]+)?([^\s=#'\"]+)")
_BLANK = re.compile(r"(?:\s|#[^\n]*(?:\n|$))*")
_REST = re.compile(r"[ \t]*(?:#[^\n]*)?(?=\n|$)")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_SINGLE = re.compile(r"'([^']*)'")
_ANSI = re.compile(r"\$'((?:[^'\\]|\\.)*)'", re.DOTALL)
_PRINTED = re.compile(r"\"\$\(printf '(\\r)'\)\"")
"""A carriage return as every POSIX shell makes one; `$'\\r'` is known to some alone, and a file's own may be lost."""
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_ENV_ESCAPE = re.compile(r"\\([\\\"'$`nrtabfv])")
_SHELL_ESCAPE = re.compile(r"\\([\\\"$`\n])")
_EXPANDED = re.compile(r"(?<!\\)(?:\\\\)*[$`]")
_BARE = re.compile(r"([^\s'\"\\$`;&|<>()*?\[~{}!]+)")
_ESCAPED = re.compile(r"\\([^\n])")
_ESCAPED_QUOTE = re.compile(r"\\(['\"])")
_EQUALS = re.compile("=")
_SPACED_EQUALS = re.compile(r"[ \t]*=[ \t]*")
_TO_END = re.compile(r"[^\n]*")
_COMMENT = re.compile(r"(?:^#(?=\s)|\s+#).*")
_HOW = "Write it as NAME=value, NAME='value' or NAME=\"value\"."


class Line(NamedTuple):
    """One assignment of a text; a value of None was not given."""

    number: int
    name: str
    value: str | None


def write_lines(entries: Sequence[Entry], under: str, *, shell: bool) -> str:
    """Write entries as lines; a name alone stands for a secret that is not shown.

    Raises: UsageError where two would be called alike, or a name or value can't be written.
    """
    values = {entry.path: entry.value for entry in entries}
    lines = []
    for name, path in env_names(values, under).items():
        value = values[path]
        quoted = "" if value is None else "=" + (_for_shell(value) if shell else _for_env(value))
        lines.append(f"{'export ' if shell else ''}{name}{quoted}\n")
    return "".join(lines)


def read_lines(text: str, under: str, known: Iterable[str], *, shell: bool) -> list[Entry]:
    """Read lines; a name is that of a known parameter where one is called so in an environment, else it is new."""
    meant: dict[str, list[str]] = {}
    for path in known:
        if is_below(path, under):
            meant.setdefault(env_name(path, under), []).append(path)
    once = Once()
    for line in assignments(text, shell=shell):
        if line.value is None and line.name not in meant:
            # The name is not said: where quotes are missing, it is a piece of the value above.
            raise fault(line.number, "there is no = and a name alone stands for a secret that is kept.", _HOW)
        if line.value == "":
            raise fault(line.number, "the value is empty, and Parameter Store keeps no empty ones.", _HOW)
        once.add(Entry(_path(line, under, meant), line.value, None, line.number))
    return once.entries


def assignments(text: str, *, shell: bool) -> Iterator[Line]:
    """Give the assignments of a text; `shell` is as a shell reads them, without its expansions. Raises: UsageError."""
    # Lines that end as Windows ends them end alike: a carriage return that is meant is written as \r.
    text = text.replace("\r\n", "\n")
    place, number, counted = _end(_BLANK, text, 0), 1, 0
    while place < len(text):
        number, counted = number + text.count("\n", counted, place), place
        found = _NAME.match(text, place)
        if found is None or not is_segment(found[2]):
            raise fault(number, "this is no line of NAME=value.", f"{_HOW} Comments begin with #.")
        name, place = found[2], found.end()
        value: str | None = None
        if equals := (_EQUALS if shell else _SPACED_EQUALS).match(text, place):
            value, place = (_shell_value if shell else _env_value)(text, equals.end(), name, number)
        rest = _REST.match(text, place)
        if rest is None:
            raise fault(number, "there is more than one name with one value.", f"{_HOW} One to a line.")
        yield Line(number, name, value)
        place = _end(_BLANK, text, rest.end())


def _path(line: Line, under: str, meant: Mapping[str, Sequence[str]]) -> str:
    paths = meant.get(line.name, ())
    if len(paths) > 1:
        raise fault(
            line.number,
            f"{line.name} may mean {paths[0]} or {paths[1]}.",
            "Choose a path that has only one of them, or JSON or YAML, which say the whole name.",
        )
    return paths[0] if paths else path_below(under, (line.name,), line.number)


def _for_env(value: str) -> str:
    """Quote in a way that Compose, python-dotenv and shells undo alike, as far as there is one."""
    if _PLAIN.fullmatch(value):
        return value
    if not any(bad in value for bad in ("'", "\r", "\\\\")) and not value.endswith("\\"):
        return f"'{value}'"
    quoted = re.sub(r'[\\"$`]', r"\\\g<0>", value).replace("\r", "\\r")
    # A line's end stands as it is: between double quotes, a shell knows no \n.
    return f'"{quoted}"'


def _for_shell(value: str) -> str:
    quoted = "'" + value.replace("'", "'\\''") + "'"
    return quoted.replace("\r", """'"$(printf '\\r')"'""")


def _env_value(text: str, place: int, name: str, number: int) -> tuple[str, int]:
    if text[place : place + 1] not in ("'", '"'):
        found = _TO_END.match(text, place)
        assert found is not None  # it matches nothing as well
        return _COMMENT.sub("", found[0]).rstrip(), found.end()
    parts = []
    while (found := _quoted(text, place, name, number)) is not None:
        parts.append(_ENV_ESCAPE.sub(_unescaped, found[1]) if found.re is _DOUBLE else found[1])
        place = found.end()
    return "".join(parts), place


def _shell_value(text: str, place: int, name: str, number: int) -> tuple[str, int]:
    parts = []
    while place < len(text) and not text[place].isspace():
        found = _PRINTED.match(text, place) or _quoted(text, place, name, number)
        found = found or _ANSI.match(text, place) or _BARE.match(text, place) or _ESCAPED.match(text, place)
        if found is None or (found.re is _DOUBLE and _EXPANDED.search(found[1])):
            raise fault(
                number,
                f"{name} has a character that a shell would act upon.",
                "Nothing is replaced here: put the value between single quotes.",
            )
        part = found[1]
        if found.re in (_ANSI, _PRINTED):
            part = _ENV_ESCAPE.sub(_unescaped, part)
        elif found.re is _DOUBLE:
            part = _SHELL_ESCAPE.sub(lambda match: match[1].strip("\n"), part)
        parts.append(part)
        place = found.end()
    return "".join(parts), place


def _quoted(text: str, place: int, name: str, number: int) -> re.Match[str] | None:
    """Find what stands between quotes at a place, or a quote behind a backslash; None where there is none."""
    mark = text[place : place + 1]
    if mark not in ("'", '"'):
        return _ESCAPED_QUOTE.match(text, place)
    found = (_DOUBLE if mark == '"' else _SINGLE).match(text, place)
    if found is None:
        raise fault(number, f"the {mark} that opens in {name} does not close.", f"Put a {mark} behind the value.")
    return found


def _unescaped(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[1], match[1])


def _end(pattern: re.Pattern[str], text: str, place: int) -> int:
    found = pattern.match(text, place)
    return found.end() if found else place
