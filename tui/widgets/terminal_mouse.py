"""The mouse in a terminal pane: the far end's where it asked for it, else it selects, opens links and scrolls."""

from __future__ import annotations

from time import monotonic

from textual import events
from textual.timer import Timer

from tui.widgets import terminal_messages as told
from tui.widgets.terminal_keys import encode_key, encode_mouse
from tui.widgets.terminal_lines import Spot
from tui.widgets.terminal_surface import Surface

WHEEL_LINES = 3
AGAIN = 0.4
"""Seconds in which another press at the same cell takes a word, and then a line."""
EDGE = 0.05
"""Seconds between two lines while one drags beyond an edge."""
_HELD = ("shift", "ctrl")


class MouseSurface(Surface):
    """A surface that one points at. With Shift, and where the far end has no mouse mode, the mouse is ours."""

    def __init__(
        self, *, scrollback: int, name: str | None = None, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(scrollback=scrollback, name=name, id=id, classes=classes)
        self._pressed_at: tuple[int, int] | None = None
        self._pressed_before: tuple[int, int] | None = None
        self._pressed_time = 0.0
        self._presses = 0
        self._begun_at = Spot(0, 0)
        self._pointer = (0, 0)
        self._edge: Timer | None = None

    def _on_surface_scrolled(self) -> None:
        """Called where the wheel or a drag moved the view."""

    # What the far end is told

    def _tell_mouse(
        self, event: events.MouseEvent, button: int, *, released: bool = False, moved: bool = False
    ) -> bool:
        """Tell the far end of the mouse, where it wants to know; True where it does."""
        terminal, back = self._terminal, self._back
        if terminal is None or back is None or back.looking or self.exit_text or not terminal.modes.mouse:
            return False
        place = event.get_content_offset(self)
        if place is None or event.shift or self._pressed_at is not None:
            return False
        held = " ".join(name for name in _HELD if getattr(event, name)) + (" alt" if event.meta else "")
        data = encode_mouse(button, place.x, place.y, modes=terminal.modes, released=released, moved=moved, held=held)
        if data:
            self.post_message(told.Input(data))
        return True

    # Buttons

    async def _on_mouse_down(self, event: events.MouseDown) -> None:
        if self._tell_mouse(event, max(0, event.button - 1)):
            event.stop()
            self.capture_mouse()
        elif event.button == 1 and self._back is not None:
            event.stop()
            self.focus()
            self._press(event)
            self.capture_mouse()

    def _on_mouse_move(self, event: events.MouseMove) -> None:
        if self._pressed_at is not None:
            event.stop()
            self._pointer = (event.x, event.y)
            self._drag()
        elif self._tell_mouse(event, event.button - 1 if event.button else 3, moved=True):
            event.stop()

    async def _on_mouse_up(self, event: events.MouseUp) -> None:
        if self._pressed_at is not None:
            event.stop()
            self._release(event)
        elif self._tell_mouse(event, max(0, event.button - 1), released=True):
            event.stop()
        self.release_mouse()

    def _press(self, event: events.MouseDown) -> None:
        from tui.widgets.terminal_selection import lines_at, word_at

        assert self._back is not None
        now, at = monotonic(), (event.x, event.y)
        again = self._pressed_before == at and now - self._pressed_time < AGAIN
        self._presses = self._presses % 3 + 1 if again else 1
        self._pressed_at, self._pressed_before, self._pressed_time, self._pointer = at, at, now, at
        spot = self._spot(*at)
        if self._presses == 1:
            self._back.take(None)
            self._begun_at = spot
        else:
            self._back.take((word_at if self._presses == 2 else lines_at)(self._back.lines, spot))
        self._repaint_all()

    def _drag(self) -> None:
        """Select up to the pointer; beyond an edge the view follows, line by line."""
        from tui.widgets.terminal_selection import Selection

        back = self._back
        if back is None or self._pressed_at is None or self._presses > 1:
            return
        if self._pointer == self._pressed_at and back.selection is None:
            return
        x, y = self._pointer
        beyond = (y < 0) - (y >= self.size.height)
        if beyond and back.scroll(beyond):
            self._on_surface_scrolled()
        if beyond and self._edge is None:
            self._edge = self.set_interval(EDGE, self._drag)
        elif not beyond:
            self._stop_edge()
        back.take(Selection(self._begun_at, self._spot(x, y)))
        if back.looking and back.selection is not None:
            back.cursor = back.selection.head
        self._repaint_all()

    def _release(self, event: events.MouseUp) -> None:
        clicked = (event.x, event.y) == self._pressed_at and self._presses == 1
        self._pressed_at = None
        self._stop_edge()
        back, links = self._back, self._links
        if back is None or links is None or not clicked:
            return
        spot = self._spot(event.x, event.y)
        if event.ctrl:
            link = links.at(spot)
            if link is not None:
                self.post_message(told.LinkRequested(link.uri))
        elif back.looking:
            back.show(spot)
            self._repaint_all()

    def _stop_edge(self) -> None:
        if self._edge is not None:
            self._edge.stop()
            self._edge = None

    def _spot(self, x: int, y: int) -> Spot:
        """Give the cell under the pointer, the nearest where that is outside."""
        assert self._back is not None
        rows = self.size.height - (2 if self._back.looking else 1)
        line = self._back.lines.clamp(self._back.shown_from(ended=bool(self.exit_text)) + max(0, min(y, rows)))
        return Spot(line, max(0, min(x, self.size.width - 1)))

    # Wheel

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
        if terminal.modes.alternate and terminal.modes.alternate_scroll and not back.looking:
            self.post_message(told.Input(encode_key("up" if up > 0 else "down", None, terminal.modes) * WHEEL_LINES))
        elif back.scroll(WHEEL_LINES * up):
            self._on_surface_scrolled()
            self._repaint_all()
