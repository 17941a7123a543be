"""The shell around every screen: history, go-to, notices, themes, the link to the engine. No AWS words."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import constants, events
from textual.binding import Binding
from textual.driver import Driver
from textual.reactive import Reactive
from textual.theme import Theme

from tui import screens
from tui.config import Config, config_folder, log_file
from tui.contexts import ContextSpec
from tui.errors import SsmTuiError
from tui.screens._ansi_colours import DARK
from tui.screens._base import ConsoleScreen, explain
from tui.screens._frames_app import FramesApp
from tui.screens._history import History, Place
from tui.screens._keys import deed_of, latin_keys
from tui.screens._left_behind import see_to_what_is_left
from tui.screens._look import Look
from tui.screens._terminal import PROBED, WIDTH_QUESTION, leave_now, to_tmux
from tui.screens._terminal_driver import outliving
from tui.services.links import Links
from tui.theming import choose_glyphs, is_utf8

if TYPE_CHECKING:
    from tui.ports import Transport

log = logging.getLogger(__name__)

if "ESCDELAY" not in os.environ:
    # Esc must feel instant. A terminal sends the rest of a key's sequence within a few milliseconds.
    setattr(constants, "ESCAPE_DELAY", 0.02)  # noqa: B010 - the name is Final for type checkers; Textual reads it late

if os.environ.get("NO_COLOR") == "":
    # An empty one asks for nothing (no-color.org); Textual goes by its being there.
    del os.environ["NO_COLOR"]


PAINTED = 0.05
"""Seconds after the first layout at which what AWS needs may be loaded, and what was left behind is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What one start is made of; `words` is a go-to line.

    `connect` opens a context; `contexts` are opened at the start, and asked for where there are none; `remember` keeps
    what is chosen later. `plans` is the folder of journals of plans, beside the log where it is None.
    """

    connect: Callable[[ContextSpec], Awaitable[Transport]]
    contexts: Sequence[ContextSpec] = (ContextSpec(),)
    remember: Callable[[Sequence[ContextSpec]], None] = lambda specs: None
    config: Config = field(default_factory=Config)
    folder: Path = field(default_factory=config_folder)
    log_file: Path = field(default_factory=log_file)
    plans: Path | None = None
    words: str = ""
    read_only: bool = False


CLIPBOARD_MOST = 500_000
"""Bytes of a copy beyond which terminals drop it without a word; tmux does at a megabyte of base64."""


class SsmApp(FramesApp, inherit_bindings=False):
    """The console; see `Launch` for what it is given and `tui/screens/_base.py` for what stands in it."""

    CSS_PATH = "app.tcss"
    TITLE = "ssm-tui"
    HELP_GROUP = "Everywhere"
    ENABLE_COMMAND_PALETTE = False
    ansi_theme_dark = Reactive(DARK, init=False)
    BINDINGS = [
        Binding("colon", "go_to", "go", tooltip="Go to a screen or a resource", key_display=":", id="app.go"),
        Binding("question_mark", "help", "help", tooltip="Show every key", key_display="?", id="app.help"),
        Binding("ctrl+p", "palette", "palette", tooltip="Find an action by name", show=False, id="app.palette"),
        Binding("ctrl+q", "quit", "quit", tooltip="Leave; shells and commands live on", show=False, id="app.quit"),
        Binding("left_square_bracket", "back", "back in history", tooltip="Where you were", show=False, id="app.back"),
        Binding(
            "right_square_bracket", "forward", "forward", tooltip="Forward in history", show=False, id="app.forward"
        ),
        Binding("apostrophe", "notice", "latest notice", tooltip="Go to what it is about", show=False, id="app.notice"),
        Binding("ctrl+l", "log_in", "log in", tooltip="Log in to AWS again", show=False, id="app.log_in"),
        Binding("at", "drawer", "API calls", tooltip="Show the API calls just made", show=False, id="app.calls"),
    ]

    def __init__(self, launch: Launch) -> None:
        self.look = Look(launch.config.theme, launch.folder)
        super().__init__()
        self.animation_level = "none"
        self.launch = launch
        self.config = launch.config
        self.read_only = launch.read_only or launch.config.read_only
        self.take_glyphs(choose_glyphs(launch.config.glyphs))
        self.named_contexts, self.remember = dict(launch.config.contexts), launch.remember
        self.links = Links(launch.connect, self._link_changed, read_only=self.read_only)
        self.log_path = launch.log_file
        self._asks_width = False
        noun, argument = self.read_words(launch.words) or (screens.START, None)
        if not launch.contexts:
            self.wanted, (noun, argument) = (noun, argument), ("contexts", None)
        self.history = History(Place(noun, argument))
        if self.look.problem:
            self.notice(self.look.problem, "bad")

    # start and end

    def get_driver_class(self) -> type[Driver]:
        return outliving(super().get_driver_class())

    def on_load(self) -> None:
        # Before the first paint: the engine answers while the widgets are being composed. AWS waits for the paint.
        self.links.choose(self.launch.contexts)
        self.links.open(local_only=True)
        if not self.is_headless:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGHUP):
                loop.add_signal_handler(number, self.leave, 128 + number)

    def on_mount(self) -> None:
        self.set_interval(1.0, self._tick)
        if not all(spec.is_local for spec in self.launch.contexts):
            self.call_after_refresh(self.set_timer, PAINTED, self.links.open)
        self.call_after_refresh(self.set_timer, PAINTED, self._see_to_what_is_left)
        if self.config.glyphs == "auto" and is_utf8() and self._driver is not None and not self.is_headless:
            self._asks_width = True
            self._driver.write(WIDTH_QUESTION)

    def _see_to_what_is_left(self) -> None:
        self.run_worker(see_to_what_is_left(self), group="left behind", exit_on_error=False)

    def on_resize(self, event: events.Resize) -> None:
        """Draw all of the screen again where the terminal was another size for a moment: it has forgotten some of it.

        Textual draws what changed since its last layout, which is nothing once the size is what it was.
        """
        if self.screen_stack and event.size == getattr(self.screen, "laid_out_for", None):
            self.screen.refresh()

    def on_cursor_position(self, event: events.CursorPosition) -> None:
        """Take the terminal's answer: the column behind the probed characters."""
        if self._asks_width and event.y == 0 and event.x >= len(PROBED):
            self._asks_width = False
            self.draw_with(choose_glyphs("auto", wide=event.x > len(PROBED)))

    def leave(self, code: int = 0, message: str = "") -> None:
        """End the console; the engine and what runs in it live on."""
        leave_now(self._driver, code, message)
        self.exit(code, return_code=code, message=message or None)

    def quit(self) -> None:
        """Leave; a window in which something is under way that would be broken off asks how first."""
        for screen in reversed(self.screen_stack):
            asks = getattr(screen, "asks_before_leaving", None)
            if asks is not None and asks(self.leave):
                return
        self.leave()

    async def action_quit(self) -> None:
        self.quit()

    def _handle_exception(self, error: Exception) -> None:
        # Textual would print a traceback: it goes to the log, and the operator gets a sentence.
        log.critical("unhandled", exc_info=error)
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        sentence = f"ssm-tui stopped on an error of its own ({type(error).__name__}). Its log: {self.launch.log_file}"
        self.faults.append(sentence)
        leave_now(self._driver, 1, sentence)
        self._exit_renderables = [sentence]
        self._close_messages_no_wait()

    def _tick(self) -> None:
        self.collect_garbage()
        self._bars()
        if self.look.is_old():
            self.use_theme(self.look.name)

    # keys and actions

    async def on_event(self, event: events.Event) -> None:
        if self.holds(event):
            return
        if isinstance(event, events.Key) and not event.is_forwarded and event.character:
            keys = "" if event.character.isascii() or self._typing else latin_keys(event.character)
            if bool(keys) != self.hangul and (keys or (event.character.isalpha() and event.character.isascii())):
                self.hangul = bool(keys)
                if isinstance(self.screen, ConsoleScreen):
                    self.screen.update_hints()
            if keys:
                for key in keys:
                    await super().on_event(events.Key(key, key))
                return
        await super().on_event(event)

    @property
    def _typing(self) -> bool:
        focused = self.focused
        if focused is None:
            return False
        names = {kind.__name__ for kind in type(focused).__mro__}
        return bool(getattr(focused, "takes_text", False)) or bool(names & {"Input", "TextArea"})

    async def run_action(self, action: Any, default_namespace: Any = None, namespaces: Any = None) -> bool:
        target, name, _ = self._parse_action(action, default_namespace or self, namespaces)
        reason = getattr(target, "disabled_reason", None)
        refused = reason(name) if reason is not None else ""
        if refused:
            screen = self.screen
            loads = getattr(screen, "phase", "") == "loading"
            holds = (lambda: getattr(screen, "phase", "") == "loading") if loads else None
            self.notice(f"Can't {deed_of(screen, name)}: {refused}.", "warn", holds=holds)
            return True
        try:
            return await super().run_action(action, default_namespace, namespaces)
        except SsmTuiError as error:
            self.notice(" ".join(explain(error, "")), "bad")
        except Exception:
            self.fault(f"the action {name} failed")
        return True

    def copy(self, text: str, what: str) -> None:
        """Put text on the clipboard, and say so."""
        self.copy_to_clipboard(text)
        self.run_worker(lambda: to_tmux(text), thread=True, exit_on_error=False)
        size = len(text.encode("utf-8", "replace"))
        if size > CLIPBOARD_MOST:
            self.notice(f"Copied {what}, {size // 1000} kB: more than many terminals take.", "warn")
        else:
            self.notice(f"Copied {what}.")

    # themes

    def get_theme(self, theme_name: str) -> Theme | None:
        return self.look.theme

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return self.look.defaults
