"""The palette and the drawer."""

from __future__ import annotations

from pathlib import Path

from tests.app.console import console, hit, says, text_of, until
from tests.app.fake_transport import fleet, node
from tui.screens._keys import usable


async def test_the_palette_has_every_action_of_the_screen_and_runs_one(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        found = [one for one in usable(app.screen) if one.binding.description]
        described = {one.binding.description if one.refusal else one.binding.tooltip for one in found}
        described |= {what for what, _ in app.keyless()}
        await pilot.press("ctrl+p")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        assert {item.text for item in app.screen.list.items} == described  # type: ignore[attr-defined]
        await hit(pilot, *"follow changes", "enter")
        await says(pilot, "not watching")


async def test_a_refused_action_says_why_in_the_palette(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path, read_only=True) as (_, pilot):
        await says(pilot, "web-01")
        await pilot.press("ctrl+p", *"run")
        await says(pilot, "this console is read-only")


async def test_the_drawer_shows_calls_and_copies_the_equal_command_line(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        await pilot.press("at")
        await says(pilot, "DescribeInstanceInformation", " ms")
        while "aws ssm describe-instance-information" not in text_of(app):
            await pilot.press("j")
        await pilot.press("c")
        await says(pilot, "Copied the command line")
        assert app.clipboard == "aws ssm describe-instance-information --max-results 50"


async def test_the_drawer_closes_with_its_own_key(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        await pilot.press("at", "at")
        await until(pilot, lambda: len(app.screen_stack) == 1)


async def test_the_list_behind_a_window_was_blank(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path, size=(120, 36)) as (app, pilot):
        await says(pilot, "web-01")
        await pilot.press("vertical_line")
        await says(pilot, "[x] Status")
        assert app.screen.styles.background.a < 1
