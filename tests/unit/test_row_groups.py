"""Rows in groups under any sequence of changes: compared with groups that are made anew from a plain list."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from tests.unit.test_filter_rows import FILTERS, IDS, AnyChanges
from tui.widgets.columns import Column, natural
from tui.widgets.filter_grammar import parse
from tui.widgets.row_groups import GroupId, Grouping, RowGroups
from tui.widgets.table_model import TableModel

ONLINE, LOST, IDLE = ("● Online", "ok"), ("✖ ConnectionLost", "error"), ("○ Inactive", "warn")


class AnyGroups(AnyChanges):
    """As `AnyChanges`, with groups by either column, folded and unfolded meanwhile."""

    @rule(
        sort=st.sampled_from([None, 0, 1]),
        reverse=st.booleans(),
        text=FILTERS,
        by=st.sampled_from(["same", "none", "c0", "c1"]),
    )
    def arrange(self, sort: int | None, reverse: bool, text: str, by: str = "none") -> None:
        groups = self.model.groups if by == "same" else None
        if by.startswith("c"):
            groups = RowGroups(self.model, Grouping(by, lambda row: self.value(row, by), lambda value: f"{by}={value}"))
        self.asked = (sort, reverse, parse(text), groups)
        self.steps = self.model.arranging(*self.asked)
        next(self.steps, None)
        self.committed()

    @rule(value=st.sampled_from(["web-1", "a", "b", None]), folded=st.booleans())
    def fold(self, value: str | None, folded: bool) -> None:
        if self.model.groups is not None:
            self.model.groups.fold([value], folded)

    @rule(row=IDS)
    def look(self, row: int) -> None:
        """Where a hidden row would stand is a line, or its group shows no rows at all."""
        if self.model.groups is not None and (at := self.model.groups.neighbour(row)) is not None:
            assert 0 <= at < len(self.model.groups)

    def value(self, row: Any, by: str) -> str | None:
        return str(self.model.cells[self.model.slots[row]][0 if by == "c0" else 1]) or None

    @invariant()
    def groups_are_as_if_made_anew(self) -> None:
        groups = self.model.groups
        if groups is None:
            return
        lines = [groups.id_at(position) for position in range(len(groups))]
        assert [groups.position(row) for row in lines] == [*range(len(groups))]
        expected: dict[str | None, list[Any]] = {}
        for row in self.model.passing():
            expected.setdefault(self.value(row, groups.grouping.key), []).append(row)
        made: dict[str | None, list[Any]] = {}
        for row in lines:
            if isinstance(row, GroupId):
                made[row.value] = []
                group = groups.group(row)
                assert group is not None
                assert groups.ids_of(group) == expected[row.value]
                assert sum(group.counts.values()) == len(group.slots)
            else:
                made[[*made][-1]].append(row)
        assert made == {value: [] if value in groups.folded else rows for value, rows in expected.items()}
        assert [*made] == sorted(made, key=lambda value: (value is None, natural(value or "")))
        assert sorted(groups.passing()) == sorted(self.model.passing())  # type: ignore[type-var] # whole numbers


TestAnyGroups = AnyGroups.TestCase
TestAnyGroups.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


def fleet(count: int = 30) -> tuple[TableModel, RowGroups]:
    """Make rows of three environments and none, those of `test` lost, and group them."""
    envs = ["prod", "test", "dev", ""]
    model = TableModel()
    model.set_columns([Column("ping", kind="status"), Column("name"), Column("env")])
    model.replace(
        (number, (LOST if number % 4 == 1 else ONLINE, f"web-{number}", envs[number % 4])) for number in range(count)
    )
    grouping = Grouping(
        "tag:env",
        lambda row: str(model.cells[model.slots[row]][2]) or None,
        lambda value: "(no env)" if value is None else f"env={value}",
    )
    groups = RowGroups(model, grouping)
    model.arrange(None, False, parse(""), groups)
    return model, groups


def titles(groups: RowGroups) -> list[str]:
    return [group.title for group in groups.groups]


def test_the_worst_group_is_first_and_rows_without_the_tag_are_last() -> None:
    model, groups = fleet()
    assert titles(groups) == ["env=test", "env=dev", "env=prod", "(no env)"]
    assert groups.groups[0].counts == {LOST: 8}
    assert groups.slot_at(0) == -1
    for row in (0, 4, 8, 12, 16, 20, 24, 28):
        model.update(row, (IDLE, f"web-{row}", "prod"))
    model.update(2, (LOST, "web-2", "dev"))
    assert titles(groups) == ["env=prod", "env=test", "env=dev", "(no env)"]


def test_one_rows_change_moves_counts_without_parting_all_anew() -> None:
    model, groups = fleet()
    before = groups.groups[:]
    model.update(1, (ONLINE, "web-1", "test"))
    assert groups.groups == before
    assert groups.groups[0].counts == {LOST: 7, ONLINE: 1}
    model.update(1, (ONLINE, "web-1", "new"))
    assert titles(groups) == ["env=test", "env=dev", "env=new", "env=prod", "(no env)"]
    assert groups.groups[0] is before[0]
    model.remove([1])
    assert titles(groups) == ["env=test", "env=dev", "env=prod", "(no env)"]
    assert groups.group(GroupId("tag:env", "new")) is None


def test_a_filter_leaves_no_empty_groups_and_a_fold_outlives_it() -> None:
    model, groups = fleet()
    groups.fold(["test"], True)
    assert groups.position(1) is None
    assert groups.neighbour(1) == groups.position(GroupId("tag:env", "test")) == 0
    model.arrange(None, False, parse("env=dev"), groups)
    assert titles(groups) == ["env=dev"]
    assert len(groups) == 8
    assert groups.neighbour(1) is None
    model.arrange(None, False, parse(""), groups)
    assert groups.id_at(1) == GroupId("tag:env", "dev")
    assert len(groups.passing()) == model.total == 30


def test_a_sort_holds_within_the_groups_and_reversing_it_leaves_them_in_their_order() -> None:
    model, groups = fleet()
    model.arrange(1, True, parse(""), groups)
    assert titles(groups) == ["env=test", "env=dev", "env=prod", "(no env)"]
    assert [groups.id_at(line) for line in range(9)] == [GroupId("tag:env", "test"), 29, 25, 21, 17, 13, 9, 5, 1]


def test_many_groups_and_rows_are_parted_in_steps_that_another_wish_may_drop() -> None:
    model, groups = fleet(9_000)
    other = RowGroups(model, Grouping("name", lambda row: f"web-{row}", str))
    steps = model.arranging(None, False, parse(""), other)
    for _ in range(5):
        next(steps)
    steps.close()
    assert model.groups is groups
    model.arrange(None, False, parse(""), other)
    assert len(other) == 18_000
    assert len(other.groups) == 9_000
    assert [group.counts for group in other.groups[:2]] == [{LOST: 1}] * 2
