"""Secrets on the Parameters screen: masked, revealed for a while, masked again by whatever looks away, kept nowhere."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.app._parameter_fake import ParametersFake
from tests.app.console import console, says, text_of, until
from tui.app import SsmApp
from tui.errors import AccessDenied
from tui.screens._parameter_reveal import MASK

SECRET = "hush-9f2c"
LONGER = "hush-9f2c-and-much-longer-than-any-other"


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def secrets() -> ParametersFake:
    return ParametersFake({"/a": f"secret:{SECRET}", "/b": f"secret:{LONGER}", "/c": "plain"})


async def revealed(app: SsmApp, pilot: Pilot[Any]) -> Clock:
    """Reveal the secret under the cursor; give the clock that it goes by."""
    screen: Any = app.screen
    await says(pilot, MASK, "v reveals it for 10 s")
    screen.reveal.clock = clock = Clock()
    await pilot.press("v")
    await says(pilot, SECRET, "shows for 10 s, v masks it")
    return clock


async def masked(app: SsmApp, pilot: Pilot[Any]) -> None:
    await until(pilot, lambda: SECRET not in text_of(app))
    screens: list[Any] = [one for one in app.screen_stack if hasattr(one, "reveal")]
    assert all(one.reveal.text is None for one in screens)


async def test_the_mask_does_not_tell_how_long_a_secret_is_and_nothing_is_decrypted_unasked(tmp_path: Path) -> None:
    fake = secrets()
    async with console(fake.transport, tmp_path, words="params") as (app, pilot):
        first = await says(pilot, MASK, "/a", "SecureString · v1")
        await pilot.press("j")
        second = await says(pilot, MASK, "/b", "SecureString · v1")
        assert [line.count("•") for line in first.splitlines()] == [line.count("•") for line in second.splitlines()]
        assert not [request for _, request in fake.transport.sent if request.get("WithDecryption")]
        assert app.screen.details.value.value != SECRET  # type: ignore[attr-defined]


async def test_a_secret_shows_for_ten_seconds_with_a_countdown(tmp_path: Path) -> None:
    fake = secrets()
    async with console(fake.transport, tmp_path, words="params") as (app, pilot):
        clock = await revealed(app, pilot)
        clock.now += 6.5
        await says(pilot, SECRET, "shows for 4 s")
        clock.now += 3.5
        await masked(app, pilot)
        await says(pilot, MASK, "v reveals it for 10 s")
        decrypted = [request for _, request in fake.transport.sent if request.get("WithDecryption")]
        assert decrypted == [{"Name": "/a", "WithDecryption": True}]


@pytest.mark.parametrize("key", ["v", "j", "colon", "at", "T"])
async def test_a_secret_masks_itself_when_one_looks_away(tmp_path: Path, key: str) -> None:
    async with console(secrets().transport, tmp_path, words="params") as (app, pilot):
        await revealed(app, pilot)
        await pilot.press(key)
        if key == "T":
            await until(pilot, lambda: app.screen.is_flat)  # type: ignore[attr-defined]
            await pilot.press("j")
        await masked(app, pilot)


async def test_a_secret_masks_itself_when_another_screen_is_gone_to_and_when_the_terminal_loses_the_focus(
    tmp_path: Path,
) -> None:
    async with console(secrets().transport, tmp_path, words="params") as (app, pilot):
        screen: Any = app.screen
        await revealed(app, pilot)
        app.go("overview")
        await until(pilot, lambda: app.screen is not screen)
        assert screen.reveal.text is None
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: app.screen is screen)
        await revealed(app, pilot)
        app.app_focus = False
        await masked(app, pilot)
        app.app_focus = True
        await pilot.pause()
        assert SECRET not in text_of(app)


async def test_a_secret_that_came_back_after_one_moved_on_was_shown_beside_another_name(tmp_path: Path) -> None:
    fake, gate = secrets(), asyncio.Event()
    quick = fake.transport.answers["GetParameter"]

    async def slow(request: dict[str, Any]) -> Any:
        if request["WithDecryption"]:
            await gate.wait()
        return quick(request)

    fake.transport.answers["GetParameter"] = slow
    async with console(fake.transport, tmp_path, words="params") as (app, pilot):
        await says(pilot, MASK)
        await pilot.press("v")
        await until(pilot, lambda: any(request.get("WithDecryption") for _, request in fake.transport.sent))
        await pilot.press("j")
        await says(pilot, "/b")
        gate.set()
        await pilot.pause(0.05)
        await masked(app, pilot)


async def test_a_denied_decrypt_is_said_in_the_pane_alone(tmp_path: Path) -> None:
    fake = secrets()
    quick = fake.transport.answers["GetParameter"]
    denied = AccessDenied("AccessDeniedException", "no", operation="GetParameter", action="kms:Decrypt")
    fake.transport.answers["GetParameter"] = lambda request: denied if request["WithDecryption"] else quick(request)
    async with console(fake.transport, tmp_path, words="params") as (app, pilot):
        await says(pilot, MASK)
        await pilot.press("v")
        await says(pilot, "Denied: kms:Decrypt is missing.", MASK, "v1  ")
        assert app.screen.phase == "rows" and not app.notices  # type: ignore[attr-defined]
        await pilot.press("j")
        await until(pilot, lambda: "kms:Decrypt" not in text_of(app))


async def test_a_secret_is_in_no_state_no_log_no_drawer_and_no_repr(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        async with console(secrets().transport, tmp_path, words="params") as (app, pilot):
            screen: Any = app.screen
            await revealed(app, pilot)
            assert SECRET not in repr(screen.save_state()) + repr(screen.details) + repr(screen.copies())
            assert SECRET not in repr(screen) + repr(screen.facts) + repr(screen.reveal)
            assert SECRET not in repr(app.links.lines())
            await pilot.press("v")
            await masked(app, pilot)
            del screen
            gc.collect()
    assert SECRET not in caplog.text
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]


async def test_a_cut_value_shows_whole_and_one_that_is_not_says_so(tmp_path: Path) -> None:
    fake = ParametersFake({"/long": "\n".join(f"line {n}" for n in range(40)), "/short": "x"})
    async with console(fake.transport, tmp_path, words="params") as (app, pilot):
        await says(pilot, "line 3", "29 more lines: v shows the whole")
        await pilot.press("v")
        await says(pilot, "line 30")
        await pilot.press("escape", "j")
        await says(pilot, "/short")
        await until(pilot, lambda: not app.screen.facts.cut)  # type: ignore[attr-defined]
        await pilot.press("v")
        await says(pilot, "Nothing of this parameter is hidden or cut.")


async def test_what_secrets_manager_said_of_a_secret_is_in_no_raw_view_no_log_and_no_drawer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fake = secrets()
    quick = fake.transport.answers["GetParameter"]

    def with_source(request: dict[str, Any]) -> dict[str, Any]:
        source = json.dumps({"name": "db", "SecretString": SECRET, "versionId": "v-1"})
        return {"Parameter": {**quick(request)["Parameter"], "Value": SECRET, "SourceResult": source}}

    fake.transport.answers["GetParameter"] = with_source
    with caplog.at_level(logging.DEBUG):
        async with console(fake.transport, tmp_path, words="params") as (app, pilot):
            await says(pilot, MASK)
            await pilot.press("y")
            text = await says(pilot, "ParameterMetadata", "SourceResult", "v-1", "SecretString")
            assert SECRET not in text
            window: Any = app.screen
            assert SECRET not in window._whole
            await pilot.press("escape", "at")
            assert SECRET not in text_of(app) + repr(app.links.lines())
    assert SECRET not in caplog.text
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
