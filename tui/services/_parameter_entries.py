"""One parameter in a text, and what every format says of a text that can't be meant."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tui.errors import UsageError
from tui.services.parameter_models import ParameterType
from tui.services.parameter_names import folder_of, is_segment, name_problem

_HALF = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One parameter as a text has it.

    A `value` of None stays as it is: a secret that is not shown. A `type` of None is the one that the parameter has,
    String where it is new. `line` is where it stands in the text, from 1; 0 where it comes from none.
    """

    path: str
    value: str | None = field(default=None, repr=False)
    type: ParameterType | None = None
    line: int = field(default=0, compare=False)

    @property
    def is_secret(self) -> bool:
        return self.type is ParameterType.SECURE_STRING


def fault(line: int, what: str, hint: str) -> UsageError:
    """Make the error for a line of a text; no value may stand in it."""
    return UsageError(f"Line {line}: {what}", hint=hint)


def at_line(text: str, place: int) -> int:
    """Give the number of the line, from 1, that a place in a text is in."""
    return text.count("\n", 0, place) + 1


def check_value(name: str, value: str, line: int) -> None:
    """Refuse a value that no parameter can have. Raises: UsageError."""
    if not value:
        raise fault(
            line,
            f"{name} is empty, and Parameter Store keeps no empty values.",
            "Give it a value, or take it out of the text.",
        )
    if "\0" in value:
        raise fault(line, f"{name} has a NUL character.", "Values are text: encode it, for example as base64.")
    if _HALF.search(value):
        raise fault(line, f"{name} has half of a character, a lone surrogate.", "Write the character whole, as UTF-8.")


def path_below(under: str, keys: tuple[str, ...], line: int) -> str:
    """Give the path that keys lead to from `under`; a last key of `.` is the folder's own parameter.

    A key may be several levels, `db/host`. Raises: UsageError for keys that are no name.
    """
    if keys[-1] == ".":
        keys = keys[:-1]
    levels = [level for key in keys for level in key.split("/")]
    bad = next((level for level in levels if not is_segment(level)), None)
    if bad is not None:
        raise fault(
            line,
            f"{bad!r} is no name of a parameter." if bad else f"{'/'.join(keys)!r} is no name of a parameter.",
            "Use letters, digits and . - _ between single slashes.",
        )
    path = "/".join([folder_of(under), *levels])
    said = name_problem(path) if path else "/ is no parameter: the root has no value of its own."
    if said:
        raise UsageError(f"Line {line}: {said}")
    return path


class Once:
    """Takes the entries of a text, each path once."""

    def __init__(self) -> None:
        self._lines: dict[str, int] = {}
        self.entries: list[Entry] = []

    def add(self, entry: Entry) -> None:
        """Raises: UsageError where the path has been there before, or the value is none."""
        before = self._lines.setdefault(entry.path, entry.line)
        if len(self._lines) == len(self.entries):
            raise fault(
                entry.line, f"{entry.path} stands here a second time, as in line {before}.", "Keep one of the two."
            )
        if entry.value is not None:
            check_value(entry.path, entry.value, entry.line)
        self.entries.append(entry)
