"""Fleet in its four states at three sizes, and what can be done there."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.app.console import SIZES, console, hit, says, text_of, until
from tests.app.fake_transport import FakeTransport, fleet, node
from tui.errors import AccessDenied, ApiError
from tui.screens._tags import read_tags


@pytest.mark.parametrize("size", SIZES)
async def test_rows_show_status_name_id_and_platform(size: tuple[int, int], tmp_path: Path) -> None:
    nodes = [node(1), node(2, ping="ConnectionLost"), node(3)]
    async with console(fleet(*nodes, tags={nodes[0]["InstanceId"]: {"env": "prod"}}), tmp_path, size=size) as (
        _,
        pilot,
    ):
        screen = await says(pilot, "● Online", "✖ ConnectionLost", "web-03")
        lines = screen.splitlines()
        assert len(lines) == size[1]
        assert "Debian" in screen
        assert "mi-0000000000000" in screen
        assert ("env" in screen) == (size[0] >= 100)


@pytest.mark.parametrize("size", SIZES)
async def test_empty_says_what_this_is_and_the_key_that_helps(size: tuple[int, int], tmp_path: Path) -> None:
    async with console(fleet(), tmp_path, size=size) as (_, pilot):
        await says(pilot, "No managed nodes.", "R looks again")


@pytest.mark.parametrize("size", SIZES)
async def test_loading_says_so(size: tuple[int, int], tmp_path: Path) -> None:
    never = asyncio.Event()

    async def wait(_: dict[str, Any]) -> dict[str, Any]:
        await never.wait()
        return {"InstanceInformationList": [node(1)]}

    async with console(FakeTransport({"DescribeInstanceInformation": wait}), tmp_path, size=size) as (_, pilot):
        await says(pilot, "Loading the nodes…")
        never.set()
        await says(pilot, "web-01")


@pytest.mark.parametrize("size", SIZES)
async def test_an_error_says_what_why_and_the_way_out(size: tuple[int, int], tmp_path: Path) -> None:
    denied = AccessDenied(
        "AccessDeniedException", "no", operation="DescribeInstanceInformation", action="ssm:DescribeInstanceInformation"
    )
    transport = FakeTransport({"DescribeInstanceInformation": denied})
    async with console(transport, tmp_path, size=size) as (_, pilot):
        await says(pilot, "Denied", "ssm:DescribeInstanceInformation", "R tries")


async def test_a_failed_refresh_keeps_the_rows_and_marks_them_stale(tmp_path: Path) -> None:
    transport = fleet(node(1))
    good = transport.answers["DescribeInstanceInformation"]
    async with console(transport, tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        transport.answers["DescribeInstanceInformation"] = ApiError("InternalServerError", "boom")
        await pilot.press("R")
        screen = await says(pilot, "stale", "InternalServerError")
        assert "web-01" in screen
        transport.answers["DescribeInstanceInformation"] = good
        await pilot.press("R")
        await until(pilot, lambda: "stale" not in text_of(app))


async def test_the_first_page_shows_before_the_second_has_come(tmp_path: Path) -> None:
    second = asyncio.Event()

    async def page(request: dict[str, Any]) -> dict[str, Any]:
        if "NextToken" not in request:
            return {"InstanceInformationList": [node(1)], "NextToken": "2"}
        await second.wait()
        return {"InstanceInformationList": [node(2)]}

    async with console(FakeTransport({"DescribeInstanceInformation": page}), tmp_path) as (app, pilot):
        screen = await says(pilot, "web-01")
        assert "web-02" not in screen
        second.set()
        await says(pilot, "web-02")
        assert app.screen.table.cursor_id.id == node(1)["InstanceId"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("moved", [False, True])
async def test_a_long_fleet_opens_somewhere_in_the_middle_of_its_names(moved: bool, tmp_path: Path) -> None:
    everyone = [node(number) for number in range(130, 0, -1)]
    second = asyncio.Event()

    async def page(request: dict[str, Any]) -> dict[str, Any]:
        start = int(request.get("NextToken", 0))
        if start:
            await second.wait()
        more = {"NextToken": str(start + 50)} if start + 50 < len(everyone) else {}
        return {"InstanceInformationList": everyone[start : start + 50], **more}

    transport = FakeTransport({"DescribeInstanceInformation": page})
    async with console(transport, tmp_path) as (app, pilot):
        await says(pilot, "▸ ● Online  web-81")
        app.screen.opens_for = 60.0  # type: ignore[attr-defined]  # all of it is the start
        if moved:  # who has moved already is not moved away again
            await pilot.press("j")
        second.set()
        await says(pilot, "130 nodes", "▸ ● Online  web-82" if moved else "▸ ● Online  web-01")
        everyone.append(node(0))
        await pilot.press("R")
        await says(pilot, "131 nodes", "▸ ● Online  web-82" if moved else "▸ ● Online  web-01")
        assert app.screen.table.sort_column == "name"  # type: ignore[attr-defined]


async def test_cursor_and_marks_far_down_vanish_while_a_long_fleet_is_looked_at_again(tmp_path: Path) -> None:
    everyone = [node(number) for number in range(1, 131)]
    gates: dict[int, asyncio.Event] = {}

    async def page(request: dict[str, Any]) -> dict[str, Any]:
        start = int(request.get("NextToken", 0))
        if start in gates:
            await gates[start].wait()
        more = {"NextToken": str(start + 50)} if start + 50 < len(everyone) else {}
        return {"InstanceInformationList": everyone[start : start + 50], **more}

    transport = FakeTransport({"DescribeInstanceInformation": page})
    async with console(transport, tmp_path) as (app, pilot):
        await says(pilot, "130 nodes")
        table = app.screen.table  # type: ignore[attr-defined]
        await pilot.press("G", "space", "k", "space", "k")
        here, marks = table.cursor_id, table.marked_ids
        assert here.id in {one["InstanceId"] for one in everyone[100:]}
        assert len(marks) == 2
        for turn in range(3):
            everyone[-1] = node(130, f"web-999-{turn}")
            gates.update({50: asyncio.Event(), 100: asyncio.Event()})
            await pilot.press("R")
            for place, gate in gates.items():
                await until(pilot, lambda place=place: transport.sent[-1][1].get("NextToken") == str(place))  # type: ignore[misc]
                assert (table.cursor_id, table.marked_ids, len(table.ids)) == (here, marks, 130)
                gate.set()
            await says(pilot, f"web-999-{turn}", "2 marked")
            assert (table.cursor_id, table.marked_ids) == (here, marks)


async def test_the_fleet_begins_in_the_order_of_names_and_comes_back_in_the_order_chosen(tmp_path: Path) -> None:
    async with console(fleet(node(1, "web-10"), node(2, "web-9"), node(3, "api-1")), tmp_path) as (app, pilot):
        await says(pilot, "Name ↑")
        names = {f"mi-{number:017x}": name for number, name in ((1, "web-10"), (2, "web-9"), (3, "api-1"))}
        assert [names[ref.id] for ref in app.screen.table.ids] == ["api-1", "web-9", "web-10"]  # type: ignore[attr-defined]
        await pilot.press("comma", "j", "enter")
        await until(pilot, lambda: app.screen.NOUN == "node")
        await pilot.press("escape")
        await says(pilot, "Name ↓")


async def test_the_side_panel_follows_the_cursor(tmp_path: Path) -> None:
    one, two = node(1), node(2)
    transport = fleet(one, two, tags={two["InstanceId"]: {"team": "storage"}})
    async with console(transport, tmp_path) as (app, pilot):
        await says(pilot, "web-02")
        await pilot.press("j")
        await until(pilot, lambda: text_of(app).count(" = storage") == 1)


async def test_markup_and_control_characters_in_names_and_tags_are_drawn_as_they_are(tmp_path: Path) -> None:
    odd = node(1, "[red]web\x1b[31m")
    tags = {odd["InstanceId"]: {"[bold]k": "v\x07 🇰🇷 日本"}}
    async with console(fleet(odd, tags=tags), tmp_path) as (_, pilot):
        screen = await says(pilot, "[red]web␛[31m", "[bold]k")
        assert "\x1b" not in screen
        assert "\x07" not in screen


async def test_tags_are_added_changed_and_removed(tmp_path: Path) -> None:
    one = node(1)
    transport = fleet(one, tags={one["InstanceId"]: {"env": "prod", "old": "1"}})
    async with console(transport, tmp_path, size=(200, 50)) as (_, pilot):
        await says(pilot, "env=prod")
        await pilot.press("t")
        await says(pilot, "Tags of one node", "env=prod old=1")
        await hit(pilot, "ctrl+u", *"env=test 'team=on call'", "enter")
        await says(pilot, "Tags set on 1 node.", "env=test")
        changes = [(operation, request) for operation, request in transport.sent if "Tags" in operation]
        writes = [(operation, request) for operation, request in changes if not operation.startswith("List")]
        assert writes == [
            (
                "RemoveTagsFromResource",
                {"ResourceType": "ManagedInstance", "ResourceId": one["InstanceId"], "TagKeys": ["old"]},
            ),
            (
                "AddTagsToResource",
                {
                    "ResourceType": "ManagedInstance",
                    "ResourceId": one["InstanceId"],
                    "Tags": [{"Key": "env", "Value": "test"}, {"Key": "team", "Value": "on call"}],
                },
            ),
        ]


async def test_marks_that_the_filter_hides_are_named_before_a_change(tmp_path: Path) -> None:
    async with console(fleet(node(1), node(2)), tmp_path) as (_, pilot):
        await says(pilot, "web-02")
        await pilot.press("M", "slash", *"02", "enter")
        await says(pilot, "1 of 2", "2 marked, 1 hidden")
        await pilot.press("t")
        await says(pilot, "Tags that 2 nodes have in common", "Hidden by the filter, yet marked: web-01")
        await pilot.press("escape", "r")
        await says(pilot, "2 nodes", "Hidden by the filter, yet marked: web-01")


@pytest.mark.parametrize("wrong", ["novalue", "=x", "aws:x=1", "a" * 129 + "=1", "'open"])
def test_what_is_no_tag_is_said(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_tags(wrong)


async def test_copy_offers_id_name_and_arn(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        await pilot.press("c")
        await says(pilot, "ARN")
        await pilot.press("3")
        await says(pilot, "Copied ARN.")
        expected = f"arn:aws:ssm:us-east-1:123456789012:managed-instance/{node(1)['InstanceId']}"
        assert app.clipboard == expected


async def test_y_shows_the_raw_answer_as_yaml(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (_, pilot):
        await says(pilot, "web-01")
        await pilot.press("y")
        await says(
            pilot, f"InstanceId: {node(1)['InstanceId']}", "PingStatus: Online", "LastPingDateTime: 20", "+00:00"
        )


async def test_a_shell_on_a_lost_node_is_refused_with_the_reason(tmp_path: Path) -> None:
    async with console(fleet(node(1, ping="ConnectionLost")), tmp_path) as (_, pilot):
        await says(pilot, "web-01")
        await pilot.press("s")
        await says(pilot, "web-01 does not answer")


async def test_an_event_makes_the_list_look_again(tmp_path: Path) -> None:
    transport = fleet(node(1))
    async with console(transport, tmp_path) as (_, pilot):
        await says(pilot, "web-01")
        await until(pilot, lambda: "nodes" in transport.events)
        transport.answers["DescribeInstanceInformation"] = {"InstanceInformationList": [node(1), node(9)]}
        transport.events["nodes"].put_nowait({"type": "node", "InstanceId": "mi-9", "PingStatus": "Online"})
        await says(pilot, "web-09")


async def test_keys_whose_meaning_does_not_exist_here_stay_unbound(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        assert set(app.screen.active_bindings) & {"C", "e", "E", "p", "o", "X"} == set()


async def test_the_readmes_filter_for_lost_nodes_found_none(tmp_path: Path) -> None:
    transport = fleet(node(1), node(2, ping="ConnectionLost"), node(3))
    async with console(transport, tmp_path) as (app, pilot):
        await says(pilot, "web-03")
        screen: Any = app.screen

        def node_of(row: Any) -> str:
            return str(screen.nodes[row].name)

        for line, names in (
            ("ping=lost", {"web-02"}),
            ("!ping=lost", {"web-01", "web-03"}),
            ("ping=ConnectionLost", {"web-02"}),
            ("status=online", {"web-01", "web-03"}),
        ):
            await hit(pilot, "slash", *line, "enter")
            table = app.screen.table
            await until(pilot, lambda names=names, table=table: {node_of(row) for row in table.ids} == names)
            await pilot.press("escape")
