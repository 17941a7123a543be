"""Save what a screen's table shows: asks for the file, and before one is replaced."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tui.screens._dialogs import Confirm, Prompt
from tui.screens._view_file import View, path_of, write_view, wrong_with

if TYPE_CHECKING:
    from tui.screens._base import ConsoleScreen


class SavePrompt(Prompt):
    """Asks for the file; its suffix is the format."""

    def check(self, text: str) -> str:
        wrong = wrong_with(text) if text.strip() else ""
        return f"{wrong}   esc leaves it" if wrong else ""


def usual_path(noun: str) -> str:
    """Give a name that is not taken yet, in the folder that the console was started in."""
    folder = Path.cwd()
    if not os.access(folder, os.W_OK):
        folder = Path.home()
    path = str(folder / f"{noun}-{time.strftime('%Y%m%d-%H%M%SZ', time.gmtime())}.csv")
    home = f"{Path.home()}{os.sep}"
    return f"~{os.sep}{path.removeprefix(home)}" if path.startswith(home) else path


async def save_view(screen: ConsoleScreen, named: str = "") -> None:
    """Save the marked rows, else all that the filter lets through, in a file that is asked for unless `named`."""
    table = screen.table
    ids = table.marked_ids or table.ids
    view = View(table.columns, [cells for row in ids if (cells := table.written(row)) is not None], table.chosen)
    what = f"{len(ids)} row{'s' * (len(ids) != 1)}"
    if table.marked_ids:
        hidden = len(table.hidden_marks)
        what += ", the marked ones" + (f"; the filter hides {hidden} of them" if hidden else "")
    elif table.shown < table.total:
        what += f" of {table.total}, those that the filter lets through"
    answer: str | None = named
    wrong = wrong_with(named) if named else ""
    if not named or wrong:
        formats = "CSV, JSON or YAML, by how the name ends."
        if [*table.chosen] != [*range(len(table.columns))]:
            formats = "CSV has the columns that you chose, JSON and YAML all; which, the name's end says."
        text = (f"{wrong}\n" if wrong else "") + f"{what}.\n{formats}"
        usual = named or usual_path(screen.NOUN)
        answer = await screen.ask(SavePrompt("Save what is shown", text, value=usual, label="file"))
    if not answer or not answer.strip():
        return
    path = path_of(answer)
    over = path.exists()
    while True:
        if over and not await screen.ask(
            Confirm(f"Replace {path.name}?", f"{path} is there already.", verb="replace it")
        ):
            return
        try:
            await asyncio.to_thread(write_view, view, path, over=over)
        except FileExistsError:
            over = True  # it came to be while the question stood
        else:
            break
    screen.shell.notice(f"Saved {what} in {path}.", "good")
