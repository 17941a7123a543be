"""Fleet in groups: the chooser, headers, folding, and that a header is no row to be marked, counted or saved."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pytest

from tests.app.console import SIZES, console, hit, says, text_of, until
from tests.app.fake_transport import FakeTransport, fleet, node
from tui.app import SsmApp
from tui.screens._node_groups import read_words
from tui.services.nodes import Node
from tui.theming import ASCII
from tui.widgets.row_groups import GroupId

ENVS = ["prod", "test", "dev", ""]


def mixed(count: int = 12, lost: int = 2) -> FakeTransport:
    """Make nodes of three environments and none; as many of `test` as `lost` are."""
    nodes = [
        node(number, ping="ConnectionLost" if number % 4 == 1 and lost > number // 4 else "Online")
        for number in range(count)
    ]
    tags = {one["InstanceId"]: {"env": ENVS[number % 4]} for number, one in enumerate(nodes) if number % 4 != 3}
    return fleet(*nodes, tags=tags)


async def grouped(pilot: Any, *, by: str = "4") -> Any:
    """Group by what the chooser has at a number, and give the table."""
    await says(pilot, "web-08")
    await pilot.press("B")
    await says(pilot, "Group by", "2 platform", "3 ping status", "4 env  9 of 12 nodes have the tag")
    await pilot.press(by)
    await until(pilot, lambda: not pilot.app.screen.is_modal)
    return pilot.app.screen.table


def headers(app: SsmApp) -> list[str]:
    """Give the headers on screen, without what stands beside the table."""
    found = re.finditer(r"^[▸ ][◆ ]([▾▸] .*?)(?: {5}.*|█|│)?$", text_of(app), re.MULTILINE)
    return [one[1].strip() for one in found]


@pytest.mark.parametrize("size", SIZES)
async def test_headers_count_by_status_the_worst_group_first(size: tuple[int, int], tmp_path: Path) -> None:
    async with console(mixed(), tmp_path, size=size) as (app, pilot):
        table = await grouped(pilot)
        screen = await says(pilot, "Fleet by env")
        assert headers(app)[0] == "▾ env=test  3  ● 1 Online  ✖ 2 ConnectionLost"
        titles = [group.title for group in table.model.groups.groups]
        assert titles == ["env=test", "env=dev", "env=prod", "(no env)"]
        assert table.cursor_id == GroupId("tag:env", "test")
        assert (table.shown, table.total) == (12, 12)
        assert len(screen.splitlines()) == size[1]
        assert "web-05" in screen
        assert ("platforms" in screen) == (size[0] >= 100)


async def test_h_l_and_enter_fold_and_columns_scroll_where_nothing_folds(tmp_path: Path) -> None:
    async with console(mixed(), tmp_path, size=(80, 24)) as (app, pilot):
        table = await grouped(pilot)
        await pilot.press("j", "j", "h")
        assert table.cursor_id == GroupId("tag:env", "test")
        assert "web-05" not in text_of(app)
        await pilot.press("l")
        await says(pilot, "web-05", "▾ env=test")
        await pilot.press("enter")
        await says(pilot, "▸ env=test")
        assert app.history.current.noun == "nodes"
        await pilot.press("right", "left", "j", "left", "left")
        assert sorted(table.folded) == ["dev", "test"]
        await pilot.press("L")
        await says(pilot, "web-05", "web-06")
        await pilot.press("G", "H")
        assert table.cursor_id == GroupId("tag:env", None)
        assert len(headers(app)) == 4
        assert "web-" not in text_of(app)
        await pilot.press("l", "j", "enter")
        await until(pilot, lambda: app.history.current.noun == "node")


@pytest.mark.slow
async def test_space_on_a_header_marks_its_nodes_as_the_filter_shows_them(tmp_path: Path) -> None:
    async with console(mixed(), tmp_path) as (app, pilot):
        table = await grouped(pilot)
        await pilot.press("slash", *'!"web-01"', "enter", "space")
        await says(pilot, "11 of 12 · 2 marked", "◆▾ env=test  2")
        assert {app.screen.nodes[row].name for row in table.marked_ids} == {"web-05", "web-09"}  # type: ignore[attr-defined]
        assert table.cursor_id == GroupId("tag:env", "dev")
        await pilot.press("escape")
        await says(pilot, "env=test  3  ◆ 2 marked")
        await pilot.press("g", "space", "g", "space")
        await until(pilot, lambda: not table.marked_ids)
        await pilot.press("M", "asterisk", "asterisk")
        assert len(table.marked_ids) == len(table.ids) == 12
        assert not [row for row in table.marked_ids if isinstance(row, GroupId)]


async def test_what_is_saved_are_the_nodes_in_the_order_of_their_groups(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    async with console(mixed(), tmp_path) as (_, pilot):
        await grouped(pilot)
        await hit(pilot, "H", "colon", *f"save {target}", "enter")
        await until(pilot, target.exists)
        await says(pilot, "Saved 12 rows")
    rows = [row["name"] for row in csv.DictReader(target.open())]
    assert rows == [f"web-{number:02d}" for start in (1, 2, 0, 3) for number in range(start, 12, 4)]


async def test_a_filter_leaves_no_empty_groups_and_the_panel_counts_what_is_left(tmp_path: Path) -> None:
    async with console(mixed(), tmp_path) as (app, pilot):
        table = await grouped(pilot)
        await says(pilot, "platforms", "3  Debian GNU/Linux 12")
        await hit(pilot, "slash", *'!"web-05"', "enter")
        await says(pilot, "11 of 12", "2  Debian GNU/Linux 12")
        await hit(pilot, "slash", "ctrl+u", *"env=dev", "enter")
        await says(pilot, "3 of 12")
        assert headers(app) == ["▾ env=dev  3  ● 3 Online"]
        await pilot.press("escape")
        await until(pilot, lambda: table.shown == 12)
        assert table.cursor_id == GroupId("tag:env", "test")


async def test_a_refresh_that_makes_another_group_the_worst_moved_the_cursor(tmp_path: Path) -> None:
    transport = mixed()
    async with console(transport, tmp_path, size=(80, 24)) as (app, pilot):
        table = await grouped(pilot)
        await pilot.press("H", "j")
        held = table.cursor_id
        assert held == GroupId("tag:env", "dev")
        nodes = [node(number, ping="ConnectionLost" if number % 4 == 0 else "Online") for number in range(12)]
        transport.answers["DescribeInstanceInformation"] = {"InstanceInformationList": nodes}
        await pilot.press("R")
        await says(pilot, "▸ env=prod  3  ✖ 3 ConnectionLost")
        assert table.cursor_id == held
        assert [line[:10] for line in headers(app)] == ["▸ env=prod", "▸ env=dev ", "▸ env=test", "▸ (no env)"]


async def test_groups_folds_and_cursor_come_back_and_ascii_draws_them(tmp_path: Path) -> None:
    async with console(mixed(), tmp_path, size=(80, 24)) as (app, pilot):
        await grouped(pilot)
        await pilot.press("h", "j", "h", "space")
        before = app.screen
        app.draw_with(ASCII)
        await until(pilot, lambda: app.screen is not before)
        screen = await says(pilot, "Fleet by env", "+ env=test  3  + 1 Online  x 2 ConnectionLost", "*+ env=dev")
        table = app.screen.table  # type: ignore[attr-defined]
        assert table.cursor_id == GroupId("tag:env", "prod")
        assert sorted(table.folded) == ["dev", "test"]
        assert "- env=prod  3  + 3 Online" in screen
        assert "\n".join(screen.splitlines()[:-1]).isascii()


async def test_what_is_done_on_a_header_is_done_to_its_nodes_or_refused_with_the_reason(tmp_path: Path) -> None:
    async with console(mixed(), tmp_path) as (app, pilot):
        await grouped(pilot)
        for key in ("s", "y"):
            app.notices.clear()
            await pilot.press(key)
            await says(pilot, "this is a group; it works on one node")
        await pilot.press("c")
        await says(pilot, "group  env=test", "target  tag:env=test")
        await pilot.press("3")
        await until(pilot, lambda: app.clipboard == "tag:env=test")
        await pilot.press("t")
        await says(pilot, "On web-01, web-05, web-09.")
        await pilot.press("escape", "r")
        await until(pilot, lambda: app.history.current.noun == "run")
        assert [id[-1] for id in app.history.current.argument] == ["1", "5", "9"]


async def test_ungrouping_puts_the_cursor_on_the_groups_first_node(tmp_path: Path) -> None:
    async with console(mixed(), tmp_path) as (app, pilot):
        table = await grouped(pilot)
        await pilot.press("H", "j", "B")
        await says(pilot, ">4 env")
        await pilot.press("g", "1")
        await until(pilot, lambda: "by env" not in text_of(app))
        assert app.screen.nodes[table.cursor_id].name == "web-02"  # type: ignore[attr-defined]
        assert table.ids[0].id == node(0)["InstanceId"]
        await pilot.press("H")
        await says(pilot, "the nodes are not grouped; B groups them")


async def test_platform_and_ping_status_are_groups_too_and_a_cursor_below_the_top_stays(tmp_path: Path) -> None:
    async with console(mixed(), tmp_path, size=(80, 24)) as (app, pilot):
        await says(pilot, "web-08")
        await pilot.press("j", "j")
        table = await grouped(pilot, by="3")
        assert app.screen.nodes[table.cursor_id].name == "web-02"  # type: ignore[attr-defined]
        await pilot.press("H")
        assert headers(app) == ["▸ ping=ConnectionLost  2  ✖ 2 ConnectionLost", "▸ ping=Online  10  ● 10 Online"]
        await pilot.press("B", "2")
        await says(pilot, "Fleet by platform", "▾ Debian GNU/Linux 12  12  ● 10 Online  ✖ 2 ConnectionLost")


async def test_the_go_to_line_groups_and_filters(tmp_path: Path) -> None:
    async with console(mixed(), tmp_path, words="nodes by=env ping=lost") as (app, pilot):
        await says(pilot, "Fleet by env", "2 of 12", "/ping=lost")
        assert headers(app) == ["▾ env=test  2  ✖ 2 ConnectionLost"]


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("web", ("", "web")),
        ("by=ping a by=platform", ("platform", "a")),
        ("by=tag:ping", ("tag:ping", "")),
        ("by= x", ("", "x")),
    ],
)
def test_go_to_words_name_a_grouping(words: str, meant: tuple[str, str]) -> None:
    assert read_words(words) == meant


async def test_markup_and_control_characters_in_a_tag_are_drawn_in_its_header(tmp_path: Path) -> None:
    one = node(1)
    tags = {one["InstanceId"]: {"[bold]k": "v\x07 🇰🇷 日本" + "x" * 200}}
    async with console(fleet(one, tags=tags), tmp_path, size=(80, 24)) as (_, pilot):
        await says(pilot, "web-01")
        await pilot.press("B", "4")
        screen = await says(pilot, "▾ [bold]k=v␇ KR 日本", "…  1  ● 1 Online")
        assert "\x07" not in screen


async def test_read_only_groups_and_greys_what_changes(tmp_path: Path) -> None:
    async with console(mixed(), tmp_path, read_only=True) as (_, pilot):
        await grouped(pilot)
        await pilot.press("t")
        await says(pilot, "read-only")


async def test_a_nodes_ping_moves_the_counts_of_its_header(tmp_path: Path) -> None:
    async with console(mixed(), tmp_path, size=(80, 24)) as (app, pilot):
        table = await grouped(pilot)
        await pilot.press("H")
        row = next(ref for ref, one in app.screen.nodes.items() if one.name == "web-01")  # type: ignore[attr-defined]
        assert isinstance(app.screen.nodes[row], Node)  # type: ignore[attr-defined]
        table.update_cell(row, "status", ("● Online", "ok"))
        await says(pilot, "▸ env=test  3  ● 2 Online  ✖ 1 ConnectionLost")
        assert table.cursor_id == GroupId("tag:env", "test")
