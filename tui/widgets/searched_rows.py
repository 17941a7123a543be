"""Rows in slots as filters see them: by columns, by further fields, and by the text that words look at."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Generator, Hashable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from tui.widgets.columns import Column
from tui.widgets.filter_grammar import folded

Fields = Callable[[Any], Mapping[str, str]]
"""From an id to what filters may ask for that no column shows."""

_STEP = 512


class SearchedRows:
    """Keeps ids by slot; a slot whose row is gone has None for one, and `hay` has "" where it is yet to be made."""

    FIRST: ClassVar[int] = 0
    """The place of the first column among what filters take for a row's cells."""

    def __init__(self) -> None:
        self.columns: tuple[Column, ...] = ()
        self.fields: Fields | None = None
        self.slots: dict[Hashable, int] = {}
        self.ids: list[Hashable] = []
        self.hay: list[str] = []
        self.marks: set[Hashable] = set()
        self._places: dict[str, int] = {}

    @abstractmethod
    def index(self, slots: Iterable[int]) -> None:
        """Make what words search in."""

    def column(self, key: str) -> int | None:
        return self._places.get(key)

    def field(self, row: int, key: str) -> str | None:
        if self.fields is None or self.ids[row] is None:
            return None
        values = self.fields(self.ids[row])
        if key in values:
            return values[key]
        return next((value for name, value in values.items() if folded(name) == key), None)

    def set_columns(self, columns: Sequence[Column]) -> None:
        self.columns = tuple(columns)
        places = list(enumerate(columns, self.FIRST))
        self._places = {folded(column.heading): place for place, column in reversed(places)}
        self._places |= {folded(column.key): place for place, column in places}

    def warming(self) -> Generator[None, None, None]:
        """Make what words search in ahead of the first filter, in steps."""
        at = 0
        while at < len(self.ids):
            self.index(range(at, min(at + _STEP, len(self.ids))))
            at += _STEP
            yield
