"""A plan is shown, asked about, applied, and told of: what was written, and what was not."""

from __future__ import annotations

import asyncio
import json
import sys
from argparse import Namespace

from tui.cli._args import FAILED, OK
from tui.cli._context import printable, talk
from tui.cli._params_asking import is_sure
from tui.cli._params_plan import must_apply, show
from tui.errors import SsmTuiError
from tui.ports import Transport
from tui.services.parameter_applying import apply
from tui.services.parameter_changes import Plan
from tui.services.parameter_journal import Journal
from tui.services.parameter_reports import Outcome, Report, State
from tui.services.parameters import Parameters

REPORT = "what became of each parameter as one JSON array on stdout; the plan is on stderr"
"""What --json means to a verb that changes something."""
CHANGES = {State.WRITTEN: "written", State.DELETED: "deleted"}


async def carry_out(transport: Transport, plan: Plan, args: Namespace, *, journal: Journal | None = None) -> int:
    """Do what a plan says, once it was shown and is meant; gives the exit status. `args` has the flags of a verb.

    Raises: as `is_meant` does.
    """
    show(plan)
    if not is_meant(plan, args):
        return FAILED
    if not plan.writes:
        return tell(Report(), as_json=args.json)
    return tell(await applied(transport, plan, args, journal=journal), as_json=args.json)


def is_meant(plan: Plan, args: Namespace) -> bool:
    """Ask whether a plan that was shown is meant: what deletes asks for the one name, or for how many they are.

    Raises: SsmTuiError where it has problems, or would change what exists without --overwrite; UsageError where
    nobody can be asked.
    """
    must_apply(plan)
    if plan.updates and not args.overwrite:
        several = f"{len(plan.updates)} parameters exist" if len(plan.updates) > 1 else f"{plan.updates[0].name} exists"
        hint = "--overwrite changes what exists."
        raise SsmTuiError(f"Nothing was written: {several} with another value.", hint=hint)
    deletes = [change.name for change in plan.deletes]
    typed = deletes[0] if len(deletes) == 1 else str(len(deletes)) if deletes else ""
    what = "This deletes." if len(deletes) == 1 else f"This deletes {len(deletes)} parameters." if deletes else "Go on?"
    return is_sure(what, typed, sure=args.yes or not plan.writes)


async def applied(transport: Transport, plan: Plan, args: Namespace, *, journal: Journal | None = None) -> Report:
    """Apply a plan and show how far it is; what became of it is told by itself only where it is broken off."""
    watch = _Watch(len(plan.changes))
    try:
        return await apply(plan, Parameters(transport), journal=journal, progress=watch.see)
    except asyncio.CancelledError:
        watch.end()
        if watch.last is not None:
            tell(watch.last, as_json=args.json)
        raise
    finally:
        watch.end()


def tell(report: Report, *, as_json: bool) -> int:
    """Write what was done to stdout, and to stderr what was not; gives the exit status."""
    if as_json:
        print(json.dumps([_shape(one) for one in report.outcomes], ensure_ascii=False, indent=2))
    for one in report.outcomes:
        if one.state in CHANGES and not as_json:
            version = f" version {one.version}" if one.state is State.WRITTEN else ""
            print(f"{printable(one.path)} {CHANGES[one.state]}{version}")
        if not one.done:
            talk(f"{one.path} {one.state}: {one.reason or 'it was not tried'}")
    for over in report.overtaken:
        theirs = "Somebody deleted it" if over.was_deleted else f"Version {over.version - 1} is somebody else's"
        talk(f"{over.path}: {theirs}, written in between; version {over.version} is yours and covers it.")
    if report.stopped:
        talk(f"What is left was not tried: {report.stopped}")
    sys.stdout.flush()
    if report.outcomes:
        talk(f"{report.words}.")
    return OK if report.clean else FAILED


def _shape(one: Outcome) -> dict[str, object]:
    state = one.state.value.title().replace(" ", "")
    return {"Name": one.path, "State": state, "Version": one.version or None, "Reason": one.reason or None}


class _Watch:
    """Tells on a terminal how far it is, and everywhere why it waits."""

    def __init__(self, total: int) -> None:
        self.last: Report | None = None
        self._total = total
        self._said = ""
        self._drawn = sys.stderr.isatty() and total > 1

    def see(self, report: Report) -> None:
        self.last = report
        if self._drawn:
            done = sum(one.state is not State.WAITING for one in report.outcomes)
            waits = f" {report.waiting}" if report.waiting else ""
            sys.stderr.write(f"\r\x1b[K{done} of {self._total}{waits}")
            sys.stderr.flush()
        elif report.waiting and report.waiting != self._said:
            talk(report.waiting)
        self._said = report.waiting

    def end(self) -> None:
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
        self._drawn = False
