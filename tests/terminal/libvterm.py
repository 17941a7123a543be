"""libvterm through ctypes: the second oracle, and a native peer of the benchmarks.

The registry of Python packages has no binding of it, so the C library itself is asked (Debian: libvterm0, Homebrew:
libvterm). It keeps no scrollback of its own: lines that leave its screen are gone.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from typing import Any


class _Rect(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int) for name in ("start_row", "end_row", "start_col", "end_col")]


class _Position(ctypes.Structure):
    _fields_ = [("row", ctypes.c_int), ("col", ctypes.c_int)]


def _library() -> Any:
    name = ctypes.util.find_library("vterm")
    if name is None:
        return None
    library = ctypes.CDLL(name)
    pointer, number, size = ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t
    for function, result, arguments in (
        ("vterm_new", pointer, [number, number]),
        ("vterm_free", None, [pointer]),
        ("vterm_set_utf8", None, [pointer, number]),
        ("vterm_set_size", None, [pointer, number, number]),
        ("vterm_obtain_screen", pointer, [pointer]),
        ("vterm_obtain_state", pointer, [pointer]),
        ("vterm_screen_enable_altscreen", None, [pointer, number]),
        ("vterm_screen_reset", None, [pointer, number]),
        ("vterm_input_write", size, [pointer, ctypes.c_char_p, size]),
        ("vterm_screen_get_text", size, [pointer, ctypes.c_char_p, size, _Rect]),
        ("vterm_state_get_cursorpos", None, [pointer, ctypes.POINTER(_Position)]),
    ):
        found = getattr(library, function)
        found.restype, found.argtypes = result, arguments
    return library


_VTERM = _library()
MISSING = "" if _VTERM else "the C library libvterm is not installed"


class Vterm:
    """A terminal of libvterm's; `MISSING` says why there is none."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self._terminal = _VTERM.vterm_new(rows, columns)
        _VTERM.vterm_set_utf8(self._terminal, 1)
        self._screen = _VTERM.vterm_obtain_screen(self._terminal)
        _VTERM.vterm_screen_enable_altscreen(self._screen, 1)
        _VTERM.vterm_screen_reset(self._screen, 1)

    def __del__(self) -> None:
        _VTERM.vterm_free(self._terminal)

    def feed(self, data: bytes) -> None:
        _VTERM.vterm_input_write(self._terminal, data, len(data))

    @property
    def display(self) -> list[str]:
        """The screen's text, a string per row, blanks at the end left off."""
        room = ctypes.create_string_buffer(self.columns * 32)
        found = []
        for row in range(self.rows):
            area = _Rect(row, row + 1, 0, self.columns)
            length = _VTERM.vterm_screen_get_text(self._screen, room, len(room), area)
            found.append(room.raw[:length].decode("utf-8", "replace").rstrip(" "))
        return found

    @property
    def cursor(self) -> tuple[int, int]:
        """The cursor's row and column, from 0."""
        place = _Position()
        _VTERM.vterm_state_get_cursorpos(_VTERM.vterm_obtain_state(self._terminal), ctypes.byref(place))
        return place.row, place.col
