"""Commands on SSH nodes: hosts that hang, refuse and die hold nobody up, and no engine's end runs anything twice."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.engine.command_bench import Bench, until
from tests.engine.fault_proxy import FaultProxy
from tests.engine.ssh_fleet import add, connect, engine_at, make_home
from tests.engine.ssh_steps_bench import read
from tests.engine.sshd import Sshd

pytestmark = pytest.mark.slow

NOTED = 'echo "$AWS_SSM_INSTANCE_ID" >>"$HOME/ran"; echo one'
"""Notes who ran it."""

HELD = f'{NOTED}; until [ -e "$HOME/go" ]; do sleep 0.05; done; echo two'


def ran(sshd: Sshd) -> list[str]:
    """Say which nodes have run a script, once for each time."""
    return read(sshd.home / "ran").decode().split()


async def test_an_engine_that_ended_is_followed_by_one_that_gives_the_true_result(tmp_path: Path) -> None:
    with Sshd(tmp_path / "sshd") as sshd:
        home = make_home(tmp_path / "home", sshd, [sshd.port])
        async with engine_at(tmp_path / "state", home) as bench:
            node = await add(bench, sshd, "web-1", sshd.port)
            await connect(bench, node)
            command_id = await bench.send(HELD, InstanceIds=[node])
            await until(lambda: ran(sshd) == [node], "it did not begin")
        async with engine_at(tmp_path / "state", home) as again:
            (sshd.home / "go").touch()
            assert (await again.final(command_id))["Status"] == "Success"
            got = await again.get(command_id, node)
            assert got["StandardOutputContent"] == "one\ntwo\n"
            assert ran(sshd) == [node]
            shown = await again.engine.call("ListCommandInvocations", {"CommandId": command_id})
            assert len(shown["CommandInvocations"]) == 1


class Fleet:
    """Hosts of one sshd, each behind its own proxy."""

    def __init__(self, bench: Bench, sshd: Sshd) -> None:
        self.bench = bench
        self.sshd = sshd
        self.hosts: dict[str, FaultProxy] = {}
        self.kinds: dict[str, str] = {}

    def of(self, kind: str) -> set[str]:
        return {node for node, each in self.kinds.items() if each == kind}

    async def details(self, command_id: str) -> dict[str, str]:
        found: dict[str, str] = {}
        token: dict[str, Any] = {}
        while True:
            page = await self.bench.engine.call("ListCommandInvocations", {"CommandId": command_id, **token})
            found |= {each["InstanceId"]: each["StatusDetails"] for each in page["CommandInvocations"]}
            if not page.get("NextToken"):
                return found
            token = {"NextToken": page["NextToken"]}

    async def until_final(self, command_id: str, nodes: set[str]) -> None:
        """Wait until so many invocations are over, by the events that tell of them."""
        left = set(nodes)
        async for event in self.bench.engine.watch("command", {"CommandId": command_id}):
            if event["type"] == "invocation" and event["Invocation"]["StatusDetails"] not in (
                "Pending",
                "InProgress",
                "Delayed",
            ):
                left.discard(event["Invocation"]["InstanceId"])
            if not left:
                return


async def fleet_of(stack: AsyncExitStack, folder: Path, kinds: dict[str, int], **settings: Any) -> Fleet:
    """Serve so many hosts of each kind, and have an engine that knows them and is connected to none."""
    sshd = stack.enter_context(Sshd(folder / "sshd", options=["LogLevel ERROR"]))
    proxies = [
        (kind, await stack.enter_async_context(FaultProxy(sshd.port))) for kind in kinds for _ in range(kinds[kind])
    ]
    home = make_home(folder / "home", sshd, [proxy.port for _, proxy in proxies])
    known: dict[str, tuple[str, FaultProxy]] = {}
    async with engine_at(folder / "state", home) as bench:
        for number, (kind, proxy) in enumerate(proxies):
            node = await add(bench, sshd, f"{kind}-{number}", proxy.port, ("use", "fleet"))
            known[node] = (kind, proxy)
    bench = await stack.enter_async_context(engine_at(folder / "state", home, **settings))
    fleet = Fleet(bench, sshd)
    for node, (kind, proxy) in known.items():
        fleet.hosts[node], fleet.kinds[node] = proxy, kind
        if kind == "hangs":
            proxy.hang_at_accept()
        elif kind == "refuses":
            await proxy.refuse(cut=True)
        elif kind == "dies":
            # Far enough to be logged in and told what to run, and not far enough to say how it went.
            proxy.cut_after(3300, side="server")
    return fleet


async def test_hosts_that_hang_refuse_and_die_hold_nobody_up_and_run_once_when_they_are_back(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        kinds = {"hangs": 3, "refuses": 3, "dies": 3, "works": 4}
        fleet = await fleet_of(stack, tmp_path, kinds)
        bench = fleet.bench
        command_id = await bench.send(NOTED, Targets=[{"Key": "tag:use", "Values": ["fleet"]}], MaxConcurrency="2")
        async with asyncio.timeout(40):
            await fleet.until_final(command_id, fleet.of("works"))
        details = await fleet.details(command_id)
        assert {details[node] for node in fleet.of("works")} == {"Success"}
        assert {details[node] for node in fleet.of("hangs") | fleet.of("refuses")} <= {
            "Pending",
            "InProgress",
            "Delayed",
        }
        for proxy in fleet.hosts.values():
            await proxy.heal()
            proxy.cut()
        for node in fleet.hosts:
            await bench.engine.call("ConnectNode", {"InstanceId": node, "Wait": 5}, service="ssm-tui")
        async with asyncio.timeout(40):
            last = await bench.final(command_id)
        assert (last["Status"], last["CompletedCount"]) == ("Success", 13)
        assert sorted(ran(fleet.sshd)) == sorted(fleet.hosts)


async def test_hosts_that_never_come_back_are_told_apart_from_those_that_were_cancelled(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        fleet = await fleet_of(stack, tmp_path, {"refuses": 2, "works": 1})
        bench = fleet.bench
        command_id = await bench.send(NOTED, Targets=[{"Key": "tag:use", "Values": ["fleet"]}])
        async with asyncio.timeout(20):
            await fleet.until_final(command_id, fleet.of("works"))
            await bench.engine.call("CancelCommand", {"CommandId": command_id})
            await bench.final(command_id)
        details = await fleet.details(command_id)
        assert {details[node] for node in fleet.of("refuses")} == {"Cancelled"}
        assert {details[node] for node in fleet.of("works")} == {"Success"}
        assert ran(fleet.sshd) == list(fleet.of("works"))


@pytest.mark.slow
async def test_500_hosts_of_which_50_hang_50_refuse_and_50_die_leave_the_rest_in_peace(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        fleet = await fleet_of(stack, tmp_path, {"hangs": 50, "refuses": 50, "dies": 50, "works": 350})
        bench = fleet.bench
        command_id = await bench.send(
            NOTED,
            Targets=[{"Key": "tag:use", "Values": ["fleet"]}],
            MaxConcurrency="50",
            TimeoutSeconds=60,
            Parameters={"executionTimeout": ["5"]},
        )
        async with asyncio.timeout(240):
            last = {}
            async for event in bench.engine.watch("command", {"CommandId": command_id}):
                last = event
        assert last["Command"]["CompletedCount"] == 500, last
        details = await fleet.details(command_id)
        assert {details[node] for node in fleet.of("works")} == {"Success"}
        assert {details[node] for node in fleet.of("hangs") | fleet.of("refuses")} == {"DeliveryTimedOut"}
        assert {details[node] for node in fleet.of("dies")} <= {"Success", "DeliveryTimedOut", "ExecutionTimedOut"}
        assert len(ran(fleet.sshd)) == len(set(ran(fleet.sshd)))
        assert set(ran(fleet.sshd)) >= fleet.of("works")
