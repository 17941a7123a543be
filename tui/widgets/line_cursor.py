"""Where one stands among lines and which of them are in view: the cursor, keyed by id, and the first line that shows.

A subclass says what its lines are (`_lines`), and takes the keys that move over them into its bindings:

    BINDINGS = [*line_bindings("table", "row", "the row"), …]
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable
from typing import Protocol

from textual.binding import Binding
from textual.geometry import Region
from textual.widget import Widget

Anchor = tuple[Hashable | None, int]
"""An id that is to stay on its line of the screen, and that line."""


class Lines(Protocol):
    """What stands on which line, from 0; ids may be known without being on any."""

    def __len__(self) -> int: ...

    def id_at(self, line: int, /) -> Hashable:
        """Give the id on a line.

        Raises: IndexError where there is no such line.
        """

    def position(self, id: Hashable, /) -> int | None:
        """Give the line of an id; None if it is hidden or does not exist."""

    def neighbour(self, id: Hashable, /) -> int | None:
        """Give the line that is next to where a hidden id would stand; None if it does not exist."""

    def knows(self, id: Hashable, /) -> bool: ...


def line_bindings(owner: str, line: str, opened: str) -> list[Binding]:
    """Give the keys of a `LineCursor`; their ids begin with `owner`, the other words are for tooltips."""
    return [
        Binding("j,down", "move(1)", "down", tooltip=f"One {line} down", show=False, id=f"{owner}.down"),
        Binding("k,up", "move(-1)", "up", tooltip=f"One {line} up", show=False, id=f"{owner}.up"),
        Binding("g,home", "edge(0)", "top", tooltip=f"To the first {line}", show=False, id=f"{owner}.top"),
        Binding("G,end", "edge(1)", "bottom", tooltip=f"To the last {line}", show=False, id=f"{owner}.bottom"),
        Binding("pagedown", "page(2)", "page down", tooltip="One page down", show=False, id=f"{owner}.page_down"),
        Binding("pageup", "page(-2)", "page up", tooltip="One page up", show=False, id=f"{owner}.page_up"),
        Binding("ctrl+d", "page(1)", "half down", tooltip="Half a page down", show=False, id=f"{owner}.half_down"),
        Binding("ctrl+u", "page(-1)", "half up", tooltip="Half a page up", show=False, id=f"{owner}.half_up"),
        Binding("enter", "open", "open", tooltip=f"Open {opened} under the cursor", show=False, id=f"{owner}.open"),
    ]


class LineCursor(Widget, can_focus=True):
    """Moves cursor and view over lines, and keeps both while those come, go, fold and change places."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._cursor: Hashable | None = None
        self._wanted: Hashable | None = None  # where the operator put the cursor, while that is hidden
        self._at = 0
        self._top = 0
        self._steered = False  # whether the operator has moved cursor or view

    # What a subclass says, and adds.

    @property
    @abstractmethod
    def _lines(self) -> Lines:
        """What the cursor moves over."""

    @property
    def _heading(self) -> int:
        """Lines of the screen above those that the cursor moves over."""
        return 1

    def _highlighted(self) -> None:
        """Do what follows when the cursor came to another id."""

    def _opened(self) -> None:
        """Do what follows when what is under the cursor is opened."""

    # Cursor and view.

    @property
    def _body(self) -> int:
        """Lines of the screen below the heading."""
        return max(0, self.size.height - self._heading)

    def begin_at_top(self) -> None:
        """Stand on the first line, whatever came in above it, unless the operator has moved already."""
        if not self._steered:
            self._to_first()

    def _to_first(self) -> None:
        steered = self._steered
        self._go(0)
        self._steered = steered

    def _bounded(self, top: int) -> int:
        return max(0, min(top, len(self._lines) - self._body))

    def _refresh_line(self, line: int) -> None:
        if 0 <= line - self._top < self._body:
            self.refresh(Region(0, line - self._top + self._heading, self.size.width, 1))

    def _scroll(self, top: int) -> None:
        top = self._bounded(top)
        if top != self._top:
            self._top, self._steered = top, True
            self.refresh()

    def _go(self, line: int) -> None:
        """Put the cursor on a line, and bring that into view: two lines are drawn anew unless the view moves."""
        lines = self._lines
        if not len(lines):
            return
        line = max(0, min(line, len(lines) - 1))
        self._wanted, self._steered = None, True
        old, self._at = self._at, line
        if line < self._top:
            self._scroll(line)
        elif line >= self._top + self._body > self._top:
            self._scroll(line - self._body + 1)
        self._refresh_line(old)
        self._refresh_line(line)
        held = lines.id_at(line)
        if held != self._cursor:
            self._cursor = held
            self._highlighted()

    def _anchor(self) -> Anchor:
        """Give what stays in place while lines change: the cursor's id, or the first line's if that is not seen."""
        lines = self._lines
        if not len(lines):
            return None, 0
        line = self._at - self._top
        if self._cursor is not None and 0 <= line < self._body:
            return self._cursor, line
        return lines.id_at(min(self._top, len(lines) - 1)), 0

    def _keep(self, anchor: Anchor) -> None:
        """Put cursor and view back after lines came, went, folded or changed places.

        A cursor whose id is hidden stands on a neighbour, or on what it is folded under, and goes back when that is
        shown again; one whose id is gone stays where it was.
        """
        lines, held = self._lines, self._cursor
        at = None if held is None else lines.position(held)
        if at is None and self._wanted is None:
            self._wanted = held
        if not lines.knows(self._wanted):
            self._wanted = None
        if self._wanted is not None and (place := lines.position(self._wanted)) is not None:
            at, self._wanted = place, None
        elif at is None and held is not None:
            at = lines.neighbour(held)
        self._at = max(0, min(self._at, len(lines) - 1)) if at is None else at
        self._cursor = lines.id_at(self._at) if len(lines) else None
        anchored, line = anchor
        place = None if anchored is None else lines.position(anchored)
        self._top = self._bounded((self._at if place is None else place) - line)
        if self._cursor != held:
            self._highlighted()

    # Actions.

    def action_move(self, step: int) -> None:
        self._go(self._at + step)

    def action_edge(self, last: int) -> None:
        self._go(len(self._lines) - 1 if last else 0)

    def action_page(self, halves: int) -> None:
        """Move cursor and view by halves of a page, so that the cursor stays on its line."""
        step = max(1, (self._body - 1) * abs(halves) // 2) * (1 if halves > 0 else -1)
        self._scroll(self._top + step)
        self._go(self._at + step)

    def action_open(self) -> None:
        if self._cursor is not None:
            self._opened()
