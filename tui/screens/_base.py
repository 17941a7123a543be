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

        def begin(self):                      # a context is open; runs again after a reconnect, and for another one
            services, feeds = self.shell.services, {}
            for things in services.each(Things):
                feeds[things.context] = services.feeds.feed(things.context, "ListThings", {}, things.all)
            self.follow_each(feeds, self.show)   # loading, empty, rows, error and stale follow from the feeds

        def show(self, things) -> int:        # new data: hand it to the widgets, give the number of rows
            ...

        def action_open(self):                # one action of a binding; a word names a thing in its context
            self.shell.go("thing", self.shell.services.word(self.current.ref))

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

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen

from tui.errors import AccessDenied, SsmTuiError
from tui.screens._keys import hints_of
from tui.screens._own_columns import OwnColumns
from tui.screens._phases import PHASE_STYLES
from tui.screens._shell import COPY, YAML, Shell, changing, explain
from tui.widgets.bottom_bar import BottomBar, Hint
from tui.widgets.cells import own
from tui.widgets.top_bar import TopBar, Word

if TYPE_CHECKING:
    from tui.screens._history import Place

__all__ = ["COPY", "PHASE_STYLES", "YAML", "ConsoleScreen", "Shell", "changing", "explain"]

log = logging.getLogger(__name__)
V = TypeVar("V")


class ConsoleScreen(OwnColumns):
    """A screen between the top bar and the bottom bar; see the module's docstring."""

    NOUN: ClassVar[str] = ""
    TITLE = ""
    SINGLE: ClassVar[bool] = False
    """One screen serves every argument: made once, `arrive` is given the arguments that it is come to with."""
    AHEAD: ClassVar[bool] = False
    """May be made before it is known what about: `take_argument` says it then."""
    AUTO_FOCUS = ""

    def __init__(self, argument: Any = None, state: dict[str, Any] | None = None) -> None:
        super().__init__(classes="" if self.STATES_IN_TABLE else "-loading")
        self.argument = argument
        self.place: Place | None = None
        self.settled = False
        self._state = state or {}
        self._table: Any = None
        self.top = TopBar()
        self.bottom = BottomBar()

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

    def standing_words(self) -> list[Word]:
        """Give what the line above the keys says while nothing else has to be said there."""
        return []

    def counts(self) -> tuple[int, int, int]:
        """Give how many rows show, how many there are, how many are marked."""
        table = self.table
        if table is None:
            return self.rows, self.rows, 0
        return table.shown, table.total, table.marked

    def save_state(self) -> dict[str, Any]:
        """Give what brings this screen back as it is: plain values."""
        state: dict[str, Any] = {"filter": self.bottom.filter_text}
        table = self.table
        if table is not None:
            state |= {
                "sort": (table.sort_column, table.sort_reversed),
                "cursor": table.cursor_id,
                "marks": table.marked_ids,
            }
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

    def do(self, work: Coroutine[Any, Any, None]) -> None:
        """Run an action that awaits; what fails becomes a notice."""

        async def guarded() -> None:
            try:
                await work
            except SsmTuiError as error:
                log.info("an action failed: %s", error)
                self.shell.notice(" ".join(explain(error, "")), "bad")
            except Exception:
                self.shell.fault("an action failed")

        self.run_worker(guarded(), group="action", exit_on_error=False)
        # What is typed already is meant for the dialog that the action may open, in the worker's first step.
        self.settled = False
        asyncio.get_running_loop().call_soon(self.call_later, self.settle)

    async def ask(self, dialog: ModalScreen[V]) -> V | None:
        """Open a dialog and give its answer; None where it was left with Esc. Only inside `do`."""
        return await self.app.push_screen_wait(dialog)

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
            text += " so far" if self.is_partial else own(", asking again…") if self._asks_again else ""
            right_words = [(text + " ", "dim")]
            if marked:
                hidden = len(self.table.hidden_marks) if self.table is not None else 0
                right_words = [(text, "dim"), (f"{dot}{marked} marked{f', {hidden} hidden' * bool(hidden)} ", "accent")]
        if not self.watching:
            right_words.insert(0, ("not watching  ", "warn"))
        words = [(self.filter_fault, "warn")] if self.filter_fault else self.shell.status_words()
        if not words:
            # What failed stays until it is mended: it must not hide what waits for the operator.
            troubles = self._trouble_words() if self.phase in ("rows", "empty") else []
            standing = self.standing_words()
            words = [*troubles, *([("  ", "dim")] if troubles and standing else []), *standing]
        self.bottom.show_status(words, right_words)

    def _trouble_words(self) -> list[Word]:
        """Say what failed while something shows: which context, how old its rows are, why, and the way out."""
        context, error = next(iter(self.troubles.items()), ("", self.stale))
        if error is None:
            return []
        feed = self._mains.get(context)
        age = f" {int(feed.age)}s old" if feed is not None and feed.age is not None else ""
        what, way_out = explain(error, self.AGAIN)
        head = f"{context}{' stale' if age else ''}{age}" if context else f"stale{age}"
        # In front: behind a long sentence nobody would find where the other ones are told.
        head += f" ({len(self.troubles) - 1} more: :ctx)" if len(self.troubles) > 1 else ""
        # Of a denial AWS's own words are long; the permission that is missing is what helps.
        said = what if isinstance(error, AccessDenied) else f"{what} {way_out}"
        return [(f"{self.shell.glyphs.bad} {head}: ", "bad"), (said, "warn")]

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
        if self.shell.is_connected or not self.NEEDS_CONTEXT:
            self.start()
        elif self.shell.link_error is not None:
            self.fail(self.shell.link_error)

    def focus_body(self) -> None:
        """Give the keys to the first widget between the bars that takes them."""
        for widget in self.focus_chain:
            if widget is not self.bottom:
                widget.focus()
                return

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
        self.end()
