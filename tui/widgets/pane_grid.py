"""Many outputs at once: panes laid out for the terminal's size, drawn line by line, only those that show."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.geometry import Offset, Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.line_edit import LineBuffer
from tui.widgets.pane import Pane
from tui.widgets.pane_drawing import UNICODE_FRAME, Frame, pages_line, tile
from tui.widgets.state_pane import middle_line
from tui.widgets.tiling import shares, tiling
from tui.widgets.top_bar import STYLES

OWN = ("stderr", "note", "match", "prompt")


class PaneGrid(Widget, can_focus=True):
    """Shows panes as tiles, or one of them whole; the owner fills their tails and calls `refresh`.

    A pane that is shown whole is a text that one reads: `/` searches it.
    """

    ALLOW_SELECT = False
    HELP_GROUP = "Panes"
    COMPONENT_CLASSES = {*(f"bar--{style}" for style in STYLES), *(f"pane--{style}" for style in OWN)}
    DEFAULT_CSS = """
    PaneGrid { height: 1fr; background: $background; color: $foreground; }
    .pane--stderr { color: $warning; }
    .pane--note { color: $muted; text-style: italic; }
    .pane--match { background: $mark; color: $background; }
    .pane--prompt { background: $bar; color: $foreground; }
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
        Binding("slash", "search", "search", tooltip="Search this output", key_display="/", id="panes.search"),
        Binding("n", "match(1)", "next match", tooltip="To the next match", show=False, id="panes.match"),
        Binding("N", "match(-1)", "match before", tooltip="To the match before", show=False, id="panes.match_before"),
    ]

    class Moved(Message):
        """Another pane has the cursor, or others show."""

    class Missed(Message):
        """What was searched for is not in the pane."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, frame: Frame = UNICODE_FRAME) -> None:
        super().__init__()
        self._frame = frame
        self._panes: list[Pane] = []
        self._key = ""
        self._zoomed = False
        self._typed: LineBuffer | None = None
        self._styles: dict[str, Style] = {}
        self._said = ("", "", "text")
        self.sole = False
        """There is but one pane, whatever a filter hides: it is read, not chosen."""

    # what shows

    @property
    def panes(self) -> list[Pane]:
        return self._panes

    @property
    def zoomed(self) -> bool:
        """Whether one pane is shown whole though there are others, be they hidden by a filter."""
        return self._zoomed and not self.sole

    @property
    def reads(self) -> bool:
        """Whether one pane is read as a text: `/` searches in it."""
        return bool(self._panes) and (self._zoomed or self.sole)

    @property
    def takes_text(self) -> bool:
        """Whether printable keys are text now: what is searched for is being typed."""
        return self._typed is not None

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

    def say(self, headline: str, text: str = "", style: str = "text") -> None:
        """Say a headline in a style (text, dim or bad) over a text while there is no pane."""
        self._said = headline, text, style
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
        return tiling(len(self._panes), self.size.width, self.size.height)

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
        style, width, seen = self._looks(), self.size.width, self.in_sight
        base = style["base"]
        if not seen:
            headline, text, name = self._said
            return middle_line(headline, text, name, y, self.size, base, style)
        if self._typed is not None and y == self.size.height - 1:
            return self._prompt(self._typed)
        frame = self._frame
        if self._alone:
            return tile(seen[0], y, self.size.height, width, style, frame, here=len(self._panes) > 1)
        columns, rows = self._shape
        room = self.size.height - (1 if self._pages > 1 else 0)
        if y >= room:
            return pages_line(len(self._panes) - len(seen), self._page + 1, self._pages, width, style, frame)
        heights = shares(room, rows)
        row = 0
        while y >= heights[row]:
            y -= heights[row]
            row += 1
        widths = shares(width - columns + 1, columns)
        strips: list[Strip] = []
        for column in range(columns):
            index = row * columns + column
            if column:
                strips.append(Strip([Segment(frame.border(row, titles=y == 0), base + style["dim"])], 1))
            if index < len(seen):
                pane = seen[index]
                here = pane.key == self._key and len(self._panes) > 1
                strips.append(tile(pane, y, heights[row], widths[column], style, frame, here=here))
            else:
                strips.append(Strip.blank(widths[column], base))
        return Strip.join(strips)

    def _looks(self) -> dict[str, Style]:
        if not self._styles:
            named = {name: f"bar--{name}" for name in STYLES} | {name: f"pane--{name}" for name in OWN}
            self._styles = {n: self.get_component_rich_style(part, partial=True) for n, part in named.items()}
            self._styles["base"] = self.rich_style
        return self._styles

    def render_lines(self, crop: Region) -> list[Strip]:
        # Asked for once in a drawing, not once in a line: that is most of what a line costs.
        self._styles = {}
        return super().render_lines(crop)

    def _prompt(self, typed: LineBuffer) -> Strip:
        style = self.rich_style + self._looks()["prompt"]
        shown, at = typed.view(max(self.size.width - 2, 1))
        # The terminal's own cursor stands there too: input methods draw what is being composed at it.
        self.app.cursor_position = self.content_region.offset + Offset(at + 1, self.size.height - 1)
        line = Strip([Segment(f"/{shown} ", style)]).adjust_cell_length(self.size.width, style)
        under = line.crop(at + 1, at + 2).apply_style(Style(reverse=True))
        return Strip.join([line.crop(0, at + 1), under, line.crop(at + 2)])

    @property
    def _room(self) -> int:
        """Rows for lines in the pane that has the cursor."""
        height = self.size.height
        if not self._alone:
            height = (height - (1 if self._pages > 1 else 0)) // self._shape[1]
        return self._panes[self._index].rows(height) if self._panes else 1

    # keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.reads if action in ("search", "match") else super().check_action(action, parameters)

    def _scroll(self, step: int) -> None:
        pane = self.current
        if pane is not None:
            pane.scroll(step, self._room)
            self.post_message(self.Moved())
            self.refresh()

    def hold(self) -> bool:
        """Hold the pane that has the cursor where it is, or let it follow its end again; say which."""
        pane = self.current
        self.refresh()
        return pane is not None and pane.hold(self._room)

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
            self._scroll(step * max(self._room - 1, 1))
        else:
            self._go(self._index + step * self._fitting)

    def action_scroll(self, pages: float) -> None:
        self._scroll(int(pages * max(self._room, 2)))

    def action_edge(self, last: int) -> None:
        if self._alone:
            self._scroll(1_000_000_000 if last else -1_000_000_000)
        else:
            self._go(len(self._panes) - 1 if last else 0)

    def action_search(self) -> None:
        self._typed = LineBuffer()
        self.refresh()

    def action_match(self, step: int) -> None:
        pane = self.current
        if pane is not None and pane.next_match(step, self._room):
            self._bring(pane)

    def _search(self, text: str) -> None:
        pane = self.current
        if pane is not None and pane.search(text, self._room):
            self._bring(pane)
        elif text:
            self.post_message(self.Missed(text))
        self.refresh()

    def _bring(self, pane: Pane) -> None:
        pane.bring(self.size.width)
        self.post_message(self.Moved())
        self.refresh()

    async def on_key(self, event: events.Key) -> None:
        if self._typed is None:
            pane = self.current
            if event.key == "escape" and self.reads and pane is not None and pane.needle:
                event.stop()
                self._search("")
            return
        if event.key in ("enter", "escape"):
            typed, self._typed = self._typed.text, None
            self._search(typed if event.key == "enter" else "")
        elif not self._typed.key(event):
            return
        event.stop()
        event.prevent_default()
        self.refresh()

    def on_paste(self, event: events.Paste) -> None:
        if self._typed is not None:
            event.stop()
            self._typed.insert(event.text)
            self.refresh()

    def check_consume_key(self, key: str, character: str | None) -> bool:
        return self._typed is not None and character is not None and character.isprintable()

    def on_blur(self) -> None:
        self._typed = None
        self.refresh()

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
