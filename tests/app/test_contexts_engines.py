"""Several real engines as contexts of one console, one of them served and asked as an account of AWS."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.app.console import console, hit, says, text_of, until
from tests.contract.serving import serving
from tests.engine.daemons import kill, state_folder
from tui.transport.aws import AwsTransport
from tui.transport.local import LocalTransport

pytestmark = pytest.mark.slow

FAR = "prod/us-east-1"


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator[dict[str, Any]]:
    """Give two engines of their own, each with this machine as its node."""
    here, there = tmp_path / "here" / "state", tmp_path / "there" / "state"
    async with state_folder(here), state_folder(there):
        first = await LocalTransport.connect(here)
        await first.call("AddTagsToResource", await named(first, "here-1"))
        second = await LocalTransport.connect(there)
        await second.call("AddTagsToResource", await named(second, "there-1"))
        yield {"local": first, FAR: second}


async def named(transport: Any, name: str) -> dict[str, Any]:
    answer = await transport.call("DescribeInstanceInformation")
    (node,) = answer["InstanceInformationList"]
    tags = [{"Key": "Name", "Value": name}]
    return {"ResourceType": "ManagedInstance", "ResourceId": node["InstanceId"], "Tags": tags}


async def test_a_command_on_nodes_of_two_engines_shows_what_both_say(both: dict[str, Any], tmp_path: Path) -> None:
    async with console(both, tmp_path, size=(200, 44)) as (app, pilot):
        await says(pilot, "here-1", "there-1")
        await hit(pilot, "M", "r")
        await says(pilot, "runs on 2 nodes in ")
        await hit(pilot, *"echo $((40+2))x", "ctrl+s")
        await until(pilot, lambda: text_of(app).count("42x") == 2)
        await says(pilot, " local  ✔", f" {FAR}  ✔", "2/2")
        await hit(pilot, "colon", *"cmds", "enter")
        await until(pilot, lambda: text_of(app).count("Success") == 2)
        await says(pilot, FAR, "local")


async def test_an_engine_that_is_killed_comes_back_by_itself_while_the_other_shows(
    both: dict[str, Any], tmp_path: Path
) -> None:
    async with console(both, tmp_path, size=(160, 40)) as (app, pilot):
        await says(pilot, "here-1", "there-1")
        before = both[FAR].peer["pid"]
        kill(before)
        await until(pilot, lambda: both[FAR].connected and both[FAR].peer["pid"] != before, seconds=20)
        await until(pilot, lambda: not app.link_errors and "there-1" in text_of(app), seconds=20)
        await says(pilot, "here-1")


async def test_an_engine_that_is_served_is_a_context_of_aws_beside_the_local_one(tmp_path: Path) -> None:
    state = tmp_path / "here" / "state"
    with serving(tmp_path / "far" / "state") as served:
        identity, secret = served.key()
        session = boto3.Session(identity, secret, region_name=served.region)
        far = await AwsTransport.open(session=session, endpoint_url=served.endpoint, context=FAR)
        async with state_folder(state):
            near = await LocalTransport.connect(state)
            async with console({"local": near, FAR: far}, tmp_path, size=(200, 44)) as (app, pilot):
                await says(pilot, f"local + {FAR} · 2 nodes")
                await until(pilot, lambda: text_of(app).count("Online") >= 3)  # two rows, and the panel beside them
                await hit(pilot, "M", "r")
                await says(pilot, "runs on 2 nodes in ")
                await hit(pilot, *"echo $((40+2))x", "ctrl+s")
                await until(pilot, lambda: text_of(app).count("42x") == 2, seconds=25)
                await asyncio.to_thread(served.process.kill)
                await hit(pilot, "colon", *"nodes", "enter", "R")
                await until(pilot, lambda: f"{FAR} offline" in text_of(app), seconds=25)
                await says(pilot, "Online")
