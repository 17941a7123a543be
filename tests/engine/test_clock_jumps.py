"""A wall clock that is set anew, as NTP or an operator does, neither ends nor deletes what runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.clock import ManualClock
from tests.engine.command_bench import bench, until
from tui.engine.retention import DAY, retain


@pytest.mark.parametrize("jump", [40 * DAY, -40 * DAY])
async def test_a_wall_clock_that_was_set_anew_ended_running_commands_as_timed_out(tmp_path: Path, jump: float) -> None:
    clock, go = ManualClock(), tmp_path / "go"
    async with bench(tmp_path / "state", clock=clock, retain_runs_bytes=1) as local:
        command_id = await local.send(f"echo begun; until [ -e {go} ]; do sleep 0.01; done; echo whole")
        runs = local.engine.services.paths.runs
        await until(lambda: [file for file in runs.glob(f"{command_id}*/stdout") if file.stat().st_size])
        clock.set_wall(clock.now() + jump)
        await clock.advance(5.0)
        await retain(local.engine.services)
        assert (await local.get(command_id))["Status"] == "InProgress"
        go.touch()
        assert (await local.final(command_id))["Status"] == "Success"
        got = await local.get(command_id)
        assert got["StandardOutputContent"] == "begun\nwhole\n"
        assert not got["ExecutionElapsedTime"].startswith("PT-")


async def test_a_command_still_ends_by_its_own_time_out_after_the_wall_clock_was_set_back(tmp_path: Path) -> None:
    clock = ManualClock()
    async with bench(tmp_path / "state", clock=clock) as local:
        command_id = await local.send("echo begun; sleep 600", Parameters={"executionTimeout": ["60"]})
        runs = local.engine.services.paths.runs
        await until(lambda: [file for file in runs.glob(f"{command_id}*/stdout") if file.stat().st_size])
        clock.set_wall(clock.now() - DAY)
        await clock.advance(61.0)
        assert (await local.final(command_id))["StatusDetails"] == "ExecutionTimedOut"
