"""The part of the shell that does what one types: the go-to line, its completion, the palette."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui import screens
from tui.errors import SsmTuiError
from tui.screens._base import ConsoleScreen
from tui.screens._contexts_app import ContextsApp
from tui.screens._keys import deed_of, labels, usable

if TYPE_CHECKING:
    from tui.screens._look import Look


class LinesApp(ContextsApp, inherit_bindings=False):
    """Reads lines and does what they say."""

    look: Look

    def run_line(self, line: str) -> None:
        """Do what a go-to line says."""
        word, _, rest = line.strip().removeprefix(":").strip().partition(" ")
        place = self.read_words(line)
        if word in ("q", "quit"):
            self.quit()
        elif word == "help":
            self.action_help()
        elif word == "theme" and rest:
            self.use_theme(rest.strip())
        elif word == "restart":
            self.run_worker(self._restart(), exit_on_error=False)
        elif word == "login":
            self.log_in(rest.strip())
        elif word == "save":
            self._save(rest.strip())
        elif place is not None and place[0] == "contexts" and rest.strip():
            self.switch_contexts(rest.split())
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
            await self.links.restart()
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
            ("login", "Log in to a context whose login has expired"),
            ("restart", "Start the engine again, when nothing runs in it"),
            ("quit", "Leave the console"),
        ]
        for noun, things in self.seen.items():
            word = "ctx" if noun == "contexts" else noun
            found += [(f"{word} {thing}", name) for thing, name in things.items()]
        return found

    def action_palette(self) -> None:
        from tui.widgets.palette import Palette

        found = [one for one in usable(self.screen) if one.binding.description]
        # What this screen does first, then the shell's own, moving about last.
        own = ("screen.", "app.")
        found.sort(key=lambda one: 2 if one.node not in (self.screen, self) else (one.binding.id or "").startswith(own))

        keyless = self.keyless()

        def run(index: int | None) -> None:
            if index is not None and index >= len(found):
                self.call_later(self.run_action, keyless[index - len(found)][1], self)
            elif index is not None:
                self.call_later(self.run_action, found[index].binding.action, found[index].node)

        rows = [
            (
                one.binding.description if one.refusal else one.binding.tooltip,
                labels(one.keys, self.glyphs),
                one.refusal,
            )
            for one in found
        ]
        self.push_screen(Palette([*rows, *((what, "", "") for what, _ in keyless)]), run)

    def keyless(self) -> list[tuple[str, str]]:
        """Give what the palette has beside the keys: what it does, and its action of the shell's."""
        return []

    def action_help(self) -> None:
        from tui.screens.help import HelpScreen

        self.push_screen(HelpScreen.of(self.screen, self.glyphs))

    def action_drawer(self) -> None:
        from tui.widgets.drawer import Drawer

        self.push_screen(Drawer(self.links.lines()), lambda line: self.copy(line, "the command line") if line else None)

    def use_theme(self, name: str) -> None:
        """Draw in another theme, or in the same one again after its file changed; a wrong file changes nothing."""
        if self.look.use(name):
            self._watch_theme(self.theme)
            self.notice(f"Theme {name}.")
        else:
            self.notice(self.look.problem, "bad")

    def quit(self) -> None:
        """End the console, or ask before."""
