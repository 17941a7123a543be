"""A terminal pane: what the far end draws, and every key to the far end but the prefix.

It knows no session: whoever mounts it feeds it bytes and sends on what its messages carry. Textual looks at bindings
with priority before any widget sees a key, so an app with this widget keeps none: `ctrl+q` and the palette's `ctrl+p`
are rebound without priority, `ESCAPE_TO_MINIMIZE` is off. All other keys (Tab, Ctrl+C, Escape) are taken here.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from textual import events
from textual.geometry import Offset, Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from tui.widgets.terminal_history import LookingBack
from tui.widgets.terminal_keys import encode_key, encode_mouse, encode_paste, teach_parser
from tui.widgets.terminal_paint import Painter

if TYPE_CHECKING:
    from tui.emulator.terminal import Terminal

FRAME = 1 / 60
WHEEL_LINES = 3
_HELD = ("shift", "ctrl")


class TerminalView(Widget, can_focus=True):
    """Draws a terminal and types into it.

    The emulator is made when the size is known: `Resized` comes first of all messages, with the true size, and again
    at each change; a session is opened then. Bytes fed before are kept. `prefix` is a key as Textual names it; F12 does
    the same. `latin` turns the key after the prefix, and the keys of the scrollback, into the Latin one that is meant.
    """

    DEFAULT_CSS = """
    TerminalView { width: 1fr; height: 1fr; }
    """
    ALLOW_SELECT = False

    title: reactive[str] = reactive("", init=False, repaint=False)
    """What the far end calls its window; free of control characters."""
    exit_text: reactive[str] = reactive("", init=False)
    """Shown in the last row once the far end has ended; keys are no longer taken then, and bubble to the screen."""
    looking_back: reactive[bool] = reactive(False, init=False)
    """The keys move through the scrollback (prefix `[`, the wheel), until `q`, Escape or the end."""
    prefixed: reactive[bool] = reactive(False, init=False, repaint=False)
    """The prefix was pressed and the next key is a command."""

    class Input(Message):
        """Bytes were typed, or answered, for the far end."""

        def __init__(self, data: bytes) -> None:
            super().__init__()
            self.data = data

    class Resized(Message):
        """The pane has a new size in cells."""

        def __init__(self, rows: int, columns: int) -> None:
            super().__init__()
            self.rows = rows
            self.columns = columns

    class Prefix(Message):
        """A command key was pressed after the prefix; `key` is its character, or its name where it has none."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    class Bell(Message):
        """The bell rang."""

    class ClipboardRequested(Message):
        """The far end wants a text on the clipboard: ask first."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(
        self,
        *,
        prefix: str = "ctrl+right_square_bracket",
        scrollback: int = 5000,
        latin: Callable[[str], str] | None = None,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        teach_parser()
        self._prefix = prefix
        self._kept_lines = scrollback
        self._latin = latin or (lambda key: key)
        self._terminal: Terminal | None = None
        self._back: LookingBack | None = None
        self._early: list[tuple[bytes, bool]] = []
        self._strips: list[Strip | None] = []
        self._painter: Painter | None = None
        self._painted = 0.0
        self._frame: Timer | None = None
        self._cursor_row = 0
        self._needle: str | None = None  # being typed

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
            # Deferred: a console without a shell must not pay for pyte.
            from tui.emulator.terminal import Terminal

            self._terminal = Terminal(columns, rows, scrollback=self._kept_lines)
            self._back = LookingBack(self._terminal)
            self._tell_colours()
            self.post_message(self.Resized(rows, columns))
        elif (self._terminal.rows, self._terminal.columns) != (rows, columns):
            self._terminal.resize(rows, columns)
            self.post_message(self.Resized(rows, columns))
        self._strips = [None] * rows
        early, self._early = self._early, []
        for data, replay in early:
            self.feed(data, replay=replay)
        self._paint()

    def feed(self, data: bytes, *, replay: bool = False) -> None:
        """Take bytes from the far end; `replay` marks old ones, to which nothing is answered."""
        terminal, back = self._terminal, self._back
        if terminal is None or back is None:
            self._early.append((data, replay))
            return
        terminal.feed(data, answer=not replay)
        if back.follow():
            self._strips = [None] * terminal.rows
        replies = terminal.take_replies()
        if replies:
            self.post_message(self.Input(replies))
        if terminal.take_bells():
            self.post_message(self.Bell())
        for text in terminal.take_clipboard():
            self.post_message(self.ClipboardRequested(text))
        if terminal.title != self.title:
            self.title = terminal.title
        self._ask_for_frame()

    def _ask_for_frame(self) -> None:
        """Paint now if the last time was a frame ago, else when it will be; what came last is always painted."""
        if self._frame is None and self.is_mounted:
            wait = max(0.001, self._painted + FRAME - monotonic())
            self._frame = self.set_timer(wait, self._paint)

    def _paint(self) -> None:
        """Have the rows that changed drawn again."""
        self._frame = None
        self._painted = monotonic()
        terminal, back = self._terminal, self._back
        if terminal is None or back is None:
            return
        dirty = terminal.take_dirty()
        dirty |= {self._cursor_row, terminal.cursor.row}
        self._cursor_row = terminal.cursor.row
        if back.offset:
            dirty = {row + back.offset for row in dirty if row + back.offset < terminal.rows}
        for row in dirty:
            if row < len(self._strips):
                self._strips[row] = None
        stale = [row for row, strip in enumerate(self._strips) if strip is None]
        if len(stale) == terminal.rows:
            self.refresh()
        elif stale:
            self.refresh(*(Region(0, row, self.size.width, 1) for row in stale))
        self._place_cursor()

    def _place_cursor(self) -> None:
        """Put the outer terminal's cursor where one types: input methods draw there."""
        if self.has_focus and self._terminal is not None and not (self._back and self._back.offset):
            cursor = self._terminal.cursor
            corner = self.content_region.offset
            self.app.cursor_position = Offset(corner.x + cursor.column, corner.y + cursor.row)

    def _repaint_all(self) -> None:
        self._strips = [None] * len(self._strips)
        self.refresh()
        self._place_cursor()

    # Drawing

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._painter = None
        self._strips = [None] * len(self._strips)
        self._tell_colours()

    def _tell_colours(self) -> None:
        """Let programs that ask for the background (OSC 11) see the theme's."""
        if self._terminal is not None and self.is_mounted:
            base = self.rich_style
            given = [colour.get_truecolor() if colour else None for colour in (base.color, base.bgcolor)]
            numbers = [int(triplet.hex[1:], 16) if triplet else None for triplet in given]
            known = self._terminal.colours
            self._terminal.colours = (
                known[0] if numbers[0] is None else numbers[0],
                known[1] if numbers[1] is None else numbers[1],
            )

    def render_line(self, y: int) -> Strip:
        terminal, back = self._terminal, self._back
        width = self.size.width
        if terminal is None or back is None or y >= len(self._strips):
            return Strip.blank(width, self.rich_style)
        strip = self._strips[y]
        if strip is None:
            if self._painter is None:
                self._painter = Painter(terminal, back, self.rich_style)
            row = self._painter.row(
                y, width=width, focused=self.has_focus, note=self._note(), ended=bool(self.exit_text)
            )
            strip = self._strips[y] = Strip(row, width)
        return strip

    def _note(self) -> str:
        """What stands in the last row instead of the terminal's own."""
        if self._needle is not None:
            return f"/{self._needle}"
        if self.looking_back and self._back is not None and self._terminal is not None:
            return f" back {self._back.offset} of {self._terminal.scrollback} lines · / search · n N · q leave "
        return f" {self.exit_text} " if self.exit_text else ""

    def watch_exit_text(self) -> None:
        self._repaint_all()

    def watch_looking_back(self, looking: bool) -> None:
        if not looking and self._back is not None:
            self._back.offset = 0
            self._back.needle = ""
            self._needle = None
        self._repaint_all()

    # Keys

    @property
    def takes_text(self) -> bool:
        """Whether every printable key is the far end's: Hangul arrives as Hangul."""
        return not self.exit_text

    async def _on_key(self, event: events.Key) -> None:
        called = self.looking_back or self.prefixed or event.key in (self._prefix, "f12")
        if self._terminal is None or (self.exit_text and not called):
            return
        event.stop()
        event.prevent_default()
        if self.prefixed:
            self.prefixed = False
            self._command(event)
        elif event.key in (self._prefix, "f12"):
            self.prefixed = True
        elif self._needle is not None:
            self._type_needle(event)
        elif self.looking_back:
            self._look(self._latin(event.character or event.key) if event.is_printable else event.key)
        else:
            self._send(encode_key(event.key, event.character, self._terminal.modes))

    def _command(self, event: events.Key) -> None:
        if event.key in (self._prefix, "f12"):
            assert self._terminal is not None
            self._send(encode_key(event.key, event.character, self._terminal.modes))
            return
        if event.key == "escape":
            return
        key = self._latin(event.character) if event.is_printable and event.character else event.key
        if key in ("[", "/"):
            self.looking_back = True
            if key == "/":
                self._needle = ""
                self._repaint_all()
        self.post_message(self.Prefix(key))

    def _send(self, data: bytes) -> None:
        if data:
            self.post_message(self.Input(data))

    def _type_needle(self, event: events.Key) -> None:
        needle = self._needle or ""
        if event.key == "enter":
            self._needle = None
            if needle and self._back is not None and not self._back.search(needle, forward=False, again=False):
                self.app.bell()
        elif event.key == "escape":
            self._needle = None
        elif event.key == "backspace":
            self._needle = needle[:-1]
        elif event.is_printable and event.character:
            self._needle = needle + event.character
        self._repaint_all()

    def _look(self, key: str) -> None:
        """Act on one key of the scrollback."""
        back, page = self._back, max(1, self.size.height - 1)
        assert back is not None and self._terminal is not None
        moves = {"k": 1, "up": 1, "j": -1, "down": -1, "pageup": page, "ctrl+b": page, "pagedown": -page}
        moves |= {"ctrl+f": -page, "space": -page, " ": -page, "ctrl+u": page // 2, "ctrl+d": -(page // 2)}
        moves |= dict.fromkeys(("g", "home"), self._terminal.scrollback)
        moves |= dict.fromkeys(("G", "end"), -self._terminal.scrollback)
        if key in ("q", "escape", "ctrl+c"):
            self.looking_back = False
        elif key == "/":
            self._needle = ""
        elif key in ("n", "N"):
            if back.needle and not back.search(back.needle, forward=key == "N", again=True):
                self.app.bell()
        elif key in moves:
            back.move(moves[key])
        self._repaint_all()

    def _on_paste(self, event: events.Paste) -> None:
        if self._terminal is None or self.exit_text:
            return
        event.stop()
        event.prevent_default()
        if self._needle is not None:
            self._needle += "".join(character for character in event.text if character.isprintable())
            self._repaint_all()
        elif not self.looking_back:
            self._send(encode_paste(event.text, bracketed=self._terminal.modes.bracketed_paste))

    # Focus and mouse

    def _on_focus(self, event: events.Focus) -> None:
        self._focus_changed(b"\x1b[I")

    def _on_blur(self, event: events.Blur) -> None:
        self.prefixed = False
        self._focus_changed(b"\x1b[O")

    def _focus_changed(self, report: bytes) -> None:
        if self._terminal is not None:
            if self._terminal.modes.focus and not self.exit_text:
                self._send(report)
            self._repaint_all()

    def _tell_mouse(
        self, event: events.MouseEvent, button: int, *, released: bool = False, moved: bool = False
    ) -> bool:
        """Tell the far end of the mouse, where it wants to know; True where it does."""
        if self._terminal is None or self.looking_back or self.exit_text or not self._terminal.modes.mouse:
            return False
        place = event.get_content_offset(self)
        if place is None or event.shift:
            return False
        held = " ".join(name for name in _HELD if getattr(event, name)) + (" alt" if event.meta else "")
        modes = self._terminal.modes
        self._send(encode_mouse(button, place.x, place.y, modes=modes, released=released, moved=moved, held=held))
        return True

    async def _on_mouse_down(self, event: events.MouseDown) -> None:
        if self._tell_mouse(event, max(0, event.button - 1)):
            event.stop()
            self.capture_mouse()

    async def _on_mouse_up(self, event: events.MouseUp) -> None:
        if self._tell_mouse(event, max(0, event.button - 1), released=True):
            event.stop()
        self.release_mouse()

    def _on_mouse_move(self, event: events.MouseMove) -> None:
        if self._tell_mouse(event, event.button - 1 if event.button else 3, moved=True):
            event.stop()

    def _on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, 1)

    def _on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, -1)

    def _wheel(self, event: events.MouseEvent, up: int) -> None:
        event.stop()
        event.prevent_default()
        terminal, back = self._terminal, self._back
        if terminal is None or back is None or self._tell_mouse(event, 64 if up > 0 else 65):
            return
        if terminal.modes.alternate and terminal.modes.alternate_scroll and not self.looking_back:
            self._send(encode_key("up" if up > 0 else "down", None, terminal.modes) * WHEEL_LINES)
        elif back.move(WHEEL_LINES * up):
            self.looking_back = back.offset > 0
            self._repaint_all()
