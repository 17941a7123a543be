"""A plan is opened over a screen, and what became of it is told."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tui.screens._base import ConsoleScreen
from tui.screens._left_behind import plans_folder
from tui.screens._parameter_apply import PlanDialog, Replan
from tui.screens._parameter_plan import Planned
from tui.screens._parameter_subtree import plan_again
from tui.services.parameter_changes import ChangeKind
from tui.services.parameter_journal import Journal
from tui.services.parameter_reports import Report
from tui.services.parameters import Parameters
from tui.widgets.cells import own


def journals(app: Any) -> Path:
    """Give the folder that journals of moves are in."""
    return plans_folder(app.launch)


def where_several(screen: ConsoleScreen, context: str) -> str:
    """Name a context where several are open, else nothing."""
    return context if len(screen.shell.services.contexts) > 1 else ""


async def open_plan(
    screen: ConsoleScreen, planned: Planned, service: Parameters, *, replan: Replan | None = None
) -> Report | None:
    """Show a plan, let it be applied, and tell what became of it; None where nothing was applied."""
    if not planned.plan.changes:
        screen.shell.notice("There is nothing to change.")
        return None
    if all(change.kind is ChangeKind.SAME and not change.problems for change in planned.plan.changes):
        count = len(planned.plan.changes)
        said = "It is as it is wanted" if count == 1 else f"All {count:,} are as they are wanted"
        screen.shell.notice(f"{planned.title}: {said[0].lower()}{said[1:]}; nothing was sent.")
        return None
    moves = any(change.needs for change in planned.plan.changes)
    folder = journals(screen.app)
    window = PlanDialog(
        planned,
        service,
        screen.shell.glyphs,
        where=where_several(screen, planned.context),
        journal=(lambda: Journal(folder)) if moves else (lambda: None),
        replan=replan or partial(plan_again, service),
    )
    report = await screen.ask(window)
    if report is None:
        screen.shell.notice(f"{planned.title}: nothing was changed.")
        return None
    found: Report = report
    screen.shell.notice(own(f"{planned.title}: {found.words}."), "good" if found.clean else "warn")
    screen.reload()
    return found


def names_in_short(paths: Sequence[str], most: int = 4) -> str:
    """Name some paths, and say how many more there are."""
    more = f" and {len(paths) - most:,} more" if len(paths) > most else ""
    return f"{', '.join(paths[:most])}{more}"
