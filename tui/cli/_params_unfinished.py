"""Moves that were broken off: what is where, and how one goes on, goes back or is forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tui.cli._args import Common
from tui.cli._context import talk
from tui.cli._params_shapes import when
from tui.services.parameter_journal import Journal, Unfinished, unfinished

if TYPE_CHECKING:
    from tui.services.parameter_moves import Pair

FLAGS = ("--finish", "--take-back", "--forget")
"""What mv does with moves that were broken off."""
SHOWN = 5
"""Names that are said of each kind."""


def journals(common: Common) -> Path:
    """Give the folder that journals of plans are in."""
    return common.state / "plans"


def new_journal(common: Common) -> Journal:
    """Give the journal of a plan that is about to be applied; the state folder is nobody else's."""
    with suppress(OSError):  # the journal itself says what is wrong with the folder
        common.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Journal(journals(common))


def left_moves(common: Common) -> list[tuple[Unfinished, list[Pair]]]:
    """Give the moves that were broken off; that their folder can't be read is said on stderr."""
    try:
        found = unfinished(journals(common))
    except OSError as error:
        talk(f"Whether a move was broken off is not known: {journals(common)} can't be read: {error.strerror}.")
        return []
    if not found:
        return []
    from tui.services.parameter_moves import pairs_of  # deferred: most verbs find no move that was broken off

    return [(left, pairs) for left in found if (pairs := pairs_of(left))]


def tell_unfinished(common: Common) -> None:
    """Say on stderr which moves were broken off, what is where, and what can be done about it."""
    for left, pairs in left_moves(common):
        _tell(left, pairs, common)


def _tell(left: Unfinished, pairs: Sequence[Pair], common: Common) -> None:
    from tui.services.parameter_moves import roots  # deferred: likewise

    source, target = roots(pairs)
    talk(f"A move in {left.context} was broken off at {when(left.begun)}: {source} to {target}.")
    groups: dict[str, list[str]] = {}
    for pair in pairs:
        groups.setdefault(pair.where, []).append(pair.delete.path)
    for where, paths in groups.items():
        more = f" and {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
        talk(f"{where}: {', '.join(paths[:SHOWN])}{more}.")
    state = f" --state {common.state}" if common.state_given else ""
    command = f"ssm-tui{state} --context {left.context} params mv"
    talk(f"{command} --finish goes on, {command} --take-back goes back, {command} --forget leaves all as it is.")
