"""What a table or a tree tells its owner."""

from __future__ import annotations

from typing import Any

from textual.message import Message


class LineMessage(Message):
    """A fact about a widget, with the attributes that its class names; of a flood of equal ones the last is enough."""

    def __init__(self, widget: Any, **facts: object) -> None:
        super().__init__()
        self._widget = widget
        for name, fact in facts.items():
            setattr(self, name, fact)

    @property
    def control(self) -> Any:
        return self._widget

    def can_replace(self, message: Message) -> bool:
        return type(message) is type(self) and message.control is self.control
