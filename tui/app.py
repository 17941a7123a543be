"""The shell around every screen: history, go-to, notices, themes, the link to the engine. No AWS words."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import constants, events
from textual.binding import Binding
from textual.theme import Theme

from tui import screens
from tui.config import Config, config_folder, log_file
from tui.errors import SsmTuiError
from tui.screens._base import ConsoleScreen, explain
from tui.screens._history import History, Place
from tui.screens._keys import deed_of, labels, latin_keys, usable
from tui.screens._look import Look
from tui.screens._places import PlacesApp
from tui.screens._terminal import PROBED, WIDTH_QUESTION, leave_now, to_tmux
from tui.services.link import Link
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What one start is made of; `words` is a go-to line, `connect` opens the engine."""

    connect: Callable[[], Awaitable[Transport]]
    config: Config = field(default_factory=Config)
    folder: Path = field(default_factory=config_folder)
    log_file: Path = field(default_factory=log_file)
    words: str = ""
    read_only: bool = False


class SsmApp(PlacesApp, inherit_bindings=False):
    """The console; see `Launch` for what it is given and `tui/screens/_base.py` for what stands in it."""

    CSS_PATH = "app.tcss"
    TITLE = "ssm-tui"
    HELP_GROUP = "Everywhere"
    ENABLE_COMMAND_PALETTE = False
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
        self.link = Link(launch.connect, self._link_changed, read_only=self.read_only)
        self.log_path = launch.log_file
        self._asks_width = False
        noun, argument = self.read_words(launch.words) or (screens.START, None)
        self.history = History(Place(noun, argument))
        if self.look.problem:
            self.notice(self.look.problem, "bad")

    # start and end

    def on_load(self) -> None:
        # Before the first paint: the engine answers while the widgets are being composed.
        self.link.open()
        if not self.is_headless:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGHUP):
                loop.add_signal_handler(number, self.leave, 128 + number)

    def on_mount(self) -> None:
        self.set_interval(1.0, self._tick)
        if self.config.glyphs == "auto" and is_utf8() and self._driver is not None and not self.is_headless:
            self._asks_width = True
            self._driver.write(WIDTH_QUESTION)

    def on_cursor_position(self, event: events.CursorPosition) -> None:
        """Take the terminal's answer: the column behind the probed characters."""
        if self._asks_width and event.y == 0 and event.x >= len(PROBED):
            self._asks_width = False
            self.draw_with(choose_glyphs("auto", wide=event.x > len(PROBED)))

    def leave(self, code: int = 0, message: str = "") -> None:
        """End the console; the engine and what runs in it live on."""
        leave_now(self._driver, code, message)
        self.exit(code, return_code=code, message=message or None)

    async def action_quit(self) -> None:
        self.leave()

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
        if not gc.isenabled():
            # The start is over: what it made stays for good and need not be looked through again.
            gc.freeze()
            gc.enable()
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
            self.notice(f"Can't {deed_of(self.screen, name)}: {refused}.", "warn")
            return True
        try:
            return await super().run_action(action, default_namespace, namespaces)
        except SsmTuiError as error:
            self.notice(" ".join(explain(error)), "bad")
        except Exception:
            self.fault(f"the action {name} failed")
        return True

    def copy(self, text: str, what: str) -> None:
        """Put text on the clipboard, and say so."""
        self.copy_to_clipboard(text)
        self.run_worker(lambda: to_tmux(text), thread=True, exit_on_error=False)
        self.notice(f"Copied {what}.")

    def run_line(self, line: str) -> None:
        """Do what a go-to line says."""
        word, _, rest = line.strip().removeprefix(":").strip().partition(" ")
        place = self.read_words(line)
        if word in ("q", "quit"):
            self.leave()
        elif word == "help":
            self.action_help()
        elif word == "theme" and rest:
            self.use_theme(rest.strip())
        elif word == "restart":
            self.run_worker(self._restart(), exit_on_error=False)
        elif word == "save":
            self._save(rest.strip())
        elif place:
            self.go(*place)
        elif word:
            for noun, things in self.seen.items():
                for thing, name in things.items():
                    if line.strip() in (thing, name):
                        self.go(noun, thing)
                        return
            if rest.strip():
                self.notice(f"There is no screen named {word!r}; `:` lists the screens.", "warn")
            else:
                self.notice(f"Nothing is named {word!r} here; `:` lists the screens.", "warn")

    def _save(self, path: str) -> None:
        screen = self.screen
        if isinstance(screen, ConsoleScreen):
            refused = screen.disabled_reason("save")
            if refused:
                self.notice(f"Can't {deed_of(screen, 'save')}: {refused}.", "warn")
            else:
                screen.action_save(path)

    async def _restart(self) -> None:
        try:
            await self.link.restart()
        except SsmTuiError as error:
            self.notice(f"The engine was not restarted. {error}", "warn")

    def action_go_to(self) -> None:
        from tui.widgets.go_to import GoTo

        self.push_screen(GoTo(self._suggestions()), lambda line: self.run_line(line) if line else None)

    def _suggestions(self) -> list[tuple[str, str]]:
        found = [
            (entry.noun, f"{entry.title}: {entry.about}" + (f"  ({', '.join(entry.aliases)})" if entry.aliases else ""))
            for entry in screens.SCREENS
        ]
        found += [
            ("help", "Every key"),
            ("save", "Save what is shown in a file"),
            ("theme ", "Another theme, by its name"),
            ("restart", "Start the engine again, when nothing runs in it"),
            ("quit", "Leave the console"),
        ]
        for noun, things in self.seen.items():
            found += [(f"{noun} {thing}", name) for thing, name in things.items()]
        return found

    def action_palette(self) -> None:
        from tui.widgets.palette import Palette

        found = [one for one in usable(self.screen) if one.binding.description]
        # What this screen does first, then the shell's own, moving about last.
        own = ("screen.", "app.")
        found.sort(key=lambda one: 2 if one.node not in (self.screen, self) else (one.binding.id or "").startswith(own))

        def run(index: int | None) -> None:
            if index is not None:
                self.call_later(self.run_action, found[index].binding.action, found[index].node)

        rows = [
            (
                one.binding.description if one.refusal else one.binding.tooltip,
                labels(one.keys, self.glyphs),
                one.refusal,
            )
            for one in found
        ]
        self.push_screen(Palette(rows), run)

    def action_help(self) -> None:
        from tui.screens.help import HelpScreen

        self.push_screen(HelpScreen.of(self.screen, self.glyphs))

    def action_drawer(self) -> None:
        from tui.widgets.drawer import Drawer

        self.push_screen(Drawer(self.link.lines()), lambda line: self.copy(line, "the command line") if line else None)

    # themes

    def use_theme(self, name: str) -> None:
        """Draw in another theme, or in the same one again after its file changed; a wrong file changes nothing."""
        if self.look.use(name):
            self._watch_theme(self.theme)
            self.notice(f"Theme {name}.")
        else:
            self.notice(self.look.problem, "bad")

    def get_theme(self, theme_name: str) -> Theme | None:
        return self.look.theme

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return self.look.defaults
