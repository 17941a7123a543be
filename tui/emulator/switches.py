"""Modes at work: what setting and resetting one does to the screen, the alternate screen above all."""

from __future__ import annotations

from typing import Any

from tui.emulator import modes as mode
from tui.emulator.rows import Row
from tui.emulator.screen import Saved, Screen
from tui.emulator.style import DEFAULT


class SwitchedScreen(Screen):
    """A screen that obeys modes."""

    @property
    def alternate(self) -> bool:
        return self.main is not None

    def set_mode(self, *modes: int, **kwargs: Any) -> None:
        self._switch(modes, private=bool(kwargs.get("private")), on=True)

    def reset_mode(self, *modes: int, **kwargs: Any) -> None:
        self._switch(modes, private=bool(kwargs.get("private")), on=False)

    def _switch(self, modes: tuple[int, ...], *, private: bool, on: bool) -> None:
        for plain in modes:
            number = plain << 5 if private else plain
            if number not in mode.KNOWN:
                continue
            if number in mode.MOUSE:
                self.mode.difference_update(mode.MOUSE)  # one of them at a time
            (self.mode.add if on else self.mode.discard)(number)
            if number in mode.ALTERNATES:
                self._show_alternate(on, cursor=number == mode.ALTERNATE_1049)
            elif number == mode.SAVED_CURSOR_1048:
                (self.save_cursor if on else self.restore_cursor)()
            elif number == mode.ORIGIN:
                self.cursor_position()
            elif number == mode.COLUMNS_132:
                # The size is the outer terminal's to say: only the side effects are kept.
                self.cursor_position()
                self.erase_in_display(2)
            elif number == mode.CURSOR_SHOWN:
                self.cursor.hidden = not on
            elif number == mode.REVERSE_SCREEN:
                self.all_dirty = True

    def _show_alternate(self, on: bool, *, cursor: bool) -> None:
        """Show the alternate screen, blank, or the main one as it was left; `cursor` saves and restores it too."""
        if on and self.main is None:
            if cursor:
                self.main_cursor = (self.cursor.x, self.cursor.y, self.style)
            self.main = self.buffer
            self.buffer = [Row(self.columns) for _ in range(self.lines)]
            self.all_dirty = True
        elif not on:
            if cursor and self.main_cursor is not None:
                x, y, self.style = self.main_cursor
                self.cursor.x, self.cursor.y = x, min(y, self.lines - 1)
                self.main_cursor = None
            if self.main is not None:
                self.buffer, self.main = self.main, None
                self.all_dirty = True
            self.ensure_hbounds()

    def soft_reset(self) -> None:
        """Set modes, margins and rendition as at start (DECSTR); the text stays."""
        for number in (mode.INSERT, mode.ORIGIN, mode.CURSOR_KEYS, mode.KEYPAD):
            self.mode.discard(number)
        self.mode.update((mode.WRAP, mode.CURSOR_SHOWN))
        self.cursor.hidden = False
        self.margins = None
        self.style = DEFAULT
        self.charset = 0
        self.line_drawing = [False, False]
        self.saved = Saved()

    def keypad_application(self) -> None:
        self.mode.add(mode.KEYPAD)

    def keypad_numeric(self) -> None:
        self.mode.discard(mode.KEYPAD)

    def set_cursor_shape(self, shape: int = 0) -> None:
        """Note the shape that DECSCUSR asks for: 0 to 6."""
        if shape <= 6:
            self.cursor_shape = shape
