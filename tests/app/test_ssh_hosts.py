"""The hosts of a client config: listed, filtered, marked and made nodes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.app._ssh_fake import SshFake, connection, host
from tests.app.console import SIZES, at_each_size, console, hit, says, until
from tui.errors import ApiError

HOSTS = [
    host("web-8"),
    host("web-9", Port=2222, ProxyJump="bastion.example.com"),
    host("old", InstanceId=connection(1)["InstanceId"]),
]


def fake(**more: Any) -> SshFake:
    return SshFake(connection(1), hosts=HOSTS, **more)


@pytest.mark.parametrize("size", SIZES)
async def test_each_host_says_where_it_is_reached_through_what_and_whether_it_is_a_node(
    size: tuple[int, int], tmp_path: Path
) -> None:
    async with console(fake().transport, tmp_path, words="hosts", size=size) as (_, pilot):
        await says(pilot, "ops@web-9.example.com:2222", "bastion.example.com", "○ new", "✔ node")


async def test_marked_hosts_become_nodes_with_the_tags_they_are_given(tmp_path: Path) -> None:
    made = fake()
    async with console(made.transport, tmp_path, words="hosts") as (app, pilot):
        await says(pilot, "web-9")
        await pilot.press("M", "slash", *"web-8", "enter")
        await says(pilot, "3 marked")
        await pilot.press("I")
        await at_each_size(pilot, "Make 2 hosts nodes", "Hidden by the filter, yet marked: web-9.", "ctrl+s add them")
        await hit(pilot, *"env=prod", "tab", *"sudo", "ctrl+s")
        await until(pilot, lambda: app.screen.NOUN == "nodes")  # type: ignore[attr-defined]
        await says(pilot, "Added 2 hosts; connecting…", "▶ connecting")
        tags = [{"Key": "env", "Value": "prod"}]
        assert made.sent("AddNode") == [
            {"Name": name, "Address": name, "Become": "sudo", "Tags": tags} for name in ("web-8", "web-9")
        ]


async def test_enter_imports_the_host_under_the_cursor_and_opens_one_that_is_a_node(tmp_path: Path) -> None:
    made = fake()
    async with console(made.transport, tmp_path, words="hosts") as (app, pilot):
        await says(pilot, "web-9")
        await pilot.press("G", "enter")
        await says(pilot, "Make web-9 a node")
        await pilot.press("escape", "g")
        await pilot.press("I")
        await says(pilot, "it is a node already")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.NOUN == "node")  # type: ignore[attr-defined]


async def test_a_name_that_is_taken_is_said_and_the_others_are_added(tmp_path: Path) -> None:
    made = SshFake(connection(1), hosts=[host("web-01"), host("web-9")])
    async with console(made.transport, tmp_path, words="hosts") as (_, pilot):
        await says(pilot, "web-9")
        await pilot.press("M", "I")
        await hit(pilot, "ctrl+s")
        await says(pilot, "1 of 2 were added. web-01: ValidationException: A node is named web-01 already.")


async def test_another_file_is_read_by_its_name_and_hosts_of_it_keep_it(tmp_path: Path) -> None:
    made = fake()
    async with console(made.transport, tmp_path, words="hosts /etc/fleet.conf") as (_, pilot):
        await says(pilot, "SSH hosts of /etc/fleet.conf", "web-9")
        assert {each.get("ConfigFile") for each in made.sent("ListSshHosts")} == {"/etc/fleet.conf"}
        await pilot.press("G", "I")
        await hit(pilot, "ctrl+s")
        await until(pilot, lambda: made.sent("AddNode"))
        assert made.sent("AddNode")[0]["ConfigFile"] == "/etc/fleet.conf"


@pytest.mark.parametrize("size", SIZES)
async def test_empty_loading_and_error_say_what_this_is_and_the_way_out(size: tuple[int, int], tmp_path: Path) -> None:
    made, gate = SshFake(connection(1)), asyncio.Event()

    async def none(_: dict[str, Any]) -> dict[str, Any]:
        await gate.wait()
        return {"Hosts": [], "ConfigFile": "~/.ssh/config", "Warnings": ["line 3: [red] is no option"]}

    made.transport.answers["ListSshHosts"] = none
    async with console(made.transport, tmp_path, words="hosts", size=size) as (_, pilot):
        await says(pilot, "Reading the hosts…")
        gate.set()
        await says(pilot, "This client config names no host.", "n on Fleet adds", "line 3: [red] is no option")
        made.transport.answers["ListSshHosts"] = ApiError("InternalServerError", "boom")
        await pilot.press("R")
        await says(pilot, "InternalServerError: boom", "R tries again")
