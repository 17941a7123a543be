"""What is picked of a comparison brought to the other side: read whole, planned, reviewed and applied, read again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from tui.errors import AccessDenied
from tui.screens._compare_rows import path_shown, settled
from tui.screens._compare_secrets import CompareSecrets
from tui.screens._compare_sides import Side
from tui.screens._dialogs import Choose
from tui.services.parameter_changes import Change, Plan, Wanted
from tui.services.parameter_compare import Difference, DifferenceState, Value, compare, promote
from tui.services.parameter_models import Parameter, ParameterValue
from tui.services.parameter_names import folder_of, relative_to
from tui.services.parameter_plans import delete_plan, goes_by_default, plan_of
from tui.services.parameters import Parameters
from tui.services.service_settings import ServiceSettings
from tui.widgets.cells import own

NAMES = 50
"""Names that DescribeParameters's filter takes."""
ASKS = 8
"""Calls about single parameters that are made at once."""


class Direction(NamedTuple):
    """To which side, and so from which: `to` is 0 for the left, 1 for the right."""

    to: int

    def source(self, row: Difference) -> Value | None:
        return row.left if self.to else row.right

    def target(self, row: Difference) -> Value | None:
        return row.right if self.to else row.left


class Staged(NamedTuple):
    """A plan, what else is known of its parameters, and what must be said of it."""

    plan: Plan
    about: Mapping[str, Parameter]
    notes: Sequence[str]


class ComparePromoting(CompareSecrets):
    """Plans what is promoted; `CompareScreen` has the rest."""

    @property
    def directions(self) -> list[Direction]:
        """The directions in which one may promote: what was can't be changed."""
        if self.sides is None:
            return []
        return [Direction(to) for to in (1, 0) if self.sides[to].at is None]

    async def promote(self, rows: Sequence[Difference], hidden: Sequence[Difference]) -> None:
        """Ask in which direction, stage the plan, open it, and read again what it was about."""
        direction = await self._choose(rows)
        if direction is None or self.sides is None:
            return
        from tui.screens._parameter_apply import PlanDialog  # deferred: opened on a key
        from tui.screens._parameter_plan import Planned  # deferred: as above

        source, target = self.words[1 - direction.to], self.words[direction.to]
        side = self.sides[direction.to]
        self.shell.notice(own(f"Reading what is promoted to {target}…"))
        staged = await self._stage(rows, direction)
        planned = Planned(
            f"Promote {source} to {target}",
            staged.plan,
            side.context,
            staged.about,
            [_path(side, row) for row in hidden],
            staged.notes,
        )
        by_path = {_path(side, row): row for row in rows}

        async def replan(undone: Sequence[Change]) -> Plan:
            left = [by_path[change.path] for change in undone if change.path in by_path]
            return (await self._stage(left, direction)).plan

        where = side.context if len(self.shell.services.contexts) > 1 else ""
        service = self.shell.services.of(Parameters, side.context)
        report = await self.ask(PlanDialog(planned, service, self.shell.glyphs, where=where, replan=replan))
        if report is not None:
            self.grid.mark([row.relative for row in rows], False)
            await self._read_again(rows)

    async def _choose(self, rows: Sequence[Difference]) -> Direction | None:
        options = []
        for direction in self.directions:
            gone = sum(direction.source(row) is None for row in rows)
            more = f", where {gone:,} {'are' if gone != 1 else 'is'} deleted" if gone else ""
            options.append((f"{self.words[1 - direction.to]} to {self.words[direction.to]}{more}", direction))
        if len(options) == 1:
            return options[0][1]
        count = len(rows)
        what = f"{count:,} keys" if count != 1 else path_shown(rows[0])
        return await self.ask(Choose(f"Promote {what}", options, "The plan shows every change before one is made."))

    # what is read for it

    async def _stage(self, rows: Sequence[Difference], direction: Direction) -> Staged:
        """Read both sides of rows anew, secrets decrypted, and plan what makes the one as the other is."""
        assert self.sides is not None
        source, target = self.sides[1 - direction.to], self.sides[direction.to]
        copied = [row for row in rows if direction.source(row) is not None]
        values, current = await asyncio.gather(
            self._values(source, [direction.source(row) for row in copied]),
            self._now(target, [_path(target, row) for row in rows], decrypt=True),
        )
        # Promoting reads from the left: what the left has is what the right will have.
        fresh = compare(values, current, left_under=source.path, right_under=target.path)
        there = self.shell.services.of(Parameters, target.context)
        here = self.shell.services.of(Parameters, source.context)
        new = [row.left for row in fresh if row.right is None and row.left is not None]
        about_there = await _about(there, [value.name for value in current])
        about_new = await _about(here, [value.name for value in new])
        chosen = {row.relative for row in fresh if row.left is not None}
        wanted = promote(fresh, chosen, target.path, about=about_new)
        tags, notes = await _tags_of(here, new)
        keys = {key: one.key_id for key, one in about_new.items()} if source.context == target.context else {}
        wanted = [self._whole(one, source, target, tags, keys) for one in wanted]
        same = [
            Wanted(name=row.right.name, value=row.left.value)
            for row in fresh
            if row.state is DifferenceState.SAME and row.left is not None and row.right is not None
        ]
        default = await ServiceSettings.beside(there).default_tier()
        known = {value.id: value for value in current}
        plan = plan_of(known, [*wanted, *same], about=about_there, default_tier=default.tier)
        if default.untold and goes_by_default(plan):
            notes = [*notes, default.untold]
        kept = {row.relative for row in copied}
        gone = delete_plan(value for value in current if relative_to(value.id, target.path) not in kept)
        return Staged(Plan(changes=(*plan.changes, *gone.changes)), about_there, notes)

    @staticmethod
    def _whole(
        wanted: Wanted, source: Side, target: Side, tags: Mapping[str, Mapping[str, str]], keys: Mapping[str, str]
    ) -> Wanted:
        """Give what is new its tags, and in its own context its key."""
        path = f"{folder_of(source.path)}/{relative_to(wanted.path, target.path)}".rstrip("/")
        return replace(wanted, tags=tags.get(path, {}), key_id=keys.get(path) or None)

    async def _values(self, side: Side, wanted: Sequence[Value | None]) -> list[ParameterValue]:
        """Give values as they were compared, plain; those of a time by their versions."""
        service = self.shell.services.of(Parameters, side.context)
        end = [f":{value.version}" if side.at is not None and value else "" for value in wanted]
        names = [f"{value.name}{more}" for value, more in zip(wanted, end, strict=True) if value is not None]
        found, _ = await service.values(names, decrypt=True)
        return found

    async def _now(self, side: Side, paths: Sequence[str], *, decrypt: bool = False) -> list[ParameterValue]:
        found, _ = await self.shell.services.of(Parameters, side.context).values(paths, decrypt=decrypt)
        return found

    # afterwards

    async def _read_again(self, rows: Sequence[Difference]) -> None:
        """Have the rows say what is there now."""
        assert self.sides is not None
        both: list[list[Value]] = []
        for at, side in enumerate(self.sides):
            if side.at is None:
                both.append([*await self._now(side, [_path(side, row) for row in rows])])
            else:
                both.append([value for row in rows if (value := row.right if at else row.left) is not None])
        left, right = self.sides
        known = {row.relative: Difference(row.relative, None, None, row.state) for row in rows}
        known |= {row.relative: row for row in compare(*both, left_under=left.path, right_under=right.path)}
        for row in known.values():
            self.take_row(settled(row, self.differences.get(row.relative)))
        self.say_rows()


def _path(side: Side, row: Difference) -> str:
    """Give the path that a row has on a side."""
    return f"{folder_of(side.path)}/{row.relative}".rstrip("/")


async def _about(service: Parameters, names: Sequence[str]) -> dict[str, Parameter]:
    """Give what is known of parameters beside their values."""
    found: dict[str, Parameter] = {}
    for start in range(0, len(names), NAMES):
        filters = [{"Key": "Name", "Option": "Equals", "Values": [*names[start : start + NAMES]]}]
        async for page in service.describe(filters):
            found |= {one.id: one for one in page}
    return found


async def _tags_of(service: Parameters, values: Sequence[Value]) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Give the tags of parameters, by path, and what has to be said where they may not be read."""
    found: dict[str, dict[str, str]] = {}
    turns = asyncio.Semaphore(ASKS)

    async def ask(value: Value) -> None:
        async with turns:
            found[value.id] = await service.tags(value.name)

    try:
        await asyncio.gather(*map(ask, values))
    except AccessDenied:
        return {}, ["Tags may not be read, and do not come along: ssm:ListTagsForResource is missing."]
    return found, []
