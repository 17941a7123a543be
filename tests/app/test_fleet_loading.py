"""Fleet while its list is still coming: what keys mean, where the cursor stays, that what shows is a part."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.app.console import console, hit, says, text_of, until
from tests.app.fake_transport import FakeTransport, fleet, node
from tests.app.test_contexts import PROD, head, two
from tui.errors import CredentialsExpired, Unreachable
from tui.screens._notices import READ_SECONDS


class Pages:
    """A fleet in pages of 50 that comes in reverse, each page after the first when `more` is set."""

    def __init__(self, count: int = 130, *, first: bool = True) -> None:
        self.everyone = [node(number) for number in range(count, 0, -1)]
        self.more, self.begin = asyncio.Event(), asyncio.Event()
        if first:
            self.begin.set()
        self.transport = FakeTransport({"DescribeInstanceInformation": self.page})

    async def page(self, request: dict[str, Any]) -> dict[str, Any]:
        start = int(request.get("NextToken", 0))
        await (self.more if start else self.begin).wait()
        more = {"NextToken": str(start + 50)} if start + 50 < len(self.everyone) else {}
        return {"InstanceInformationList": self.everyone[start : start + 50], **more}


async def test_the_cursor_that_nobody_had_moved_jumped_to_another_node_as_pages_came(tmp_path: Path) -> None:
    pages = Pages()
    async with console(pages.transport, tmp_path) as (app, pilot):
        await says(pilot, "▸ ● Online  web-81")
        app.screen.opens_for = 0.0  # type: ignore[attr-defined]  # the rows have been looked at for long
        pages.more.set()
        await says(pilot, "130 nodes", "▸ ● Online  web-81")
        assert app.screen.current.name == "web-81"  # type: ignore[attr-defined]


async def test_a_list_that_was_still_loading_looked_whole(tmp_path: Path) -> None:
    pages = Pages()
    async with console(pages.transport, tmp_path) as (app, pilot):
        await says(pilot, "50 nodes so far", "50 so far")
        await hit(pilot, "M")
        await says(pilot, "50 so far · 50 marked")
        pages.more.set()
        await says(pilot, "130 nodes", "130 · 50 marked")
        await until(pilot, lambda: "so far" not in text_of(app))
        pages.more.clear()
        await hit(pilot, "R")
        await says(pilot, "asking again")
        pages.more.set()
        await until(pilot, lambda: "asking again" not in text_of(app))


async def test_a_context_whose_nodes_have_not_come_is_missing_from_the_count(tmp_path: Path) -> None:
    transports, gate = two(), asyncio.Event()

    async def wait(request: dict[str, Any]) -> dict[str, Any]:
        await gate.wait()
        return {"InstanceInformationList": [node(2, "web-2")]}

    transports[PROD].answers["DescribeInstanceInformation"] = wait
    async with console(transports, tmp_path, size=(160, 40)) as (app, pilot):
        await says(pilot, "laptop", "1 node so far")
        gate.set()
        await says(pilot, "web-2", "2 nodes")
        await until(pilot, lambda: "so far" not in text_of(app))


async def test_r_before_the_first_rows_said_that_there_is_no_node(tmp_path: Path) -> None:
    pages = Pages(20, first=False)
    async with console(pages.transport, tmp_path) as (app, pilot):
        await says(pilot, "Loading the nodes…")
        await hit(pilot, "r")
        assert "there is no node" not in await says(pilot, "the nodes are still being loaded")
        pages.begin.set()
        await says(pilot, "web-01")
        await until(pilot, lambda: "still being loaded" not in text_of(app))


async def test_r_where_the_filter_shows_no_node_opened_run_for_this_machine(tmp_path: Path) -> None:
    async with console(fleet(node(1), node(2)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        await hit(pilot, "slash", *"nobody", "enter")
        await says(pilot, "0 of 2")
        for keys in ("r", "Mr", "t", "s", "D"):
            await hit(pilot, *keys)
            await says(pilot, "no node is shown")
            assert app.screen.NOUN == "nodes"  # type: ignore[attr-defined]


async def test_an_old_notice_hid_what_a_later_screen_had_to_say(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        await hit(pilot, "escape")
        await says(pilot, "This is the outermost place.")
        app.notices[-1] = replace(app.notices[-1], at=app.notices[-1].at - READ_SECONDS)
        app.go("overview")
        await until(pilot, lambda: app.screen.NOUN == "overview")  # type: ignore[attr-defined]
        await until(pilot, lambda: "outermost" not in text_of(app))
        app.notice("On the way to another place.")
        app.go("commands")
        await until(pilot, lambda: app.screen.NOUN == "commands")  # type: ignore[attr-defined]
        await says(pilot, "On the way to another place.")


async def test_an_expired_login_behind_other_failing_contexts_was_told_nowhere(tmp_path: Path) -> None:
    transports: dict[str, Any] = {**two()}
    transports["staging/us-east-1"] = Unreachable("Nobody answers. " * 12)
    transports["old/us-east-1"] = CredentialsExpired("ExpiredTokenException", "the token is old", login="aws sso login")
    async with console(transports, tmp_path) as (app, pilot):
        await says(pilot, "laptop", "(1 more: :ctx)")
        assert head(app)
        await hit(pilot, "colon", *"ctx", "enter")
        await says(pilot, "login expired")
