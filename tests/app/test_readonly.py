"""Read-only: greyed with its reason, refused in the UI and below it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.console import console, says
from tests.app.fake_transport import fleet, node
from tui.config import Config
from tui.errors import ReadOnlyRefused
from tui.services.tags import Tags


async def test_a_changing_key_says_why_it_does_nothing(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path, read_only=True) as (app, pilot):
        await says(pilot, "web-01", "READ-ONLY")
        for key in ("t", "r", "s"):
            app.notices.clear()
            await pilot.press(key)
            await says(pilot, "this console is read-only")
            assert len(app.screen_stack) == 1


async def test_the_footer_greys_what_read_only_refuses_and_only_that(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path, read_only=True) as (app, pilot):
        await says(pilot, "web-01")
        hints = {hint.target: hint.refused for hint in app.screen.bottom._hints}  # type: ignore[attr-defined]
        assert hints["nodes.tags"]
        assert hints["nodes.run"]
        assert not hints["screen.filter"]


async def test_the_transport_refuses_below_the_screens(tmp_path: Path) -> None:
    transport = fleet(node(1))
    async with console(transport, tmp_path, read_only=True) as (app, pilot):
        await says(pilot, "web-01")
        with pytest.raises(ReadOnlyRefused):
            await app.services.of(Tags).add("mi-1", {"a": "b"})
        assert "AddTagsToResource" not in [operation for operation, _ in transport.sent]


async def test_the_config_file_can_ask_for_it(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path, config=Config(theme="dark", read_only=True)) as (_, pilot):
        await says(pilot, "READ-ONLY")
