"""A plan is applied where it stands: it can be stopped, waits where it is throttled, and says what became of each."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.app._plans import EngineTransport, engine, opened
from tests.app.console import console, hit, says, text_of, until
from tui.errors import AccessDenied, Throttled
from tui.screens._parameter_apply import PlanDialog
from tui.screens._parameter_plan import Planned
from tui.screens._parameter_subtree import plan_again
from tui.services.parameter_changes import Plan, Wanted
from tui.services.parameter_journal import Journal, unfinished
from tui.services.parameter_plans import delete_plan, move_plan, plan_of
from tui.services.parameters import Parameters
from tui.theming import UNICODE


async def wants(transport: EngineTransport, wanted: Mapping[str, str], *, delete_others: bool = False) -> Plan:
    """Plan values below /app, of what is there now."""
    current = {one.id: one async for page in Parameters(transport).below("/app", decrypt=True) for one in page}
    some = [Wanted(name=f"/app/{name}", value=value) for name, value in wanted.items()]
    return plan_of(current, some, delete_others=delete_others)


def dialog(transport: EngineTransport, plan: Plan, **more: Any) -> PlanDialog:
    return PlanDialog(Planned("Import /app", plan, "local"), Parameters(transport), UNICODE, **more)


@pytest.mark.slow
async def test_what_is_taken_is_written_and_what_is_left_out_is_not(tmp_path: Path) -> None:
    async with engine(tmp_path, host="old", gone="x", password="secret:hunter2") as transport:
        plan = await wants(transport, {"host": "new", "port": "1", "password": "hunter2", "left": "out"})
        window, answers = dialog(transport, plan), list[Any]()
        async with console(transport, tmp_path) as (app, pilot):
            await until(pilot, lambda: app.is_connected)
            await app.push_screen(window, answers.append)
            await until(pilot, lambda: window.settled)
            window.list.move_to(3)
            await pilot.press("space", "ctrl+s")
            text = await says(pilot, "1 same · 2 written", "✔ written", "v2")
            assert "left" not in text
            assert await transport.values() == {
                "/app/host": "new", "/app/port": "1", "/app/password": "hunter2", "/app/gone": "x",
            }  # fmt: skip
            assert transport.count("PutParameter") == 2
            await pilot.press("ctrl+s")
            await says(pilot, "Not now: the plan is applied already.")
            await pilot.press("escape")
            await until(pilot, lambda: answers and app.screen is not window)
            assert len(answers[0].done) == 3


@pytest.mark.slow
async def test_a_value_of_another_writer_is_covered_and_rolled_back_by_a_key(tmp_path: Path) -> None:
    async with engine(tmp_path, host="old", port="1") as transport:
        plan = await wants(transport, {"host": "mine", "port": "2"})

        async def other(operation: str, request: dict[str, Any]) -> None:
            if operation == "PutParameter" and request["Name"] == "/app/host":
                transport.before = None
                await transport.put("/app/host", "theirs")

        transport.before = other
        async with opened(tmp_path, dialog(transport, plan), transport) as (_app, pilot):
            await pilot.press("ctrl+s")
            await says(
                pilot, "2 written · 1 covered what somebody else wrote", "▲ covered", "base v1", "theirs v2", "yours v3"
            )
            await pilot.press("b")
            await says(pilot, "1 put back.", "1 rolled back", "Theirs is back.")
            assert (await transport.values())["/app/host"] == "theirs"
            await pilot.press("B")
            await says(pilot, "there is nothing to put back")


@pytest.mark.slow
async def test_who_wrote_since_it_was_read_is_a_conflict_that_is_planned_again(tmp_path: Path) -> None:
    async with engine(tmp_path, host="old", port="1") as transport:
        plan = await wants(transport, {"host": "mine", "port": "2"})
        await transport.put("/app/host", "theirs")

        async def replan(undone: Sequence[Any]) -> Plan:
            assert [change.path for change in undone] == ["/app/host"]
            return await wants(transport, {"host": "mine"})

        window = dialog(transport, plan, replan=replan)
        async with opened(tmp_path, window, transport) as (app, pilot):
            await pilot.press("ctrl+s")
            await says(pilot, "1 written · 1 conflict", "Somebody else wrote version 2 since it was read.", "theirs v2")
            assert (await transport.values())["/app/host"] == "theirs"
            await pilot.press("a")
            await says(pilot, "1 to update", '"theirs" > "mine"')
            await pilot.press("ctrl+s")
            await says(pilot, "1 written")
            assert (await transport.values())["/app/host"] == "mine"
            await pilot.press("escape")
            await until(pilot, lambda: not isinstance(app.screen, PlanDialog))


async def test_esc_half_way_stops_between_two_calls_and_says_what_was_written(tmp_path: Path) -> None:
    async with engine(tmp_path) as transport:
        plan = await wants(transport, {f"k{number:02}": "v" for number in range(40)})
        reached, go = asyncio.Event(), asyncio.Event()

        async def slowly(operation: str, request: dict[str, Any]) -> None:
            if operation == "PutParameter" and request["Name"] >= "/app/k20":
                reached.set()
                await go.wait()

        transport.before = slowly
        async with opened(tmp_path, dialog(transport, plan), transport) as (_app, pilot):
            await pilot.press("ctrl+s")
            await until(pilot, reached.is_set)
            await says(pilot, "20 of 40", "esc stops")
            await pilot.press("escape")
            await says(pilot, "stopping once what is on its way has come back")
            go.set()
            await says(pilot, "30 written · 10 not written", "Stopped. What was written stays")
            assert len(await transport.values()) == 30


async def test_a_second_esc_does_not_wait_for_an_answer_and_says_what_is_not_known(tmp_path: Path) -> None:
    async with engine(tmp_path) as transport:
        plan = await wants(transport, {"a": "v", "b": "v"})
        reached = asyncio.Event()

        async def hangs(operation: str, request: dict[str, Any]) -> None:
            if operation == "PutParameter" and request["Name"] == "/app/a":
                reached.set()
                await asyncio.Event().wait()

        transport.before = hangs
        async with opened(tmp_path, dialog(transport, plan), transport) as (_app, pilot):
            await pilot.press("ctrl+s")
            await until(pilot, reached.is_set)
            await pilot.press("escape")
            await says(pilot, "esc does not wait for that")
            await pilot.press("escape")
            await says(pilot, "1 unknown", "It was sent, and broken off before the answer.")


@pytest.mark.slow
async def test_a_source_that_changed_since_its_copy_is_not_deleted_when_it_is_planned_again(tmp_path: Path) -> None:
    async with engine(tmp_path, a="1", b="2") as transport:
        service = Parameters(transport)
        plan = move_plan([one async for page in service.below("/app") for one in page], "/app", "/new")

        async def other(operation: str, request: dict[str, Any]) -> None:
            if operation == "PutParameter" and request["Name"] == "/new/b":
                transport.before = None
                await transport.put("/app/b", "newer")

        transport.before = other
        window = dialog(transport, plan, replan=partial(plan_again, service))
        async with opened(tmp_path, window, transport) as (_app, pilot):
            await pilot.press("ctrl+s", "enter")
            await says(pilot, "2 written · 1 deleted · 1 conflict")
            await pilot.press("a")
            await says(pilot, "1 problem · 1 the same", "It was changed since its copy was made")
            await pilot.press("ctrl+s")
            await says(pilot, "One problem is in the way")
            assert await transport.values() == {"/app/b": "newer", "/new/a": "1", "/new/b": "2"}


@pytest.mark.slow
async def test_throttled_half_way_it_waits_says_so_and_goes_on(tmp_path: Path) -> None:
    async with engine(tmp_path) as transport:
        plan = await wants(transport, {f"k{number:02}": "v" for number in range(25)})
        seen = 0

        async def busy(operation: str, request: dict[str, Any]) -> None:
            nonlocal seen
            if operation == "PutParameter":
                seen += 1
                if seen == 15:
                    raise Throttled("ThrottlingException", "Rate exceeded", operation=operation)

        transport.before = busy
        async with opened(tmp_path, dialog(transport, plan), transport) as (_app, pilot):
            await pilot.press("ctrl+s")
            await says(pilot, "Throttled: it goes on in 1 s.")
            await says(pilot, "25 written")
            assert transport.count("PutParameter") == 26
            assert len(await transport.values()) == 25


async def test_esc_in_a_pause_ends_it_at_once(tmp_path: Path) -> None:
    async with engine(tmp_path) as transport:
        plan = await wants(transport, {"a": "v"})

        async def busy(operation: str, request: dict[str, Any]) -> None:
            if operation == "PutParameter":
                raise Throttled("ThrottlingException", "Rate exceeded", operation=operation)

        transport.before = busy
        async with opened(tmp_path, dialog(transport, plan), transport) as (_app, pilot):
            await pilot.press("ctrl+s")
            await says(pilot, "Throttled: it goes on in")
            await pilot.press("escape")
            await says(pilot, "1 not written", "Stopped.")
            assert await transport.values() == {}


async def test_a_denied_deletion_is_not_written_and_says_what_is_missing(tmp_path: Path) -> None:
    async with engine(tmp_path, a="1", b="2") as transport:
        found = [one async for page in Parameters(transport).below("/app") for one in page]

        async def denied(operation: str, request: dict[str, Any]) -> None:
            if operation == "DeleteParameters":
                raise AccessDenied("AccessDenied", "no", operation=operation, action="ssm:DeleteParameters")

        transport.before = denied
        async with opened(tmp_path, dialog(transport, delete_plan(found)), transport) as (app, pilot):
            await pilot.press("ctrl+s")
            await says(pilot, "Delete 2 parameters?")
            await hit(pilot, "1", "enter")
            await says(pilot, "That is not 2.")
            await hit(pilot, "backspace", "2", "enter")
            await says(pilot, "2 not written", "AccessDenied: no")
            assert len(await transport.values()) == 2
            assert "Delete 2 parameters?" not in text_of(app)


async def test_a_stopped_move_that_was_planned_again_and_done_was_told_as_broken_off(tmp_path: Path) -> None:
    async with engine(tmp_path, a="1", b="2") as transport:
        found = [one async for page in Parameters(transport).below("/app", decrypt=True) for one in page]
        reached, go = asyncio.Event(), asyncio.Event()

        async def slowly(operation: str, request: dict[str, Any]) -> None:
            if operation == "PutParameter":
                reached.set()
                await go.wait()

        transport.before = slowly
        folder = tmp_path / "plans"
        plan, again = move_plan(found, "/app", "/new"), partial(plan_again, Parameters(transport))
        window = dialog(transport, plan, journal=lambda: Journal(folder), replan=again)
        async with opened(tmp_path, window, transport) as (app, pilot):
            await pilot.press("ctrl+s", "enter")
            await until(pilot, reached.is_set)
            text = await says(pilot, "esc stop: what was written stays")
            assert "leave out" not in text  # which the keys said on
            await pilot.press("ctrl+c")
            await says(pilot, "stopping once what is on its way has come back")
            go.set()
            await says(pilot, "2 written · 2 not written", "stays")
            assert unfinished(folder)
            await pilot.press("a")
            await says(pilot, "2 to delete once copied")
            await pilot.press("ctrl+s", "enter")
            await says(pilot, "2 deleted")
            await pilot.press("escape")
            await until(pilot, lambda: not isinstance(app.screen, PlanDialog))
            assert await transport.values() == {"/new/a": "1", "/new/b": "2"}
            assert not unfinished(folder)
