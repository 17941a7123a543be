"""Themes in the running console."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.app.console import console, says, until
from tests.app.fake_transport import fleet, node
from tui.config import Config

MINE = 'primary: "#5aa9e6"\nforeground: "#ffffff"\nbackground: "{}"\n'


def _write(path: Path, text: str, turn: int) -> None:
    path.write_text(text)
    # File systems may keep times too coarsely to tell two writes apart.
    os.utime(path, ns=(turn * 10**9, turn * 10**9))


async def test_an_own_theme_is_read_again_when_it_changes_and_kept_when_it_is_wrong(tmp_path: Path) -> None:
    folder = tmp_path / "themes"
    folder.mkdir()
    mine = folder / "mine.yaml"
    _write(mine, MINE.format("#101010"), 1)
    async with console(fleet(node(1)), tmp_path, config=Config(theme="mine", glyphs="unicode")) as (app, pilot):
        await says(pilot, "web-01")
        assert app.screen.styles.background.hex == "#101010"
        _write(mine, MINE.format("#202020"), 2)
        await until(pilot, lambda: app.screen.styles.background.hex == "#202020")
        _write(mine, MINE.format("nonsense"), 3)
        await says(pilot, "mine.yaml:3:", "expected #rgb")
        assert app.screen.styles.background.hex == "#202020"
        _write(mine, MINE.format("#303030"), 4)
        await until(pilot, lambda: app.screen.styles.background.hex == "#303030")


@pytest.mark.parametrize("name", ["dark", "light", "high-contrast", "ansi16"])
async def test_the_whole_shell_draws_in_every_theme(name: str, tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path, config=Config(theme=name, glyphs="unicode")) as (_, pilot):
        await says(pilot, "● Online")
        for key in ("colon", "ctrl+p", "question_mark", "at", "t", "c"):
            await pilot.press(key)
            await pilot.press("escape")


async def test_a_theme_that_does_not_exist_is_said_and_another_drawn(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path, config=Config(theme="drak", glyphs="unicode")) as (_, pilot):
        await says(pilot, "no theme is named drak", "Did you mean dark?")
