"""The tree with 100,000 leaves at realistic paths, beside Textual's Tree with the same.

Both sides run in one process, in turns, in a terminal of 120x36, and each figure ends when the change has been drawn.
Times are CPU seconds of that process, so that neither the wait for a frame nor what else the machine does counts.
Garbage is collected as the console has it, for both. A Tree is loaded as its users do it: a node for each folder on
first sight, then its leaves; it has no filter. Memory is the growth of a process of its own, beyond the paths.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
from textual.strip import Strip
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from tests.bench._garbage import as_the_console
from tests.bench._rows import Row
from tests.bench.table import Bench, Longest, timed
from tui.widgets.tree import Column, ResourceTree

ROUNDS = 2
"""A Tree takes some seconds to load and several more to expand, so there are few rounds."""

OURS = 3
"""So often we are measured in each round."""

SIZE = (120, 36)
PEER = "Textual's Tree"
PAGES = 200
FILTER = "prod billing password"

Entry = tuple[str, tuple[Any, ...]]

SERVICES = ("billing", "search", "mail", "web", "queue", "auth", "image", "report", "audit", "cart")
KEYS = ("host", "port", "user", "password", "timeout", "retries", "endpoint", "token", "region", "level")


def paths() -> list[Entry]:
    """Make 100,000 parameters as one might have them: environment, region and service, component, key."""
    made: list[Entry] = []
    for env in ("prod", "staging", "dev", "test"):
        for service in SERVICES:
            for number in range(25):
                for part in range(10):
                    for key in KEYS:
                        kind = ("SecureString", "warn") if key in ("password", "token") else "String"
                        made.append((f"/app/{env}/{service}-{number}/part-{part}/{key}", (kind, str(part))))
    return sorted(made, key=lambda entry: entry[0])


class Ours(ResourceTree):
    """Tells when it is drawn."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.drawn = asyncio.Event()

    def render_line(self, y: int) -> Strip:
        self.drawn.set()
        return super().render_line(y)


class Theirs(Tree[str]):
    """Tells when it is drawn."""

    def __init__(self) -> None:
        super().__init__("/")
        self.drawn = asyncio.Event()

    def render_line(self, y: int) -> Strip:
        self.drawn.set()
        return super().render_line(y)

    def fill(self, entries: list[Entry]) -> None:
        known: dict[str, TreeNode[str]] = {"": self.root}
        for path, _ in entries:
            head, _, label = path.rpartition("/")
            node = known.get(head)
            if node is None:
                node, at = self.root, ""
                for part in head.split("/")[1:]:
                    at += f"/{part}"
                    if at not in known:
                        known[at] = node.add(part)
                    node = known[at]
            node.add_leaf(label, data=path)


def tree() -> Ours:
    return Ours([Column("type"), Column("version", kind="number")], title="Parameter")


async def ours(entries: list[Entry]) -> dict[str, float]:
    """Take our figures once."""
    taken: dict[str, float] = {}
    widget = tree()
    async with Bench(widget).run_test(size=SIZE) as pilot:

        def settled() -> bool:
            return not widget.arranging

        taken["load"] = await timed(pilot, lambda: widget.set_paths(entries), settled)
        taken["expand"] = await timed(pilot, lambda: widget.fold_all(False))
        taken["fold"] = await timed(pilot, lambda: widget.fold_all(True))
        widget.unfold("/app")
        taken["subtree"] = await timed(pilot, lambda: widget.unfold("/app/prod", below=True))
        taken["first filter"] = await timed(pilot, lambda: widget.set_filter(FILTER), settled)
        await timed(pilot, lambda: widget.set_filter(""), settled)
        taken["filter"] = await timed(pilot, lambda: widget.set_filter(FILTER), settled)
        assert widget.shown == 250
        await timed(pilot, lambda: widget.set_filter(""), settled)
        with Longest() as longest:
            await timed(pilot, lambda: widget.set_filter(FILTER), settled)
        taken["filter slice"] = longest.seconds
        await timed(pilot, lambda: widget.set_filter(""), settled)
        widget.fold_all(False)
        widget.move_to(entries[len(entries) // 2][0])
        await pilot.pause()
        moves = [await timed(pilot, lambda: widget.action_move(1)) for _ in range(40)]
        taken["move"] = statistics.median(moves)
        taken["page"] = statistics.median([await timed(pilot, lambda: widget.action_page(2)) for _ in range(20)])
        with Longest() as longest:
            for page in range(PAGES):
                start = entries[page * 487 % len(entries)][0].rpartition("/")[0]
                widget.add_paths([(f"{start}/new-{page}-{number}", ("String", "1")) for number in range(10)])
                await timed(pilot, lambda: widget.action_move(1))
        taken["page of 10 slice"] = longest.seconds
    return taken


async def slices(entries: list[Entry]) -> dict[str, float]:
    """Take the longest slices of a load, and of a subtree of a tenth being expanded, on their own."""
    taken: dict[str, float] = {}
    widget = tree()
    async with Bench(widget).run_test(size=SIZE) as pilot:
        with Longest() as longest:
            await timed(pilot, lambda: widget.add_paths(entries), lambda: not widget.arranging)
        taken["load slice"] = longest.seconds
        with Longest() as longest:
            await timed(pilot, lambda: widget.unfold("/app", below=True))
        taken["expand slice"] = longest.seconds
    return taken


async def theirs(entries: list[Entry]) -> dict[str, float]:
    """Take the peer's figures once."""
    taken: dict[str, float] = {}
    widget = Theirs()
    async with Bench(widget).run_test(size=SIZE) as pilot:
        widget.root.expand()
        taken["load"] = await timed(pilot, lambda: widget.fill(entries))
        taken["expand"] = await timed(pilot, widget.root.expand_all)
        assert widget.last_line >= len(entries)
        widget.cursor_line = 0
        taken["move"] = statistics.median([await timed(pilot, widget.action_cursor_down) for _ in range(10)])
        taken["page"] = statistics.median([await timed(pilot, widget.action_page_down) for _ in range(10)])
    return taken


def _held(side: str) -> float:
    """Give the megabytes that a tree takes beyond the paths, everything expanded, in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.bench.tree", side],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent.parent.parent,
    )
    return float(ran.stdout)


async def _hold(side: str) -> float:
    entries = paths()
    as_the_console()
    widget: Any = tree() if side == "ours" else Theirs()
    async with Bench(widget).run_test(size=SIZE) as pilot:
        gc.collect()
        before = psutil.Process().memory_info().rss
        if side == "ours":
            await timed(pilot, lambda: widget.set_paths(entries), lambda: not widget.arranging)
            await timed(pilot, lambda: widget.fold_all(False))
            await timed(pilot, lambda: widget.set_filter(FILTER), lambda: not widget.arranging)
            await timed(pilot, lambda: widget.set_filter(""), lambda: not widget.arranging)
        else:
            await timed(pilot, lambda: widget.fill(entries))
            await timed(pilot, widget.root.expand_all)
        gc.collect()
        return (psutil.Process().memory_info().rss - before) / 1e6


def figures() -> list[Row]:
    """Measure; takes a minute or two, nearly all of it the peer's."""
    entries = paths()
    as_the_console()
    mine: list[dict[str, float]] = []
    peer: list[dict[str, float]] = []
    for _ in range(ROUNDS):
        for _ in range(OURS):
            gc.collect()
            mine.append(asyncio.run(ours(entries)) | asyncio.run(slices(entries)))
        gc.collect()
        peer.append(asyncio.run(theirs(entries)))
    own = {name: statistics.median(taken[name] for taken in mine) for name in mine[0]}
    other = {name: statistics.median(taken[name] for taken in peer) for name in peer[0]}

    def row(name: str, key: str, goal: str, least: float | None = None) -> Row:
        ratio = other[key] / own[key]
        met = None if least is None else ratio >= least
        figures = {"ours": own[key] * 1e3, "peer": other[key] * 1e3}
        return Row(name=name, **figures, peer_name=PEER, unit="ms CPU", ratio=ratio, goal=goal, met=met)

    def alone(name: str, key: str, most: float | None = None) -> Row:
        met = None if most is None else own[key] * 1e3 <= most
        goal = "none" if most is None else f"<= {most:g} ms"
        return Row(name=name, ours=own[key] * 1e3, unit="ms CPU", goal=goal, met=met)

    held, held_peer = _held("ours"), _held("theirs")
    return [
        row("load", "load", ">= 20 x", 20),
        row("expand all", "expand", ">= 80 x", 80),
        row("move: key to drawn line", "move", "none"),
        row("page down", "page", "none"),
        alone("fold all", "fold"),
        alone("expand a subtree of 25,000", "subtree", 16),
        alone(f"first filter key ({FILTER})", "first filter"),
        alone(f"filter key ({FILTER})", "filter"),
        alone("longest slice of a load", "load slice", 16),
        alone("longest slice of a filter key", "filter slice", 16),
        alone("longest slice while 100,000 are expanded below a node", "expand slice", 16),
        alone(f"longest slice while {PAGES} pages of 10 arrive and the cursor moves", "page of 10 slice", 16),
        Row(
            name="memory beyond the paths, all expanded and filtered once",
            ours=held,
            peer=held_peer,
            peer_name=PEER,
            unit="MB",
            ratio=held_peer / held,
            goal="<= 1/2",
            met=held * 2 <= held_peer,
        ),
    ]


if __name__ == "__main__":
    print(asyncio.run(_hold(sys.argv[1])))
