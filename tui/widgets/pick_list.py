"""A list of lines, one of them under the cursor: go-to suggestions, the palette, a menu, the drawer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.cells import clean, fit, width


class Item(NamedTuple):
    """One line: a text, a detail in grey behind it, a note at the right end; refused lines are dim."""

    text: str
    detail: str = ""
    note: str = ""
    refused: bool = False


class PickList(Widget):
    """Draws items; the owner moves the cursor with `move`, a click posts `Picked`."""

    COMPONENT_CLASSES = {"bar--dim", "bar--key", "pick-list--cursor"}

    class Picked(Message):
        """An item was clicked."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, items: Sequence[Item] = (), *, cursor: int = -1) -> None:
        super().__init__()
        self._items: Sequence[Item] = items
        self.cursor = cursor
        self._first = 0

    @property
    def items(self) -> Sequence[Item]:
        return self._items

    def show(self, items: Sequence[Item], cursor: int = -1) -> None:
        """Show other items; -1 puts the cursor on none."""
        self._items, self.cursor, self._first = items, min(cursor, len(items) - 1), 0
        self.refresh()

    def move(self, step: int) -> None:
        """Move the cursor by so many lines, within the list."""
        if self._items:
            self.cursor = max(0, min(self.cursor + step, len(self._items) - 1))
            self.refresh()

    def render_line(self, y: int) -> Strip:
        columns, rows, base = self.size.width, self.size.height, self.rich_style
        if y == 0:
            self._first = max(min(self._first, self.cursor), self.cursor - rows + 1, 0)
        index = self._first + y
        if index >= len(self._items):
            return Strip.blank(columns, base)
        item = self._items[index]
        style = self.get_component_rich_style("pick-list--cursor") if index == self.cursor else base
        dim = style + self.get_component_rich_style("bar--dim", partial=True)
        key = style + self.get_component_rich_style("bar--key", partial=True)
        note = clean(item.note)
        room = max(columns - width(note) - 3, 0)
        text = fit(clean(item.text), min(max(width(clean(item.text)), 24), room))
        detail = fit("  " + clean(item.detail), room - width(text))
        return Strip(
            [
                Segment((">" if index == self.cursor else " ") + text, dim if item.refused else style),
                Segment(detail, dim),
                Segment(f" {note} ", dim if item.refused else key),
            ]
        ).adjust_cell_length(columns, style)

    def on_click(self, event: events.Click) -> None:
        index = self._first + event.y
        if index < len(self._items):
            self.post_message(self.Picked(index))


def matching(words: str, texts: Sequence[str]) -> list[int]:
    """Give the indexes of the texts that hold every word, those that begin with them first, in their order."""
    wanted = words.casefold().split()
    folded = [text.casefold() for text in texts]
    found = [index for index, text in enumerate(folded) if all(word in text for word in wanted)]
    head = words.casefold().strip()
    return sorted(found, key=lambda index: not folded[index].startswith(head))
