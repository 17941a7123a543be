"""SSH nodes' connections: how they are made, fail, come back, and what comes of them in the lists."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path

import pytest

from tests.engine.command_bench import PATIENCE
from tests.engine.fault_proxy import FaultProxy
from tests.engine.ssh_operator import address, fleet
from tests.engine.ssh_server import SshServer, make_key
from tui.engine.context import ApiFault
from tui.engine.domains.nodes import ping_nodes
from tui.engine.nodes.this_machine import ThisMachine


async def test_a_known_host_that_takes_our_key_is_online_with_its_facts(tmp_path: Path) -> None:
    key = make_key(tmp_path / "home/.ssh/id_ed25519")
    async with SshServer(keys=[key]) as server, fleet(tmp_path) as us:
        us.trust(server)
        node = await us.add("web-1", address(server), Tags=[{"Key": "env", "Value": "prod"}])
        found = await us.connect(node)
        assert (found["State"], found["Name"], found["Address"]) == ("Connected", "web-1", address(server))
        assert server.users == ["ann"]
        assert await us.ping(node) == "Online"
        subscription = us.engine.services.bus.subscribe({"nodes"})
        async with asyncio.timeout(PATIENCE):
            while "PlatformName" not in (shape := await us.shape(node)):
                await anext(aiter(subscription))
        await subscription.aclose()
        assert shape["PlatformType"] == "Linux"
        assert (shape["Name"], shape["PlatformVersion"] != "") == ("web-1", True)
        details = await us.call("DescribeNodeDetails", InstanceId=node)
        assert (details["Kind"], details["EffectiveUser"]) == ("ssh", "ann")
        assert details["Cpus"] >= 1 and details["MemoryBytes"] > 0 and details["BootTime"] > 0
        processes = (await us.call("ListProcesses", InstanceId=node))["Processes"]
        assert any(each["Command"].startswith("ps ") for each in processes)
        tags = await us.engine.call("ListTagsForResource", {"ResourceType": "ManagedInstance", "ResourceId": node})
        assert tags["TagList"] == [{"Key": "env", "Value": "prod"}]


async def test_hosts_that_refuse_hang_or_say_nonsense_are_told_apart(tmp_path: Path) -> None:
    make_key(tmp_path / "home/.ssh/id_ed25519")
    settings = {"ssh_connect_timeout": 0.3, "ssh_login_timeout": 0.3}
    async with SshServer() as server, FaultProxy(server.port) as proxy, fleet(tmp_path, **settings) as us:
        us.trust(server, proxy.port)
        node = await us.add("web-1", address(proxy))

        async def why() -> str:
            found = await us.connect(node)
            assert found["State"] == "Unreachable"
            return str(found["Message"])

        await proxy.refuse(cut=True)
        assert "refuses connections" in await why()
        await proxy.heal()
        proxy.hang_at_accept()
        assert "did not finish the SSH handshake" in await why()
        await proxy.heal()
        proxy.hang_after(30, "server")
        assert "did not finish the SSH handshake" in await why()
        await proxy.heal()
        proxy.drop_at_accept()
        assert "closed the connection" in await why() or "reset" in await why()
        gone = await us.connect(await us.add("web-2", "ssh://ann@no-such-host.invalid"))
        assert gone["State"] == "Unreachable" and "no name of a host" in gone["Message"]


async def test_a_host_that_hangs_in_the_login_is_given_up(tmp_path: Path) -> None:
    key = make_key(tmp_path / "home/.ssh/id_ed25519")
    async with SshServer(keys=[key]) as server, fleet(tmp_path, ssh_login_timeout=0.3) as us:
        us.trust(server)
        server.lets_in.clear()
        found = await us.connect(await us.add("web-1", address(server)))
        assert found["State"] == "Unreachable"
        assert "did not finish the login within 0.3 seconds" in found["Message"]
        assert server.offered


async def test_a_link_that_is_cut_comes_back_and_ping_status_follows(tmp_path: Path) -> None:
    key = make_key(tmp_path / "home/.ssh/id_ed25519")
    async with SshServer(keys=[key]) as server, FaultProxy(server.port) as proxy, fleet(tmp_path) as us:
        us.trust(server, proxy.port)
        node = await us.add("web-1", address(proxy))
        await us.until(node, "Connected")
        await proxy.refuse(cut=True)
        found = await us.until(node, "Unreachable")
        assert await us.ping(node) == "ConnectionLost"
        await proxy.heal()
        found = await us.until(node, "Connected")
        assert await us.ping(node) == "Online"
        assert found["Message"] == "Connected as ann."


async def test_a_host_that_is_tried_again_stays_unreachable_since_it_was(tmp_path: Path) -> None:
    async with SshServer() as server, FaultProxy(server.port) as proxy, fleet(tmp_path) as us:
        proxy.drop_at_accept()
        node = await us.add("web-1", address(proxy))
        before = await us.until(node, "Unreachable")
        async with asyncio.timeout(PATIENCE):
            await proxy.wait_accepted(2)
        after = await us.state(node)
        assert (after["State"], after["Since"]) == ("Unreachable", before["Since"])


async def test_a_host_that_falls_silent_is_found_out_by_keepalives(tmp_path: Path) -> None:
    key = make_key(tmp_path / "home/.ssh/id_ed25519")
    settings = {"ssh_keepalive": 0.1, "ssh_keepalive_count": 2, "ssh_connect_timeout": 0.5}
    async with SshServer(keys=[key]) as server, FaultProxy(server.port) as proxy, fleet(tmp_path, **settings) as us:
        us.trust(server, proxy.port)
        node = await us.add("web-1", address(proxy))
        await us.until(node, "Connected")
        proxy.hang_after(0)
        found = await us.until(node, "Unreachable")
        assert "was lost" in found["Message"]
        assert await us.ping(node) == "ConnectionLost"
        await proxy.heal()
        await us.until(node, "Connected")


@pytest.mark.slow
async def test_hosts_that_hang_refuse_and_die_keep_nobody_else_waiting(tmp_path: Path) -> None:
    key = make_key(tmp_path / "home/.ssh/id_ed25519")
    async with contextlib.AsyncExitStack() as stack:
        server = await stack.enter_async_context(SshServer(keys=[key]))
        hanging, refusing, dying = [await stack.enter_async_context(FaultProxy(server.port)) for _ in range(3)]
        hanging.hang_at_accept()
        await refusing.refuse()
        dying.cut_after(700, "server")
        us = await stack.enter_async_context(fleet(tmp_path, ssh_connect_timeout=60))
        us.trust(server)
        bad = [
            await us.add(f"{name}-{number}", address(proxy))
            for name, proxy in (("hangs", hanging), ("refuses", refusing), ("dies", dying))
            for number in range(20)
        ]
        good = [await us.add(f"web-{number}", address(server)) for number in range(60)]
        for node in good:
            await us.until(node, "Connected")
        listed = {each["InstanceId"]: each["State"] for each in (await us.call("ListNodeConnections"))["Connections"]}
        assert {listed[node] for node in bad} <= {"Connecting", "Unreachable"}
        assert {await us.ping(node) for node in good} == {"Online"}
        assert {await us.ping(node) for node in bad} == {"ConnectionLost"}


async def test_a_jump_host_is_checked_and_shared_like_any_other(tmp_path: Path) -> None:
    key = make_key(tmp_path / "home/.ssh/id_ed25519")
    async with SshServer(keys=[key]) as inner, SshServer(keys=[key]) as outer, fleet(tmp_path) as us:
        (us.ssh / "config").write_text(
            f"Host bastion\n  HostName 127.0.0.1\n  Port {outer.port}\n  User joe\n"
            f"Host inner-*\n  HostName 127.0.0.1\n  Port {inner.port}\n  User ann\n  ProxyJump bastion\n"
        )
        node, twin = await us.add("one", "ssh://inner-1"), await us.add("two", "ssh://inner-2")
        found = await us.connect(node)
        assert found["HostKey"]["Host"] == f"[127.0.0.1]:{outer.port}"
        await us.until(twin, "HostKeyUnknown")
        await us.call("AcceptHostKey", InstanceId=node, Fingerprint=outer.fingerprint)
        found = await us.until(node, "HostKeyUnknown", saying=f"[127.0.0.1]:{inner.port}")
        assert found["HostKey"]["Host"] == f"[127.0.0.1]:{inner.port}"
        us.trust(inner)
        assert (await us.connect(node))["State"] == "Connected"
        assert (await us.connect(twin))["State"] == "Connected"
        assert outer.users == ["joe"] and inner.users == ["ann", "ann"]
        third = await us.add("three", "ssh://inner-3")
        await us.until(third, "Connected")
        await us.engine.call("DeregisterManagedInstance", {"InstanceId": third})
        assert (await us.state(twin))["State"] == "Connected" and len(outer.connections) == 1
        await outer.stop()
        found = await us.until(twin, "Unreachable")
        found = await us.connect(twin)
        assert "Jump host bastion" in found["Message"]
        await outer.start()
        assert (await us.connect(twin))["State"] == "Connected"
        for each in (node, twin):
            await us.engine.call("DeregisterManagedInstance", {"InstanceId": each})
        async with asyncio.timeout(PATIENCE):
            while outer.connections:
                await asyncio.sleep(0.01)


async def test_a_way_that_leads_through_itself_is_told(tmp_path: Path) -> None:
    async with fleet(tmp_path) as us:
        (us.ssh / "config").write_text("Host *\n  ProxyJump bastion\n")
        found = await us.connect(await us.add("web-1", "ssh://web-1"))
        assert found["State"] == "Misconfigured" and "through itself" in found["Message"]


async def test_a_mistake_in_the_configuration_is_told_with_file_and_line(tmp_path: Path) -> None:
    async with fleet(tmp_path) as us:
        (us.ssh / "config").write_text("Host web-1\n  HostNam x\n")
        found = await us.connect(await us.add("web-1", "ssh://web-1"))
        assert found["State"] == "Misconfigured"
        assert found["Message"] == f"{us.ssh / 'config'}:2: Bad configuration option: HostNam."


async def test_nodes_of_earlier_starts_come_back_and_are_forgotten_when_removed(tmp_path: Path) -> None:
    key = make_key(tmp_path / "home/.ssh/id_ed25519")
    async with SshServer(keys=[key]) as server:
        async with fleet(tmp_path) as us:
            us.trust(server)
            node = await us.add("web-1", address(server), Become="sudo", Tags=[{"Key": "a", "Value": "b"}])
            with pytest.raises(ApiFault, match="AlreadyExists"):
                await us.add("web-1", address(server))
            await us.connect(node)
            async with asyncio.timeout(PATIENCE):
                while not us.engine.services.store.read("SELECT 1 FROM nodes WHERE id = ? AND last_ping > 0", (node,)):
                    await asyncio.sleep(0.01)
        async with fleet(tmp_path) as us:
            found = await us.state(node)
            assert (found["State"], found["Address"], found["Name"]) == ("Idle", address(server), "web-1")
            # It answered a moment ago: that nobody has tried since does not make it lost.
            assert await us.ping(node) == "Online"
            assert (await us.call("DescribeNodeDetails", InstanceId=node))["Become"] == "sudo"
            await us.connect(node)
            await us.engine.call("DeregisterManagedInstance", {"InstanceId": node})
            with pytest.raises(ApiFault, match="InvalidInstanceId"):
                await us.state(node)
            with pytest.raises(ApiFault, match="InvalidInstanceId"):
                await us.engine.call("DeregisterManagedInstance", {"InstanceId": node})
            async with asyncio.timeout(PATIENCE):
                while server.connections:
                    await asyncio.sleep(0.01)
            with pytest.raises(ApiFault, match="the machine that the engine runs on"):
                await us.engine.call("DeregisterManagedInstance", {"InstanceId": us.bench.node})
        async with fleet(tmp_path) as us:
            assert (await us.call("ListNodeConnections"))["Connections"] == []
            assert us.engine.services.store.read("SELECT * FROM tags") == []


async def test_a_command_that_waits_for_a_connection_ends_when_its_node_is_removed(tmp_path: Path) -> None:
    async with SshServer() as server, FaultProxy(server.port) as proxy, fleet(tmp_path, ssh_connect_timeout=60) as us:
        proxy.hang_at_accept()
        node = await us.add("web-1", address(proxy))
        command = await us.bench.send("echo never", InstanceIds=[node])
        await proxy.wait_accepted(1)
        await us.engine.call("DeregisterManagedInstance", {"InstanceId": node})
        assert (await us.bench.final(command))["Status"] == "Failed"


async def test_samples_are_measured_while_somebody_looks(tmp_path: Path) -> None:
    key = make_key(tmp_path / "home/.ssh/id_ed25519")
    async with SshServer(keys=[key]) as server, fleet(tmp_path) as us:
        us.trust(server)
        node = await us.add("web-1", address(server))
        await us.connect(node)
        subscription = us.engine.services.bus.subscribe({"nodes"})
        await us.call("ListNodeSamples", InstanceId=node)
        async with asyncio.timeout(PATIENCE):
            async for _, event in subscription:
                if event["type"] == "metrics" and event["InstanceId"] == node:
                    break
        await subscription.aclose()
        (sample,) = (await us.call("ListNodeSamples", InstanceId=node, MaxResults=1))["Samples"]
        assert 0 <= sample["CpuPercent"] <= 100 and 0 < sample["MemoryPercent"] <= 100
        assert abs(sample["At"] - us.engine.services.clock.now()) < 60


async def test_an_engine_that_starts_with_nodes_loads_asyncssh_when_one_is_wanted(tmp_path: Path) -> None:
    async with SshServer() as server, fleet(tmp_path) as us:
        await us.add("web-1", address(server))
    program = (
        "import asyncio, sys\nfrom pathlib import Path\nfrom tui.engine.context import StatePaths\n"
        "from tui.engine.dispatch import Engine\n"
        "async def main():\n"
        f"    engine = await Engine.open(StatePaths(Path({str(tmp_path / 'state')!r})))\n"
        "    found = await engine.call('ListNodeConnections', service='ssm-tui')\n"
        "    print(len(found['Connections']), 'asyncssh' in sys.modules)\n"
        "    await engine.aclose()\n"
        "asyncio.run(main())\n"
    )
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    said, _ = await child.communicate()
    assert said.split() == [b"1", b"False"]


async def test_a_session_on_a_host_that_nobody_has_tried_yet_connects_to_it_or_says_why_not(tmp_path: Path) -> None:
    key = make_key(tmp_path / "home/.ssh/id_ed25519")
    async with SshServer(keys=[key]) as server:
        async with fleet(tmp_path) as us:
            us.trust(server)
            node, other = await us.add("web-1", address(server)), await us.add("web-2", address(server, "joe"))
        async with fleet(tmp_path) as us:
            await us.engine.call("StartSession", {"Target": node})
            assert (await us.state(node))["State"] == "Connected"
            (us.ssh / "known_hosts").write_text("")
            with pytest.raises(ApiFault, match=r"TargetNotConnected.*is not known"):
                await us.engine.call("StartSession", {"Target": other})


async def test_the_hosts_of_a_configuration_are_listed_with_what_stands_in_the_way(tmp_path: Path) -> None:
    async with SshServer() as server, fleet(tmp_path) as us:
        found = await us.call("ListSshHosts")
        assert found == {"Hosts": [], "ConfigFile": str(us.ssh / "config"), "Warnings": []}
        (us.ssh / "config").write_text(
            "Host web-1\n  HostName 10.0.0.1\n  User ann\n  Port 2200\n  ProxyJump joe@bastion:22,b2\n"
            "Host bad\n  ConnectTimeout soon\nHost *.example.net\n  User x\nHost plain\n"
        )
        node = await us.add("plain", address(server))
        found = await us.call("ListSshHosts")
        user = us.engine.caller.name
        assert found["Hosts"] == [
            {
                "Name": "web-1",
                "Address": "ssh://web-1",
                "HostName": "10.0.0.1",
                "Port": 2200,
                "User": "ann",
                "ProxyJump": "joe@bastion:22,b2",
            },
            {
                "Name": "plain",
                "Address": "ssh://plain",
                "HostName": "plain",
                "Port": 22,
                "User": user,
                "InstanceId": node,
            },
        ]
        pattern, bad = found["Warnings"]
        assert "*.example.net" in pattern and bad.startswith("bad: ") and "config:7" in bad
        with pytest.raises(ApiFault, match="There is no file"):
            await us.call("ListSshHosts", ConfigFile=str(tmp_path / "missing"))
        (us.ssh / "config").write_text("Hos web-1\n")
        with pytest.raises(ApiFault, match="config:1: Bad configuration option: Hos"):
            await us.call("ListSshHosts")


async def test_pings_of_all_nodes_wait_for_none_of_them(tmp_path: Path) -> None:
    class Silent(ThisMachine):
        async def ping(self) -> bool:
            await asyncio.Event().wait()
            return True

    async with fleet(tmp_path) as us:
        clock = us.engine.services.clock
        (first, second) = await us.bench.add_nodes(2)
        us.engine.services.nodes.add(Silent(first, clock))
        before = us.bench.directory.get(second)
        assert before is not None
        before.last_ping = 0.0
        pinging = asyncio.create_task(ping_nodes(us.engine.services))
        async with asyncio.timeout(PATIENCE):
            while before.last_ping == 0.0:
                await asyncio.sleep(0)
        pinging.cancel()


async def test_whoever_watches_the_nodes_has_those_tried_that_nobody_tried_yet(tmp_path: Path) -> None:
    key = make_key(tmp_path / "home/.ssh/id_ed25519")
    async with SshServer(keys=[key]) as server:
        async with fleet(tmp_path) as us:
            us.trust(server)
            node = await us.add("web-1", address(server))
        async with fleet(tmp_path) as us:
            assert (await us.state(node))["State"] == "Idle"
            watching = us.engine.watch("nodes")
            async with asyncio.timeout(PATIENCE):
                async for event in watching:
                    if event["type"] == "node" and event.get("Connection") == "Connected":
                        break
            await watching.aclose()  # type: ignore[attr-defined]  # it is an async generator
            assert (await us.state(node))["State"] == "Connected"


async def test_a_host_with_several_addresses_is_reached_at_the_one_that_answers(tmp_path: Path) -> None:
    key = make_key(tmp_path / "home/.ssh/id_ed25519")
    async with SshServer(keys=[key]) as server, fleet(tmp_path) as us:
        (us.ssh / "known_hosts").write_text(server.known_hosts_line.replace("127.0.0.1", "localhost"))
        node = await us.add("web-1", f"ssh://ann@localhost:{server.port}")
        assert (await us.connect(node))["State"] == "Connected"
        (us.ssh / "config").write_text("AddressFamily inet\nBindAddress 127.0.0.1\n")
        assert (await us.connect(await us.add("web-2", f"ssh://ann@LOCALHOST:{server.port}")))["State"] == "Connected"
        assert server.users == ["ann", "ann"]
