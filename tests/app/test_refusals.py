"""What a key says that can't do its work now, and which keys are not shown at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.console import console, says, text_of, until
from tests.app.fake_transport import fleet, node
from tui.screens._keys import deed_of


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("s", "Can't open a shell on the node: this console is read-only"),
        ("r", "Can't run a command on this node: this console is read-only"),
        ("t", "Can't edit the tags of this node: this console is read-only"),
    ],
)
async def test_a_refusal_named_the_action_as_the_code_does(tmp_path: Path, key: str, said: str) -> None:
    async with console(fleet(node(1)), tmp_path, read_only=True, size=(200, 50)) as (_, pilot):
        await says(pilot, "web-01")
        await pilot.press(key)
        await says(pilot, said)


async def test_an_action_without_a_key_is_named_by_its_own_word(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        assert deed_of(app.screen, "open_far_door") == "open far door"
        assert deed_of(app.screen, "filter") == "filter as you type"


async def test_overview_showed_a_struck_out_key_for_a_filter_that_it_can_t_have(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path, words="overview") as (app, pilot):
        await until(pilot, lambda: app.screen.phase == "rows")  # type: ignore[attr-defined]
        assert "filter" not in text_of(app).splitlines()[-1]
        await pilot.press("slash")
        await says(pilot, "Can't filter as you type: there are no rows to filter here.")
        await pilot.press("question_mark")
        await says(pilot, "Keys: Overview")
        assert "Filter as you type" not in text_of(app)
