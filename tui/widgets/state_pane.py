"""What a screen says while it has no rows: that it loads, that there is nothing, or what failed."""

from __future__ import annotations

from collections.abc import Mapping

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.cells import clean, own, width

WORDS = {"loading": "Loading…", "empty": "Nothing here.", "error": "This could not be loaded."}
"""What is said of a state where nobody has a better word."""


def plain_words(state: str) -> str:
    """Give what is said of a state where nobody has a better word; nothing for one in which there are rows."""
    return own(WORDS.get(state, ""))


class StatePane(Widget):
    """Draws a headline and lines of text in the middle of its room, wrapped at words."""

    COMPONENT_CLASSES = {"bar--dim", "bar--bad", "bar--text"}
    DEFAULT_CSS = "StatePane { height: 1fr; }"

    def __init__(self, headline: str = "", text: str = "") -> None:
        super().__init__()
        self._headline, self._text, self._style = headline, text, "text"

    def say(self, headline: str, text: str = "", style: str = "text") -> None:
        """Show a headline in a style (text, dim or bad) over a text, whose line ends are kept."""
        self._headline, self._text, self._style = headline, text, style
        self.refresh()

    def render_line(self, y: int) -> Strip:
        style = {self._style: self._looks(self._style), "dim": self._looks("dim")}
        return middle_line(self._headline, self._text, self._style, y, self.size, self.rich_style, style)

    def _looks(self, name: str) -> Style:
        return self.get_component_rich_style(f"bar--{name}", partial=True)


def middle_line(
    headline: str, text: str, name: str, y: int, size: Size, base: Style, styles: Mapping[str, Style]
) -> Strip:
    """Draw one line of a room of this size with a headline, in the style of a name, over a text in its middle."""
    columns = size.width
    lines = [(line, name) for line in wrapped(headline, columns - 4)]
    if text:
        lines += [("", "dim"), *((line, "dim") for line in wrapped(text, min(columns - 4, 90)))]
    top = max((size.height - len(lines)) // 3, 0)
    if not top <= y < top + len(lines):
        return Strip.blank(columns, base)
    line, name = lines[y - top]
    pad = max((columns - width(line)) // 2, 0)
    return Strip([Segment(" " * pad, base), Segment(line, base + styles[name])]).adjust_cell_length(columns, base)


def wrapped(text: str, columns: int) -> list[str]:
    """Break clean text at spaces into lines of at most so many cells; a word that is longer is cut through."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in clean(paragraph).split(" "):
            while width(word) > max(columns, 1):
                head = word[: max(columns, 1)]
                while width(head) > max(columns, 1) and len(head) > 1:
                    head = head[:-1]
                lines += [line] if line else []
                lines.append(head)
                line, word = "", word[len(head) :]
            joined = f"{line} {word}" if line else word
            if width(joined) > columns and line:
                lines.append(line)
                line = word
            else:
                line = joined
        lines.append(line)
    return lines
