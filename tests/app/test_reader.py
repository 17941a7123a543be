"""The text over the whole screen: its keys mean what they say from the first one on."""

from __future__ import annotations

from pathlib import Path

from tests.app.console import console, hit, says, text_of, until
from tests.app.fake_transport import fleet, node
from tui.screens._dialogs import Reader

TEXT = "\n".join(f"row {number:03d}" for number in range(300))


async def test_the_first_keys_in_a_text_that_was_opened_are_typed_into_a_line_nobody_sees(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        reader = Reader("A text", TEXT)
        await app.push_screen(reader)
        await until(pilot, lambda: "row 000" in text_of(app))
        assert app.focused is None
        for key, top in (("j", 1), ("j", 2), ("k", 1), ("G", 300 - reader.body.size.height), ("g", 0), ("space", 35)):
            await pilot.press(key)
            assert reader.body.top == top, key
        assert reader.line.text == ""
        await pilot.press("q")
        await until(pilot, lambda: app.screen is not reader)


async def test_a_search_goes_on_and_back_and_leaves_the_keys_to_the_text(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        reader = Reader("A text", TEXT)
        await app.push_screen(reader)
        await pilot.press("slash", *"99", "enter")
        assert reader.body.lines[reader.body.top] == "row 099"
        assert app.focused is None
        await pilot.press("n")
        assert reader.body.lines[reader.body.top] == "row 199"
        await pilot.press("N", "k")
        assert reader.body.lines[reader.body.top] == "row 098"
        await hit(pilot, "slash", *"nowhere", "enter")
        await says(pilot, "is not in this text")
        await pilot.press("slash", *"jj", "escape", "j")
        assert (reader.line.display, reader.body.lines[reader.body.top]) == (False, "row 099")
        await pilot.press("slash")
        assert reader.line.text == ""
        await pilot.press("escape", "escape")
        await until(pilot, lambda: app.screen is not reader)
