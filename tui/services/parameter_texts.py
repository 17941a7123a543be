"""A subtree of parameters as text, and back: `.env`, JSON, YAML, and a script of exports."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import PurePath

from tui.errors import UsageError
from tui.services._parameter_entries import Entry
from tui.services._parameter_json import read_json, write_json
from tui.services._parameter_lines import read_lines, write_lines
from tui.services._parameter_trees import entries_of, tree_of
from tui.services._parameter_yaml import read_yaml, write_yaml
from tui.services.parameter_models import ParameterValue
from tui.services.parameter_names import env_name, env_of, is_below

__all__ = ["Entry", "TextFormat", "decoded", "entry_of", "env_name", "env_of", "format_of", "read_text", "write_text"]


class TextFormat(StrEnum):
    ENV = "env"
    JSON = "json"
    YAML = "yaml"
    SHELL = "shell"


_ENDINGS = {
    ".env": TextFormat.ENV,
    ".json": TextFormat.JSON,
    ".yaml": TextFormat.YAML,
    ".yml": TextFormat.YAML,
    ".sh": TextFormat.SHELL,
    ".bash": TextFormat.SHELL,
}
_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def format_of(filename: str) -> TextFormat:
    """Tell the format by a file's name; `.env`, `prod.env` and `.env.prod` are env files. Raises: UsageError."""
    name = PurePath(filename).name.lower()
    found = _ENDINGS.get(PurePath(name).suffix)
    if found is None and (name == ".env" or name.startswith(".env.")):
        found = TextFormat.ENV
    if found is None:
        raise UsageError(
            f"What {filename!r} is written in can't be told by its name.",
            hint=f"Name the format ({', '.join(TextFormat)}), or call the file .env, .json, .yaml or .sh.",
        )
    return found


def decoded(data: bytes) -> str:
    """Read bytes as UTF-8, with or without a mark at the beginning. Raises: UsageError that says where they are not."""
    if data.startswith(_MARKS):
        raise UsageError("Line 1: this is UTF-16 or UTF-32.", hint="Save it as UTF-8.")
    line = 0
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    # Outside of the handler: its error has the whole text with its secrets.
    raise UsageError(f"Line {line}: this is not UTF-8.", hint="Save it as UTF-8; encode what is not text.")


def entry_of(value: ParameterValue) -> Entry:
    """Make the entry of a value that was read; a secret that is not plain is one that is not shown."""
    return Entry(value.id, value.value if value.plain else None, value.type)


def write_text(entries: Sequence[Entry], format: TextFormat, *, under: str, nested: bool = True) -> str:
    """Write entries that stand below `under`; `nested` is for JSON and YAML, flat keys being `db/host`.

    Raises: UsageError for what the format can't say: variables that would be called alike, a name of another path.
    """
    for entry in entries:
        if not is_below(entry.path, under):
            raise UsageError(f"{entry.path} is not below {under}.", hint="Choose a path that has them all.")
    match format:
        case TextFormat.ENV | TextFormat.SHELL:
            return write_lines(entries, under, shell=format is TextFormat.SHELL)
        case TextFormat.JSON:
            return write_json(tree_of(entries, under, nested=nested))
        case TextFormat.YAML:
            return write_yaml(tree_of(entries, under, nested=nested))


def read_text(text: str | bytes, format: TextFormat, *, under: str, known: Iterable[str] = ()) -> list[Entry]:
    """Read what was written below `under`; `known` are the paths whose variables a `.env` file may name.

    Raises: UsageError with the line, what was expected there and what to do; no value stands in it.
    """
    text = decoded(text) if isinstance(text, bytes) else text.removeprefix("\ufeff")
    match format:
        case TextFormat.ENV | TextFormat.SHELL:
            return read_lines(text, under, known, shell=format is TextFormat.SHELL)
        case TextFormat.JSON:
            return entries_of(read_json(text), under)
        case TextFormat.YAML:
            return entries_of(read_yaml(text), under)
