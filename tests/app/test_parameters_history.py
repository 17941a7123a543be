"""The history on the Parameters screen: versions, one version's value, the difference of two; secrets masked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.app._parameter_fake import ParametersFake
from tests.app.console import console, says, text_of, until
from tests.app.test_parameters_secrets import Clock
from tui.screens._parameter_history import VersionDiff, VersionValue
from tui.screens._parameter_reveal import MASK


def with_versions(*values: str) -> ParametersFake:
    fake = ParametersFake()
    for value in values:
        fake.put("/a", value)
    fake.history["/a"][0]["Labels"] = ["previous", "live"]
    return fake


async def test_versions_are_listed_and_enter_opens_one_whole(tmp_path: Path) -> None:
    fake = with_versions("first\nof two lines [red]", "second", "third")
    async with console(fake.transport, tmp_path, words="params", size=(160, 40)) as (app, pilot):
        await says(pilot, "third", "v1  ", "v2  ", "v3  ", "previous(v1)  live(v1)", "ops")
        await pilot.press("enter", "tab", "G", "enter")
        await says(pilot, "/a v1 (previous, live)", "of two lines [red]", "c copy")
        await pilot.press("escape")
        screen: Any = app.screen
        assert app.focused is screen.versions_view


async def test_two_marked_versions_are_compared_else_the_one_at_the_cursor_with_the_latest(tmp_path: Path) -> None:
    fake = with_versions('{"a": 1, "b": [1]}', '{"a": 2, "b": [1]}', '{"a": 2, "b": [1, 2]}')
    async with console(fake.transport, tmp_path, words="params") as (app, pilot):
        await says(pilot, "v3  ", "v1  ")
        await pilot.press("x")
        await says(pilot, "- v2", "+ v3", "2", "change 1 of ")
        assert '"a": 1' not in text_of(app)
        await pilot.press("escape", "enter", "tab", "G", "x")
        await says(pilot, "- v1", "+ v3", '-   "a": 1,', '+   "a": 2,')
        await pilot.press("escape", "g", "j", "space", "space")
        await pilot.press("x")
        await says(pilot, "- v1", "+ v2")
        window: Any = app.screen
        assert isinstance(window, VersionDiff)
        await pilot.press("slash", *"zzz", "enter", "tab", "c")
        await until(pilot, lambda: app.clipboard.startswith("--- /a:1"))


async def test_one_version_has_nothing_to_compare_with(tmp_path: Path) -> None:
    async with console(with_versions("only").transport, tmp_path, words="params") as (_, pilot):
        await says(pilot, "only", "v1  ")
        await pilot.press("x")
        await says(pilot, "there are not two versions of it")


async def test_versions_of_a_secret_are_masked_until_revealed_and_dropped_again(tmp_path: Path) -> None:
    fake = with_versions("secret:alpha-one", "secret:beta-two")
    async with console(fake.transport, tmp_path, words="params") as (app, pilot):
        await says(pilot, MASK, "v2  ")
        await pilot.press("x")
        await says(pilot, "masked", MASK, "v reveals for 10 s")
        window: Any = app.screen
        window.reveal.clock = clock = Clock()
        await pilot.press("v")
        await says(pilot, "alpha-one", "beta-two", "shows for 10 s")
        clock.now += 10
        await until(pilot, lambda: "alpha-one" not in text_of(app) and MASK in text_of(app))
        assert window._texts is None and "alpha-one" not in repr(window.body.compared)
        await pilot.press("v")
        await says(pilot, "alpha-one")
        app.app_focus = False
        await until(pilot, lambda: "alpha-one" not in text_of(app))
        app.app_focus = True
        await pilot.press("v")
        await says(pilot, "alpha-one")
        await pilot.press("c")
        await says(pilot, "A secret is copied by c on the parameter itself.")
        await pilot.press("escape")
        assert window.reveal.text is None and "alpha-one" not in repr(window.body.compared)
        await pilot.press("enter", "tab", "G", "enter")
        await until(pilot, lambda: isinstance(app.screen, VersionValue))
        await says(pilot, "/a v1", MASK)
        await pilot.press("v")
        await says(pilot, "alpha-one")
        await pilot.press("v")
        await until(pilot, lambda: "alpha-one" not in text_of(app))
        names = [r["Name"] for name, r in fake.transport.sent if r.get("WithDecryption") and name == "GetParameter"]
        assert set(names) == {"/a:1", "/a:2"}
