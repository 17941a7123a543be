"""The part of the shell that goes: screens kept by place, history, the go-to line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tui import screens
from tui.screens._base import ConsoleScreen
from tui.screens._history import History, Place
from tui.screens._keys import usable
from tui.screens._notices import NoticesApp
from tui.widgets.bottom_bar import BottomBar
from tui.widgets.cells import draw_ascii
from tui.widgets.top_bar import TopBar

if TYPE_CHECKING:
    from tui.theming import Glyphs


class PlacesApp(NoticesApp, inherit_bindings=False):
    """Goes to places and back."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[str, dict[str, str]] = {}
        self.history = History(Place(screens.START))
        self._spares: dict[str, ConsoleScreen] = {}

    def get_default_screen(self) -> ConsoleScreen:
        return self._screen_of(self.history.current)

    def go(self, noun: str, argument: Any = None) -> None:
        self._show(Place(noun, argument), visit=True)

    def begin_at(self, noun: str, argument: Any = None) -> None:
        """Go to a place as if the start had opened it: nothing lies before it."""
        self._show(Place(noun, argument), visit=True)
        self.history.forget_past()

    def prepare(self, noun: str) -> None:
        """Make a screen before it is gone to, so that going there takes one paint; it must be one made AHEAD."""
        entry = screens.find(noun)
        if entry is None or entry.noun in self._spares:
            return
        kind = entry.load()
        assert kind.AHEAD, noun
        spare = self._spares[entry.noun] = self._keep(kind())
        # Textual mounts a screen when it is pushed, and has no public name for doing it before. It is not laid out yet:
        # the first layout of a screen that shows paints at once, else the next tick of a timer does.
        self._get_screen(spare)

    def _drop_spares(self) -> None:
        for spare in self._spares.values():
            self._let_go(spare)
        self._spares.clear()

    def _keep(self, screen: ConsoleScreen) -> ConsoleScreen:
        """Have a new screen stay alive while another one shows."""
        screen.fit_size(*self.size)
        self.install_screen(screen, f"place-{id(screen)}")
        return screen

    def _let_go(self, screen: ConsoleScreen) -> None:
        if self.is_screen_installed(screen):
            self.uninstall_screen(screen)
            screen.remove()

    def _take_spare(self, place: Place) -> ConsoleScreen | None:
        spare = self._spares.get(place.noun)
        if spare is None or not spare.is_mounted:
            return None
        del self._spares[place.noun]
        spare.fit_size(*self.size)
        place.screen = spare
        spare.take_place(place)
        return spare

    def back_up(self) -> None:
        """Go to the place before this one on the crumbs."""
        place = self.history.up()
        if place is None:
            self.notice("This is the outermost place. Ctrl+Q quits.")
        else:
            self._show(place)

    async def action_back(self) -> None:
        place = self.history.back()
        if place is None:
            self.notice("There is nothing further back.")
        else:
            self._show(place)

    def action_forward(self) -> None:
        place = self.history.forward()
        if place is None:
            self.notice("There is nothing further forward.")
        else:
            self._show(place)

    def on_top_bar_crumb_clicked(self, event: TopBar.CrumbClicked) -> None:
        path = self.history.current.path
        if event.index < len(path):
            step = path[event.index]
            self.go(step.noun, step.argument)

    async def on_bottom_bar_hint_clicked(self, event: BottomBar.HintClicked) -> None:
        for one in usable(self.screen):
            if one.binding.id == event.target:
                await self.run_action(one.binding.action, one.node)

    def _screen_of(self, place: Place) -> ConsoleScreen:
        screen = place.screen or self._take_spare(place)
        if screen is None:
            entry = screens.find(place.noun)
            assert entry is not None, place.noun
            screen = place.screen = self._keep(entry.load()(place.argument, place.state))
        screen.place = place
        return screen

    def _show(self, place: Place, *, visit: bool = False) -> None:
        here = self.screen
        if isinstance(here, ConsoleScreen) and here.place is not None:
            here.place.state, here.place.title = here.save_state(), here.crumb()
        if visit:
            entry = screens.find(place.noun)
            if entry is None:
                self.notice(f"There is no screen named {place.noun}.", "warn")
                return
            place.noun = entry.noun
            try:
                single = entry.load().SINGLE
            except Exception:
                self.fault(f"the screen {entry.noun} could not be opened")
                return
            place = self._show_single(place) if single else self.history.visit(place)
        if place.screen is not here:
            if not here._result_callbacks:
                # Textual pushes none for the screen that an app begins with, yet pops one when it is switched from.
                here._push_result_callback(here, None)
            self.switch_screen(self._screen_of(place))
        for faded in self.history.faded():
            if faded.screen is not None and faded.screen.SINGLE:
                continue
            screen, faded.screen = faded.screen, None
            if screen is not None:
                self._let_go(screen)

    def take_glyphs(self, glyphs: Glyphs) -> None:
        """Have these characters drawn by what is made from now on."""
        self.glyphs = glyphs
        draw_ascii(glyphs.ellipsis.isascii())
        self.set_class(glyphs.ellipsis.isascii(), "-ascii")

    def draw_with(self, glyphs: Glyphs) -> None:
        """Draw with other characters from now on: what shows is made anew, as it was."""
        if glyphs != self.glyphs:
            self.take_glyphs(glyphs)
            self._drop_spares()
            self._draw_anew()

    def _draw_anew(self) -> None:
        if not isinstance(self.screen, ConsoleScreen) or not self._is_ready:
            # A window is open, or a key is on its way to the screen that would go: their end is waited for.
            self.set_timer(0.1, self._draw_anew)
            return
        old = [screen for screen in self._alive() if not screen.SINGLE]
        for place in self.history.places:
            if place.screen in old and place.screen is not self.screen:
                place.screen = None
        here = self.history.current
        if self.screen.SINGLE:
            # Its shells stay attached; only the table draws glyphs of its own.
            self.screen.table.glyphs = self.glyphs
            self.screen.reload()
            return
        here.screen = None
        self._show(here)
        for screen in old:
            self._let_go(screen)

    def _show_single(self, place: Place) -> Place:
        """Visit a screen of which there is one, and hand it the argument that it is come to with."""
        argument, place.argument = place.argument, None
        place.screen = next((one.screen for one in self.history.places if one.noun == place.noun and one.screen), None)
        place = self.history.visit(place)
        self._screen_of(place).arrive(argument)
        return place

    def read_words(self, line: str) -> tuple[str, Any] | None:
        """Read a go-to line: a screen's noun or alias and what it is about; None where no screen is meant."""
        word, _, rest = line.strip().removeprefix(":").strip().partition(" ")
        entry = screens.find(word)
        return (entry.noun, rest.strip() or None) if entry else None

    def see(self, noun: str, things: Mapping[str, str]) -> None:
        """Remember ids (to names) for the go-to line's completion."""
        self.seen.setdefault(noun, {}).update(things)
