"""What one does with commands that were sent: cancel, send again, save what they said."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.binding import Binding

from tui.errors import ApiError, SsmTuiError, UsageError
from tui.ports import Ref
from tui.screens._catch_up import NOT_BEGUN
from tui.screens._command_runs import CommandRuns, NodeRun
from tui.screens._dialogs import Confirm, Prompt
from tui.screens._follower import named
from tui.screens._shell import explain
from tui.services.commands import Command, Commands
from tui.services.targets import join_words

if TYPE_CHECKING:
    from tui.screens._base import ConsoleScreen
    from tui.screens.command import CommandScreen


class ConfirmCancel(Confirm):
    """Asks whether to stop; the key that asked is also the one that confirms."""

    BINDINGS = [Binding("X", "yes", "stop it", tooltip="Stop it", show=False, id="cancel.yes")]


def still_on(commands: Iterable[Command]) -> str:
    """Say on how many nodes commands have not ended: `on 41 nodes`, `on 1 of 41 nodes`."""
    total = left = 0
    for command in commands:
        total += command.target_count
        left += command.target_count - command.completed
    return f"on {total} node{'s' * (total != 1)}" if left == total else f"on {left} of {total} nodes"


async def cancel_commands(screen: ConsoleScreen, refs: Sequence[Ref], where: str) -> None:
    """Cancel commands, after one key."""
    ids = [ref.id for ref in refs]
    text = "What runs is stopped with its whole process group; what has not begun will not begin."
    if not await screen.ask(ConfirmCancel(f"Cancel {named(ids)} {where}?", text, verb="or X cancel it")):
        return
    services = screen.shell.services
    failed: list[str] = []
    for ref in refs:
        # One that can't be cancelled leaves none of the others running.
        try:
            await services.of(Commands, ref.context).cancel(ref.id)
        except SsmTuiError as error:
            failed.append(f"{services.word(ref)}: {' '.join(explain(error, ''))}")
    if failed:
        rest = f"{len(failed)} of {len(refs)} commands were not cancelled. " if len(refs) > 1 else ""
        screen.shell.notice(rest + failed[0], "bad")
    else:
        screen.shell.notice(f"Cancelling {named(ids)}.")


def prefill(command: Command, word: Callable[[Ref], str]) -> dict[str, Any]:
    """Give the launcher's argument that sends a command again; `word` names a node in its context."""
    words = [
        f"tag:{key[4:]}={value}" if key.startswith("tag:") else f"tag:{value}" if key == "tag-key" else value
        for key, values in command.targets
        for value in values
    ]
    return {
        "document": command.document,
        "parameters": dict(command.parameters),
        "nodes": [] if words else [word(Ref(command.context, id)) for id in command.instance_ids],
        "targets": join_words(word(Ref(command.context, one)) for one in words),
        "at_once": command.max_concurrency,
        "errors": command.max_errors,
        "comment": command.comment,
    }


def run_again(screen: CommandScreen, state: CommandRuns) -> None:
    """Open the launcher filled in as before: for the nodes where it failed, else for all of them."""
    command = state.first
    if command is None:
        return
    filled = prefill(command, screen.shell.services.word)
    failed = [screen.node_word(run) for run in state.runs.values() if run.bad]
    if failed:
        filled |= {"nodes": failed, "targets": ""}
    elif len(state.ids) > 1:
        filled |= {"nodes": [screen.node_word(run) for run in state.runs.values()], "targets": ""}
    screen.shell.go("run", filled)


async def save_outputs(screen: CommandScreen, runs: Sequence[NodeRun], named: str = "") -> None:
    """Write the whole outputs of nodes as files of their own, readable by their owner alone."""
    usual = Path.cwd() / f"ssm-tui-{runs[0].command_id[:8]}"
    title = f"Save the output of {len(runs)} node{'s' * (len(runs) != 1)}"
    answer = await screen.ask(
        Prompt(
            title,
            "One file for each node and stream, whole, in this folder:",
            value=named or str(usual),
            label="folder",
        )
    )
    if not answer or not answer.strip():
        return
    folder = Path(answer.strip()).expanduser()
    written = bytes_written = 0
    failed: list[str] = []
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for run in runs:
            for stream in ("stdout", "stderr"):
                try:
                    size = await _save(screen.commands_of(run), run, stream, folder)
                except SsmTuiError as error:
                    failed.append(f"{run.name}: {' '.join(explain(error, ''))}")
                    break
                written, bytes_written = written + (size > 0), bytes_written + size
    except OSError as error:
        raise UsageError(f"{folder} can't be written: {error.strerror}.", hint="Name another folder.") from error
    saved = f"Saved {written} files, {bytes_written} bytes, in {folder}."
    if failed:
        screen.shell.notice(f"{saved} Of {len(failed)} of {len(runs)} nodes not all was read. {failed[0]}", "bad")
    else:
        screen.shell.notice(saved, "good")


async def _save(commands: Commands, run: NodeRun, stream: str, folder: Path) -> int:
    """Write one stream; a stream without a byte makes no file. Give its size."""
    name = re.sub(r"[^\w.-]", "_", run.name) or run.node_id
    path = folder / f"{name}-{run.node_id}.{stream}"
    size = 0
    file = None
    try:
        async for part in commands.whole_output(run.command_id, run.node_id, stream):
            if file is None:
                file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
            file.write(part)
            size += len(part)
    except ApiError as error:
        if error.code not in NOT_BEGUN:
            raise
    finally:
        if file is not None:
            file.close()
    return size
