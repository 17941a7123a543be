"""Parameters are copied, moved and deleted: one of them, the marked ones, or all of a folder; each as a plan."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tui.errors import UsageError
from tui.screens._base import ConsoleScreen
from tui.screens._parameter_plan import Planned
from tui.screens._parameter_plan_opening import open_plan, where_several
from tui.screens._parameter_subtree import (
    READS,
    Picked,
    Progress,
    Subtree,
    copy_elsewhere,
    placed,
    read_named,
    read_picked,
)
from tui.screens._path_prompt import PathPrompt
from tui.screens._waiting import waited
from tui.services.parameter_changes import Plan
from tui.services.parameter_names import folder_of, is_below, name_problem
from tui.services.parameter_plans import copy_plan, delete_plan, move_plan
from tui.services.parameter_reports import Report, State
from tui.services.parameters import Parameters

Complete = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Target:
    """Where something is copied or moved to."""

    context: str
    path: str


def read_target(text: str, picked: Picked, contexts: Sequence[str]) -> Target:
    """Read what was typed, `/path` or `CONTEXT:/path`; a folder's slash at the end keeps one parameter's own name.

    Raises: UsageError.
    """
    text = text.strip()
    context, path = picked.context, text
    if not text.startswith("/") and ":/" in text:
        context, _, path = text.partition(":/")
        path = f"/{path}"
        if context not in contexts:
            raise UsageError(f"The context {context} is not open.", hint=f":ctx {context} opens it.")
    if not path.startswith("/"):
        raise UsageError("A path begins with a slash, as in /app/prod.")
    if picked.is_one and path.endswith("/"):
        path = f"{folder_of(path)}/{picked.root.rpartition('/')[2]}"
    path = folder_of(path) or "/"
    if path != "/" and (said := name_problem(path)):
        raise UsageError(said)
    if path == "/" and picked.is_one:
        raise UsageError("The root is no name of a parameter.", hint="Name what it is called there.")
    if (context, path) == (picked.context, folder_of(picked.root) or "/"):
        raise UsageError("That is where it stands already.", hint="Name another place.")
    return Target(context, path)


async def copy_or_move(screen: ConsoleScreen, picked: Picked, complete: Complete, *, moves: bool) -> None:
    """Ask where to, read both places, show the plan, and apply it."""
    verb = "Move" if moves else "Copy"
    contexts = screen.shell.services.contexts

    def wrong(text: str) -> str:
        try:
            target = read_target(text, picked, contexts)
        except UsageError as error:
            return str(error)
        if moves and target.context == picked.context and is_below(target.path, picked.root):
            return "Nothing can be moved into itself."
        return ""

    said = [] if picked.is_one else [f"What stands below {picked.root} will stand below the new path."]
    if picked.is_one:
        said.append("A slash at the end keeps its own name in another folder.")
    if len(contexts) > 1:
        said.append(f"Another context stands in front: {', '.join(contexts)}, as in {contexts[-1]}:{picked.root}.")
    answer = await screen.ask(
        PathPrompt(
            f"{verb} {picked.words} to",
            "\n".join(said),
            value=picked.root,
            label="to",
            complete=complete,
            wrong=wrong,
            verb="plan it",
        )
    )
    if answer is None:
        return
    target = read_target(answer, picked, contexts)
    crosses = target.context != picked.context
    here = screen.shell.services.of(Parameters, picked.context)
    there = screen.shell.services.of(Parameters, target.context)

    async def read(progress: Progress) -> tuple[Subtree, Subtree, Plan]:
        found = await read_picked(here, picked, progress, decrypt=True, tags=True, default=False)
        names = [placed(path, picked.root, target.path) for path in found.paths]
        beside = await read_named(there, names, progress)
        progress("planning")
        return found, beside, await asyncio.to_thread(_plan, found, beside, picked, target, moves=moves)

    answer_read = await waited(screen, f"{READS}: {picked.words}", read)
    if answer_read is None:
        return
    found, beside, plan = answer_read
    if not found.values:
        screen.shell.notice(f"There is nothing at or below {picked.root}: nothing to {verb.lower()}.", "warn")
        return
    place = f"{target.context}:{target.path}" if crosses else target.path
    notes = [*found.untold, *(said for said in beside.notes(plan) if said not in found.untold)]
    if crosses:
        notes.append(f"Secrets are encrypted there under {target.context}'s default key.")
    if moves and crosses:
        notes.append(f"Between contexts it is copied first; what was copied is then deleted in {picked.context}.")
    title = f"{verb} {picked.words} to {place}"
    planned = Planned(title, plan, target.context, {**found.about, **beside.about}, picked.hidden, notes)
    report = await open_plan(screen, planned, there)
    if moves and crosses and report is not None:
        await _delete_copied(screen, picked, target, found, report)


def _plan(found: Subtree, beside: Subtree, picked: Picked, target: Target, *, moves: bool) -> Plan:
    if target.context != picked.context:
        return copy_elsewhere(found, picked.root, target.path, beside)
    make = move_plan if moves else copy_plan
    about = {**beside.about, **found.about}
    return make(
        found.in_order,
        picked.root,
        target.path,
        about=about,
        tags=found.tags,
        current=beside.values,
        default_tier=beside.default.tier,
    )


async def _delete_copied(screen: ConsoleScreen, picked: Picked, target: Target, found: Subtree, report: Report) -> None:
    """Delete what a copy to another context has brought there, as a plan of its own."""
    done = {one.path for one in report.outcomes if one.state in (State.WRITTEN, State.SAME)}
    copied = [value for value in found.in_order if placed(value.id, picked.root, target.path) in done]
    if copied:
        title = f"Delete what was copied to {target.context}:{target.path}"
        planned = Planned(title, delete_plan(copied), picked.context, found.about)
        await open_plan(screen, planned, screen.shell.services.of(Parameters, picked.context))


async def delete(screen: ConsoleScreen, picked: Picked) -> None:
    """Read what is meant, show what goes, and delete it once its name or the count was typed."""
    service = screen.shell.services.of(Parameters, picked.context)

    async def read(progress: Progress) -> Subtree:
        return await read_picked(service, picked, progress, decrypt=False, about=False)

    found = await waited(screen, f"{READS}: {picked.words}", read)
    if found is None:
        return
    if not found.values:
        where = f" in {picked.context}" if where_several(screen, picked.context) else ""
        screen.shell.notice(f"There is nothing at or below {picked.root}{where} any more.", "warn")
        screen.reload()
        return
    planned = Planned(f"Delete {picked.words}", delete_plan(found.in_order), picked.context, {}, picked.hidden)
    await open_plan(screen, planned, service)
