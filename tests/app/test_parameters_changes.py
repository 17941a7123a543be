"""What somebody else changes while one looks at the parameters: it shows, and the screen goes on meanwhile."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.app._parameter_fake import ParametersFake
from tests.app.console import console, says, until
from tui.ports import Ref
from tui.screens._parameter_changes import STRETCH

BURST = 1500


async def burst(fake: ParametersFake, paths: list[str], value: str | None) -> None:
    for path in paths:
        await fake.change(path, value)


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
