"""What one sees of a table and how one moves in it: lines, cursor, scrolling, mouse. Knows no sorting or filtering."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from rich.segment import Segment
from textual import events
from textual.binding import Binding
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.theming import UNICODE, Glyphs
from tui.widgets.columns import Layout, arrange, measure
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
from tui.widgets.table_model import TableModel

Anchor = tuple[Hashable | None, int]
"""A row that is to stay on its line, and that line."""

_SAMPLE = 400


class TableMessage(Message):
    """A fact about a table, with the attributes that its class names; of a flood of equal ones the last is enough."""

    def __init__(self, table: TableView, **facts: object) -> None:
        super().__init__()
        self.table = table
        for name, fact in facts.items():
            setattr(self, name, fact)

    @property
    def control(self) -> TableView:
        return self.table

    def can_replace(self, message: Message) -> bool:
        return type(message) is type(self) and message.table is self.table


class TableView(Widget, can_focus=True):
    """Draws a `TableModel`; changing `virtual_size` would lay out the screen anew, so the scroll bar is drawn here."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES = {f"table--{name}" for name in (*PARTS, *STYLES)}
    DEFAULT_CSS = """
    TableView { height: 1fr; }
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
    """
    BINDINGS = [
        Binding("j,down", "move(1)", "down", tooltip="One row down", show=False, id="table.down"),
        Binding("k,up", "move(-1)", "up", tooltip="One row up", show=False, id="table.up"),
        Binding("g,home", "edge(0)", "top", tooltip="To the first row", show=False, id="table.top"),
        Binding("G,end", "edge(1)", "bottom", tooltip="To the last row", show=False, id="table.bottom"),
        Binding("pagedown", "page(2)", "page down", tooltip="One page down", show=False, id="table.page_down"),
        Binding("pageup", "page(-2)", "page up", tooltip="One page up", show=False, id="table.page_up"),
        Binding("ctrl+d", "page(1)", "half down", tooltip="Half a page down", show=False, id="table.half_down"),
        Binding("ctrl+u", "page(-1)", "half up", tooltip="Half a page up", show=False, id="table.half_up"),
        Binding("l,right", "sideways(1)", "right", tooltip="Scroll columns right", show=False, id="table.right"),
        Binding("h,left", "sideways(-1)", "left", tooltip="Scroll columns left", show=False, id="table.left"),
        Binding("enter", "open", "open", tooltip="Open the row under the cursor", show=False, id="table.open"),
    ]

    state: reactive[str] = reactive("rows")
    """loading, empty, rows or error: what it means that there are no rows."""
    message: reactive[str] = reactive("")
    """What is said where there are no rows; a plain word for the state where this is empty."""
    stale: reactive[bool] = reactive(False)
    """What is shown is no longer known to be true."""

    def __init__(self, *, glyphs: Glyphs = UNICODE, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.model = TableModel()
        self._glyphs = glyphs
        self._cursor: Hashable | None = None
        self._wanted: Hashable | None = None  # where the operator put the cursor, while a filter hides that row
        self._at = 0
        self._top = 0
        self._offset = 0
        self._wishes: list[int] = []
        self._measured = 0
        self._layout: Layout | None = None
        self._sides: list[str] = []
        self._lines: dict[tuple[int, bool, bool], list[Segment]] = {}
        self._brushes: Brushes | None = None
        self._notice: list[str] | None = None

    # What the table adds.

    def _sorting(self) -> tuple[int | None, bool]:
        """Give the place of the column that the header marks, and whether it is reversed."""
        return None, False

    def _highlighted(self) -> None:
        """Do what follows when the cursor came to another row."""

    def _opened(self) -> None:
        """Do what follows when the row under the cursor is opened."""

    def _header_clicked(self, place: int) -> None:
        """Do what follows when a column's heading is clicked."""

    def _gutter_clicked(self, row: Hashable) -> None:
        """Do what follows when the cells in front of a row are clicked."""

    def _saying(self) -> tuple[str, bool]:
        """Give what is said where there are no rows, and whether that is an error."""
        if self.model.total:
            return "No row matches the filter. Esc clears it.", False
        plain = {"loading": "Loading…", "empty": "Nothing here.", "error": "This could not be loaded."}
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

    @property
    def _body(self) -> int:
        """Lines for rows, below the header."""
        return max(0, self.size.height - 1)

    def _redraw(self) -> None:
        """Forget every drawn line: widths, colours or glyphs are others."""
        self._lines.clear()
        self._layout = self._brushes = self._notice = None
        self.refresh()

    def notify_style_update(self) -> None:
        self._lines.clear()
        self._brushes = None
        super().notify_style_update()

    def _measure(self) -> None:
        """Measure columns over the first rows (once) and those in view; widths only grow, and never while one moves."""
        model = self.model
        rows = model.order[self._measured : _SAMPLE] + [
            model.slot_at(at) for at in range(self._top, min(self._top + self._body, len(model)))
        ]
        wishes = measure(model.columns, (model.cells[slot] for slot in rows), self._wishes)
        self._measured = min(len(model.order), _SAMPLE)
        if wishes != self._wishes:
            self._wishes = wishes
            self._lines.clear()
            self._layout = None

    def _placed(self) -> Layout:
        if self._layout is None:
            room = self.size.width - GUTTER - 1
            self._layout = arrange(self.model.columns, self._wishes, room, self._offset)
            self._sides = [column.side for column in self.model.columns]
            self._offset = self._layout.offset
        return self._layout

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
        at = self._top + y - 1
        if not len(model):
            return self._notice_line(y - 1, columns)
        if at >= len(model):
            return Strip.blank(columns, brushes.base)
        slot = model.slot_at(at)
        cursor, marked = at == self._at, bool(model.marks) and model.ids[slot] in model.marks
        key = (slot, cursor, marked)
        made = self._lines.get(key, [])
        if not made:
            cells, placed = model.cells[slot], self._placed()
            made = draw_row(self._sides, cells, placed, room, brushes, self._glyphs, cursor=cursor, marked=marked)
            if len(self._lines) > 1024:
                self._lines.clear()
            self._lines[key] = made
        return Strip([*made, self._bar(y - 1, brushes)], columns if room >= GUTTER else None).adjust_cell_length(
            columns, brushes.base
        )

    def _bar(self, line: int, brushes: Brushes) -> Segment:
        start, end = thumb(len(self.model), self._body, self._top)
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

    # Cursor and view.

    def _bounded(self, top: int) -> int:
        return max(0, min(top, len(self.model) - self._body))

    def _refresh_row(self, position: int) -> None:
        line = position - self._top
        if 0 <= line < self._body:
            self.refresh(Region(0, line + 1, self.size.width, 1))

    def _scroll(self, top: int) -> None:
        top = self._bounded(top)
        if top != self._top:
            self._top = top
            self.refresh()

    def _go(self, position: int) -> None:
        """Put the cursor on a position, and bring that into view: two lines are drawn anew unless the view moves."""
        if not len(self.model):
            return
        position = max(0, min(position, len(self.model) - 1))
        self._wanted = None
        old, self._at = self._at, position
        if position < self._top:
            self._scroll(position)
        elif position >= self._top + self._body > self._top:
            self._scroll(position - self._body + 1)
        self._refresh_row(old)
        self._refresh_row(position)
        row = self.model.id_at(position)
        if row != self._cursor:
            self._cursor = row
            self._highlighted()

    def _anchor(self) -> Anchor:
        """Give what stays in place while rows change: the row of the cursor, or the first line if that is not seen."""
        if not len(self.model):
            return None, 0
        line = self._at - self._top
        if self._cursor is not None and 0 <= line < self._body:
            return self._cursor, line
        return self.model.id_at(min(self._top, len(self.model) - 1)), 0

    def _keep(self, anchor: Anchor) -> None:
        """Put cursor and view back after rows came, went or changed places.

        A cursor whose row is hidden stands on that row's neighbour and goes back when the row does; one whose row is
        gone stays where it was.
        """
        model, held = self.model, self._cursor
        if self._wanted is None and held is not None and model.position(held) is None:
            self._wanted = held
        if self._wanted not in model.slots:
            self._wanted = None
        at: int | None = None
        if self._wanted is not None and (at := model.position(self._wanted)) is not None:
            self._wanted = None
        elif held is not None and (at := model.position(held)) is None:
            at = model.neighbour(held)
        self._at = max(0, min(self._at, len(model) - 1)) if at is None else at
        self._cursor = model.id_at(self._at) if len(model) else None
        row, line = anchor
        place = None if row is None else model.position(row)
        self._top = self._bounded((self._at if place is None else place) - line)
        if self._cursor != held:
            self._highlighted()

    # Events.

    def on_resize(self) -> None:
        self._layout = self._notice = None
        self._lines.clear()
        seen = self._top <= self._at
        self._top = self._bounded(self._top)
        if seen and self._at >= self._top + self._body > self._top:
            self._top = self._bounded(self._at - self._body + 1)

    def on_focus(self) -> None:
        self._redraw()

    def on_blur(self) -> None:
        self._redraw()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._scroll(self._top + 3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._scroll(self._top - 3)

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
        if x == self.size.width - 1 and len(self.model) > self._body:
            self._scroll(round((len(self.model) - self._body) * (y - 1) / max(1, self._body - 1)))
            return
        position = self._top + y - 1
        if position >= len(self.model):
            return
        if x < GUTTER:
            self._gutter_clicked(self.model.id_at(position))
        elif position == self._at and event.chain > 1:
            self._opened()
        else:
            self._go(position)

    # Actions.

    def action_move(self, step: int) -> None:
        self._go(self._at + step)

    def action_edge(self, last: int) -> None:
        self._go(len(self.model) - 1 if last else 0)

    def action_page(self, halves: int) -> None:
        """Move cursor and view by halves of a page, so that the cursor stays on its line."""
        step = max(1, (self._body - 1) * abs(halves) // 2) * (1 if halves > 0 else -1)
        self._scroll(self._top + step)
        self._go(self._at + step)

    def action_sideways(self, step: int) -> None:
        placed = self._placed()
        offset = max(0, min(placed.offset + step, placed.steps))
        if offset != placed.offset:
            self._offset = offset
            self._layout = None
            self._lines.clear()
            self.refresh()

    def action_open(self) -> None:
        if self._cursor is not None:
            self._opened()


def place_of(keys: Sequence[str], key: str) -> int | None:
    """Give the place of a key among keys; None for one that is not there."""
    return keys.index(key) if key in keys else None
