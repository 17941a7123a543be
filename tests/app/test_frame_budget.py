"""The frame budget: what holds the UI loop is named, what nobody's code is to be blamed for is told apart."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot

from tests.app.console import console, hit, says, text_of, until
from tests.app.fake_transport import fleet, node
from tui.app import SsmApp
from tui.screens._frame_figures import Figures, Process, lines_of
from tui.screens._frame_looks import Account
from tui.screens._frame_loop import WatchedLoop, watch_of
from tui.screens._frame_meter import FrameMeter
from tui.screens._frame_stacks import Look
from tui.screens._frame_stalls import CAUSES, CODE, LINES, Stall, StallLog, judge

HELD = 0.08


def spin(seconds: float = HELD) -> None:
    """Use the processor for so long."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def watched(scenario: Callable[[list[Stall]], Coroutine[Any, Any, None]]) -> list[Stall]:
    """Run a coroutine in a watched loop, and give the stalls."""
    stalls: list[Stall] = []

    async def main() -> None:
        watch = watch_of(asyncio.get_running_loop())
        assert watch is not None
        watch.listeners.append(stalls.append)
        await scenario(stalls)
        await asyncio.sleep(0)

    with asyncio.Runner(loop_factory=WatchedLoop) as runner:
        runner.run(main())
    return stalls


async def busy_handler() -> None:
    spin()


async def blocking_handler() -> None:
    time.sleep(HELD)


@pytest.mark.parametrize("handler", [busy_handler, blocking_handler])
def test_a_coroutine_that_holds_the_loop_is_named_with_its_line(handler: Callable[[], Any]) -> None:
    async def scenario(stalls: list[Stall]) -> None:
        while not any(stall.cause == CODE for stall in stalls):  # a machine that is busy may be to blame, once
            await asyncio.ensure_future(handler())
            await asyncio.sleep(0)

    stalls = [stall for stall in watched(scenario) if stall.cause == CODE]
    assert stalls[-1].who == handler.__name__
    assert "test_frame_budget.py:" in stalls[-1].inner
    assert stalls[-1].took > 0.05


def test_a_pause_of_the_garbage_collector_is_blamed_on_nobody() -> None:
    def slow(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            spin()

    async def scenario(stalls: list[Stall]) -> None:
        await asyncio.sleep(0)
        gc.callbacks.append(slow)
        try:
            gc.collect(0)
        finally:
            gc.callbacks.remove(slow)

    stalls = watched(scenario)
    assert [stall.cause for stall in stalls] in (["collected"], ["waited"])
    assert not any(stall.who or stall.own for stall in stalls)


STOPPED = """
import asyncio, os, signal
from tui.screens._frame_loop import WatchedLoop, watch_of

async def main():
    watch = watch_of(asyncio.get_running_loop())
    watch.listeners.append(lambda stall: print(stall.cause, stall.who, flush=True))
    await asyncio.sleep(0.1)
    os.kill(os.getpid(), signal.SIGSTOP)
    await asyncio.sleep(0)

with asyncio.Runner(loop_factory=WatchedLoop) as runner:
    runner.run(main())
"""


def test_a_process_that_was_stopped_blames_no_coroutine() -> None:
    child = subprocess.Popen([sys.executable, "-c", STOPPED], stdout=subprocess.PIPE, text=True)
    _, status = os.waitpid(child.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    time.sleep(0.3)  # the stall itself
    child.send_signal(signal.SIGCONT)
    said, _ = child.communicate(timeout=20)
    assert said.splitlines()[-1].strip() in CAUSES
    assert "main" not in said


COLLECTED = """
import gc, weakref
from tui.screens._frame_collector import AWAY, EVERY, LATEST, REST, Collector

class Screen:
    def __init__(self, rows=10_000):
        self.itself = self
        self.rows = [[] for _ in range(rows)]

gc.disable()
"""

FROM_THE_START = """
screen = Screen()
left = weakref.ref(screen)
collector = Collector()
collector.tick(100.0, touched=99.9)
assert gc.isenabled() and gc.get_freeze_count()
del screen
made = Screen()
collector.tick(100.0 + AWAY, touched=99.9 + AWAY)
assert left() is not None, "the whole heap was looked through while somebody types"
made = Screen()
collector.tick(100.0 + 2 * AWAY, touched=99.9)
collector.tick(101.0 + 2 * AWAY, touched=99.9)
assert left() is None, "what the start made and was left is never collected"
"""

AT_REST = """
looks = []
gc.callbacks.append(lambda phase, info: looks.append(info["generation"]) if phase == "start" else None)
collector = Collector()
collector.tick(100.0, touched=0.0)
now, rows = 100.0, []
while now < 99.0 + LATEST:
    now += 1.0
    rows += [[] for _ in range(9_000)]  # a list that comes
    collector.tick(now, touched=0.0, busy=0.5)
assert 2 not in looks, "all was looked through while a list came"
collector.tick(now + REST, touched=0.0)
assert 2 in looks
kept = gc.get_freeze_count()
assert kept > len(rows), "what came is looked through again each time"
"""

BOUNDED = """
screens = weakref.WeakSet()
collector = Collector()
now = 100.0
collector.tick(now, touched=now)
start, most, whole = gc.get_freeze_count(), 0, 0
for _ in range(100):
    screen = Screen(start // 10)
    screens.add(screen)
    now += LATEST
    collector.tick(now, touched=now)  # kept apart while it shows
    screen = None
    now += REST
    collector.tick(now, touched=now - REST)
    most = max(most, len(screens))
assert most <= 5, most
"""


@pytest.mark.parametrize("scenario", [FROM_THE_START, AT_REST, BOUNDED])
def test_screens_that_were_left_are_collected_while_nobody_types_and_nothing_comes(scenario: str) -> None:
    subprocess.run([sys.executable, "-c", COLLECTED + scenario], check=True, timeout=30)


LOOK = Look("Key at Table", "tui/widgets/table.py:12 sort", "")


@pytest.mark.parametrize(
    ("account", "cause"),
    [
        (Account(0.08, busy=0.08, looks=(LOOK,)), CODE),
        (Account(0.08, looks=(LOOK,)), CODE),
        (Account(0.09, busy=0.08, collected=0.06, collecting=0.06, looks=(LOOK,)), "collected"),
        (Account(0.30, busy=0.02, waited=0.27, looks=(LOOK,)), "waited"),
        (Account(0.30, busy=0.09, waited=0.27, looks=(LOOK,)), CODE),
        (Account(0.30, busy=0.01, still=0.28, looks=(LOOK,)), "still"),
        (Account(0.30, busy=0.01, others=0.20, still=0.09, looks=(LOOK,)), "others"),
        (Account(0.06), CODE),
    ],
)
def test_a_stall_is_the_codes_only_as_far_as_the_code_took_it(account: Account, cause: str) -> None:
    stall = judge(account, 0.05)
    assert stall.cause == cause
    assert (stall.who == LOOK.who) == (cause == CODE and bool(account.looks))
    assert stall.said


def test_what_most_looks_saw_is_told() -> None:
    other = Look("Key at Other", "", "rich/cells.py:3 cell_len")
    stall = judge(Account(0.2, busy=0.2, looks=(other, LOOK, LOOK)), 0.05)
    assert (stall.who, stall.own, stall.share) == (LOOK.who, LOOK.own, "2 of 3 looks")


async def test_many_stalls_are_counted_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    now = 100.0
    kept = StallLog(lambda: "nodes", clock=lambda: now)
    with caplog.at_level(logging.WARNING):
        for took in range(LINES + 3):
            kept.take(Stall(took=0.06 + took / 1e3, busy=0.0, cause=CODE, who="Key at Table"))
        assert len(caplog.records) == LINES
        now += 60.0
        kept.take(Stall(took=0.06, busy=0.06, cause="collected"))
    assert kept.count == LINES + 4
    said = [record.getMessage() for record in caplog.records[LINES:]]
    assert said[0] == "the UI loop stood 3 times more, for 67 ms at most: not told each"
    assert said[1] == "the UI loop stood for 60 ms (processor 60 ms): garbage collection; screen nodes"
    kept.flush()


def test_frames_are_counted_without_what_the_overlay_took() -> None:
    times = iter([0.0, 0.010, 1.0, 1.002, 1.4, 1.5])
    meter = FrameMeter(clock=lambda: next(times))
    meter.frame_begins()
    meter.exclude(0.004)
    meter.frame_ends(counts=True)
    meter.frame_begins()
    meter.frame_begins()
    meter.frame_ends(counts=True)  # a layout paints at its end: one frame
    meter.frame_ends(counts=False)
    meter.frame_begins()
    meter.frame_ends(counts=False)
    figures = meter.figures()
    assert (figures.per_second, figures.last, figures.worst) == (1, pytest.approx(0.002), pytest.approx(0.006))


async def hold_once(app: SsmApp, pilot: Pilot[Any]) -> None:
    """Hold the console's loop until it is told that code did it."""
    while not any(stall.cause == CODE and "spin" in stall.inner for stall in app.stalls.latest):
        app.call_later(spin)
        await pilot.pause(0.01)


def test_the_overlay_names_who_held_the_loop_and_takes_no_keys(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        async with console(fleet(node(1, "web-01"), node(2, "web-02")), tmp_path, size=(80, 24)) as (app, pilot):
            await says(pilot, "web-02")
            await hit(pilot, "colon", *"frames", "enter")
            await says(pilot, "frames ", "memory", "files", "over 50 ms")
            focused = app.focused
            await hold_once(app, pilot)
            await says(pilot, "Callback at SsmApp, spin", "test_frame_budget.py")
            assert app.focused is focused
            await hit(pilot, "slash", *"02")
            await says(pilot, "1 of 2", "frames ")
            await hit(pilot, "escape", "colon", *"commands", "enter")
            await says(pilot, "Commands", "frames ")
            await hit(pilot, "colon", *"frames reset", "enter")
            await until(pilot, lambda: "spin" not in text_of(app))
            await hit(pilot, "ctrl+p", *"hide frame", "enter")
            await until(pilot, lambda: "over 50 ms" not in text_of(app))
            assert app.frame_meter is None

    with asyncio.Runner(loop_factory=WatchedLoop) as runner, caplog.at_level(logging.WARNING):
        runner.run(scenario())
    said = [record.getMessage() for record in caplog.records if "Callback at SsmApp, spin" in record.getMessage()]
    assert "screen nodes" in said[0]
    assert "test_frame_budget.py" in said[0]


def test_nothing_is_told_of_a_console_that_is_idle(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with console(fleet(node(1, "web-01")), tmp_path) as (app, pilot):
            await says(pilot, "web-01")
            watch = watch_of(asyncio.get_running_loop())
            assert watch is not None
            before, turns = app.stalls.count, watch.turn
            await asyncio.sleep(0.5)
            assert app.stalls.count == before
            assert watch.turn - turns < 60

    with asyncio.Runner(loop_factory=WatchedLoop) as runner:
        runner.run(scenario())


async def test_a_loop_that_is_not_watched_shows_frames_all_the_same(tmp_path: Path) -> None:
    async with console(fleet(node(1, "web-01")), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        app.run_line("frames")
        await says(pilot, "not watched")
        app.post_message(events.Resize(app.size, app.size))
        await until(pilot, lambda: app.frame_meter and app.frame_meter.figures().last)


def test_on_a_terminal_of_five_lines_the_overlay_covered_all_of_the_screen() -> None:
    process = Process(memory=0, handles=0, tasks=0, polled=0, feeds=0)
    frames = FrameMeter(lambda: 0.0).figures()
    figures = Figures(
        frames=frames,
        turns=(),
        stalls=0,
        latest=(),
        limit=0.05,
        watched=True,
        process=process,
        collections=(0, 0, 0),
        longest_pause=0.0,
    )
    assert [len(lines_of(figures, most)) for most in (20, 1, 0, -1)] == [6, 1, 0, 0]
