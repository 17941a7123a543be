"""Two subtrees side by side, of one context or two, now or as they were; and what of one is wanted in the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from tui.errors import ApiError, UsageError
from tui.services._parameter_checks import SIZES
from tui.services.parameter_changes import Wanted
from tui.services.parameter_models import Parameter, ParameterType, ParameterValue, ParameterVersion
from tui.services.parameter_names import folder_of
from tui.services.parameters import NOT_FOUND, Parameters

Value = ParameterValue | ParameterVersion
"""A value as it is, or as it was."""


class DifferenceState(StrEnum):
    ONLY_LEFT = "only left"
    ONLY_RIGHT = "only right"
    DIFFERENT = "different"
    SAME = "same"
    UNKNOWN = "unknown"
    """A secret that is not plain on both sides: ciphertexts of one value are never alike."""


class Difference(NamedTuple):
    """One row: `relative` is the path behind the two that are compared, "" for what they name themselves.

    A tuple, because there are ten thousands of them: a dataclass takes five times as long.
    """

    relative: str
    left: Value | None
    right: Value | None
    state: DifferenceState

    @property
    def by_type(self) -> bool:
        """Whether the types differ."""
        return self.left is not None and self.right is not None and self.left.type is not self.right.type


@dataclass(frozen=True, slots=True, kw_only=True)
class Then:
    """A subtree as it was: `lost` are the paths whose version of then is kept no more."""

    values: tuple[Value, ...]
    lost: tuple[str, ...] = ()


async def subtree(parameters: Parameters, path: str, *, decrypt: bool = False) -> list[ParameterValue]:
    """Read all parameters below a path, and the one that the path itself names."""
    found = [value async for page in parameters.below(folder_of(path) or "/", decrypt=decrypt) for value in page]
    if folder_of(path):
        own, _ = await parameters.values([folder_of(path)], decrypt=decrypt)
        found = own + found
    return found


async def subtree_at(
    parameters: Parameters,
    path: str,
    at: datetime,
    *,
    decrypt: bool = False,
    at_once: int = 8,
    progress: Callable[[int, int], None] | None = None,
) -> Then:
    """Give a subtree as it was at a time, of the histories of what has changed since.

    What was deleted since has no history, and is not there. `progress` is told how many histories have been read, and
    of how many. Raises: TransportError.
    """
    now = await subtree(parameters, path, decrypt=decrypt)
    older: dict[str, Value] = {value.id: value for value in now if value.modified is None or value.modified <= at}
    changed = [value for value in now if value.id not in older]
    lost: list[str] = []
    turns, read = asyncio.Semaphore(at_once), 0

    async def look_back(value: ParameterValue) -> None:
        nonlocal read
        async with turns:
            try:
                versions = await parameters.history(value.name, decrypt=decrypt)
            except ApiError as error:
                if error.code != NOT_FOUND:
                    raise
                versions = []
        read += 1
        if progress is not None:
            progress(read, len(changed))
        then = next((one for one in versions if one.modified is not None and one.modified <= at), None)
        if then is not None:
            older[value.id] = then
        elif versions and versions[-1].version > 1:
            lost.append(value.id)

    async with asyncio.TaskGroup() as group:
        for value in changed:
            group.create_task(look_back(value))
    return Then(values=tuple(older[key] for key in sorted(older)), lost=tuple(sorted(lost)))


def compare(left: Iterable[Value], right: Iterable[Value], *, left_under: str, right_under: str) -> list[Difference]:
    """Give a row for each path that is on either side, in the order of paths."""
    lefts, rights = _by_relative(left, left_under), _by_relative(right, right_under)
    rows = []
    for relative in sorted(lefts.keys() | rights.keys()):
        one, other = lefts.get(relative), rights.get(relative)
        rows.append(Difference(relative, one, other, _state(one, other)))
    return rows


def _by_relative(values: Iterable[Value], under: str) -> dict[str, Value]:
    start = len(folder_of(under)) + 1
    return {value.ref.id[start:]: value for value in values}


def _state(left: Value | None, right: Value | None) -> DifferenceState:
    if left is None:
        return DifferenceState.ONLY_RIGHT
    if right is None:
        return DifferenceState.ONLY_LEFT
    if left.type is not right.type:
        return DifferenceState.DIFFERENT
    if not (left.plain and right.plain):
        return DifferenceState.UNKNOWN
    return DifferenceState.SAME if left.value == right.value else DifferenceState.DIFFERENT


def promote(
    differences: Sequence[Difference],
    chosen: Collection[str],
    target: str,
    *,
    about: Mapping[str, Parameter] | None = None,
) -> list[Wanted]:
    """Give what is wanted below `target`, which is the right side, so that the chosen rows are as on the left.

    `about`, by the left's paths, has what a parameter that is new there is beside its value and its type; its key stays
    behind, because another account has others. Rows that are the same already are left out.
    Raises: UsageError for a row that has nothing on the left, or a secret that was not read.
    """
    rows = {row.relative: row for row in differences}
    wanted = []
    for relative in sorted(chosen):
        row = rows.get(relative)
        if row is None or row.left is None:
            raise UsageError(
                f"{relative or 'The path itself'} is not on the left, so that there is nothing to promote.",
                hint="Delete it on the right where it is not wanted.",
            )
        if not row.left.plain:
            raise UsageError(f"{row.left.id} is a secret that was not read.", hint="Compare with secrets decrypted.")
        if row.state is DifferenceState.SAME:
            continue
        name = f"{folder_of(target)}/{relative}".rstrip("/")
        one = Wanted(name=row.right.name if row.right else name, value=row.left.value, type=row.left.type)
        wanted.append(one if row.right else _described(one, row.left, (about or {}).get(row.left.id)))
    return wanted


def _described(wanted: Wanted, left: Value, about: Parameter | None) -> Wanted:
    data_type = left.data_type if left.data_type != "text" and left.type is not ParameterType.UNKNOWN else None
    if about is None:
        return replace(wanted, data_type=data_type)
    return replace(
        wanted,
        data_type=data_type,
        tier=about.tier if about.tier in SIZES else None,
        description=about.description or None,
        allowed_pattern=about.allowed_pattern or None,
    )
