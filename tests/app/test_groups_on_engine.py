"""A group on the real engine: made in the console, opened, and a target of the headless verb."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.app.console import hit, says, until
from tests.app.engine_console import engine, engine_console
from tests.contract.test_cli_verbs import Command
from tui.services.nodes import Nodes
from tui.services.tags import Tags


async def test_a_group_made_in_the_console_is_a_target_of_the_headless_verb(tmp_path: Path) -> None:
    async with engine(tmp_path), engine_console(tmp_path, words="groups") as (app, pilot):
        await says(pilot, "No resource groups.")
        services = app.services
        (this,) = await services.of(Nodes).all()
        await services.of(Tags).add(this.id, {"env": "prod"})
        await pilot.press("n")
        await hit(pilot, *"prod", "tab", *"what pays", "tab", *"env=prod", "ctrl+s")
        await says(pilot, "The group prod is made", "env=prod", "what pays")
        await pilot.press("enter")
        await says(pilot, "1 node", this.id, "● Online")
        ssm = Command(tmp_path, tmp_path / "state")
        done = await asyncio.to_thread(ssm, "run", "--target", "group:prod", "--", "echo hi")
        assert (done.returncode, done.stdout) == (0, f"{this.name}: hi\n".encode()), done.stderr
        done = await asyncio.to_thread(ssm, "run", "--target", "group:none", "--", "echo hi")
        assert done.returncode == 2
        assert b"There is no resource group none." in done.stderr
        await pilot.press("D")
        await hit(pilot, *"prod", "enter")
        await says(pilot, "Deleted the group prod.", "No resource groups.")
        await until(pilot, lambda: app.screen.NOUN == "groups")  # type: ignore[attr-defined]
