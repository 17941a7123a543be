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

from tui.widgets.cells import cut, width
from tui.widgets.terminal_history import LEAVE, LookingBack
from tui.widgets.terminal_keys import encode_key, encode_mouse, encode_paste, teach_parser
from tui.widgets.terminal_paint import colours_of
from tui.widgets.terminal_picture import Picture

if TYPE_CHECKING:
    from tui.emulator.terminal import Terminal

FRAME = 1 / 60
WHEEL_LINES = 3
PAUSE = 1.0
"""Seconds without a key after which one is no longer typing for a far end that has ended meanwhile."""
DELIBERATE = ("enter", "ctrl+d")
"""Keys after which a far end may well end: who pressed one waits for what comes of it."""
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
    """Shown in the last row once the far end has ended; what is typed goes nowhere then, other keys to the screen."""
    exit_hint = ""
    """The way out, behind `exit_text`; a narrow pane cuts the text, never this."""
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
        self._picture: Picture | None = None
        self._early: list[tuple[bytes, bool]] = []
        self._painted = 0.0
        self._typed_at = 0.0
        self._frame: Timer | None = None

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
            self._picture = Picture(self._terminal, self._back, lambda: self.rich_style)
            self._tell_colours()
            self.post_message(self.Resized(rows, columns))
        elif (self._terminal.rows, self._terminal.columns) != (rows, columns):
            self._terminal.resize(rows, columns)
            self.post_message(self.Resized(rows, columns))
        if self._picture is not None:
            self._picture.forget()
        early, self._early = self._early, []
        for data, replay in early:
            self.feed(data, replay=replay)
        self._paint()

    def feed(self, data: bytes, *, replay: bool = False) -> None:
        """Take bytes from the far end; `replay` marks old ones, to which nothing is answered."""
        terminal, back, picture = self._terminal, self._back, self._picture
        if terminal is None or back is None or picture is None:
            self._early.append((data, replay))
            return
        terminal.feed(data, answer=not replay)
        if back.follow():
            picture.forget()
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
        terminal, picture = self._terminal, self._picture
        if terminal is None or picture is None:
            return
        stale = picture.stale()
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
        if self._terminal is not None and self.is_mounted:
            self._terminal.colours = colours_of(self.rich_style, self._terminal.colours)

    def render_line(self, y: int) -> Strip:
        if self._picture is None:
            return Strip.blank(self.size.width, self.rich_style)
        ended = bool(self.exit_text)
        return self._picture.row(y, self.size.width, focused=self.has_focus, note=self._note(), ended=ended)

    def _note(self) -> str:
        """What stands in the last row instead of the terminal's own."""
        if self.looking_back and self._back is not None:
            return self._back.note
        if not self.exit_text:
            return ""
        hint = self.exit_hint and f" {self.exit_hint}"
        return f" {cut(self.exit_text, max(self.size.width - 2 - width(hint), 0))}{hint} "

    def watch_exit_text(self) -> None:
        self._repaint_all()

    def watch_looking_back(self, looking: bool) -> None:
        if not looking and self._back is not None:
            self._back.leave()
        self._repaint_all()

    # Keys

    @property
    def takes_text(self) -> bool:
        """Whether every printable key is the far end's: Hangul arrives as Hangul."""
        return not self.exit_text

    async def _on_key(self, event: events.Key) -> None:
        called = self.looking_back or self.prefixed or event.key in (self._prefix, "f12")
        back = self._back
        if self.exit_text and not called:
            if self._is_typing_on(event):
                event.stop()
                event.prevent_default()
            return
        if self._terminal is None or back is None:
            return
        event.stop()
        event.prevent_default()
        if self.prefixed:
            self.prefixed = False
            self._command(event)
        elif event.key in (self._prefix, "f12"):
            self.prefixed = True
        elif back.typing is not None:
            self._after_search(back.type(event.key, event.character if event.is_printable else None))
        elif self.looking_back:
            self._look(back, self._latin(event.character or event.key) if event.is_printable else event.key)
        else:
            self._typed_at = monotonic() if event.is_printable else self._typed_at
            if event.key in DELIBERATE:
                self._typed_at = 0.0
            self._send(encode_key(event.key, event.character, self._terminal.modes))

    def _is_typing_on(self, event: events.Key) -> bool:
        """Say whether a key was meant for the far end, which has ended meanwhile: the screen must not act on it.

        Printable keys always are, but for `:` and `?` after a pause; others while one types.
        """
        now = monotonic()
        paused = now - self._typed_at >= PAUSE
        if not event.is_printable:
            return not paused
        if paused and event.character in (":", "?"):
            return False
        self._typed_at = now
        return True

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
            if key == "/" and self._back is not None:
                self._back.typing = ""
                self._repaint_all()
        self.post_message(self.Prefix(key))

    def _send(self, data: bytes) -> None:
        if data:
            self.post_message(self.Input(data))

    def _look(self, back: LookingBack, key: str) -> None:
        if key in LEAVE:
            self.looking_back = False
        else:
            self._after_search(back.press(key, max(1, self.size.height - 1)))

    def _after_search(self, found: bool) -> None:
        if not found:
            self.app.bell()
        self._repaint_all()

    def _on_paste(self, event: events.Paste) -> None:
        if self._terminal is None or self._back is None or self.exit_text:
            return
        event.stop()
        event.prevent_default()
        if self._back.typing is not None:
            self._back.typing += "".join(character for character in event.text if character.isprintable())
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
