"""Themes in the running console."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.app.console import console, says, until
from tests.app.fake_transport import fleet, node
from tui.config import Config

pytestmark = pytest.mark.slow

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


async def test_sixteen_colours_under_the_cursor_are_reversed_not_put_on_another_colour(tmp_path: Path) -> None:
    config = Config(theme="ansi16", glyphs="unicode")
    async with console(fleet(node(1), node(2, ping="ConnectionLost")), tmp_path, config=config) as (app, pilot):
        await says(pilot, "web-02")
        await pilot.press("j")
        table = app.screen.table  # type: ignore[attr-defined]
        await until(pilot, lambda: table.cursor_id == table.ids[1])
        for strip in app.screen._compositor.render_strips():
            segments = [one for one in strip if one.text.strip() and one.style is not None]
            if any("web-02" in one.text for one in segments) and any("ConnectionLost" in one.text for one in segments):
                row = [one for one in segments if one.text.startswith(("✖", "▸"))]
                assert row
                assert all(one.style.reverse for one in row)
                break
        else:
            raise AssertionError("the row is not on screen")


@pytest.mark.parametrize("theme", ["dark", "light", "high-contrast", "ansi16"])
async def test_without_colour_words_glyphs_and_the_cursor_are_told_by_more_than_colour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, theme: str
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    config = Config(theme=theme, glyphs="unicode")
    transport = fleet(node(1), node(2, ping="ConnectionLost"))
    async with console(transport, tmp_path, config=config, read_only=True) as (_, pilot):
        await says(pilot, "web-02")
        await pilot.press("space")
        screen = await says(pilot, "● Online", "✖ ConnectionLost", "1 marked", "READ-ONLY")
        lines = screen.splitlines()
        assert any("◆" in line and "web-01" in line for line in lines)
        assert any(line.startswith("▸") and "web-02" in line for line in lines)
        await pilot.press("t")
        await says(pilot, "this console is read-only")
