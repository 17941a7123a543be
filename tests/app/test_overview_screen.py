"""Overview in its four states at three sizes, each tile as a door, and what is worst first."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.app._command_fake import command
from tests.app._session_fake import SessionsFake, session
from tests.app.console import SIZES, at_each_size, console, hit, says, text_of, until
from tests.app.fake_transport import NOW, FakeTransport, node
from tui.config import Config
from tui.errors import AccessDenied, ApiError

KEYS = ("j", "down", "k", "up", "l", "right", "h", "left", "g", "home", "G", "end", "tab", "shift+tab", "R", "w", "w")


def listed(*commands: dict[str, Any]) -> Any:
    """Answer ListCommands from a table, its Status filter too."""

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        wanted = {one["value"] for one in request.get("Filters") or []}
        return {"Commands": [one for one in commands if not wanted or one["Status"] in wanted]}

    return answer


@pytest.mark.parametrize("size", SIZES)
async def test_tiles_tell_of_nodes_commands_shells_and_the_engine(size: tuple[int, int], tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    fake.transport.answers["ListCommands"] = listed(command(1, nodes=4, CompletedCount=1), command(2, "Failed"))
    async with console(fake.transport, tmp_path, words="overview", size=size) as (_, pilot):
        screen = await says(pilot, "Nodes · 2", "2 ● Online", "Running now · 1", "1/4 echo number-1", "Sessions · 1")
        assert "Failed · 1 of the last 2" in screen
        assert "● Connected web-01" in screen
        assert "pid 7" in screen
        for line in screen.splitlines():
            assert line.count("┌") == line.count("┐")
        # What failed is worst: it stands first.
        assert screen.index("Failed · 1") < screen.index("Nodes · 2") < screen.index("Engine")


async def test_loading_says_so(tmp_path: Path) -> None:
    never = asyncio.Event()

    async def wait(_: dict[str, Any]) -> dict[str, Any]:
        await never.wait()
        return {"InstanceInformationList": [node(1)]}

    transport = FakeTransport({"DescribeInstanceInformation": wait})
    async with console(transport, tmp_path, words="overview") as (_, pilot):
        await at_each_size(pilot, "Loading…")
        never.set()
        await says(pilot, "Nodes · 1")


@pytest.mark.parametrize("size", SIZES)
async def test_empty_tiles_name_the_key_that_fills_them(size: tuple[int, int], tmp_path: Path) -> None:
    fake = SessionsFake(nodes=0)
    async with console(fake.transport, tmp_path, words="overview", size=size) as (_, pilot):
        await says(
            pilot, "no node is registered", "nothing runs", "r on a node", "nothing has run yet", "no shell is open"
        )


async def test_an_error_says_what_why_and_the_way_out(tmp_path: Path) -> None:
    action = "ssm:DescribeInstanceInformation"
    denied = AccessDenied("AccessDeniedException", "no", operation="DescribeInstanceInformation", action=action)
    transport = FakeTransport({"DescribeInstanceInformation": denied})
    async with console(transport, tmp_path, words="overview") as (_, pilot):
        await at_each_size(pilot, "Denied", action, "R tries")


async def test_a_denied_list_is_said_in_its_own_tiles_and_looks_unlike_an_empty_one(tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    good = fake.transport.answers["ListCommands"]
    fake.transport.answers["ListCommands"] = AccessDenied("AccessDenied", "no", action="ssm:ListCommands")
    async with console(fake.transport, tmp_path, words="overview") as (app, pilot):
        screen = await says(pilot, "Failed ✖ not known", "Running now ✖ not known", "ssm:ListCommands", "Sessions · 1")
        assert "nothing runs" not in screen
        fake.transport.answers["ListCommands"] = good
        await pilot.press("R")
        await says(pilot, "nothing runs")
        # What was known stays, and is marked.
        fake.transport.answers["DescribeSessions"] = ApiError("InternalServerError", "boom")
        await pilot.press("R")
        await says(pilot, "Sessions ✖ stale", "● Connected")
        assert "nothing runs" in text_of(app)


async def test_each_tile_opens_what_it_is_about(tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    fake.transport.answers["ListCommands"] = listed(command(1), command(2, "Failed"), command(3, "Success"))
    async with console(fake.transport, tmp_path, words="overview") as (app, pilot):
        await says(pilot, "Failed · 1", "Nodes · 2", "Sessions · 1", "pid 7")
        for tile, seen, unseen in (
            ("failed", "number-2", "number-1"),
            ("nodes", "web-02", "number-1"),
            ("running", "number-1", "number-2"),
            ("sessions", "ops-0000", "number-1"),
        ):
            tiles = app.screen._tiles  # type: ignore[attr-defined]
            await pilot.press("g")
            while tiles.cursor != tile:
                await pilot.press("l")
            await pilot.press("enter")
            await until(pilot, lambda: app.screen.NOUN != "overview")  # type: ignore[attr-defined]
            screen = await says(pilot, seen)
            assert unseen not in screen
            app.go("overview")
            await until(pilot, lambda: app.screen.NOUN == "overview")  # type: ignore[attr-defined]
            assert app.screen._tiles.cursor == tile  # type: ignore[attr-defined]


async def test_the_engine_s_tile_opens_its_raw_answer_and_y_is_refused_elsewhere(tmp_path: Path) -> None:
    async with console(SessionsFake().transport, tmp_path, words="overview") as (_, pilot):
        await says(pilot, "pid 7")
        await hit(pilot, "g", "y")
        await says(pilot, "only the engine's tile")
        await hit(pilot, "G", "enter")
        await says(pilot, "Pid: 7")
        await hit(pilot, "escape", "y")
        await says(pilot, "Pid: 7")


async def test_lost_nodes_are_named_and_a_crash_of_the_engine_is_said(tmp_path: Path) -> None:
    fake = SessionsFake()
    nodes = [node(1), node(2, "[red]db", ping="ConnectionLost"), node(3, ping="Inactive")]
    fake.transport.answers["DescribeInstanceInformation"] = {"InstanceInformationList": nodes}
    fake.transport.answers["DescribeEngine"] |= {
        "LastCrash": {"At": NOW, "Text": "Traceback\nValueError: [b]x"},
        "Live": ["shell on vm"],
        "DiskUsage": [{"Name": "store", "Bytes": 2048}, {"Name": "logs", "Bytes": 1024}],
    }
    async with console(fake.transport, tmp_path, words="overview") as (_, pilot):
        screen = await says(
            pilot, "1 ✖ ConnectionLost  [red]db", "crashed", "ValueError: [b]x", "1 of yours runs in it"
        )
        assert "3 KiB  store 2 KiB" in screen
        assert screen.index("Nodes · 3") < screen.index("Engine") < screen.index("Running now")


async def test_a_command_that_runs_since_long_is_told_of_though_fifty_came_after_it(tmp_path: Path) -> None:
    fake = SessionsFake()
    old = command(1, nodes=3)
    newer = [{**command(2, "Success"), "CommandId": f"{index:08x}-0000-4000-8000-000000000000"} for index in range(50)]
    answer = listed(*newer, old)
    fake.transport.answers["ListCommands"] = lambda asked: (
        answer(asked) if asked.get("Filters") else {"Commands": newer, "NextToken": "more"}
    )
    async with console(fake.transport, tmp_path, words="overview") as (_, pilot):
        await says(pilot, "Running now · 1", "0/3 echo number-1")


@pytest.mark.parametrize("size", [(20, 5), (1, 1)])
async def test_no_size_of_terminal_crashes(size: tuple[int, int], tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    async with console(fake.transport, tmp_path, words="overview", size=size) as (app, pilot):
        await until(pilot, lambda: app.screen.phase == "rows")  # type: ignore[attr-defined]
        await hit(pilot, *KEYS, "slash", "c", "y", "escape", "question_mark", "escape")
        await pilot.resize_terminal(*reversed(size))
        await pilot.pause()


async def test_every_key_works_and_the_cursor_goes_through_all_tiles(tmp_path: Path) -> None:
    async with console(SessionsFake().transport, tmp_path, words="overview", size=(80, 24)) as (app, pilot):
        await says(pilot, "pid 7")
        await hit(pilot, *KEYS)
        tiles = app.screen._tiles  # type: ignore[attr-defined]
        seen = []
        await pilot.press("g")
        for key in ("j", "j", "k", "l", "k", "h"):
            await pilot.press(key)
            seen.append(tiles.cursor)
        assert seen == ["failed", "sessions", "failed", "commands", "running", "nodes"]
        await pilot.press("slash")
        await says(pilot, "no rows to filter")


async def test_a_click_puts_the_cursor_on_a_tile_and_a_second_one_opens_it(tmp_path: Path) -> None:
    async with console(SessionsFake().transport, tmp_path, words="overview", size=(80, 24)) as (app, pilot):
        await says(pilot, "pid 7")
        tiles = app.screen._tiles  # type: ignore[attr-defined]
        await pilot.click(tiles, offset=(60, 7))
        assert tiles.cursor == "commands"
        await pilot.click(tiles, offset=(60, 6))
        await until(pilot, lambda: app.screen.NOUN == "commands")  # type: ignore[attr-defined]


async def test_ascii_glyphs_draw_nothing_else(tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    fake.transport.answers["ListCommands"] = listed(command(1), command(2, "Failed"))
    ascii_only = Config(theme="dark", glyphs="ascii")
    async with console(fake.transport, tmp_path, words="overview", config=ascii_only) as (_, pilot):
        screen = await says(pilot, "Connected", "pid 7")
        assert [character for character in screen if not character.isascii()] == []
