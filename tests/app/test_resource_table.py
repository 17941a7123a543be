"""The table as one uses it: keys, cursor, scrolling, marks, sort, filter, states, at several sizes."""

from __future__ import annotations

from typing import Any

import pytest
from textual.message import Message

from tests.app._plain import SIZES, PlainApp, lines, until
from tui.ports import Ref
from tui.theming import ASCII
from tui.widgets.resource_table import Column, ResourceTable

COLUMNS = [
    Column("name", "Name", min_width=8, priority=90),
    Column("ping", "Ping", kind="status"),
    Column("id", "Id", min_width=8),
    Column("cpu", "CPU", kind="number"),
    Column("platform", "Platform", wide=True),
    Column("address", "Address", wide=True, priority=10),
]


def node(number: int, ping: str = "● Online") -> tuple[Ref, tuple[Any, ...]]:
    style = "ok" if "Online" in ping else "error"
    cells = (f"web-{number}", (ping, style), f"mi-{number:05d}", f"{number * 7 % 100}%", "Ubuntu 24.04", "10.0.0.1")
    return Ref("local", f"mi-{number:05d}"), cells


class Listening(PlainApp):
    def on_resource_table_row_highlighted(self, message: Message) -> None:
        self.said.append(message)

    on_resource_table_row_selected = on_resource_table_marks_changed = on_resource_table_row_highlighted
    on_resource_table_filter_applied = on_resource_table_sort_changed = on_resource_table_row_highlighted


def table(count: int = 100, **options: Any) -> ResourceTable:
    made = ResourceTable(COLUMNS, **options)
    made.set_rows(node(number) for number in range(count))
    return made


def name(widget: ResourceTable) -> str:
    return str(widget.cells(widget.cursor_id)[0]) if widget.cursor_id else ""  # type: ignore[index] # has a row


@pytest.mark.parametrize("size", [*SIZES, (20, 5), (3, 2), (1, 1)])
async def test_it_draws_and_moves_at_every_size(size: tuple[int, int]) -> None:
    app = Listening(table())
    async with app.run_test(size=size) as pilot:
        await pilot.press("j", "G", "k", "g", "pagedown", "ctrl+u", "l", "h", "space", "greater_than_sign", "comma")
        drawn = lines(app.widget)
        assert len(drawn) == size[1]
        assert all(len(line) <= size[0] for line in drawn)
        if size[0] >= 20:
            assert drawn[0].strip().startswith("Name")
        if size[0] >= 80:
            assert "web-" in drawn[1] and "Online" in drawn[1]


async def test_wide_columns_show_where_there_is_room() -> None:
    for size, shown in (((40, 10), False), ((120, 10), True)):
        app = Listening(table())
        async with app.run_test(size=size):
            assert ("Platform" in lines(app.widget)[0]) is shown


async def test_keys_move_the_cursor_and_the_view() -> None:
    widget = table()
    app = Listening(widget)
    async with app.run_test(size=(80, 24)) as pilot:
        for keys, place in (
            (["j", "j", "down"], 3),
            (["k", "up"], 1),
            (["G"], 99),
            (["g"], 0),
            (["pagedown"], 22),
            (["ctrl+d"], 33),
            (["ctrl+u"], 22),
            (["pageup"], 0),
            (["end"], 99),
            (["home"], 0),
        ):
            await pilot.press(*keys)
            assert name(widget) == f"web-{place}", keys
            assert any(f"web-{place} " in line and line.startswith("▸") for line in lines(widget)), keys
        await pilot.press("enter")
        assert app.said[-1].row == Ref("local", "mi-00000")  # type: ignore[attr-defined] # RowSelected


async def test_the_cursor_stays_on_its_row_when_a_refresh_reorders_everything() -> None:
    widget = table()
    app = Listening(widget)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("pagedown", "pagedown", "space", "k")
        held, marked = widget.cursor_id, widget.marked_ids
        line = next(y for y, text in enumerate(lines(widget)) if text.startswith("▸"))
        widget.set_rows(node(number) for number in reversed(range(120)))
        await pilot.pause()
        assert widget.cursor_id == held
        assert widget.marked_ids == marked
        assert lines(widget)[line].startswith("▸")
        widget.add_rows([node(number) for number in range(120, 300)])
        await pilot.pause()
        assert widget.cursor_id == held
        assert lines(widget)[line].startswith("▸")


async def test_a_row_that_vanishes_leaves_the_cursor_on_its_neighbour() -> None:
    widget = table(10)
    app = Listening(widget)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("j", "j", "j")
        widget.remove_row(Ref("local", "mi-00003"))
        assert name(widget) == "web-4"
        await pilot.press("G")
        widget.remove_row(Ref("local", "mi-00009"))
        assert name(widget) == "web-8"
        widget.clear()
        await pilot.pause()
        assert widget.cursor_id is None
        assert app.said[-1].row is None  # type: ignore[attr-defined] # RowHighlighted


async def test_a_cursor_that_a_filter_hides_comes_back_to_its_row() -> None:
    widget = table()
    app = Listening(widget)
    async with app.run_test(size=(80, 24)) as pilot:
        for _ in range(15):
            await pilot.press("j")
        widget.set_filter('"web-2"')
        assert widget.shown == 11
        assert name(widget) == "web-20"
        widget.set_filter('"no such thing"')
        await pilot.pause()
        assert widget.cursor_id is None
        assert "No row matches" in "\n".join(lines(widget))
        widget.set_filter("")
        assert name(widget) == "web-15"
        widget.set_filter('"web-2"')
        await pilot.press("j")
        widget.set_filter("")
        assert name(widget) == "web-21"


async def test_a_filter_says_what_is_shown_and_a_bad_one_changes_nothing() -> None:
    widget = table()
    app = Listening(widget)
    async with app.run_test(size=(80, 24)) as pilot:
        widget.set_filter("name=web-7")
        await pilot.pause()
        said = [message for message in app.said if isinstance(message, ResourceTable.FilterApplied)]
        assert (said[-1].shown, said[-1].total, said[-1].error) == (1, 100, None)
        fault = widget.set_filter("web ~(~").error
        await pilot.pause()
        assert fault is not None and fault.position == 6
        assert widget.shown == 1 and widget.filter.text == "name=web-7"
        widget.update_row(*node(8))
        widget.update_cell(Ref("local", "mi-00008"), "name", "web-7")
        assert widget.shown == 2


async def test_an_expression_that_explodes_is_given_up_with_a_sentence() -> None:
    widget = ResourceTable([Column("name")])
    app = Listening(widget)
    async with app.run_test(size=(80, 24)) as pilot:
        widget.set_rows([("a", ("a" * 60 + "b",))])
        widget.set_filter("~^(a|aa)+$~")
        await pilot.pause()
        said = [message for message in app.said if isinstance(message, ResourceTable.FilterApplied)]
        assert said[-1].error is not None and "too long" in said[-1].error.message
        assert widget.shown == 1


async def test_marks_are_kept_through_filters_and_the_hidden_ones_are_told() -> None:
    widget = table(20)
    app = Listening(widget)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("space", "space")
        assert [str(row.id) for row in widget.marked_ids] == ["mi-00000", "mi-00001"]  # type: ignore[attr-defined]
        assert lines(widget)[1].startswith(" ◆web-0")
        widget.set_filter("name=web-1*")
        await pilot.press("M")
        assert len(widget.marked_ids) == 12
        assert widget.hidden_marks == [Ref("local", "mi-00000")]
        await pilot.press("asterisk")
        assert widget.marked_ids == [Ref("local", "mi-00000")]
        await pilot.press("ctrl+a")
        await pilot.pause()
        said = [message for message in app.said if isinstance(message, ResourceTable.MarksChanged)]
        assert (said[-1].count, said[-1].hidden) == (12, 1)
        assert len(widget.targets) == 12


async def test_columns_sort_naturally_and_reverse() -> None:
    widget = table(30)
    app = Listening(widget)
    async with app.run_test(size=(80, 24)) as pilot:
        widget.set_rows(node(number) for number in (10, 9, 100, 1))
        await pilot.press("greater_than_sign")
        assert widget.sort_column == "name"
        assert [row.id for row in widget.ids] == ["mi-00001", "mi-00009", "mi-00010", "mi-00100"]  # type: ignore[attr-defined]
        assert "Name ↑" in lines(widget)[0]
        await pilot.press("comma")
        assert [row.id for row in widget.ids] == ["mi-00100", "mi-00010", "mi-00009", "mi-00001"]  # type: ignore[attr-defined]
        assert "Name ↓" in lines(widget)[0]
        widget.add_rows([node(50)])
        assert [row.id for row in widget.ids][1] == "mi-00050"  # type: ignore[attr-defined]
        await pilot.press("less_than_sign", "comma")
        assert widget.sort_column == ""
        assert next(row.id for row in widget.ids) == "mi-00010"  # type: ignore[attr-defined]


async def test_moving_the_cursor_draws_two_lines_and_no_more() -> None:
    widget = table()
    drawn: list[int] = []

    class Counting(ResourceTable):
        def render_line(self, y: int) -> Any:
            drawn.append(y)
            return super().render_line(y)

    widget = Counting(COLUMNS)
    widget.set_rows(node(number) for number in range(100))
    app = Listening(widget)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        drawn.clear()
        await pilot.press("j")
        await pilot.pause()
        assert sorted(set(drawn)) == [1, 2]


async def test_a_value_that_grows_is_not_cut_for_ever() -> None:
    widget = ResourceTable([Column("name"), Column("status", kind="status")])
    widget.set_rows([(1, ("web-1", "Pending")), (2, ("web-2", "Pending"))])
    app = Listening(widget)
    async with app.run_test(size=(60, 6)) as pilot:
        widget.update_cell(2, "status", "Success after a while")
        await pilot.pause()
        assert lines(widget)[2].endswith("Success after a while")
        widget.set_rows([(1, ("a name that is longer", "Pending"))])
        assert "a name that is longer  Pending" in lines(widget)[1]


async def test_markup_control_and_wide_characters_are_drawn_as_they_are() -> None:
    widget = ResourceTable([Column("name", max_width=12), Column("tag")])
    app = Listening(widget)
    async with app.run_test(size=(40, 5)) as pilot:
        widget.set_rows(
            [
                (1, ("[red]x[/red]", "a\x1b[31mb\nc")),
                (2, ("서버-하나둘셋넷", "\u202eevil")),
                (3, ("[/no such]", ("[bold", "ok"))),
            ]
        )
        await pilot.pause()
        drawn = lines(widget)
        assert "[red]x[/red]" in drawn[1] and "a␛[31mb␊c" in drawn[1]
        assert "서버-하나둘…  evil" in drawn[2]
        assert "[/no such]" in drawn[3] and "[bold" in drawn[3]


async def test_columns_that_do_not_fit_scroll_sideways_past_the_first() -> None:
    widget = ResourceTable([Column(f"c{number}", width=10) for number in range(8)])
    widget.set_rows([(1, tuple(f"value {number}" for number in range(8)))])
    app = Listening(widget)
    async with app.run_test(size=(40, 6)) as pilot:
        assert lines(widget)[0].endswith("›")
        await pilot.press(*["l"] * 20)
        drawn = lines(widget)
        assert "value 0" in drawn[1] and "value 7" in drawn[1] and "‹" in drawn[0]
        await pilot.press(*["left"] * 20)
        assert "value 1" in lines(widget)[1]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("state", "message", "expected"),
    [
        ("loading", "", "Loading…"),
        ("empty", "No commands yet. r runs one.", "r runs one."),
        ("error", "AccessDenied: [red]", "AccessDenied: [red]"),
    ],
)
async def test_without_rows_the_state_is_said(size: tuple[int, int], state: str, message: str, expected: str) -> None:
    widget = ResourceTable(COLUMNS)
    app = Listening(widget)
    async with app.run_test(size=size) as pilot:
        widget.state, widget.message = state, message
        await pilot.pause()
        assert expected in "\n".join(lines(widget))
        widget.set_rows([node(1)])
        assert "web-1" in lines(widget)[1]
        assert expected not in "\n".join(lines(widget))


async def test_the_mouse_moves_marks_opens_and_sorts() -> None:
    widget = table()
    app = Listening(widget)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.click(widget, offset=(5, 3))
        assert name(widget) == "web-2"
        await pilot.click(widget, offset=(1, 5))
        assert widget.marked_ids == [Ref("local", "mi-00004")]
        await pilot.click(widget, offset=(5, 7), times=2)
        assert isinstance(app.said[-1], ResourceTable.RowSelected)
        await pilot.click(widget, offset=(3, 0))
        assert widget.sort_column == "name"


async def test_ascii_glyphs_leave_nothing_beyond_ascii() -> None:
    widget = ResourceTable([Column("name", max_width=8), Column("n", kind="number")], glyphs=ASCII)
    widget.set_rows((number, (f"a rather long name {number}", str(number))) for number in range(50))
    app = Listening(widget)
    async with app.run_test(size=(30, 10)) as pilot:
        await pilot.press("space", "greater_than_sign")
        assert "\n".join(lines(widget)).isascii()


async def test_many_rows_are_filtered_and_sorted_while_pages_come_in() -> None:
    widget = ResourceTable(COLUMNS)
    app = Listening(widget)
    async with app.run_test(size=(120, 36)) as pilot:
        widget.set_rows(node(number, "▲ Lost" if number % 3 else "● Online") for number in range(12_000))
        await pilot.press("j", "j", "j")
        widget.set_filter("ping=lost")
        widget.set_filter("ping=lost web-1")
        widget.sort_by("cpu", True)
        assert widget.arranging
        widget.add_rows(node(number, "▲ Lost") for number in range(12_000, 12_100))
        widget.remove_row(Ref("local", "mi-00001"))
        await until(pilot, lambda: not widget.arranging)
        expected = [n for n in range(12_100) if (n % 3 or n >= 12_000) and "1" in str(n) and n != 1]
        assert sorted(row.id for row in widget.ids) == [f"mi-{n:05d}" for n in expected]  # type: ignore[attr-defined]
        shares = [n * 7 % 100 for n in (int(row.id[3:]) for row in widget.ids)]  # type: ignore[attr-defined]
        assert shares == sorted(shares, reverse=True)
        widget.set_filter("")
        await until(pilot, lambda: not widget.arranging)
        assert widget.shown == widget.total == 12_099
        assert name(widget) == "web-3"
