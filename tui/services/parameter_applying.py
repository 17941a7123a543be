"""Plans are applied: each name is read anew right before it is written, and looked at where it is not clear after."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace

from tui.errors import (
    AccessDenied,
    ApiError,
    Cancelled,
    ClockSkewed,
    CredentialsExpired,
    NotImplementedByEngine,
    OutcomeUnknown,
    RegionDisabled,
    ServerFailed,
    SsmTuiError,
    StateError,
    Throttled,
    UsageError,
)
from tui.ports import Clock, SystemClock
from tui.services._parameter_looks import arrived, is_as_read, read, shows, value_of, without_value
from tui.services.parameter_changes import Change, ChangeKind, Plan, Wanted
from tui.services.parameter_journal import Journal, Phase
from tui.services.parameter_models import ParameterType, ParameterValue, Put
from tui.services.parameter_reports import DONE, Conflict, Outcome, Overtaken, Report, State
from tui.services.parameters import AT_ONCE, Parameters

PAUSES = (1, 2, 4, 8, 16, 32, 60, 60)
"""Seconds of the pauses when a transport has given up a call that was throttled; after the last, what is left stays."""
SHARE = 20
"""So many times what a report took, none is made: it has every name, and there are as many reports as tens of names."""
_LOST = (OutcomeUnknown, ServerFailed, Cancelled)
STOPPED = "It was stopped."
_HOPELESS = (CredentialsExpired, ClockSkewed, RegionDisabled, NotImplementedByEngine)
"""Errors that every other call would meet as well."""


async def apply(
    plan: Plan,
    parameters: Parameters,
    *,
    journal: Journal | None = None,
    progress: Callable[[Report], None] | None = None,
    stop: asyncio.Event | None = None,
    clock: Clock | None = None,
) -> Report:
    """Do what a plan says, and tell `progress` after each few names, of many more seldom.

    A name that is not at the version that the plan was made of is a conflict, and is not written; the others are.
    What is throttled waits and goes on; nothing is written twice. Once `stop` is set it ends after what is on its way,
    and a pause ends at once. Cancelled, it tells `progress` once more how far it is: what was on its way then is
    unknown. The journal stays where it ends early and something stands at two places, or is unknown.
    Raises: UsageError for a plan that has problems, StateError where the journal can't be written.
    """
    if plan.problems:
        first, more = plan.problems[0], len(plan.problems) - 1
        raise UsageError(
            f"Nothing was written: {first}{f' And {more} more.' if more else ''}", hint="Correct the plan first."
        )
    return await _Run(plan, parameters, journal, progress, stop or asyncio.Event(), clock or SystemClock()).all()


async def roll_back(parameters: Parameters, overtaken: Overtaken, *, clock: Clock | None = None) -> Report:
    """Put back what somebody else wrote, where one's own put is still the latest version; else that is a conflict.

    Only their value and type come back. Raises: ApiError where theirs can't be read any more.
    """
    name, secret = (
        overtaken.name,
        ParameterType.SECURE_STRING in (overtaken.yours.type, overtaken.base and overtaken.base.type),
    )
    found, _ = await parameters.values([name], decrypt=secret)
    now = found[0] if found else None
    if now is None or now.version != overtaken.version:
        conflict = Conflict(path=overtaken.path, base=overtaken.theirs, theirs=now, yours=overtaken.yours)
        said = "Somebody wrote it again since: nothing was put back."
        outcome = Outcome(path=overtaken.path, kind=ChangeKind.UPDATE, state=State.CONFLICT, reason=said)
        return Report(outcomes=(outcome,), conflicts=(conflict,))
    if overtaken.was_deleted:
        change = Change(kind=ChangeKind.DELETE, path=overtaken.path, before=now)
    else:
        theirs = overtaken.theirs
        if theirs is None or not theirs.plain:
            theirs = await parameters.value(f"{name}:{overtaken.version - 1}", decrypt=secret)
        wanted = Wanted(name=name, value=theirs.value, type=theirs.type)
        change = Change(kind=ChangeKind.UPDATE, path=overtaken.path, before=now, after=wanted)
    return await apply(Plan(changes=(change,)), parameters, clock=clock)


class _Run:
    """One plan while it is applied."""

    def __init__(
        self,
        plan: Plan,
        parameters: Parameters,
        journal: Journal | None,
        progress: Callable[[Report], None] | None,
        stop: asyncio.Event,
        clock: Clock,
    ) -> None:
        self._plan = plan
        self._parameters = parameters
        self._journal = journal
        self._progress = progress
        self._stop = stop
        self._clock = clock
        self._outcomes = {change.path: Outcome(path=change.path, kind=change.kind) for change in plan.changes}
        self._wanted = {change.path: change for change in plan.changes if change.after is not None}
        self._conflicts: list[Conflict] = []
        self._overtaken: list[Overtaken] = []
        self._flying: set[str] = set()
        self._waiting = self._stopped = ""
        self._width = AT_ONCE
        self._denied = 0
        self._tells_at = 0.0

    async def all(self) -> Report:
        for change in self._plan.sames:
            self._set(change, State.SAME, version=change.before.version if change.before else 0)
        if self._journal is not None and self._plan.writes:
            self._journal.begin(self._plan, self._parameters.context)
        whole = False
        try:
            await self._through([change for change in self._plan.changes if change.puts], self._put_some)
            await self._through(self._plan.deletes, self._delete_some)
            whole = True
        finally:
            if not whole:
                self._stopped = self._stopped or "It was broken off."
            elif not any(one.state is State.WAITING for one in self._outcomes.values()):
                self._stopped = "" if self._stopped == STOPPED else self._stopped
            self._settle()
            report = self._tell()
            if self._journal is not None:
                # An error that ends a plan leaves it as half-done as a kill does.
                self._journal.end(keep=bool(self._stopped) and self._is_half)
        return report

    async def _through(self, changes: Iterable[Change], do: Callable[[list[Change]], Awaitable[list[Change]]]) -> None:
        """Do changes some at a time; what is throttled is done again after a pause, fewer at a time."""
        queue, throttled = deque(changes), 0
        while queue and not self._is_stopped():
            batch = [queue.popleft() for _ in range(min(self._width, len(queue)))]
            again = await do(batch)
            queue.extendleft(reversed(again))
            if self._is_stopped():
                break
            if len(again) < len(batch):
                throttled = 0
            if not again:
                self._width = min(AT_ONCE, self._width + 1)
                self._tell_if_due()
            elif throttled == len(PAUSES):
                self._stopped = "Parameter Store says that there are too many calls, for minutes now."
            else:
                self._width = max(1, self._width // 2)
                self._waiting = f"Throttled: it goes on in {PAUSES[throttled]} s."
                self._tell()
                await self._pause(PAUSES[throttled])
                throttled, self._waiting = throttled + 1, ""
                self._tell()

    async def _pause(self, seconds: float) -> None:
        """Wait, until it is to stop at most."""
        waits = [asyncio.ensure_future(self._clock.sleep(seconds)), asyncio.ensure_future(self._stop.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()

    # puts

    async def _put_some(self, batch: list[Change]) -> list[Change]:
        """Put some changes at once; gives those that were throttled."""
        checked = await self._checked(batch)
        if checked is None or not self._send([change for change, _ in checked]):
            return batch
        throttled = await asyncio.gather(*(self._put(change, now) for change, now in checked))
        return [change for (change, _), again in zip(checked, throttled, strict=True) if again]

    async def _put(self, change: Change, now: ParameterValue | None) -> bool:
        """Put one change; gives whether it was throttled, and so not done."""
        request, base = change.request, now.version if now else 0
        assert request is not None  # a change without a value is a problem of its plan
        try:
            put = await self._parameters.put(request)
        except Throttled:
            self._set(change, State.WAITING)
            return True
        except _LOST as error:
            self._stopped = self._stopped or (str(error) if isinstance(error, Cancelled) else "")
            await self._look_for(change, request.value, base, error)
        except SsmTuiError as error:
            if isinstance(error, ApiError) and error.code == "ParameterAlreadyExists":
                await self._conflict(change, await read(self._parameters, change.name, decrypt=False))
            else:
                self._refused(change, error)
        else:
            await self._was_put(change, put, base)
        return False

    async def _was_put(self, change: Change, put: Put, base: int) -> None:
        self._set(change, State.WRITTEN, version=put.version)
        assert change.after is not None
        if put.version == base + 1:
            return
        theirs = None
        if put.version > 1:
            theirs = await read(self._parameters, f"{change.name}:{put.version - 1}", decrypt=shows(change.before))
        self._overtaken.append(
            Overtaken(path=change.path, base=change.before, theirs=theirs, yours=change.after, version=put.version)
        )

    async def _look_for(self, change: Change, value: str, base: int, error: SsmTuiError) -> None:
        """Look whether a put arrived whose answer was lost."""
        version, said = await arrived(self._parameters, self._clock, change, value, base)
        if version:
            await self._was_put(change, Put(version=version, tier=change.tier), base)
        else:
            self._set(change, State.UNKNOWN, reason=f"{said} ({without_value(str(error), change)})")

    # deletions

    async def _delete_some(self, batch: list[Change]) -> list[Change]:
        """Delete some parameters at once; gives those that were throttled."""
        try:
            ready = await self._verified(batch)
        except Throttled:
            return batch
        except SsmTuiError as error:
            self._stopped = str(error)
            return batch
        checked = await self._checked(ready)
        if checked is None:
            return ready
        going = [change for change, _ in checked]
        if not going or not self._send(going):
            return going
        try:
            await self._parameters.delete([change.name for change in going])
        except Throttled:
            for change in going:
                self._set(change, State.WAITING)
            return going
        except _LOST as error:
            await self._look_if_gone(going, error)
        except SsmTuiError as error:
            for change in going:
                self._refused(change, error)
        else:
            for change in going:
                self._set(change, State.DELETED)
        return []

    async def _verified(self, batch: Sequence[Change]) -> list[Change]:
        """Give what may be deleted: whatever needs a copy has it, as it was put."""
        copies = [self._wanted[change.needs] for change in batch if change.needs]
        found, _ = await self._parameters.values([copy.name for copy in copies], decrypt=True) if copies else ([], [])
        there = {value.id: value.value for value in found}
        ready = []
        for change in batch:
            copy = self._wanted.get(change.needs)
            if copy is None or (self._outcomes[copy.path].done and there.get(copy.path) == value_of(copy)):
                ready.append(change)
                continue
            why = self._outcomes[copy.path]
            what = "is not what was put there" if why.done else f"was not written: {why.reason or why.state}"
            self._set(change, State.NOT_WRITTEN, reason=f"It stays, because its copy {copy.path} {what}")
        return ready

    async def _look_if_gone(self, changes: Sequence[Change], error: SsmTuiError) -> None:
        try:
            found, _ = await self._parameters.values([change.name for change in changes])
        except SsmTuiError:
            found = [change.before for change in changes if change.before is not None]
        there = {value.id for value in found}
        for change in changes:
            if change.path not in there:
                self._set(change, State.DELETED)
            else:
                self._set(change, State.UNKNOWN, reason=f"The answer was lost, and it may still be there. ({error})")

    # what both need

    async def _checked(self, batch: Sequence[Change]) -> list[tuple[Change, ParameterValue | None]] | None:
        """Give what is at the version that the plan was made of, as it is now; None where that can't be asked now."""
        if not batch:
            return []
        try:
            found, _ = await self._parameters.values([change.name for change in batch])
        except Throttled:
            return None
        except SsmTuiError as error:
            self._stopped = str(error)
            return None
        there = {value.id: value for value in found}
        kept = []
        for change in batch:
            now = there.get(change.path)
            if is_as_read(change.before, now):
                kept.append((change, now))
            elif change.kind is ChangeKind.DELETE and now is None:
                self._set(change, State.DELETED, reason="It was gone already.")
            else:
                await self._conflict(change, now)
        return kept

    async def _conflict(self, change: Change, theirs: ParameterValue | None) -> None:
        if theirs is not None and not theirs.plain and shows(change.before):
            theirs = await read(self._parameters, change.name, decrypt=True) or theirs
        self._conflicts.append(Conflict(path=change.path, base=change.before, theirs=theirs, yours=change.after))
        what = f"wrote version {theirs.version}" if theirs else "deleted it" if change.before else "made it"
        self._set(change, State.CONFLICT, reason=f"Somebody else {what} since it was read.")

    def _send(self, changes: Sequence[Change]) -> bool:
        """Note that changes are sent now; gives whether they may be."""
        if all(self._note(change, Phase.SENDING) for change in changes):
            self._flying |= {change.path for change in changes}
            return True
        return False

    def _note(self, change: Change, phase: Phase, version: int = 0) -> bool:
        try:
            if self._journal is not None:
                self._journal.note(change.path, phase, version)
        except StateError as error:
            self._stopped = str(error)
            return False
        return True

    def _refused(self, change: Change, error: SsmTuiError) -> None:
        self._set(change, State.NOT_WRITTEN, reason=without_value(str(error), change))
        self._denied = self._denied + 1 if isinstance(error, AccessDenied) else 0
        if not isinstance(error, ApiError) or isinstance(error, _HOPELESS) or self._denied == AT_ONCE:
            self._stopped = str(error)

    def _set(self, change: Change, state: State, *, version: int = 0, reason: str = "") -> None:
        self._flying.discard(change.path)
        self._outcomes[change.path] = replace(self._outcomes[change.path], state=state, version=version, reason=reason)
        if change.kind is not ChangeKind.SAME and state is not State.UNKNOWN:
            phase = Phase.PLANNED if state is State.WAITING else Phase.WRITTEN if state in DONE else Phase.REFUSED
            self._note(change, phase, version)

    def _is_stopped(self) -> bool:
        if self._stop.is_set():
            self._stopped = self._stopped or STOPPED
        return bool(self._stopped)

    def _settle(self) -> None:
        """Say of what is left whether it was sent."""
        for path, one in self._outcomes.items():
            if path in self._flying:
                said = "It was sent, and broken off before the answer."
                self._outcomes[path] = replace(one, state=State.UNKNOWN, reason=said)
            elif one.state is State.WAITING:
                self._outcomes[path] = replace(one, state=State.NOT_WRITTEN, reason=self._stopped)

    @property
    def _is_half(self) -> bool:
        """Whether somebody has to look what is where: something unknown, or a copy whose source is there still."""
        return any(
            one.state is State.UNKNOWN or (change.needs and not one.done and self._outcomes[change.needs].done)
            for change in self._plan.changes
            if (one := self._outcomes[change.path])
        )

    def _tell_if_due(self) -> None:
        begun = self._clock.monotonic()
        if begun >= self._tells_at:
            self._tell()
            now = self._clock.monotonic()
            self._tells_at = now + SHARE * (now - begun)

    def _tell(self) -> Report:
        report = Report(
            outcomes=tuple(self._outcomes.values()),
            conflicts=tuple(self._conflicts),
            overtaken=tuple(self._overtaken),
            waiting=self._waiting,
            stopped=self._stopped,
        )
        if self._progress is not None:
            self._progress(report)
        return report
