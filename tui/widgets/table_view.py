"""What one sees of a table: lines, columns, the mouse. Knows no sorting or filtering."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual import events

from tui.widgets.line_drawing import GUTTER, Brushes, LineState
from tui.widgets.table_drawing import draw_header, draw_row
from tui.widgets.table_flashes import TableFlashes


class TableView(TableFlashes):
    """Draws a `TableModel`, and keeps the rows that it has drawn."""

    COMPONENT_CLASSES = {"lines--group"}
    DEFAULT_CSS = ".lines--group { color: $primary; text-style: bold; }"
    OWN_PARTS = ("group",)
    NO_MATCH = "No row matches the filter. Esc clears it."

    @property
    def total(self) -> int:
        return self.model.total

    # What the table adds.

    def _sorting(self) -> tuple[int | None, bool]:
        """Give the place of the column that the header marks, and whether it is reversed."""
        return None, False

    def _draw_group(self, slot: int, room: int, *, cursor: bool) -> list[Segment]:
        """Draw the header of the group that a slot below 0 stands for."""
        return []

    def _header_clicked(self, place: int) -> None:
        """Do what follows when a column's heading is clicked."""

    # Drawing.

    def _forget_widths(self) -> None:
        self._drawn.clear()
        self._layout = None

    def notify_style_update(self) -> None:
        self._drawn.clear()
        super().notify_style_update()

    def _draw_heading(self, room: int, brushes: Brushes) -> list[Segment]:
        return draw_header(self.model.columns, self._placed(), room, brushes, self._glyphs, *self._sorting())

    def _draw_line(self, line: int, room: int, brushes: Brushes) -> list[Segment]:
        model, slot, cursor = self.model, self.model.standing.slot_at(line), line == self._at
        if slot < 0:
            return self._draw_group(slot, room, cursor=cursor)
        row = model.ids[slot]
        marked = bool(model.marks) and row in model.marks
        lit = self._lit_places(row) if self._lit else ()
        key = (slot, cursor, marked)
        if not lit and (made := self._drawn.get(key)):
            return made
        placed, state = self._placed(), LineState(cursor, marked, lit)
        made = draw_row(self._sides, model.cells[slot], placed, room, brushes, self._glyphs, state)
        if len(self._drawn) > 1024:
            self._drawn.clear()
        if not lit:
            self._drawn[key] = made
        return made

    # Events.

    def _wheel(self, step: int, shift: bool) -> None:
        if shift:
            self.action_sideways(step)
        else:
            super()._wheel(step, shift)

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        event.stop()
        self.action_sideways(1)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        event.stop()
        self.action_sideways(-1)

    def _heading_clicked(self, x: int) -> None:
        places = self._placed().places
        if hit := [place for place, start, size in places if start <= x - GUTTER <= start + size]:
            self._header_clicked(hit[0])


def place_of(keys: Sequence[str], key: str) -> int | None:
    """Give the place of a key among keys; None for one that is not there."""
    return keys.index(key) if key in keys else None
