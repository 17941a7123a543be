"""One command in several contexts at once: a signal for all of them, the worst of their exit statuses."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.cli._args import FAILED, UNREACHED
from tui.cli._context import talk
from tui.errors import NotFollowed, SsmTuiError
from tui.ports import Shape
from tui.services.commands import CommandStatus

if TYPE_CHECKING:
    from tui.cli._context_run import Run


def interrupt(runs: Sequence[Run], number: int) -> None:
    """Take a signal for all of them; it is said once."""
    for place, run in enumerate(runs):
        run.interrupt(number, silent=place > 0)


async def all_of(runs: Sequence[Run], targets: list[Shape]) -> int:
    """Run in every context at once, and give the worst exit status; one that fails lets the others end first."""
    ends = await asyncio.gather(*(run.all_of(targets) for run in runs), return_exceptions=True)
    _sum_up(runs)
    failed = [(run, end) for run, end in zip(runs, ends, strict=True) if isinstance(end, BaseException)]
    for run, end in failed[1:] if len(failed) == len(ends) else failed:
        if not isinstance(end, SsmTuiError):
            raise end
        talk(f"{end}" if isinstance(end, NotFollowed) else f"{run.transport.context}: {end}")
    if len(failed) == len(ends):
        raise failed[0][1]
    statuses = [end for end in ends if not isinstance(end, BaseException)] + [FAILED] * bool(failed)
    if len(set(statuses)) == 1 or max(statuses) > UNREACHED:
        return max(statuses)
    return FAILED


def _sum_up(runs: Sequence[Run]) -> None:
    """Count how it ended on all nodes of all contexts, in one line; what was not followed counts as not known."""
    told = [run for run in runs if run.is_done or not run.is_followed]
    ended = [one.status for run in told for one in run.ended.values() if one.status.over]
    unknown = sum(run.unknown for run in told if not run.is_followed)
    if len(ended) + unknown < 2 or not ended:
        return
    good = sum(status is CommandStatus.SUCCESS for status in ended)
    where = f" in {len(told)} contexts" if len(told) > 1 else ""
    more = f", {unknown} not known" if unknown else ""
    talk(f"{len(ended) + unknown} nodes{where}: {good} Success, {len(ended) - good} not{more}.")
