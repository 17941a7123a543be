"""What the launcher asks of the contexts: what a document takes, and to run it in each that its nodes are in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tui.errors import SsmTuiError
from tui.screens._follower import follow_commands, tell_sent
from tui.screens._shell import explain
from tui.services import Services
from tui.services.commands import Command, CommandRequest, Commands
from tui.services.documents import DocumentDetails, Documents
from tui.services.early_watch import EarlyWatches

if TYPE_CHECKING:
    from tui.screens.run import RunScreen


async def send_all(screen: RunScreen) -> None:
    """Send the requests of each context, go on in the others where one refuses, and go to what was sent.

    Raises: SsmTuiError where nothing was sent.
    """
    services = screen.shell.services
    requests: dict[str, list[CommandRequest]] = {}
    for context, request in screen.form.by_context():
        requests.setdefault(context, []).append(request)
    commands: list[Command] = []
    failed: dict[str, SsmTuiError] = {}
    try:
        for context, of_it in requests.items():
            try:
                for request in of_it:
                    commands.append(await services.of(Commands, context).send(request))
            except SsmTuiError as refused:
                failed[context] = refused
    finally:
        screen.is_sending = False
    sent = [command.ref for command in commands]
    if failed and not sent:
        raise next(iter(failed.values()))
    for context, error in failed.items():
        where = f" in {context}" if len(requests) > 1 else ""
        total = sum(map(len, requests.values()))
        said = " ".join(explain(error, ""))
        screen.shell.notice(f"{len(sent)} of {total} commands were sent. It failed{where}: {said}", "bad")
    words = [services.word(ref) for ref in sent]
    for context in dict.fromkeys(ref.context for ref in sent):
        await services.of(EarlyWatches, context).begin([one for one in commands if one.context == context])
        services.feeds.hint(context, "ListCommands")
    follow_commands(screen, sent, words)
    screen.nodes.focus()  # who comes back goes on with keys: they are text only once Enter has asked for the form
    if screen.is_current:
        screen.shell.go("command", " ".join(words))
    else:
        tell_sent(screen.shell, [ref.id for ref in sent], words)


async def describe(services: Services, contexts: Iterable[str], name: str) -> DocumentDetails:
    """Ask the contexts in their order for a document: one of the operator's own may be in one of them only.

    Raises: SsmTuiError, that of the first, where none has it.
    """
    failed: SsmTuiError | None = None
    for context in contexts:
        try:
            return await services.of(Documents, context).describe(name)
        except SsmTuiError as error:
            failed = failed or error
    raise failed or SsmTuiError("No context is open.", hint=":ctx opens one.")


def last_like(commands: list[Command], document: str) -> Command | None:
    """Give the newest command of a document."""
    found = [one for one in commands if one.document == document]
    return max(found, key=lambda one: one.requested.timestamp() if one.requested else 0.0, default=None)
