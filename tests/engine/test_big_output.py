"""Outputs far bigger than memory should be: one line of 100 MB, and a million lines."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

MEGABYTE = 1024 * 1024

# In a process of its own, so that its peak is its own.
ENGINE = """
import asyncio, base64, json, resource, sys
from pathlib import Path
from tui.engine.context import StatePaths
from tui.engine.dispatch import Engine

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

async def one(engine, node, script):
    sent = await engine.call("SendCommand", {"DocumentName": "AWS-RunShellScript", "InstanceIds": [node],
        "Parameters": {"commands": [script]}})
    request = {"CommandId": sent["Command"]["CommandId"], "InstanceId": node}
    read = missed = 0
    async for event in engine.watch("command", {"CommandId": request["CommandId"]}):
        if event["type"] == "output":
            read += len(base64.b64decode(event["Data"]))
        elif event["type"] == "dropped":
            missed += event["Bytes"]
    got = await engine.call("GetCommandInvocation", request)
    request |= {"Stream": "stdout", "Offset": -10, "Length": 10}
    part = await engine.call("GetOutput", request, service="ssm-tui")
    return got["Status"], read + missed, part["Size"], base64.b64decode(part["Data"]).decode()

async def main():
    path = Path(sys.argv[1])
    path.mkdir(mode=0o700)
    engine = await Engine.open(StatePaths(path))
    node = engine.services.nodes.all()[0].id
    await one(engine, node, "echo warm")
    before = peak()
    found = [await one(engine, node, script) for script in sys.argv[2:]]
    print(json.dumps([found, peak() - before]))
    await engine.aclose()

asyncio.run(main())
"""


@pytest.mark.slow
def test_outputs_of_100_mb_in_one_line_and_of_a_million_lines_leave_memory_flat(tmp_path: Path) -> None:
    scripts = [f"head -c {100 * MEGABYTE} /dev/zero | tr '\\0' x; echo the-end", "seq 1000000; echo the-end"]
    ended = subprocess.run(
        [sys.executable, "-c", ENGINE, str(tmp_path / "state"), *scripts],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found, grown = json.loads(ended.stdout)
    sizes = [100 * MEGABYTE + 8, 6_888_896 + 8]
    assert found == [
        ["Success", size, size, tail] for size, tail in zip(sizes, ("xxthe-end\n", "0\nthe-end\n"), strict=True)
    ]
    assert grown < 16 * MEGABYTE
