"""A plan shows every change before one is made: problems first, secrets as dots, single changes left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.app._plans import SECURE, by_path, opened, value
from tests.app.console import hit, says, text_of, until
from tui.screens._dialogs import Reader
from tui.screens._parameter_plan import Planned, PlanReview
from tui.services.parameter_changes import Wanted
from tui.services.parameter_plans import delete_plan, move_plan, plan_of
from tui.theming import UNICODE

CURRENT = by_path(
    value("/app/host", "old.example", version=4),
    value("/app/same"),
    value("/app/gone", version=3),
    value("/app/password", "hunter2", SECURE),
)


def review(**more: Any) -> PlanReview:
    wanted = [
        Wanted(name="/app/host", value="new.example"),
        Wanted(name="/app/same", value="v"),
        Wanted(name="/app/password", value="correct horse", type=SECURE),
        Wanted(name="/app/port", value="5432"),
        Wanted(name="/app/big", value="x" * 9000),
    ]
    plan = plan_of(CURRENT, wanted, delete_others=True)
    return PlanReview(Planned("Edit /app", plan, "local", **more), UNICODE)


async def test_every_change_is_listed_problems_first_with_what_differs(tmp_path: Path) -> None:
    async with opened(tmp_path, review()) as (_app, pilot):
        text = await says(pilot, "Edit /app", "1 problem · 1 to delete · 2 to update · 1 to create · 1 the same")
        lines = [" ".join(line.split()) for line in text.splitlines()]
        assert lines[2].startswith(">[x] ✖ problem /app/big The value has 9,000 characters")
        assert lines[3:8] == [
            '[x] - delete /app/gone "v" String v3',
            '[x] ~ update /app/host "old.example" > "new.example" String 11 ch.',
            "[x] ~ update /app/password •••••• > •••••• SecureString",
            '[x] + create /app/port "5432" String Standard 4 ch.',
            '= same /app/same "v" String 1 ch.',
        ]


async def test_a_problem_blocks_until_it_is_left_out_and_esc_applies_nothing(tmp_path: Path) -> None:
    window, answers = review(), list[Any]()
    async with opened(tmp_path, window) as (app, pilot):
        await pilot.press("ctrl+s")
        await says(pilot, "One problem is in the way: ␣ leaves one out, x leaves all of them out.")
        await pilot.press("space")
        await says(pilot, "1 left out")
        assert not window.blocked()
        await pilot.press("k", "space", "x")
        assert [change.path for change in window.chosen().changes] == [
            "/app/host", "/app/same", "/app/password", "/app/port", "/app/gone",
        ]  # fmt: skip
        app.push_screen(review(), answers.append)
        await pilot.pause()
        await pilot.press("escape")
        await until(pilot, lambda: answers == [None])


async def test_secrets_show_for_as_long_as_asked_and_never_among_the_calls(tmp_path: Path) -> None:
    window = review(hidden=["/app/gone"])
    async with opened(tmp_path, window) as (app, pilot):
        text = await says(pilot, "1 of them are marked and hidden by the filter: /app/gone")
        assert "hunter2" not in text
        await pilot.press("v")
        await says(pilot, '"hunter2" > "correct horse"')
        window.reveal.mask()
        await pilot.pause()
        assert "hunter2" not in text_of(app)
        await pilot.press("v")
        window.list.move_to(2)
        await says(pilot, "value  correct horse")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Reader))
        assert "correct horse" not in text_of(app)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is window)
        assert "correct horse" not in text_of(app)
        await pilot.press("v", "y")
        await until(pilot, lambda: isinstance(app.screen, Reader))
        text = await says(pilot, 'PutParameter {"Name": "/app/host", "Value": "new.example"', "DeleteParameters")
        assert "correct horse" not in text
        assert "hunter2" not in text


async def test_a_deletion_asks_for_the_count_and_names_what_was_hidden(tmp_path: Path) -> None:
    plan = delete_plan([value("/app/a", version=2), value("/app/b"), value("/app/c")])
    window, answers = PlanReview(Planned("Delete 3", plan, "local", hidden=["/app/c"]), UNICODE), list[Any]()
    async with opened(tmp_path, PlanReview(Planned("x", plan, "local"), UNICODE)) as (app, pilot):
        app.push_screen(window, answers.append)
        await pilot.pause()
        await pilot.press("ctrl+s")
        await says(pilot, "Delete 3 parameters?", "/app/a", "Marked, and hidden by the filter: /app/c", "type 3")
        await hit(pilot, "3", "enter")
        await until(pilot, lambda: answers == [plan] and app.screen is not window)


async def test_a_copy_that_is_left_out_keeps_its_source(tmp_path: Path) -> None:
    values = [value("/a/x"), value("/a/y")]
    plan = move_plan(values, "/a", "/b")
    window = PlanReview(Planned("Move", plan, "local"), UNICODE)
    async with opened(tmp_path, window) as (_app, pilot):
        await says(pilot, "2 to create · 2 to delete once copied")
        window.list.move_to(0)
        await pilot.press("space")
        assert [change.path for change in window.chosen().changes] == ["/b/y", "/a/y"]
        window.list.move_to(2)
        await pilot.press("space")
        assert [change.path for change in window.chosen().changes] == ["/b/x", "/b/y", "/a/x", "/a/y"]
        await pilot.press("ctrl+s")
        await says(pilot, "Move away 2 parameters?", "they are lost.")


@pytest.mark.slow
async def test_five_thousand_changes_were_five_thousand_widgets(tmp_path: Path) -> None:
    plan = plan_of({}, [Wanted(name=f"/app/{number:04}/host", value=f"v{number}") for number in range(5000)])
    window = PlanReview(Planned("Import", plan, "local"), UNICODE)
    drawn = list[int]()
    look = window.list._look
    window.list._look = lambda id: drawn.append(id) or look(id)  # type: ignore[func-returns-value, arg-type]
    async with opened(tmp_path, window) as (app, pilot):
        await says(pilot, "5,000 to create")
        assert len([*window.walk_children()]) < 10
        drawn.clear()
        await pilot.press("G")
        await says(pilot, "/app/4999/host", "v4999")
        assert len(drawn) <= 3 * app.size.height
        await pilot.press("slash")
        await hit(pilot, *"create 77/", "enter")
        await says(pilot, "/app/4077/host", "/app/4977/host")
        assert len(window.list.ids) == 50
        await pilot.press("M")
        await says(pilot, "50 left out")
        await pilot.press("escape")
        await until(pilot, lambda: len(window.list.ids) == 5000)


async def test_a_filter_hid_what_is_applied_and_nothing_said_that_it_is_on(tmp_path: Path) -> None:
    async with opened(tmp_path, review()) as (app, pilot):
        await hit(pilot, "/", "p", "o", "r", "t", "enter")
        await says(pilot, "/port  1 of 6 show; 4 hidden are taken, and applied too")
        await pilot.press("escape")
        await until(pilot, lambda: "show; " not in text_of(app))


async def test_at_80_columns_the_new_value_and_the_reason_of_a_problem_were_cut_away(tmp_path: Path) -> None:
    deep = "/app/a/rather/long/path/to/a/parameter"
    values = by_path(value(f"{deep}/host", "db.staging.example.internal"))
    wanted = [Wanted(name=f"{deep}/host", value="db.prod.example.internal"), Wanted(name=f"{deep}/no", value="")]
    window = PlanReview(Planned("Edit", plan_of(values, wanted), "local"), UNICODE)
    async with opened(tmp_path, window) as (_app, pilot):
        await pilot.resize_terminal(80, 24)
        text = await says(pilot, "~ update", "problem")
        problem, update = (" ".join(line.split()) for line in text.splitlines()[2:4])
        assert "The value is" in problem and '"db.s… > "db.p…' in update
        await pilot.press("x")
        await pilot.resize_terminal(52, 24)
        # Sentences are broken between their words.
        text = await says(pilot, "empty ones.")
        assert any(line.rstrip().endswith("Parameter Store keeps no") for line in text.splitlines())
