"""The Parameters screen: the tree and the value beside it, on our own engine, on AWS, at each size."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.app._parameter_fake import ParametersFake
from tests.app.console import at_each_size, console, hit, says, text_of, until
from tests.app.engine_console import engine, engine_console
from tui.errors import AccessDenied, Throttled
from tui.ports import Ref
from tui.screens.parameters import ParametersScreen
from tui.services.parameter_models import ParameterType, PutRequest
from tui.services.parameters import Parameters

PATHS = {
    "/app/prod/db/host": "db-1",
    "/app/prod/db/password": "secret:hush",
    "/app/prod/db/port": "5432",
    "/app/prod/config": '{"name": "web", "port": 8080}',
    "/app/prod/hosts": "a.example,b.example",
    "/app/staging/db/host": "db-2",
    "/single": "1",
}


def tree_lines(app: Any) -> list[str]:
    """Give the lines of the tree that shows, as far as their labels and counts."""
    tree = app.screen.table
    lines = [tree.render_line(y).text for y in range(1, tree.size.height)]
    return [line[2:].split("  String")[0].split("  Secure")[0].rstrip() for line in lines if line.strip()]


@pytest.mark.slow
async def test_on_the_engine_one_moves_through_the_tree_and_reads_values(tmp_path: Path) -> None:
    async with engine(tmp_path), engine_console(tmp_path, words="parameters") as (app, pilot):
        await says(pilot, "No parameters yet.")
        service = app.services.of(Parameters)
        for path, value in PATHS.items():
            secret = value.startswith("secret:")
            kind = ParameterType.SECURE_STRING if secret else ParameterType.STRING
            await service.put(PutRequest(name=path, value=value.removeprefix("secret:"), type=kind))
        await service.put(PutRequest(name="/app/prod/db/host", value="db-9", overwrite=True, description="[red]x[/no]"))
        await service.label("/app/prod/db/host", ["live"])
        await service.add_tags("/app/prod/db/host", {"team": "web"})
        # What the watch says to have come is shown without being asked for.
        await says(pilot, "app", "single")
        await says(pilot, "(6)")
        await pilot.press("g", "l")
        await says(pilot, "prod", "staging", "(5)", "(1)")
        await pilot.press("j", "l")
        await says(pilot, "config", "hosts")
        await pilot.press("j", "l")
        await says(pilot, "password", "SecureString", "◇")
        await pilot.press("j")
        await says(pilot, "value      db-9", "live(v2)", "[red]x[/no]", "team=web", "String · v2 · Standard", "v1  ")
        await service.put(PutRequest(name="/app/prod/db/host", value="db-10", overwrite=True))
        await says(pilot, "value      db-10", "· v3 ·")
        await service.delete(["/app/prod/db/port"])
        await until(pilot, lambda: "port" not in text_of(app).replace("8080", ""))
        assert app.screen.table.cursor_id == Ref("local", "/app/prod/db/host")  # type: ignore[attr-defined]


async def test_a_path_opens_there_and_a_parameters_own_name_among_its_neighbours(tmp_path: Path) -> None:
    fake = ParametersFake(PATHS)
    async with console(fake.transport, tmp_path, words="params /app/prod") as (app, pilot):
        await says(pilot, "Parameters /app/prod", "▾ /app/prod", "config", "(5)")
        assert all(request["Path"].startswith("/app/prod") for request in fake.sent("ListParameterChildren"))
    async with console(fake.transport, tmp_path, words="ps /app/prod/db/password") as (app, pilot):
        await says(pilot, "Parameters /app/prod/db", "••••", "SecureString · v1")
        assert app.screen.table.cursor_id == Ref("local", "/app/prod/db/password")  # type: ignore[attr-defined]
    async with console(fake.transport, tmp_path, words="params /nowhere") as (app, pilot):
        await says(pilot, "Nothing is below /nowhere.")


async def test_on_aws_folders_appear_as_pages_come_and_the_cursor_stays(tmp_path: Path) -> None:
    fake = ParametersFake({f"/app/{part}/key-{n}": "v" for part in ("b", "m", "z") for n in range(12)}, on_aws=True)
    async with console(fake.transport, tmp_path, words="params") as (app, pilot):
        await says(pilot, "app", "(36)")
        await pilot.press("l", "l", "j", "l", "j", "j")
        screen: Any = app.screen
        await until(pilot, lambda: screen.table.cursor_id == Ref("local", "/app/m/key-1"))
        await pilot.press("space")
        fake.put("/app/a/new", "v")
        del fake.history["/app/b/key-3"]
        await pilot.press("R")
        await until(pilot, lambda: screen.table.knows(Ref("local", "/app/a/new")))
        await until(pilot, lambda: not screen.table.knows(Ref("local", "/app/b/key-3")))
        assert screen.table.cursor_id == Ref("local", "/app/m/key-2")
        assert screen.table.marked_ids == [Ref("local", "/app/m/key-1")]
        assert not fake.sent("ListParameterChildren")
        assert all(request["WithDecryption"] is False for request in fake.sent("GetParametersByPath"))


async def test_a_filter_finds_what_was_never_unfolded(tmp_path: Path) -> None:
    fake = ParametersFake(PATHS)
    async with console(fake.transport, tmp_path, words="params") as (app, pilot):
        await says(pilot, "app", "single")
        await hit(pilot, "slash", *"prod type=securestring", "enter")
        await says(pilot, "password", "1 of 7")
        assert "host" not in text_of(app)
        await pilot.press("escape")
        await says(pilot, "▸ app", "single")
        await hit(pilot, "slash", *"version=1 staging/db", "enter")
        await says(pilot, "staging", "1 of 7")


async def test_the_flat_list_has_the_same_rows_and_comes_back_as_it_was(tmp_path: Path) -> None:
    fake = ParametersFake(PATHS)
    async with console(fake.transport, tmp_path, words="params") as (app, pilot):
        await says(pilot, "app", "single")
        await pilot.press("T")
        screen: Any = app.screen
        await until(pilot, lambda: len(tree_lines(app)) == 7)
        assert tree_lines(app)[0] == "· /app/prod/config"
        await hit(pilot, "slash", *"prod/db", "enter")
        await until(pilot, lambda: screen.table.shown == 3)
        await pilot.press("j", "space")
        marked = screen.table.marked_ids
        await pilot.press("T")
        await says(pilot, "▾ app", "3 of 7", "1 marked")
        assert screen.table.marked_ids == marked == [Ref("local", "/app/prod/db/password")]
        await pilot.press("T")
        state = screen.save_state()
        again: Any = ParametersScreen(None, state)
        again.restore_state(state)
        assert again.is_flat and again.flat_view.standing().filter == "prod/db"


async def test_what_is_under_the_cursor_is_asked_for_only_when_it_rests(tmp_path: Path) -> None:
    fake = ParametersFake({f"/key-{n:02}": f"value {n}" for n in range(30)})
    async with console(fake.transport, tmp_path, words="params") as (_app, pilot):
        await says(pilot, "value 0")
        await hit(pilot, *["j"] * 20)
        await says(pilot, "value 20")
        asked = [request["Name"] for request in fake.sent("GetParameter")]
        assert asked[0] == "/key-00" and asked[-1] == "/key-20" and len(asked) < 8


async def test_an_answer_that_comes_late_is_not_painted_over_a_newer_one(tmp_path: Path) -> None:
    fake = ParametersFake({"/a": "slow one", "/b": "quick one"})
    gate = asyncio.Event()
    quick = fake.transport.answers["GetParameter"]

    async def slow(request: dict[str, Any]) -> Any:
        if request["Name"] == "/a":
            await gate.wait()
        return quick(request)

    fake.transport.answers["GetParameter"] = slow
    async with console(fake.transport, tmp_path, words="params") as (app, pilot):
        await until(pilot, lambda: fake.sent("GetParameter"))
        await pilot.press("j")
        await says(pilot, "quick one")
        gate.set()
        await pilot.pause(0.05)
        assert "slow one" not in text_of(app) and "quick one" in text_of(app)


async def test_denied_loading_and_a_folder_that_is_denied_look_different(tmp_path: Path) -> None:
    fake = ParametersFake(PATHS)
    denied = AccessDenied("AccessDeniedException", "no", operation="X", action="ssm:GetParametersByPath")
    children = fake.transport.answers["ListParameterChildren"]

    def partly(request: dict[str, Any]) -> Any:
        return denied if request["Path"] == "/app/prod" else children(request)

    fake.transport.answers["ListParameterChildren"] = partly
    async with console(fake.transport, tmp_path, words="params") as (_app, pilot):
        await says(pilot, "app")
        await pilot.press("l", "l", "l")
        await says(pilot, "✖ failed", "Denied: ssm:GetParametersByPath is missing.", "Enter below it", "single")
        fake.transport.answers["ListParameterChildren"] = children
        await pilot.press("j", "enter")
        await says(pilot, "config")
    fake.transport.answers["ListParameterChildren"] = denied
    async with console(fake.transport, tmp_path, words="params") as (_app, pilot):
        await says(pilot, "Denied: ssm:GetParametersByPath is missing.")


async def test_parts_that_are_denied_are_said_beside_those_that_are_not(tmp_path: Path) -> None:
    fake = ParametersFake({"/a": "text"})
    fake.transport.answers["ListTagsForResource"] = AccessDenied(
        "AccessDeniedException", "no", operation="X", action="ssm:ListTagsForResource"
    )
    fake.transport.answers["GetParameterHistory"] = Throttled("ThrottlingException", "Rate exceeded")
    async with console(fake.transport, tmp_path, words="params") as (_, pilot):
        await says(pilot, "text", "ssm:ListTagsForResource is missing", "Throttled", "String · v1")


async def test_policies_are_said_in_dates(tmp_path: Path) -> None:
    fake = ParametersFake({"/a": "text"})
    due = time.strftime("%Y-%m-%dT09:00:00Z", time.gmtime(time.time() + 3.5 * 86400))
    policies = [
        {"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": due}},
        {"Type": "ExpirationNotification", "Version": "1.0", "Attributes": {"Before": "2", "Unit": "Days"}},
        {"Type": "NoChangeNotification", "Version": "1.0", "Attributes": {"After": "20", "Unit": "Days"}},
    ]
    fake.policies["/a"] = [
        {"PolicyText": json.dumps(one), "PolicyType": one["Type"], "PolicyStatus": "Pending"} for one in policies
    ]
    async with console(fake.transport, tmp_path, words="params", size=(160, 40)) as (_, pilot):
        await says(pilot, "▲ in", f"{due[:10]} 09:00Z  in ", "2 d before", "notice if unchanged after 20 d: 2026-12-")


async def test_it_is_read_at_each_size_and_a_narrow_one_gives_the_pane_the_room(tmp_path: Path) -> None:
    fake = ParametersFake({"/a": "text", "/b": "\n".join(f"line {n}" for n in range(40))})
    async with console(fake.transport, tmp_path, words="params") as (app, pilot):
        await at_each_size(pilot, "text", "String · v1", "modified")
        await pilot.resize_terminal(80, 24)
        await pilot.press("j")
        await says(pilot, "line 0")
        await pilot.press("enter")
        screen: Any = app.screen
        await until(pilot, lambda: screen.has_class("-reading") and screen.versions_view.size.height > 2)
        await pilot.press("pagedown")
        await says(pilot, "29 more lines: v shows the whole")
        await pilot.press("tab")
        assert app.focused is screen.versions_view
        await pilot.press("v")
        await says(pilot, "line 20")
        await pilot.press("escape", "escape")
        assert app.focused is screen.table


async def test_several_contexts_stand_below_a_node_each(tmp_path: Path) -> None:
    here, there = ParametersFake({"/app/a": "here"}), ParametersFake({"/app/a": "there"}, on_aws=True)
    there.transport.context = "prod/eu-west-1"
    async with console({"local": here.transport, "prod/eu-west-1": there.transport}, tmp_path, words="params") as (
        _app,
        pilot,
    ):
        await says(pilot, "▾ local", "▾ prod/eu-west-1")
        await pilot.press("G", "l", "j")
        await says(pilot, "there")
        await hit(pilot, "slash", *"ctx=local", "enter")
        await says(pilot, "1 of 2")
        await pilot.press("g", "j", "j")
        await says(pilot, "value      here")


async def test_y_shows_the_ciphertext_of_a_secret(tmp_path: Path) -> None:
    fake = ParametersFake({"/token": "secret:hush"})
    async with console(fake.transport, tmp_path, words="params") as (app, pilot):
        await says(pilot, "••••")
        await pilot.press("y")
        await says(pilot, "ParameterMetadata", "Value: Y2lwaGVy")
        assert "hush" not in text_of(app)


async def test_what_shows_is_saved_with_its_paths(tmp_path: Path) -> None:
    fake, file = ParametersFake(PATHS), tmp_path / "shown.csv"
    async with console(fake.transport, tmp_path, words="params") as (app, pilot):
        await says(pilot, "app", "single")
        await hit(pilot, "slash", *"prod/db", "enter")
        await says(pilot, "3 of 7")
        app.run_line(f"save {file}")
        await says(pilot, "Saved 3 rows of 7")
    rows = file.read_text().splitlines()
    assert rows[0] == "path,type,version,expires,modified"
    assert [row.split(",")[0] for row in rows[1:]] == [f"/app/prod/db/{key}" for key in ("host", "password", "port")]
    assert "hush" not in file.read_text()
