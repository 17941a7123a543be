"""Two subtrees side by side: what differs, secrets that are asked for, one difference whole, and what is promoted."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.app._compared import compared, fake_of, put_sides, sides
from tests.app.console import SIZES, at_each_size, console, hit, says, text_of, until
from tests.app.engine_console import engine, engine_console
from tui.errors import AccessDenied, ApiError, UsageError
from tui.screens._compare_sides import Side, sides_of
from tui.screens._compare_value import PairDiff, normal_json
from tui.services import Services
from tui.services.parameter_compare import DifferenceState
from tui.services.parameter_models import PutRequest
from tui.services.parameters import Parameters

BOTH = "/app/staging /app/prod"
SECRETS = ("pw-of-staging", "pw-of-prod", "the-same")


def no_secret(app: Any) -> None:
    shown = text_of(app)
    assert not [secret for secret in SECRETS if secret in shown]


def rows(app: Any) -> list[str]:
    return [str(path) for path in app.screen.grid.ids]


@pytest.mark.parametrize("size", SIZES)
async def test_what_differs_shows_and_what_is_the_same_is_hidden(tmp_path: Path, size: tuple[int, int]) -> None:
    fake = fake_of(sides())
    async with compared(fake, tmp_path, BOTH, size=size) as (app, pilot):
        await says(pilot, "~ different", "db/host", "- only left", "+ only right", "? secret", "2 same (hidden)")
        assert rows(app) == ["db/host", "db/password", "db/token", "only/here", "only/there", "settings"]
        assert not any(request["WithDecryption"] for request in fake.sent("GetParametersByPath"))
        await pilot.press("equals_sign")
        await says(pilot, "= same", "same/1", "2 same")
        await pilot.press("equals_sign")
        await until(pilot, lambda: "same/1" not in text_of(app))
        await hit(pilot, "slash", *"only", "enter")
        await says(pilot, "2 of 6")
        assert rows(app) == ["only/here", "only/there"]
        no_secret(app)


async def test_secrets_are_compared_when_asked_and_never_shown(tmp_path: Path) -> None:
    fake = fake_of(sides())
    async with compared(fake, tmp_path, BOTH) as (app, pilot):
        await says(pilot, "? 2 secret")
        await pilot.press("S")
        await says(pilot, "2 secrets were compared: 1 differ, 1 the same.", "3 different", "3 same (hidden)")
        states = {path: row.state for path, row in app.screen.differences.items()}
        assert states["db/password"] is DifferenceState.DIFFERENT
        assert states["db/token"] is DifferenceState.SAME
        no_secret(app)
        held = repr(app.screen.differences) + "".join(
            str(row.left) + str(row.right) for row in app.screen.differences.values()
        )
        values = [side.value for row in app.screen.differences.values() for side in (row.left, row.right) if side]
        assert not [secret for secret in SECRETS if secret in held or secret in values]
        # Read again, what was told of the same versions still holds.
        await pilot.press("R")
        await until(pilot, lambda: app.screen.is_done)
        assert app.screen.differences["db/token"].state is DifferenceState.SAME
        fake.put("/app/prod/db/token", "secret:another")
        await pilot.press("R")
        await until(pilot, lambda: app.screen.differences["db/token"].state is DifferenceState.UNKNOWN)


async def test_one_secret_shows_until_the_cursor_moves(tmp_path: Path) -> None:
    async with compared(fake_of(sides()), tmp_path, BOTH) as (app, pilot):
        await pilot.press("j", "v")
        await says(pilot, "- SecureString v1", "pw-of-staging", "pw-of-prod", "shows for 10 s")
        await pilot.press("v")
        await until(pilot, lambda: "pw-of" not in text_of(app))
        await pilot.press("v")
        await says(pilot, "pw-of-prod")
        await pilot.press("j")
        await until(pilot, lambda: "pw-of" not in text_of(app))
        assert app.screen.reveal.text is None


async def test_a_row_opens_as_a_difference_of_what_json_says(tmp_path: Path) -> None:
    async with compared(fake_of(sides()), tmp_path, BOTH) as (app, pilot):
        await pilot.press("G", "enter")
        shown = await says(pilot, "settings", "JSON", "change 1 of 1")
        assert isinstance(app.screen, PairDiff)
        changed = [line for line in shown.splitlines() if " - " in line and "2" in line]
        assert changed
        assert app.screen.view.compared.counts == (1, 1)
        await pilot.press("z")
        await says(pilot, '{"b": 1, "a": [1, 2]}')
        await pilot.press("c")
        await until(pilot, lambda: app.clipboard.startswith("--- /app/staging\n+++ /app/prod\n"))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.NOUN == "compare")


async def test_the_difference_of_a_secret_shows_for_ten_seconds_and_is_not_copied(tmp_path: Path) -> None:
    async with compared(fake_of(sides()), tmp_path, BOTH) as (app, pilot):
        await pilot.press("j", "enter")
        await says(pilot, "secret: v reveals both for 10 s", "••••")
        no_secret(app)
        await pilot.press("v")
        await says(pilot, "pw-of-staging", "pw-of-prod", "shows for")
        await pilot.press("c")
        await says(pilot, "A secret is copied by c on the parameter itself.")
        assert app.clipboard == ""
        await pilot.press("v")
        await until(pilot, lambda: "pw-of" not in text_of(app))


def test_json_is_compared_by_what_it_says() -> None:
    assert normal_json('{"b": 1, "a": 2}') == normal_json('{ "a":2,\n"b":1 }')
    assert normal_json('{"a": 1, "a": 2}') is None
    assert normal_json("7") is None
    assert normal_json("[1,") is None


async def test_sides_that_are_the_same_say_so(tmp_path: Path) -> None:
    fake = fake_of({"/a/x": "1", "/a/y": "2", "/b/x": "1", "/b/y": "2"})
    async with compared(fake, tmp_path, "/a /b", size=(80, 24)) as (app, pilot):
        await says(pilot, "All 2 parameters are the same on both sides.", "= shows what is the same.")
        await pilot.press("equals_sign")
        await says(pilot, "= same")
        assert rows(app) == ["x", "y"]


async def test_an_empty_side_is_all_on_the_other(tmp_path: Path) -> None:
    fake = fake_of({"/a/x": "1", "/a": "itself"})
    async with compared(fake, tmp_path, "/a /b") as (app, pilot):
        await says(pilot, "- /a  2", "+ /b  0", "2 only left")
        assert rows(app) == ["", "x"]
    async with compared(fake, tmp_path, "/c /d") as (app, pilot):
        await says(pilot, "Nothing is on either side.")
        await at_each_size(pilot, "Nothing is on either side.")


async def test_a_side_that_is_denied_is_named(tmp_path: Path) -> None:
    fake = fake_of({"/a/x": "1", "/b/x": "2"})
    below = fake.answers["GetParametersByPath"]

    def denied(request: dict[str, Any]) -> Any:
        if request["Path"] == "/b":
            return AccessDenied(
                "AccessDeniedException", "no", operation="GetParametersByPath", action="ssm:GetParametersByPath"
            )
        return below(request)

    fake.transport.answers["GetParametersByPath"] = denied
    async with compared(fake, tmp_path, "/a /b", size=(80, 24)) as (_, pilot):
        await says(pilot, "/b: Denied: ssm:GetParametersByPath is missing.", "/a has 1, and was read.", "not read")
        fake.transport.answers["GetParametersByPath"] = below
        await pilot.press("R")
        await says(pilot, "~ different")
        fake.transport.answers["GetParametersByPath"] = ApiError("InternalServerError", "it broke")
        await pilot.press("R")
        await says(pilot, "~ different", "InternalServerError")


async def test_who_may_read_below_a_path_alone_can_compare(tmp_path: Path) -> None:
    fake = fake_of({"/a/x": "1", "/b/x": "2"})
    fake.transport.answers["GetParameters"] = AccessDenied(
        "AccessDeniedException", "no", operation="GetParameters", action="ssm:GetParameters"
    )
    async with compared(fake, tmp_path, "/a /b") as (app, _):
        assert rows(app) == ["x"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "Nothing was named to compare."),
        ("/a", "Two sides are needed to compare."),
        ("/a b", "'b' is no path."),
        ("/a /a/", "Both sides are /a."),
        ("/a prod/eu:/a", "The context prod/eu is not open."),
        ("/a /b@soon", "'soon' is no time."),
        ("/a /b@2999-01-01", "2999-01-01 is yet to come."),
    ],
)
def test_sides_that_can_not_be_meant_are_told(words: str, said: str) -> None:
    services: Any = Services([fake_of({}).transport])  # type: ignore[list-item]  # it has what a transport has
    with pytest.raises(UsageError) as told:
        sides_of(words, services, datetime(2026, 11, 22, tzinfo=UTC))
    assert told.value.message == said


def test_a_side_may_have_a_context_and_a_time() -> None:
    services: Any = Services([fake_of({}).transport])  # type: ignore[list-item]  # as above
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    left, right = sides_of("local:/app/prod@36h /app/prod/@2026-11-01", services, now)
    assert left == Side("local", "/app/prod", datetime(2026, 11, 21, tzinfo=UTC), "36h")
    assert right == Side("local", "/app/prod", datetime(2026, 11, 1, tzinfo=UTC), "2026-11-01")
    assert sides_of("/app@2d", services, now)[1] == Side("local", "/app", None, "")


async def test_sides_are_asked_for_where_none_were_named(tmp_path: Path) -> None:
    async with compared(fake_of({"/a/x": "1"}), tmp_path, "", size=(80, 24)) as (_, pilot):
        await says(pilot, "Nothing was named to compare.")
        await pilot.press("e")
        await hit(pilot, *"/a", "tab", *"b", "ctrl+s")
        await says(pilot, "'b' is no path.")
        await hit(pilot, "ctrl+u", *"/b", "ctrl+s")
        await says(pilot, "- only left", "+ /b  0")


async def test_two_contexts_are_compared(tmp_path: Path) -> None:
    local, other = fake_of({"/app/x": "1", "/app/same": "s"}), fake_of({"/app/x": "2", "/app/same": "s"})
    async with compared({"local": local, "prod/eu-west-1": other}, tmp_path, "local:/app prod/eu-west-1:/app") as (
        app,
        pilot,
    ):
        await says(pilot, "- local:/app", "+ prod/eu-west-1:/app", "1 different", "1 same (hidden)")
        assert rows(app) == ["x"]


async def test_an_operator_who_may_only_read_can_not_promote(tmp_path: Path) -> None:
    async with compared(fake_of(sides()), tmp_path, BOTH, read_only=True) as (app, pilot):
        await pilot.press("Y")
        await says(pilot, "read-only")
        assert app.screen.NOUN == "compare"


async def test_reading_can_be_given_up(tmp_path: Path) -> None:
    fake, never = fake_of(sides()), asyncio.Event()

    async def waits(_: dict[str, Any]) -> Any:
        await never.wait()

    below = fake.answers["GetParametersByPath"]
    fake.transport.answers["GetParametersByPath"] = lambda request: (
        waits(request) if request["Path"] == "/app/prod" else below(request)
    )
    async with console(fake.transport, tmp_path, words=f"compare {BOTH}") as (_, pilot):
        await says(pilot, "Reading both sides", "/app/staging   7")
        await pilot.press("ctrl+c")
        await says(pilot, "Reading was cancelled.")
        fake.transport.answers["GetParametersByPath"] = below
        await pilot.press("R")
        await says(pilot, "~ different")


@pytest.mark.slow  # an engine of its own, and two plans applied on it
async def test_three_keys_are_promoted_as_a_plan_on_the_real_engine(tmp_path: Path) -> None:
    async with engine(tmp_path), engine_console(tmp_path, words="overview") as (app, pilot):
        screen: Any
        await until(pilot, lambda: app.is_connected)
        parameters = app.services.of(Parameters)
        await put_sides(parameters)
        app.run_line(f"compare {BOTH}")
        await until(pilot, lambda: app.screen.NOUN == "compare" and app.screen.is_done)  # type: ignore[attr-defined]
        screen = app.screen
        await pilot.press("space", "space", "j", "space", "Y")
        await says(pilot, "Promote 3 keys", "/app/staging to /app/prod", "/app/prod to /app/staging")
        await pilot.press("1")
        await says(pilot, "Promote /app/staging to /app/prod", "2 to update", "1 to create", "/app/prod/only/here")
        no_secret(app)
        await pilot.press("ctrl+s")
        await says(pilot, "3 written")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        assert (await parameters.value("/app/prod/db/host")).value == "staging.internal"
        assert (await parameters.value("/app/prod/db/password", decrypt=True)).value == "pw-of-staging"
        assert (await parameters.value("/app/prod/only/here")).value == "x"
        await says(pilot, "4 same (hidden)")
        assert rows(app) == ["db/password", "db/token", "only/there", "settings"]
        # What only the right has is deleted there, once its name was typed.
        screen.grid.move_to("only/there")
        await pilot.press("Y", "1")
        await says(pilot, "1 to delete")
        await hit(pilot, "ctrl+s", *"/app/prod/only/there", "enter")
        await says(pilot, "1 deleted")
        await pilot.press("escape")
        await until(pilot, lambda: "only/there" not in rows(app))


@pytest.mark.slow  # an engine of its own
async def test_a_subtree_is_compared_with_itself_as_it_was_on_the_real_engine(tmp_path: Path) -> None:
    async with engine(tmp_path), engine_console(tmp_path, words="overview") as (app, pilot):
        await until(pilot, lambda: app.is_connected)
        parameters = app.services.of(Parameters)
        await put_sides(parameters)
        read = await parameters.value("/app/prod/db/host")
        assert read.modified is not None
        put = PutRequest(name="/app/prod/db/host", value="moved.internal", overwrite=True)
        while (await parameters.value("/app/prod/db/host")).modified == read.modified:
            await parameters.put(put)
        when = read.modified.isoformat().replace("+00:00", "Z")
        app.run_line(f"compare /app/prod@{when}")
        await says(pilot, "prod.internal", "moved.internal", "1 different")
        await pilot.press("Y")
        await says(pilot, "Promote /app/prod@", "1 to update")
        await pilot.press("ctrl+s")
        await says(pilot, "1 written")
        assert (await parameters.value("/app/prod/db/host")).value == "prod.internal"
