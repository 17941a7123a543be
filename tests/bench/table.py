"""The table with 100,000 nodes of 12 columns, beside Textual's DataTable with the same rows.

A DataTable has no filter: a filter key is a `clear` and an `add_row` for every row that passes, chosen by a plain test
in Python, which is how its users do it. Both sides run in one process, in turns, in a terminal of 120x36, and each
figure ends when the change has been drawn. Times are CPU seconds of that process, so that neither the wait for the next
frame nor what else the machine does counts. Memory is the growth of a process of its own, beyond the rows.
"""

from __future__ import annotations

import asyncio
import gc
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psutil
from textual.app import App, ComposeResult
from textual.strip import Strip
from textual.widgets import DataTable

from tests.bench._rows import Row
from tui.ports import Ref
from tui.widgets.resource_table import Column, ResourceTable

COUNT = 100_000
ROUNDS = 2
"""A DataTable takes from 20 to 35 seconds for each of three steps, so there are few rounds."""

OURS = 3
"""So often we are measured in each round."""

SIZE = (120, 36)
PEER = "DataTable"
TITLES = ("name", "ping", "id", "platform", "agent", "address", "age", "patches", "association", "env", "team", "rack")

Cells = tuple[Any, ...]


def nodes(count: int = COUNT) -> list[tuple[Ref, Cells]]:
    """Make a fleet as one might have it: mostly one platform, compliant and online, with addresses of its own."""
    some = random.Random(7)
    pings = [("● Online", "ok")] * 8 + [("▲ Lost", "error"), ("○ Inactive", "muted")]
    platforms = ["Amazon Linux 2023"] * 8 + ["Ubuntu 24.04", "Windows Server 2022"]
    made = []
    for number in range(count):
        identity = f"mi-{some.getrandbits(68):017x}"
        cells = (
            f"{some.choice(('web', 'api', 'db', 'cache', 'queue'))}-{number:06d}",
            some.choice(pings),
            identity,
            some.choice(platforms),
            f"3.3.{some.randrange(900)}.0",
            f"10.{some.randrange(256)}.{some.randrange(256)}.{some.randrange(256)}",
            f"{some.randrange(60)}s ago",
            "Compliant" if some.random() < 0.9 else "Missing",
            "Success" if some.random() < 0.95 else "Failed",
            some.choice(("prod", "staging", "dev")),
            some.choice(("payments", "search", "mail", "web")),
            f"rack {some.randrange(40)}",
        )
        made.append((Ref("local", identity), cells))
    return made


def text(cell: Any) -> str:
    return cell if isinstance(cell, str) else str(cell[0])


class Ours(ResourceTable):
    """Tells when it is drawn."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.drawn = asyncio.Event()

    def render_line(self, y: int) -> Strip:
        self.drawn.set()
        return super().render_line(y)


class Theirs(DataTable[str]):
    """Tells when it is drawn."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.drawn = asyncio.Event()

    def render_line(self, y: int) -> Strip:
        self.drawn.set()
        return super().render_line(y)


class Bench(App[None]):
    """Holds one table."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, table: Any) -> None:
        super().__init__()
        self.table = table

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {"muted": "#8b96a8", "bar": "#1d2430", "cursor": "#2b4a66", "mark": "#f0b35e"}

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self.table.focus()


Step = Callable[[Any, Any], Awaitable[float]]


async def timed(pilot: Any, act: Callable[[], Any], done: Callable[[], bool] = lambda: True) -> float:
    """Give the CPU seconds until a change is worked through and drawn."""
    table, painted = pilot.app.table, asyncio.Event()
    started = time.process_time()
    act()
    while not done():
        await asyncio.sleep(0)
    table.drawn.clear()
    await table.drawn.wait()
    table.call_after_refresh(painted.set)
    await painted.wait()
    return time.process_time() - started


async def ours(rows: list[tuple[Ref, Cells]]) -> dict[str, float]:
    """Take our figures once."""
    taken: dict[str, float] = {}
    columns = [
        Column(title, kind="status" if title == "ping" else "age" if title == "age" else "text") for title in TITLES
    ]
    table = Ours(columns)
    async with Bench(table).run_test(size=SIZE) as pilot:

        def settled() -> bool:
            return not table.arranging

        taken["load"] = await timed(pilot, lambda: table.set_rows(rows))
        # The very first key finds nothing prepared; those that follow do, as does one typed a moment after the load.
        taken["first"] = await timed(pilot, lambda: table.set_filter("amzn"), settled)
        for name, line in FILTERS.items():
            await timed(pilot, lambda: table.set_filter(""), settled)
            taken[name] = await timed(pilot, lambda line=line: table.set_filter(line), settled)
            await timed(pilot, lambda: table.set_filter(""), settled)
            with Longest() as longest:  # on its own, since to look at every round of the loop takes time as well
                await timed(pilot, lambda line=line: table.set_filter(line), settled)
            taken[f"{name} slice"] = longest.seconds
            taken[f"{name} shown"] = table.shown
        table.set_filter("")
        taken["sort"] = await timed(pilot, lambda: table.sort_by("name"), settled)
        page = []
        for _ in range(40):
            page.append(await timed(pilot, lambda: table.action_page(2)))
        taken["page"] = statistics.median(page)
        cell = []
        for index in range(40):
            row = table.model.id_at((table.model.position(table.cursor_id) or 0) + index % 5)
            cell.append(await timed(pilot, lambda r=row, i=index: table.update_cell(r, "age", f"{i}s ago")))
        taken["cell"] = statistics.median(cell)
    return taken


async def theirs(rows: list[tuple[Ref, Cells]]) -> dict[str, float]:
    """Take DataTable's figures once."""
    taken: dict[str, float] = {}
    table = Theirs(cursor_type="row")
    texts = [(row.id, tuple(text(cell) for cell in cells)) for row, cells in rows]

    def fill(passing: Callable[[tuple[str, ...]], bool]) -> None:
        table.clear()
        for key, cells in texts:
            if passing(cells):
                table.add_row(*cells, key=key)

    async with Bench(table).run_test(size=SIZE) as pilot:
        for title in TITLES:
            table.add_column(title, key=title)

        def measured() -> bool:
            return not table._updated_cells and not table._require_update_dimensions

        taken["load"] = await timed(pilot, lambda: fill(lambda cells: True), measured)
        page = []
        for _ in range(10):
            page.append(await timed(pilot, table.action_page_down))
        taken["page"] = statistics.median(page)
        cell = []
        for index in range(10):
            key = texts[table.cursor_row + index % 5][0]
            cell.append(await timed(pilot, lambda k=key, i=index: table.update_cell(k, "age", f"{i}s ago"), measured))
        taken["cell"] = statistics.median(cell)
        taken["sort"] = await timed(pilot, lambda: table.sort("name"), measured)
        for name, passing in PASSING.items():
            taken[name] = await timed(pilot, lambda passing=passing: fill(passing), measured)
            taken[f"{name} shown"] = table.row_count
    return taken


FILTERS = {"plain": "patches=compliant", "fuzzy": "amzn"}


def _fuzzy(cells: tuple[str, ...]) -> bool:
    """Say whether a, m, z, n stand in that order in one cell."""
    for cell in cells:
        rest = iter(cell.lower())
        if all(letter in rest for letter in "amzn"):
            return True
    return False


PASSING: dict[str, Callable[[tuple[str, ...]], bool]] = {
    "plain": lambda cells: cells[7].lower() == "compliant",
    "fuzzy": _fuzzy,
}


class Longest:
    """The longest CPU time for which the loop did not come round, while entered."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __enter__(self) -> Longest:
        self._on = True
        self._last = time.process_time()
        asyncio.get_running_loop().call_soon(self._round)
        return self

    def __exit__(self, *_: object) -> None:
        self._on = False
        self._note()

    def _note(self) -> None:
        now = time.process_time()
        self.seconds = max(self.seconds, now - self._last)
        self._last = now

    def _round(self) -> None:
        if self._on:
            self._note()
            asyncio.get_running_loop().call_soon(self._round)


def _held(side: str) -> float:
    """Give the megabytes that a table takes beyond its rows, in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.bench.table", side],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent.parent.parent,
    )
    return float(ran.stdout)


async def _hold(side: str) -> float:
    rows = nodes()
    texts = [] if side == "ours" else [(row.id, tuple(text(cell) for cell in cells)) for row, cells in rows]
    table: Any = Ours([Column(title) for title in TITLES]) if side == "ours" else Theirs(cursor_type="row")
    async with Bench(table).run_test(size=SIZE) as pilot:
        gc.collect()
        before = psutil.Process().memory_info().rss
        if side == "ours":
            await timed(pilot, lambda: table.set_rows(rows))
            await timed(pilot, lambda: table.set_filter("amzn"), lambda: not table.arranging)
            await timed(pilot, lambda: table.set_filter(""), lambda: not table.arranging)
        else:
            for title in TITLES:
                table.add_column(title, key=title)
            for key, cells in texts:
                table.add_row(*cells, key=key)
            await timed(pilot, table.refresh, lambda: not table._require_update_dimensions)
        gc.collect()
        return (psutil.Process().memory_info().rss - before) / 1e6


def figures() -> list[Row]:
    """Measure; takes some minutes, nearly all of them DataTable's."""
    rows = nodes()
    mine, peer = [], []
    for _ in range(ROUNDS):
        for taken, measure, times in ((mine, ours, OURS), (peer, theirs, 1)):
            for _ in range(times):
                gc.collect()
                taken.append(asyncio.run(measure(rows)))
    own = {name: statistics.median(taken[name] for taken in mine) for name in mine[0]}
    other = {name: statistics.median(taken[name] for taken in peer) for name in peer[0]}
    for name in FILTERS:
        assert own[f"{name} shown"] == other[f"{name} shown"], f"{name}: the two sides show different rows"

    def row(name: str, key: str, goal: str, least: float | None, ours: str = "") -> Row:
        ratio = other[key] / own[ours or key]
        met = None if least is None else ratio >= least
        return Row(
            name=name,
            ours=own[ours or key] * 1e3,
            peer=other[key] * 1e3,
            peer_name=PEER,
            unit="ms CPU",
            ratio=ratio,
            goal=goal,
            met=met,
        )

    held, held_peer = _held("ours"), _held("theirs")
    slices = max(own["plain slice"], own["fuzzy slice"]) * 1e3
    return [
        row("load", "load", ">= 150 x", 150),
        row(f"plain filter key ({FILTERS['plain']})", "plain", ">= 800 x", 800),
        row(f"fuzzy filter key ({FILTERS['fuzzy']})", "fuzzy", ">= 150 x", 150),
        row("first filter key, right after the load", "fuzzy", "none", None, "first"),
        Row(name="longest slice of a filter key", ours=slices, unit="ms CPU", goal="<= 16 ms", met=slices <= 16),
        Row(
            name="page down",
            ours=own["page"] * 1e3,
            peer=other["page"] * 1e3,
            peer_name=PEER,
            unit="ms CPU",
            ratio=other["page"] / own["page"],
            goal="<= 8 ms",
            met=own["page"] <= 0.008,
        ),
        row("sort by name", "sort", "none", None),
        row("one cell updated", "cell", "none", None),
        Row(
            name="memory beyond the rows",
            ours=held,
            peer=held_peer,
            peer_name=PEER,
            unit="MB",
            ratio=held_peer / held,
            goal="<= 1/4",
            met=held * 4 <= held_peer,
        ),
    ]


if __name__ == "__main__":
    print(asyncio.run(_hold(sys.argv[1])))
