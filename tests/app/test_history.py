"""Back, forward, up, crumbs, and what is kept on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.app._command_fake import command
from tests.app.console import console, hit, says, text_of, until
from tests.app.fake_transport import fleet, node
from tests.app.test_help import everything
from tui.app import SsmApp
from tui.screens._history import KEPT, History, Place

pytestmark = pytest.mark.slow


def test_back_and_forward_go_through_the_order_of_visiting() -> None:
    history = History(Place("a"))
    for noun in "bc":
        history.visit(Place(noun))
    assert [place.noun for place in history.current.path] == ["a", "b"]
    assert history.back().noun == "b"  # type: ignore[union-attr]
    assert history.back().noun == "a"  # type: ignore[union-attr]
    assert history.back() is None
    assert history.forward().noun == "b"  # type: ignore[union-attr]
    history.visit(Place("d"))
    assert history.forward() is None
    assert [place.noun for place in history.current.path] == ["a", "b"]


def test_up_is_a_move_that_back_undoes() -> None:
    history = History(Place("a"))
    history.visit(Place("b", 1))
    assert history.up().noun == "a"  # type: ignore[union-attr]
    assert history.back().noun == "b"  # type: ignore[union-attr]
    assert history.forward().noun == "a"  # type: ignore[union-attr]
    assert history.up() is None


def test_a_place_on_the_path_is_gone_back_to_not_nested() -> None:
    history = History(Place("a"))
    history.visit(Place("b"))
    history.visit(Place("c"))
    history.visit(Place("a"))
    assert history.current.path == ()


async def test_the_filter_is_kept_on_the_way_back(tmp_path: Path) -> None:
    async with console(fleet(node(1), node(2), node(3)), tmp_path) as (app, pilot):
        await says(pilot, "web-03")
        await pilot.press("slash", *"!01", "enter", "j", "space")
        await says(pilot, "/!01", "2 of 3", "1 marked")
        app.go("nodes", "elsewhere")
        await says(pilot, "Fleet › Fleet", "web-01")
        await pilot.press("left_square_bracket")
        await says(pilot, "/!01", "2 of 3", "1 marked")
        await pilot.press("right_square_bracket")
        await says(pilot, "Fleet › Fleet", "web-01")


async def test_a_screen_that_was_let_go_comes_back_as_it_was(tmp_path: Path) -> None:
    async with console(fleet(node(1), node(2), node(3)), tmp_path) as (app, pilot):
        await says(pilot, "web-03")
        await pilot.press("slash", *"!01", "enter", "j", "space", "greater_than_sign")
        await says(pilot, "/!01", "1 marked")
        first = app.history.current
        cursor = app.screen.table.cursor_id  # type: ignore[attr-defined]
        for number in range(KEPT + 2):
            app.go("nodes", f"elsewhere {number}")
            await until(pilot, lambda number=number: app.history.current.argument == f"elsewhere {number}")
            await until(pilot, lambda: app.screen.rows == 3)  # type: ignore[attr-defined]
        assert first.screen is None
        for _ in range(KEPT + 2):
            await pilot.press("left_square_bracket")
        await says(pilot, "/!01", "2 of 3", "1 marked")
        assert app.screen.table.cursor_id == cursor  # type: ignore[attr-defined]
        assert app.screen.table.sort_column  # type: ignore[attr-defined]


async def test_hidden_screens_stop_asking(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        first = app.screen
        app.go("nodes", "elsewhere")
        await until(pilot, lambda: app.screen is not first)
        assert {looker.visible for looker in first._lookers} == {False}  # type: ignore[attr-defined]
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: app.screen is first)
        assert {looker.visible for looker in first._lookers} == {True}  # type: ignore[attr-defined]


async def test_a_window_over_a_screen_does_not_hide_it(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        first = app.screen
        await pilot.press("question_mark")
        await until(pilot, lambda: app.screen is not first)
        assert {looker.visible for looker in first._lookers} == {True}  # type: ignore[attr-defined]


async def test_crumbs_can_be_clicked(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        app.go("nodes", "elsewhere")
        await says(pilot, "Fleet › Fleet")
        await pilot.click(app.screen.top, offset=(2, 1))  # type: ignore[attr-defined]
        await until(pilot, lambda: "›" not in text_of(app))


async def test_the_latest_notice_leads_to_its_place(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        app.notice("Command 3f2 on 2 nodes: 2 Success", "good", noun="nodes", argument="3f2")
        await says(pilot, "2 Success", "' to open")
        await pilot.press("apostrophe")
        await until(pilot, lambda: app.history.current.argument == "3f2")


async def test_going_to_and_fro_between_places_does_not_take_the_screen_away_that_one_stands_on(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        first = app.screen
        for turn in range(12):
            app.go("nodes", f"other {turn}")
            await pilot.pause()
            app.go("nodes")
            await until(pilot, lambda: app.screen.argument is None)  # type: ignore[attr-defined]
        assert app.screen is first
        assert first.is_attached
        assert "web-01" in text_of(app)


async def _filter(app: SsmApp, pilot: Any, text: str) -> None:
    await until(pilot, lambda: app.screen.phase == "rows")  # type: ignore[attr-defined]
    await hit(pilot, "slash", *text, "enter")
    await until(pilot, lambda: app.screen.bottom.filter_text == text)  # type: ignore[attr-defined]


async def test_back_and_forward_pass_every_screen_and_bring_each_filter_back(tmp_path: Path) -> None:
    transport = everything()
    async with console(transport, tmp_path) as (app, pilot):
        steps: list[tuple[str, Any, str]] = [
            ("nodes", None, "web"),
            ("overview", None, ""),
            ("commands", None, "echo"),
            ("sessions", None, "connected"),
            ("node", node(1)["InstanceId"], ""),
            ("command", command(1)["CommandId"], ""),
            ("sessions", None, "connected"),
            ("run", None, ""),
        ]
        filtered: set[str] = set()
        for noun, argument, text in steps:
            if noun != "nodes":
                app.go(noun, argument)
            await until(pilot, lambda noun=noun: noun == app.screen.NOUN)  # type: ignore[attr-defined]
            if text and noun not in filtered:
                filtered.add(noun)
                await _filter(app, pilot, text)
        walks = (("back", steps[-2::-1]), ("forward", steps[1:]))
        for action, walk in walks:
            for noun, argument, text in walk:
                await app.run_action(action)
                await until(pilot, lambda noun=noun: noun == app.screen.NOUN)  # type: ignore[attr-defined]
                assert app.screen.argument == argument  # type: ignore[attr-defined]
                assert app.screen.bottom.filter_text == text  # type: ignore[attr-defined]
                if text:
                    await says(pilot, f"/{text}")
            await app.run_action(action)
            await says(pilot, "There is nothing further")
            app.notices.clear()  # it stands where the filter does


async def test_the_latest_notice_that_has_a_place_is_opened_and_later_ones_do_not_hide_it(tmp_path: Path) -> None:
    async with console(everything(), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        await pilot.press("apostrophe")
        await says(pilot, "No notice points to a place yet.")
        app.notice("The shell on web-01 ended.", noun="sessions")
        app.notice("Copied.")
        await pilot.press("apostrophe")
        await until(pilot, lambda: app.screen.NOUN == "sessions")  # type: ignore[attr-defined]
