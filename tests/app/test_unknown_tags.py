"""Tags that can't be read are told from tags that are not there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.app.console import console, hit, says, text_of, until
from tests.fake_aws import Call, FakeAws, Fault, denied, fake_aws
from tests.unit.test_aws_services import fleet
from tests.unit.test_aws_transport import QuickClock, session
from tui.transport.aws import AwsTransport

NODE = "mi-00000000000000000"


@pytest.fixture
async def aws() -> AsyncIterator[FakeAws]:
    async with fake_aws() as fake:
        fleet(fake, 1, 0)
        fake.answers["ListTagsForResource"] = {"TagList": [{"Key": "env", "Value": "prod"}]}
        fake.answers["AddTagsToResource"] = {}
        yield fake


async def opened(aws: FakeAws) -> Any:
    return await AwsTransport.open(session=session(), endpoint_url=aws.url, context="prod", clock=QuickClock())


def tagging(answer: Any) -> Any:
    """Answer for the tagging API in place of what it would say."""
    return lambda call: answer(call) if call.service == "resourcegroupstaggingapi" else None


async def test_tags_that_may_not_be_read_were_said_to_be_none(aws: FakeAws, tmp_path: Path) -> None:
    aws.first = tagging(denied)
    async with console(await opened(aws), tmp_path, size=(160, 40)) as (app, pilot):
        await says(pilot, "host-00000", "tags not known: tag:GetResources is missing", "names and tags are not known")
        assert "t adds some" not in text_of(app) and "none" not in text_of(app)


async def test_tags_that_failed_to_be_read_were_said_to_be_none_without_a_notice(aws: FakeAws, tmp_path: Path) -> None:
    aws.first = tagging(lambda call: Fault("InternalServiceException", "It broke", 500))
    async with console(await opened(aws), tmp_path, size=(160, 40)) as (app, pilot):
        await says(
            pilot, "tags not known: they could not be", "Some names and tags are not known: they could not be read"
        )
        assert "t adds some" not in text_of(app)
        aws.first = None
        await hit(pilot, "R")
        await says(pilot, "name of host-00000", "env = prod")


async def test_tags_on_their_way_were_said_to_be_none(aws: FakeAws, tmp_path: Path) -> None:
    gate = asyncio.Event()

    async def wait(call: Call) -> None:
        await gate.wait()

    aws.first = tagging(wait)
    async with console(await opened(aws), tmp_path) as (_, pilot):
        assert "t adds some" not in await says(pilot, "host-00000", "loading…")
        gate.set()
        await says(pilot, "name of host-00000", "env = prod")


async def test_a_node_s_own_tags_show_where_those_of_many_may_not_be_read(aws: FakeAws, tmp_path: Path) -> None:
    aws.first = tagging(denied)
    async with console(await opened(aws), tmp_path, words=f"node {NODE}") as (app, pilot):
        await until(pilot, lambda: app.screen.node is not None)  # type: ignore[attr-defined]
        await hit(pilot, "5")
        await says(pilot, "env", "prod")


async def test_a_node_whose_tags_are_hidden_was_said_to_have_none_and_one_could_be_overwritten_unseen(
    aws: FakeAws, tmp_path: Path
) -> None:
    aws.first = lambda call: (
        denied(call) if call.operation in ("GetResources", "ListTagsForResource", "DescribeDocument") else None
    )
    async with console(await opened(aws), tmp_path, words=f"node {NODE}") as (app, pilot):
        await until(pilot, lambda: app.screen.node is not None)  # type: ignore[attr-defined]
        await hit(pilot, "5")
        shown = await says(pilot, "tags are not known", "ssm:ListTagsForResource is missing")
        assert "No tags" not in shown
        await hit(pilot, "n")
        await says(pilot, "Add a tag", "The tags of host-00000 are not known")


async def test_t_on_fleet_asks_a_node_s_own_tags_before_they_are_changed(aws: FakeAws, tmp_path: Path) -> None:
    aws.first = tagging(denied)
    async with console(await opened(aws), tmp_path) as (_, pilot):
        await says(pilot, "tags not known")
        await hit(pilot, "t")
        await says(pilot, "Tags of one node", "env=prod")
        await hit(pilot, "escape")
        aws.first = lambda call: denied(call) if "Tags" in call.operation or call.operation == "GetResources" else None
        await hit(pilot, "t")
        await says(pilot, "Tags of one node", "The tags of host-00000 are not known")


async def test_a_filter_by_a_tag_found_nobody_and_did_not_say_that_the_tags_are_not_known(
    aws: FakeAws, tmp_path: Path
) -> None:
    aws.first = tagging(lambda call: Fault("InternalServiceException", "It broke", 500))
    async with console(await opened(aws), tmp_path, size=(160, 40)) as (app, pilot):
        await says(pilot, "tags not known: they")
        app.notices.clear()
        await hit(pilot, "slash", *"env=prod", "enter")
        await says(pilot, "0 of 1", "The names and tags of 1 node are not known")


async def test_a_group_s_form_counted_nobody_where_tags_are_not_known(aws: FakeAws, tmp_path: Path) -> None:
    aws.first = tagging(denied)
    aws.answers["/groups-list"] = {"GroupIdentifiers": []}
    async with console(await opened(aws), tmp_path, words="groups") as (app, pilot):
        await says(pilot, "No resource groups.")
        await until(pilot, lambda: any(app.screen.nodes.values()))  # type: ignore[attr-defined]
        await hit(pilot, "n")
        await says(pilot, "A resource group")
        await hit(pilot, "tab", "tab", *"env=prod")
        await says(pilot, "0 nodes now", "the tags of 1 node are not known")
