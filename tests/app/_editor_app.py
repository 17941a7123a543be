"""A small app that gives a text to an editor, to be run in a pty with a folder and `secret` or `plain` as its words.

While the editor is open its loop goes on: it answers the file `opened` by writing into the pipe `go`, and
changes what it shows. What came of it stands on the screen.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from textual.app import App, ComposeResult
from textual.widgets import Static

from tui.errors import SsmTuiError
from tui.screens._editor import edit_text, suffix_of
from tui.screens._editor_program import chosen_editor
from tui.screens._terminal import leave_now

VALUE = "correct horse"


class EditorApp(App[int]):
    """Opens the editor at `e`; Ctrl+Q leaves."""

    def __init__(self, folder: Path, *, secret: bool) -> None:
        super().__init__()
        self._folder, self._secret = folder, secret
        self._line = Static("ready", markup=False)

    def compose(self) -> ComposeResult:
        yield self._line

    def on_mount(self) -> None:
        self.run_worker(self._answer())

    async def _answer(self) -> None:
        opened = self._folder / "opened"
        while not opened.exists():
            await asyncio.sleep(0.01)
        self._line.update("drawn over the editor")
        await asyncio.to_thread((self._folder / "go").write_text, "go\n")

    def leave(self, code: int) -> None:
        leave_now(self._driver, code)

    def key_e(self) -> None:
        self.run_worker(self._edit())

    async def _edit(self) -> None:
        try:
            name = "password" + suffix_of(VALUE)
            after = await edit_text(self, chosen_editor(), VALUE, name=name, secret=self._secret)
        except SsmTuiError as error:
            self._line.update(f"said: {error}")
        else:
            self._line.update(f"value: {after!r}")


if __name__ == "__main__":
    sys.exit(EditorApp(Path(sys.argv[1]), secret=sys.argv[2] == "secret").run())
