"""A table's columns as one chooses them: hidden, moved, wider, all the wide ones; scrolled past the name."""

from __future__ import annotations

import pytest
from textual.events import MouseScrollDown, MouseScrollUp

from tests.app._plain import SIZES, PlainApp, lines
from tests.app.test_resource_table import COLUMNS, Listening, name, node, table
from tui.theming import ASCII
from tui.widgets.column_choice import ColumnChoice
from tui.widgets.resource_table import Column, ResourceTable

FLEET = [
    Column("status", kind="status", min_width=8),
    Column("name", head=True, min_width=8),
    *(Column(f"c{number}", width=14) for number in range(8)),
]


def fleet(**options: object) -> ResourceTable:
    made = ResourceTable(FLEET, **options)  # type: ignore[arg-type]
    made.set_rows((n, (("Online", "ok"), f"web-{n:03d}", *(f"value {c}" for c in range(8)))) for n in range(40))
    return made


@pytest.mark.parametrize("size", SIZES)
async def test_hidden_moved_and_widened_columns_draw_so_at_every_size(size: tuple[int, int]) -> None:
    widget = table()
    async with Listening(widget).run_test(size=size):
        widget.choose(
            ColumnChoice(
                order=("id", "name", "ping", "cpu"), hidden=frozenset({"ping"}), widths={"name": 20, "no such": 9}
            )
        )
        drawn = lines(widget)
        assert drawn[0].split()[:3] == ["Id", "Name", "CPU"]
        assert "Online" not in "\n".join(drawn)
        assert drawn[1].index("0%") - drawn[1].index("web-0") >= 20
        widget.choose(ColumnChoice())
        assert lines(widget)[0].split()[:3] == ["Name", "Ping", "Id"]


async def test_the_cursor_the_marks_and_the_sort_stay_when_columns_are_chosen() -> None:
    widget = table()
    async with Listening(widget).run_test(size=(80, 24)) as pilot:
        await pilot.press("pagedown", "space", "greater_than_sign", "greater_than_sign")
        held = widget.cursor_id, widget.marked_ids, widget.sort_column
        line = next(y for y, text in enumerate(lines(widget)) if text.startswith("▸"))
        widget.choose(ColumnChoice(hidden=frozenset({"ping", "name"}), order=("cpu",)))
        assert (widget.cursor_id, widget.marked_ids, widget.sort_column) == held
        assert lines(widget)[line].startswith("▸")
        widget.set_filter("name=web-7")
        assert widget.shown == 1  # a hidden column is still one that filters know


async def test_w_shows_the_wide_columns_where_there_is_no_room_and_again_only_where_there_is() -> None:
    widget = table()
    app = Listening(widget)
    async with app.run_test(size=(40, 10)) as pilot:
        assert "Platform" not in lines(widget)[0]
        await pilot.press("W", "dollar_sign")
        assert "Address" in lines(widget)[0] and "10.0.0.1" in lines(widget)[1] and "web-0" in lines(widget)[1]
        await pilot.press("0")
        assert "Ping" in lines(widget)[0]
        await pilot.press("W", "dollar_sign")
        assert "Address" not in lines(widget)[0]


async def test_the_name_stays_while_the_others_scroll_sideways() -> None:
    widget = fleet()
    async with PlainApp(widget).run_test(size=(60, 10)) as pilot:
        assert lines(widget)[0].endswith("›") and "‹" not in lines(widget)[0]
        await pilot.press("j", "l", "l")
        drawn = lines(widget)
        assert "web-001" in drawn[2] and "Online" in drawn[2] and "value 2" in drawn[2]
        assert "value 0" not in drawn[2] and "‹" in drawn[0] and "›" in drawn[0]
        assert widget.cursor_id == 1
        await pilot.press("dollar_sign")
        assert "value 7" in lines(widget)[2] and not lines(widget)[0].endswith("›")
        await pilot.press("0")
        assert "value 0" in lines(widget)[2] and "‹" not in lines(widget)[0]


async def test_a_wheel_with_shift_scrolls_sideways_and_not_down() -> None:
    widget = fleet(glyphs=ASCII)
    async with PlainApp(widget).run_test(size=(60, 10)) as pilot:
        for kind, text in ((MouseScrollDown, "value 1"), (MouseScrollUp, "value 0")):
            widget.post_message(kind(widget, 5, 5, 0, 0, 0, True, False, False))
            await pilot.pause()
            first = lines(widget)[1]
            assert "web-000" in first and first.split("web-000")[1].split("  ")[1].strip() == text
        assert "\n".join(lines(widget)).isascii()


async def test_each_part_of_a_screen_has_its_own_choice() -> None:
    widget = ResourceTable()
    widget.choices = {"disks": ColumnChoice(hidden=frozenset({"name"}))}
    async with PlainApp(widget).run_test(size=(60, 5)):
        widget.set_columns([Column("name"), Column("size")], "disks")
        assert lines(widget)[0].split() == ["size"]
        widget.set_columns([Column("name"), Column("user")], "processes")
        assert lines(widget)[0].split() == ["name", "user"]


async def test_a_choice_of_columns_is_told() -> None:
    said = []

    class Hearing(Listening):
        def on_resource_table_columns_chosen(self, event: ResourceTable.ColumnsChosen) -> None:
            said.append((event.part, event.choice.wide))

    widget = table()
    widget.columns_asked = lambda: said.append(("asked", False))
    async with Hearing(widget).run_test(size=(80, 24)) as pilot:
        await pilot.press("W", "W", "vertical_line")
        assert said[-1] == ("asked", False) and ("", False) in said


async def test_pages_that_come_in_do_not_move_what_is_scrolled_sideways() -> None:
    widget = fleet()
    async with PlainApp(widget).run_test(size=(60, 10)) as pilot:
        await pilot.press("l", "l", "l")
        header = lines(widget)[0]
        widget.add_rows([(n, (("● Online", "ok"), f"web-{n:03d}", *["v"] * 8)) for n in range(40, 80)])
        assert lines(widget)[0] == header


async def test_cursor_names_are_found_whatever_is_hidden() -> None:
    widget = table(5)
    async with Listening(widget).run_test(size=(80, 24)) as pilot:
        widget.choose(ColumnChoice(hidden=frozenset(column.key for column in COLUMNS)))
        await pilot.press("j")
        assert name(widget) == "web-1" and lines(widget)[2].split() == ["▸", "web-1"]
        widget.update_row(*node(1, "✖ Lost"))
        assert lines(widget)[2].split() == ["▸", "web-1"]
