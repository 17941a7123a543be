"""A long list of lines that one takes or leaves out: what is drawn of each is asked for when it comes into view."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from tui.widgets.cells import clean, cut, fit, width
from tui.widgets.line import Part, lay_out
from tui.widgets.line_cursor import LineCursor, line_bindings
from tui.widgets.top_bar import STYLES, Word

_WORD = 11
"""Cells of the word in front of a line."""


class Check(NamedTuple):
    """What is drawn of a line: a word with its glyph, what it is about, more words, and a note at the right end.

    `taken` is None where there is nothing to take or leave out.
    """

    word: Word
    text: str
    more: Sequence[Word] = ()
    note: Word = ("", "dim")
    taken: bool | None = None


class _Ids:
    """The ids in their order, each once."""

    def __init__(self, ids: Sequence[Hashable]) -> None:
        self.ids = ids
        self._places = {id: place for place, id in enumerate(ids)}

    def __len__(self) -> int:
        return len(self.ids)

    def id_at(self, line: int) -> Hashable:
        return self.ids[line]

    def position(self, id: Hashable) -> int | None:
        return self._places.get(id)

    def neighbour(self, id: Hashable) -> int | None:
        return None

    def knows(self, id: Hashable) -> bool:
        return id in self._places


class CheckList(LineCursor):
    """Draws the lines in view as `look` says them; the owner decides what a toggle does."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES = {*(f"bar--{style}" for style in STYLES), "pick-list--cursor"}
    DEFAULT_CSS = "CheckList { height: 1fr; }"
    BINDINGS = [binding for binding in line_bindings("checks", "line", "the line") if binding.id != "checks.open"]

    class Toggled(Message):
        """A line was clicked at its box."""

        def __init__(self, line_id: Hashable) -> None:
            super().__init__()
            self.line_id = line_id

    class Highlighted(Message):
        """The cursor came to another line."""

        def __init__(self, line_id: Hashable) -> None:
            super().__init__()
            self.line_id = line_id

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, CheckList.Highlighted)

    def __init__(self, look: Callable[[Hashable], Check], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._look = look
        self._ids = _Ids(())
        self._text = 0

    @property
    def _lines(self) -> _Ids:
        return self._ids

    @property
    def _heading(self) -> int:
        return 0

    @property
    def ids(self) -> Sequence[Hashable]:
        return self._ids.ids

    @property
    def cursor_id(self) -> Hashable | None:
        return self._cursor

    def show(self, ids: Sequence[Hashable], *, text: int = 0) -> None:
        """Show these lines; the cursor stays on its own while that is among them. `text` is the longest's cells."""
        anchor = self._anchor()
        self._ids, self._text = _Ids(ids), text or self._text
        self._keep(anchor)
        if self._cursor is None:
            self._to_first()
        self.refresh()

    def draw_again(self, *ids: Hashable) -> None:
        """Draw some lines anew, all of them without any named; those out of view cost nothing."""
        if not ids:
            self.refresh()
        for id in ids:
            line = self._ids.position(id)
            if line is not None:
                self._refresh_line(line)

    def move_to(self, id: Hashable) -> None:
        line = self._ids.position(id)
        if line is not None:
            self._go(line)

    def _highlighted(self) -> None:
        self.post_message(self.Highlighted(self._cursor))

    def render_line(self, y: int) -> Strip:
        base, columns, at = self.rich_style, self.size.width, self._top + y
        if at >= len(self._ids):
            return Strip.blank(columns, base)
        id = self._ids.id_at(at)
        check = self._look(id)
        if id == self._cursor:
            base = base + self.get_component_rich_style("pick-list--cursor")
        style = {name: self.get_component_rich_style(f"bar--{name}", partial=True) for name in STYLES}
        box = "    " if check.taken is None else "[x] " if check.taken else "[ ] "
        left_out = check.taken is False
        text = clean(check.text)
        # Behind a path that is longer than its column the rest is pushed to the right, where there is room for it.
        room = min(max(self._text, 12), max(columns - 44, columns // 3))
        text = fit(text, room) if width(text) <= room else _tail(text, room)
        parts = [
            Part((">" if id == self._cursor else " ") + box, style["dim" if left_out else "text"]),
            Part(fit(clean(check.word[0]), _WORD), style["dim" if left_out else check.word[1]]),
            Part(text + "  ", style["dim" if left_out else "text"]),
        ]
        parts += [Part(more, style["dim" if left_out else name]) for more, name in check.more]
        note = [Part(f" {check.note[0]} ", style[check.note[1]])] if check.note[0] and columns >= 70 else []
        return lay_out(parts, note, columns, base)[0]

    def on_resize(self) -> None:
        self._keep(self._anchor())

    def on_click(self, event: events.Click) -> None:
        line = self._top + event.y
        if line >= len(self._ids):
            return
        self._go(line)
        if event.x < 5:
            self.post_message(self.Toggled(self._ids.id_at(line)))

    def on_mouse_scroll_down(self) -> None:
        self._scroll(self._top + 3)

    def on_mouse_scroll_up(self) -> None:
        self._scroll(self._top - 3)

    def refresh_cursor(self) -> None:
        """Draw the line under the cursor anew."""
        self.refresh(Region(0, self._at - self._top, self.size.width, 1))


def _tail(text: str, cells: int) -> str:
    """Shorten a text at its front: the end of a path says more than its beginning."""
    reversed_cut = cut(text[::-1], cells)
    return fit(reversed_cut[::-1], cells)
