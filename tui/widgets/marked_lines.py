"""Lines that can be marked: one, from the last mark to here, all that show. Marks are kept by id."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Iterable, Sequence
from typing import Generic, Protocol, TypeVar

from tui.widgets.line_view import LineView


class Marked(Protocol):
    """What is behind the lines."""

    marks: set[Hashable]


M = TypeVar("M", bound=Marked)


class MarkedLines(LineView, Generic[M]):
    """Holds marks; a line may stand for several things, or for none, and what one sees of a range is what it marks."""

    model: M
    _marked_last: Hashable | None = None

    # What a subclass says, and adds.

    @property
    @abstractmethod
    def marked_ids(self) -> list[Hashable]:
        """The marked ids: those shown in their order, then those that the filter hides."""

    @property
    @abstractmethod
    def under_cursor(self) -> list[Hashable]:
        """What the line under the cursor stands for."""

    @abstractmethod
    def _stands_for(self, id: Hashable) -> Sequence[Hashable]:
        """Give what is marked with a line."""

    @abstractmethod
    def _showing(self) -> Iterable[Hashable]:
        """Give the ids of all that the filter lets through, the folded ones too."""

    @abstractmethod
    def _between(self, one: int, other: int) -> Iterable[Hashable]:
        """Give what stands on the lines from one to another, and not what is folded in there."""

    def _behind(self, line: int) -> int:
        """Give the line to go to when one has been marked."""
        return line + 1

    @abstractmethod
    def _make_marks(self, marks: set[Hashable]) -> None:
        """Make these the marked ids, and tell of it."""

    # What one may ask, and do.

    @property
    def targets(self) -> list[Hashable]:
        """What an action works on: the marks, else what the line under the cursor stands for."""
        return self.marked_ids or self.under_cursor

    def mark(self, ids: Iterable[Hashable], marked: bool = True) -> None:
        """Mark or unmark by id; unknown ids are left out."""
        marks = self.model.marks
        self._make_marks(marks.union(ids) if marked else marks.difference(ids))

    def _gutter_clicked(self, id: Hashable) -> None:
        ids = self._stands_for(id)
        marked = not self.model.marks.issuperset(ids)
        self.mark(ids, marked)
        self._marked_last = id if marked else None

    def action_mark(self) -> None:
        if self._cursor is not None:
            self._gutter_clicked(self._cursor)
            self._go(self._behind(self._at))

    def action_mark_all(self) -> None:
        self.mark(self._showing())

    def action_invert(self) -> None:
        self._make_marks(self.model.marks.symmetric_difference(self._showing()))

    def action_mark_range(self) -> None:
        """Mark from what was marked last; where that is not marked any more, or not shown, mark what is here."""
        if self._cursor is None:
            return
        last = self._marked_last
        ids = [] if last is None or not self._lines.knows(last) else self._stands_for(last)
        start = self._lines.position(last) if ids and self.model.marks.issuperset(ids) else None
        self._marked_last = self._cursor
        self.mark(self._stands_for(self._cursor) if start is None else self._between(start, self._at))
