"""The base of every screen of the console.

How to write a screen
---------------------
    class ThingsScreen(ConsoleScreen):
        NOUN, TITLE = "things", "Things"
        EMPTY = ("No things yet.", "A thing is …\\nn makes the first one.")
        BINDINGS = [
            Binding("enter", "open", "open", tooltip="Open the thing under the cursor", id="things.open"),
            COPY, YAML,                       # shared keys; then define copies() and raw()
        ]

        def compose_body(self):               # widgets between the bars; the first focusable one gets the focus
            yield ResourceTable(...)

        def begin(self):                      # the engine is connected; runs again after a reconnect
            things = self.shell.services.of(Things)
            feed = self.shell.services.feeds.feed(things.context, "ListThings", {}, things.all)
            self.follow(feed, self.show)      # loading, empty, rows, error and stale follow from the feed

        def show(self, things) -> int:        # new data: hand it to the widgets, give the number of rows
            ...

        def action_open(self):                # one action of a binding; `self.shell.go("thing", id)` opens a screen
            ...

        @changing                             # greyed with its reason and refused while the console is read-only
        def action_delete(self):
            self.do(self._delete())           # anything that awaits: errors become notices

        async def _delete(self):              # guard → confirm → call → refresh
            if await self.ask(TypeName("Delete web-01?", ..., expected="web-01")):
                ...
                self.reload()

A line in `tui/screens/__init__.py` makes it reachable from `:`. Override `crumb`, `refusal` (why an action can't be
done now), `apply_filter`, `counts`, `save_state` and `restore_state` where the defaults, which serve one
ResourceTable, don't fit. State is shown by classes on the screen: -loading -empty -rows -error, -stale, and -narrow
-short -wide for the size.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen

from tui.errors import SsmTuiError
from tui.screens._actions import ScreenActions
from tui.screens._keys import hints_of
from tui.screens._shell import COPY, YAML, Shell, changing, explain
from tui.widgets.bottom_bar import BottomBar, Hint
from tui.widgets.state_pane import StatePane
from tui.widgets.top_bar import TopBar, Word

if TYPE_CHECKING:
    from tui.screens._history import Place
    from tui.services.feeds import Feed, Looker

__all__ = ["COPY", "YAML", "ConsoleScreen", "Shell", "changing", "explain"]

log = logging.getLogger(__name__)
V = TypeVar("V")
PHASE_STYLES = {"loading": "dim", "empty": "text", "rows": "text", "error": "bad"}


class ConsoleScreen(ScreenActions):
    """A screen between the top bar and the bottom bar; see the module's docstring."""

    NOUN: ClassVar[str] = ""
    TITLE = ""
    EMPTY: ClassVar[tuple[str, str]] = ("Nothing here.", "")
    LOADING: ClassVar[str] = "Loading…"
    STATES_IN_TABLE: ClassVar[bool] = False
    """The screen's table says by itself that it loads, is empty or failed; else a pane takes the body's place."""
    SINGLE: ClassVar[bool] = False
    """One screen serves every argument: made once, `arrive` is given the arguments that it is come to with."""
    AHEAD: ClassVar[bool] = False
    """May be made before it is known what about: `take_argument` says it then."""
    AUTO_FOCUS = ""

    def __init__(self, argument: Any = None, state: dict[str, Any] | None = None) -> None:
        super().__init__(classes="" if self.STATES_IN_TABLE else "-loading")
        self.argument = argument
        self.place: Place | None = None
        self.phase = "loading"
        self.stale: SsmTuiError | None = None
        self.watching = True
        self.settled = False
        self.rows = 0
        self._state = state or {}
        self._table: Any = None
        self._lookers: list[Looker[Any]] = []
        self._main: Feed[Any] | None = None
        self.top = TopBar()
        self.bottom = BottomBar()
        self.pane = StatePane(self.LOADING)

    # what a screen overrides

    def compose_body(self) -> ComposeResult:
        """Yield the widgets between the bars."""
        yield from ()

    def begin(self) -> None:
        """Start to follow feeds; `self.shell.services` is there."""
        self.set_phase("rows")

    def arrive(self, argument: Any) -> None:
        """Be come to with an argument, where the screen is SINGLE."""

    def take_argument(self, argument: Any) -> None:
        """Be told what it is about, where the screen was made AHEAD."""

    def crumb(self) -> str:
        """Give this screen's word in the crumbs."""
        return self.TITLE or self.NOUN

    def refusal(self, action: str) -> str:
        """Say why an action can't be done now, or give "" where it can."""
        return ""

    def copies(self) -> dict[str, str]:
        """Give what `c` can copy, by what it is called; the first is the usual one."""
        return {}

    async def raw(self) -> tuple[str, Any]:
        """Give a title and the raw API answer of what is under the cursor, for `y`."""
        return "", None

    def apply_filter(self, text: str) -> None:
        """Filter the rows; the default hands the text to the screen's table."""
        table = self.table
        if table is not None:
            table.set_filter(text)

    def counts(self) -> tuple[int, int, int]:
        """Give how many rows show, how many there are, how many are marked."""
        table = self.table
        if table is None:
            return self.rows, self.rows, 0
        return table.shown, table.total, len(table.marked_ids)

    def save_state(self) -> dict[str, Any]:
        """Give what brings this screen back as it is: plain values."""
        state: dict[str, Any] = {"filter": self.bottom.filter_text}
        table = self.table
        if table is not None:
            reverse = table._sort[1]
            state |= {"sort": (table.sort_column, reverse), "cursor": table.cursor_id, "marks": table.marked_ids}
        return state

    def restore_state(self, state: Mapping[str, Any]) -> None:
        """Take what `save_state` gave: the filter and the sort before the first rows, the rest with them."""
        table = self.table
        if table is not None and state.get("sort"):
            table.sort_by(*state["sort"])
        if state.get("filter"):
            self.bottom.set_filter(state["filter"])
            self.apply_filter(state["filter"])

    def _restore_rows(self) -> None:
        table = self.table
        if table is not None and self._state:
            table.mark(self._state.get("marks", ()))
            if self._state.get("cursor") is not None:
                table.move_to(self._state["cursor"])
        self._state = {}

    # what a screen uses

    @property
    def shell(self) -> Shell:
        return cast("Shell", self.app)

    @property
    def table(self) -> Any:
        """The screen's one ResourceTable, or None."""
        if self._table is None:
            found = self.query("ResourceTable")
            self._table = found.first() if found else None
        return self._table

    def follow(self, feed: Feed[V], show: Callable[[V], int], *, main: bool = True) -> None:
        """Show what a feed brings while this screen is visible; the main feed decides the screen's state."""
        seen: list[Any] = [None]

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

        if main:
            self._main = feed
        self._lookers.append(feed.look(changed, visible=self._is_looking))
        if feed.value is not None:
            changed(feed)

    def set_phase(self, phase: str, headline: str = "", text: str = "") -> None:
        """Show one of loading, empty, rows, error; the pane says the headline and the text for all but rows."""
        self.phase = phase
        if not self.STATES_IN_TABLE:
            # One batch: each change of a class styles the whole screen anew.
            self.update_classes({f"-{name}": name == phase for name in ("loading", "empty", "rows", "error")})
        if phase != "rows":
            usual = {"loading": (self.LOADING, ""), "empty": self.EMPTY}.get(phase, ("", ""))
            headline, text = headline or usual[0], text or usual[1]
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

    def do(self, work: Coroutine[Any, Any, None]) -> None:
        """Run an action that awaits; what fails becomes a notice."""

        async def guarded() -> None:
            try:
                await work
            except SsmTuiError as error:
                log.info("an action failed: %s", error)
                self.shell.notice(" ".join(explain(error)), "bad")
            except Exception:
                self.shell.fault("an action failed")

        self.run_worker(guarded(), group="action", exit_on_error=False)
        # What is typed already is meant for the dialog that the action may open.
        self.settled = False
        self.call_later(self.settle)

    async def ask(self, dialog: ModalScreen[V]) -> V | None:
        """Open a dialog and give its answer; None where it was left with Esc. Only inside `do`."""
        return await self.app.push_screen_wait(dialog)

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

    def update_bars(self) -> None:
        """Draw the bars anew from what is known now."""
        if not self.is_attached:
            return
        left, right = self.shell.top_words()
        between = f" {self.shell.glyphs.crumb} "
        steps = self.place.path if self.place else ()
        self.top.show(left, right, [*(step.title for step in steps), self.crumb()], between)
        shown, total, marked = self.counts()
        dot = f" {self.shell.glyphs.dot} "
        right_words: list[Word] = []
        if self.phase == "rows" and self.FILTERS:
            text = f"{shown} of {total}" if shown != total else str(total)
            right_words = [(text + " ", "dim")]
            if marked:
                right_words = [(text, "dim"), (f"{dot}{marked} marked ", "accent")]
        if not self.watching:
            right_words.insert(0, ("not watching  ", "warn"))
        words = [(self.filter_fault, "warn")] if self.filter_fault else self.shell.status_words()
        if not words and self.stale is not None and self.phase == "rows":
            age = f" {int(self._main.age)}s old" if self._main and self._main.age is not None else ""
            what, way_out = explain(self.stale)
            words = [(f"{self.shell.glyphs.bad} stale{age}: ", "bad"), (f"{what} {way_out}", "warn")]
        self.bottom.show_status(words, right_words)

    def hints(self) -> list[Hint]:
        """Give the keys that work here now."""
        return hints_of(self, self.shell.glyphs)

    def update_hints(self) -> None:
        """Draw the keys that work here now."""
        if self.is_attached:
            self.bottom.show_hints(self.hints(), self.shell.tail_words())

    # the shell's part

    def compose(self) -> ComposeResult:
        yield self.top
        if not self.STATES_IN_TABLE:
            yield self.pane
        yield from self.compose_body()
        yield self.bottom

    def on_mount(self) -> None:
        self.bindings_updated_signal.subscribe(self, lambda _: self.update_hints())
        if not self.STATES_IN_TABLE:
            for child in self.children:
                child.set_class(child not in (self.top, self.pane, self.bottom), "body")
        if self.place is not None:
            self.come()

    def take_place(self, place: Place) -> None:
        """Be at a place, having been made before there was one."""
        self.place, self.argument, self._state = place, place.argument, place.state
        self.take_argument(place.argument)
        self.come()

    def come(self) -> None:
        """Begin at the place: what was there comes back, and the engine is asked."""
        self.set_phase("loading")
        if self._state:
            self.restore_state(self._state)
        self.focus_body()
        self.update_hints()
        if self.shell.is_connected:
            self.start()
        elif self.shell.link_error is not None:
            self.fail(self.shell.link_error)

    def focus_body(self) -> None:
        """Give the keys to the first widget between the bars that takes them."""
        for widget in self.focus_chain:
            if widget is not self.bottom:
                widget.focus()
                return

    def start(self) -> None:
        """Begin or begin again: the engine is connected."""
        again = bool(self._lookers)
        for looker in self._lookers:
            looker.close()
        self._lookers.clear()
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

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        # Textual would style each widget anew; another theme styles the screens behind as well.
        event.refresh_styles = False
        self._look()
        self.update_bars()
        self.update_hints()
        self.call_later(self.settle)

    def settle(self) -> None:
        """Say that the keys go where they are meant to: what was typed meanwhile comes now."""
        self.settled = True
        self.app.call_later(self.shell.give_keys)

    def on_screen_suspend(self) -> None:
        self._look()

    def on_unmount(self) -> None:
        for looker in self._lookers:
            looker.close()
        self._lookers.clear()
