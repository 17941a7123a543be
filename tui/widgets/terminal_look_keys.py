"""The keys of a terminal's scrollback: vi's, and those that one knows from a pager."""

from __future__ import annotations

from collections.abc import Callable

from tui.widgets.terminal_history import LookingBack
from tui.widgets.terminal_lines import Spot
from tui.widgets.terminal_links import Link, Links
from tui.widgets.terminal_motion import by_word, first_word, last_column, sideways

_SIDE = {"h": -1, "left": -1, "l": 1, "right": 1}
_ROWS = {"k": -1, "up": -1, "j": 1, "down": 1}
_PAGES = {"pageup": -1.0, "ctrl+b": -1.0, "pagedown": 1.0, "ctrl+f": 1.0, "space": 1.0, " ": 1.0}
_PAGES |= {"ctrl+u": -0.5, "ctrl+d": 0.5}
_VIEW = {"ctrl+y": 1, "ctrl+e": -1}
_KINDS = {"v": "cells", "V": "lines", "ctrl+v": "block"}


class LookKeys:
    """Acts on keys while one looks back. What goes beyond the view is done by what it is given: `leave`, `copy` the
    selection (True to leave then), `follow` a link, and `miss` where a key finds nothing."""

    def __init__(
        self,
        back: LookingBack,
        links: Links,
        *,
        leave: Callable[[], None],
        copy: Callable[[bool], None],
        follow: Callable[[Link], None],
        miss: Callable[[], None],
    ) -> None:
        self._back = back
        self._links = links
        self._leave = leave
        self._copy = copy
        self._follow = follow
        self._miss = miss

    def press(self, key: str) -> None:
        back = self._back
        if key == "q":
            self._leave()
        elif key == "escape":
            self._close_innermost()
        elif key in ("y", "enter", "ctrl+c"):
            self._take(key)
        elif key in _KINDS:
            back.select(_KINDS[key])  # type: ignore[arg-type]  # the values are kinds
        elif key == "/":
            back.begin_search()
        elif key in ("n", "N"):
            if not (back.search.go(back.cursor, older=key == "n") and back.to_match()):
                self._miss()
        elif key in ("o", "tab", "shift+tab"):
            self._link(key)
        elif key in _PAGES:
            back.scroll(-int(back.page * _PAGES[key]))
            back.stretch()
        elif key in _VIEW:
            back.scroll(_VIEW[key])
            back.stretch()
        else:
            spot = self._move(key)
            if spot is not None:
                back.show(spot)

    def _close_innermost(self) -> None:
        back = self._back
        if back.selection is not None:
            back.selection = None
        elif back.search.needle:
            back.search.clear()
        else:
            self._leave()

    def _take(self, key: str) -> None:
        if self._back.selection is not None:
            self._copy(key != "ctrl+c")
        elif key == "y":
            self._miss()
        else:
            self._leave()

    def _link(self, key: str) -> None:
        back = self._back
        if key == "o":
            link = self._links.at(back.cursor)
            if link is None:
                self._miss()
            else:
                self._follow(link)
            return
        start = max(back.top, back.lines.first)
        stop = min(back.top + back.page, back.lines.stop)
        link = self._links.beside(back.cursor, forward=key == "tab", start=start, stop=stop)
        if link is None:
            self._miss()
        else:
            back.show(Spot(*link.spot))

    def _move(self, key: str) -> Spot | None:
        """Give where a key moves the cursor, None for one that moves nothing."""
        back, lines, here = self._back, self._back.lines, self._back.cursor
        if key in _SIDE:
            return sideways(lines, here, _SIDE[key])
        if key in _ROWS:
            return Spot(here.line + _ROWS[key], here.column)
        if key in ("w", "b", "e", "W", "B", "E"):
            return by_word(lines, here, key)
        moves: dict[str, Callable[[], Spot]] = {
            "0": lambda: Spot(here.line, 0),
            "^": lambda: first_word(lines, here.line),
            "$": lambda: Spot(here.line, last_column(lines, here.line)),
            "g": lambda: Spot(lines.first, 0),
            "home": lambda: Spot(lines.first, 0),
            "G": lambda: Spot(lines.stop - 1, 0),
            "end": lambda: Spot(lines.stop - 1, 0),
            "H": lambda: Spot(back.top, 0),
            "M": lambda: Spot(back.top + back.page // 2, 0),
            "L": lambda: Spot(back.top + back.page - 1, 0),
        }
        return moves[key]() if key in moves else None
