"""Facts of one thing, each behind its name: long ones break at the pane's width, a very long one is cut and says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual import events

from tui.widgets.lines_pane import LinesPane
from tui.widgets.top_bar import Word
from tui.widgets.value_text import Line, wrapped

NAME = 11
"""Cells in front of a fact, for its name."""
SLIM = 40
"""Cells of a pane below which a fact stands under its name."""


class Fact(NamedTuple):
    """A name and lines of words; of more than `most` lines (0: of any number) the rest is told by `more`.

    In `more` `{}` stands for how many lines are left out.
    """

    name: str
    lines: Sequence[Line]
    most: int = 0
    more: str = "{} more lines"


class FactsPane(LinesPane):
    """Draws facts; says nothing of them in its repr, because some are secrets while they show."""

    def __init__(self) -> None:
        super().__init__()
        self._facts: Sequence[Fact] = ()
        self.cut = False
        """Whether a fact was cut."""

    def show_facts(self, facts: Sequence[Fact]) -> None:
        """Draw these facts; the place that one has scrolled to stays."""
        self._facts = facts
        if self.size.width:  # else it is not laid out yet, and all of it would be wrapped for nothing
            self._lay_out(self.size.width)

    def _lay_out(self, columns: int) -> None:
        beside = columns >= SLIM
        room = max(columns - 2 - (NAME if beside else 2), 4)
        made: list[Sequence[Word]] = []
        self.cut = False
        for fact in self._facts:
            lines = [part for line in fact.lines for part in wrapped(line, room)]
            if fact.most and len(lines) > fact.most:
                left = len(lines) - fact.most + 1
                lines = [*lines[: fact.most - 1], ((fact.more.format(left), "dim"),)]
                self.cut = True
            name, indent = (f"{fact.name:<{NAME}}", " " * NAME) if beside else ("  ", "  ")
            if not beside and fact.name:
                made.append([(fact.name, "dim")])
            for at, line in enumerate(lines):
                made.append([(indent if at else name, "dim"), *line])
        self.show(made)

    def on_resize(self, event: events.Resize | None = None) -> None:
        self._lay_out(self.size.width)
