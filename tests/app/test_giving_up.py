"""Ctrl+C: the selection, else what loads, else a hint."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tests.app.console import console, says, text_of, until
from tests.app.fake_transport import fleet, node
from tui.app import Launch, SsmApp
from tui.config import Config


def slow(transport: Any, gate: asyncio.Event) -> list[str]:
    """Let the transport's list of nodes wait for a gate; give what became of each wait."""
    answer, became = transport.answers["DescribeInstanceInformation"], list[str]()

    async def wait(request: dict[str, Any]) -> Any:
        try:
            await gate.wait()
        except asyncio.CancelledError:
            became.append("cancelled")
            raise
        return answer(request)

    transport.answers["DescribeInstanceInformation"] = wait
    return became


async def test_ctrl_c_gives_up_the_first_load_and_r_loads_again(tmp_path: Path) -> None:
    transport, gate = fleet(node(1)), asyncio.Event()
    became = slow(transport, gate)
    async with console(transport, tmp_path) as (_, pilot):
        await says(pilot, "Loading the nodes")
        await until(pilot, lambda: "DescribeInstanceInformation" in transport.called)
        await pilot.press("ctrl+c")
        await says(pilot, "Loading was cancelled.", "R fetches again.")
        await until(pilot, lambda: became == ["cancelled"])
        asked = len(transport.sent)
        gate.set()
        # an event of the engine's does not undo what the operator asked for
        await transport.events["nodes"].put({"type": "node"})
        await until(pilot, transport.events["nodes"].empty)
        assert len(transport.sent) == asked
        await pilot.press("R")
        await says(pilot, "web-01")


async def test_ctrl_c_leaves_the_rows_of_before_and_marks_them_stale(tmp_path: Path) -> None:
    transport, gate = fleet(node(1)), asyncio.Event()
    async with console(transport, tmp_path) as (_, pilot):
        await says(pilot, "web-01")
        became = slow(transport, gate)
        asked = transport.called["DescribeInstanceInformation"]
        asked.clear()
        await pilot.press("R")
        await until(pilot, asked.is_set)
        await pilot.press("ctrl+c")
        await says(pilot, "stale", "Loading was cancelled. R fetches again.", "web-01")
        assert became == ["cancelled"]
        gate.set()
        await pilot.press("R")
        await until(pilot, lambda: "stale" not in text_of(pilot.app))  # type: ignore[arg-type]


async def test_coming_back_to_a_screen_loads_what_was_given_up(tmp_path: Path) -> None:
    transport, gate = fleet(node(1)), asyncio.Event()
    slow(transport, gate)
    async with console(transport, tmp_path) as (app, pilot):
        await until(pilot, lambda: "DescribeInstanceInformation" in transport.called)
        await pilot.press("ctrl+c")
        await says(pilot, "Loading was cancelled.")
        gate.set()
        app.go("nodes", "elsewhere")
        await says(pilot, "web-01")


async def test_with_nothing_to_give_up_it_says_how_to_quit(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        await until(pilot, lambda: not any(one.feed.fetching for one in app.screen._lookers))  # type: ignore[attr-defined]
        await pilot.press("ctrl+c")
        await says(pilot, "Ctrl+Q quits")
        await pilot.press("question_mark")
        await says(pilot, "Keys: Fleet")
        app.notices.clear()
        await pilot.press("ctrl+c")
        await until(pilot, lambda: app.notices)
        assert "Ctrl+Q quits" in app.notices[-1].text


async def test_the_selection_is_copied_first(tmp_path: Path) -> None:
    async with console(fleet(node(1)), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        app.screen.get_selected_text = lambda: "web-01"  # type: ignore[method-assign]
        await pilot.press("ctrl+c")
        await says(pilot, "Copied the selection")
        assert app.clipboard == "web-01"


async def test_ctrl_c_gives_up_to_connect(tmp_path: Path) -> None:
    never, transport = asyncio.Event(), fleet(node(1))

    async def connect(_: object) -> Any:
        await never.wait()
        return transport

    app = SsmApp(Launch(connect=connect, config=Config(theme="dark"), folder=tmp_path, log_file=tmp_path / "log"))
    async with app.run_test(size=(100, 20)) as pilot:
        await says(pilot, "connecting")
        await pilot.press("ctrl+c")
        await says(pilot, "Connecting was cancelled.", "R tries again.")
        never.set()
        await pilot.press("R")
        await says(pilot, "web-01")
    await app.links.aclose()
