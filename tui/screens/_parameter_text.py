"""A subtree of parameters as a text in the operator's editor: what comes back is a plan of what differs.

What was typed is kept until it is applied: a fault in it, an editor that fails, or a plan that is left lose nothing.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from weakref import WeakKeyDictionary

from textual.app import App

from tui.errors import SsmTuiError, UsageError
from tui.screens._base import ConsoleScreen
from tui.screens._dialogs import Choose, Confirm
from tui.screens._editor import EditorFailedError, edit_text
from tui.screens._editor_program import chosen_editor
from tui.screens._memory_file import file_name
from tui.screens._parameter_plan import Planned
from tui.screens._parameter_plan_opening import open_plan, where_several
from tui.screens._parameter_subtree import READS, Picked, Subtree, read_picked
from tui.screens._waiting import waited
from tui.screens._words import age
from tui.services.parameter_changes import Plan, Wanted
from tui.services.parameter_models import ParameterValue
from tui.services.parameter_plans import plan_of
from tui.services.parameter_texts import TextFormat, entry_of, read_text, write_text
from tui.services.parameters import Parameters

MOST = 64 << 20
"""Bytes of an edited text: 5,000 values of 8 KB are 40 MB."""
_FAULT = "# !! "
"""How a line begins that says what is wrong with the text below it."""
_LINE = re.compile(r"^Line (\d+)")
_SUFFIX = {TextFormat.YAML: ".yaml", TextFormat.ENV: ".env"}


@dataclass(slots=True)
class Draft:
    """A text that is being edited: what it was made of, and what it is now."""

    picked: Picked
    format: TextFormat
    found: Subtree
    text: str = field(repr=False)
    plain: bool = False
    """Whether secrets stand in it."""
    since: datetime = field(default_factory=lambda: datetime.now(UTC))


_DRAFTS: WeakKeyDictionary[App[object], dict[tuple[str, str], Draft]] = WeakKeyDictionary()
"""What was typed in each console and not applied, by context and root; in memory alone."""


async def edit_as_text(screen: ConsoleScreen, picked: Picked) -> None:
    """Let what is picked be edited as a text, and show the plan that it comes to."""
    drafts = _DRAFTS.setdefault(screen.app, {})
    key = (picked.context, picked.within)
    draft = drafts.get(key)
    if draft is not None:
        title = f"An edit of {picked.within} from {age(draft.since)} ago was not applied"
        goes_on = await screen.ask(Choose(title, [("go on with it", True), ("throw it away and begin anew", False)]))
        if goes_on is None:
            return
        if not goes_on:
            del drafts[key]
            draft = None
    if draft is None:
        draft = await _begin(screen, picked)
    if draft is None:
        return
    plan = await _edited(screen, draft, drafts, key)
    if plan is None:
        return
    service = screen.shell.services.of(Parameters, picked.context)
    title = f"Edit {picked.words}"
    planned = Planned(title, plan, picked.context, draft.found.about, picked.hidden, draft.found.notes(plan))
    report = await open_plan(screen, planned, service)
    whole = report is not None and report.clean and len(report.outcomes) == len(plan.changes)
    if whole or not (plan.writes or plan.problems):  # what was typed may be taken back by hand, too
        drafts.pop(key, None)
    elif key in drafts:
        screen.shell.notice(f"The edit of {picked.within} is kept: the same key goes on with it.")


async def _begin(screen: ConsoleScreen, picked: Picked) -> Draft | None:
    """Read what is picked, and ask how it is written."""
    service = screen.shell.services.of(Parameters, picked.context)
    found = await waited(
        screen, f"{READS}: {picked.words}", lambda progress: read_picked(service, picked, progress, decrypt=False)
    )
    if found is None:
        return None
    secrets = sum(value.is_secret for value in found.values.values())
    options = [("YAML", (TextFormat.YAML, False)), (".env", (TextFormat.ENV, False))]
    if secrets:
        some = f"{secrets:,} secret{'s' * (secrets != 1)}"
        options = [
            (f"YAML, {some} as !secret: they stay as they are", (TextFormat.YAML, False)),
            (f"YAML, with {some} to be read and edited", (TextFormat.YAML, True)),
            (f".env, {some} as names alone: they stay as they are", (TextFormat.ENV, False)),
            (f".env, with {some} to be read and edited", (TextFormat.ENV, True)),
        ]
    count = f"{len(found.values):,} parameter{'s' * (len(found.values) != 1)}"
    about = f"{count}. What is taken out of the text will be deleted; the plan shows it before."
    chosen = await screen.ask(Choose(f"Edit {picked.words} as", options, about))
    if chosen is None:
        return None
    format, plain = chosen
    if plain:
        again = await waited(
            screen, f"{READS}: {picked.words}", lambda progress: read_picked(service, picked, progress, decrypt=True)
        )
        if again is None:
            return None
        found = again
    entries = [entry_of(value) for value in found.in_order]
    body = await asyncio.to_thread(write_text, entries, format, under=picked.within)
    if format is TextFormat.YAML and not entries:
        body = ""
    where = where_several(screen, picked.context)
    head = f"# {picked.within}{f' in {where}' if where else ''}: {count}. What is taken out of here will be deleted.\n"
    if secrets and not plain:
        how = "!secret alone" if format is TextFormat.YAML else "a name alone"
        head += f"# {how} is a secret that stays as it is.\n"
    if format is TextFormat.YAML:
        head += "# A new secret is written as  name: !secret value\n"
    return Draft(picked, format, found, head + body, plain)


async def _edited(
    screen: ConsoleScreen, draft: Draft, drafts: dict[tuple[str, str], Draft], key: tuple[str, str]
) -> Plan | None:
    """Let a draft be edited until it can be meant; gives the plan, or None where it was left."""
    editor = chosen_editor()
    if draft.plain and editor.quiet is None:
        said = (
            f"The text goes to {editor.name} through a file in memory that is wiped afterwards. Which other files "
            f"{editor.name} writes (swap, backup, undo, history) is not known here."
        )
        if not await screen.ask(Confirm(f"Open secrets in {editor.name}?", said, verb="open them")):
            return None
    name = file_name(draft.picked.within.strip("/").split("/") or ["parameters"], _SUFFIX[draft.format])
    while True:
        before = draft.text
        try:
            edited = await edit_text(screen.app, editor, before, name=name, secret=draft.plain, most=MOST)
        except EditorFailedError as error:
            if error.left not in (None, before):
                draft.text = without_faults(error.left or "")
                drafts[key] = draft
                error.hint = "What was typed is kept: the same key goes on with it."
            raise
        if edited is None and key not in drafts:
            screen.shell.notice(f"{draft.picked.within} is unchanged: nothing was sent.")
            return None
        draft.text = without_faults(edited if edited is not None else before)
        drafts[key] = draft
        try:
            return await _plan(screen, draft)
        except UsageError as error:
            fault = str(error)
        if not await screen.ask(Confirm("This text can't be meant", fault, verb="edit it again")):
            screen.shell.notice(f"The edit of {draft.picked.within} is kept: the same key goes on with it.")
            return None
        draft.text = with_fault(draft.text, fault)


def with_fault(text: str, fault: str) -> str:
    """Put what is wrong above a text, with the line that it will then stand in."""
    said = _LINE.sub(lambda found: f"Line {int(found[1]) + 1}", fault.replace("\n", " "))
    return f"{_FAULT}{said}\n{text}"


def without_faults(text: str) -> str:
    """Take what was said to be wrong off the top of a text."""
    while text.startswith(_FAULT):
        text = text.partition("\n")[2]
    return text


async def _plan(screen: ConsoleScreen, draft: Draft) -> Plan:
    """Plan what a text says against what was read. Raises: UsageError, also for what can't be read now."""
    picked, found = draft.picked, draft.found
    known = found.paths
    entries = await asyncio.to_thread(read_text, draft.text, draft.format, under=picked.within, known=known)
    wanted = [Wanted.of(entry) for entry in entries]
    new = [one.name for one in wanted if one.path not in found.values]
    current = dict(found.values)
    if new:
        service = screen.shell.services.of(Parameters, picked.context)
        current |= await _there(service, new)
    make = partial(plan_of, current, wanted, delete_others=True, about=found.about, default_tier=found.default.tier)
    return await asyncio.to_thread(make)


async def _there(service: Parameters, names: Sequence[str]) -> dict[str, ParameterValue]:
    """Give what is there of names that the text has and the subtree had not: somebody made it meanwhile."""
    try:
        values, _ = await service.values(names)
    except SsmTuiError:  # such as a name that is none: the plan says so
        return {}
    return {value.id: value for value in values}
