"""What a table and a tree have in common for the eye and the mouse: a heading, lines below it, a scroll bar, notices.

Changing `virtual_size` would lay out the screen anew, so the scroll bar is drawn here.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable
from typing import ClassVar, TypedDict

from rich.segment import Segment
from textual import events
from textual.reactive import reactive
from textual.strip import Strip

from tui.theming import UNICODE, Glyphs
from tui.widgets.line_cursor import LineCursor
from tui.widgets.line_drawing import GUTTER, PARTS, STYLES, Brushes, draw_notice, thumb
from tui.widgets.plain_lines import PlainLines
from tui.widgets.state_pane import plain_words, wrapped


class LineOptions(TypedDict, total=False):
    """What every such widget may be given, by the names that `LineView` has for it."""

    glyphs: Glyphs
    id: str | None
    classes: str | None


class LineView(LineCursor):
    """Draws a heading and the lines in view, as a subclass makes them, and hands on what is clicked."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES = {f"lines--{name}" for name in (*PARTS, *STYLES)}
    DEFAULT_CSS = """
    LineView { height: 1fr; }
    .lines--header { color: $primary; text-style: bold; }
    .lines--cursor { background: $cursor; }
    .lines--blurred { background: $panel; }
    .lines--marked, .lines--mark { color: $mark; }
    .lines--bar, .lines--muted { color: $muted; }
    .lines--ok { color: $success; }
    .lines--warn { color: $warning; }
    .lines--error { color: $error; }
    .lines--accent { color: $accent; }
    .lines--strong { text-style: bold; }
    .lines--stale { text-style: dim; }
    .lines--changed { text-style: bold reverse; }
    """
    OWN_PARTS: ClassVar[tuple[str, ...]] = ()
    """The names of styles that only this kind of widget has; each is a component class too."""
    NO_MATCH: ClassVar[str] = ""
    """What is said where a filter lets nothing through."""

    state: reactive[str] = reactive("rows")
    """loading, empty, rows or error: what it means that there are no lines."""
    message: reactive[str] = reactive("")
    """What is said where there are no lines; a plain word for the state where this is empty."""
    stale: reactive[bool] = reactive(False)
    """What is shown is no longer known to be true."""

    def __init__(self, *, glyphs: Glyphs = UNICODE, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._styles_cache = PlainLines()
        self._glyphs = glyphs
        self._brushes: Brushes | None = None
        self._notice: list[str] | None = None
        self._drawn_width = 0

    # What a subclass says, and adds.

    @property
    @abstractmethod
    def total(self) -> int:
        """How many things there are, whatever a filter hides."""

    @abstractmethod
    def _draw_heading(self, room: int, brushes: Brushes) -> list[Segment]:
        """Draw what stands above the lines on `room` cells."""

    @abstractmethod
    def _draw_line(self, line: int, room: int, brushes: Brushes) -> list[Segment]:
        """Draw a line on `room` cells."""

    def _forget_widths(self) -> None:
        """Forget what follows from the widget's width and from the glyphs."""

    def _resized(self) -> None:
        """Do what follows when the size is another one and the view is within it."""

    def _heading_clicked(self, x: int) -> None:
        """Do what follows when the heading is clicked."""

    def _gutter_clicked(self, id: Hashable) -> None:
        """Do what follows when the cells in front of a line are clicked."""

    def _clicked_within(self, x: int, line: int) -> bool:
        """Do what a click on a cell of a line means, if that is more than to go there; say whether it is."""
        return False

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
        """Forget whatever is drawn: widths, colours or glyphs are others."""
        self._brushes = self._notice = None
        self._forget_widths()
        self.refresh()

    def notify_style_update(self) -> None:
        self._brushes = None
        super().notify_style_update()

    def _saying(self) -> tuple[str, bool]:
        """Give what is said where there are no lines, and whether that is an error."""
        if self.total:
            return self.NO_MATCH, False
        return self.message or plain_words(self.state), self.state == "error"

    def _brush(self) -> Brushes:
        if self._brushes is None:
            self._brushes = Brushes(
                self.rich_style,
                lambda name: self.get_component_rich_style(f"lines--{name}", partial=True),
                self.OWN_PARTS,
                focused=self.has_focus,
                stale=self.stale,
            )
        return self._brushes

    def render_line(self, y: int) -> Strip:
        columns, brushes, y = self.size.width, self._brush(), y - self._heading
        if columns != self._drawn_width:  # Textual draws at another size before it tells of it
            self._drawn_width = columns
            self._forget_widths()
        room = columns - 1
        if room < 1:
            return Strip.blank(columns, brushes.base)
        if y < 0:
            made = self._draw_heading(room, brushes)
            return Strip([*made, Segment(" ", brushes.header)]).adjust_cell_length(columns, brushes.base)
        total, line = len(self._lines), self._top + y
        if not total:
            return self._notice_line(y, columns, brushes)
        if line >= total:
            return Strip.blank(columns, brushes.base)
        made = [*self._draw_line(line, room, brushes), self._bar(y, total, brushes)]
        return Strip(made, columns if room >= GUTTER else None).adjust_cell_length(columns, brushes.base)

    def _bar(self, y: int, total: int, brushes: Brushes) -> Segment:
        start, end = thumb(total, self._body, self._top)
        if start == end:
            return Segment(" ", brushes.base)
        return Segment(self._glyphs.bar if start <= y < end else self._glyphs.vertical, brushes.bar)

    def _notice_line(self, y: int, columns: int, brushes: Brushes) -> Strip:
        text, error = self._saying()
        if self._notice is None:
            self._notice = wrapped(text, max(1, min(columns - 2, 90))) if text else []
        style = brushes.error if error else brushes.muted
        return draw_notice(self._notice, y, self._body, columns, style, brushes.base)

    # Events.

    def on_resize(self) -> None:
        self._notice = None
        self._forget_widths()
        was, seen = self._top, self._top <= self._at
        self._top = self._bounded(self._top)
        if seen and self._at >= self._top + self._body > self._top:
            self._top = self._bounded(self._at - self._body + 1)
        self._resized()
        if self._top != was:
            self.refresh()  # it may have been drawn at its new size already

    def on_focus(self) -> None:
        self._redraw()

    def on_blur(self) -> None:
        self._redraw()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._wheel(1, event.shift)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._wheel(-1, event.shift)

    def _wheel(self, step: int, shift: bool) -> None:
        self._scroll(self._top + 3 * step)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        event.stop()
        x, y = offset.x, offset.y - self._heading
        lines, line = self._lines, self._top + y
        if y < 0:
            self._heading_clicked(x)
        elif x == self.size.width - 1 and len(lines) > self._body:
            self._scroll(round((len(lines) - self._body) * y / max(1, self._body - 1)))
        elif line >= len(lines):
            return
        elif x < GUTTER:
            self._gutter_clicked(lines.id_at(line))
        elif self._clicked_within(x, line):
            return
        elif line == self._at and event.chain > 1:
            self._opened()
        else:
            self._go(line)
