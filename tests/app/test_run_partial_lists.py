"""The launcher where a context's list of nodes is on its way, or fails half-way: ids don't need it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tests.app._command_fake import CommandsFake
from tests.app.console import console, hit, says, text_of, until
from tests.app.fake_transport import FakeTransport, node
from tests.app.test_contexts import PROD, at, head
from tui.errors import ApiError


def broken(context: str, *, nodes: int = 40, page: int = 10, breaks_at: int = 30) -> CommandsFake:
    """Make a context whose list of nodes fails after some pages, always; single nodes are told."""
    fake = CommandsFake()
    everyone = {one["InstanceId"]: one for one in (node(number, f"far-{number:02}") for number in range(1, nodes + 1))}

    def listed(request: dict[str, Any]) -> Any:
        if filters := request.get("Filters"):
            ids = filters[0]["Values"]
            if not set(ids) <= set(everyone):
                return ApiError("InvalidInstanceId", "no such instance")
            return {"InstanceInformationList": [everyone[id] for id in ids]}
        start = int(request.get("NextToken") or 0)
        if start >= breaks_at:
            return ApiError("InternalServerError", "page 4 broke")
        return {"InstanceInformationList": [*everyone.values()][start : start + page], "NextToken": str(start + page)}

    fake.transport.answers["DescribeInstanceInformation"] = listed
    at(fake.transport, context)
    return fake


async def test_nodes_that_fleet_shows_could_not_be_run_on_while_a_later_page_failed(tmp_path: Path) -> None:
    fake = broken("local")
    async with console(fake.transport, tmp_path) as (app, pilot):
        await says(pilot, "far-01", "far-02", "page 4 broke")
        await hit(pilot, "space", "space", "r")
        await says(pilot, "runs on 2 nodes", "far-01", "far-02")
        await hit(pilot, *"id", "enter")
        await until(pilot, lambda: app.screen.NOUN == "command")  # type: ignore[attr-defined]
    assert fake.sent("SendCommand")[0]["InstanceIds"] == [f"mi-{1:017x}", f"mi-{2:017x}"]


async def test_a_marked_node_beside_a_second_context_was_said_not_to_exist(tmp_path: Path) -> None:
    here, there = CommandsFake(), broken(PROD)
    async with console({"local": here.transport, PROD: there.transport}, tmp_path) as (app, pilot):
        # On a slow machine the first rows are above those that one looks at by now.
        await until(pilot, lambda: PROD in head(app) and "33 nodes" in head(app))
        await hit(pilot, "slash", *"far-01", "enter", "r")
        await says(pilot, "runs on 1 node", "far-01")
        await hit(pilot, *"id", "enter")
        await until(pilot, lambda: app.screen.NOUN == "command")  # type: ignore[attr-defined]
    assert there.sent("SendCommand")[0]["InstanceIds"] == [f"mi-{1:017x}"]
    assert here.sent("SendCommand") == []


async def test_an_id_is_asked_for_by_itself_and_a_name_says_whose_list_failed(tmp_path: Path) -> None:
    fake = broken("local")
    async with console(fake.transport, tmp_path, words=f"run mi-{39:017x}") as (app, pilot):
        await says(pilot, "runs on 1 node", "far-39")
        app.screen.fields["targets"].focus()  # type: ignore[attr-defined]
        await hit(pilot, *["backspace"] * 20, *"far-39")
        await says(pilot, "The nodes of local could not be listed", "page 4 broke")
        assert "No node is called" not in text_of(app)
        await hit(pilot, *["backspace"] * 6, *f"mi-{99:017x}")
        await says(pilot, "The nodes of local could not be listed")


async def test_ids_wait_for_no_list_and_a_tag_says_that_it_does(tmp_path: Path) -> None:
    gate, fake = asyncio.Event(), CommandsFake()
    usual = fake.transport.answers["DescribeInstanceInformation"]

    async def slow(request: dict[str, Any]) -> Any:
        if not request.get("Filters"):
            await gate.wait()
        return usual(request) if callable(usual) else usual

    fake.transport.answers["DescribeInstanceInformation"] = slow
    async with console(fake.transport, tmp_path, words=f"run mi-{1:017x}") as (app, pilot):
        await says(pilot, "runs on 1 node", "web-01")
        app.screen.fields["targets"].focus()  # type: ignore[attr-defined]
        await hit(pilot, *["backspace"] * 20, *"tag:env=prod")
        await says(pilot, "nodes: loading…")
        app.screen.focus_body()  # type: ignore[attr-defined]
        await hit(pilot, *"id", "ctrl+s")
        await says(pilot, "Not sent: The nodes of local are still being listed.")
        gate.set()
        await says(pilot, "No node has tag:env=prod.")


async def test_a_tag_in_one_context_says_that_another_s_nodes_are_not_known(tmp_path: Path) -> None:
    here, there = CommandsFake(), broken(PROD)
    here.transport.answers["ListNodeTags"] = {
        "Nodes": [{"InstanceId": f"mi-{1:017x}", "Tags": [{"Key": "env", "Value": "prod"}]}]
    }
    transports: dict[str, FakeTransport] = {"local": here.transport, PROD: there.transport}
    async with console(transports, tmp_path, words="run tag:env=prod", size=(160, 40)) as (_, pilot):
        await says(pilot, "runs on 1 node", "could not be listed", "may mean some")
