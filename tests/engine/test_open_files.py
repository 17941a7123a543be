"""The limit of open files: the daemon's is raised, what it starts has the one of before."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.engine.daemons import state_folder
from tui.engine import open_files
from tui.transport.local import LocalTransport

LOW = 256


async def started(state: Path) -> LocalTransport:
    """Start a daemon whose starter has a low soft limit, and connect to it."""
    code = (
        "import asyncio, resource, sys; from pathlib import Path; from tui.transport.local import LocalTransport;"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, ({LOW}, resource.getrlimit(resource.RLIMIT_NOFILE)[1]));"
        "asyncio.run(LocalTransport.connect(Path(sys.argv[1])))"
    )
    subprocess.run([sys.executable, "-c", code, str(state)], check=True)
    return await LocalTransport.connect(state, start=False)


@pytest.mark.skipif(
    not hasattr(psutil.Process, "rlimit"), reason="the system does not tell of another process's limits"
)
async def test_the_daemon_may_open_many_files_and_what_it_starts_no_more_than_before(tmp_path: Path) -> None:
    async with state_folder(tmp_path / "state") as state:
        transport = await started(state)
        soft, hard = psutil.Process(transport.peer["pid"]).rlimit(psutil.RLIMIT_NOFILE)
        assert soft == min(hard, open_files.MOST) if hard > 0 else soft == open_files.MOST
        (node,) = (await transport.call("DescribeInstanceInformation"))["InstanceInformationList"]
        sent = await transport.call(
            "SendCommand",
            {
                "DocumentName": "AWS-RunShellScript",
                "InstanceIds": [node["InstanceId"]],
                "Parameters": {"commands": ["ulimit -S -n; ulimit -H -n"]},
            },
        )
        command_id = sent["Command"]["CommandId"]
        async for event in transport.watch("command", {"CommandId": command_id}):
            if event["type"] == "output":
                assert base64.b64decode(event["Data"]).split() == [str(LOW).encode(), str(hard).encode()]
                break
        opened = await transport.call("StartSession", {"Target": node["InstanceId"]})
        shell = await transport.open_channel(opened["SessionId"], rows=24, columns=80)
        await shell.send(b"ulimit -S -n; ulimit -H -n; exit\n")
        said = b"".join([data async for data in shell])
        assert {str(LOW).encode(), str(hard).encode()} <= set(said.split())
        await transport.aclose()


def test_where_the_limit_was_not_raised_commands_are_started_as_they_are() -> None:
    code = (
        "import json, resource; from tui.engine import open_files;"
        "hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]; few = 300;"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (few, few)); open_files.raise_limit();"
        "print(json.dumps([open_files.line_for_shell(), open_files.as_before(['a', 'b c'])]))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    assert json.loads(said) == ["", ["a", "b c"]]
