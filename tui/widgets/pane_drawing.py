"""How panes look as tiles: a title on the border, lines under it, and what says that there are more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rich.style import Style
from textual.strip import Strip

from tui.widgets.cells import clean
from tui.widgets.cells import width as cells
from tui.widgets.line import Part, lay_out
from tui.widgets.pane import Pane

Styles = Mapping[str, Style]
"""The looks by name: those of the bars, those of a pane, and `base`."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The characters that tiles are drawn with: lines, and what stands before the tile at hand and before stderr."""

    horizontal: str = "─"
    vertical: str = "│"
    top: str = "┬"
    cross: str = "┼"
    here: str = "▌"
    stderr: str = "▏"
    ellipsis: str = "…"

    def border(self, row: int, *, titles: bool) -> str:
        """Give what stands between two tiles of a row of tiles, beside their titles or below them."""
        return (self.top if row == 0 else self.cross) if titles else self.vertical


UNICODE_FRAME = Frame()
ASCII_FRAME = Frame("-", "|", "+", "+", ">", "!", "~")


def tile(pane: Pane, y: int, height: int, width: int, style: Styles, frame: Frame, *, here: bool) -> Strip:
    """Draw one line of a tile; `here` marks the one that has the cursor among others."""
    base = style["base"]
    if y == 0:
        return _title(pane, height, width, style, frame, here=here)
    rows = pane.rows(height)
    if y > height - 1:
        return Strip.blank(width, base)
    if height - 1 > rows:
        if y == 1:
            return lay_out([Part(pane.notice(frame.ellipsis), style["note"])], [], width, base)[0]
        y -= 1
    if not pane.tail.lines:
        return lay_out([Part(pane.hint if y == 1 else "", style["note"])], [], width, base)[0]
    number = pane.first(rows) + y - 1
    if number >= pane.tail.end:
        return Strip.blank(width, base)
    return pane.drawn(number, width, base, style, frame.ellipsis + frame.stderr)


def _title(pane: Pane, height: int, width: int, style: Styles, frame: Frame, *, here: bool) -> Strip:
    base, edge = style["base"], style["accent"] if here else style["dim"]
    left = [Part(frame.here if here else frame.horizontal, edge)]
    left += [Part(" ", base), *(Part(text, style[name]) for text, name in pane.title), Part(" ", base)]
    below = pane.below(pane.rows(height))
    right = [Part(f" {pane.badge} ", style["accent"])] if pane.badge else []
    right += [Part(f" /{pane.needle} ", style["accent"])] if pane.needle else []
    right += [Part(f" {frame.ellipsis} {below} below ", style["warn"])] if below else []
    taken = sum(cells(clean(part.text)) for part in (*left, *right))
    left.append(Part(frame.horizontal * max(width - taken, 0), edge))
    return lay_out(left, right, width, base)[0]


def pages_line(rest: int, page: int, pages: int, width: int, style: Styles, frame: Frame) -> Strip:
    """Draw the line under the tiles that says how many panes are on other pages."""
    left = Part(f" {frame.ellipsis} {rest} more", style["accent"])
    right = Part(f"page {page} of {pages}   pgup pgdn ", style["dim"])
    return lay_out([left], [right], width, style["base"])[0]
