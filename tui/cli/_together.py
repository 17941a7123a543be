"""One command in several contexts at once: a signal for all of them, the worst of their exit statuses."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.cli._args import FAILED, UNREACHED
from tui.cli._context import talk
from tui.errors import SsmTuiError
from tui.ports import Shape

if TYPE_CHECKING:
    from tui.cli.run import Run


def interrupt(runs: Sequence[Run], number: int) -> None:
    """Take a signal for all of them; it is said once."""
    for place, run in enumerate(runs):
        run.interrupt(number, silent=place > 0)


async def all_of(runs: Sequence[Run], targets: list[Shape]) -> int:
    """Run in every context at once, and give the worst exit status; one that fails lets the others end first."""
    ends = await asyncio.gather(*(run.all_of(targets) for run in runs), return_exceptions=True)
    failed = [(run, end) for run, end in zip(runs, ends, strict=True) if isinstance(end, BaseException)]
    for run, end in failed[1:] if len(failed) == len(ends) else failed:
        if not isinstance(end, SsmTuiError):
            raise end
        talk(f"{run.transport.context}: {end}")
    if len(failed) == len(ends):
        raise failed[0][1]
    statuses = [end for end in ends if not isinstance(end, BaseException)] + [FAILED] * bool(failed)
    if len(set(statuses)) == 1 or max(statuses) > UNREACHED:
        return max(statuses)
    return FAILED
