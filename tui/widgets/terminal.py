"""A terminal pane: what the far end draws, and every key to the far end but the prefix.

It knows no session: whoever mounts it feeds it bytes and sends on what its messages carry. Textual looks at bindings
with priority before any widget sees a key, so an app with this widget keeps none: `ctrl+q` and the palette's `ctrl+p`
are rebound without priority, `ESCAPE_TO_MINIMIZE` is off. All other keys (Tab, Ctrl+C, Escape) are taken here.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from textual import events
from textual.reactive import reactive

from tui.widgets import terminal_messages as told
from tui.widgets.terminal_keys import encode_key, encode_paste, is_modifier, teach_parser
from tui.widgets.terminal_mouse import MouseSurface
from tui.widgets.terminal_surface import BREATH

if TYPE_CHECKING:
    from tui.widgets.terminal_links import Link
    from tui.widgets.terminal_look_keys import LookKeys

PAUSE = 1.0
"""Seconds without a key after which one is no longer typing for a far end that has ended meanwhile."""
DELIBERATE = ("enter", "ctrl+d")
"""Keys after which a far end may well end: who pressed one waits for what comes of it."""


def load_emulator() -> None:
    """Import what the first terminal needs; for a thread, while something else is waited for."""
    for module in ("tui.emulator.terminal", "tui.widgets.terminal_history", "tui.widgets.terminal_picture"):
        importlib.import_module(module)


class TerminalView(MouseSurface, can_focus=True):
    """Draws a terminal and types into it.

    `prefix` is a key as Textual names it; F12 does the same. `latin` turns the key after the prefix, and the keys of
    the scrollback, into the Latin one that is meant.
    """

    looking_back: reactive[bool] = reactive(False, init=False)
    """The keys move through the scrollback (prefix `[`, the wheel), until `q`, Escape or the end."""
    prefixed: reactive[bool] = reactive(False, init=False, repaint=False)
    """The prefix was pressed and the next key is a command."""

    Input = told.Input
    Resized = told.Resized
    Prefix = told.Prefix
    Bell = told.Bell
    ClipboardRequested = told.ClipboardRequested
    Copied = told.Copied
    LinkRequested = told.LinkRequested

    def __init__(
        self,
        *,
        prefix: str = "ctrl+right_square_bracket",
        scrollback: int = 100_000,
        latin: Callable[[str], str] | None = None,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(scrollback=scrollback, name=name, id=id, classes=classes)
        teach_parser()
        self._prefix = prefix
        self._latin = latin or (lambda key: key)
        self._look_keys: LookKeys | None = None
        self._typed_at = 0.0

    # Looking back

    def watch_looking_back(self, looking: bool) -> None:
        if self._back is not None:
            if looking:
                self._back.enter()
            else:
                self._back.leave()
        self._repaint_all()

    def _on_surface_scrolled(self) -> None:
        back = self._back
        if back is not None:
            # Back at the live screen by the wheel alone, one types again.
            self.looking_back = back.offset > 0 or (back.looking and back.selection is not None)

    @property
    def selected(self) -> bool:
        """Whether something is selected, which Ctrl+C copies."""
        return self._back is not None and self._back.selection is not None

    def _look_at(self, key: str) -> None:
        if self._look_keys is None:
            from tui.widgets.terminal_look_keys import LookKeys

            assert self._back is not None and self._links is not None
            self._look_keys = LookKeys(
                self._back, self._links, leave=self._leave, copy=self._copy, follow=self._follow, miss=self._flash
            )
        self._look_keys.press(key)
        self._repaint_all()

    def _leave(self) -> None:
        self.looking_back = False

    def _follow(self, link: Link) -> None:
        self.post_message(told.LinkRequested(link.uri))

    def _copy(self, leave: bool) -> None:
        """Hand on what is selected; of many lines a part at a time."""
        back = self._back
        if back is None or back.selection is None:
            return
        from tui.widgets.terminal_selection import SLICE, pieces, text_of

        selection, lines = back.selection, back.lines

        async def gather() -> None:
            parts = []
            for part in pieces(lines, selection):
                parts.append(part)
                await asyncio.sleep(BREATH)
            self._hand_on("".join(parts))

        if selection.rows > SLICE:
            self.run_worker(gather(), group="copy", exclusive=True, exit_on_error=False)
        else:
            self._hand_on(text_of(lines, selection))
        back.take(None)
        if leave:
            self.looking_back = False
        self._repaint_all()

    def _hand_on(self, text: str) -> None:
        if text:
            self.post_message(told.Copied(text))
        else:
            self._flash()

    def _type_search(self, event: events.Key) -> None:
        back = self._back
        assert back is not None and back.typing is not None
        if event.key == "enter":
            back.end_search(keep=True)
            if back.search.needle and not back.search.count and not back.search.is_searching:
                self._flash()
        elif event.key in ("escape", "ctrl+c"):
            back.end_search(keep=False)
        elif event.key == "backspace":
            self._search_for(back.typing[:-1])
        elif event.key == "ctrl+u":
            self._search_for("")
        elif event.is_printable and event.character:
            self._search_for(back.typing + event.character)
        self._repaint_all()

    def _search_for(self, typed: str) -> None:
        """Search while one types: the nearest match shows at once, the others are counted slice by slice."""
        assert self._back is not None
        self._back.type_search(typed)
        if typed:
            self._back.step_search()
            self.run_worker(self._search_on(), group="search", exclusive=True, exit_on_error=False)

    def _on_settled(self) -> None:
        if self._back is not None and self._back.search.is_searching:
            self.run_worker(self._search_on(), group="search", exclusive=True, exit_on_error=False)

    async def _search_on(self) -> None:
        back = self._back
        assert back is not None
        told_at = monotonic()
        while back.search.is_searching:
            moved = back.step_search()
            if moved or monotonic() - told_at > 0.1:
                told_at = monotonic()
                self._repaint_all()
            await asyncio.sleep(BREATH)
        back.step_search()
        self._repaint_all()

    # Keys

    @property
    def takes_text(self) -> bool:
        """Whether every printable key is the far end's: Hangul arrives as Hangul."""
        return not self.exit_text

    @property
    def listens(self) -> bool:
        """Whether keys go to the far end now."""
        return not (self._terminal is None or self.exit_text or self.looking_back or self.prefixed)

    def type_text(self, text: str) -> None:
        """Take a stretch of typed text at once."""
        if not self.listens:
            return
        self._typed_at = 0.0 if text.endswith(("\r", "\x04")) else monotonic()  # as the keys in DELIBERATE
        self._drop_selection()
        self._send(text.encode("utf-8", "ignore"))

    async def _on_key(self, event: events.Key) -> None:
        called = self.looking_back or self.prefixed or event.key in (self._prefix, "f12")
        back = self._back
        if self.exit_text and not called:
            if self._copies(event) or self._is_typing_on(event):
                event.stop()
                event.prevent_default()
            return
        if self._terminal is None or back is None:
            return
        event.stop()
        event.prevent_default()
        if is_modifier(event.key):
            return
        if self.prefixed:
            self.prefixed = False
            self._command(event)
        elif event.key in (self._prefix, "f12"):
            self.prefixed = True
        elif back.typing is not None:
            self._type_search(event)
        elif self.looking_back:
            self._look_at(self._latin(event.character or event.key) if event.is_printable else event.key)
        elif not self._copies(event):
            self._typed_at = monotonic() if event.is_printable else self._typed_at
            if event.key in DELIBERATE:
                self._typed_at = 0.0
            self._drop_selection()
            self._send(encode_key(event.key, event.character, self._terminal.modes))

    def _copies(self, event: events.Key) -> bool:
        """Copy what the mouse selected, where the key is the one for it."""
        if event.key != "ctrl+c" or not self.selected:
            return False
        self._copy(False)
        return True

    def _drop_selection(self) -> None:
        if self._back is not None and self._back.selection is not None:
            self._back.take(None)
            self._repaint_all()

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
                self._back.begin_search()
                self._repaint_all()
        self.post_message(told.Prefix(key))

    def _send(self, data: bytes) -> None:
        if data:
            self.post_message(told.Input(data))

    def _on_paste(self, event: events.Paste) -> None:
        if self._terminal is None or self._back is None or self.exit_text:
            return
        event.stop()
        event.prevent_default()
        if self._back.typing is not None:
            pasted = "".join(character for character in event.text if character.isprintable())
            self._search_for(self._back.typing + pasted)
            self._repaint_all()
        elif not self.looking_back:
            self._drop_selection()
            self._send(encode_paste(event.text, bracketed=self._terminal.modes.bracketed_paste))

    # Focus

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
