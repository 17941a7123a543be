"""The window in which one chooses a table's columns; the table behind it follows each key."""

from __future__ import annotations

from dataclasses import replace

from textual.app import ComposeResult
from textual.binding import Binding

from tui.screens._dialogs import Dialog
from tui.widgets.column_choice import ColumnChoice
from tui.widgets.columns import Column
from tui.widgets.pick_list import Item, PickList
from tui.widgets.resource_table import ResourceTable


class ColumnsDialog(Dialog[ColumnChoice]):
    """Gives the choice that Enter agrees to; Esc gives None, and who asked puts the table back."""

    DEFAULT_CSS = """
    ColumnsDialog { align: right middle; }
    ColumnsDialog > Vertical { width: 56; }
    """
    BINDINGS = [
        Binding("enter", "done", "done", tooltip="Keep these columns", id="columns.done"),
        Binding("j,down", "move(1)", "down", tooltip="Next column", show=False, id="columns.down"),
        Binding("k,up", "move(-1)", "up", tooltip="Previous column", show=False, id="columns.up"),
        Binding("g,home", "move(-999)", "top", tooltip="First column", show=False, id="columns.top"),
        Binding("G,end", "move(999)", "bottom", tooltip="Last column", show=False, id="columns.bottom"),
        Binding("space", "show_or_hide", "show", tooltip="Show or hide it", id="columns.toggle"),
        Binding("J,shift+down", "carry(1)", "move right", tooltip="Move it right", id="columns.right"),
        Binding("K,shift+up", "carry(-1)", "move left", tooltip="Move it left", id="columns.left"),
        Binding("l,right", "widen(1)", "wider", tooltip="One cell wider", id="columns.wider"),
        Binding("h,left", "widen(-1)", "narrower", tooltip="One cell narrower", id="columns.narrower"),
        Binding("greater_than_sign", "widen(5)", "much wider", tooltip="Five cells wider", id="columns.much_wider"),
        Binding("less_than_sign", "widen(-5)", "much narrower", tooltip="Five narrower", id="columns.much_narrower"),
        Binding("W", "wide", "wide", tooltip="Show the wide columns too", id="columns.wide"),
        Binding("0", "restore", "its own", tooltip="Its own width, shown as ever", id="columns.restore"),
        Binding("D", "restore_all", "all their own", tooltip="All columns as they were made", id="columns.restore_all"),
    ]

    def __init__(self, table: ResourceTable) -> None:
        keys = "␣ show or hide   J K move   h l < > width   W wide ones   0 as made   D all as made   ⏎ keep   esc undo"
        super().__init__("Columns", "", keys)
        self._table = table
        self._columns = {column.key: column for column in table.columns}
        self.list = PickList(cursor=0)
        self._show(0)

    @property
    def _order(self) -> list[Column]:
        columns = [*self._columns.values()]
        return [columns[place] for place in self._table.choice.ordered(columns)]

    @property
    def current(self) -> Column:
        """The column under the cursor."""
        return self._order[self.list.cursor]

    def compose_answer(self) -> ComposeResult:
        self.list.styles.height = max(1, min(len(self._columns), self.app.size.height - 8))
        yield self.list

    def _show(self, cursor: int) -> None:
        choice = self._table.choice
        self.list.show([self._item(column, choice) for column in self._order], cursor)

    def _item(self, column: Column, choice: ColumnChoice) -> Item:
        said = ""
        if column.key in choice.hidden:
            mark = " "
        elif column.wide and not choice.wide and column.key not in choice.shown:
            mark = "-"
            said = "where there is room"
        else:
            mark = "x"
        width = f"{self._table.width_of(column.key)}"
        if column.key in choice.widths:
            width = f"set to {width}"
        return Item(f"[{mark}] {column.heading}", said, width, mark == " ")

    def _take(self, choice: ColumnChoice) -> None:
        key = self.current.key
        self._table.choose(choice)
        self._show(next(at for at, column in enumerate(self._order) if column.key == key))

    # Actions.

    def action_done(self) -> None:
        self.dismiss(self._table.choice)

    def action_move(self, step: int) -> None:
        self.list.move(step)

    def action_show_or_hide(self) -> None:
        choice = self._table.choice.toggled(self.current)
        if any(column.key not in choice.hidden for column in self._columns.values()):  # one has to be there
            self._take(choice)

    def action_carry(self, step: int) -> None:
        self._take(self._table.choice.moved([*self._columns.values()], self.current.key, step))

    def action_widen(self, step: int) -> None:
        key = self.current.key
        self._take(self._table.choice.widened(key, self._table.width_of(key), step))

    def action_wide(self) -> None:
        choice = self._table.choice
        self._take(replace(choice, wide=not choice.wide))

    def action_restore(self) -> None:
        self._take(self._table.choice.restored(self.current.key))

    def action_restore_all(self) -> None:
        self._take(ColumnChoice())

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        self.list.move(event.index - self.list.cursor)
        self.action_show_or_hide()
