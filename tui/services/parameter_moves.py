"""Moves that were broken off: what is where, and the plans that finish them or take them back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tui.services.parameter_changes import ChangeKind, Plan
from tui.services.parameter_journal import Left, Phase, Unfinished
from tui.services.parameter_models import Parameter, ParameterValue
from tui.services.parameter_names import is_below
from tui.services.parameter_plans import copy_plan, move_plan


class Pair(NamedTuple):
    """One parameter that was to be moved: its copy, None where that was there already, and the deletion of it."""

    copy: Left | None
    delete: Left

    @property
    def where(self) -> str:
        """Say where it is, as far as the journal knows."""
        if self.delete.phase is Phase.WRITTEN:
            return "at the new place"
        if self.delete.phase is Phase.SENDING:
            return "at the new place, perhaps still at the old one"
        if self.copy is None or self.copy.phase is Phase.WRITTEN:
            return "at both places"
        if self.copy.phase is Phase.SENDING:
            return "at the old place, perhaps already at the new one"
        return "at the old place"


def pairs_of(left: Unfinished) -> list[Pair]:
    """Give what was to be moved; nothing for a plan that moves nothing."""
    copies = {change.path: change for change in left.changes if not change.needs}
    return [Pair(copies.get(change.needs), change) for change in left.changes if change.needs]


def roots(pairs: Sequence[Pair]) -> tuple[str, str]:
    """Give the path that was moved, and where to: the deepest that all of them stand at or below."""
    first = pairs[0].delete
    source, target = first.path, first.needs
    while not all(_fits(pair.delete, source, target) for pair in pairs):
        source, target = source.rpartition("/")[0], target.rpartition("/")[0]
    return source or "/", target or "/"


def _fits(delete: Left, source: str, target: str) -> bool:
    if not is_below(delete.path, source) or not is_below(delete.needs, target):
        return False
    return delete.path[len(source) :] == delete.needs[len(target) :]


def finish_plan(
    pairs: Sequence[Pair],
    there: dict[str, ParameterValue],
    about: dict[str, Parameter],
    tags: dict[str, dict[str, str]],
) -> Plan:
    """Move what is still at the old place; `there` is what is at both places now, plain, by path."""
    source, target = roots(pairs)
    olds = [there[pair.delete.path] for pair in pairs if pair.delete.path in there]
    news = {pair.delete.needs: there[pair.delete.needs] for pair in pairs if pair.delete.needs in there}
    return move_plan(olds, source, target, about=about, tags=tags, current=news)


def take_back_plan(
    pairs: Sequence[Pair],
    there: dict[str, ParameterValue],
    about: dict[str, Parameter],
    tags: dict[str, dict[str, str]],
) -> tuple[Plan, list[str]]:
    """Move back what came to the new place; gives the plan, and what was there before and so stays there.

    Its value of now comes back to the old place where that is empty; its versions have the one from before.
    """
    source, target = roots(pairs)
    olds = {pair.delete.path: there[pair.delete.path] for pair in pairs if pair.delete.path in there}
    made = {pair.delete.needs for pair in pairs if pair.copy is not None and pair.copy.kind is ChangeKind.CREATE}
    news = [there[pair.delete.needs] for pair in pairs if pair.delete.needs in there]
    mine = [value for value in news if value.id in made]
    back = move_plan(mine, target, source, about=about, tags=tags, current=olds)
    kept = [value for value in news if value.id not in made]
    copies = copy_plan(kept, target, source, about=about, tags=tags, current=olds)
    return Plan(changes=(*copies.creates, *back.changes)), [value.id for value in kept]
