"""Cells that light up once when they change: which ones do, which never, and that they fade."""

from __future__ import annotations

from typing import Any

from tests.app._plain import PlainApp, until
from tui.widgets.grouped_table import GroupedTable
from tui.widgets.resource_table import Column, ResourceTable
from tui.widgets.row_groups import Grouping

COLUMNS = [
    Column("name"),
    Column("ping", kind="status"),
    Column("seen", kind="age"),
    Column("load", flash=False),
    Column("tags"),
]


def row(number: int, ping: str = "● Online", seen: str = "3s", load: str = "▁▂", tags: str = "env=dev") -> Any:
    return number, (f"web-{number}", (ping, "ok"), seen, load, tags)


def lit(widget: GroupedTable) -> list[str]:
    """Give the texts that are drawn as changed."""
    return [
        segment.text.strip()
        for y in range(1, widget.size.height)
        for segment in widget.render_line(y)
        if segment.style and segment.style.reverse
    ]


def table(count: int = 9, seconds: float = 600.0) -> ResourceTable:
    made = ResourceTable(COLUMNS)
    made.FLASH_SECONDS = seconds
    made.set_rows(row(number) for number in range(count))
    return made


async def test_a_changed_cell_lights_up_and_fades() -> None:
    widget = table(seconds=0.05)
    async with PlainApp(widget).run_test(size=(80, 12)) as pilot:
        widget.set_rows(row(n) for n in range(9))
        assert lit(widget) == []
        widget.set_rows(row(n, "▲ Lost" if n == 3 else "● Online") for n in range(9))
        assert lit(widget) == ["▲ Lost"]
        await until(pilot, lambda: not lit(widget))
        widget.set_rows(row(n, "▲ Lost" if n == 3 else "● Online") for n in range(9))
        assert lit(widget) == []


async def test_first_rows_pages_and_new_rows_never_light_up() -> None:
    widget = ResourceTable(COLUMNS)
    async with PlainApp(widget).run_test(size=(80, 12)):
        widget.set_rows([row(1), row(2)])
        widget.add_rows([row(3)])
        widget.set_rows([row(1), row(4)])
        assert lit(widget) == []
        widget.calm = True  # a list that is still on its way
        widget.set_rows([row(1, tags="env=prod")])
        assert lit(widget) == []


async def test_ages_glyphs_and_sparklines_never_light_up() -> None:
    widget = table()
    async with PlainApp(widget).run_test(size=(80, 12)):
        widget.update_row(*row(1, seen="4s", load="▂▃", ping="+ Online"))
        assert lit(widget) == []
        widget.update_row(*row(2, tags=""))
        assert lit(widget) == [""]  # what went is to be seen to have gone


async def test_a_cell_that_is_filled_in_does_not_light_up() -> None:
    widget = ResourceTable(COLUMNS)
    async with PlainApp(widget).run_test(size=(80, 12)):
        widget.set_rows([row(1, tags="")])
        widget.set_rows([row(1)])
        assert lit(widget) == []


async def test_one_row_or_cell_that_is_updated_lights_up_alone() -> None:
    widget = table()
    async with PlainApp(widget).run_test(size=(80, 12)):
        widget.update_cell(2, "tags", "env=prod")
        widget.update_row(*row(4, "▲ Lost"))
        widget.update_cell(2, "ping", ("▲ Lost", "error"))
        assert lit(widget) == ["▲ Lost", "env=prod", "▲ Lost"]


async def test_a_changed_row_that_goes_elsewhere_in_the_order_lights_up_there() -> None:
    widget = table()
    async with PlainApp(widget).run_test(size=(80, 12)):
        widget.sort_by("tags")
        widget.update_cell(2, "tags", "zone=b")
        assert lit(widget) == ["zone=b"]
        assert "zone=b" in widget.render_line(9).text


async def test_nothing_lights_up_where_it_is_switched_off() -> None:
    widget = table()
    widget.flashes = False
    async with PlainApp(widget).run_test(size=(80, 12)):
        widget.set_rows([row(1, "▲ Lost")])
        assert lit(widget) == []


async def test_rows_out_of_view_are_not_looked_at() -> None:
    widget = table(5000)
    async with PlainApp(widget).run_test(size=(80, 12)) as pilot:
        widget.set_rows(row(n, "▲ Lost") for n in range(5000))
        await until(pilot, lambda: not widget.arranging)
        assert len(widget._lit) == 1 and len(widget._lit[0].places) == 11


async def test_other_columns_are_no_change() -> None:
    widget = table()
    async with PlainApp(widget).run_test(size=(80, 12)):
        widget.update_cell(1, "tags", "env=prod")
        widget.set_columns([Column("name"), Column("context"), *COLUMNS[1:]])
        widget.set_rows((n, (f"web-{n}", "local", *row(n)[1][1:])) for n in range(9))
        assert lit(widget) == []


async def test_a_cell_lights_up_below_its_group_s_header() -> None:
    widget = table()
    async with PlainApp(widget).run_test(size=(80, 14)):
        widget.group_by(Grouping("rack", lambda row: f"r{row % 3}", lambda value: f"rack={value}"))
        widget.update_cell(4, "tags", "env=prod")
        assert lit(widget) == ["env=prod"]
