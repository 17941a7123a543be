"""What is asked before a plan takes something away: its name or the count to be typed, or whether it may move."""

from __future__ import annotations

from collections.abc import Sequence

from tui.screens._dialogs import Confirm, TypeName
from tui.services.parameter_changes import Change

SHOWN = 6
"""Paths that are named."""


def question_of(lost: Sequence[Change], hidden: Sequence[str], where: str) -> Confirm | TypeName:
    """Ask about what will be deleted; `hidden` are the marked ones that a filter hides, `where` names the context."""
    one, count = lost[0], len(lost)
    what = one.path if count == 1 else f"{count:,} parameters"
    place = f" in {where}" if where else ""
    text = "" if count == 1 else "\n".join([change.path for change in lost[:SHOWN]] + _more(count))
    unseen = sorted({*hidden} & {change.path for change in lost})
    if unseen:
        text += f"\nMarked, and hidden by the filter: {', '.join([*unseen[:SHOWN], *_more(len(unseen))])}"
    if all(change.needs for change in lost):
        text += "\nTheir values are at their new places first. Histories and labels do not move: they are lost."
        return Confirm(f"Move away {what}{place}?", text.strip(), verb="move")
    text += "\nValues, histories and labels are lost; nothing brings them back.\nDeleteParameters"
    return TypeName(f"Delete {what}{place}?", text.strip(), expected=one.path if count == 1 else str(count))


def _more(count: int) -> list[str]:
    return [f"and {count - SHOWN:,} more"] if count > SHOWN else []
