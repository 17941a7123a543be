"""Public parameters, which no list but that of their own path has, in the tree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.app._parameter_engine import engine_transport
from tests.app._parameter_fake import ParametersFake
from tests.app.console import console, says, until


@pytest.mark.slow
@pytest.mark.parametrize("root", ["/aws/service", "/aws"])
async def test_the_tree_of_public_parameters_was_empty_on_the_engine(tmp_path: Path, root: str) -> None:
    async with (
        engine_transport(tmp_path) as transport,
        console(transport, tmp_path, words=f"params {root}", size=(200, 50)) as (app, pilot),
    ):
        if root == "/aws":
            await says(pilot, "▸ service", "(683)")
            await pilot.press("j", "l")
        await says(pilot, "▸ global-infra", "(682)", "▸ list")
        await pilot.press("T")
        screen: Any = app.screen
        await until(pilot, lambda: "local" in screen._complete)
        await says(pilot, "/aws/service/global-infrastructure/regions/af-south-1")
        assert screen.counts()[1] == 683


@pytest.mark.parametrize("root", ["/aws/service", "/aws"])
async def test_the_tree_of_public_parameters_was_empty_on_aws(tmp_path: Path, root: str) -> None:
    fake = ParametersFake({"/aws/service/list/ecs": "/aws/service/ecs/", "/aws/service/ecs/ami": "ami-1"}, on_aws=True)
    async with console(fake.transport, tmp_path, words=f"params {root}") as (_app, pilot):
        await says(pilot, "service", *(["ecs", "list"] if root == "/aws/service" else []))
        assert {request["Path"] for request in fake.sent("GetParametersByPath")} == {"/aws/service"}
