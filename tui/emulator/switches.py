"""Modes at work: what setting and resetting one does to the screen."""

from __future__ import annotations

from typing import Any

from tui.emulator import modes as mode
from tui.emulator.keyboard import KeyboardScreen
from tui.emulator.screen import Saved
from tui.emulator.style import DEFAULT


class SwitchedScreen(KeyboardScreen):
    """A screen that obeys modes."""

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
                self.show_alternate(on, cursor=number == mode.ALTERNATE_1049)
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
