"""What a list of parameters says of each: its type, version and expiry, as cells and as a glyph."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from tui.ports import Ref
from tui.screens._words import duration
from tui.services.parameter_models import Parameter, ParameterChild, ParameterLine, ParameterType, ParameterValue
from tui.theming import Glyphs
from tui.widgets.columns import Column
from tui.widgets.filter_grammar import Cell, cell_text

SECRET = ParameterType.SECURE_STRING.value
SOON = 7 * 86400.0
"""Seconds before its expiry in which a parameter is marked."""
COLUMNS = [
    Column("type", "Type", max_width=12, priority=90),
    Column("version", "Ver", kind="number", min_width=3, priority=60),
    Column("expires", "Expires", min_width=7, max_width=10, priority=70, flash=False),
    Column("modified", "Modified", max_width=10, wide=True, priority=30, flash=False),
]
_EXPIRES = 2
_TYPES: dict[str, Cell] = {SECRET: (SECRET, "warn"), "StringList": ("StringList", "accent")}


class Row(NamedTuple):
    """A parameter as a list knows it, or a folder with so many of them `below` it, or both; never its value."""

    ref: Ref
    type: str = ""
    version: int = 0
    modified: datetime | None = None
    expires: datetime | None = None
    below: int = 0

    @property
    def is_parameter(self) -> bool:
        return bool(self.type)


def row_of(found: Parameter | ParameterLine | ParameterValue | ParameterChild) -> Row:
    """Give what a list keeps of what a service gave."""
    if isinstance(found, ParameterLine):
        return Row(found.ref, found.type.value, found.version, found.modified, found.expires)
    if isinstance(found, ParameterChild):
        row = row_of(found.parameter) if found.parameter is not None else Row(found.ref)
        return row._replace(ref=found.ref, below=found.count)
    expires = found.expires if isinstance(found, Parameter) else None
    return Row(found.ref, found.type.value, found.version, found.modified, expires)


def cells_of(row: Row, glyphs: Glyphs, now: datetime | None = None) -> tuple[Cell, ...]:
    """Give the cells of a row in the order of COLUMNS; those of a mere folder are none."""
    if not row.is_parameter:
        return ()
    expires: Cell = ""
    if row.expires is not None:
        left = (row.expires - (now or datetime.now(UTC))).total_seconds()
        said = f"in {duration(left)}" if left > 0 else "now"
        expires = (f"{glyphs.warn} {said}", "error" if left < 86400 else "warn") if left < SOON else (said, "muted")
    modified: Cell = (row.modified.astimezone(UTC).date().isoformat(), "muted") if row.modified else ""
    return (_TYPES.get(row.type, (row.type, "muted")), str(row.version or ""), expires, modified)


def look_of(glyphs: Glyphs, cells: Any) -> tuple[str, str]:
    """Give the glyph and the style of a parameter by its cells: secrets are told by both, and so is what expires."""
    if not cells:
        return "", ""
    glyph = glyphs.hidden if cell_text(cells[0]) == SECRET else glyphs.dot
    expires = cells[_EXPIRES]
    style = expires[1] if not isinstance(expires, str) and expires[1] in ("warn", "error") else ""
    return glyph, style


def parent_of(path: str) -> str:
    """Give the path above another one; `/` is above all."""
    return path.rpartition("/")[0] or "/"


def label_of(path: str) -> str:
    """Give the last word of a path."""
    return path.rpartition("/")[2] or "/"
