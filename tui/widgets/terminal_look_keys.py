"""The keys of a terminal's scrollback: vi's, and those that one knows from a pager."""

from __future__ import annotations

from collections.abc import Callable

from textual.binding import Binding

from tui.widgets.terminal_history import LookingBack
from tui.widgets.terminal_keys import character_of
from tui.widgets.terminal_lines import Spot
from tui.widgets.terminal_links import Link, Links
from tui.widgets.terminal_motion import by_word, first_word, last_column, sideways


def _key(keys: str, action: str, verb: str, tooltip: str) -> Binding:
    return Binding(keys, action, verb, tooltip=tooltip, show=False, id=f"scrollback.{action.replace(' ', '_')}")


KEYS = [
    _key("h,left", "left", "left", "A character to the left"),
    _key("l,right", "right", "right", "A character to the right"),
    _key("k,up", "up", "up", "A line up"),
    _key("j,down", "down", "down", "A line down"),
    _key("w", "w", "word", "To the next word; W over what blanks part"),
    _key("b", "b", "word back", "To the word before; B over what blanks part"),
    _key("e", "e", "word's end", "To the end of the word; E over what blanks part"),
    _key("0", "line start", "start", "To the start of the line"),
    _key("circumflex_accent", "first word", "first word", "To the first word of the line"),
    _key("dollar_sign", "line end", "end", "To the end of the line"),
    _key("g,home", "oldest", "oldest", "To the oldest line"),
    _key("G,end", "newest", "newest", "To the newest line"),
    _key("H", "view top", "top", "To the first line in view"),
    _key("M", "view middle", "middle", "To the middle of the view"),
    _key("L", "view bottom", "bottom", "To the last line in view"),
    _key("ctrl+u", "half page up", "half up", "Half a page up"),
    _key("ctrl+d", "half page down", "half down", "Half a page down"),
    _key("pageup,ctrl+b", "page up", "page up", "A page up"),
    _key("pagedown,ctrl+f,space", "page down", "page down", "A page down"),
    _key("ctrl+y", "scroll up", "scroll up", "The view a line up"),
    _key("ctrl+e", "scroll down", "scroll down", "The view a line down"),
    _key("v", "select", "select", "Begin to select, or drop it"),
    _key("V", "select lines", "select lines", "Select whole lines"),
    _key("ctrl+v", "select block", "select block", "Select a block of columns"),
    _key("y,enter", "copy", "copy", "Copy what is selected, and leave"),
    _key("ctrl+c", "copy on", "copy on", "Copy what is selected, and stay"),
    _key("slash", "search", "search", "Search upwards as you type; ~like this~ as a regular expression"),
    _key("n", "older", "older", "To the next match above"),
    _key("N", "newer", "newer", "To the next match below"),
    _key("o", "open", "open", "Ask about the link at the cursor"),
    _key("tab", "next link", "next link", "To the next link in view"),
    _key("shift+tab", "link before", "link before", "To the link before in view"),
    _key("escape", "close", "close", "Drop the selection, else the search, else leave"),
    _key("q", "leave", "leave", "Leave the scrollback"),
]
"""The help and the README have them from here."""
_ACTIONS = {name: one.action for one in KEYS for key in one.key.split(",") for name in (key, character_of(key))}
_ACTIONS |= {"W": "W", "B": "B", "E": "E"}
_SIDE = {"left": -1, "right": 1}
_ROWS = {"up": -1, "down": 1}
_PAGES = {"page up": 1.0, "page down": -1.0, "half page up": 0.5, "half page down": -0.5}


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
        back, action = self._back, _ACTIONS.get(key, "")
        match action:
            case "leave":
                self._leave()
            case "close":
                self._close_innermost()
            case "copy" | "copy on":
                self._take(key)
            case "select":
                back.select("cells")
            case "select lines":
                back.select("lines")
            case "select block":
                back.select("block")
            case "search":
                back.begin_search()
            case "older" | "newer":
                if not (back.search.go(back.cursor, older=action == "older") and back.to_match()):
                    self._miss()
            case "open":
                link = self._links.at(back.cursor)
                if link is None:
                    self._miss()
                else:
                    self._follow(link)
            case "next link" | "link before":
                self._to_link(forward=action == "next link")
            case "scroll up" | "scroll down":
                back.scroll(1 if action == "scroll up" else -1)
                back.stretch()
            case _ if action in _PAGES:
                back.scroll(int(back.page * _PAGES[action]))
                back.stretch()
            case _:
                spot = self._move(action)
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

    def _to_link(self, *, forward: bool) -> None:
        back = self._back
        start, stop = max(back.top, back.lines.first), min(back.top + back.page, back.lines.stop)
        link = self._links.beside(back.cursor, forward=forward, start=start, stop=stop)
        if link is None:
            self._miss()
        else:
            back.show(link.spot)

    def _move(self, action: str) -> Spot | None:
        """Give where an action moves the cursor, None for one that moves nothing."""
        back, lines, here = self._back, self._back.lines, self._back.cursor
        match action:
            case "left" | "right":
                return sideways(lines, here, _SIDE[action])
            case "up" | "down":
                return Spot(here.line + _ROWS[action], here.column)
            case "w" | "b" | "e" | "W" | "B" | "E":
                return by_word(lines, here, action)
            case "line start":
                return Spot(here.line, 0)
            case "first word":
                return first_word(lines, here.line)
            case "line end":
                return Spot(here.line, last_column(lines, here.line))
            case "oldest":
                return Spot(lines.first, 0)
            case "newest":
                return Spot(lines.stop - 1, 0)
            case "view top":
                return Spot(back.top, 0)
            case "view middle":
                return Spot(back.top + back.page // 2, 0)
            case "view bottom":
                return Spot(back.top + back.page - 1, 0)
        return None
