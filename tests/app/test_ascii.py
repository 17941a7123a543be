"""With `glyphs: ascii` our own words and marks keep to ASCII, on every screen and where something is cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app._command_fake import ID, CommandsFake, command, invocation
from tests.app.console import console, says, text_of, until
from tests.app.fake_transport import fleet, node
from tests.app.test_help import _opened, everything
from tui.config import Config
from tui.widgets.cells import cut, draw_ascii, own

pytestmark = pytest.mark.slow

ASCII = Config(theme="dark", glyphs="ascii")


def strange(text: str) -> str:
    return "".join(sorted({character for character in text if not character.isascii()}))


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
@pytest.mark.parametrize("words", _opened())
async def test_no_screen_draws_more_than_ascii(tmp_path: Path, words: str, size: tuple[int, int]) -> None:
    transport = everything()
    async with console(transport, tmp_path, words=words, size=size, config=ASCII) as (app, pilot):
        assert strange(text_of(app)) == ""
        await until(pilot, lambda: app.services is not None)
        if words.startswith("command "):
            await until(pilot, lambda: "command" in transport.events)
            await transport.events["command"].put({"type": "command", "Command": command(1, "Success")})
            await transport.events["command"].put({"type": "invocation", "Invocation": invocation(1, "Success")})
        await until(pilot, lambda: app.screen.phase == "rows")  # type: ignore[attr-defined]
        assert strange(text_of(app)) == ""
        for key in ("question_mark", "escape", "colon", "escape", "ctrl+p", "escape", "at", "escape", "c"):
            await pilot.press(key)
            assert strange(text_of(app)) == "", key


async def test_what_is_too_long_was_cut_with_a_character_that_takes_two_cells(tmp_path: Path) -> None:
    transport = fleet(*(node(index, f"web-{index:02d}-" + "long" * 30) for index in range(1, 9)))
    async with console(transport, tmp_path, size=(80, 24), config=ASCII) as (app, pilot):
        assert "web-01-long" in await says(pilot, "~")
        app.notice("A notice that is longer than the line. " * 12)
        await says(pilot, "A notice")
        assert strange(text_of(app)) == ""


async def test_many_panes_in_ascii(tmp_path: Path) -> None:
    fake = CommandsFake(command(nodes=30))
    async with console(fake.transport, tmp_path, words=f"command {ID.format(1)}", config=ASCII) as (app, pilot):
        await fake.happen({"type": "command", "Command": command(1, nodes=30)})
        await fake.happen(*({"type": "invocation", "Invocation": invocation(n)} for n in range(1, 31)))
        await says(pilot, "more", "page 1 of", "0/30")
        await pilot.press("x")
        await says(pilot, "* first of two")
        assert strange(text_of(app)) == ""


def test_what_others_wrote_is_drawn_as_it_came() -> None:
    try:
        draw_ascii(True)
        assert cut("한글 … ·", 20) == "한글 … ·"
        assert cut("abcdef", 4) == "abc~"
        assert own("Loading…") == "Loading..."
    finally:
        draw_ascii(False)
    assert cut("abcdef", 4) == "abc…"
    assert own("Loading…") == "Loading…"
