"""A grid of tiles, each a door: a title, a few lines of words, and the way in on Enter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.cells import clean, width
from tui.widgets.line import Part, lay_out
from tui.widgets.top_bar import STYLES, Word

NARROWEST = 36
"""Cells below which a tile is not worth drawing beside another."""
FEWEST, MOST = 3, 12
"""Lines of words in each tile, where room is short and where there is plenty."""
COLUMNS = 4
"""Tiles beside each other at most."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile: `key` names it to its owner; `lines` are words with styles; `tone` colours its frame."""

    key: str
    title: str
    lines: tuple[tuple[Word, ...], ...] = ()
    tone: str = "dim"


@dataclass(frozen=True, slots=True)
class _Row:
    """Tiles beside each other, which share the width: the first one's index, how many, lines of words in each."""

    first: int
    count: int
    lines: int

    @property
    def height(self) -> int:
        return self.lines + 2

    def spans(self, columns: int) -> list[tuple[int, int]]:
        """Give each tile's left edge and width in cells."""
        edges = [columns * place // self.count for place in range(self.count + 1)]
        return [(left, right - left) for left, right in pairwise(edges)]


class Tiles(Widget, can_focus=True):
    """Lays tiles out in as many columns as fit; the cursor is kept by key while tiles change."""

    COMPONENT_CLASSES = {*(f"bar--{style}" for style in STYLES), "bar--key"}
    DEFAULT_CSS = "Tiles { height: 1fr; }"
    BINDINGS = [
        Binding("enter", "open", "open", tooltip="Open what the tile is about", id="tiles.open"),
        Binding("j,down", "move(0,1)", "down", tooltip="The tile below", show=False, id="tiles.down"),
        Binding("k,up", "move(0,-1)", "up", tooltip="The tile above", show=False, id="tiles.up"),
        Binding("l,right", "move(1,0)", "right", tooltip="The tile on the right", show=False, id="tiles.right"),
        Binding("h,left", "move(-1,0)", "left", tooltip="The tile on the left", show=False, id="tiles.left"),
        Binding("g,home", "edge(0)", "first", tooltip="The first tile", show=False, id="tiles.first"),
        Binding("G,end", "edge(1)", "last", tooltip="The last tile", show=False, id="tiles.last"),
    ]

    class Opened(Message):
        """A tile was opened; `key` is the tile's."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self, frame: str = "─│┌┐└┘") -> None:
        super().__init__()
        self._frame = frame
        self._tiles: list[Tile] = []
        self._rows: list[_Row] = []
        self._key = ""
        self._top = 0

    @property
    def cursor(self) -> str:
        """The key of the tile under the cursor."""
        return self._key

    def show(self, tiles: Sequence[Tile]) -> None:
        """Draw these tiles; the cursor stays on its key while that exists."""
        if [*tiles] != self._tiles:
            self._tiles = [*tiles]
            if self._key not in {tile.key for tile in tiles}:
                self._key = tiles[0].key if tiles else ""
            self._arrange()

    def select(self, key: str) -> None:
        """Put the cursor on a tile; nothing happens where there is none of that key."""
        if key in {tile.key for tile in self._tiles}:
            self._key = key
            self._arrange()

    @property
    def _index(self) -> int:
        return next((index for index, tile in enumerate(self._tiles) if tile.key == self._key), 0)

    def _arrange(self) -> None:
        """Share the tiles out over rows, the rows over the height, and bring the cursor's row into sight."""
        count = len(self._tiles)
        most = max(1, min(count, self.size.width // NARROWEST, COLUMNS))
        columns = -(-count // -(-count // most)) if count else 1
        wanted = [max(len(tile.lines) for tile in self._tiles[at : at + columns]) for at in range(0, count, columns)]
        for cap in range(MOST, FEWEST - 1, -1):
            heights = [max(FEWEST, min(lines, cap)) for lines in wanted]
            if sum(heights) + 2 * len(heights) <= self.size.height:
                break
        else:
            heights = [FEWEST for _ in wanted]
        self._rows = [
            _Row(at, min(columns, count - at), lines)
            for at, lines in zip(range(0, count, columns), heights, strict=True)
        ]
        row = self._row_of(self._index)
        self._top = min(self._top, row)
        while self._top < row and sum(one.height for one in self._rows[self._top : row + 1]) > self.size.height:
            self._top += 1
        while self._top and sum(one.height for one in self._rows[self._top - 1 :]) <= self.size.height:
            self._top -= 1
        self.refresh()

    def _row_of(self, index: int) -> int:
        return next((at for at, row in enumerate(self._rows) if row.first <= index < row.first + row.count), 0)

    def _at(self, y: int) -> tuple[_Row, int] | None:
        """Give the row of tiles at a line of the widget, and the line within it."""
        for row in self._rows[self._top :]:
            if y < row.height:
                return row, y
            y -= row.height
        return None

    def render_line(self, y: int) -> Strip:
        base = self.rich_style
        found = self._at(y)
        if found is None:
            return Strip.blank(self.size.width, base)
        style = {name: self.get_component_rich_style(f"bar--{name}", partial=True) for name in (*STYLES, "key")}
        row, line = found
        return Strip.join(
            self._piece(row.first + place, line, row.lines, room, style, base)
            for place, (_, room) in enumerate(row.spans(self.size.width))
        )

    def _piece(self, index: int, line: int, lines: int, room: int, style: dict[str, Style], base: Style) -> Strip:
        """Draw one line of one tile."""
        tile, here = self._tiles[index], index == self._index
        edge = style["accent" if here and self.has_focus else tile.tone]
        across, down, *corners = [*self._frame]
        if line == 0:
            title = f" {clean(tile.title)} "
            rule = across * max(room - width(title) - 3, 0)
            left = [
                Part(corners[0] + across, edge),
                Part(title, style["accent" if here else "text"]),
                Part(rule, edge),
            ]
            return lay_out(left, [Part(corners[1], edge)], room, base)[0]
        if line == lines + 1:
            return lay_out([Part(corners[2] + across * (room - 2) + corners[3], edge)], [], room, base)[0]
        words = tile.lines[line - 1] if line <= len(tile.lines) else ()
        inner = [Part(" ", base), *(Part(text, style[name]) for text, name in words if text)]
        side = lay_out([Part(down, edge)], [], 1, base)[0]
        return Strip.join([side, lay_out(inner, [], max(room - 2, 0), base)[0], side])

    def on_resize(self) -> None:
        self._arrange()

    def _go(self, index: int) -> None:
        if self._tiles:
            self._key = self._tiles[max(0, min(index, len(self._tiles) - 1))].key
            self._arrange()

    def action_move(self, across: int, down: int) -> None:
        row = self._row_of(self._index)
        if across:
            target = self._index + across
            if 0 <= target < len(self._tiles):
                self._go(target)
        elif 0 <= row + down < len(self._rows):
            here, there = self._rows[row], self._rows[row + down]
            left, _ = here.spans(self.size.width)[self._index - here.first]
            self._go(there.first + _nearest(there.spans(self.size.width), left))

    def action_edge(self, last: int) -> None:
        self._go(len(self._tiles) - 1 if last else 0)

    def action_open(self) -> None:
        if self._key:
            self.post_message(self.Opened(self._key))

    def on_click(self, event: events.Click) -> None:
        found = self._at(event.y)
        if found is not None:
            index = found[0].first + _nearest(found[0].spans(self.size.width), event.x)
            again = self._tiles[index].key == self._key
            self._go(index)
            if again:
                self.action_open()


def _nearest(spans: Sequence[tuple[int, int]], column: int) -> int:
    """Give which of these (left, width) has a column, or is the last before it."""
    return max((place for place, (left, _) in enumerate(spans) if left <= column), default=0)
