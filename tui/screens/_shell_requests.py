"""What a shell's terminal asks of the console: to write the clipboard, to copy, to follow a link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.screens._base import ConsoleScreen

if TYPE_CHECKING:
    from tui.widgets.terminal_messages import ClipboardRequested, Copied, LinkRequested


class ShellRequests(ConsoleScreen):
    """The part of the Sessions screen that answers its terminals."""

    def on_terminal_view_copied(self, event: Copied) -> None:
        self.shell.copy(event.text, "the selection")

    def on_terminal_view_clipboard_requested(self, event: ClipboardRequested) -> None:
        self.do(self._clipboard(event.text))

    async def _clipboard(self, text: str) -> None:
        from tui.screens._dialogs import Confirm  # deferred: opened on a request

        shown = text if len(text) <= 200 else f"{text[:200]} and so on, {len(text)} characters"
        if await self.ask(Confirm("The shell wants to write the clipboard.", shown, verb="let it")):
            self.shell.copy(text, "what the shell sent")

    def on_terminal_view_link_requested(self, event: LinkRequested) -> None:
        self.do(self._link(event.uri))

    async def _link(self, uri: str) -> None:
        from tui.screens._link_dialog import LinkDialog, browser_for  # deferred: opened on a request

        browser = browser_for(uri)
        match await self.ask(LinkDialog(uri, opens=browser is not None)):
            case "copy":
                self.shell.copy(uri, "the link")
            case "open" if browser is not None:
                # Some browsers are waited for.
                self.run_worker(lambda: browser.open(uri), thread=True, exit_on_error=False)
