"""A table's rows as a file: CSV, JSON or YAML, written whole or not at all."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from tui.errors import UsageError
from tui.widgets.cells import own
from tui.widgets.columns import word_of
from tui.widgets.filter_grammar import cell_text

if TYPE_CHECKING:
    from tui.widgets.columns import Column
    from tui.widgets.filter_grammar import Cell


@dataclass(frozen=True, slots=True)
class View:
    """Rows as a table has them: the columns, and each row's cells in their order.

    `chosen` are the places of the columns that the operator wants to see, in the operator's order; None is all.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    chosen: Sequence[int] | None = None

    @property
    def keys(self) -> list[str]:
        """The names of the columns, the ones that a filter knows them by."""
        return [column.key for column in self.columns]

    def texts(self) -> list[list[str]]:
        """Give the rows as plain texts; the glyph in front of a status is drawing and is left out."""
        statuses = {place for place, column in enumerate(self.columns) if column.kind == "status"}
        return [
            [word_of(cell_text(cell)) if place in statuses else cell_text(cell) for place, cell in enumerate(cells)]
            for cells in self.rows
        ]


def _csv(view: View) -> str:
    """Write a table as one sees it: the chosen columns; JSON and YAML, which programs read, have all of them."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    places = range(len(view.columns)) if view.chosen is None else view.chosen
    for texts in (view.keys, *view.texts()):
        writer.writerow([texts[place] for place in places if place < len(texts)])
    return out.getvalue()


def _records(view: View) -> list[dict[str, str]]:
    keys = view.keys
    return [dict(zip(keys, texts, strict=False)) for texts in view.texts()]


def _json(view: View) -> str:
    return json.dumps(_records(view), ensure_ascii=False, indent=1) + "\n"


def _yaml(view: View) -> str:
    import yaml  # deferred: opened on a key

    # The one in C, where there is one: 100,000 rows take a minute in Python.
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return str(yaml.dump(_records(view), Dumper=dumper, sort_keys=False, allow_unicode=True))


FORMATS: dict[str, Callable[[View], str]] = {".csv": _csv, ".json": _json, ".yaml": _yaml, ".yml": _yaml}
"""What a file's suffix means."""


def wrong_with(text: str) -> str:
    """Say what is wrong with a path that was typed, or ""."""
    if not text.strip():
        return "Name a file."
    path = path_of(text)
    if path.suffix.lower() not in FORMATS:
        return f"The name says the format: it ends in {', '.join(FORMATS)}."
    if not path.parent.is_dir():
        return f"There is no folder {path.parent}."
    if path.exists() and not path.is_file():
        return f"{path} is no file."
    return ""


def path_of(text: str) -> Path:
    """Give the file that a typed path means: `~` is the home folder, links are followed."""
    path = Path(text.strip())
    with suppress(RuntimeError):  # `~nobody`: a name like any other
        path = path.expanduser()
    return path.resolve()


def write_view(view: View, path: Path, *, over: bool = False) -> int:
    """Write a view in the format that the path's suffix names, readable by its owner alone; give the bytes written.

    A file that is there already stays unless `over`. Nothing half-written is ever seen under the name.
    Raises: UsageError, a sentence; FileExistsError where the file is there and `over` is False.
    """
    return write_file(FORMATS[path.suffix.lower()](view).encode("utf-8", "backslashreplace"), path, over=over)


def write_file(data: bytes, path: Path, *, over: bool = False) -> int:
    """Write bytes under a name, whole or not at all, readable by their owner alone; as `write_view` does otherwise."""
    beside = path.with_name(f".{path.name[:200]}.{token_hex(4)}.part")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if over:
            beside.replace(path)
        else:
            _put(beside, path)
    except FileExistsError:
        raise
    except OSError as error:
        raise UsageError(_sentence(path, error), hint="Nothing was written; name another file.") from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
    return len(data)


def _put(beside: Path, path: Path) -> None:
    """Give a file its name, unless the name is taken; a link does both in one step."""
    try:
        os.link(beside, path)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links.
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        beside.replace(path)


def _sentence(path: Path, error: OSError) -> str:
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return f"There is no folder {path.parent}."
        case errno.ENOSPC | errno.EDQUOT:
            return f"The disk of {path.parent} is full."
        case errno.EACCES | errno.EPERM:
            return f"You may not write in {path.parent}."
        case errno.EROFS:
            return f"{path.parent} is on a read-only disk."
        case errno.ENAMETOOLONG:
            return f"The name {path.name[:40]}{own('…')} is too long."
        case _:
            return f"{path} can't be written: {os.strerror(error.errno or 0)}."
