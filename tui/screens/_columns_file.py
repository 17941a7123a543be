"""The operator's own columns in a file beside `config.yaml`: which a screen's table shows, in which order, how wide.

    {"version": 1, "screens": {"nodes": {"order": ["name", "status"], "hidden": ["id"], "widths": {"name": 24}}}}

A screen's name is its noun, and its noun with a part's name (`node processes`) where it has several sets of columns.
What a newer version wrote beside that is kept. A file that can't be meant is never written over.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Any

from tui.errors import ConfigError
from tui.widgets.column_choice import ColumnChoice

FILE = "columns.json"
VERSION = 1
MOST = 1_000_000
"""Bytes that are read of it; what is longer is no file of ours."""

Stamp = tuple[int, int, int]
"""What is another where the file is: its place on the disk, when it was written, its size."""


class ColumnsFile:
    """Reads and writes the file of one config folder. Every error is a ConfigError with the file and a reason."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    def stamp(self) -> Stamp:
        """Tell one state of the file from another; all zeros where there is none."""
        try:
            found = self.path.stat()
        except OSError:
            return (0, 0, 0)
        return (found.st_ino, found.st_mtime_ns, found.st_size)

    def read(self, noun: str) -> dict[str, ColumnChoice]:
        """Give what was chosen on a screen, by the part of it; nothing where there is no file. Raises: ConfigError."""
        found: dict[str, ColumnChoice] = {}
        for name, entry in self._screens(self._load()).items():
            first, _, part = name.partition(" ")
            if first == noun:
                found[part] = self._choice(name, entry)
        return found

    def write(self, noun: str, part: str, choice: ColumnChoice) -> None:
        """Keep what was chosen, beside what others have chosen elsewhere meanwhile. Raises: ConfigError."""
        whole = self._load()
        screens, name = dict(self._screens(whole)), f"{noun} {part}".rstrip()
        entry = {key: value for key, value in self._entry(name, screens.get(name, {})).items() if key not in _PARTS}
        entry |= _plain(choice)
        screens.pop(name, None)
        if entry:
            screens[name] = entry
        self._save(json.dumps({**whole, "version": VERSION, "screens": screens}, indent=1, ensure_ascii=False))

    def _load(self) -> Mapping[str, Any]:
        try:
            with self.path.open("rb") as file:
                data = file.read(MOST + 1)
            if len(data) > MOST:
                raise ValueError(f"it is longer than {MOST:,} bytes")
            whole = json.loads(data)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self._wrong(f"can't be read: {error.strerror}") from error
        except json.JSONDecodeError as error:
            raise self._wrong(f"this is no JSON: {error.msg}", error.lineno) from error
        except (ValueError, RecursionError) as error:
            said = "this is no UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)
            raise self._wrong(said) from error
        version = whole.get("version") if isinstance(whole, dict) else None
        if type(version) is int and version > VERSION:
            said = f"it is of a newer ssm-tui: version {version}, and this one knows {VERSION}"
            raise self._wrong(said, hint="Without it one begins anew.")
        if type(version) is not int or version != VERSION:
            raise self._wrong(f'expected {{"version": {VERSION}, "screens": …}}')
        return dict(whole)

    def _screens(self, whole: Mapping[str, Any]) -> Mapping[str, Any]:
        screens = whole.get("screens", {})
        if not isinstance(screens, dict):
            raise self._wrong("screens: expected a name for each screen, and its columns")
        return screens

    def _entry(self, name: str, entry: Any) -> Mapping[str, Any]:
        if not isinstance(entry, dict):
            raise self._wrong(f"{name}: expected " + ", ".join(_PARTS))
        return entry

    def _choice(self, name: str, entry: Any) -> ColumnChoice:
        given = {key: value for key, value in self._entry(name, entry).items() if key in _PARTS}
        for key, value in given.items():
            what, fits, _ = _PARTS[key]
            if not fits(value):
                raise self._wrong(f"{name}: {key} is {json.dumps(value)[:60]}; expected {what}")
        return ColumnChoice(**{key: _PARTS[key][2](value) for key, value in given.items()})

    def _wrong(self, reason: str, line: int = 0, hint: str = "Mend it or delete it.") -> ConfigError:
        return ConfigError(reason, file=str(self.path), line=line, hint=hint)

    def _save(self, text: str) -> None:
        # A link is followed: settings may be kept elsewhere.
        path = Path(os.path.realpath(self.path))
        beside = path.with_name(f".{path.name}.{token_hex(4)}.part")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            with os.fdopen(os.open(beside, flags, 0o600), "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text + "\n")
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        except OSError as error:
            raise ConfigError(f"can't be written: {error.strerror}", file=str(self.path)) from error
        finally:
            with suppress(OSError):
                beside.unlink(missing_ok=True)


def _are_words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) for word in value)


def _are_widths(value: Any) -> bool:
    return isinstance(value, dict) and all(type(cells) is int for cells in value.values())


_PARTS: dict[str, tuple[str, Callable[[Any], bool], Callable[[Any], Any]]] = {
    "order": ("a list of columns", _are_words, tuple),
    "shown": ("a list of columns", _are_words, frozenset),
    "hidden": ("a list of columns", _are_words, frozenset),
    "widths": ("columns with a number of cells each", _are_widths, dict),
    "wide": ("true or false", lambda value: isinstance(value, bool), bool),
}
"""What an entry says: what is expected there, whether a value is that, and what a choice makes of it."""


def _plain(choice: ColumnChoice) -> dict[str, Any]:
    """Give what differs from the default as JSON has it."""
    said = {
        "order": list(choice.order),
        "shown": sorted(choice.shown),
        "hidden": sorted(choice.hidden),
        "widths": dict(choice.widths),
        "wide": choice.wide,
    }
    return {key: value for key, value in said.items() if value}
