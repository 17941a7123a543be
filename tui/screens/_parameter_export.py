"""Parameters are exported to a file: .env, JSON, YAML or a script of exports; secrets only when just that was asked."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tui.errors import UsageError
from tui.screens._base import ConsoleScreen
from tui.screens._dialogs import Choose, Confirm
from tui.screens._local_files import likely_files, local_path
from tui.screens._parameter_subtree import READS, Picked, Subtree, read_picked
from tui.screens._path_prompt import PathPrompt
from tui.screens._view_file import write_file
from tui.screens._waiting import waited
from tui.services.parameter_texts import TextFormat, entry_of, format_of, write_text
from tui.services.parameters import Parameters

LEAVE_OUT, NAMES, PLAIN = "out", "names", "plain"
_UNSHOWN = {
    TextFormat.ENV: "a name alone",
    TextFormat.SHELL: "a name alone",
    TextFormat.JSON: "null",
    TextFormat.YAML: "!secret",
}


async def export(screen: ConsoleScreen, picked: Picked) -> None:
    """Read what is picked and write it to a file that is asked for; one that is there is replaced only when told."""
    service = screen.shell.services.of(Parameters, picked.context)

    async def read(decrypt: bool) -> Subtree | None:
        return await waited(
            screen,
            f"{READS}: {picked.words}",
            lambda progress: read_picked(service, picked, progress, decrypt=decrypt, about=False),
        )

    found = await read(False)
    if found is None:
        return
    if not found.values:
        screen.shell.notice(f"There is nothing at or below {picked.within} to export.", "warn")
        return
    path = await _ask_path(screen, picked, len(found.values))
    if path is None:
        return
    format = format_of(path.name)
    secrets = sum(value.is_secret for value in found.values.values())
    how: str | None = LEAVE_OUT
    if secrets:
        how = await screen.ask(_secrets_question(path, format, secrets))
    if how is None:
        return
    if how == PLAIN:
        found = await read(True)
        if found is None:
            return
    entries = [entry_of(one) for one in found.in_order if how != LEAVE_OUT or not one.is_secret]
    text = await asyncio.to_thread(write_text, entries, format, under=picked.within)
    over = path.exists()
    while True:
        if over and not await screen.ask(
            Confirm(f"Replace {path.name}?", f"{path} is there already.", verb="replace it")
        ):
            return
        try:
            await asyncio.to_thread(write_file, text.encode(), path, over=over)
        except FileExistsError:
            over = True  # it came to be while the question stood
        else:
            break
    left = f", {secrets:,} secret{'s' * (secrets != 1)} left out" if secrets and how == LEAVE_OUT else ""
    left = f", {secrets:,} secret{'s' * (secrets != 1)} in plain text among them" if how == PLAIN else left
    count = f"{len(entries):,} parameter{'s' * (len(entries) != 1)}"
    screen.shell.notice(f"Exported {count}{left}, to {path}; only you can read it.", "good")


async def _ask_path(screen: ConsoleScreen, picked: Picked, count: int) -> Path | None:
    name = picked.within.strip("/").replace("/", "-") or "parameters"
    answer = await screen.ask(
        PathPrompt(
            f"Export {picked.words} to",
            f"{count:,} parameter{'s' * (count != 1)}. .env, JSON, YAML or a script of exports, by how the name ends.",
            value=str(Path.cwd() / f"{name}.env"),
            label="file",
            complete=likely_files,
            wrong=_wrong,
            verb="go on",
        )
    )
    return local_path(answer) if answer is not None else None


def _wrong(text: str) -> str:
    path = local_path(text)
    try:
        format_of(path.name)
    except UsageError:
        return "The name says the format: it ends in .env, .json, .yaml or .sh."
    if not path.parent.is_dir():
        return f"There is no folder {path.parent}."
    return f"{path} is no file." if path.exists() and not path.is_file() else ""


def _secrets_question(path: Path, format: TextFormat, secrets: int) -> Choose[str]:
    some = f"{secrets:,} secret{'s' * (secrets != 1)}"
    options = [
        (f"leave the {some} out", LEAVE_OUT),
        (f"say that they are there, as {_UNSHOWN[format]}", NAMES),
        (f"write the {some} in plain text", PLAIN),
    ]
    return Choose(f"{some} among them", options, f"Who reads {path.name} reads what is written in plain text.")
