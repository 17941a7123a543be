"""The scheduler, on a clock that the test moves."""

import asyncio
import logging

import pytest

from tests.engine.clock import ManualClock, settle
from tui.engine.scheduler import Scheduler


@pytest.fixture
async def clock():
    return ManualClock()


@pytest.fixture
async def scheduler(clock):
    scheduler = Scheduler(clock)
    yield scheduler
    await scheduler.aclose()


async def test_what_recurs_runs_at_each_period(scheduler, clock):
    seen = []
    scheduler.every("a", 10, lambda: seen.append(clock.monotonic()))
    await clock.advance(35)
    assert seen == [10, 20, 30]


async def test_what_is_due_once_runs_once_at_its_time_or_at_once_when_past(scheduler, clock):
    seen = []
    start = clock.now()
    scheduler.at("later", start + 90, lambda: seen.append(("later", clock.now() - start)))
    scheduler.at("past", start - 5, lambda: seen.append(("past", clock.now() - start)))
    await settle()
    assert seen == [("past", 0)]
    await clock.advance(200)
    assert seen == [("past", 0), ("later", 90)]


async def test_a_wall_clock_that_is_set_anew_is_noticed(scheduler, clock):
    seen = []
    scheduler.at("a", clock.now() + 3600, lambda: seen.append(clock.monotonic()))
    await settle()
    clock.set_wall(clock.now() + 7200)
    await clock.advance(60)
    assert seen == [60]


async def test_an_earlier_job_that_comes_later_is_not_late(scheduler, clock):
    seen = []
    scheduler.every("slow", 100, lambda: seen.append("slow"))
    await settle()
    scheduler.every("quick", 1, lambda: seen.append("quick"))
    await clock.advance(3)
    assert seen == ["quick"] * 3


async def test_a_cancelled_job_does_not_run_and_a_name_is_taken_over(scheduler, clock):
    seen = []
    scheduler.every("a", 10, lambda: seen.append("first"))
    scheduler.every("a", 10, lambda: seen.append("second"))
    scheduler.every("b", 10, lambda: seen.append("b"))
    scheduler.cancel("b")
    scheduler.cancel("none such")
    await clock.advance(10)
    assert seen == ["second"]


async def test_a_run_that_goes_on_is_not_overtaken_by_the_next(scheduler, clock):
    gate, runs = asyncio.Event(), []

    async def slow():
        runs.append(clock.monotonic())
        await gate.wait()

    scheduler.every("slow", 10, slow)
    await clock.advance(35)
    assert runs == [10]
    gate.set()
    await clock.advance(10)
    assert runs == [10, 40]


async def test_a_job_that_fails_is_logged_and_runs_again(scheduler, clock, caplog):
    runs = []

    async def fails():
        runs.append(1)
        raise ValueError("no luck")

    scheduler.every("fails", 10, fails)
    with caplog.at_level(logging.ERROR):
        await clock.advance(25)
    assert len(runs) == 2
    assert "the scheduled job fails failed" in caplog.text


async def test_a_machine_that_slept_makes_up_for_nothing(scheduler, clock):
    seen = []
    scheduler.every("a", 10, lambda: seen.append(clock.monotonic()))
    await settle()
    clock._elapsed += 1000  # the machine slept: no timer fired
    await clock.advance(10)
    assert len(seen) == 2


async def test_only_the_operators_jobs_count(scheduler, clock):
    scheduler.every("ping", 10, lambda: None)
    scheduler.at("once", clock.now() + 50, lambda: None, operators=True)
    scheduler.every("schedule", 10, lambda: None, operators=True)
    assert scheduler.operators_count() == 2
    assert scheduler.names(operators=True) == ["once", "schedule"]
    await clock.advance(60)
    assert scheduler.operators_count() == 1
    scheduler.cancel("schedule")
    assert scheduler.operators_count() == 0
