"""The Overview's tile of parameters about to expire: the soonest first, and a door to it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.app._parameter_fake import ParametersFake
from tests.app.console import SIZES, console, says, until
from tests.app.engine_console import engine, engine_console
from tui.errors import AccessDenied
from tui.services.parameter_models import ParameterType, PutRequest, Tier
from tui.services.parameters import Parameters


def policy(left: timedelta) -> dict[str, str]:
    then = (datetime.now(UTC) + left).isoformat().replace("+00:00", "Z")
    text = json.dumps({"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": then}})
    return {"PolicyType": "Expiration", "PolicyStatus": "Pending", "PolicyText": text}


def expiring(**left: timedelta) -> ParametersFake:
    """Make a fake whose parameters `/app/NAME` have so long."""
    fake = ParametersFake({f"/app/{name}": "x" for name in left})
    fake.policies = {f"/app/{name}": [policy(span)] for name, span in left.items()}
    fake.transport.answers["DescribeParameters"] = lambda request: fake.answers["DescribeParameters"](
        {**request, "ParameterFilters": [one for one in request.get("ParameterFilters") or [] if one["Key"] == "Name"]}
    )
    return fake


@pytest.mark.parametrize("size", SIZES)
async def test_the_soonest_stands_first_and_is_a_door(tmp_path: Path, size: tuple[int, int]) -> None:
    fake = expiring(later=timedelta(days=9, hours=1), soon=timedelta(hours=5, minutes=1), far=timedelta(days=40))
    async with console(fake.transport, tmp_path, words="overview", size=size) as (app, pilot):
        shown = await says(pilot, "Expiring · 2 within 14 d", "in 5h", "in 9d", "/app/soon", "/app/later")
        assert shown.index("/app/soon") < shown.index("/app/later")
        assert "/app/far" not in shown
        # Less than a day is as bad as what failed: it stands before the nodes.
        assert shown.index("Expiring") < shown.index("Nodes")
        sent = next(request for name, request in fake.transport.sent if name == "DescribeParameters")
        assert {"Key": "Tier", "Option": "Equals", "Values": ["Advanced"]} in sent["ParameterFilters"]
        screen: Any = app.screen
        screen._tiles.select("expiring")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.NOUN == "parameters")  # type: ignore[attr-defined]
        await until(pilot, lambda: app.screen.table.cursor_id.id == "/app/soon")  # type: ignore[attr-defined]


async def test_what_is_denied_is_not_said_to_be_none(tmp_path: Path) -> None:
    fake = expiring()
    fake.transport.answers["DescribeParameters"] = AccessDenied(
        "AccessDeniedException", "no", operation="DescribeParameters", action="ssm:DescribeParameters"
    )
    async with console(fake.transport, tmp_path, words="overview") as (_, pilot):
        await says(pilot, "Expiring ✖ not known", "ssm:DescribeParameters")


async def test_each_context_s_own_are_named(tmp_path: Path) -> None:
    local, other = expiring(one=timedelta(days=3)), expiring(two=timedelta(days=2))
    other.transport.context = "prod/eu-west-1"
    transports: Any = {"local": local.transport, "prod/eu-west-1": other.transport}
    async with console(transports, tmp_path, words="overview") as (_, pilot):
        shown = await says(pilot, "Expiring · 2 within 14 d", "prod/eu-west-1:/app/two", "local:/app/one")
        assert shown.index("/app/two") < shown.index("/app/one")


@pytest.mark.slow  # an engine of its own
async def test_the_real_engine_tells_what_expires(tmp_path: Path) -> None:
    async with engine(tmp_path), engine_console(tmp_path, words="nodes") as (app, pilot):
        await until(pilot, lambda: app.is_connected)
        await app.services.of(Parameters).put(
            PutRequest(
                name="/app/token",
                value="x",
                type=ParameterType.STRING,
                tier=Tier.ADVANCED,
                policies=f"[{policy(timedelta(days=2, hours=1))['PolicyText']}]",
            )
        )
        app.run_line("overview")
        await says(pilot, "Expiring · 1 within 14 d", "in 2d", "/app/token")
