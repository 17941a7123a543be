"""What one sees of a table: lines, columns, the mouse. Knows no sorting or filtering."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from rich.segment import Segment
from textual import events
from textual.reactive import reactive
from textual.strip import Strip

from tui.theming import UNICODE, Glyphs
from tui.widgets.cells import own
from tui.widgets.state_pane import wrapped
from tui.widgets.table_drawing import (
    GUTTER,
    PARTS,
    STYLES,
    Brushes,
    draw_header,
    draw_notice,
    draw_row,
    thumb,
)
from tui.widgets.table_flashes import TableFlashes


class TableView(TableFlashes):
    """Draws a `TableModel`; changing `virtual_size` would lay out the screen anew, so the scroll bar is drawn here."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES = {f"table--{name}" for name in (*PARTS, *STYLES)}
    DEFAULT_CSS = """
    TableView { height: 1fr; }
    .table--group { color: $primary; text-style: bold; }
    .table--header { color: $primary; text-style: bold; }
    .table--cursor { background: $cursor; }
    .table--blurred { background: $panel; }
    .table--marked, .table--mark { color: $mark; }
    .table--bar, .table--muted { color: $muted; }
    .table--ok { color: $success; }
    .table--warn { color: $warning; }
    .table--error { color: $error; }
    .table--accent { color: $accent; }
    .table--strong { text-style: bold; }
    .table--stale { text-style: dim; }
    .table--changed { text-style: bold reverse; }
    """
    state: reactive[str] = reactive("rows")
    """loading, empty, rows or error: what it means that there are no rows."""
    message: reactive[str] = reactive("")
    """What is said where there are no rows; a plain word for the state where this is empty."""
    stale: reactive[bool] = reactive(False)
    """What is shown is no longer known to be true."""

    def __init__(self, *, glyphs: Glyphs = UNICODE, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._glyphs = glyphs
        self._brushes: Brushes | None = None
        self._notice: list[str] | None = None

    # What the table adds.

    def _sorting(self) -> tuple[int | None, bool]:
        """Give the place of the column that the header marks, and whether it is reversed."""
        return None, False

    def _draw_group(self, slot: int, room: int, *, cursor: bool) -> list[Segment]:
        """Draw the header of the group that a slot below 0 stands for."""
        return []

    def _header_clicked(self, place: int) -> None:
        """Do what follows when a column's heading is clicked."""

    def _gutter_clicked(self, row: Hashable) -> None:
        """Do what follows when the cells in front of a row are clicked."""

    def _saying(self) -> tuple[str, bool]:
        """Give what is said where there are no rows, and whether that is an error."""
        if self.model.total:
            return "No row matches the filter. Esc clears it.", False
        plain = {"loading": own("Loading…"), "empty": "Nothing here.", "error": "This could not be loaded."}
        return self.message or plain.get(self.state, ""), self.state == "error"

    def watch_state(self) -> None:
        self._redraw()

    def watch_message(self) -> None:
        self._redraw()

    def watch_stale(self) -> None:
        self.set_class(self.stale, "-stale")
        self._redraw()

    # Drawing.

    @property
    def glyphs(self) -> Glyphs:
        return self._glyphs

    @glyphs.setter
    def glyphs(self, glyphs: Glyphs) -> None:
        self._glyphs = glyphs
        self._redraw()

    def _redraw(self) -> None:
        """Forget every drawn line: widths, colours or glyphs are others."""
        self._drawn.clear()
        self._layout = self._brushes = self._notice = None
        self.refresh()

    def notify_style_update(self) -> None:
        self._drawn.clear()
        self._brushes = None
        super().notify_style_update()

    def _brush(self) -> Brushes:
        if self._brushes is None:
            self._brushes = Brushes(
                self.rich_style,
                lambda name: self.get_component_rich_style(f"table--{name}", partial=True),
                self.has_focus,
                self.stale,
            )
        return self._brushes

    def render_line(self, y: int) -> Strip:
        columns, brushes, model = self.size.width, self._brush(), self.model
        room = columns - 1
        if room < 1:
            return Strip.blank(columns, brushes.base)
        if y == 0:
            sort, reverse = self._sorting()
            made = draw_header(model.columns, self._placed(), room, brushes, self._glyphs, sort, reverse)
            return Strip([*made, Segment(" ", brushes.header)]).adjust_cell_length(columns, brushes.base)
        at, standing = self._top + y - 1, model.standing
        if not len(model):
            return self._notice_line(y - 1, columns)
        if at >= len(standing):
            return Strip.blank(columns, brushes.base)
        slot = standing.slot_at(at)
        cursor, marked = at == self._at, slot >= 0 and bool(model.marks) and model.ids[slot] in model.marks
        lit = self._lit_places(model.ids[slot]) if self._lit and slot >= 0 else ()
        key = (slot, cursor, marked)
        made = self._draw_group(slot, room, cursor=cursor) if slot < 0 else [] if lit else self._drawn.get(key, [])
        if not made:
            cells, placed = model.cells[slot], self._placed()
            made = draw_row(
                self._sides, cells, placed, room, brushes, self._glyphs, cursor=cursor, marked=marked, lit=lit
            )
            if len(self._drawn) > 1024:
                self._drawn.clear()
            if not lit:
                self._drawn[key] = made
        return Strip([*made, self._bar(y - 1, brushes)], columns if room >= GUTTER else None).adjust_cell_length(
            columns, brushes.base
        )

    def _bar(self, line: int, brushes: Brushes) -> Segment:
        start, end = thumb(len(self.model.standing), self._body, self._top)
        if start == end:
            return Segment(" ", brushes.base)
        return Segment(self._glyphs.bar if start <= line < end else self._glyphs.vertical, brushes.bar)

    def _notice_line(self, line: int, columns: int) -> Strip:
        brushes = self._brush()
        text, error = self._saying()
        if self._notice is None:
            self._notice = wrapped(text, max(1, min(columns - 2, 90))) if text else []
        style = brushes.error if error else brushes.muted
        return draw_notice(self._notice, line, self._body, columns, style, brushes.base)

    # Events.

    def on_resize(self) -> None:
        self._layout = self._notice = None
        self._drawn.clear()
        was, seen = self._top, self._top <= self._at
        self._top = self._bounded(self._top)
        if seen and self._at >= self._top + self._body > self._top:
            self._top = self._bounded(self._at - self._body + 1)
        if self._top != was:
            self.refresh()  # it may have been drawn at its new size already

    def on_focus(self) -> None:
        self._redraw()

    def on_blur(self) -> None:
        self._redraw()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        if event.shift:
            self.action_sideways(1)
        else:
            self._scroll(self._top + 3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        if event.shift:
            self.action_sideways(-1)
        else:
            self._scroll(self._top - 3)

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        event.stop()
        self.action_sideways(1)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        event.stop()
        self.action_sideways(-1)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        event.stop()
        x, y = offset
        if y == 0:
            places = self._placed().places
            if hit := [place for place, start, size in places if start <= x - GUTTER <= start + size]:
                self._header_clicked(hit[0])
            return
        standing = self.model.standing
        if x == self.size.width - 1 and len(standing) > self._body:
            self._scroll(round((len(standing) - self._body) * (y - 1) / max(1, self._body - 1)))
            return
        position = self._top + y - 1
        if position >= len(standing):
            return
        if x < GUTTER:
            self._gutter_clicked(standing.id_at(position))
        elif position == self._at and event.chain > 1:
            self._opened()
        else:
            self._go(position)


def place_of(keys: Sequence[str], key: str) -> int | None:
    """Give the place of a key among keys; None for one that is not there."""
    return keys.index(key) if key in keys else None
