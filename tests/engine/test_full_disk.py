"""What still works on a disk that is full."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.engine.command_bench import bench, until
from tui.engine.context import ApiFault


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """Write until nothing more fits."""
    file = disk / "fill"
    with file.open("wb", buffering=0) as filling:
        for size in (65536, 1024, 1):
            try:
                while True:
                    filling.write(b"x" * size)
            except OSError:
                continue
    return file


@pytest.mark.slow
async def test_on_a_full_disk_a_cancelled_command_ran_on_and_its_caller_waited_for_ever(
    small_disk: Path, tmp_path: Path
) -> None:
    pids = tmp_path / "pids"
    async with bench(small_disk / "state") as local:
        command_id = await local.send(f"sleep 600 & echo $! $$ > {pids}.new; mv {pids}.new {pids}; wait")
        await until(pids.exists)
        filled = fill(small_disk)
        with pytest.raises(ApiFault, match="is being ended, but that is not stored yet"):
            await local.engine.call("CancelCommand", {"CommandId": command_id})
        assert (await local.final(command_id))["Status"] == "Cancelled"
        processes = [int(word) for word in pids.read_text().split()]
        await until(lambda: not any(map(psutil.pid_exists, processes)), "a process of the command lives")
        filled.unlink()
        await until(lambda: not local.engine.live(), "the store was not asked again")
        row = local.engine.services.store.read_one("SELECT status, cancelled FROM commands")
        assert row is not None
        assert (row["status"], row["cancelled"]) == ("Cancelled", 1)
