"""The filter in the bottom bar: it is seen while it is typed and while it stands, whatever else there is to say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app._command_fake import ID, CommandsFake, command, invocation
from tests.app.console import SIZES, console, hit, says, text_of, until
from tests.app.fake_transport import fleet, node

LONG = "Something that takes more than a line of this terminal to be said was said while one was typing. " * 3


@pytest.mark.parametrize("size", SIZES)
async def test_a_notice_hid_the_filter_for_eight_seconds(tmp_path: Path, size: tuple[int, int]) -> None:
    async with console(fleet(node(1), node(2, "db-02")), tmp_path, size=size) as (app, pilot):
        await says(pilot, "web-01", "db-02")
        await pilot.press("slash", *"web")
        app.notice("3f2c is done.")
        await says(pilot, "/web", "3f2c is done.", "1 of 2")
        await pilot.press("enter")
        app.notice("Another one is done.")
        await says(pilot, "/web", "Another one is done.", "1 of 2", "? help")
        app.notice(LONG)
        shown = await says(pilot, "/web", "Something that takes", "? help")
        assert "web-01" in shown
        await pilot.press("slash", *"-01")
        await says(pilot, "/web-01", "Something that takes")
        await pilot.press("escape")
        await until(pilot, lambda: "/web" not in text_of(app))
        await says(pilot, "Something that takes", "db-02")


async def test_a_warning_about_the_filter_goes_when_the_filter_is_right(tmp_path: Path) -> None:
    async with console(fleet(node(1), node(2, "db-02")), tmp_path, size=(80, 24)) as (app, pilot):
        await says(pilot, "web-01", "db-02")
        await pilot.press("slash", *"~(~")
        await says(pilot, "/~(~", "Bad regular expression", "db-02")
        await hit(pilot, "backspace", *"web)~")
        await until(pilot, lambda: "Bad regular" not in text_of(app))
        await says(pilot, "/~(web)~", "1 of 2")
        await pilot.press("backspace", "backspace", "~", "enter")
        await says(pilot, "/~(web~", "Bad regular expression")
        await pilot.press("escape")
        await until(pilot, lambda: "Bad regular" not in text_of(app))
        assert app.notices == []


async def test_a_wrong_filter_over_panes_said_nothing(tmp_path: Path) -> None:
    fake = CommandsFake(command(nodes=2))
    async with console(fake.transport, tmp_path, words=f"command {ID.format(1)}") as (app, pilot):
        await fake.happen({"type": "command", "Command": command(1)})
        await fake.happen(*({"type": "invocation", "Invocation": invocation(index)} for index in (1, 2)))
        await says(pilot, "web-01", "web-02")
        await pilot.press("slash", *"~[~")
        await says(pilot, "/~[~", "Bad regular expression", "web-01", "web-02")
        await pilot.press("escape")
        await until(pilot, lambda: "Bad regular" not in text_of(app))


async def test_a_terminal_of_one_line_of_bars_shows_the_filter_before_a_notice(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path, size=(20, 5)) as (app, pilot):
        await until(pilot, lambda: app.screen.phase == "rows")
        await pilot.press("slash", *"web", "enter")
        app.notice("Something was said.")
        await says(pilot, "/web")
