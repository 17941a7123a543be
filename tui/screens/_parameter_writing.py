"""One parameter is put: planned, written at the version that was read, asked about where somebody else wrote too."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from textual.app import App

from tui.errors import AccessDenied, ApiError, Cancelled, OutcomeUnknown, SsmTuiError, UsageError
from tui.ports import Ref
from tui.screens._base import ConsoleScreen
from tui.screens._parameter_conflict import Answer, ConflictDialog, OvertakenDialog
from tui.services.parameter_applying import apply, roll_back
from tui.services.parameter_models import Parameter, ParameterValue, Tier
from tui.services.parameter_plans import Plan, Wanted, plan_of
from tui.services.parameter_reports import Overtaken, Report, State
from tui.services.parameters import NOT_FOUND, Parameters


class Written(NamedTuple):
    """What became of a put, in words for a notice; `version` is the one that it made, 0 where nothing was put."""

    path: str
    version: int
    said: str
    style: str = "good"


def tell(screen: ConsoleScreen, ref: Ref, written: Written) -> None:
    """Say what became of a put, and have the screen show it."""
    screen.shell.notice(written.said, written.style)
    if written.version:
        show_again(screen, ref)


def show_again(screen: ConsoleScreen, ref: Ref) -> None:
    """Have a screen show a parameter that changed; one that shows others too need not read them all again."""
    show = getattr(screen, "parameter_written", None)
    if show is not None:
        show(ref)
    else:
        screen.reload()


async def write(
    app: App[Any],
    service: Parameters,
    wanted: Wanted,
    base: ParameterValue | None,
    about: Parameter | None = None,
    default_tier: Tier = Tier.STANDARD,
) -> Written:
    """Put what is wanted of a parameter that was read as `base` (None for a new one), asking where it has moved.

    `about` is what else is known of it, or of a neighbour; `default_tier` is the account's. Raises: UsageError where it
    can't be put so, Cancelled where a conflict is left, and what the put raises; in all of them nothing was written.
    """
    while True:
        plan = one_plan(wanted, base, about, default_tier)
        (change,) = plan.changes
        if change.problems:
            raise UsageError(change.problems[0])
        if not plan.writes:
            return Written(wanted.path, 0, f"{change.name} is that already: nothing was sent.", "text")
        report = await apply(plan, service)
        if not report.conflicts:
            break
        (conflict,) = report.conflicts
        about = await _about(service, wanted.name)
        answer = await app.push_screen_wait(ConflictDialog(service, conflict, about))
        if answer is None:
            raise Cancelled(f"{change.name} was changed meanwhile: nothing was sent.")
        if answer is Answer.THEIRS:
            return Written(wanted.path, 0, f"{change.name} stays as they wrote it.", "text")
        wanted = _over(wanted, conflict.base, conflict.theirs)
        base = conflict.theirs
    (outcome,) = report.outcomes
    if outcome.state is not State.WRITTEN:
        raise (OutcomeUnknown if outcome.state is State.UNKNOWN else SsmTuiError)(outcome.reason or report.stopped)
    if report.overtaken:
        return await _settle(app, service, report.overtaken[0])
    what = f"is v{outcome.version} now" if change.before is not None else "is made"
    tier = f", in the {change.tier} tier" if about is not None and change.tier is not about.tier and base else ""
    return Written(wanted.path, outcome.version, f"{change.name} {what}{tier}.")


async def read_about(service: Parameters, name: str) -> Parameter:
    """Give what is known of a parameter; where it may not be described, what its value tells of it."""
    try:
        return await service.get(name)
    except AccessDenied:
        return (await service.value(name)).listed


def one_plan(
    wanted: Wanted, base: ParameterValue | None, about: Parameter | None, default_tier: Tier = Tier.STANDARD
) -> Plan:
    """Plan one put; `about` may be a neighbour of what is new."""
    current = {base.id: base} if base is not None else {}
    known = {about.id: about} if about is not None else {}
    return plan_of(current, [wanted], about=known, default_tier=default_tier)


def _over(wanted: Wanted, base: ParameterValue | None, theirs: ParameterValue | None) -> Wanted:
    """Give what is wanted once it goes over theirs; what they deleted has to be told whole."""
    if theirs is not None or base is None:
        return replace(wanted, tags={})
    value = wanted.value if wanted.value is not None else base.value if base.plain else None
    return replace(wanted, value=value, type=wanted.type or base.type)


async def _about(service: Parameters, name: str) -> Parameter | None:
    try:
        return await read_about(service, name)
    except ApiError as error:
        if error.code == NOT_FOUND:
            return None
        raise


async def _settle(app: App[Any], service: Parameters, overtaken: Overtaken) -> Written:
    """Show what was covered, and put it back where that is wanted."""
    path, version = overtaken.path, overtaken.version
    if not await app.push_screen_wait(OvertakenDialog(service, overtaken)):
        return Written(path, version, f"{path} is v{version} now, over what somebody wrote in between.", "warn")
    report: Report = await roll_back(service, overtaken)
    (outcome,) = report.outcomes
    if report.clean:
        now = f"is v{outcome.version}, as they wrote it" if outcome.version else "is deleted again, as they left it"
        return Written(path, outcome.version, f"{path} {now}.")
    raise SsmTuiError(f"{path} was not rolled back. {outcome.reason}".rstrip())
