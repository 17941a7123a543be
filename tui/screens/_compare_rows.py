"""The rows of a comparison as a table shows them: how a path is on both sides, and its two values; never a secret."""

from __future__ import annotations

from tui.screens._parameter_reveal import masked
from tui.services.parameter_compare import Difference, DifferenceState, Value
from tui.services.parameter_models import ParameterType
from tui.widgets.cells import own
from tui.widgets.filter_grammar import Cell

SHOWN = 120
"""Characters of a value that a cell has."""
LEAD = 12
"""Characters that stand before the first difference of two long values."""
LOOKS = {
    DifferenceState.ONLY_LEFT: ("- only left", "error"),
    DifferenceState.ONLY_RIGHT: ("+ only right", "ok"),
    DifferenceState.DIFFERENT: ("~ different", "warn"),
    DifferenceState.UNKNOWN: ("? secret", "accent"),
    DifferenceState.SAME: ("= same", "muted"),
}
"""The sign with the word, and the style, of each state: the signs are those of a diff, which every terminal draws."""


def is_secret(value: Value | None) -> bool:
    return value is not None and value.type is ParameterType.SECURE_STRING


def has_secret(row: Difference) -> bool:
    """Whether a secret stands on one of the sides."""
    return is_secret(row.left) or is_secret(row.right)


def path_shown(row: Difference) -> str:
    """Give the relative path as one reads it: `.` for what the two sides themselves name."""
    return row.relative or "."


def settled(row: Difference, known: Difference | None) -> Difference:
    """Say of a secret what can be said without asking: one version is itself, and what was told of it before holds."""
    left, right = row.left, row.right
    if row.state is not DifferenceState.UNKNOWN or left is None or right is None:
        return row
    if (left.ref, left.version) == (right.ref, right.version):
        return row._replace(state=DifferenceState.SAME)
    if known is None or known.left is None or known.right is None:
        return row
    unmoved = (known.left.version, known.right.version) == (left.version, right.version)
    return row._replace(state=known.state) if unmoved else row


def cells_of(row: Difference) -> tuple[Cell, ...]:
    """Give a row's cells: state, path, left, right."""
    start = _first_difference(row) if row.state is DifferenceState.DIFFERENT else 0
    path: Cell = path_shown(row)
    if row.state is DifferenceState.SAME:
        path = (path_shown(row), "muted")
    return LOOKS[row.state], path, _cell(row.left, start), _cell(row.right, start)


def _cell(value: Value | None, start: int) -> Cell:
    if value is None:
        return ""
    if is_secret(value):
        return masked(), "muted"
    return (own("…") if start else "") + value.value[start : start + SHOWN]


def _first_difference(row: Difference) -> int:
    """Give from where two long values show, so that their cells have the first difference."""
    left, right = row.left, row.right
    if left is None or right is None or has_secret(row):
        return 0
    low, high = 0, min(len(left.value), len(right.value))
    while low < high:
        middle = (low + high + 1) // 2
        if left.value[:middle] == right.value[:middle]:
            low = middle
        else:
            high = middle - 1
    return low - LEAD if low > 2 * LEAD else 0
