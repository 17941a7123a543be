"""The header: what is throttled, how old what shows is, demo, read-only, an engine of another version."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from rich.style import Style

from tests.app.console import SIZES, console, hit, says, text_of, until
from tests.app.fake_transport import NOW, FakeTransport, fleet, node
from tui import __version__
from tui.errors import ApiError, Throttled
from tui.widgets.line import Part, lay_out


def head(app: Any) -> str:
    return text_of(app).splitlines()[0]


@pytest.mark.slow
async def test_throttled_feeds_are_counted_and_the_pause_is_said(tmp_path: Path) -> None:
    transport = fleet(node(1))
    async with console(transport, tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        assert "throttled" not in head(app)
        transport.answers["DescribeInstanceInformation"] = Throttled("ThrottlingException", "Rate exceeded")
        await pilot.press("R")
        await says(pilot, "1 throttled", "Backing off: it is asked again in 8 s.", "web-01")


@pytest.mark.parametrize("size", SIZES)
async def test_age_demo_and_read_only_stand_in_it_at_every_size(tmp_path: Path, size: tuple[int, int]) -> None:
    transport = fleet(node(1))
    transport.peer["demo"] = True
    async with console(transport, tmp_path, size=size, read_only=True) as (app, pilot):
        await says(pilot, "web-01", "DEMO", "READ-ONLY")
        await until(pilot, lambda: re.search(r"\d+s ago", head(app)))
        for word in ("DEMO", "READ-ONLY"):
            assert word in head(app)
        assert len(head(app)) <= size[0]


def old_engine(live: list[str]) -> FakeTransport:
    """Make a transport to an engine of another version, which can be restarted while nothing lives in it."""
    transport = fleet(node(1))
    transport.peer["version"] = "0.0.1"
    transport.answers["DescribeEngine"] = {"Version": "0.0.1", "Pid": 7, "StartedAt": NOW, "Live": live}

    async def restart_when_idle() -> None:
        if live:
            raise ApiError("EngineBusy", f"{live[0]} runs")
        transport.peer["version"] = __version__

    transport.restart_when_idle = restart_when_idle  # type: ignore[attr-defined]
    return transport


async def test_an_idle_engine_of_another_version_is_replaced_by_restart(tmp_path: Path) -> None:
    async with console(old_engine([]), tmp_path, size=(160, 24)) as (app, pilot):
        await says(pilot, "The engine is version 0.0.1", "Nothing runs in it: `:restart` replaces it.", "engine 0.0.1")
        await hit(pilot, "colon", *"restart", "enter")
        await until(pilot, lambda: "engine 0.0.1" not in head(app))
        await says(pilot, "The engine was restarted; reattached.", "web-01")


async def test_a_busy_engine_of_another_version_says_what_runs_and_is_left(tmp_path: Path) -> None:
    async with console(old_engine(["session ops-1", "command 3f2c"]), tmp_path, size=(160, 24)) as (app, pilot):
        await says(pilot, "when this has ended: session ops-1 and 1 more.")
        await hit(pilot, "colon", *"restart", "enter")
        await says(pilot, "The engine was not restarted.", "session ops-1 runs")
        assert "engine 0.0.1" in head(app)


async def test_a_read_only_console_does_not_restart_the_engine(tmp_path: Path) -> None:
    transport = old_engine([])
    async with console(transport, tmp_path, size=(160, 24), read_only=True) as (_, pilot):
        await says(pilot, "a console that is not read-only may `:restart` it")
        await hit(pilot, "colon", *"restart", "enter")
        await says(pilot, "The engine was not restarted. This console is read-only.")
        assert transport.peer["version"] == "0.0.1"


async def test_an_engine_that_is_lost_is_said_until_it_is_back(tmp_path: Path) -> None:
    transport, back = fleet(node(1)), asyncio.Event()
    transport.reconnect = back.wait  # type: ignore[assignment,method-assign]
    async with console(transport, tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        transport.lose()
        await until(pilot, lambda: "engine lost" in head(app))
        back.set()
        await until(pilot, lambda: "engine lost" not in head(app))


def test_the_words_of_the_left_ran_into_those_of_the_right() -> None:
    left, right = [Part("ssm-tui local - us-east-1 - 1 node", Style())], [Part("stopped", Style())]
    assert lay_out(left, right, 50, Style(), 1)[0].text == "ssm-tui local - us-east-1 - 1 node         stopped"
    assert lay_out(left, right, 42, Style(), 1)[0].text == "ssm-tui local - us-east-1 - 1 node stopped"
    assert lay_out(left, right, 41, Style(), 1)[0].text == "ssm-tui local - us-east-1 - 1 no… stopped"
    border = lay_out([Part("┌─ Nodes " + "─" * 20, Style())], [Part("┐", Style())], 30, Style())
    assert border[0].text == "┌─ Nodes " + "─" * 20 + "┐"
