"""Ranges of marks: from the row marked last to the cursor, and drawn with Shift; only what one sees is marked."""

from __future__ import annotations

from tests.app._plain import lines
from tests.app.test_grouped_table import RACKS
from tests.app.test_resource_table import Listening, node, table
from tui.ports import Ref
from tui.widgets.resource_table import ResourceTable


def numbers(widget: ResourceTable) -> list[int]:
    return sorted(int(row.id[3:]) for row in widget.marked_ids if isinstance(row, Ref))


async def test_v_marks_from_the_row_marked_last_to_the_cursor_both_ways() -> None:
    widget = table(30)
    async with Listening(widget).run_test(size=(80, 24)) as pilot:
        await pilot.press("j", "j", "space", "j", "j", "V")
        assert numbers(widget) == [2, 3, 4, 5]
        assert sum(line.startswith((" ◆", "▸◆")) for line in lines(widget)) == 4
        await pilot.press("g", "V")
        assert numbers(widget) == [0, 1, 2, 3, 4, 5]


async def test_v_where_nothing_is_marked_marks_the_row_and_begins_there() -> None:
    widget = table(30)
    async with Listening(widget).run_test(size=(80, 24)) as pilot:
        await pilot.press("j", "V", "j", "j", "V")
        assert numbers(widget) == [1, 2, 3]
        await pilot.press("M", "M", "asterisk", "G", "V")
        assert numbers(widget) == [29]  # the row marked last is not marked any more


async def test_a_range_marks_nothing_that_the_filter_hides() -> None:
    widget = table(30)
    async with Listening(widget).run_test(size=(80, 24)) as pilot:
        await pilot.press("space")
        widget.set_filter('"web-1" !"web-15"')
        await pilot.press("g", "space", "G", "V")
        assert numbers(widget) == [0, 1, *range(10, 15), *range(16, 20)]
        assert widget.hidden_marks == [Ref("local", "mi-00000")]


async def test_a_range_starts_anew_where_the_filter_hides_its_start() -> None:
    widget = table(30)
    async with Listening(widget).run_test(size=(80, 24)) as pilot:
        await pilot.press("space")
        widget.set_filter('"web-2"')
        await pilot.press("G", "V")
        assert numbers(widget) == [0, 29]


async def test_a_range_over_a_folded_group_marks_none_of_its_rows() -> None:
    widget = table(9)
    async with Listening(widget).run_test(size=(80, 24)) as pilot:
        widget.group_by(RACKS, folded=["r1"])
        await pilot.press("g", "j", "space", "G", "V")
        assert numbers(widget) == [0, 2, 3, 5, 6, 8]


async def test_shift_and_arrows_draw_marks_and_take_them_back() -> None:
    widget = table(30)
    async with Listening(widget).run_test(size=(80, 24)) as pilot:
        await pilot.press("j", "shift+down", "shift+down", "shift+down")
        assert numbers(widget) == [1, 2, 3, 4]
        await pilot.press("shift+up", "shift+up")
        assert numbers(widget) == [1, 2]
        await pilot.press("shift+up", "shift+up", "shift+up")
        assert numbers(widget) == [0, 1]
        await pilot.press("G", "shift+up")
        assert numbers(widget) == [0, 1, 28, 29]
        await pilot.press("V")
        assert numbers(widget) == [0, 1, 28, 29]


async def test_marks_made_before_stay_when_a_stretch_is_taken_back_over_them() -> None:
    widget = table(30)
    async with Listening(widget).run_test(size=(80, 24)) as pilot:
        await pilot.press("j", "j", "space", "g", *["shift+down"] * 4, *["shift+up"] * 4)
        assert numbers(widget) == [0, 2]


async def test_a_refresh_in_the_middle_of_a_stretch_brings_no_gone_row_back() -> None:
    widget = table(30)
    async with Listening(widget).run_test(size=(80, 24)) as pilot:
        await pilot.press("space", "shift+down", "shift+down")
        widget.set_rows(node(number) for number in range(2, 30))
        await pilot.press("shift+down")
        assert all(number >= 2 for number in numbers(widget))
        assert [row for row in widget.model.marks if row not in widget.model.slots] == []
