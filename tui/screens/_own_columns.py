"""The columns of a screen's table as the operator has chosen them: taken from the file, changed, kept there."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from textual import events

from tui.errors import ConfigError
from tui.screens._columns_file import ColumnsFile, Stamp
from tui.screens._phases import ScreenPhases
from tui.widgets.column_choice import ColumnChoice


class _Keeper:
    """One console's file, what of it was complained about, and what is still to be written."""

    def __init__(self, file: ColumnsFile) -> None:
        self.file = file
        self.told: Stamp | None = None
        self.unsaved: dict[tuple[str, str], ColumnChoice] = {}
        self.is_saving = False


_KEEPERS: WeakKeyDictionary[Any, _Keeper] = WeakKeyDictionary()


class OwnColumns(ScreenPhases):
    """Knows what was chosen on this screen; `ConsoleScreen` has the rest."""

    NOUN: ClassVar[str] = ""
    CHOOSES_COLUMNS: ClassVar[bool] = True
    """Whether the operator may choose among the columns of the screen's table; a tree has none to choose from."""
    _columns_as_of: Stamp | None = None

    @property
    def _keeper(self) -> _Keeper:
        app: Any = self.app
        if app not in _KEEPERS:
            _KEEPERS[app] = _Keeper(ColumnsFile(app.launch.folder))
        return _KEEPERS[app]

    def on_mount(self) -> None:
        if self.table is not None:
            self.table.flashes = self.shell.config.flash and not self.app.no_color
        if self.table is not None and self.CHOOSES_COLUMNS:
            self.table.columns_asked = lambda: self.do(self._choose_columns())
            self.take_columns()

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        if self.table is not None and self.CHOOSES_COLUMNS:
            self.take_columns()

    def take_columns(self) -> None:
        """Take what the file says, where it says something new: another console or screen may have written it."""
        keeper = self._keeper
        stamp = keeper.file.stamp()
        if stamp == self._columns_as_of or keeper.unsaved:
            return
        self._columns_as_of = stamp
        try:
            self.table.choices = keeper.file.read(self.NOUN)
        except ConfigError as error:
            if keeper.told != stamp:
                keeper.told = stamp
                self.shell.notice(f"Your own columns were not taken. {error}", "bad")

    def on_resource_table_columns_chosen(self, event: Any) -> None:
        self.keep_columns(event.part, event.choice)

    async def _choose_columns(self) -> None:
        from tui.screens._columns_dialog import ColumnsDialog  # deferred: opened on a key

        table = self.table
        part, before = table.part, table.choice
        if not table.columns:
            self.shell.notice("There are no columns yet.", "warn")
            return
        choice = await self.ask(ColumnsDialog(table))
        if choice is None:
            table.choices = {**table.choices, part: before}
        elif choice != before:
            self.keep_columns(part, choice)

    def keep_columns(self, part: str, choice: ColumnChoice) -> None:
        """Write what was chosen in the file; one that can't be written is told, and the choice holds until the end."""
        keeper = self._keeper
        keeper.unsaved[self.NOUN, part] = choice
        if not keeper.is_saving:
            keeper.is_saving = True
            self.app.run_worker(self._save_columns(keeper), group="columns", exit_on_error=False)

    async def _save_columns(self, keeper: _Keeper) -> None:
        try:
            while keeper.unsaved:
                (noun, part), choice = next(iter(keeper.unsaved.items()))
                try:
                    await asyncio.to_thread(keeper.file.write, noun, part, choice)
                except ConfigError as error:
                    self.shell.notice(f"The columns are as you want them, but not kept. {error}", "bad")
                if keeper.unsaved.get((noun, part)) == choice:
                    del keeper.unsaved[noun, part]
            self._columns_as_of = keeper.file.stamp()
        finally:
            keeper.is_saving = False
