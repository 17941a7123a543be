"""The keys of the Parameters screen that change a parameter, on the real engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.app._parameter_engine import EngineTransport, engine_transport
from tests.app.console import console, hit, says, text_of, until
from tui.app import SsmApp

HUSH = "open sesame"


@asynccontextmanager
async def at_parameters(
    folder: Path, words: str = "params /app", *, size: tuple[int, int] = (140, 40), read_only: bool = False
) -> AsyncIterator[tuple[EngineTransport, SsmApp, Pilot[Any]]]:
    """Open the screen on three parameters, the cursor on the first of them."""
    async with engine_transport(folder) as transport:
        await transport.put("/app/host", "db-1")
        await transport.put("/app/host", "db-2", Overwrite=True)
        await transport.put("/app/password", HUSH, "SecureString")
        await transport.put("/app/port", "5432")
        async with console(transport, folder, words=words, size=size, read_only=read_only) as (app, pilot):
            await says(pilot, "host", "password", "port")
            yield transport, app, pilot


async def stand_on(pilot: Pilot[Any], name: str) -> None:
    """Put the cursor on a parameter, and wait until all that is known of it shows."""
    screen: Any = pilot.app.screen
    ref = next(ref for ref in screen.tree_view.things if ref.id == name)
    screen.tree_view.move_to(ref)
    await until(pilot, lambda: screen.details is not None and screen.details.ref == ref and screen.details.versions)


async def fill(pilot: Pilot[Any], key: str, text: str) -> None:
    form: Any = pilot.app.screen
    form.fields[key].focus()
    await pilot.press("ctrl+u", "ctrl+k")
    await hit(pilot, *text)


@pytest.mark.slow
async def test_n_makes_one_in_the_folder_and_e_changes_it(tmp_path: Path) -> None:
    async with at_parameters(tmp_path) as (transport, app, pilot):
        await stand_on(pilot, "/app/host")
        await pilot.press("n")
        await says(pilot, "A new parameter", "/app/")
        await hit(pilot, *"user", "tab", "tab", *"ops", "ctrl+s")
        await says(pilot, "/app/user is made.", "user")
        await pilot.press("e")
        await fill(pilot, "value", "db-3")
        await pilot.press("ctrl+s")
        await says(pilot, "/app/host is v3 now.", "v3")
        assert (await transport.get("/app/host"), await transport.get("/app/user")) == ("db-3", "ops")
        await until(pilot, lambda: "db-3" in text_of(app))


@pytest.mark.slow
async def test_a_copy_is_made_under_another_name(tmp_path: Path) -> None:
    async with at_parameters(tmp_path) as (transport, _, pilot):
        await stand_on(pilot, "/app/password")
        await pilot.press("C")
        await says(pilot, "Another parameter like /app/password")
        await fill(pilot, "name", "/app/password2")
        await pilot.press("ctrl+s")
        await says(pilot, "/app/password2 is made.")
        assert await transport.get("/app/password2") == HUSH


@pytest.mark.slow
async def test_a_label_moves_from_one_version_to_another_and_is_taken_off(tmp_path: Path) -> None:
    async with at_parameters(tmp_path) as (transport, _, pilot):
        await stand_on(pilot, "/app/host")
        await pilot.press("i")
        await fill(pilot, "labels", "live canary")
        await says(pilot, "live is put on v2", "LabelParameterVersion")
        await pilot.press("ctrl+s")
        await says(pilot, "/app/host: live is on v2, canary is on v2.", "live(v2)")
        await pilot.press("tab", "tab", "G", "i")
        await says(pilot, "Labels of /app/host v1")
        await fill(pilot, "labels", "9lives")
        await says(pilot, "begins with a digit")
        await fill(pilot, "labels", "live")
        await says(pilot, "live moves from v2 to v1")
        await pilot.press("ctrl+s")
        await says(pilot, "live(v1)", "canary(v2)")
        answer = await transport.engine.call("GetParameterHistory", {"Name": "/app/host"})
        assert [one["Labels"] for one in answer["Parameters"]] == [["live"], ["canary"]]
        await pilot.press("escape", "i")
        await says(pilot, "Labels of /app/host v1")


@pytest.mark.slow
async def test_b_rolls_back_to_the_version_under_the_cursor_once_it_was_shown(tmp_path: Path) -> None:
    async with at_parameters(tmp_path) as (transport, _, pilot):
        await stand_on(pilot, "/app/host")
        await pilot.press("b")
        await says(pilot, "that is the latest version")
        await pilot.press("tab", "tab", "G", "b")
        await says(pilot, "Roll /app/host back to v1?", "now     db-2", "new     db-1", "v2 becomes v3")
        assert transport.puts() == []
        await pilot.press("enter")
        await says(pilot, "/app/host is v3 now.")
        assert await transport.get("/app/host") == "db-1"


@pytest.mark.slow
@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)])
async def test_a_long_value_does_not_push_the_keys_out_of_a_window(tmp_path: Path, size: tuple[int, int]) -> None:
    async with at_parameters(tmp_path, size=size) as (transport, _, pilot):
        long = "\n".join(f"line {number}" for number in range(40))
        await transport.put("/app/port", long, Overwrite=True)
        await transport.put("/app/port", long.replace("line 1", "LINE 1"), Overwrite=True)
        await stand_on(pilot, "/app/port")
        await pilot.press("e")
        await says(pilot, "the value has 40 lines, which ctrl+g opens in $EDITOR", "esc")
        await pilot.press("escape", "tab", "tab", "j", "b")
        await says(pilot, "Roll /app/port back to v2?", "now     LINE 1", "new     line 1", "esc leave it")


@pytest.mark.slow
async def test_policies_are_spelt_out_while_one_types_and_need_the_advanced_tier(tmp_path: Path) -> None:
    async with at_parameters(tmp_path) as (transport, _, pilot):
        await stand_on(pilot, "/app/password")
        await pilot.press("Z")
        await fill(pilot, "notice", "15d")
        await says(pilot, "needs an expiry")
        await fill(pilot, "expires", "33d")
        due = datetime.now(UTC) + timedelta(days=33)
        await says(pilot, f"expires {due:%Y-%m-%d}", "in 33 d: it is deleted then", "notice 15 d before:")
        await says(pilot, "it becomes Advanced, for good", "v1 becomes v2")
        await pilot.press("ctrl+s")
        assert HUSH not in await says(pilot, "/app/password is v2 now, in the Advanced tier.", "expires")
        assert await transport.get("/app/password") == HUSH
        (put,) = transport.puts()
        assert put["Tier"] == "Advanced" and '"Before": "15"' in put["Policies"]
        await until(pilot, lambda: pilot.app.screen.details.parameter.policies)  # type: ignore[attr-defined]
        await pilot.press("Z")
        await says(pilot, "Nothing is changed: nothing will be sent.")
        for key in ("expires", "notice"):
            await fill(pilot, key, "")
        await says(pilot, "it has no policies any more")
        await pilot.press("ctrl+s")
        await says(pilot, "/app/password is v3 now.")
        assert transport.puts()[-1]["Policies"] == "[{}]"


@pytest.mark.slow
async def test_tags_of_marked_parameters_are_changed_together(tmp_path: Path) -> None:
    async with at_parameters(tmp_path) as (transport, _, pilot):
        await stand_on(pilot, "/app/host")
        await pilot.press("space", "space", "t")
        await says(pilot, "Tags that 2 parameters have in common")
        await fill(pilot, "tags", "env=prod team='the ops'")
        await says(pilot, "env=prod  new", "team=the ops  new", "on 2 parameters")
        await pilot.press("ctrl+s")
        await says(pilot, "The tags of 2 parameters are changed.")
        for name in ("/app/host", "/app/password"):
            tags = await transport.engine.call("ListTagsForResource", {"ResourceType": "Parameter", "ResourceId": name})
            assert {tag["Key"]: tag["Value"] for tag in tags["TagList"]} == {"env": "prod", "team": "the ops"}
        await pilot.press("t")
        await fill(pilot, "tags", "env=staging")
        await says(pilot, "env=staging  was prod", "team=the ops  is removed")


@pytest.mark.parametrize("key", ["n", "e", "E", "C", "t", "i", "Z"])
async def test_nothing_changes_a_parameter_while_the_console_is_read_only(tmp_path: Path, key: str) -> None:
    async with at_parameters(tmp_path, read_only=True) as (_, app, pilot):
        await stand_on(pilot, "/app/host")
        await pilot.press(key)
        await says(pilot, "this console is read-only")
        assert app.screen.NOUN == "parameters"  # type: ignore[attr-defined]


async def test_one_parameter_is_edited_at_a_time(tmp_path: Path) -> None:
    async with at_parameters(tmp_path) as (_, app, pilot):
        await stand_on(pilot, "/app/host")
        await pilot.press("space", "space", "e")
        await says(pilot, "it edits one parameter, and 2 are marked")
        assert app.screen.NOUN == "parameters"  # type: ignore[attr-defined]


async def test_an_editor_without_a_terminal_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "ed")
    monkeypatch.delenv("VISUAL", raising=False)
    async with at_parameters(tmp_path) as (_, _, pilot):
        await stand_on(pilot, "/app/host")
        await pilot.press("E")
        await says(pilot, "There is no terminal here to give to an editor.")
