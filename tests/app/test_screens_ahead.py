"""The screen of a command is made while one fills the launcher in; it is as if it were made when it is gone to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from tests.app._command_fake import ID, CommandsFake, command, invocation, output
from tests.app.console import SIZES, console, hit, says, until
from tui.app import SsmApp
from tui.screens.command import CommandScreen
from tui.theming import choose_glyphs

EVENTS = (
    {"type": "command", "Command": command(1, "Success", 1)},
    {"type": "invocation", "Invocation": invocation(1, "Success")},
    output(1, b"up 3 days\n"),
)


async def made_ahead(app: SsmApp, pilot: Pilot[Any]) -> CommandScreen:
    """Wait until the launcher has made the next screen; give that."""
    await says(pilot, "executionTimeout")
    await until(pilot, lambda: "command" in app._spares and app._spares["command"].is_mounted)
    spare = app._spares["command"]
    assert isinstance(spare, CommandScreen)
    return spare


async def test_what_is_sent_shows_in_the_screen_that_was_made_ahead_and_the_next_in_another(tmp_path: Path) -> None:
    fake = CommandsFake()
    async with console(fake.transport, tmp_path, words="run web-01 web-02") as (app, pilot):
        spare = await made_ahead(app, pilot)
        await hit(pilot, *"uptime", "enter")
        await until(pilot, lambda: app.screen is spare)
        await says(pilot, "Looking for the command", "Run › 3f2c0000")
        assert spare.place is app.history.current and spare.argument == ID.format(1)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.NOUN == "run")
        again = await made_ahead(app, pilot)
        assert again is not spare
        await pilot.press("enter", "enter")
        await until(pilot, lambda: app.screen is again)
        await says(pilot, "Looking for the command", "Run › 3f2c0000")
        assert again.argument == ID.format(2)


async def test_a_command_opened_by_its_id_takes_it_too(tmp_path: Path) -> None:
    fake = CommandsFake()
    async with console(fake.transport, tmp_path, words="run web-01") as (app, pilot):
        spare = await made_ahead(app, pilot)
        app.go("command", ID.format(1))
        await until(pilot, lambda: app.screen is spare)
        await fake.happen(*EVENTS)
        await says(pilot, "up 3 days")


async def test_a_terminal_resized_while_it_waited_is_filled(tmp_path: Path) -> None:
    fake = CommandsFake()
    async with console(fake.transport, tmp_path, words="run web-01", size=SIZES[0]) as (app, pilot):
        spare = await made_ahead(app, pilot)
        await pilot.resize_terminal(*SIZES[2])
        app.go("command", ID.format(1))
        await until(pilot, lambda: app.screen is spare)
        await fake.happen(*EVENTS)
        await says(pilot, "up 3 days")
        assert spare.size == SIZES[2] and spare.has_class("-wide") and not spare.has_class("-narrow")


async def test_a_theme_chosen_while_it_waited_is_drawn_with(tmp_path: Path) -> None:
    fake = CommandsFake()
    async with console(fake.transport, tmp_path, words="run web-01") as (app, pilot):
        spare = await made_ahead(app, pilot)
        before = spare.head.background_colors
        app.use_theme("light")
        app.go("command", ID.format(1))
        await until(pilot, lambda: app.screen is spare)
        await fake.happen(*EVENTS)
        await says(pilot, "up 3 days")
        assert spare.head.background_colors != before
        # And a screen that was behind is drawn in the theme of now as well.
        app.use_theme("dark")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.NOUN == "run")
        await until(pilot, lambda: app.screen.background_colors[1] == before[0])


async def test_glyphs_that_turn_out_too_wide_are_drawn_by_none_that_was_made_before(tmp_path: Path) -> None:
    fake = CommandsFake()
    async with console(fake.transport, tmp_path, words="run web-01") as (app, pilot):
        spare = await made_ahead(app, pilot)
        app.draw_with(choose_glyphs("ascii"))
        await until(pilot, lambda: not spare.is_attached)
        again = await made_ahead(app, pilot)
        assert again is not spare


async def test_a_lost_engine_is_told_to_a_screen_that_was_made_before(tmp_path: Path) -> None:
    fake = CommandsFake()
    async with console(fake.transport, tmp_path, words="run web-01") as (app, pilot):
        spare = await made_ahead(app, pilot)
        assert spare.place is None and spare not in app._alive()
        app.go("commands")
        await until(pilot, lambda: app.screen.NOUN == "commands")
        app.go("command", ID.format(1))
        await until(pilot, lambda: app.screen is spare)
        assert spare in app._alive()
