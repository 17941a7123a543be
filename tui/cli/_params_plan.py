"""A plan as text, before it is applied; no value stands in it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TextIO

from tui.cli._context import table, talk
from tui.errors import SsmTuiError
from tui.services.parameter_changes import Change, Plan


def show(plan: Plan, out: TextIO | None = None) -> None:
    """Write what is to become of each parameter, on stderr unless `out` is given, and how many there are of each."""
    out = out or sys.stderr
    if plan.writes:
        out.write(
            table(["CHANGE", "NAME", "TYPE", "VERSION", "SIZE", "NOTE"], [_row(change) for change in plan.writes])
        )
    print(f"{summary(plan)}.", file=out, flush=True)


def summary(plan: Plan) -> str:
    """Count the changes."""
    counts = ((plan.creates, "to create"), (plan.updates, "to change"), (plan.deletes, "to delete"))
    words = [f"{len(changes)} {word}" for changes, word in counts if changes]
    return ", ".join([*words, f"{len(plan.sames)} the same already"] if plan.sames else words) or "Nothing to do"


def must_apply(plan: Plan) -> None:
    """Say every problem. Raises: SsmTuiError where there is one."""
    problems = plan.problems
    for problem in problems:
        talk(problem)
    if problems:
        several = f"{len(problems)} problems" if len(problems) > 1 else "this problem"
        raise SsmTuiError(f"Nothing was changed because of {several}.")


def _row(change: Change) -> Sequence[str]:
    before, request = change.before, change.request
    kind = (request and request.type) or (before and before.type)
    version = str(before.version) if before else ""
    size = f"{len(request.value):,}" if request else ""
    return [change.kind, change.name, kind or "", version, size, " ".join(change.notes)]
