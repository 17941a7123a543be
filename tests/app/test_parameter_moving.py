"""Parameters are copied, moved and deleted from the screen: one, the marks, a folder; each as a plan that is shown."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.app._plans import SECURE, EngineTransport, engine
from tests.app.console import console, hit, says, text_of, until
from tui.app import SsmApp
from tui.ports import Ref
from tui.screens._parameter_apply import PlanDialog
from tui.screens._path_prompt import PathPrompt
from tui.services.parameter_journal import Journal, unfinished
from tui.services.parameter_models import PutRequest
from tui.services.parameter_plans import move_plan
from tui.services.parameters import Parameters


@asynccontextmanager
async def params(
    folder: Path, transport: Any, words: str = "params /app", **how: Any
) -> AsyncIterator[tuple[SsmApp, Pilot[Any]]]:
    """Open the Parameters screen, and wait for its rows."""
    async with console(transport, folder, words=words, **how) as (app, pilot):
        await until(pilot, lambda: app.screen.phase == "rows")  # type: ignore[attr-defined]
        yield app, pilot


async def stand_on(app: SsmApp, pilot: Pilot[Any], path: str, context: str = "local") -> None:
    screen: Any = app.screen
    ref = Ref(context, path)
    await until(pilot, lambda: screen.table.knows(ref))
    screen.table.move_to(ref)
    await until(pilot, lambda: screen.table.cursor_id == ref)


async def plan_to(pilot: Pilot[Any], target: str, *texts: str) -> None:
    """Type where to, and wait for the plan."""
    await until(pilot, lambda: isinstance(pilot.app.screen, PathPrompt))
    await hit(pilot, "ctrl+e", "ctrl+u", *target, "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, PlanDialog))
    await says(pilot, *texts)


async def done(pilot: Pilot[Any], *texts: str) -> None:
    """Leave the plan's report, and wait for what the screen then says."""
    await pilot.press("escape")
    await until(pilot, lambda: not isinstance(pilot.app.screen, PlanDialog))
    await says(pilot, *texts)


@pytest.mark.slow
async def test_one_is_renamed_with_its_type_tags_and_description(tmp_path: Path) -> None:
    async with engine(tmp_path) as transport:
        service = Parameters(transport)
        await service.put(
            PutRequest(name="/app/pass", value="hush", type=SECURE, description="of db", tags={"env": "prod"})
        )
        async with params(tmp_path, transport) as (app, pilot):
            await stand_on(app, pilot, "/app/pass")
            await pilot.press("m")
            await plan_to(pilot, "/app/db/password", "Move /app/pass to /app/db/password", "1 to create")
            assert "hush" not in text_of(app)
            await pilot.press("ctrl+s")
            await says(pilot, "Move away /app/pass?")
            await pilot.press("enter")
            await says(pilot, "1 written · 1 deleted")
            await done(pilot, "Move /app/pass to /app/db/password: 1 written, 1 deleted.")
            assert await transport.values() == {"/app/db/password": "hush"}
            about = await service.get("/app/db/password")
            assert (about.type, about.description) == (SECURE, "of db")
            assert await service.tags("/app/db/password") == {"env": "prod"}
            assert not unfinished(tmp_path / "plans")


@pytest.mark.slow
async def test_a_folder_is_copied_whole_and_paths_are_completed(tmp_path: Path) -> None:
    async with (
        engine(tmp_path, stage__db__host="a", stage__db__port="1", stage__top="t", prod__top="p") as transport,
        params(tmp_path, transport) as (app, pilot),
    ):
        await stand_on(app, pilot, "/app/stage")
        await pilot.press("Y")
        await until(pilot, lambda: isinstance(app.screen, PathPrompt))
        await hit(pilot, "ctrl+e", "ctrl+u", *"/app/p")
        await says(pilot, "/app/prod/")
        await pilot.press("tab")
        await says(pilot, "to: /app/prod/")
        await pilot.press("enter")
        await says(pilot, "Copy all of /app/stage to /app/prod", "1 to update · 2 to create", '"p" > "t"')
        await pilot.press("ctrl+s")
        await says(pilot, "3 written")
        await done(pilot, "3 written.")
        assert await transport.values("/app/prod") == {
            "/app/prod/top": "t", "/app/prod/db/host": "a", "/app/prod/db/port": "1",
        }  # fmt: skip
        assert len(await transport.values("/app/stage")) == 3


async def test_what_would_be_moved_into_itself_is_said_at_the_line(tmp_path: Path) -> None:
    async with (
        engine(tmp_path, stage__db="a", stage__top="t") as transport,
        params(tmp_path, transport) as (app, pilot),
    ):
        await stand_on(app, pilot, "/app/stage")
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, PathPrompt))
        await pilot.press("enter")
        await says(pilot, "That is where it stands already.")
        await hit(pilot, *"/x", "enter")
        await says(pilot, "Nothing can be moved into itself.")
        await hit(pilot, "ctrl+u", *"/aws/x", "enter")
        await says(pilot, "AWS's own")
        assert transport.count("PutParameter") == 0


@pytest.mark.slow
async def test_a_marked_parameter_that_the_filter_hid_was_deleted_unseen(tmp_path: Path) -> None:
    async with engine(tmp_path, a="1", b="2", c="3") as transport, params(tmp_path, transport) as (app, pilot):
        await stand_on(app, pilot, "/app/a")
        await pilot.press("space")
        await stand_on(app, pilot, "/app/b")
        await pilot.press("space", "slash")
        await hit(pilot, *"b", "enter")
        await pilot.press("D")
        await says(pilot, "Delete 2 parameters", "1 of them are marked and hidden by the filter: /app/a")
        await pilot.press("ctrl+s")
        await says(pilot, "Marked, and hidden by the filter: /app/a", "type 2")
        await hit(pilot, "2", "enter")
        await says(pilot, "2 deleted")
        await done(pilot, "Delete 2 parameters: 2 deleted.")
        assert await transport.values() == {"/app/c": "3"}


@pytest.mark.slow
async def test_a_folder_under_a_filter_means_what_the_filter_lets_through(tmp_path: Path) -> None:
    async with (
        engine(tmp_path, x__k1="1", x__k2="2", x__b="3") as transport,
        params(tmp_path, transport) as (app, pilot),
    ):
        await pilot.press("slash")
        await hit(pilot, *"k", "enter")
        screen: Any = app.screen
        await until(pilot, lambda: not screen._completing and screen.table.knows(Ref("local", "/app/x/k1")))
        await stand_on(app, pilot, "/app/x")
        await pilot.press("D")
        await says(pilot, "Delete 2 parameters", "2 to delete")
        assert "/app/x/b" not in text_of(app)


@pytest.mark.slow
async def test_a_move_to_another_context_copies_first_and_deletes_what_was_copied(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    async with engine(tmp_path / "one", host="db", port="secret:1") as one, engine(tmp_path / "two", host="old") as two:
        one.context, two.context = "prod/eu-west-1", "stage/eu-west-1"
        links: dict[str, EngineTransport] = {one.context: one, two.context: two}
        async with params(tmp_path, links, words="params /app") as (app, pilot):
            await stand_on(app, pilot, "/app", one.context)
            await pilot.press("m")
            target = "stage/eu-west-1:/app"
            await plan_to(pilot, target, "Move all of /app to stage/eu-west-1:/app", "1 to update · 1 to create")
            await pilot.press("ctrl+s")
            await says(pilot, "2 written")
            await pilot.press("escape")
            await says(pilot, "Delete what was copied to stage/eu-west-1:/app", "2 to delete")
            assert await two.values() == {"/app/host": "db", "/app/port": "1"}
            await pilot.press("ctrl+s")
            await hit(pilot, "2", "enter")
            await says(pilot, "2 deleted")
            assert await one.values() == {}


@pytest.mark.slow
async def test_a_move_that_was_broken_off_is_told_and_finished(tmp_path: Path) -> None:
    async with engine(tmp_path, a="1", b="2") as transport:
        service = Parameters(transport)
        values = [one async for page in service.below("/app", decrypt=True) for one in page]
        journal = Journal(tmp_path / "plans")
        journal.begin(move_plan(values, "/app", "/new"), "local")
        journal.end(keep=True)
        # The console was killed when the first copy was written and its source was still there.
        await transport.put("/new/a", "1")
        async with params(tmp_path, transport) as (_app, pilot):
            await says(pilot, "A move of /app to /new in local was broken off", "U shows it")
            await pilot.press("U")
            places = ("1 at both places, with the same value: /app/a", "1 at the old place: /app/b")
            await says(pilot, *places, "1 finish", "2 take back", "3 forget")
            await pilot.press("1")
            await says(pilot, "Finish moving /app to /new", "1 to create · 2 to delete once copied · 1 the same")
            await pilot.press("ctrl+s", "enter")
            await says(pilot, "2 deleted")
            await done(pilot, "Finish moving /app to /new")
            assert await transport.values() == {"/new/a": "1", "/new/b": "2"}
            assert not unfinished(tmp_path / "plans")
            await pilot.press("U")
            await says(pilot, "No move was broken off.")


async def test_a_broken_move_was_told_on_the_screen_of_parameters_alone(tmp_path: Path) -> None:
    async with engine(tmp_path, a="1") as transport:
        values = [one async for page in Parameters(transport).below("/app", decrypt=True) for one in page]
        journal = Journal(tmp_path / "plans")
        journal.begin(move_plan(values, "/app", "/new"), "local")
        journal.end(keep=True)
        async with console(transport, tmp_path, words="nodes") as (app, pilot):
            await says(pilot, "A move of /app/a to /new/a in local was broken off", "U on :params shows it.")
            app.action_notice()
            await until(pilot, lambda: app.screen.phase == "rows")  # type: ignore[attr-defined]
            await says(pilot, "Parameters", "was broken off", ": U shows it.")


async def test_a_broken_move_of_hundreds_was_a_list_of_what_was_written_and_not_where_it_is(tmp_path: Path) -> None:
    async with engine(tmp_path, **{f"k{number}": "v" for number in range(12)}) as transport:
        values = [one async for page in Parameters(transport).below("/app", decrypt=True) for one in page]
        plan = move_plan(values, "/app", "/new")
        for _ in range(2):
            journal = Journal(tmp_path / "plans")
            journal.begin(plan, "local")
            journal.end(keep=True)
        async with params(tmp_path, transport) as (_app, pilot):
            await pilot.press("U")
            await says(pilot, "Moves that were broken off")
            await pilot.press("1")
            await says(pilot, "12 at the old place: /app/k0, /app/k1 and 10 more", "1 finish")
            await pilot.press("escape")
            await Parameters(transport).delete([one.name for one in values[:10]])
            await Parameters(transport).delete([one.name for one in values[10:]])
            await pilot.press("U")
            await says(pilot, "Moves that were broken off")
            await pilot.press("1")
            await says(pilot, "12 at neither place", "1 finish")
            await pilot.press("1")
            await says(pilot, "There is nothing at either place any more, and so nothing to move.")


@pytest.mark.slow
async def test_a_move_that_was_broken_off_is_taken_back(tmp_path: Path) -> None:
    async with engine(tmp_path, a="1", b="2") as transport:
        service = Parameters(transport)
        values = [one async for page in service.below("/app", decrypt=True) for one in page]
        journal = Journal(tmp_path / "plans")
        journal.begin(move_plan(values, "/app", "/new"), "local")
        journal.end(keep=True)
        await transport.put("/new/a", "1")
        await service.delete(["/app/a"])
        async with params(tmp_path, transport) as (_, pilot):
            await pilot.press("U")
            await says(pilot, "2 take back")
            await pilot.press("2")
            await says(pilot, "Take /app back from /new", "1 to create · 1 to delete once copied")
            await pilot.press("ctrl+s", "enter")
            await says(pilot, "1 written · 1 deleted")
            assert await transport.values() == {"/app/a": "1", "/app/b": "2"}


@pytest.mark.slow
async def test_read_only_greys_what_changes_and_lets_one_export(tmp_path: Path) -> None:
    async with engine(tmp_path, a="1") as transport, params(tmp_path, transport, read_only=True) as (app, pilot):
        await stand_on(app, pilot, "/app/a")
        for key in ("D", "m", "Y", "S", "I", "U"):
            app.notices.clear()
            await pilot.press(key)
            await until(pilot, lambda: app.notices)
            assert "this console is read-only" in app.notices[-1].text, key
        await pilot.press("O")
        await says(pilot, "Export /app/a to")
