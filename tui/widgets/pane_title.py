"""The border above a pane: a line that says what the pane is, heavier and marked where the keys go there."""

from __future__ import annotations

from collections.abc import Sequence

from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.cells import clean, own
from tui.widgets.cells import width as cells
from tui.widgets.line import Part, lay_out
from tui.widgets.top_bar import STYLES, Word

LIGHT, HEAVY, HERE = ("─", "-"), ("━", "="), ("▌", ">")
"""Each as Unicode and as ASCII."""
BESIDE, BESIDE_HERE = ("│", "|"), ("┃", "#")
"""What stands between panes side by side, and next to the one that has the keys."""


def drawn(pair: tuple[str, str]) -> str:
    """Give one of a pair: the ASCII one where the terminal draws the other two cells wide."""
    return pair[own("·") == "-"]


class PaneTitle(Widget):
    """Draws words over the width of its pane; `here` sets it off."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES = {f"bar--{style}" for style in STYLES}
    DEFAULT_CSS = "PaneTitle { height: 1; background: $background; color: $foreground; }"

    def __init__(self) -> None:
        super().__init__()
        self._left: Sequence[Word] = ()
        self._right: Sequence[Word] = ()
        self._here = False

    def show(self, left: Sequence[Word], right: Sequence[Word], *, here: bool) -> None:
        """Draw words at both ends; of those at the right as many as there is room for."""
        if (left, right, here) != (self._left, self._right, self._here):
            self._left, self._right, self._here = left, right, here
            self.refresh()

    def render_line(self, y: int) -> Strip:
        base, width = self.rich_style, self.size.width
        style = {name: self.get_component_rich_style(f"bar--{name}", partial=True) for name in STYLES}
        edge = style["accent"] if self._here else style["dim"]
        line = drawn(HEAVY if self._here else LIGHT)
        right = [Part(text, style[name]) for text, name in self._right]
        left = [Part(drawn(HERE) if self._here else line, edge), Part(" ", base)]
        left += [Part(text, style[name]) for text, name in self._left]
        taken = sum(cells(clean(part.text)) for part in left)
        beside = sum(cells(clean(part.text)) for part in right)
        left.append(Part(line * max(width - taken - (beside if taken + beside < width else 0), 0), edge))
        return lay_out(left, right if taken + beside < width else [], width, base)[0]
