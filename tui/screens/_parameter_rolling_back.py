"""An older version's value becomes a new version, shown before it is put."""

from __future__ import annotations

from tui.ports import Ref
from tui.screens._base import ConsoleScreen
from tui.screens._parameter_compared import ConfirmPut
from tui.screens._parameter_writing import one_plan, read_about, tell, write
from tui.screens._words import moment
from tui.services.parameter_plans import Wanted
from tui.services.parameters import Parameters
from tui.widgets.top_bar import Word


async def roll_back_to(screen: ConsoleScreen, ref: Ref, version: int) -> None:
    """Put the value of an older version as a new one, where that is confirmed.

    Only the value comes back: tier, description, key and policies stay as they are now.
    """
    service = screen.shell.services.of(Parameters, ref.context)
    about = await read_about(service, ref.id)
    secret = about.is_secret
    now = await service.value(about.name, decrypt=secret)
    old = await service.value(f"{about.name}:{version}", decrypt=secret)
    wanted = Wanted(name=about.name, value=old.value)
    plan = one_plan(wanted, now, about)
    (change,) = plan.changes
    if not plan.writes:
        said = f"v{version} of {about.name} has the value that it has now, in v{now.version}: nothing was sent."
        screen.shell.notice(said)
        return
    if change.problems:
        screen.shell.notice(f"v{version} of {about.name} can't be put again. {change.problems[0]}", "bad")
        return
    more: list[list[Word]] = [[(f"the value of v{version}, of {moment(old.modified)}, is put again", "text")]]
    if await screen.ask(ConfirmPut(f"Roll {about.name} back to v{version}?", change, more=more)) != "put":
        return
    written = await write(screen.app, service, wanted, now, about)
    tell(screen, ref, written)
