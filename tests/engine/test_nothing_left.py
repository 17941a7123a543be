"""A test that fails leaves nothing behind: what its fixtures can't end in good order is ended all the same."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil

from tests.engine.command_bench import until
from tests.engine.daemons import end_all, states_below
from tui.transport.local import LocalTransport


async def test_a_failed_test_left_its_daemon_keeper_shell_and_command(tmp_path: Path) -> None:
    state = tmp_path / "state"
    transport = await LocalTransport.connect(state, client="cli")
    (node,) = (await transport.call("DescribeInstanceInformation"))["InstanceInformationList"]
    line = f"echo $$ > {tmp_path}/KIND.new; mv {tmp_path}/KIND.new {tmp_path}/KIND; sleep 1000"
    shell = {"command": [line.replace("KIND", "shell")]}
    request = {"Target": node["InstanceId"], "DocumentName": "AWS-StartInteractiveCommand", "Parameters": shell}
    session = (await transport.call("StartSession", request))["SessionId"]
    await transport.open_channel(session, rows=24, columns=80)
    await transport.call(
        "SendCommand",
        {
            "DocumentName": "AWS-RunShellScript",
            "InstanceIds": [node["InstanceId"]],
            "Parameters": {"commands": [line.replace("KIND", "command")]},
        },
    )
    await until((tmp_path / "shell").exists)
    await until((tmp_path / "command").exists)
    daemon = transport.peer["pid"]
    os.kill(daemon, signal.SIGSTOP)  # the worst case: it hangs
    pids = [daemon, *(int((tmp_path / kind).read_text()) for kind in ("shell", "command"))]
    pids.append(psutil.Process(pids[1]).ppid())
    assert states_below(tmp_path) == {state}
    end_all(state)
    await until(lambda: not any(map(psutil.pid_exists, pids)))
    await transport.aclose()
