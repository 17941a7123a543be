"""A hundred thousand parameters: only what is opened is asked for, and one moves while more come."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.app._parameter_fake import columns
from tests.app.console import console, says, until
from tests.app.fake_transport import NOW, fleet
from tui.ports import Ref
from tui.services.parameters import MANY

pytestmark = pytest.mark.slow

FOLDERS, KEYS = 1000, 100


def many(*, on_aws: bool, held: asyncio.Event | None = None) -> Any:
    """Make a transport that has /app/team-N/key-M; on AWS what follows the first 2,000 waits for `held`."""
    names = sorted(f"/app/team-{team:03}/key-{key:02}" for team in range(FOLDERS) for key in range(KEYS))
    about = {
        name: {"Name": name, "Type": "String", "Version": 1, "LastModifiedDate": NOW, "Value": "v"} for name in names
    }
    levels: dict[str, dict[str, int]] = defaultdict(dict)
    for name in names:
        levels["/"]["/app"] = len(names)
        folder = name.rpartition("/")[0]
        levels["/app"][folder] = KEYS
        levels[folder][name] = 0

    def page(found: list[Any], key: str, request: dict[str, Any], size: int) -> dict[str, Any]:
        start = int(request.get("NextToken") or 0)
        more = {"NextToken": str(start + size)} if start + size < len(found) else {}
        return {key: found[start : start + size], **more}

    async def children(request: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(0)
        return page(
            [
                {"Name": name, "Count": count, **({"Parameter": about[name]} if name in about else {})}
                for name, count in levels[request["Path"]].items()
            ],
            "Children",
            request,
            1000,
        )

    async def describe(request: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(0)
        wanted = next(iter(request.get("ParameterFilters") or ()), {"Key": "Path", "Values": [""]})
        if wanted["Key"] == "Name":
            return {"Parameters": [about[name] for name in wanted["Values"] if name in about]}
        path = wanted["Values"][0]
        within = names[bisect_left(names, f"{path}/") : bisect_left(names, f"{path}0")]
        return page([about[name] for name in within], "Parameters", request, 50)

    async def lines(request: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(0)
        path, size = request["Path"], request["MaxResults"]
        within = names[bisect_left(names, f"{path}/") : bisect_left(names, f"{path}0")]
        answer = page([about[name] for name in within], "Parameters", request, size)
        return {**columns(answer.pop("Parameters")), **answer}

    async def below(request: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(0)
        start = int(request.get("NextToken") or 0)
        if held is not None and start >= 2000:
            await held.wait()
        more = {"NextToken": str(start + 10)} if start + 10 < len(names) else {}
        return {"Parameters": [about[name] for name in names[start : start + 10]], **more}

    transport: Any = fleet()
    if on_aws:
        transport.lacks = {"ListParameterChildren": "AWS names no folders."}
    transport.answers |= {
        "ListParameterChildren": children,
        "ListParametersByPath": lines,
        "DescribeParameters": describe,
        "GetParametersByPath": below,
    }
    return transport


async def test_on_the_engine_only_what_is_opened_is_asked_for(tmp_path: Path) -> None:
    transport = many(on_aws=False)
    async with console(transport, tmp_path, words="params /app") as (app, pilot):
        await says(pilot, "team-000", "(100000)", "100000")
        screen: Any = app.screen
        await pilot.press("j", "l")
        await says(pilot, "key-00")
        asked = [request["Path"] for name, request in transport.sent if name == "ListParameterChildren"]
        assert set(asked) == {"/app", "/app/team-000"}
        await pilot.press("slash", *"team-777 key-42")
        await until(pilot, lambda: screen.table.total == FOLDERS * KEYS and not screen.is_partial, seconds=120)
        await until(pilot, lambda: screen.table.shown == 1 and not screen.table.arranging)
        called = [name for name, _ in transport.sent]
        assert called.count("ListParametersByPath") == FOLDERS * KEYS / MANY
        assert called.count("DescribeParameters") <= 10, "those alone that the cursor stood on"


async def test_while_all_of_aws_comes_one_moves_and_stays_where_one_is(tmp_path: Path) -> None:
    held = asyncio.Event()
    transport = many(on_aws=True, held=held)
    async with console(transport, tmp_path, words="params /app") as (app, pilot):
        await says(pilot, "team-000")
        screen: Any = app.screen
        await pilot.press("j", "l", "j", "j")
        await until(pilot, lambda: screen.table.cursor_id == Ref("local", "/app/team-000/key-01"))
        assert screen.is_partial and screen.table.total < FOLDERS * KEYS
        held.set()
        await until(pilot, lambda: not screen.is_partial, seconds=120)
        assert screen.table.cursor_id == Ref("local", "/app/team-000/key-01")
        assert screen.table.total == FOLDERS * KEYS
