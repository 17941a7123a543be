"""Lists grouped by a column: the chooser, headers, what a key does on one, and that the way back keeps it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app._command_fake import ID, CommandsFake, command
from tests.app._group_fake import GroupsFake
from tests.app._session_fake import SessionsFake, session
from tests.app.console import SIZES, console, hit, says, text_of, until
from tests.app.fake_transport import fleet, node
from tui.screens.commands import CommandsScreen
from tui.widgets.row_groups import GroupId


def four() -> CommandsFake:
    states = ("InProgress", "Success", "InProgress", "Failed")
    return CommandsFake(*(command(number, status) for number, status in enumerate(states, 1)))


@pytest.mark.parametrize("size", [SIZES[0], *(pytest.param(size, marks=pytest.mark.slow) for size in SIZES[1:])])
async def test_commands_stand_below_their_status_the_worst_first(tmp_path: Path, size: tuple[int, int]) -> None:
    async with console(four().transport, tmp_path, words="commands", size=size) as (app, pilot):
        await says(pilot, "number-4")
        await hit(pilot, "B")
        await says(pilot, "Group by", "status    3 groups", "document  1 group")
        await hit(pilot, "2")
        text = await says(pilot, "Commands by status", "▾ status=Failed  1", "▾ status=InProgress  2")
        assert text.index("status=Failed") < text.index("status=InProgress")
        await hit(pilot, "H")
        assert "number-" not in await says(pilot, "▸ status=Success")
        await hit(pilot, "L", "B", "1")
        await until(pilot, lambda: "status=" not in text_of(app))


@pytest.mark.slow
async def test_a_cancel_on_a_header_asks_about_all_of_its_group(tmp_path: Path) -> None:
    fake = four()
    async with console(fake.transport, tmp_path, words="commands") as (_, pilot):
        await says(pilot, "number-4")
        await hit(pilot, "B", "2")
        await says(pilot, "status=InProgress")
        await hit(pilot, "g", "a")
        await says(pilot, "this is a group; it works on one command")
        await hit(pilot, "X")
        await says(pilot, "it does not run any more")
        await hit(pilot, "j", "j", "X")
        await says(pilot, "2 commands")
        await hit(pilot, "X")
        await until(pilot, lambda: len(fake.sent("CancelCommand")) == 2)
    assert {one["CommandId"] for one in fake.sent("CancelCommand")} == {ID.format(1), ID.format(3)}


@pytest.mark.slow
async def test_the_groups_and_what_is_folded_are_there_on_the_way_back(tmp_path: Path) -> None:
    async with console(four().transport, tmp_path, words="commands") as (app, pilot):
        await says(pilot, "number-4")
        await hit(pilot, "B", "2")
        await says(pilot, "status=InProgress")
        await hit(pilot, "g", "h")
        state = app.screen.save_state()  # type: ignore[attr-defined]
        assert (state["group"], state["folded"]) == ("status", ["Failed"])
        app.screen.table.group_by(None)  # type: ignore[attr-defined]
        app.screen.restore_state(state)  # type: ignore[attr-defined]
        await until(pilot, lambda: "▸ status=Failed" in text_of(app))


@pytest.mark.slow
async def test_the_members_of_a_group_are_grouped_by_kind(tmp_path: Path) -> None:
    things = {"arn:aws:s3:::logs": "AWS::S3::Bucket"}
    one = node(1)
    fake = GroupsFake(one, tags={one["InstanceId"]: {"app": "shop"}}, things=things, shop="app=shop")
    async with console(fake.transport, tmp_path, words="group shop") as (_, pilot):
        await says(pilot, "web-01", "logs")
        await hit(pilot, "B", "2")
        await says(pilot, "shop by kind", "▾ kind=node  1")


@pytest.mark.slow
async def test_sessions_are_grouped_by_node_and_x_on_a_header_ends_all_of_one(tmp_path: Path) -> None:
    fake = SessionsFake(session(1), session(2), session(3, status="Terminated"))
    async with console(fake.transport, tmp_path, words="sessions") as (app, pilot):
        await until(pilot, lambda: app.screen.table.total == 3)  # type: ignore[attr-defined]
        await hit(pilot, "B", "2")
        await says(pilot, "Sessions by status", "▾ status=")
        await hit(pilot, "g", "s")
        await says(pilot, "there is no session under the cursor")
        table = app.screen.table  # type: ignore[attr-defined]
        table.move_to(GroupId("status", "Connected"))
        await hit(pilot, "X")
        await says(pilot, "End 2 shells?")


@pytest.mark.slow
async def test_a_node_s_processes_are_grouped_by_user_and_a_tab_keeps_its_groups(tmp_path: Path) -> None:
    one = node(1)
    transport = fleet(one)
    processes = [{"Pid": pid, "User": ("root", "www")[pid % 2], "Command": f"/bin/p{pid}"} for pid in range(1, 6)]
    transport.answers["ListProcesses"] = {"Processes": processes}
    async with console(transport, tmp_path, words=f"node {one['InstanceId']}") as (app, pilot):
        await says(pilot, "web-01")
        await hit(pilot, "2")
        await says(pilot, "/bin/p5")
        await hit(pilot, "B", "2")
        await says(pilot, "▾ user=www  3", "▾ user=root  2")
        await hit(pilot, "c")
        await until(pilot, lambda: app.screen.is_modal)
        assert "GroupId" not in text_of(app)
        await hit(pilot, "escape", "5")
        await says(pilot, "No tags")
        await hit(pilot, "B")
        await says(pilot, "there are no rows")
        await hit(pilot, "2")
        await says(pilot, "▾ user=www  3")


async def test_a_notice_while_a_list_was_being_made_ended_the_console() -> None:
    screen = CommandsScreen()
    assert screen.table is None
    assert (screen.grouped_by, screen.crumb(), screen.on_header) == ("", screen.own_crumb(), False)
    assert screen.save_state()["folded"] == []
