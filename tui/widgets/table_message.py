"""What a table tells its owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.widgets.line_message import LineMessage

if TYPE_CHECKING:
    from tui.widgets.resource_table import ResourceTable


class TableMessage(LineMessage):
    """A fact about a table."""

    @property
    def table(self) -> ResourceTable:
        table: ResourceTable = self.control
        return table
