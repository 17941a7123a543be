"""What a table tells its owner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.message import Message

if TYPE_CHECKING:
    from tui.widgets.resource_table import ResourceTable


class TableMessage(Message):
    """A fact about a table, with the attributes that its class names; of a flood of equal ones the last is enough."""

    def __init__(self, table: Any, **facts: object) -> None:
        super().__init__()
        self.table: ResourceTable = table
        for name, fact in facts.items():
            setattr(self, name, fact)

    @property
    def control(self) -> ResourceTable:
        return self.table

    def can_replace(self, message: Message) -> bool:
        return type(message) is type(self) and message.table is self.table
