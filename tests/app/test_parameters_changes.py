"""What somebody else changes while one looks at the parameters: it shows, and the screen goes on meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.app._parameter_fake import ParametersFake
from tests.app.console import console, says, text_of, until
from tui.app import SsmApp
from tui.errors import EngineStopped
from tui.ports import Ref
from tui.screens._parameter_changes import STRETCH

BURST = 1500


async def burst(fake: ParametersFake, paths: list[str], value: str | None) -> None:
    for path in paths:
        await fake.change(path, value)


def break_off(fake: ParametersFake) -> list[bool]:
    """Have the lists of everything end after their first page, while what is given holds something."""
    breaks = [True]
    for operation in {"DescribeParameters", "ListParametersByPath"} & fake.transport.answers.keys():
        answer: Any = fake.transport.answers[operation]

        def broken(request: dict[str, Any], answer: Any = answer) -> Any:
            if breaks and request.get("NextToken"):
                raise EngineStopped("The connection to the engine was lost.")
            return answer(request)

        fake.transport.answers[operation] = broken
    return breaks


@asynccontextmanager
async def breaking_off(folder: Path) -> AsyncIterator[tuple[SsmApp, Pilot[Any], list[bool]]]:
    """Open the screen on 120 parameters, of which no list gives more than 50 while what is given holds something."""
    fake = ParametersFake({f"/app/web-{number:03}/key": "v" for number in range(120)})
    fake.page = 50
    breaks = break_off(fake)
    async with console(fake.transport, folder, words="params /app") as (app, pilot):
        await says(pilot, "web-000", "120")
        yield app, pilot, breaks


@pytest.mark.slow
async def test_a_burst_of_somebody_elses_changes_never_freezes_the_filtered_list(tmp_path: Path) -> None:
    fake = ParametersFake({f"/app/web/key-{number:04}": "v" for number in range(50)})
    async with console(fake.transport, tmp_path, words="params /app") as (app, pilot):
        screen: Any = app.screen
        await says(pilot, "web")
        await pilot.press("T", "slash", *"key", "enter")
        await until(pilot, lambda: screen.table.shown == 50 and not screen.is_partial)
        steps: list[int] = []
        ended = asyncio.Event()

        async def look_on() -> None:
            before = screen.flat_view.total
            while not ended.is_set():
                await asyncio.sleep(0)
                now = screen.flat_view.total
                steps.append(abs(now - before))
                before = now

        looks = asyncio.create_task(look_on())
        more = [f"/app/web/key-{number:04}" for number in range(50, 50 + BURST)]
        await burst(fake, more, "v")
        await until(pilot, lambda: screen.flat_view.total == 50 + BURST, seconds=60)
        await burst(fake, more[: BURST // 2], None)
        await until(pilot, lambda: screen.flat_view.total == 50 + BURST - BURST // 2, seconds=60)
        ended.set()
        await looks
        assert max(steps) <= STRETCH, "so many at once, and then the screen has its turn"


async def test_a_flat_list_that_was_broken_off_says_so_and_is_read_to_its_end_by_r(tmp_path: Path) -> None:
    async with breaking_off(tmp_path) as (app, pilot, breaks):
        screen: Any = app.screen
        await pilot.press("T")
        await says(pilot, "Not everything could be read", "120 so far")
        assert screen.flat_view.total < 120
        breaks.clear()
        await pilot.press("R")
        await until(pilot, lambda: screen.flat_view.total == 120 and not screen.is_partial)
        assert "so far" not in text_of(app)


async def test_a_filter_whose_reading_was_broken_off_does_not_claim_to_have_found_all(tmp_path: Path) -> None:
    async with breaking_off(tmp_path) as (app, pilot, breaks):
        screen: Any = app.screen
        await pilot.press("slash", *"web-119", "enter")
        await says(pilot, "Not everything could be read", "so far")
        breaks.clear()
        screen.start()  # as when there is a link again
        await says(pilot, "1 of 120")
        await until(pilot, lambda: not screen.is_partial)
        assert "so far" not in text_of(app)


async def test_what_somebody_else_puts_and_deletes_shows_in_the_tree_and_in_the_list(tmp_path: Path) -> None:
    fake = ParametersFake({"/app/web/a": "1", "/app/web/b": "2"})
    async with console(fake.transport, tmp_path, words="params /app") as (app, pilot):
        screen: Any = app.screen
        await says(pilot, "web")
        await pilot.press("j", "l")
        await until(pilot, lambda: screen.table.cells(Ref("local", "/app/web/a")))
        await fake.change("/app/web/a", "3")
        await until(pilot, lambda: screen.table.cells(Ref("local", "/app/web/a"))[1] == "2")
        await pilot.press("T")
        await until(pilot, lambda: screen.table.cells(Ref("local", "/app/web/a")))
        assert screen.table.cells(Ref("local", "/app/web/a"))[1] == "2"
        await fake.change("/app/web/b", None)
        await fake.change("/app/web/c", "4")
        await fake.change("/app/web/a", "5")
        await until(pilot, lambda: screen.table.cells(Ref("local", "/app/web/c")))
        await until(pilot, lambda: screen.table.cells(Ref("local", "/app/web/b")) is None)
        await until(pilot, lambda: screen.table.cells(Ref("local", "/app/web/a"))[1] == "3")
        await pilot.press("T")
        await until(pilot, lambda: screen.tree_view.cells(Ref("local", "/app/web/c")))
        assert screen.tree_view.cells(Ref("local", "/app/web/b")) is None


async def test_a_screen_that_opens_with_a_filter_found_nothing_below_the_first_level(tmp_path: Path) -> None:
    fake = ParametersFake({f"/app/web-{number:03}/key": "v" for number in range(120)})
    async with console(fake.transport, tmp_path, words="params /app") as (app, pilot):
        await says(pilot, "web-000")
        await pilot.press("colon", *"params web-119", "enter")
        await says(pilot, "1 of 120", "web-119")
        screen: Any = app.screen
        await until(pilot, lambda: not screen.is_partial and screen.table.shown == 1)
        assert "Nothing matches" not in text_of(app)
