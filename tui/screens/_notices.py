"""The part of the shell that tells: notices, the header's facts, what the bars of every screen say."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui import __version__
from tui.errors import SsmTuiError
from tui.screens._base import ConsoleScreen
from tui.screens._type_ahead import TypeAheadApp
from tui.services.links import Links
from tui.theming import Glyphs
from tui.widgets.top_bar import Word

log = logging.getLogger(__name__)
NOTICE_SECONDS = 8.0
READ_SECONDS = 1.0
"""A notice that has stood for so long goes with the screen that it was said on; a newer one is about the way on."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for the operator, with the place that it is about; it is said while it `holds`."""

    text: str
    style: str
    at: float
    noun: str = ""
    argument: Any = None
    holds: Callable[[], bool] | None = None


class NoticesApp(TypeAheadApp, inherit_bindings=False):
    """Says things; what it says is drawn by the screens' bars."""

    links: Links
    glyphs: Glyphs
    read_only: bool
    log_path: Path
    hangul = False

    def __init__(self) -> None:
        super().__init__()
        # Two widgets more on every screen, and layouts of their own: our bars say what Textual's toasts would.
        self._disable_tooltips = self._disable_notifications = True
        self.facts: dict[str, str] = {}
        self.notices: list[Notice] = []
        self._here: object = None
        self._here_since = 0.0
        self.faults: list[str] = []

    def notice(
        self,
        text: str,
        style: str = "text",
        *,
        noun: str = "",
        argument: Any = None,
        holds: Callable[[], bool] | None = None,
    ) -> None:
        """Say a sentence in the bottom bar for a while; `'` opens the place that it is about."""
        self.notices = [*self.notices[-99:], Notice(text, style, time.monotonic(), noun, argument, holds)]
        self._bars()

    def notify(self, message: str, *, title: str = "", severity: str = "information", **_: Any) -> None:
        # Textual's own toasts become notices of ours.
        self.notice(f"{title} {message}".strip(), {"error": "bad", "warning": "warn"}.get(severity, "text"))

    def action_notice(self) -> None:
        about = next((notice for notice in reversed(self.notices) if notice.noun), None)
        if about is None:
            self.notice("No notice points to a place yet.")
        else:
            self.go(about.noun, about.argument)

    def action_copy_text(self) -> None:
        """Copy what is selected in a window over a screen, else say how to leave."""
        text = self.screen.get_selected_text()
        if text:
            self.copy(text, "the selection")
            self.screen.clear_selection()
        else:
            self.notice("Nothing is selected to copy. Esc closes this window, Ctrl+Q quits.")

    def set_fact(self, name: str, text: str) -> None:
        """Put a short text in the header, such as how much there is; "" takes it away."""
        if self.facts.get(name, "") != text:
            self.facts[name] = text
            self._bars()

    def top_words(self) -> tuple[list[Word], list[Word]]:
        """Give the header's words: on the left where we are, on the right how the link is."""
        dot = f" {self.glyphs.dot} "
        where = dot.join([*self.links.where(), *(text for text in self.facts.values() if text)])
        right: list[Word] = [(text.replace("~", self.glyphs.refresh), style) for text, style in self.links.health()]
        if self._other_version:
            right.append((f"engine {self._other_version}", "warn"))
        if self.read_only:
            right.append(("READ-ONLY", "warn"))
        right.append((time.strftime("%H:%M:%SZ", time.gmtime()), "dim"))
        spaced = [(f"{text}  ", style) for text, style in right[:-1]] + [(f"{right[-1][0]} ", "dim")]
        return [(" ssm-tui ", "accent"), (f" {self.glyphs.arrow} {where}", "text")], spaced

    def status_words(self) -> list[Word]:
        if not self.notices or time.monotonic() - self.notices[-1].at > NOTICE_SECONDS:
            return []
        latest = self.notices[-1]
        self._look_where()
        is_of_before = not latest.noun and latest.at < self._here_since - READ_SECONDS
        if is_of_before or not (latest.holds is None or latest.holds()):
            return []
        return [(latest.text + ("  ' to open" if latest.noun else ""), latest.style)]

    def _look_where(self) -> None:
        """Note since when the place on top is."""
        screens = [screen for screen in self.screen_stack if isinstance(screen, ConsoleScreen)]
        here = screens[-1].place if screens else None
        if here is not self._here:
            self._here, self._here_since = here, time.monotonic()

    def tail_words(self) -> list[Word]:
        return [("한", "accent")] if self.hangul else []

    def _bars(self) -> None:
        for screen in self.screen_stack if self._screen_stacks.get(self._current_mode) else ():
            if isinstance(screen, ConsoleScreen):
                screen.update_bars()

    # the links

    @property
    def services(self) -> Any:
        return self.links.services

    @property
    def link_error(self) -> SsmTuiError | None:
        """Why no context is open now, or None."""
        return self.links.error

    @property
    def link_errors(self) -> Mapping[str, SsmTuiError]:
        """Why contexts are not open, by their names."""
        return self.links.errors

    @property
    def is_connected(self) -> bool:
        return bool(self.links.services.contexts)

    def connect_again(self) -> None:
        self.links.open()

    def stop_connecting(self) -> bool:
        """Give up to reach what is not open yet; False where nobody tries."""
        return self.links.give_up()

    def _link_changed(self, context: str, what: str) -> None:
        link = self.links.link(context)
        error = link.error if link is not None else None
        for screen in self._alive():
            if not screen.concerns(context):
                continue
            if what in ("open", "again"):
                screen.start(again=what == "again")
            elif what == "failed" and error is not None:
                screen.link_failed(context, error)
        if what == "again" and any(link.context == context for link in self.links.local):
            self.notice("The engine was restarted; reattached.", "good")
        elif what == "stopped":
            self.notice(str(error), "warn")
        if what in ("open", "again") and self._other_version:
            self.run_worker(self._offer_restart(), exit_on_error=False)
        self._bars()

    @property
    def _other_version(self) -> str:
        """The local engine's version where it is not this console's."""
        theirs = next((link.peer.get("version") for link in self.links.local), None) or __version__
        return theirs if theirs != __version__ else ""

    async def _offer_restart(self) -> None:
        from tui.services.engine import Engine  # deferred: the start does not wait for it

        said = f"The engine is version {self._other_version}, this console {__version__}"
        try:
            live = (await self.services.of(Engine, self.links.local[0].context).describe()).live
        except SsmTuiError:
            self.notice(f"{said}: `:restart` when idle.", "warn")
            return
        if live:
            more = f" and {len(live) - 1} more" if len(live) > 1 else ""
            self.notice(f"{said}. `:restart` replaces it when this has ended: {live[0]}{more}.", "warn")
        elif self.read_only:
            self.notice(f"{said}. Nothing runs in it; a console that is not read-only may `:restart` it.", "warn")
        else:
            self.notice(f"{said}. Nothing runs in it: `:restart` replaces it.", "warn")

    def _alive(self) -> list[ConsoleScreen]:
        return [
            screen
            for screen in self._installed_screens.values()
            if isinstance(screen, ConsoleScreen) and screen.is_attached and screen.place is not None
        ]

    def fault(self, what: str) -> None:
        """Log the exception that is being handled, and say so in one sentence."""
        log.exception(what)
        self.faults.append(what)
        self.notice(f"Something went wrong: {what}. The log has it: {self.log_path}", "bad")

    def go(self, noun: str, argument: Any = None) -> None:
        """Open a screen by its noun, with what it is about."""

    def copy(self, text: str, what: str) -> None:
        """Put text on the clipboard, and say so."""
