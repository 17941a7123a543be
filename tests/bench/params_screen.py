"""The Parameters screen on an engine with 100,000 parameters: `/app` opened, its first rows, a subtree of 10,000.

The console runs in a terminal of 120x36, and a figure ends when the rows are drawn. `/app` has 1,000 folders, one of
them 10,000 parameters below it. Slices are the CPU seconds for which the loop did not come round: no key is answered
meanwhile.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.app.console import console, until
from tests.bench._garbage import as_the_console
from tests.bench._parameter_peers import name_of, numbered, preload
from tests.bench._rows import Row
from tests.bench.table import Longest
from tui.ports import Ref, Shape
from tui.services.parameters import Parameters
from tui.transport.local import LocalTransport
from tui.transport.wrappers import Wrapper

COUNT, LARGE = 90_000, 10_000
FOLDERS = 1001
LAST = "/app/service-999"
ROUNDS = 5
BUDGET = 0.016
FIRST = 0.06
"""Seconds that the first rows may take once the first page is there."""


class Timed(Wrapper):
    """Notes when the first page of a level came."""

    came = 0.0

    async def call(self, operation: str, params: Mapping[str, Any] | None = None, *, service: str = "ssm") -> Shape:
        answer = await super().call(operation, params, service=service)
        if operation == "ListParameterChildren" and not self.came:
            self.came = time.perf_counter()
        return answer


def figures() -> list[Row]:
    """Measure; takes about twenty seconds."""
    with tempfile.TemporaryDirectory(prefix="ssm-tui-bench-") as folder:
        return asyncio.run(_measure(Path(folder)))


async def _measure(folder: Path) -> list[Row]:
    preload(folder / "state", numbered(COUNT) | numbered(LARGE, "/app/large"))
    transport = await LocalTransport.connect(folder / "state")
    try:
        taken = [await _opened(folder) for _ in range(ROUNDS)]
    finally:
        await transport.call("StopEngine", {"Force": True}, service="ssm-tui")
        await transport.aclose()
    figure = {name: statistics.median(one[name] for one in taken) for name in taken[0]}
    most = {name: max(one[name] for one in taken) for name in taken[0]}
    return [
        Row(
            name="/app opened: first rows after the first page",
            ours=figure["first"] * 1e3,
            unit="ms",
            goal=f"<= {FIRST * 1e3:g} ms",
            met=figure["first"] <= FIRST,
        ),
        Row(name="from the key to the first rows", ours=figure["opened"] * 1e3, unit="ms", goal="none", met=None),
        Row(
            name=f"its {FOLDERS:,} folders drawn",
            ours=figure["level"] * 1e3,
            unit="ms",
            goal="none",
            met=None,
        ),
        Row(
            name=f"a subtree of {LARGE:,} unfolded",
            ours=figure["subtree"] * 1e3,
            peer=figure["describe"] * 1e3,
            peer_name="DescribeParameters alone",
            unit="ms",
            ratio=figure["subtree"] / figure["describe"],
            goal="none",
            met=None,
        ),
        *(
            Row(
                name=f"longest slice while {what}",
                ours=most[name] * 1e3,
                unit="ms CPU, the worst",
                goal=f"<= {BUDGET * 1e3:g} ms",
                met=most[name] <= BUDGET,
            )
            for what, name in (("a level comes", "level slice"), ("a subtree comes", "subtree slice"))
        ),
    ]


async def _opened(folder: Path) -> dict[str, float]:
    taken: dict[str, float] = {}
    alone = await LocalTransport.connect(folder / "state", start=False)
    parameters = Parameters(alone)
    begun = time.perf_counter()
    below = [{"Key": "Path", "Option": "Recursive", "Values": ["/app/large"]}]
    assert sum([len(page) async for page in parameters.describe(below)]) == LARGE
    taken["describe"] = time.perf_counter() - begun
    await alone.aclose()
    transport: Any = Timed(await LocalTransport.connect(folder / "state", start=False))
    async with console(transport, folder) as (app, pilot):
        await until(pilot, lambda: app.is_connected)
        app.go("parameters", "/none")  # the screen's modules are loaded, as they are the second time
        await until(pilot, lambda: app.screen.query("ResourceTree") and app.screen.phase == "empty")
        as_the_console()
        with Longest() as longest:
            before: Any = app.screen
            transport.came, begun = 0.0, time.perf_counter()
            app.go("parameters", "/app")
            while app.screen is before or not app.screen.query("ResourceTree"):
                await asyncio.sleep(0)
            screen: Any = app.screen
            tree = screen.tree_view
            await _drawn(tree, lambda: tree.knows(Ref("local", "/app/large")))
            taken["opened"] = time.perf_counter() - begun
            taken["first"] = time.perf_counter() - transport.came
            await _drawn(tree, lambda: tree.knows(Ref("local", LAST)) and not tree.arranging)
            taken["level"] = time.perf_counter() - begun
        taken["level slice"] = longest.seconds
        await pilot.pause()
        with Longest() as longest:
            begun = time.perf_counter()
            tree.unfold(Ref("local", "/app/large"), below=True)
            await _drawn(
                tree, lambda: tree.knows(Ref("local", name_of(LARGE - 1, "/app/large"))) and not tree.arranging
            )
            taken["subtree"] = time.perf_counter() - begun
        taken["subtree slice"] = longest.seconds
    return taken


async def _drawn(tree: Any, true: Any) -> None:
    """Wait until something is so, and has been drawn."""
    while not true():
        await asyncio.sleep(0)
    drawn = asyncio.Event()
    tree.call_after_refresh(drawn.set)
    await drawn.wait()
