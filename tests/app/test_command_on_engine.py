"""The Command screen on the real engine."""

from __future__ import annotations

from pathlib import Path

from tests.app.console import says
from tests.app.engine_console import engine, engine_console
from tui.transport.local import LocalTransport


async def test_why_the_engine_called_a_command_failed_did_not_show_in_its_pane(tmp_path: Path) -> None:
    async with engine(tmp_path):
        transport = await LocalTransport.connect(tmp_path / "state")
        listed = await transport.call("DescribeInstanceInformation", {})
        (node,) = listed["InstanceInformationList"]
        sent = await transport.call(
            "SendCommand",
            {
                "InstanceIds": [node["InstanceId"]],
                "DocumentName": "AWS-RunShellScript",
                "Parameters": {"commands": ["echo hi", "exit 194"]},
            },
        )
        await transport.aclose()
        async with engine_console(tmp_path, words=f"command {sent['Command']['CommandId']}") as (_, pilot):
            await says(pilot, "hi", "exit 194", "asks for a reboot")
