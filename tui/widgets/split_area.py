"""An area that panes share: each at the place that a tree of splits gives it, with the borders between them.

It knows no shell: the owner mounts the panes, says by `show` how they share the area, and what has the keys.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from rich.segment import Segment
from textual import events
from textual.geometry import NULL_OFFSET, Region, Size, Spacing
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.pane_title import BESIDE, BESIDE_HERE, drawn
from tui.widgets.splits import Arrangement, Box, Edge, Splits
from tui.widgets.top_bar import STYLES

P = TypeVar("P", bound=Widget)


class _Tiles(Layout):
    """Puts the panes where their area says."""

    name = "tiles"

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        parent.pre_layout(self)
        assert isinstance(parent, SplitArea)
        boxes = parent.boxes(size)
        return [
            WidgetPlacement(Region(*boxes[child]), NULL_OFFSET, Spacing(), child)
            for child in children
            if child in boxes
        ]


class SplitArea(Widget, Generic[P]):
    """Lays panes out as splits, or one of them alone; borders can be dragged."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES = {f"bar--{style}" for style in STYLES}
    DEFAULT_CSS = "SplitArea { background: $background; color: $foreground; }"

    class Picked(Message):
        """A pane was clicked, `twice` on its title."""

        def __init__(self, pane: Widget, twice: bool) -> None:
            super().__init__()
            self.pane = pane
            self.twice = twice

    def __init__(self) -> None:
        super().__init__()
        self._tiles = _Tiles()
        self._splits: Splits[P] | None = None
        self._here: P | None = None
        self._alone = False
        self._dragged: Edge | None = None

    def show(self, splits: Splits[P] | None, here: P | None, *, alone: bool = False) -> None:
        """Lay out these panes, of which `here` has the keys; `alone` shows but that one."""
        self._splits, self._here, self._alone = splits, here, alone
        self._lay_out()

    def _lay_out(self) -> None:
        # Textual keeps an arrangement while the size and the children stay the same.
        self._clear_arrangement_cache()
        self.refresh(layout=True)

    @property
    def layout(self) -> Layout:
        return self._tiles

    @property
    def room(self) -> tuple[int, int]:
        """The cells across and down that the panes share."""
        return self.size.width, self.size.height

    def _arranged(self, size: Size) -> Arrangement[P] | None:
        if self._splits is None or self._alone or len(self._splits) == 1:
            return None
        return self._splits.arrange(size.width, size.height)

    def boxes(self, size: Size) -> dict[Widget, Box]:
        """Give the place of each pane that shows; where there is no room for all it is the one with the keys."""
        arranged = self._arranged(size)
        if arranged is not None:
            return {pane: box for pane, box in arranged.boxes.items()}  # noqa: C416  # a dict of widgets, not of P
        return {self._here: Box(0, 0, size.width, size.height)} if self._here is not None else {}

    def render_line(self, y: int) -> Strip:
        base, arranged = self.rich_style, self._arranged(self.size)
        if arranged is None:
            return Strip.blank(self.size.width, base)
        near = base + self.get_component_rich_style("bar--accent", partial=True)
        far = base + self.get_component_rich_style("bar--dim", partial=True)
        here = arranged.boxes.get(self._here) if self._here is not None else None
        between = [edge.box.x for edge in arranged.edges if edge.fork.across and edge.box.holds(edge.box.x, y)]
        segments: list[Segment] = []
        at = 0
        for x in sorted(between):
            beside = here is not None and here.y <= y < here.y + here.height and x in (here.x - 1, here.x + here.width)
            segments.append(Segment(" " * (x - at), base))
            segments.append(Segment(drawn(BESIDE_HERE if beside else BESIDE), near if beside else far))
            at = x + 1
        return Strip([*segments, Segment(" " * (self.size.width - at), base)], self.size.width)

    # the mouse

    def _at(self, event: events.MouseEvent) -> tuple[int, int]:
        corner = self.content_region.offset
        return event.screen_x - corner.x, event.screen_y - corner.y

    def on_mouse_down(self, event: events.MouseDown) -> None:
        x, y = self._at(event)
        arranged = self._arranged(self.size)
        self._dragged = next((edge for edge in arranged.edges if edge.box.holds(x, y)), None) if arranged else None
        if self._dragged is not None:
            event.stop()
            self.capture_mouse()
        self._pick(event, twice=False)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        arranged = self._arranged(self.size)
        if self._dragged is None or arranged is None or self._splits is None:
            return
        event.stop()
        edge = next((one for one in arranged.edges if one[:2] == self._dragged[:2]), None)
        if edge is None:
            self._dragged = None
            return
        x, y = self._at(event)
        if self._splits.move(edge, x - edge.box.x if edge.fork.across else y - edge.box.y, self.room):
            self._lay_out()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        if self._dragged is not None:
            self._dragged = None
            self.release_mouse()

    def on_click(self, event: events.Click) -> None:
        if event.chain == 2:
            self._pick(event, twice=True)

    def _pick(self, event: events.MouseEvent, *, twice: bool) -> None:
        x, y = self._at(event)
        for pane, box in self.boxes(self.size).items():
            if box.holds(x, y) and (y == box.y or not twice):
                self.post_message(self.Picked(pane, twice))
