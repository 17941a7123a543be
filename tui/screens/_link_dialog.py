"""A link that a far end wrote: shown whole, and opened or copied only when asked."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlsplit

from textual.app import ComposeResult
from textual.binding import Binding

from tui.screens._dialogs import Dialog, Lines
from tui.widgets.cells import clean

OPENED = ("http", "https", "mailto")
"""Schemes that a browser is given; any other one may start a program."""

Answer = Literal["open", "copy"]


class LinkDialog(Dialog[Answer]):
    """Asks what to do with a link."""

    BINDINGS = [
        Binding("o", "open", "open", tooltip="Open it in the browser", id="link.open"),
        Binding("c", "copy", "copy", tooltip="Copy it", id="link.copy"),
    ]

    def __init__(self, uri: str, *, opens: bool) -> None:
        place = host_of(uri)
        super().__init__(
            f"A link to {clean(place)}" if place else "A link",
            keys=("o open   " if opens else "") + "c copy   esc leave it",
        )
        self._uri, self._opens = uri, opens

    def compose_answer(self) -> ComposeResult:
        yield Lines(f"\n{clean(self._uri)}\n", most=40)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self._opens if action == "open" else super().check_action(action, parameters)

    def action_open(self) -> None:
        self.dismiss("open")

    def action_copy(self) -> None:
        self.dismiss("copy")


def host_of(uri: str) -> str:
    """Give the host of a link, "" where it has none or is no link."""
    try:
        return urlsplit(uri).hostname or ""
    except ValueError:
        return ""


def browser_for(
    uri: str, environ: Mapping[str, str] = os.environ, platform: str = sys.platform
) -> webbrowser.BaseBrowser | None:
    """Give the browser that a link may be opened in; None where there is none beside this terminal."""
    if uri.partition(":")[0].lower() not in OPENED or not uri.isprintable():
        return None
    if platform != "darwin" and not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")):
        return None
    try:
        found = webbrowser.get()
    except webbrowser.Error:
        return None
    # One that draws in the terminal would draw over the console.
    in_terminal = isinstance(found, webbrowser.GenericBrowser) and not isinstance(found, webbrowser.BackgroundBrowser)
    return None if in_terminal else found
