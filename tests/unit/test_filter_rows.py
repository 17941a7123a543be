"""The table's rows under any sequence of changes: compared with a plain list that is sorted and filtered anew."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tui.widgets import table_model
from tui.widgets.columns import Column, natural
from tui.widgets.filter_grammar import parse
from tui.widgets.table_model import TableModel

IDS = st.integers(0, 30)
CELLS = st.tuples(st.sampled_from(["web-1", "web-2", "web-10", "db", ""]), st.sampled_from(["a", "b", "c"]))
ROWS = st.lists(st.tuples(IDS, CELLS), max_size=25)
FILTERS = st.sampled_from(["", "web", "!web", "c1=a", "c1!=a", "b"])


class AnyChanges(RuleBasedStateMachine):
    """Every rule is what an operator or a feed does; `arranging` may be half way while rows change."""

    def __init__(self) -> None:
        super().__init__()
        self.model = TableModel()
        self.model.set_columns([Column("c0"), Column("c1")])
        self.rows: dict[int, tuple[str, str]] = {}
        self.steps: Any = None
        self.asked: Any = None
        self.sort: int | None = None
        self.reverse = False
        self.filter = parse("")

    @rule(rows=ROWS)
    def replace(self, rows: list[tuple[int, tuple[str, str]]]) -> None:
        self.model.replace(rows)
        self.rows = dict(rows)
        self.rest()

    @rule(rows=ROWS)
    def extend(self, rows: list[tuple[int, tuple[str, str]]]) -> None:
        self.model.extend(rows)
        self.rows.update(dict(rows))
        self.rest()

    @rule(row=IDS, cells=CELLS)
    def update(self, row: int, cells: tuple[str, str]) -> None:
        assert self.model.update(row, cells) is (row in self.rows)
        if row in self.rows:
            self.rows[row] = cells

    @rule(rows=st.lists(IDS, max_size=40))
    def remove(self, rows: list[int]) -> None:
        self.model.remove(rows)
        for row in rows:
            self.rows.pop(row, None)

    @rule(sort=st.sampled_from([None, 0, 1]), reverse=st.booleans(), text=FILTERS)
    def arrange(self, sort: int | None, reverse: bool, text: str) -> None:
        self.asked = (sort, reverse, parse(text))
        self.steps = self.model.arranging(*self.asked)
        next(self.steps, None)
        self.committed()

    @rule()
    def finish(self) -> None:
        self.rest()

    def rest(self) -> None:
        """Work off what is under way, as the table does after each change that needs it."""
        if self.steps is not None:
            for _ in self.steps:
                pass
            self.committed()
        if self.asked is not None and (self.model.unarranged or self.model.sort != self.asked[0]):
            self.model.arrange(*self.asked)
            self.committed()

    def committed(self) -> None:
        self.sort, self.reverse, self.filter = self.model.sort, self.model.reverse, self.model.filter

    @invariant()
    def it_is_as_if_made_anew(self) -> None:
        shown = [self.model.id_at(position) for position in range(len(self.model))]
        wanted = self.model.filter
        expected = [row for row, cells in self.rows.items() if wanted.matches(cells, ("c0", "c1"))]
        assert self.model.total == len(self.rows)
        assert sorted(shown) == sorted(expected)  # type: ignore[type-var] # ids are whole numbers here
        assert all(self.model.position(row) == place for place, row in enumerate(shown))
        if self.model.sort is not None:
            keys = [natural(self.rows[row][self.model.sort]) for row in shown]  # type: ignore[index] # likewise
            assert keys == sorted(keys, reverse=self.model.reverse)
        elif not self.model.reverse:
            assert shown == expected


TestAnyChanges = AnyChanges.TestCase
TestAnyChanges.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


def test_slots_of_rows_that_are_gone_are_given_back() -> None:
    model = TableModel()
    model.set_columns([Column("c0")])
    model.replace((number, (str(number),)) for number in range(5_000))
    model.arrange(0, False, parse("1"))
    model.remove(range(4_900))
    assert len(model.cells) < 2_500
    assert [model.id_at(place) for place in range(len(model))] == [n for n in range(4_900, 5_000) if "1" in str(n)]


def test_values_that_cannot_be_compared_are_sorted_as_text() -> None:
    model = TableModel()
    model.set_columns([Column("c0")])
    model.replace([(1, (("b", "", "b"),)), (2, (("1", "", 1),)), (3, ("a",))])
    model.arrange(0, False, parse(""))
    assert [model.id_at(place) for place in range(3)] == [2, 3, 1]
    model.extend([(4, (("z", "", object()),))])
    assert model.total == 4


def test_a_sort_keeps_equal_rows_as_they_came() -> None:
    model = TableModel()
    model.set_columns([Column("c0"), Column("c1")])
    count = 3 * table_model.BULK
    model.replace((number, (str(number % 3), "x")) for number in range(count))
    model.arrange(0, False, parse(""))
    assert [model.id_at(place) for place in range(count)] == [n for share in range(3) for n in range(share, count, 3)]


@pytest.mark.parametrize("line", ["name=web-1", "web", "~web~"])
def test_a_pass_that_is_dropped_half_way_changes_nothing(line: str) -> None:
    model = TableModel()
    model.set_columns([Column("name")])
    model.replace((number, (f"web-{number}",)) for number in range(3_000))
    steps = model.arranging(0, True, parse(line))
    next(steps)
    steps.close()
    assert (len(model), model.sort, model.reverse) == (3_000, None, False)
    model.extend([(5_000, ("web-1",))])
    assert model.id_at(3_000) == 5_000


def test_a_filtered_list_was_empty_for_a_moment_whenever_thousands_of_ages_ticked() -> None:
    model = TableModel()
    model.set_columns([Column("name"), Column("age")])
    count = 3 * table_model.BULK

    def rows(age: str) -> list[tuple[int, tuple[str, str]]]:
        return [(number, (f"web-{number}", age)) for number in range(count)]

    model.replace(rows("1s"))
    model.arrange(0, False, parse("web-1"))
    before = model.passing()
    model.replace(rows("2s"))
    assert model.unarranged
    assert model.passing() == before
    steps = model.arranging(0, False, parse("web-1"))
    next(steps)
    model.replace(rows("3s"))  # while the last refresh is still being worked through
    for _ in steps:
        pass
    assert model.passing() == before
    model.remove([number for number in range(count) if number % 2])
    model.arrange(0, False, parse("web-1"))
    assert model.passing() == [number for number in before if number % 2 == 0]
