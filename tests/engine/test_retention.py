"""What is deleted when, on real files and a clock that the test moves."""

import asyncio
import os

import pytest

from tests.engine.clock import ManualClock, settle
from tui.engine import log
from tui.engine.context import StatePaths
from tui.engine.dispatch import Engine
from tui.engine.retention import DAY, HOUR, Kept, expired, retain, start_retention

SAMPLE = "tests.engine.sample_domains"


@pytest.fixture
async def clock():
    return ManualClock()


@pytest.fixture
async def engine(tmp_path, clock):
    engine = await Engine.open(StatePaths(tmp_path), clock=clock, settings={"retain_runs_bytes": 1000}, domains=SAMPLE)
    yield engine
    await engine.aclose()


async def add_command(engine, name, *, ended, final=1, size=10):
    """Store a command with one invocation, and a run folder of so many bytes."""

    def add(conn):
        columns = [row["name"] for row in conn.execute("PRAGMA table_info(commands)")]
        values = dict.fromkeys(columns, 0) | {"number": None, "command_id": name, "final": final}
        values |= {"requested_at": ended - 5, "request": "{}", "status": "", "details": "", "document_name": ""}
        marks = ", ".join("?" * len(columns))
        number = conn.execute(f"INSERT INTO commands VALUES ({marks})", [values[c] for c in columns]).lastrowid
        conn.execute(
            "INSERT INTO invocations VALUES (?, 0, 'mi-1', '', '', '', 0, '', ?, ?)",
            (number, ended - 5, ended if final else None),
        )

    await engine.services.store.write(add)
    add_folder(engine, name, size)


def add_folder(engine, name, size):
    folder = engine.services.paths.runs / name / "mi-1" / "1.run"
    folder.mkdir(parents=True)
    (folder / "stdout").write_bytes(b"x" * size)


def commands(engine):
    return [row[0] for row in engine.services.store.read("SELECT command_id FROM commands ORDER BY command_id")]


def folders(engine):
    return sorted(path.name for path in engine.services.paths.runs.iterdir())


async def test_old_commands_go_and_what_still_runs_stays(engine, clock):
    now = clock.now()
    await add_command(engine, "old", ended=now - 31 * DAY)
    await add_command(engine, "old-but-runs", ended=now - 31 * DAY, final=0)
    await add_command(engine, "young", ended=now - 29 * DAY)
    await retain(engine.services)
    assert commands(engine) == ["old-but-runs", "young"]
    assert engine.services.store.read_one("SELECT count(*) FROM invocations")[0] == 2
    assert folders(engine) == ["old-but-runs"]


async def test_run_folders_go_after_14_days_or_when_too_big_oldest_first(engine, clock):
    now = clock.now()
    await add_command(engine, "a", ended=now - 337 * HOUR)
    await add_command(engine, "b", ended=now - 3 * HOUR, size=600)
    await add_command(engine, "c", ended=now - 2 * HOUR, size=600)
    await add_command(engine, "d", ended=now - 1 * HOUR, size=300)
    await add_command(engine, "e", ended=now - 4 * HOUR, size=5000, final=0)
    await retain(engine.services)
    assert commands(engine) == ["a", "b", "c", "d", "e"]
    assert folders(engine) == ["c", "d", "e"]


async def test_a_folder_of_no_command_goes_once_it_is_surely_nobodys(engine, clock, tmp_path):
    for name, age in (("fresh", 0), ("orphan", 2 * HOUR)):
        made = tmp_path / "made" / name
        made.mkdir(parents=True)
        os.utime(made, (clock.now() - age,) * 2)
        engine.services.paths.runs.mkdir(exist_ok=True)
        # As old as it is meant to be from the first moment: the engine's own first round may be looking.
        made.rename(engine.services.paths.runs / name)
    await retain(engine.services)
    assert folders(engine) == ["fresh"]


async def test_the_audit_is_kept_for_90_days(engine, clock):
    await engine.call("PutParameter", {"Name": "a", "Value": "b", "Type": "String"})
    await retain(engine.services)
    assert engine.services.store.read_one("SELECT count(*) FROM audit")[0] == 1
    clock.set_wall(clock.now() + 91 * DAY)
    await retain(engine.services)
    assert engine.services.store.read_one("SELECT count(*) FROM audit")[0] == 0


async def test_it_runs_as_the_engine_starts_and_every_hour_and_keeps_nothing_alive(engine, clock):
    seen = []

    async def fails(services, now):
        raise ValueError("no luck")

    async def hook(services, now):
        seen.append(now - start)

    async def finished():
        async with asyncio.timeout(10):
            while engine.services.scheduler._tasks:  # folders are deleted in a thread, beside the clock
                await asyncio.sleep(0.005)

    start = clock.now()
    start_retention(engine.services, [fails, hook])
    assert engine.services.scheduler.operators_count() == 0
    for _ in range(3):
        await settle()
        await finished()
        await clock.advance(HOUR)
    assert seen == [0, HOUR, 2 * HOUR, 3 * HOUR]


def test_what_is_too_old_or_does_not_fit_is_chosen(tmp_path):
    kept = [Kept(tmp_path / str(age), 1000.0 - age, 10) for age in (5, 1, 9, 3)]
    chosen = expired(kept, now=1000.0, max_age=8, max_bytes=25)
    assert sorted(each.path.name for each in chosen) == ["5", "9"]


def test_the_log_is_turned_over_by_size(tmp_path):
    path = tmp_path / "engine.log"
    handler = log.TurningFileHandler(path, max_bytes=1000, kept=2)
    for number in range(100):
        handler.emit(log.logging.makeLogRecord({"msg": f"{number:03} {'x' * 60}"}))
    handler.close()
    files = sorted(file.name for file in tmp_path.iterdir())
    assert files == ["engine.log", "engine.log.1"]
    text = (tmp_path / "engine.log.1").read_text() + path.read_text()
    assert "099 " in text
    assert all(file.stat().st_size < 1100 for file in tmp_path.iterdir())


async def test_of_the_audit_only_what_came_before_the_first_row_that_is_kept_goes(engine, clock):
    store = engine.services.store
    now = clock.now()
    times = [now - 100 * DAY, now - 95 * DAY, now - 80 * DAY, now - 99 * DAY, now]

    def fill(conn):
        conn.execute("DELETE FROM audit")
        for number, at in enumerate(times, 1):
            conn.execute("INSERT INTO audit VALUES (?, ?, 'arn', 'ssm', 'PutParameter', 'Succeeded', '')", (number, at))

    await store.write(fill)
    await retain(engine.services)
    assert [row[0] for row in store.read("SELECT id FROM audit ORDER BY id")] == [3, 4, 5]
