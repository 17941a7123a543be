"""What became of a plan: per name what was written, and where somebody else wrote too."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from tui.services.parameter_changes import ChangeKind, Wanted
from tui.services.parameter_models import ParameterValue


class State(StrEnum):
    WAITING = "waiting"
    SAME = "same"
    WRITTEN = "written"
    DELETED = "deleted"
    CONFLICT = "conflict"
    NOT_WRITTEN = "not written"
    UNKNOWN = "unknown"


DONE = (State.SAME, State.WRITTEN, State.DELETED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one change; `version` is what a put made, `reason` a sentence where it was not done."""

    path: str
    kind: ChangeKind
    state: State = State.WAITING
    version: int = 0
    reason: str = ""

    @property
    def done(self) -> bool:
        return self.state in DONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A name that was written or deleted by somebody else since it was read: nothing was written to it.

    None is a parameter that is not there: `base` for a new one, `theirs` for one that they deleted, `yours` for one
    that you delete. A secret in `theirs` is plain where it is plain in `base`.
    """

    path: str
    base: ParameterValue | None
    theirs: ParameterValue | None
    yours: Wanted | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overtaken:
    """A name that somebody else wrote between the last look and the put, which has covered theirs.

    `version` is what the put made. `theirs` is None where it is gone: they deleted it, or it can't be read.
    """

    path: str
    base: ParameterValue | None
    theirs: ParameterValue | None
    yours: Wanted
    version: int

    @property
    def name(self) -> str:
        return self.base.name if self.base else self.yours.name

    @property
    def was_deleted(self) -> bool:
        """Whether they deleted it: the put has made it anew."""
        return self.version == 1 and self.base is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of a plan, or has so far.

    `waiting` says why nothing is written at the moment, `stopped` why what is left was not tried.
    """

    outcomes: tuple[Outcome, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    overtaken: tuple[Overtaken, ...] = ()
    waiting: str = ""
    stopped: str = ""

    @property
    def done(self) -> tuple[Outcome, ...]:
        """What is as it was wanted."""
        return tuple(one for one in self.outcomes if one.done)

    @property
    def not_written(self) -> tuple[Outcome, ...]:
        """What certainly was not written, conflicts among it."""
        return self._in(State.NOT_WRITTEN, State.CONFLICT)

    @property
    def unknown(self) -> tuple[Outcome, ...]:
        """What was sent, and whether it arrived is not known."""
        return self._in(State.UNKNOWN)

    @property
    def clean(self) -> bool:
        """Whether all is as it was wanted, and nobody else wrote meanwhile."""
        return not self.overtaken and all(one.done for one in self.outcomes)

    def then(self, later: Report) -> Report:
        """Give the report of both, where `later` is of what was not done here and was planned again."""
        again = {one.path: one for one in later.outcomes}
        outcomes = tuple(one if one.done else again.get(one.path, one) for one in self.outcomes)
        left = {one.path for one in outcomes if not one.done}
        conflicts = tuple(one for one in self.conflicts if one.path in left and one.path not in again)
        return Report(
            outcomes=outcomes,
            conflicts=(*conflicts, *later.conflicts),
            overtaken=(*self.overtaken, *later.overtaken),
            stopped=later.stopped,
        )

    @property
    def words(self) -> str:
        """Say it shortly: `3 written, 1 deleted, 2 not written`."""
        counts = Counter(one.state for one in self.outcomes)
        return ", ".join(f"{counts[state]:,} {state}" for state in State if counts[state]) or "nothing to write"

    def _in(self, *states: State) -> tuple[Outcome, ...]:
        return tuple(one for one in self.outcomes if one.state in states)
