"""Followers of commands that were sent: they live in the app, and say when a command is over."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.app import App

from tui.errors import ApiError, SsmTuiError
from tui.ports import Ref
from tui.services.commands import Commands, CommandStatus
from tui.widgets.cells import own

if TYPE_CHECKING:
    from tui.screens._base import ConsoleScreen
    from tui.screens._shell import Shell

log = logging.getLogger(__name__)
AGAIN = 1.0
"""Seconds before a follower that lost the engine looks again."""


def follow_commands(screen: ConsoleScreen, refs: Sequence[Ref], words: Sequence[str]) -> None:
    """Say in a notice how commands ended, unless one is looking at them then; `words` name them in their contexts."""
    shell, app = screen.shell, screen.app
    argument, ids = " ".join(words), [ref.id for ref in refs]
    services = [(shell.services.of(Commands, ref.context), ref.id) for ref in refs]

    async def follow() -> None:
        counts: Counter[str] = Counter()
        for commands, id in services:
            if not await _over(commands, id):
                return
            async for page in commands.invocations(id):
                counts.update(one.details or one.status.value for one in page)
        if not _shows(app, argument):
            bad = set(counts) - {CommandStatus.SUCCESS.value}
            text = f"{named(ids)} on {_nodes(counts.total())}: {said(counts)}"
            shell.notice(text, "warn" if bad or not counts else "good", noun="command", argument=argument)

    async def guarded() -> None:
        try:
            await follow()
        except SsmTuiError as error:
            log.info("a command's end could not be followed: %s", error)

    app.run_worker(guarded(), group="followers", exit_on_error=False)


def tell_sent(shell: Shell, ids: Sequence[str], words: Sequence[str]) -> None:
    """Say that commands were sent to one who has left the launcher meanwhile, and stays there."""
    told = "was sent; ' opens it." if len(ids) == 1 else "were sent; ' opens them."
    shell.notice(f"{named(ids)} {told}", noun="command", argument=" ".join(words))


def named(ids: Sequence[str]) -> str:
    """Name commands for a sentence: `Command 3f2c41d0…`, `8 commands`."""
    return own(f"Command {ids[0][:8]}…") if len(ids) == 1 else f"{len(ids)} commands"


def said(counts: Counter[str]) -> str:
    """Say states with their counts, the good one first."""
    ordered = sorted(counts.items(), key=lambda item: (item[0] != CommandStatus.SUCCESS.value, -item[1]))
    return ", ".join(f"{count} {word}" for word, count in ordered) or "no node was meant"


def _nodes(count: int) -> str:
    return f"{count} node{'s' * (count != 1)}"


async def _over(commands: Commands, id: str) -> bool:
    """Wait for a command's last state; False where it is not known any more. A lost engine is waited for."""
    while True:
        try:
            return (await commands.follow(id)).status.over
        except ApiError as error:
            log.info("command %s is not followed on: %s", id, error)
            return False
        except SsmTuiError as error:
            log.info("command %s is followed again: %s", id, error)
            await asyncio.sleep(AGAIN)


def _shows(app: App[int], argument: str) -> bool:
    screen = app.screen
    return getattr(screen, "NOUN", "") == "command" and getattr(screen, "command_words", "") == argument
