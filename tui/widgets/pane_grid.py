"""Many outputs at once: panes laid out for the terminal's size, drawn line by line, only those that show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.cells import clean, window
from tui.widgets.cells import width as cells
from tui.widgets.line import Part, lay_out
from tui.widgets.output_tail import OutputTail, bytes_in_words
from tui.widgets.top_bar import STYLES, Word

NARROWEST, LOWEST = 38, 6
"""Cells below which a pane is not worth drawing beside, or under, another."""


@dataclass(slots=True, eq=False)
class Pane:
    """One output: `key` names it to its owner, `title` are words with styles, `hint` is said while it is empty."""

    key: str
    tail: OutputTail
    title: Sequence[Word] = ()
    hint: str = ""
    back: int = 0
    """Lines that one has scrolled back from the end; 0 follows the output."""
    left: int = 0
    hold: bool = False
    """Stay where it is though more comes."""
    _held: int = field(default=0, repr=False)
    """Lines there were when one scrolled back, so that what comes since does not move the text."""


class PaneGrid(Widget, can_focus=True):
    """Shows panes as tiles, or one of them whole; the owner fills their tails and calls `refresh`."""

    ALLOW_SELECT = False
    HELP_GROUP = "Panes"
    COMPONENT_CLASSES = {*(f"bar--{style}" for style in STYLES), "bar--key", "pane--stderr", "pane--note"}
    DEFAULT_CSS = """
    PaneGrid { height: 1fr; background: $background; color: $foreground; }
    .pane--stderr { color: $warning; }
    .pane--note { color: $muted; text-style: italic; }
    """
    BINDINGS = [
        Binding("enter,z", "zoom", "zoom", tooltip="Show one pane whole, or all again", id="panes.zoom"),
        Binding("j,down", "move(0,1)", "down", tooltip="Pane below; zoomed: a line down", show=False, id="panes.down"),
        Binding("k,up", "move(0,-1)", "up", tooltip="Pane above; zoomed: a line up", show=False, id="panes.up"),
        Binding("l,right", "move(1,0)", "right", tooltip="Pane right; zoomed: scroll", show=False, id="panes.right"),
        Binding("h,left", "move(-1,0)", "left", tooltip="Pane left; zoomed: scroll", show=False, id="panes.left"),
        Binding("tab", "step(1)", "next pane", tooltip="The next pane", show=False, id="panes.next"),
        Binding("shift+tab", "step(-1)", "previous pane", tooltip="The one before", show=False, id="panes.previous"),
        Binding(
            "pagedown", "page(1)", "next page", tooltip="Next page of panes, or of text", show=False, id="panes.pd"
        ),
        Binding("pageup", "page(-1)", "page before", tooltip="The page before", show=False, id="panes.pu"),
        Binding("ctrl+d", "scroll(0.5)", "half page down", tooltip="Scroll on", show=False, id="panes.half_down"),
        Binding("ctrl+u", "scroll(-0.5)", "half page up", tooltip="Scroll back", show=False, id="panes.half_up"),
        Binding("g,home", "edge(0)", "first", tooltip="First pane; zoomed: the begin", show=False, id="panes.first"),
        Binding("G,end", "edge(1)", "last", tooltip="Last pane; zoomed: follow the end", show=False, id="panes.last"),
    ]

    class Moved(Message):
        """Another pane has the cursor, or others show."""

    def __init__(self, frame: str = "─│┬┼") -> None:
        super().__init__()
        self._frame = frame
        self._panes: list[Pane] = []
        self._key = ""
        self._zoomed = False
        self.ellipsis = "…"

    # what shows

    @property
    def panes(self) -> list[Pane]:
        return self._panes

    @property
    def zoomed(self) -> bool:
        """Whether one pane is shown whole though there are others."""
        return self._zoomed and len(self._panes) > 1

    @property
    def current(self) -> Pane | None:
        """The pane that has the cursor."""
        return self._panes[self._index] if self._panes else None

    @property
    def in_sight(self) -> list[Pane]:
        """The panes that are drawn now."""
        if not self._panes or not self.size.height:
            return []
        if self._alone:
            return [self._panes[self._index]]
        first = self._page * self._fitting
        return self._panes[first : first + self._fitting]

    def show(self, panes: Sequence[Pane]) -> None:
        """Lay these panes out; the cursor stays on its key while that exists."""
        if [id(pane) for pane in panes] != [id(pane) for pane in self._panes]:
            at = self._index
            self._panes = [*panes]
            if self._key not in {pane.key for pane in panes}:
                self._key = panes[min(at, len(panes) - 1)].key if panes else ""
                self._zoomed = self._zoomed and bool(panes)
            self.post_message(self.Moved())
            self.refresh()

    def select(self, key: str, *, zoom: bool = False) -> None:
        if any(pane.key == key for pane in self._panes):
            self._key, self._zoomed = key, zoom or self._zoomed
            self.post_message(self.Moved())
            self.refresh()

    def unzoom(self) -> None:
        self._zoomed = False
        self.post_message(self.Moved())
        self.refresh()

    @property
    def _alone(self) -> bool:
        return self._zoomed or len(self._panes) == 1 or self._fitting == 1

    @property
    def _index(self) -> int:
        return next((index for index, pane in enumerate(self._panes) if pane.key == self._key), 0)

    @property
    def _shape(self) -> tuple[int, int]:
        """Columns and rows of tiles: as few as hold all panes, as many as are worth drawing."""
        count = max(len(self._panes), 1)
        most_columns = max(1, self.size.width // NARROWEST)
        most_rows = max(1, (self.size.height - 1) // LOWEST)
        columns = min(most_columns, count)
        rows = min(most_rows, -(-count // columns))
        if rows < most_rows and count > 1:
            # Few panes: wide ones rather than a row of narrow ones, while there is height.
            while columns > 1 and -(-count // (columns - 1)) <= most_rows and self.size.width // columns < 60:
                columns -= 1
            rows = min(most_rows, -(-count // columns))
        return columns, rows

    @property
    def _fitting(self) -> int:
        columns, rows = self._shape
        return columns * rows

    @property
    def _page(self) -> int:
        return self._index // self._fitting

    @property
    def _pages(self) -> int:
        return -(-len(self._panes) // self._fitting)

    # drawing

    def render_line(self, y: int) -> Strip:
        base, width = self.rich_style, self.size.width
        seen = self.in_sight
        if not seen:
            return Strip.blank(width, base)
        names = (*STYLES, "key")
        style = {name: self.get_component_rich_style(f"bar--{name}", partial=True) for name in names}
        style |= {name: self.get_component_rich_style(f"pane--{name}", partial=True) for name in ("stderr", "note")}
        if self._alone:
            return self._tile(seen[0], y, self.size.height, width, style)
        columns, rows = self._shape
        room = self.size.height - (1 if self._pages > 1 else 0)
        if y >= room:
            return self._pages_line(style)
        heights = [room // rows + (1 if row < room % rows else 0) for row in range(rows)]
        row = 0
        while y >= heights[row]:
            y -= heights[row]
            row += 1
        widths = [
            (width - columns + 1) // columns + (1 if c < (width - columns + 1) % columns else 0) for c in range(columns)
        ]
        strips: list[Strip] = []
        for column in range(columns):
            index = row * columns + column
            if column:
                corner = self._frame[2 if row == 0 else 3] if y == 0 else self._frame[1]
                strips.append(Strip([Segment(corner, base + style["dim"])], 1))
            if index < len(seen):
                strips.append(self._tile(seen[index], y, heights[row], widths[column], style))
            else:
                strips.append(Strip.blank(widths[column], base))
        return Strip.join(strips)

    def _pages_line(self, style: dict[str, Style]) -> Strip:
        rest = len(self._panes) - len(self.in_sight)
        text = f" {self.ellipsis} {rest} more"
        right = f"page {self._page + 1} of {self._pages}   pgup pgdn "
        return lay_out([Part(text, style["accent"])], [Part(right, style["dim"])], self.size.width, self.rich_style)[0]

    def _tile(self, pane: Pane, y: int, height: int, width: int, style: dict[str, Style]) -> Strip:
        base = self.rich_style
        if y == 0:
            here = pane.key == self._key and len(self._panes) > 1
            edge = style["accent"] if here else style["dim"]
            left = [Part(("▌" if here else self._frame[0]) if self._frame[0] == "─" else (">" if here else "-"), edge)]
            left += [Part(" ", base), *(Part(text, style[name]) for text, name in pane.title), Part(" ", base)]
            right = [Part(f" {self.ellipsis} {pane.back} below ", style["warn"])] if pane.back else []
            taken = sum(cells(clean(part.text)) for part in (*left, *right))
            left.append(Part(self._frame[0] * max(width - taken, 0), edge))
            return lay_out(left, right, width, base)[0]
        lines = pane.tail.lines
        room = height - 1
        notice = self._notice(pane)
        if notice:
            if y == 1:
                return lay_out([Part(notice, style["note"])], [], width, base)[0]
            room, y = room - 1, y - 1
        if not lines:
            text = pane.hint if y == 1 else ""
            return lay_out([Part(text, style["note"])], [], width, base)[0]
        if (pane.back or pane.hold) and pane._held:
            # What came since one scrolled back must not move the text.
            pane.back = max(0, pane.back + len(lines) - pane._held)
            pane.back = min(pane.back, max(len(lines) - room, 0))
        pane._held = len(lines)
        first = max(len(lines) - room - pane.back, 0)
        at = first + y - 1
        if at >= len(lines):
            return Strip.blank(width, base)
        line = lines[at]
        text = line.text
        shown = window(text, pane.left, width)
        if len(text) > pane.left + width or line.over:
            over = f"{self.ellipsis}+{bytes_in_words(line.over)}" if line.over else self.ellipsis
            if clean(text[pane.left + width :]) or line.over:
                shown = window(text, pane.left, max(width - len(over), 0)) + over[:width]
        return Strip([Segment(shown, base + style.get(line.stream, Style.null()))]).adjust_cell_length(width, base)

    def _notice(self, pane: Pane) -> str:
        tail = pane.tail
        if not tail.is_partial:
            return ""
        kept, size = bytes_in_words(tail.kept_bytes), bytes_in_words(tail.size)
        return f"{self.ellipsis} the last {kept} of {size}; v for the whole"

    # keys

    def _scroll(self, step: int) -> None:
        pane = self.current
        if pane is not None:
            most = max(len(pane.tail.lines) - max(self.size.height - 2, 1), 0)
            pane.back = max(0, min(pane.back - step, most))
            pane._held = len(pane.tail.lines)
            self.post_message(self.Moved())
            self.refresh()

    def _go(self, index: int) -> None:
        if self._panes:
            self._key = self._panes[max(0, min(index, len(self._panes) - 1))].key
            self.post_message(self.Moved())
            self.refresh()

    def action_zoom(self) -> None:
        self._zoomed = not self._zoomed
        self.post_message(self.Moved())
        self.refresh()

    def action_move(self, across: int, down: int) -> None:
        if self._alone:
            pane = self.current
            if down:
                self._scroll(down)
            elif pane is not None:
                pane.left = max(0, pane.left + across * 8)
                self.refresh()
            return
        target = self._index + across + down * self._shape[0]
        if 0 <= target < len(self._panes):
            self._go(target)

    def action_step(self, step: int) -> None:
        if self._panes:
            self._go((self._index + step) % len(self._panes))

    def action_page(self, step: int) -> None:
        if self._alone:
            self._scroll(step * max(self.size.height - 2, 1))
        else:
            self._go(self._index + step * self._fitting)

    def action_scroll(self, pages: float) -> None:
        height = self.size.height if self._alone else self.size.height // self._shape[1]
        self._scroll(int(pages * max(height - 2, 2)))

    def action_edge(self, last: int) -> None:
        if self._alone:
            self._scroll(1_000_000_000 if last else -1_000_000_000)
        else:
            self._go(len(self._panes) - 1 if last else 0)

    def on_resize(self) -> None:
        self.post_message(self.Moved())

    def on_mouse_scroll_down(self) -> None:
        self._scroll(3)

    def on_mouse_scroll_up(self) -> None:
        self._scroll(-3)

    def on_click(self, event: events.Click) -> None:
        if self._alone or not self._panes:
            return
        columns, rows = self._shape
        row = min(event.y * rows // max(self.size.height, 1), rows - 1)
        column = min(event.x * columns // max(self.size.width, 1), columns - 1)
        index = self._page * self._fitting + row * columns + column
        if index < len(self._panes):
            again = self._panes[index].key == self._key
            self._go(index)
            if again:
                self.action_zoom()
