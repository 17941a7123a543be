"""The four states of a screen, loading, empty, rows and error, and the feeds that they follow from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from tui.errors import SsmTuiError
from tui.screens._actions import ScreenActions
from tui.screens._shell import explain
from tui.widgets.cells import own
from tui.widgets.state_pane import StatePane

if TYPE_CHECKING:
    from tui.services.feeds import Feed, Looker

V = TypeVar("V")
PHASE_STYLES = {"loading": "dim", "empty": "text", "rows": "text", "error": "bad"}


class ScreenPhases(ScreenActions):
    """What is shown while there is nothing to show, and how old it is; `ConsoleScreen` has the rest."""

    EMPTY: ClassVar[tuple[str, str]] = ("Nothing here.", "")
    LOADING: ClassVar[str] = "Loading…"
    STATES_IN_TABLE: ClassVar[bool] = False
    """The screen's table says by itself that it loads, is empty or failed; else a pane takes the body's place."""

    _state: dict[str, Any]

    def __init__(self, classes: str) -> None:
        super().__init__(classes=classes)
        self.phase = "loading"
        self.stale: SsmTuiError | None = None
        self.watching = True
        self.rows = 0
        self.pane = StatePane(own(self.LOADING))
        self._lookers: list[Looker[Any]] = []
        self._main: Feed[Any] | None = None

    if TYPE_CHECKING:

        def begin(self) -> None: ...
        def _restore_rows(self) -> None: ...

    def follow(self, feed: Feed[V], show: Callable[[V], int], *, main: bool = True) -> None:
        """Show what a feed brings while this screen is visible; the main feed decides the screen's state."""
        seen: list[Any] = [None]
        growing = [feed.value is None or feed.fetching]  # the first pages may come in above those shown already

        def changed(feed: Feed[V]) -> None:
            if not self.is_attached:
                return
            rows = self.rows
            if feed.value is not None and feed.value is not seen[0]:
                seen[0] = feed.value
                rows = show(feed.value)
            if main:
                self.rows = rows
                self._feed_state(feed)
                if rows and self._state:
                    self._restore_rows()
                elif growing[0] and self.table is not None:
                    self.table.begin_at_top()
                growing[0] = growing[0] and feed.fetching

        if main:
            self._main = feed
        self._lookers.append(feed.look(changed, visible=self._is_looking))
        if feed.value is not None:
            changed(feed)

    def start(self) -> None:
        """Begin or begin again: the engine is connected."""
        again = bool(self._lookers)
        self.end()
        self._set_stale(False)
        self.stale = None
        try:
            self.begin()
        except SsmTuiError as error:
            self.fail(error)
        if again:
            # What happened while there was no link was told to nobody.
            for looker in self._lookers:
                looker.feed.refresh()

    def end(self) -> None:
        """Follow no feed any more."""
        for looker in self._lookers:
            looker.close()
        self._lookers.clear()

    def set_phase(self, phase: str, headline: str = "", text: str = "") -> None:
        """Show one of loading, empty, rows, error; the pane says the headline and the text for all but rows."""
        self.phase = phase
        if not self.STATES_IN_TABLE:
            # One batch: each change of a class styles the whole screen anew.
            self.update_classes({f"-{name}": name == phase for name in ("loading", "empty", "rows", "error")})
        if phase != "rows":
            usual = {"loading": (self.LOADING, ""), "empty": self.EMPTY}.get(phase, ("", ""))
            headline, text = headline or own(usual[0]), text or own(usual[1])
        self.say_phase(phase, headline, text)
        self.update_bars()

    def say_phase(self, phase: str, headline: str, text: str) -> None:
        """Say the phase in the pane, and in the table of a screen whose table says it."""
        if phase != "rows":
            self.pane.say(headline, text, PHASE_STYLES[phase])
        if self.STATES_IN_TABLE and self.table is not None:
            self.table.message = f"{headline}\n{text}".strip()
            self.table.state = phase

    def fail(self, error: SsmTuiError) -> None:
        """Show a failure: rows stay and are marked stale, else the pane says it."""
        self.stale = error
        if self.phase == "rows" and self.rows:
            self._set_stale(True)
            self.update_bars()
        else:
            what, way_out = explain(error)
            self.set_phase("error", what, way_out)

    def give_up(self) -> bool:
        """Give up what is being fetched for this screen; False where nothing is."""
        if not self._lookers:
            return self.shell.stop_connecting()
        return sum(looker.feed.cancel() for looker in self._lookers) > 0

    def reload(self) -> None:
        """Fetch again now."""
        if self.phase == "error":
            self.set_phase("loading")
        for looker in self._lookers:
            looker.visible = True
            looker.feed.refresh()
        if not self._lookers or self.shell.link_error is not None:
            self.shell.connect_again()

    def _set_stale(self, stale: bool) -> None:
        if stale != self.has_class("-stale"):
            self.set_class(stale, "-stale")
            if self.table is not None:
                self.table.stale = stale

    @property
    def _is_looking(self) -> bool:
        return self.watching and self in self.app.screen_stack

    def _look(self) -> None:
        for looker in self._lookers:
            looker.visible = self._is_looking

    def _feed_state(self, feed: Feed[Any]) -> None:
        if feed.error is not None:
            self.fail(feed.error)
        else:
            self.stale = None
            self._set_stale(False)
            if self.rows:
                self.set_phase("rows")
                if self.focused is None:
                    self.call_after_refresh(self.focus_body)
            elif not feed.fetching:
                self.set_phase("empty")
        if not self.watching and not feed.fetching:
            self._look()
