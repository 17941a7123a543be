"""The list of commands: what ran and what runs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.app._command_fake import ID, CommandsFake, command
from tests.app.console import SIZES, console, says, text_of, until
from tests.app.fake_transport import FakeTransport
from tui.errors import ApiError, Unreachable


@pytest.mark.parametrize("size", SIZES)
async def test_rows_say_status_script_and_counters(tmp_path: Path, size: tuple[int, int]) -> None:
    fake = CommandsFake(command(2, "Failed", ErrorCount=1), command(1, "Success"))
    async with console(fake.transport, tmp_path, words="commands", size=size) as (_, pilot):
        await says(pilot, "Failed", "Success", "echo number-2", "echo number-1", "2/2")


@pytest.mark.parametrize("size", [*SIZES, (20, 5)])
async def test_its_other_states_at_every_size(tmp_path: Path, size: tuple[int, int]) -> None:
    hang: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def never(*_: object) -> None:
        await hang

    for answer, words in (
        (never, "Loading the commands"),
        ({"Commands": []}, "Nothing has been run yet"),
        (ApiError("InternalServerError", "it broke"), "it broke"),
    ):
        async with console(FakeTransport({"ListCommands": answer}), tmp_path, words="commands", size=size) as (
            _,
            pilot,
        ):
            if size[0] > 20:
                await says(pilot, words)
            else:
                await pilot.pause(0.1)
    async with console(Unreachable("No engine answers."), tmp_path, words="commands", size=size) as (_, pilot):
        if size[0] > 20:
            await says(pilot, "No engine answers.")
        hang.cancel()


async def test_enter_opens_one_and_the_filter_is_there_on_the_way_back(tmp_path: Path) -> None:
    fake = CommandsFake(command(2, "Failed"), command(1, "Success"))
    async with console(fake.transport, tmp_path, words="commands status=Success") as (app, pilot):
        await says(pilot, "1 of 2")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.NOUN == "command")
        assert app.screen.state.ids == [ID.format(1)]
        await pilot.press("escape")
        await says(pilot, "1 of 2", "echo number-1")
        assert "echo number-2" not in text_of(app)


async def test_one_key_asks_and_the_same_key_confirms_a_cancel(tmp_path: Path) -> None:
    fake = CommandsFake(command(1, "InProgress"))
    async with console(fake.transport, tmp_path, words="commands") as (_, pilot):
        await says(pilot, "InProgress")
        await pilot.press("X")
        await says(pilot, "Cancel Command 3f2c0000… on 2 nodes?")
        await pilot.press("X")
        await until(pilot, lambda: fake.sent("CancelCommand"))
    assert fake.sent("CancelCommand") == [{"CommandId": ID.format(1)}]


async def test_a_cancel_of_what_is_over_is_refused_with_its_reason(tmp_path: Path) -> None:
    fake = CommandsFake(command(1, "Success"))
    async with console(fake.transport, tmp_path, words="commands") as (_, pilot):
        await says(pilot, "Success")
        await pilot.press("X")
        await says(pilot, "it does not run any more")


async def test_again_fills_the_launcher_with_the_same_script_and_targets(tmp_path: Path) -> None:
    fake = CommandsFake(command(1, "Success", MaxErrors="3"))
    async with console(fake.transport, tmp_path, words="commands") as (app, pilot):
        await says(pilot, "Success")
        await pilot.press("a")
        await says(pilot, "echo number-1", "runs on 2 nodes", "the same as the last run")
        assert app.screen.form.limits["errors"] == "3"


async def test_read_only_refuses_what_changes(tmp_path: Path) -> None:
    fake = CommandsFake(command(1, "InProgress"))
    async with console(fake.transport, tmp_path, words="commands", read_only=True) as (app, pilot):
        await says(pilot, "InProgress")
        for key in ("X", "a", "r"):
            await pilot.press(key)
            await says(pilot, "read-only")
            assert app.screen.NOUN == "commands"
    assert fake.sent("CancelCommand") == []
