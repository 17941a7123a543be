"""What a terminal pane shows: its size, the bytes that come, and the frames in which they are painted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from time import monotonic
from typing import TYPE_CHECKING

from rich.style import Style
from textual import events
from textual.filter import LineFilter
from textual.geometry import Offset, Region
from textual.reactive import reactive
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from tui.widgets import terminal_messages as told
from tui.widgets.cells import clean, cut, width
from tui.widgets.later import later

if TYPE_CHECKING:
    from tui.emulator.terminal import Terminal
    from tui.widgets.terminal_history import LookingBack
    from tui.widgets.terminal_links import Links
    from tui.widgets.terminal_paint import Look
    from tui.widgets.terminal_picture import Picture

FRAME = 1 / 60
FLOOD = 64 * 1024
"""Bytes between two frames from which on nobody can read along: frames are skipped, but for the last one."""
FLOOD_FRAME = 0.05
HOLD = 0.15
"""Seconds that a far end may keep the screen from being painted (mode 2026)."""
SETTLED = 0.3
"""Seconds after which a new size is one that stays."""
BREATH = 0.003
"""Seconds between two slices of what takes long: keys and frames get theirs."""
FLASH = 0.15
"""Seconds that the pane flashes for a bell."""
FLASH_AGAIN = 1.0
"""Seconds after a flash in which further bells flash nothing."""


_MARKS = ("found", "found-now", "selected")


class Surface(Widget):
    """Draws a terminal.

    The emulator is made when the size is known: `Resized` comes first of all messages, with the true size, and again
    at each change; a session is opened then. Bytes fed before are kept.
    """

    COMPONENT_CLASSES = {f"terminal--{name}" for name in _MARKS}
    DEFAULT_CSS = """
    Surface { width: 1fr; height: 1fr; }
    Surface.-bell { background: $warning 35%; }
    Surface.-bell:ansi { text-style: reverse; }
    Surface > .terminal--found { text-style: reverse; }
    Surface > .terminal--found-now { background: $accent; color: $background; text-style: bold underline; }
    Surface > .terminal--selected { background: $primary-muted; }
    Surface:ansi > .terminal--found-now {
        background: ansi_default; color: ansi_default; text-style: bold underline reverse;
    }
    Surface:ansi > .terminal--selected { background: ansi_default; text-style: reverse; }
    """
    ALLOW_SELECT = False

    title: reactive[str] = reactive("", init=False, repaint=False)
    """What the far end calls its window; free of control characters."""
    exit_text: reactive[str] = reactive("", init=False)
    """Shown in the last row once the far end has ended; what is typed goes nowhere then, other keys to the screen."""
    exit_hint = ""
    """The way out, behind `exit_text`; a narrow pane cuts the text, never this."""

    def __init__(
        self, *, scrollback: int, name: str | None = None, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._kept_lines = scrollback
        self._terminal: Terminal | None = None
        self._back: LookingBack | None = None
        self._links: Links | None = None
        self._picture: Picture | None = None
        self._early: list[tuple[bytes, bool]] = []
        self._painted = self._flashed = 0.0
        self._held_since = 0.0
        self._unpainted = 0
        self._frame: Timer | None = None
        self._filters: tuple[LineFilter, ...] = ()
        self._settling = False

    # Size and bytes

    @property
    def terminal(self) -> Terminal | None:
        """The emulator; None until the size is known."""
        return self._terminal

    def _on_resize(self, event: events.Resize) -> None:
        rows, columns = self.size.height, self.size.width
        if not rows or not columns:
            return
        if self._terminal is None:
            self._open(rows, columns)
            self.post_message(told.Resized(rows, columns))
        elif (self._terminal.rows, self._terminal.columns) != (rows, columns):
            assert self._back is not None
            self._back.resize(rows, columns)
            self._begin_to_settle()
            self.post_message(told.Resized(rows, columns))
        if self._picture is not None:
            self._picture.forget()
        early, self._early = self._early, []
        for data, replay in early:
            self.feed(data, replay=replay)
        self._paint()

    def _open(self, rows: int, columns: int) -> None:
        # Deferred: a console without a shell must not pay for pyte.
        from tui.emulator.terminal import Terminal
        from tui.widgets.terminal_history import LookingBack
        from tui.widgets.terminal_links import Links
        from tui.widgets.terminal_picture import Picture

        self._terminal = Terminal(columns, rows, scrollback=self._kept_lines)
        self._back = LookingBack(self._terminal)
        self._links = Links(self._terminal, self._back.lines)
        self._picture = Picture(self._terminal, self._back, self._links, self._look)
        self._tell_colours()

    async def _settle(self) -> None:
        """Wrap the older lines for the new width, once it stays, a few at a time."""
        await asyncio.sleep(SETTLED)
        back = self._back
        settled = back is None
        while back is not None and not settled:
            settled, changed = back.settle()
            if changed and (back.looking or back.offset):
                self._repaint_all()
            await asyncio.sleep(BREATH)
        self._settling = False
        self._on_settled()

    def _begin_to_settle(self) -> None:
        self._settling = True
        self.run_worker(self._settle(), group="settle", exclusive=True, exit_on_error=False)

    def _on_settled(self) -> None:
        """Called where all lines are wrapped for the width."""

    def feed(self, data: bytes, *, replay: bool = False) -> None:
        """Take bytes from the far end; `replay` marks old ones, to which nothing is answered."""
        terminal, back, picture = self._terminal, self._back, self._picture
        if terminal is None or back is None or picture is None:
            self._early.append((data, replay))
            return
        terminal.feed(data, answer=not replay)
        self._unpainted += len(data)
        if back.follow():
            picture.forget()
        replies = terminal.take_replies()
        if replies:
            self.post_message(told.Input(replies))
        if terminal.take_bells():
            self.post_message(told.Bell())
            self._flash()
        for text in terminal.take_clipboard():
            self.post_message(told.ClipboardRequested(text))
        if terminal.title != self.title:
            self.title = terminal.title
        if terminal.unsettled and not self._settling:
            # A program with the whole screen has ended, during which the width had changed.
            self._begin_to_settle()
        self._ask_for_frame()

    # Frames

    def _ask_for_frame(self) -> None:
        """Have a frame painted as soon as one is due; what came last is always painted."""
        if self._frame is None and self.is_mounted:
            self._frame = later(self, max(0.001, self._painted + FRAME - monotonic()), self._paint_in_time)

    def _paint_in_time(self) -> None:
        """Paint, unless a flood or the far end asks for patience."""
        self._frame = None
        now, wait = monotonic(), 0.0
        if self._terminal is not None and self._terminal.synchronised:
            self._held_since = self._held_since or now
            wait = self._held_since + HOLD - now
        elif self._unpainted >= FLOOD:
            wait = self._painted + FLOOD_FRAME - now
        if wait > 0:
            # Looked at again each frame: the far end may be done long before.
            self._frame = later(self, min(wait, FRAME), self._paint_in_time)
        elif self._paint() and self.has_focus:
            self._show_now()

    def _paint(self) -> bool:
        """Have the rows that changed drawn again; whether any of them can be seen."""
        self._painted, self._held_since, self._unpainted = monotonic(), 0.0, 0
        terminal, picture = self._terminal, self._picture
        if terminal is None or picture is None:
            return False
        stale = picture.stale()
        seen = self.is_on_screen
        if seen:
            # Drawn now, not when Textual comes to it: the next bytes may leave the screen half drawn.
            self._rows(picture, stale)
        if len(stale) == terminal.rows:
            self.refresh()
        elif stale:
            self.refresh(*_regions(stale, self.size.width))
        self._place_cursor()
        return seen and bool(stale)

    def _show_now(self) -> None:
        """Have the screen painted at once: what one types is answered without another wait for Textual's next frame.

        The repaint that was asked for stays asked for: a screen that is laid out anew, or kept from painting, paints
        nothing of it now.
        """
        screen = self.screen
        if screen is self.app.screen and self in screen._compositor:
            screen._dirty_widgets.add(self)
            screen._on_timer_update()

    def _place_cursor(self) -> None:
        """Put the outer terminal's cursor where one types: input methods draw there."""
        terminal, back = self._terminal, self._back
        if not self.has_focus or terminal is None or back is None:
            return
        corner = self.content_region.offset
        if back.typing is not None:
            place = Offset(min(1 + width(back.typing), terminal.columns - 1), terminal.rows - 1)
        elif back.looking:
            place = Offset(back.cursor.column, back.cursor.line - back.top)
        elif not back.offset:
            place = Offset(terminal.cursor.column, terminal.cursor.row)
        else:
            return
        self.app.cursor_position = corner + place

    def _repaint_all(self) -> None:
        if self._picture is not None:
            self._picture.forget()
        self.refresh()
        self._place_cursor()

    # Drawing

    def notify_style_update(self) -> None:
        super().notify_style_update()
        if self._picture is not None:
            self._picture.forget(style=True)
        self._tell_colours()

    def _tell_colours(self) -> None:
        """Let programs that ask for the background (OSC 11) see the theme's."""
        if self._terminal is not None and self.is_mounted and not self.has_class("-bell"):
            from tui.widgets.terminal_paint import colours_of

            self._terminal.colours = colours_of(self.rich_style, self._terminal.colours)

    def _look(self) -> Look:
        from tui.widgets.terminal_paint import Look

        self._filters = tuple(self.app.get_line_filters())
        try:
            found, now, selected = (self.get_component_rich_style(f"terminal--{name}", partial=True) for name in _MARKS)
        except KeyError:
            # No style was applied yet, or the pane is going away.
            found = now = selected = Style(reverse=True)
        plain = self.app.no_color
        return Look(self.rich_style, found, now, selected, self._filters, self.background_colors[1], plain)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Give the rows as they are kept, with all that Textual would do to them: the pane has no border of its own."""
        if self._picture is None or self.gutter.width or self.gutter.height or self.opacity < 1:
            return super().render_lines(crop)
        if self._filters != tuple(self.app.get_line_filters()):
            self._picture.forget(style=True)
        # Textual asks for every row at each change, and takes those that changed.
        strips = self._rows(self._picture, crop.line_range)
        start, stop = crop.column_span
        if start or stop != self.size.width:
            strips = [strip.crop(start, stop) for strip in strips]
        return strips

    def get_line_filters(self) -> list[LineFilter]:
        # They were applied to each style once; see `Look`.
        return []

    def render_line(self, y: int) -> Strip:
        if self._picture is None:
            return Strip.blank(self.size.width, self.rich_style)
        return self._rows(self._picture, (y,))[0]

    def _rows(self, picture: Picture, rows: Iterable[int]) -> list[Strip]:
        ended = bool(self.exit_text)
        return picture.rows(rows, self.size.width, focused=self.has_focus, note=self._note(), ended=ended)

    def _note(self) -> str:
        """What stands in the last row instead of the terminal's own."""
        if self._back is not None and self._back.looking:
            return self._back.note
        if not self.exit_text:
            return ""
        hint = self.exit_hint and f" {self.exit_hint}"
        return f" {cut(clean(self.exit_text), max(self.size.width - 2 - width(hint), 0))}{hint} "

    def watch_exit_text(self) -> None:
        self._repaint_all()

    # Bell

    def _flash(self) -> None:
        """Show that the bell rang, or that a key found nothing; not more often than one can tell apart."""
        now = monotonic()
        if self.is_mounted and now - self._flashed >= FLASH_AGAIN:
            self._flashed = now
            self.add_class("-bell")
            self.set_timer(FLASH, lambda: self.remove_class("-bell"))


def _regions(rows: list[int], width: int) -> list[Region]:
    """Give the regions that rows take, those one below the other as one."""
    found: list[Region] = []
    first = last = rows[0]
    for row in rows[1:]:
        if row != last + 1:
            found.append(Region(0, first, width, last + 1 - first))
            first = row
        last = row
    found.append(Region(0, first, width, last + 1 - first))
    return found
