"""A parameter's value in the operator's editor: opened, planned, shown, and put."""

from __future__ import annotations

from typing import Any

from textual.app import App

from tui.errors import SsmTuiError
from tui.ports import Ref
from tui.screens._base import ConsoleScreen, explain
from tui.screens._dialogs import Confirm
from tui.screens._editor import edit_text, suffix_of
from tui.screens._editor_program import chosen_editor
from tui.screens._memory_file import file_name
from tui.screens._parameter_compared import ConfirmPut
from tui.screens._parameter_writing import one_plan, read_about, tell, write
from tui.services.parameter_plans import Wanted
from tui.services.parameters import Parameters
from tui.services.service_settings import ServiceSettings


async def edit_value(app: App[Any], text: str, path: str, *, secret: bool) -> str | None:
    """Let a value be edited in VISUAL or EDITOR; gives the new one, or None where it stays as it is.

    A secret is given to an editor that is not known only once that was agreed to. Raises: UsageError.
    """
    editor = chosen_editor()
    if secret and editor.quiet is None:
        said = (
            f"The value goes to {editor.name} through a file in memory that is wiped afterwards. Which other files "
            f"{editor.name} writes (swap, backup, undo, history) is not known here."
        )
        if not await app.push_screen_wait(Confirm(f"Open a secret in {editor.name}?", said, verb="open it")):
            return None
    name = file_name(path.strip("/").split("/"), suffix_of(text))
    return await edit_text(app, editor, text, name=name, secret=secret)


async def edit_in_editor(screen: ConsoleScreen, ref: Ref) -> None:
    """Let a parameter's value be edited in the editor, show what the put will be, and put it."""
    service = screen.shell.services.of(Parameters, ref.context)
    about = await read_about(service, ref.id)
    value = await service.value(about.name, decrypt=about.is_secret)
    default = await ServiceSettings.beside(service).default_tier()
    text = value.value
    while True:
        edited = await edit_value(screen.app, text, about.id, secret=about.is_secret)
        text = edited if edited is not None else text
        if text == value.value:
            screen.shell.notice(f"{about.name} is unchanged: nothing was sent.")
            return
        wanted = Wanted(name=about.name, value=text)
        change = one_plan(wanted, value, about, default.tier).changes[0]
        if change.problems:
            wrong = "\n".join(change.problems)
        else:
            answer = await screen.ask(ConfirmPut(f"Put {about.name}?", change, again=True))
            if answer is None:
                screen.shell.notice(f"The edit of {about.name} was thrown away: nothing was sent.")
                return
            if answer == "again":
                continue
            try:
                written = await write(screen.app, service, wanted, value, about, default.tier)
            except SsmTuiError as error:
                wrong = " ".join(explain(error, ""))
            else:
                tell(screen, ref, written)
                return
        if not await screen.ask(Confirm(f"{about.name} was not put", wrong, verb="edit it again")):
            return
