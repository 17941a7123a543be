"""The four states of a screen, loading, empty, rows and error, and the feeds that they follow from."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from tui.errors import SsmTuiError
from tui.screens._actions import ScreenActions
from tui.screens._shell import AGAIN, explain
from tui.widgets.cells import own
from tui.widgets.state_pane import WORDS, StatePane

if TYPE_CHECKING:
    from tui.services.feeds import Feed, Looker

V = TypeVar("V")
R = TypeVar("R")
OPENS = 1.0
"""Seconds from the first rows in which a cursor that nobody moved stays on top: from then on it stays with its row."""
PHASE_STYLES = {"loading": "dim", "empty": "text", "rows": "text", "error": "bad"}


class ScreenPhases(ScreenActions):
    """What is shown while there is nothing to show, and how old it is; `ConsoleScreen` has the rest."""

    EMPTY: ClassVar[tuple[str, str]] = (WORDS["empty"], "")
    LOADING: ClassVar[str] = WORDS["loading"]
    NEEDS_CONTEXT: ClassVar[bool] = True
    """The screen waits until a context is open."""
    AGAIN: ClassVar[str] = AGAIN
    """How what failed is asked again here."""
    STATES_IN_TABLE: ClassVar[bool] = False
    """The screen's table says by itself that it loads, is empty or failed; else a pane takes the body's place."""

    _state: dict[str, Any]

    def __init__(self, classes: str) -> None:
        super().__init__(classes=classes)
        self.phase = "loading"
        self.stale: SsmTuiError | None = None
        self.watching = True
        self.rows = 0
        self._left = False  # whether the screen still knows what contexts had that are open no more
        self.pane = StatePane(own(self.LOADING))
        self.troubles: dict[str, SsmTuiError] = {}
        """What failed, by context, where others show."""
        self.opens_for = OPENS
        self._shown_since = 0.0
        self._asks_again = False
        self._lookers: list[Looker[Any]] = []
        self._mains: dict[str, Feed[Any]] = {}

    if TYPE_CHECKING:

        def begin(self) -> None: ...
        def _restore_rows(self) -> None: ...

    def follow(self, feed: Feed[V], show: Callable[[V], int], *, main: bool = True) -> None:
        """Show what a feed brings while this screen is visible; the main feed decides the screen's state."""
        if main:
            self._mains = {"": feed}
        self._look_at(feed, lambda: show(feed.value) if feed.value is not None else 0, main)

    def follow_each(self, feeds: Mapping[str, Feed[list[R]]], show: Callable[[list[R]], int]) -> None:
        """Show what the feeds of several contexts bring as one list; those that fail are named while others show.

        `is_stale` says then of which contexts the rows are old.
        """
        self._mains = dict(feeds)

        def show_all() -> int:
            values = [feed.value for feed in feeds.values() if feed.value is not None]
            return show(values[0] if len(values) == 1 else [item for value in values for item in value])

        if (self.rows or self._left) and all(feed.value is None for feed in feeds.values()):
            self.rows, self._left = show([]), False
            self.set_phase("loading")
        for feed in feeds.values():
            self._look_at(feed, show_all, True)
        if len(self.shell.contexts) > 1 and self.shell.link_errors:
            self._tell_state()

    @property
    def is_partial(self) -> bool:
        """Whether what shows is a part: a list that was never whole, or a context's that is still on its way."""
        feeds = self._mains.values()
        return any((feed.value is not None or feed.error is None) and not feed.whole for feed in feeds)

    def is_stale(self, context: str) -> bool:
        """Whether the rows of one of several contexts are old, because its last look failed."""
        feed = self._mains.get(context)
        return len(self._mains) > 1 and feed is not None and feed.error is not None

    def _look_at(self, feed: Feed[Any], show: Callable[[], int], main: bool) -> None:
        seen: list[Any] = [None, False]
        growing = [feed.value is None or feed.fetching]  # the first pages may come in above those shown already

        def changed(feed: Feed[Any]) -> None:
            if not self.is_attached:
                return
            rows = self.rows
            # Of several contexts the rows of one that failed are marked, and not marked any more later.
            failed = feed.error is not None and len(self._mains) > 1
            if feed.value is not None and (feed.value is not seen[0] or (main and failed is not seen[1])):
                seen[:] = feed.value, failed
                if self.table is not None:
                    self.table.calm = growing[0]
                rows = show()
            if main:
                self._shown_since = self._shown_since if self.rows else time.monotonic()
                self.rows = rows
                self._asks_again = self._asks_again and any(one.fetching for one in self._mains.values())
                self._feed_state(feed)
                if rows and self._state:
                    self._restore_rows()
                elif growing[0] and self.table is not None and time.monotonic() - self._shown_since < self.opens_for:
                    self.table.begin_at_top()
                growing[0] = growing[0] and feed.fetching

        self._lookers.append(feed.look(changed, visible=self._is_looking))
        if feed.value is not None:
            changed(feed)

    def start(self, again: bool = True) -> None:
        """Begin or begin again: a context is open; `again` where nobody told what happened meanwhile."""
        again = again and bool(self._lookers)
        self.end()
        self._set_stale(False)
        self.stale, self.troubles = None, {}
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

    def concerns(self, context: str) -> bool:
        """Whether this screen shows something of a context, or would."""
        return True

    def link_failed(self, context: str, error: SsmTuiError) -> None:
        """Hear that a context could not be opened: others that are open go on."""
        if not self.shell.is_connected:
            self.fail(error)
        elif self._mains and "" not in self._mains:
            self._tell_state()

    def contexts_changed(self) -> None:
        """Hear that other contexts were chosen: what they have takes the place of what showed."""
        self.end()
        self.stale, self.troubles = None, {}
        if self.shell.is_connected or not self.NEEDS_CONTEXT:
            self.start(again=False)
        else:
            self._left = self._left or self.rows > 0
            self.rows = 0
            if self.table is not None:
                self.table.set_rows([])
            self.set_phase("loading")

    def fail(self, error: SsmTuiError) -> None:
        """Show a failure: rows stay and are marked stale, else the pane says it."""
        self.stale = error
        if self.rows:
            self._set_stale(True)
            self.set_phase("rows")  # the first pages may have come with the error of a later one
        else:
            what, way_out = explain(error, self.AGAIN)
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
        self._asks_again = bool(self._mains)
        for looker in self._lookers:
            looker.visible = True
            looker.feed.refresh()
        self.update_bars()
        if not self._lookers or self.shell.link_errors:
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

    def _tell_state(self) -> None:
        """Say how the contexts do together: rows show while one has some, and what failed is named."""
        self.troubles = {name: feed.error for name, feed in self._mains.items() if feed.error is not None}
        self.troubles |= self.shell.link_errors
        feeds = self._mains.values()
        if self.rows:
            self._set_stale(bool(feeds) and all(feed.error is not None for feed in feeds))
            self.set_phase("rows")
            if self.focused is None:
                self.call_after_refresh(self.focus_body)
        elif any(feed.fetching or (feed.value is None and feed.error is None) for feed in feeds):
            self.update_bars()
        elif self.troubles and not any(feed.value is not None and feed.error is None for feed in feeds):
            context, error = next(iter(self.troubles.items()))
            what, way_out = explain(error, self.AGAIN)
            self.set_phase("error", f"{context}: {what}", way_out)
        elif feeds:
            self.set_phase("empty")
        if not self.watching and not any(feed.fetching for feed in feeds):
            self._look()

    def _feed_state(self, feed: Feed[Any]) -> None:
        if "" not in self._mains and len(self.shell.contexts) > 1:
            self._tell_state()
        elif feed.error is not None:
            self.fail(feed.error)
        else:
            self.troubles = {}
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
