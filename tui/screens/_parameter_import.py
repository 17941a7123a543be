"""A file of parameters is imported below a path: read, asked about what is new, planned, applied."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import translate
from pathlib import Path

from tui.errors import UsageError
from tui.screens._base import ConsoleScreen
from tui.screens._dialogs import Choose
from tui.screens._form_dialog import FormDialog
from tui.screens._local_files import likely_files, local_path
from tui.screens._parameter_plan import Planned
from tui.screens._parameter_plan_opening import names_in_short, open_plan
from tui.screens._parameter_subtree import READS, Picked, Progress, Subtree, read_picked
from tui.screens._path_prompt import PathPrompt
from tui.screens._waiting import waited
from tui.services.parameter_changes import Plan, Wanted
from tui.services.parameter_models import ParameterType, Tier
from tui.services.parameter_names import LIKELY_SECRETS, env_name, folder_of, name_problem, relative_to
from tui.services.parameter_plans import plan_of
from tui.services.parameter_texts import Entry, TextFormat, format_of, read_text
from tui.services.parameters import Parameters
from tui.widgets.form_field import FormField
from tui.widgets.top_bar import Word

MOST = 16 << 20
"""Bytes of a file that is imported; 10,000 values of an ordinary length are one megabyte."""
TYPES = (ParameterType.STRING, ParameterType.SECURE_STRING, ParameterType.STRING_LIST)
STAYS, DELETED = "stays", "is deleted"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was asked about an import."""

    type: ParameterType = ParameterType.STRING
    secrets: tuple[str, ...] = ()
    tier: Tier | None = None
    deletes_others: bool = False


class Patterns:
    """Words such as `*password*` that name entries: by the path below a folder, its last level, or the variable."""

    def __init__(self, words: Sequence[str]) -> None:
        self._meant = re.compile("|".join(translate(word.casefold()) for word in words)) if words else None

    def fits(self, names: Sequence[str]) -> bool:
        """Whether one of them names what has these names."""
        return self._meant is not None and any(map(self._meant.match, names))


def names_of(entry: Entry, under: str) -> tuple[str, str, str]:
    """Give what an entry can be called."""
    rest = relative_to(entry.path, under).casefold()
    return rest, rest.rpartition("/")[2], env_name(entry.path, under).casefold()


class ImportForm(FormDialog[Wishes]):
    """Asks what becomes of what is new, which are secrets, and what of the parameters that the file has not."""

    def __init__(self, title: str, entries: Sequence[Entry], under: str, current: Sequence[str]) -> None:
        self._entries, self._under = entries, under
        self._names = [names_of(entry, under) for entry in entries]
        there = set(current)
        self._new = [entry for entry in entries if entry.path not in there]
        self._others = there - {entry.path for entry in entries}
        kinds = FormField("type", "type of new ones", TYPES[0].value, about="where the file does not say it")
        kinds.set_choices([kind.value for kind in TYPES])
        tiers = FormField("tier", "tier", "", placeholder="the account's own default")
        tiers.set_choices([Tier.STANDARD.value, Tier.ADVANCED.value, Tier.INTELLIGENT.value])
        secrets = FormField(
            "secrets", "secrets", self._likely(there), placeholder="none but those that are", about="*password* *token*"
        )
        others = FormField("others", "others there", STAYS, about="what the file has not")
        others.set_choices([STAYS, DELETED])
        super().__init__(title, [kinds, secrets, tiers, others], self._wished, verb="plan it")

    def _likely(self, there: set[str]) -> str:
        """Give the patterns that are proposed."""
        both = [*zip(self._entries, self._names, strict=True)]
        old = [names for entry, names in both if entry.path in there]
        new = [names for entry, names in both if entry.path not in there and not entry.is_secret]
        tried = [(word, Patterns([word])) for word in LIKELY_SECRETS]
        return " ".join(word for word, one in tried if any(map(one.fits, new)) and not any(map(one.fits, old)))

    def problems(self, values: Mapping[str, str]) -> dict[str, str]:
        found = {}
        if values["type"] not in [kind.value for kind in TYPES]:
            found["type"] = f"It is one of {', '.join(TYPES)}."
        if values["tier"] and values["tier"] not in [tier.value for tier in Tier if tier is not Tier.UNKNOWN]:
            found["tier"] = "It is Standard, Advanced or Intelligent-Tiering."
        if values["others"] not in (STAYS, DELETED):
            found["others"] = f"It {STAYS}, or {DELETED}."
        patterns = values["secrets"].replace(",", " ").split()
        empty = [one for one in patterns if not any(map(Patterns([one]).fits, self._names))]
        if empty:
            found["secrets"] = f"{empty[0]} names nothing in the file."
        return found

    def preview(self, values: Mapping[str, str]) -> Sequence[Sequence[Word]]:
        """Say how many are new, which are secrets, and how many would go."""
        if self.problems(values):
            return ()
        patterns = Patterns(values["secrets"].replace(",", " ").split())
        both = zip(self._entries, self._names, strict=True)
        named = [entry for entry, names in both if entry.is_secret or patterns.fits(names)]
        lines: list[list[Word]] = [[(f"{len(self._entries):,} in the file, {len(self._new):,} of them new", "text")]]
        if named:
            paths = names_in_short([relative_to(entry.path, self._under) or "." for entry in named])
            lines.append([(f"{len(named):,} secret: {paths}", "accent")])
        if values["others"] == DELETED:
            lines.append([(f"{len(self._others):,} that the file has not will be deleted", "warn")])
        return lines

    async def _wished(self, values: Mapping[str, str]) -> Wishes:
        return Wishes(
            ParameterType(values["type"]),
            tuple(values["secrets"].replace(",", " ").split()),
            Tier(values["tier"]) if values["tier"] else None,
            values["others"] == DELETED,
        )


def wanted_of(entries: Sequence[Entry], wishes: Wishes, under: str, current: Subtree) -> list[Wanted]:
    """Make of entries what is wanted: a type where the file says none and it is new, a tier for what is new."""
    made, patterns = [], Patterns(wishes.secrets)
    for entry in entries:
        if patterns.fits(names_of(entry, under)):
            entry = replace(entry, type=ParameterType.SECURE_STRING)
        new = entry.path not in current.values
        if new and entry.type is None:
            entry = replace(entry, type=wishes.type)
        one = Wanted.of(entry)
        made.append(replace(one, tier=wishes.tier) if new and wishes.tier is not None else one)
    return made


async def import_file(
    screen: ConsoleScreen, context: str, folder: str, complete: Callable[[str], Sequence[str]]
) -> None:
    """Ask for a file and where it goes, and open the plan that it comes to."""
    named = await _ask_file(screen)
    if named is None:
        return
    path, format, data = named
    under = await screen.ask(
        PathPrompt(
            f"Import {path.name} below",
            f"{format} by its name; each key stands below this path.",
            value=folder,
            label="below",
            complete=complete,
            wrong=_wrong_folder,
            verb="go on",
        )
    )
    if under is None:
        return
    under = folder_of(under.strip()) or "/"
    service = screen.shell.services.of(Parameters, context)
    picked = Picked(context, under, folders=(under,))

    async def read(progress: Progress) -> tuple[Subtree, list[Entry]]:
        found = await read_picked(service, picked, progress, decrypt=True)
        progress("reading the file")
        return found, await asyncio.to_thread(read_text, data, format, under=under, known=found.paths)

    answer = await waited(screen, f"{READS}: all of {under}", read)
    if answer is None:
        return
    found, entries = answer
    if not entries:
        screen.shell.notice(f"{path.name} has no parameters in it.", "warn")
        return
    wishes = await screen.ask(ImportForm(f"Import {path.name} below {under}", entries, under, found.paths))
    if wishes is None:
        return

    def plan() -> Plan:
        wanted = wanted_of(entries, wishes, under, found)
        return plan_of(
            found.values,
            wanted,
            delete_others=wishes.deletes_others,
            about=found.about,
            default_tier=found.default.tier,
        )

    made = await asyncio.to_thread(plan)
    title = f"Import {path.name} below {under}"
    await open_plan(screen, Planned(title, made, context, found.about, (), found.notes(made)), service)


async def _ask_file(screen: ConsoleScreen) -> tuple[Path, TextFormat, bytes] | None:
    answer = await screen.ask(
        PathPrompt(
            "Import a file",
            ".env, JSON, YAML or a script of exports, by how the name ends; else it is asked for.",
            value=f"{Path.cwd()}/",
            label="file",
            complete=likely_files,
            wrong=_wrong_file,
            verb="read it",
        )
    )
    if answer is None:
        return None
    path = local_path(answer)
    try:
        format: TextFormat | None = format_of(path.name)
    except UsageError:
        format = await screen.ask(Choose(f"What is {path.name} written in?", [(str(one), one) for one in TextFormat]))
    if format is None:
        return None
    try:
        data = await asyncio.to_thread(path.read_bytes)
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}.") from error
    return path, format, data


def _wrong_file(text: str) -> str:
    path = local_path(text)
    if not text.strip() or not path.exists():
        return f"There is no file {path}."
    if not path.is_file():
        return f"{path} is no file."
    if path.stat().st_size > MOST:
        return f"{path.name} is larger than {MOST >> 20} MiB."
    return ""


def _wrong_folder(text: str) -> str:
    path = folder_of(text.strip())
    if not text.strip().startswith("/"):
        return "A path begins with a slash, as in /app/prod."
    return name_problem(path) if path else ""
