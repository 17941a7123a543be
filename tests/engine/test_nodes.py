"""Managed nodes: this machine registers itself, is described, filtered and measured; simulated ones behave."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.clock import ManualClock
from tests.engine.command_bench import Bench, bench, leaving
from tui import __version__
from tui.engine.context import ApiFault
from tui.engine.nodes import processes
from tui.engine.nodes.base import ShellRequest
from tui.engine.nodes.facts import parse_os_release

OWN = "ssm-tui"


@pytest.fixture
async def local(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path / "state") as made:
        yield made


async def describe(local: Bench, **request: Any) -> list[dict[str, Any]]:
    found = await local.engine.call("DescribeInstanceInformation", request)
    listed: list[dict[str, Any]] = found["InstanceInformationList"]
    return listed


async def test_this_machine_registers_itself_once_and_keeps_its_id(tmp_path: Path) -> None:
    async with leaving(tmp_path / "state") as first:
        (shape,) = await describe(first)
        assert first.directory.get(first.node) is not None
    async with leaving(tmp_path / "state") as second:
        (again,) = await describe(second)
    assert again["InstanceId"] == shape["InstanceId"]
    assert again["RegistrationDate"] == shape["RegistrationDate"]
    assert shape["InstanceId"].startswith("mi-")
    assert int(shape["InstanceId"][3:], 16) >= 0
    assert len(shape["InstanceId"]) == 20
    assert shape["ComputerName"] == socket.gethostname()
    assert (shape["PingStatus"], shape["ResourceType"], shape["AgentVersion"]) == (
        "Online",
        "ManagedInstance",
        __version__,
    )
    assert shape["PlatformType"] in ("Linux", "MacOS")
    assert shape["PlatformName"] and shape["PlatformVersion"] and shape["IPAddress"]


async def test_pages_go_through_all_nodes_by_id(local: Bench) -> None:
    nodes = await local.add_nodes(23)
    seen: list[str] = []
    token = None
    while True:
        request = {"MaxResults": 7, **({"NextToken": token} if token else {})}
        page = await local.engine.call("DescribeInstanceInformation", request)
        seen += [each["InstanceId"] for each in page["InstanceInformationList"]]
        token = page.get("NextToken")
        if not token:
            break
    assert seen == sorted([local.node, *nodes])
    assert len(await describe(local)) == 10


async def test_both_forms_of_filters_choose_by_ids_platforms_and_tags(local: Bench) -> None:
    nodes = await local.add_nodes(3)
    (windows,) = await local.add_nodes(1, platform="Windows")
    for node, value in zip(nodes, ("prod", "dev", "dev"), strict=True):
        await local.engine.call(
            "AddTagsToResource",
            {"ResourceType": "ManagedInstance", "ResourceId": node, "Tags": [{"Key": "env", "Value": value}]},
        )

    async def ids(**request: Any) -> list[str]:
        return [each["InstanceId"] for each in await describe(local, **request)]

    assert await ids(Filters=[{"Key": "tag:env", "Values": ["dev"]}]) == nodes[1:]
    assert await ids(Filters=[{"Key": "tag-key", "Values": ["env"]}]) == nodes
    assert await ids(Filters=[{"Key": "PlatformType", "Values": ["Windows"]}]) == [windows]
    assert await ids(Filters=[{"Key": "InstanceIds", "Values": [nodes[0], "mi-fffffffffffffffff"]}]) == nodes[:1]
    assert await ids(InstanceInformationFilterList=[{"key": "PlatformTypes", "valueSet": ["Windows"]}]) == [windows]
    assert await ids(Filters=[{"Key": "PingStatus", "Values": ["ConnectionLost"]}]) == []
    await local.directory.pinged(windows, answered=False)
    assert await ids(Filters=[{"Key": "PingStatus", "Values": ["ConnectionLost"]}]) == [windows]


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"MaxResults": 4}, "ValidationException"),
        ({"MaxResults": 51}, "ValidationException"),
        ({"NextToken": "x"}, "InvalidNextToken"),
        ({"Filters": [{"Key": "Nope", "Values": ["a"]}]}, "InvalidFilterKey"),
        ({"Filters": [{"Key": "PingStatus", "Values": ["Nope"]}]}, "InvalidInstanceInformationFilterValue"),
        ({"Filters": [{"Key": "InstanceIds", "Values": ["nonsense"]}]}, "InvalidInstanceId"),
        (
            {"Filters": [{"Key": "tag:a", "Values": ["b"]}, {"Key": "PingStatus", "Values": ["Online"]}]},
            "ValidationException",
        ),
        (
            {
                "Filters": [{"Key": "PingStatus", "Values": ["Online"]}],
                "InstanceInformationFilterList": [{"key": "PingStatus", "valueSet": ["Online"]}],
            },
            "ValidationException",
        ),
    ],
)
async def test_filters_that_mean_nothing_are_refused_with_awss_code(
    local: Bench, request_: dict[str, Any], code: str
) -> None:
    with pytest.raises(ApiFault) as caught:
        await local.engine.call("DescribeInstanceInformation", request_)
    assert caught.value.code == code


async def test_details_samples_and_processes_are_those_of_the_machine(local: Bench) -> None:
    call = local.engine.call
    details = await call("DescribeNodeDetails", {"InstanceId": local.node}, service=OWN)
    assert details["Cpus"] == os.cpu_count()
    assert details["MemoryBytes"] > 2**20
    assert (details["Become"], details["Kind"]) == ("none", "this")
    (sample,) = (await call("ListNodeSamples", {"InstanceId": local.node}, service=OWN))["Samples"]
    assert 0 < sample["MemoryPercent"] <= 100
    processes = (await call("ListProcesses", {"InstanceId": local.node}, service=OWN))["Processes"]
    assert os.getpid() in [each["Pid"] for each in processes]
    for operation in ("DescribeNodeDetails", "ListNodeSamples", "ListProcesses"):
        with pytest.raises(ApiFault) as caught:
            await call(operation, {"InstanceId": "mi-fffffffffffffffff"}, service=OWN)
        assert caught.value.code == "InvalidInstanceId"


async def test_samples_are_taken_often_only_while_somebody_looks(tmp_path: Path) -> None:
    clock = ManualClock()
    async with bench(tmp_path / "state", clock=clock) as local:

        async def count() -> int:
            listed = await local.engine.call("ListNodeSamples", {"InstanceId": local.node}, service=OWN)
            return len(listed["Samples"])

        watching = local.engine.watch("nodes")
        first = asyncio.ensure_future(anext(watching))
        await clock.advance(20)
        assert (await first)["type"] in ("metrics", "node")
        looked_at = await count()
        assert looked_at >= 9
        await watching.aclose()  # type: ignore[attr-defined]  # an async generator
        await clock.advance(15)
        before = await count()
        await clock.advance(16)
        await clock.advance(240)
        assert await count() - before <= 12


async def test_changes_of_nodes_are_told_to_who_watches(local: Bench) -> None:
    watching = local.engine.watch("nodes")
    await local.directory.pinged(local.node, answered=False)
    waiting = asyncio.ensure_future(_first(watching, "node"))
    await asyncio.sleep(0)
    await local.directory.pinged(local.node, answered=True)
    async with asyncio.timeout(5):
        event = await waiting
    assert event == {"type": "node", "InstanceId": local.node, "PingStatus": "Online"}
    await watching.aclose()  # type: ignore[attr-defined]  # an async generator


async def _first(events: AsyncIterator[dict[str, Any]], kind: str) -> dict[str, Any]:
    async for event in events:
        if event["type"] == kind:
            return event
    raise AssertionError(kind)


async def test_become_is_changed_kept_and_shown(tmp_path: Path) -> None:
    async with leaving(tmp_path / "state") as local:
        changed = await local.engine.call("UpdateNode", {"InstanceId": local.node, "Become": "sudo"}, service=OWN)
        assert (changed["Become"], changed["EffectiveUser"]) == ("sudo", "root")
        with pytest.raises(ApiFault):
            await local.engine.call("UpdateNode", {"InstanceId": local.node, "Become": "su"}, service=OWN)
    async with leaving(tmp_path / "state") as again:
        details = await again.engine.call("DescribeNodeDetails", {"InstanceId": again.node}, service=OWN)
        assert details["Become"] == "sudo"


@pytest.mark.parametrize("name", ["db (old)", "it's #1", "東京 \U0001f600", "x" * 256])
async def test_a_node_s_name_took_every_list_of_nodes_from_those_who_asked(local: Bench, name: str) -> None:
    await local.engine.call("UpdateNode", {"InstanceId": local.node, "Name": name}, service=OWN)
    tags = [{"Key": "Name", "Value": "x" * 256}]
    await local.engine.call(
        "AddTagsToResource", {"ResourceType": "ManagedInstance", "ResourceId": local.node, "Tags": tags}
    )
    await local.final(await local.send("true"))
    (node,) = (await local.engine.call("ListNodes"))["Nodes"]
    assert node["NodeType"]["Instance"]["Name"] == name
    for operation in ("DescribeInstanceInformation", "DescribeInstanceProperties", "ListCommandInvocations"):
        assert await local.engine.call(operation)


@pytest.mark.parametrize("name", ["a\nb", "\x1b[31m", "\ud800"])
async def test_a_name_that_was_refused_was_the_node_s_until_the_engine_left(local: Bench, name: str) -> None:
    before = await local.engine.call("DescribeNodeDetails", {"InstanceId": local.node}, service=OWN)
    with pytest.raises(ApiFault):
        await local.engine.call("UpdateNode", {"InstanceId": local.node, "Name": name, "Become": "sudo"}, service=OWN)
    after = await local.engine.call("DescribeNodeDetails", {"InstanceId": local.node}, service=OWN)
    assert (after["Name"], after["Become"]) == (before["Name"], before["Become"])


def sudo_works() -> bool:
    return bool(shutil.which("sudo")) and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0


@pytest.mark.skipif(not sudo_works(), reason="sudo asks for a password here, or there is none")
async def test_with_sudo_a_script_runs_as_root_and_a_cancel_ends_its_group(local: Bench, tmp_path: Path) -> None:
    await local.engine.call("UpdateNode", {"InstanceId": local.node, "Become": "sudo"}, service=OWN)
    got = await local.run("id -u; pwd; echo $SSM_COMMAND_ID", Parameters={"workingDirectory": ["/usr"]})
    assert got["StandardOutputContent"] == f"0\n/usr\n{got['CommandId']}\n"
    got = await local.run("true", Parameters={"workingDirectory": ["/nowhere"]})
    assert "/nowhere does not exist" in got["StandardErrorContent"]
    command_id = await local.send(f"sleep 300 & echo $! > {tmp_path}/pid; wait")
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        await asyncio.sleep(0.01)
    await local.engine.call("CancelCommand", {"CommandId": command_id})
    assert (await local.final(command_id))["StatusDetails"] == "Cancelled"
    assert processes.is_over(int((tmp_path / "pid").read_text()))


async def test_a_password_is_kept_out_of_the_store_and_of_the_audit(local: Bench, tmp_path: Path) -> None:
    await local.engine.call("SetBecomePassword", {"InstanceId": local.node, "Password": "hunter2-xyzzy"}, service=OWN)
    for path in (tmp_path / "state").rglob("*"):
        if path.is_file():
            assert b"hunter2-xyzzy" not in path.read_bytes()


async def test_a_simulated_fleet_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    names = []
    for number, seed in enumerate((7, 7, 8)):
        async with bench(tmp_path / str(number), demo=True, demo_nodes=12, demo_seed=seed) as local:
            names.append([(each["InstanceId"], each["ComputerName"]) for each in await describe(local, MaxResults=50)])
    assert names[0] == names[1] != names[2]
    assert len(names[0]) == 12


async def test_simulated_nodes_run_commands_without_processes_and_refuse_shells(tmp_path: Path) -> None:
    clock = ManualClock()
    async with bench(tmp_path / "state", clock=clock, demo=True, demo_nodes=30, demo_seed=3) as local:
        targets = [{"Key": "tag-key", "Values": ["env"]}]
        command_id = await local.send("echo hello", "sleep 3", Targets=targets, MaxErrors="100%")
        watching = asyncio.create_task(local.final(command_id))
        for _ in range(400):
            await clock.advance(5)
            if watching.done():
                break
            await asyncio.sleep(0.01)
        final = await watching
        assert (final["TargetCount"], final["CompletedCount"]) == (30, 30)
        assert {"Success"} <= set(await local.details(command_id)) <= {"Success", "Failed"}
        node = (await describe(local))[0]["InstanceId"]
        got = await local.get(command_id, node)
        assert got["StandardOutputContent"].startswith("hello")
        processes = await local.engine.call("ListProcesses", {"InstanceId": node}, service=OWN)
        assert len(processes["Processes"]) >= 4
        simulated = local.engine.services.nodes.get(node)
        assert simulated is not None
        with pytest.raises(ApiFault) as caught:
            await simulated.open_shell(ShellRequest("s", tmp_path, 24, 80))
        assert "simulated" in caught.value.message


async def test_what_waited_for_nodes_was_undeliverable_once_another_engine_had_started(tmp_path: Path) -> None:
    clock, demo = ManualClock(), {"demo": True, "demo_nodes": 5, "demo_seed": 3}
    async with leaving(tmp_path / "state", clock=clock, **demo) as one:
        nodes = [node.id for node in one.engine.services.nodes.all()]
        command_id = await one.send("sleep 3", InstanceIds=nodes, MaxConcurrency="1", MaxErrors="100%")
    async with leaving(tmp_path / "state", clock=clock, **demo) as other:
        watching = asyncio.create_task(other.final(command_id))
        for _ in range(400):
            await clock.advance(5)
            if watching.done():
                break
        assert (await watching)["CompletedCount"] == 5
        assert "Undeliverable" not in await other.details(command_id)


async def test_some_simulated_nodes_vanish_and_come_back(tmp_path: Path) -> None:
    clock = ManualClock()
    async with bench(tmp_path / "state", clock=clock, demo=True, demo_nodes=120, demo_seed=1) as local:
        subscription = local.engine.services.bus.subscribe({"nodes"}, lambda _, event: event["type"] == "node")
        for _ in range(200):
            await clock.advance(5)
        subscription.finish()
        seen = [event["PingStatus"] async for _, event in subscription]
        assert {"Online", "ConnectionLost"} <= set(seen)


def test_os_release_is_read_as_sh_would() -> None:
    text = 'NAME="Debian GNU/Linux"\n# a comment\nVERSION_ID=\'12\'\nID=debian\nBROKEN="x\n'
    found = parse_os_release(text)
    assert (found["NAME"], found["VERSION_ID"], found["ID"], found["BROKEN"]) == (
        "Debian GNU/Linux",
        "12",
        "debian",
        "x",
    )
