"""The console is left while a plan is being applied: it asks how, and says in the terminal what became of the plan."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.app._plans import EngineTransport, engine, opened
from tests.app.console import hit, says, until
from tui.app import SsmApp
from tui.screens._parameter_apply import PlanDialog
from tui.screens._parameter_plan import Planned
from tui.services.parameter_changes import Wanted
from tui.services.parameter_journal import Journal, unfinished
from tui.services.parameter_plans import move_plan, plan_of
from tui.services.parameters import Parameters
from tui.theming import UNICODE

COUNT = 40


class Held:
    """A store that takes 20 puts and holds the next ones until it may go on."""

    def __init__(self, transport: EngineTransport, from_name: str = "/app/k20") -> None:
        self.transport, self._from = transport, from_name
        self.reached, self.go = asyncio.Event(), asyncio.Event()
        transport.before = self._slowly

    async def _slowly(self, operation: str, request: dict[str, Any]) -> None:
        if operation == "PutParameter" and request["Name"] >= self._from:
            self.reached.set()
            await self.go.wait()


@asynccontextmanager
async def half_way(folder: Path) -> AsyncIterator[tuple[SsmApp, Pilot[Any], Held, list[str]]]:
    """Apply a plan of 40 puts to its half, and press Ctrl+Q; the last is what is said in the terminal."""
    async with engine(folder) as transport:
        plan = plan_of({}, [Wanted(name=f"/app/k{number:02}", value="v") for number in range(COUNT)])
        window = PlanDialog(Planned("Import app.env", plan, "local"), Parameters(transport), UNICODE)
        held = Held(transport)
        async with opened(folder, window, transport) as (app, pilot):
            said: list[str] = []
            app.leave = lambda code=0, message="": said.append(message)  # type: ignore[method-assign]
            await pilot.press("ctrl+s")
            await until(pilot, held.reached.is_set)
            await says(pilot, "20 of 40")
            await pilot.press("ctrl+q")
            await says(pilot, "A plan is being applied: 20 of 40 done", "Import app.env", "esc stay here")
            assert said == []
            yield app, pilot, held, said


async def written(held: Held) -> int:
    return len(await held.transport.values())


@pytest.mark.slow
async def test_ctrl_q_while_a_plan_is_applied_asks_and_enter_leaves_when_all_is_done(tmp_path: Path) -> None:
    async with half_way(tmp_path) as (_app, pilot, held, said):
        await pilot.press("enter")
        await says(pilot, "Then the console is left.")
        held.go.set()
        await until(pilot, lambda: said)
        assert said == ["Import app.env: 40 written."]
        assert await written(held) == COUNT


@pytest.mark.slow
async def test_ctrl_q_can_stop_a_plan_after_what_is_on_its_way_and_leave(tmp_path: Path) -> None:
    async with half_way(tmp_path) as (_app, pilot, held, said):
        await pilot.press("2")
        await says(pilot, "stopping once what is on its way has come back")
        held.go.set()
        await until(pilot, lambda: said)
        assert said == ["Import app.env: 30 written, 10 not written."]
        assert await written(held) == 30


@pytest.mark.slow
async def test_ctrl_q_can_leave_a_plan_at_once_and_names_what_is_not_known(tmp_path: Path) -> None:
    async with half_way(tmp_path) as (_app, pilot, held, said):
        await pilot.press("3")
        await until(pilot, lambda: said)
        assert said[0].startswith("Import app.env: 20 written, 10 not written, 10 unknown. Not known: /app/k20, ")
        assert await written(held) == 20


@pytest.mark.slow
async def test_esc_in_the_question_leaves_neither_the_plan_nor_the_console(tmp_path: Path) -> None:
    async with half_way(tmp_path) as (_app, pilot, held, said):
        await hit(pilot, "ctrl+q", "escape")  # asked twice is one question
        await says(pilot, "20 of 40  esc stops")
        held.go.set()
        await says(pilot, "40 written")
        assert said == []
        await pilot.press("ctrl+q")
        await until(pilot, lambda: said)
        assert said == [""]  # it is over, and its report was seen


@pytest.mark.slow
async def test_a_plan_that_ends_while_it_is_asked_says_so_and_an_answer_still_leaves(tmp_path: Path) -> None:
    async with half_way(tmp_path) as (_app, pilot, held, said):
        held.go.set()
        await says(pilot, "The plan has come to its end: 40 written")
        assert said == []
        await pilot.press("enter")
        await until(pilot, lambda: said)
        assert said == ["Import app.env: 40 written."]


@pytest.mark.slow
async def test_a_plan_that_did_not_go_as_planned_is_looked_at_before_the_console_is_left(tmp_path: Path) -> None:
    async with half_way(tmp_path) as (_app, pilot, held, said):
        await held.transport.put("/app/k35", "theirs")
        await pilot.press("enter")
        held.go.set()
        await says(pilot, "39 written · 1 conflict", "Not all is as it was planned")
        assert said == []


@pytest.mark.slow
async def test_a_move_that_is_left_at_once_is_told_of_by_its_journal(tmp_path: Path) -> None:
    async with engine(tmp_path, a="1", b="2") as transport:
        service = Parameters(transport)
        plan = move_plan([one async for page in service.below("/app") for one in page], "/app", "/new")
        folder = tmp_path / "plans"
        planned = Planned("Move /app to /new", plan, "local")
        window = PlanDialog(planned, service, UNICODE, journal=lambda: Journal(folder))
        held = Held(transport, "/new/b")
        async with opened(tmp_path, window, transport) as (app, pilot):
            said: list[str] = []
            app.leave = lambda code=0, message="": said.append(message)  # type: ignore[method-assign]
            await pilot.press("ctrl+s", "enter")
            await until(pilot, held.reached.is_set)
            await pilot.press("ctrl+q")
            await says(pilot, "A plan is being applied")
            await pilot.press("3")
            await until(pilot, lambda: said)
        assert "1 unknown. Not known: /new/b" in said[0] or "2 unknown" in said[0]
        assert len(unfinished(folder)) == 1
        assert set(await transport.values()) >= {"/app/a", "/app/b"}
