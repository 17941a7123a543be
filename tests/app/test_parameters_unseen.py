"""The pane says what of a value is not seen in it; of a secret only while that shows."""

from __future__ import annotations

from pathlib import Path

from tests.app._parameter_fake import ParametersFake
from tests.app.console import console, says, text_of


async def test_a_value_of_blanks_alone_looked_empty(tmp_path: Path) -> None:
    fake = ParametersFake({"/a": "   ", "/b": "x,y ,z"})
    async with console(fake.transport, tmp_path, words="params") as (_, pilot):
        await says(pilot, "/a", "3 blanks, and nothing else")
        await pilot.press("j")
        await says(pilot, "/b", "1 of 3 items begin or end with a blank")


async def test_the_line_end_of_a_secret_is_told_while_it_shows_alone(tmp_path: Path) -> None:
    fake = ParametersFake({"/a": "secret:hush-9f2c\n"})
    async with console(fake.transport, tmp_path, words="params") as (app, pilot):
        assert "line end" not in await says(pilot, "v reveals it for 10 s", "modified")
        await pilot.press("v")
        await says(pilot, "hush-9f2c", "ends with a line end")
        await pilot.press("v")
        await says(pilot, "v reveals it for 10 s")
        assert "line end" not in text_of(app)
