"""What is where after a plan was broken off: its journal says what was meant, the store what there is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tui.services.parameter_changes import ChangeKind
from tui.services.parameter_journal import Left, Phase, Unfinished
from tui.services.parameter_models import ParameterValue
from tui.services.parameter_reports import State
from tui.services.parameters import Parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """What became of one change, as far as the store tells; `text` is a sentence.

    `place` says of what was to be moved where it is, in words that several have in common.
    """

    path: str
    kind: ChangeKind
    state: State
    text: str
    place: str = ""


async def whereabouts(left: Unfinished, parameters: Parameters) -> list[Whereabouts]:
    """Look at every name of a plan that was broken off.

    Values of secrets are read where a copy is to be compared with its source, and not kept. Raises: TransportError.
    """
    copied = {change.needs for change in left.changes if change.needs}
    both = [change for change in left.changes if change.needs or change.path in copied]
    others = [change for change in left.changes if not (change.needs or change.path in copied)]
    # A copy that was there already was not written, and so is not among the changes.
    names = {change.path: change.name for change in both}
    found, _ = await parameters.values([*names.values(), *(path for path in copied if path not in names)], decrypt=True)
    more, _ = await parameters.values([change.name for change in others])
    there = {value.id: value for value in [*found, *more]}
    moves = {change.needs: change for change in left.changes if change.needs}
    return [*_looked(left, there, moves)]


def _looked(left: Unfinished, there: Mapping[str, ParameterValue], moves: Mapping[str, Left]) -> Iterator[Whereabouts]:
    for change in left.changes:
        now = there.get(change.path)
        if change.kind is ChangeKind.DELETE:
            state = State.NOT_WRITTEN if now else State.DELETED
            copy = there.get(change.needs)
            text = _of_deletion(change, now, copy)
            place = _place(now, copy) if change.needs else ""
        else:
            moved = moves.get(change.path)
            state, text = _of_put(change, now, there.get(moved.path) if moved else None)
            place = ""
        yield Whereabouts(path=change.path, kind=change.kind, state=state, text=text, place=place)


def _place(now: ParameterValue | None, copy: ParameterValue | None) -> str:
    if now is None or copy is None:
        return "at the old place" if now else "at the new place" if copy else "at neither place"
    return f"at both places, with {'the same value' if now.value == copy.value else 'another value at the new one'}"


def _of_deletion(change: Left, now: ParameterValue | None, copy: ParameterValue | None) -> str:
    if not change.needs:
        return f"{change.path} is still there." if now else f"{change.path} is deleted."
    match now, copy:
        case None, None:
            return f"Neither {change.path} nor {change.needs} is there: somebody has deleted them since."
        case None, _:
            return f"{change.path} has been moved: it is at {change.needs} alone."
        case _, None:
            return f"{change.path} has not been moved: it is there as it was."
    assert now is not None and copy is not None
    alike = "with the same value" if now.value == copy.value else "with another value there"
    return f"It is both at {change.path} and at {change.needs}, {alike}."


def _of_put(change: Left, now: ParameterValue | None, source: ParameterValue | None) -> tuple[State, str]:
    path = change.path
    if now is None:
        return State.NOT_WRITTEN, f"{path} is not there."
    at = f"{path} is at version {now.version}"
    if change.phase is Phase.WRITTEN:
        later = " It has been written again since." if now.version > change.version else ""
        return State.WRITTEN, f"{path} was written, version {change.version}.{later}"
    if now.version == change.before:
        return State.NOT_WRITTEN, f"{at}, as it was: it was not written."
    if change.phase is Phase.SENDING and source is not None and source.value == now.value:
        return State.WRITTEN, f"{at} and has its source's value: it was written."
    if change.phase is Phase.SENDING:
        was = f"and was at {change.before}" if change.before else "and was not there"
        return State.UNKNOWN, f"{at} {was}: this or somebody else wrote it."
    return State.NOT_WRITTEN, f"{at}, which somebody else wrote."
