"""The actions that every screen has."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar, cast

from textual import events
from textual.binding import Binding
from textual.screen import ModalScreen

from tui.errors import Unreachable
from tui.widgets.bottom_bar import BottomBar
from tui.widgets.metered_screen import MeteredScreen

if TYPE_CHECKING:
    from tui.screens._base import ConsoleScreen
    from tui.screens._shell import Shell

V = TypeVar("V")


class ScreenActions(MeteredScreen[None], inherit_bindings=False):
    """What the shared bindings do; `ConsoleScreen` has the rest."""

    bottom: BottomBar
    watching: bool
    filter_fault = ""
    """What is wrong with the filter now."""
    FILTERS: bool = True
    """Whether `/` filters here."""
    BINDINGS = [
        Binding("slash", "filter", "filter", tooltip="Filter as you type", key_display="/", id="screen.filter"),
        Binding("escape", "leave", "back", tooltip="Close the innermost thing, then go back", id="screen.back"),
        Binding("R", "reload", "refresh", tooltip="Fetch again now", show=False, id="screen.refresh"),
        Binding("w", "watch", "watch", tooltip="Follow changes, or stop following", show=False, id="screen.watch"),
        Binding("tab", "app.focus_next", "next pane", tooltip="Go to the next pane", show=False, id="screen.next"),
        Binding(
            "shift+tab",
            "app.focus_previous",
            "previous pane",
            tooltip="Go to the previous pane",
            show=False,
            id="screen.previous",
        ),
        Binding("ctrl+s", "save", "save", tooltip="Save the rows shown in a file", show=False, id="screen.save"),
        Binding(
            "ctrl+c",
            "copy_text",
            "copy text",
            tooltip="Copy the selected text, else give up what loads",
            show=False,
            id="screen.copy_text",
        ),
    ]

    if TYPE_CHECKING:

        @property
        def shell(self) -> Shell: ...
        @property
        def table(self) -> Any: ...
        def apply_filter(self, text: str) -> None: ...
        def focus_body(self) -> None: ...
        def update_bars(self) -> None: ...
        def reload(self) -> None: ...
        def give_up(self) -> bool: ...
        def refusal(self, action: str) -> str: ...
        def _look(self) -> None: ...
        def do(self, work: Coroutine[Any, Any, None]) -> None: ...
        async def ask(self, dialog: ModalScreen[V]) -> V | None: ...
        def copies(self) -> dict[str, str]: ...
        async def raw(self) -> tuple[str, Any]: ...

    def disabled_reason(self, action: str) -> str:
        """Say why an action is greyed, or give ""."""
        method = getattr(self, f"action_{action}", None)
        if self.shell.read_only and getattr(method, "__changes__", False):
            return "this console is read-only (started with --read-only, or read_only in the config file)"
        if action == "filter" and not self.FILTERS:
            return "there are no rows to filter here"
        if getattr(method, "__func__", None) is ScreenActions.action_save and not self._has_rows:
            return "there are no rows to save here"
        try:
            return self.refusal(action)
        except Unreachable as error:  # of a row whose context was closed since it was drawn
            return error.message.rstrip(".")

    def means_nothing(self, action: str) -> bool:
        """Whether a key has no sense on this screen at all: it is not shown; pressed, it says why."""
        return action == "filter" and not self.FILTERS

    @property
    def _has_rows(self) -> bool:
        table = self.table
        return table is not None and bool(table.display and table.shown)

    def action_copy_text(self) -> None:
        text = self.get_selected_text()
        if text:
            self.shell.copy(text, "the selection")
            self.clear_selection()
        elif not self.give_up():
            self.shell.notice("Nothing is selected to copy, and nothing loads. Ctrl+Q quits.")

    def action_save(self, path: str = "") -> None:
        from tui.screens._save_view import save_view  # deferred: opened on a key

        self.do(save_view(cast("ConsoleScreen", self), path))

    def action_filter(self) -> None:
        if self.FILTERS:
            self.bottom.edit_filter()

    def action_leave(self) -> None:
        if self.bottom.filter_text:
            self.bottom.set_filter("")
            self.apply_filter("")
            self.update_bars()
        else:
            self.shell.back_up()

    def action_reload(self) -> None:
        self.reload()

    def action_watch(self) -> None:
        self.watching = not self.watching
        self._look()
        self.update_bars()

    def action_copy(self) -> None:
        self.do(self._copy())

    async def _copy(self) -> None:
        copies = {what: text for what, text in self.copies().items() if text}
        if not copies:
            self.shell.notice("There is nothing under the cursor to copy.", "warn")
            return
        what: str | None = next(iter(copies))
        if len(copies) > 1:
            from tui.screens._dialogs import Choose  # deferred: opened on a key

            what = await self.ask(Choose("Copy", [(f"{name}  {text}", name) for name, text in copies.items()]))
        if what is not None:
            self.shell.copy(copies[what], what)

    def action_yaml(self) -> None:
        self.do(self._yaml())

    async def _yaml(self) -> None:
        title, answer = await self.raw()
        if answer is None:
            self.shell.notice("There is nothing under the cursor to show.", "warn")
            return
        from tui.screens._dialogs import Reader  # deferred: opened on a key
        from tui.services.raw_answers import as_yaml  # deferred: as above

        await self.ask(Reader(title, as_yaml(answer)))

    # typing the filter

    def on_bottom_bar_filter_changed(self, event: BottomBar.FilterChanged) -> None:
        self.apply_filter(event.text)
        self.update_bars()

    def on_bottom_bar_filter_done(self, event: BottomBar.FilterDone) -> None:
        self.bottom.end_filter()
        if not event.kept:
            self.apply_filter("")
        self.focus_body()
        self.update_bars()

    def on_resource_table_filter_applied(self, event: Any) -> None:
        self.say_filter(event.error)

    on_resource_tree_filter_applied = on_resource_table_filter_applied

    def say_filter(self, error: object) -> None:
        """Say what is wrong with the filter, for as long as it is."""
        self.filter_fault = str(error or "")
        self.update_bars()

    def on_resource_table_marks_changed(self) -> None:
        self.update_bars()

    on_resource_tree_marks_changed = on_resource_table_marks_changed

    def fit_size(self, columns: int, rows: int) -> None:
        """Say by classes how much room there is."""
        self.update_classes({"-narrow": columns < 100, "-wide": columns >= 160, "-short": rows < 12, "-flat": rows < 8})

    def on_resize(self, event: events.Resize) -> None:
        self.fit_size(event.size.width, event.size.height)
        if event.size == self.outer_size:
            # A layout that was just made tells its own screen of the size: Textual would lay out and paint again.
            event.prevent_default()
