"""A grid of tiles, each a door: a title, a few lines of words, and the way in on Enter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.line import Part, lay_out
from tui.widgets.top_bar import STYLES, Word

NARROWEST = 36
"""Cells below which a tile is not worth drawing beside another."""
LINES = 5
"""Lines of words in each tile."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile: `key` names it to its owner; `lines` are words with styles; `tone` colours its frame."""

    key: str
    title: str
    lines: tuple[tuple[Word, ...], ...] = ()
    tone: str = "dim"


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
            self._keep_in_sight()
            self.refresh()

    def select(self, key: str) -> None:
        if key in {tile.key for tile in self._tiles}:
            self._key = key
            self._keep_in_sight()
            self.refresh()

    @property
    def _columns(self) -> int:
        return max(1, min(len(self._tiles) or 1, self.size.width // NARROWEST, 4))

    @property
    def _index(self) -> int:
        return next((index for index, tile in enumerate(self._tiles) if tile.key == self._key), 0)

    def render_line(self, y: int) -> Strip:
        base = self.rich_style
        style = {name: self.get_component_rich_style(f"bar--{name}", partial=True) for name in (*STYLES, "key")}
        row, line = divmod(y + self._top * (LINES + 2), LINES + 2)
        columns = self._columns
        cells = self.size.width // columns
        strips = []
        for column in range(columns):
            index = row * columns + column
            room = cells if column < columns - 1 else self.size.width - cells * (columns - 1)
            if index >= len(self._tiles):
                strips.append(Strip.blank(room, base))
                continue
            tile = self._tiles[index]
            here = index == self._index
            edge = style["accent" if here and self.has_focus else tile.tone]
            across, down, *corners = [*self._frame]
            if line == 0:
                title = f" {tile.title} "
                rule = across * max(room - len(title) - 3, 0)
                left = [Part(corners[0] + across, edge), Part(title, style["accent" if here else "text"])]
                strips.append(lay_out([*left, Part(rule, edge)], [Part(corners[1], edge)], room, base)[0])
            elif line == LINES + 1:
                strips.append(lay_out([Part(corners[2] + across * (room - 2) + corners[3], edge)], [], room, base)[0])
            else:
                words = tile.lines[line - 1] if line <= len(tile.lines) else ()
                inner = lay_out(
                    [Part(" ", base), *(Part(text, style[name]) for text, name in words)], [], room - 2, base
                )
                side = lay_out([Part(down, edge)], [], 1, base)[0]
                strips.append(Strip.join([side, inner[0], side]))
        return Strip.join(strips)

    def _keep_in_sight(self) -> None:
        row = self._index // self._columns
        rows = max(self.size.height // (LINES + 2), 1)
        self._top = max(min(self._top, row), row - rows + 1, 0)

    def on_resize(self) -> None:
        self._keep_in_sight()

    def _go(self, index: int) -> None:
        if self._tiles:
            self._key = self._tiles[max(0, min(index, len(self._tiles) - 1))].key
            self._keep_in_sight()
            self.refresh()

    def action_move(self, across: int, down: int) -> None:
        target = self._index + across + down * self._columns
        if 0 <= target < len(self._tiles):
            self._go(target)

    def action_edge(self, last: int) -> None:
        self._go(len(self._tiles) - 1 if last else 0)

    def action_open(self) -> None:
        if self._key:
            self.post_message(self.Opened(self._key))

    def on_click(self, event: events.Click) -> None:
        row = event.y // (LINES + 2) + self._top
        index = row * self._columns + min(event.x // max(self.size.width // self._columns, 1), self._columns - 1)
        if index < len(self._tiles):
            again = self._tiles[index].key == self._key
            self._go(index)
            if again:
                self.action_open()
