"""The table in groups as one uses it: tiny sizes, the mouse, many rows in slices, what a filter or a page does."""

from __future__ import annotations

from typing import Any

import pytest

from tests.app._plain import SIZES, PlainApp, lines, until
from tests.app.test_resource_table import COLUMNS, Listening, node
from tui.ports import Ref
from tui.widgets.resource_table import ResourceTable
from tui.widgets.row_groups import GroupId, Grouping

RACKS = Grouping("rack", lambda row: f"r{int(row.id[3:]) % 3}", lambda value: f"rack={value}")


def racks(count: int = 30) -> ResourceTable:
    made = ResourceTable(COLUMNS)
    made.set_rows(node(number, "▲ Lost" if number % 3 == 1 else "● Online") for number in range(count))
    made.group_by(RACKS)
    return made


def rack(number: int) -> GroupId:
    return GroupId("rack", f"r{number}")


def cursor(widget: ResourceTable) -> Any:
    return widget.cursor_id


@pytest.mark.parametrize("size", [*SIZES, (20, 5), (3, 2), (1, 1)])
async def test_headers_are_drawn_and_folded_at_every_size(size: tuple[int, int]) -> None:
    app = Listening(racks())
    async with app.run_test(size=size) as pilot:
        await pilot.press("j", "space", "h", "space", "l", "G", "enter", "k", "greater_than_sign", "comma", "pagedown")
        drawn = lines(app.widget)
        assert len(drawn) == size[1]
        assert all(len(line) <= size[0] for line in drawn)
    assert not [row for row in app.widget.marked_ids if isinstance(row, GroupId)]  # type: ignore[attr-defined]


async def test_the_mouse_folds_and_marks_a_group() -> None:
    widget = racks()
    app = Listening(widget)
    async with app.run_test(size=(80, 24)) as pilot:
        assert lines(widget)[1].startswith("▸ ▾ rack=r1  10  ▲ 10 Lost")
        await pilot.click(widget, offset=(5, 1), times=2)
        assert widget.folded == ["r1"]
        await pilot.click(widget, offset=(1, 2))
        assert {int(row.id[3:]) % 3 for row in widget.marked_ids} == {0}  # type: ignore[attr-defined]
        assert lines(widget)[2].startswith(" ◆▾ rack=r0")
        await pilot.click(widget, offset=(1, 2))
        assert widget.marked_ids == []
        assert not [one for one in app.said if isinstance(one, ResourceTable.RowSelected)]


async def test_grouping_in_the_middle_of_a_list_shows_no_header() -> None:
    widget = racks(60)
    widget.group_by(None)
    app = Listening(widget)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("pagedown", "k", "k", "k")
        stood = cursor(widget)
        widget.group_by(RACKS)
        await pilot.pause()
        assert cursor(widget) == stood
        assert any("rack=" in line for line in lines(widget))


async def test_a_cursor_that_a_fold_or_a_filter_hid_comes_back_to_its_row() -> None:
    widget = racks()
    app = PlainApp(widget)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("j", "j", "j")
        held: Any = widget.cursor_id
        assert held == Ref("local", "mi-00007")
        widget.set_filter("name=web-1")
        assert cursor(widget) == Ref("local", "mi-00001")
        widget.set_filter("")
        assert cursor(widget) == held
        widget.group_by(None)
        widget.group_by(RACKS, folded=["r1"])
        assert cursor(widget) == rack(1)
        await pilot.press("l")
        assert cursor(widget) == held
        widget.set_filter("name=web-3")
        await pilot.press("g")
        widget.set_filter("name=web-1")
        assert cursor(widget) == rack(1)
        widget.set_filter("")
        assert cursor(widget) == rack(0)


async def test_columns_scroll_sideways_where_there_is_nothing_to_fold() -> None:
    widget = racks()
    app = PlainApp(widget)
    async with app.run_test(size=(26, 10)) as pilot:
        await pilot.press("j", "l", "l")
        assert "‹" in lines(widget)[0]
        assert widget.folded == []
        await pilot.press("h", "h")
        assert "‹" not in lines(widget)[0]
        await pilot.press("h")
        assert widget.folded == ["r1"]
        assert cursor(widget) == rack(1)
        await pilot.press("l", "l")
        assert widget.folded == []
        assert "‹" in lines(widget)[0]
        await pilot.press("h")
        assert widget.folded == ["r1"]


async def test_a_row_that_changes_redraws_its_header_and_moves_no_cursor() -> None:
    widget = racks()
    app = PlainApp(widget)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("G")
        held = widget.cursor_id
        for number in range(0, 30, 3):
            widget.update_cell(Ref("local", f"mi-{number:05d}"), "ping", ("▲ Lost", "error"))
        widget.update_row(*node(1))
        await pilot.pause()
        assert cursor(widget) == held
        await pilot.press("g")
        assert lines(widget)[1].startswith("▸ ▾ rack=r0  10  ▲ 10 Lost")
        widget.remove_row(*[row for row in widget.ids if row.id != "mi-00001"])  # type: ignore[attr-defined]
        assert lines(widget)[1].startswith("▸ ▾ rack=r1  1  ● 1 Online")


async def test_many_rows_are_grouped_while_pages_come_in_and_another_wish_is_made() -> None:
    widget = ResourceTable(COLUMNS)
    app = Listening(widget)
    async with app.run_test(size=(120, 36)) as pilot:
        widget.set_rows(node(number, "▲ Lost" if number % 3 else "● Online") for number in range(12_000))
        await pilot.press("j", "j", "j")
        held = widget.cursor_id
        widget.group_by(Grouping("name", lambda row: str(row.id), str))
        widget.group_by(RACKS)
        assert widget.arranging
        widget.add_rows(node(number, "▲ Lost") for number in range(12_000, 12_100))
        widget.remove_row(Ref("local", "mi-00001"))
        await until(pilot, lambda: not widget.arranging)
        assert cursor(widget) == held
        await pilot.press("g")
        assert lines(widget)[1].startswith("▸ ▾ rack=r2  4033  ▲ 4033 Lost")
        widget.set_filter("ping=online")
        widget.sort_by("cpu", True)
        await until(pilot, lambda: not widget.arranging)
        groups: Any = widget.model.groups
        assert [(group.title, len(group.slots)) for group in groups.groups] == [("rack=r0", 4000)]
        widget.set_rows([])
        widget.set_rows(node(number) for number in range(6))
        await until(pilot, lambda: not widget.arranging)
        assert [len(group.slots) for group in groups.groups] == [2, 2, 2]
        widget.group_by(None)
        assert widget.cursor_id == widget.ids[0]
