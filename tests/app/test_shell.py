"""The shell around the screens: bars, notices, the link, sizes, Hangul, faults."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.app.console import console, hit, says, text_of, until
from tests.app.fake_transport import fleet, node
from tui.config import Config
from tui.errors import EngineStopped, Unreachable
from tui.screens._keys import latin_keys
from tui.services.engine import Engine


async def test_the_header_says_where_one_is_and_the_crumbs_how_one_came(tmp_path: Path) -> None:
    async with console(fleet(node(1), node(2)), tmp_path) as (_, pilot):
        screen = await says(pilot, "web-01")
        lines = screen.splitlines()
        assert "ssm-tui  ▸ local · us-east-1 · 2 nodes" in lines[0]
        assert "ago" in lines[0]
        assert lines[0].endswith("Z")
        assert lines[1].strip() == "Fleet"
        assert "r run" in lines[-1]
        assert "? help" in lines[-1]


async def test_a_demo_says_so(tmp_path: Path) -> None:
    transport = fleet(node(1))
    transport.peer["demo"] = True
    async with console(transport, tmp_path) as (_, pilot):
        await says(pilot, "web-01", "DEMO")


@pytest.mark.parametrize("size", [(20, 5), (1, 1), (80, 24)])
async def test_no_size_of_terminal_crashes(size: tuple[int, int], tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path, size=size) as (app, pilot):
        await until(pilot, lambda: app.services is not None)
        for key in ("colon", "escape", "ctrl+p", "escape", "question_mark", "escape", "at", "escape", "slash", "a"):
            await pilot.press(key)
        await pilot.press("escape", "t", "escape", "c", "escape")
        await pilot.resize_terminal(*reversed(size))


async def test_an_engine_that_nobody_reaches_is_said_with_the_key_that_tries_again(tmp_path: Path) -> None:
    async with console(Unreachable("No engine runs in /x."), tmp_path) as (app, pilot):
        await says(pilot, "No engine runs in /x.", "R tries again")
        app.attempts[0] = fleet(node(7))  # type: ignore[attr-defined]
        await pilot.press("R")
        await says(pilot, "web-07")


async def test_a_lost_engine_is_said_and_found_again(tmp_path: Path) -> None:
    transport = fleet(node(1))
    async with console(transport, tmp_path) as (_, pilot):
        await says(pilot, "web-01")
        transport.lose()
        screen = await says(pilot, "The engine was restarted; reattached.")
        assert "web-01" in screen
        assert transport.reconnected == 1


async def test_a_lost_engine_that_stays_away_keeps_the_rows_and_says_so(tmp_path: Path) -> None:
    transport = fleet(node(1))
    back = asyncio.Event()

    async def reconnect() -> None:
        if not back.is_set():
            raise Unreachable("still gone")

    transport.reconnect = reconnect  # type: ignore[method-assign]
    async with console(transport, tmp_path) as (_, pilot):
        await says(pilot, "web-01")
        transport.lose()
        await says(pilot, "engine lost", "web-01")
        back.set()
        await says(pilot, "reattached")


async def test_an_engine_that_was_stopped_on_purpose_is_started_by_r_alone(tmp_path: Path) -> None:
    transport = fleet(node(1))
    async with console(transport, tmp_path) as (_, pilot):
        await says(pilot, "web-01")
        transport.lose(EngineStopped("The engine was stopped."))
        await says(pilot, "stopped, R starts it", "The engine was stopped. R starts it again", "web-01")
        assert transport.reconnected == 0
        await pilot.press("R")
        await says(pilot, "The engine was restarted; reattached.")
        assert transport.reconnected == 1


async def test_an_engine_of_another_version_is_said(tmp_path: Path) -> None:
    transport = fleet(node(1))
    transport.peer["version"] = "0.0.1"
    async with console(transport, tmp_path) as (_, pilot):
        await says(pilot, "The engine is version 0.0.1")


async def test_esc_clears_the_filter_first_and_goes_back_second(tmp_path: Path) -> None:
    async with console(fleet(node(1), node(2)), tmp_path) as (app, pilot):
        await says(pilot, "web-02")
        app.go("nodes", "again")
        await says(pilot, "Fleet › Fleet", "web-02")
        await pilot.press("slash", "0", "1", "enter")
        await until(pilot, lambda: "web-02" not in text_of(app))
        assert "/01" in text_of(app)
        assert "1 of 2" in text_of(app)
        await pilot.press("escape")
        screen = await says(pilot, "web-02")
        assert "Fleet › Fleet" in screen
        await pilot.press("escape")
        await until(pilot, lambda: "Fleet › Fleet" not in text_of(app))


async def test_what_is_typed_into_the_filter_is_text(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        await hit(pilot, "slash", *"q?:rs@[", "backspace")
        await says(pilot, "/q?:rs@")
        assert len(app.screen_stack) == 1
        await pilot.press("escape")
        await until(pilot, lambda: "/q?" not in text_of(app))


async def test_w_stops_following_and_r_fetches_once(tmp_path: Path) -> None:
    transport = fleet(node(1))
    async with console(transport, tmp_path) as (_, pilot):
        await says(pilot, "web-01")
        await pilot.press("w")
        await says(pilot, "not watching")
        before = len(transport.sent)
        await pilot.press("R")
        await until(pilot, lambda: len(transport.sent) > before)
        await pilot.press("w")
        await until(pilot, lambda: "not watching" not in text_of(pilot.app))  # type: ignore[arg-type]


async def test_ctrl_c_hints_at_ctrl_q_and_leaves_nothing(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (_, pilot):
        await says(pilot, "web-01")
        await pilot.press("ctrl+c")
        await says(pilot, "Ctrl+Q quits")


async def test_ctrl_q_quits_from_a_window_too(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        await pilot.press("question_mark", "ctrl+q")
        await until(pilot, lambda: app._exit)
        assert app.return_code == 0


async def test_an_error_of_our_own_is_a_sentence_with_the_log_and_no_traceback(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        app.screen.action_reload = lambda: 1 / 0  # type: ignore[attr-defined]
        await pilot.press("R")
        screen = await says(pilot, "Something went wrong", "console.log")
        assert "Traceback" not in screen
        assert len(app.faults) == 1
        app.faults.clear()


async def test_hangul_jamo_are_the_keys_that_they_sit_on(tmp_path: Path) -> None:
    async with console(fleet(node(1), node(2), node(3)), tmp_path) as (app, pilot):
        await says(pilot, "web-03")
        table = app.screen.table  # type: ignore[attr-defined]
        await pilot.press("ㅓ")
        await until(pilot, lambda: table.cursor_id == table.ids[1])
        assert "한" in text_of(app).splitlines()[-1]
        await pilot.press("j")
        await until(pilot, lambda: table.cursor_id == table.ids[2])
        assert "한" not in text_of(app).splitlines()[-1]
        await pilot.press("slash", "ㅓ")
        await says(pilot, "/ㅓ")


@pytest.mark.parametrize(
    ("typed", "keys"),
    [("ㅓ", "j"), ("ㄲ", "R"), ("ㄳ", "rt"), ("한", "gks"), ("값", "rkqt"), ("왜", "dho"), ("字", ""), ("a", "")],
)
def test_hangul_is_decomposed_to_latin_keys(typed: str, keys: str) -> None:
    assert latin_keys(typed) == keys


async def test_ascii_glyphs_draw_nothing_else(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path, config=Config(theme="dark", glyphs="ascii")) as (_, pilot):
        screen = await says(pilot, "web-01")
        assert [character for character in screen if not character.isascii()] == []


async def test_no_color_draws_no_colour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "● Online")
        assert app.no_color


async def test_services_are_one_set_for_all_screens(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        assert app.services.of(Engine) is app.services.of(Engine)
