"""SSH nodes' connections: whom they trust, what they ask for, how they fail, and that they come back."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from tests.engine.command_bench import PATIENCE, Bench, bench
from tests.engine.fault_proxy import FaultProxy
from tests.engine.ssh_server import SshServer, make_home, make_key
from tui.engine.context import ApiFault
from tui.engine.domains.nodes import ping_nodes
from tui.engine.nodes.this_machine import ThisMachine

OWN = "ssm-tui"


class Fleet:
    """An engine, a home folder, and the words for SSH nodes."""

    def __init__(self, made: Bench, home: Path) -> None:
        self.bench = made
        self.home = home
        self.engine = made.engine

    @property
    def ssh(self) -> Path:
        return self.home / ".ssh"

    async def call(self, operation: str, **request: Any) -> dict[str, Any]:
        return await self.engine.call(operation, request, service=OWN)

    async def add(self, name: str, address: str, **more: Any) -> str:
        return str((await self.call("AddNode", Name=name, Address=address, **more))["InstanceId"])

    async def connect(self, node: str, wait: float = PATIENCE) -> dict[str, Any]:
        return await self.call("ConnectNode", InstanceId=node, Wait=wait)

    async def state(self, node: str) -> dict[str, Any]:
        return await self.call("DescribeNodeConnection", InstanceId=node)

    async def until(self, node: str, *states: str, saying: str = "") -> dict[str, Any]:
        """Wait until a node's connection is in a state, with a word in its message, by the events that tell of it."""
        subscription = self.engine.services.bus.subscribe({"nodes"})
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    found = await self.state(node)
                    if found["State"] in states and saying in found["Message"]:
                        return found
                    async for _, event in subscription:
                        if event["InstanceId"] == node:
                            break
        finally:
            await subscription.aclose()

    async def ping(self, node: str) -> str:
        shape = await self.shape(node)
        return str(shape["PingStatus"])

    async def shape(self, node: str) -> dict[str, Any]:
        found = await self.engine.call(
            "DescribeInstanceInformation", {"Filters": [{"Key": "InstanceIds", "Values": [node]}]}
        )
        shape: dict[str, Any] = found["InstanceInformationList"][0]
        return shape

    def trust(self, server: SshServer, port: int = 0) -> None:
        """Put a server's key into the user's known_hosts."""
        key = server.host_key.export_public_key("openssh").decode()
        with (self.ssh / "known_hosts").open("a") as file:
            file.write(f"[{server.host}]:{port or server.port} {key}")


@contextlib.asynccontextmanager
async def fleet(folder: Path, **settings: Any) -> AsyncIterator[Fleet]:
    home = folder / "home"
    if not home.exists():
        make_home(home)
    settings = {"home": str(home), "ssh_auth_sock": "", "ssh_connect_timeout": 5, **settings}
    async with bench(folder / "state", **settings) as made:
        yield Fleet(made, home)


def address(server: SshServer | FaultProxy, user: str = "ann") -> str:
    return f"ssh://{user}@{server.host}:{server.port}"


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


async def test_an_unknown_host_key_is_shown_and_accepted_once_by_its_fingerprint(tmp_path: Path) -> None:
    key = make_key(tmp_path / "home/.ssh/id_ed25519")
    async with SshServer(keys=[key]) as server:
        async with fleet(tmp_path) as us:
            node = await us.add("web-1", address(server))
            found = await us.connect(node)
            assert found["State"] == "HostKeyUnknown"
            shown = found["HostKey"]
            assert shown["Fingerprint"] == server.fingerprint
            assert shown["Host"] == f"[127.0.0.1]:{server.port}"
            assert shown["Algorithm"] == "ssh-ed25519"
            assert shown["File"] == str(tmp_path / "state/known_hosts")
            assert server.users == []
            assert await us.ping(node) == "ConnectionLost"
            with pytest.raises(ApiFault, match="showed another key"):
                await us.call("AcceptHostKey", InstanceId=node, Fingerprint="SHA256:" + "A" * 43)
            await us.call("AcceptHostKey", InstanceId=node, Fingerprint=server.fingerprint)
            await us.until(node, "Connected")
        kept = tmp_path / "state/known_hosts"
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert not (tmp_path / "home/.ssh/known_hosts").exists()
        async with fleet(tmp_path) as again:
            assert (await again.state(node))["State"] == "Idle"
            assert (await again.connect(node))["State"] == "Connected"


async def test_a_changed_host_key_is_refused_and_never_accepted(tmp_path: Path) -> None:
    key = make_key(tmp_path / "home/.ssh/id_ed25519")
    async with SshServer(keys=[key]) as server, fleet(tmp_path) as us:
        other = asyncssh.generate_private_key("ssh-ed25519")
        known = us.ssh / "known_hosts"
        line = f"[127.0.0.1]:{server.port} {other.export_public_key().decode()}"
        known.write_text(f"# comment\n{line}")
        node = await us.add("web-1", address(server))
        found = await us.connect(node)
        assert found["State"] == "HostKeyChanged"
        assert found["HostKey"]["Expected"] == other.get_fingerprint()
        assert found["HostKey"]["Fingerprint"] == server.fingerprint
        assert found["HostKey"]["File"] == f"{known}:2"
        for word in (other.get_fingerprint(), server.fingerprint, f"{known}:2", "HAS CHANGED"):
            assert word in found["Message"]
        with pytest.raises(ApiFault, match="never accepted"):
            await us.call("AcceptHostKey", InstanceId=node, Fingerprint=server.fingerprint)
        assert server.users == [] and server.offered == []


async def test_a_key_of_another_kind_than_the_known_one_is_no_unknown_key(tmp_path: Path) -> None:
    async with SshServer() as server, fleet(tmp_path) as us:
        other = asyncssh.generate_private_key("ecdsa-sha2-nistp256")
        line = f"[127.0.0.1]:{server.port} {other.export_public_key().decode()}"
        (us.ssh / "known_hosts").write_text(line)
        found = await us.connect(await us.add("web-1", address(server)))
        assert found["State"] == "HostKeyChanged"


async def test_a_revoked_host_key_is_refused(tmp_path: Path) -> None:
    async with SshServer() as server, fleet(tmp_path) as us:
        us.trust(server)
        with (us.ssh / "known_hosts").open("a") as file:
            file.write(f"@revoked * {server.host_key.export_public_key().decode()}")
        found = await us.connect(await us.add("web-1", address(server)))
        assert found["State"] == "HostKeyChanged"
        assert "REVOKED" in found["Message"]


async def test_strict_checking_forbids_to_accept_an_unknown_key(tmp_path: Path) -> None:
    async with SshServer() as server, fleet(tmp_path) as us:
        (us.ssh / "config").write_text("Host *\n  StrictHostKeyChecking yes\n")
        node = await us.add("web-1", address(server))
        found = await us.connect(node)
        assert found["State"] == "HostKeyUnknown"
        with pytest.raises(ApiFault, match="StrictHostKeyChecking"):
            await us.call("AcceptHostKey", InstanceId=node, Fingerprint=server.fingerprint)


async def test_a_passphrase_is_asked_for_only_where_the_host_would_take_the_key(tmp_path: Path) -> None:
    make_key(tmp_path / "home/.ssh/id_rsa", "other secret", "ssh-rsa")
    key = make_key(tmp_path / "home/.ssh/id_ed25519", "open sesame")
    path = str(tmp_path / "home/.ssh/id_ed25519")
    async with SshServer(keys=[key]) as server, fleet(tmp_path) as us:
        us.trust(server)
        node, twin = await us.add("web-1", address(server)), await us.add("web-2", address(server))
        found = await us.connect(node)
        assert found["State"] == "SecretNeeded"
        assert (found["Secret"]["Kind"], found["Secret"]["For"]) == ("Passphrase", path)
        await us.until(twin, "SecretNeeded")
        await us.call("SetNodeSecret", InstanceId=node, Kind="Passphrase", For=path, Secret="wrong one")
        found = await us.until(node, "SecretNeeded", saying="was wrong")
        assert "wrong one" not in found["Message"]
        await us.until(twin, "SecretNeeded", saying="was wrong")
        await us.call("SetNodeSecret", InstanceId=node, Kind="Passphrase", Secret="open sesame")
        await us.until(node, "Connected")
        await us.until(twin, "Connected")


@pytest.mark.parametrize("keyboard", [False, True])
async def test_a_password_stays_in_memory_and_a_wrong_one_is_asked_for_again(
    tmp_path: Path, keyboard: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with SshServer(passwords={"ann": "pass-4711"}, keyboard=keyboard) as server, fleet(tmp_path) as us:
        us.trust(server)
        node = await us.add("web-1", address(server))
        found = await us.connect(node)
        about = f"ann@[127.0.0.1]:{server.port}"
        assert found["State"] == "SecretNeeded"
        assert (found["Secret"]["Kind"], found["Secret"]["For"]) == ("Password", about)
        await us.call("SetNodeSecret", InstanceId=node, Kind="Password", Secret="pass-wrong")
        await us.until(node, "SecretNeeded", saying="refused the password")
        await us.call("SetNodeSecret", InstanceId=node, Kind="Password", Secret="pass-4711")
        await us.until(node, "Connected")
        audit = await us.call("ListAuditEvents", MaxResults=50)
    assert "pass-" not in str(audit) and "pass-" not in caplog.text
    for path in (tmp_path / "state").rglob("*"):
        assert not path.is_file() or b"pass-4711" not in path.read_bytes()


async def test_batch_mode_asks_for_nothing(tmp_path: Path) -> None:
    async with SshServer(passwords={"ann": "x"}) as server, fleet(tmp_path) as us:
        us.trust(server)
        (us.ssh / "config").write_text("BatchMode yes\n")
        found = await us.connect(await us.add("web-1", address(server)))
        assert found["State"] == "AuthenticationFailed"


async def test_a_wrong_user_or_no_key_is_said_with_what_was_tried(tmp_path: Path) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").convert_to_public()
    make_key(tmp_path / "home/.ssh/id_ed25519")
    (tmp_path / "home/.ssh/junk").write_text("no key\n")
    (tmp_path / "home/.ssh/junk").chmod(0o600)
    make_key(tmp_path / "home/.ssh/open")
    (tmp_path / "home/.ssh/open").chmod(0o644)
    async with SshServer(keys=[other]) as server, fleet(tmp_path) as us:
        us.trust(server)
        found = await us.connect(await us.add("web-1", address(server, "nobody")))
        assert found["State"] == "AuthenticationFailed"
        assert "refuses the user nobody" in found["Message"] and "id_ed25519" in found["Message"]
        (us.ssh / "config").write_text(
            "IdentityFile ~/.ssh/junk\nIdentityFile ~/.ssh/missing\nIdentityFile ~/.ssh/open\n"
        )
        found = await us.connect(await us.add("web-2", address(server)))
        assert found["State"] == "AuthenticationFailed"
        for words in ("junk is no private key", "missing does not exist", "open can be read by others"):
            assert words in found["Message"]


async def test_an_agent_that_vanished_is_named(tmp_path: Path) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").convert_to_public()
    sock = tmp_path / "agent.sock"
    async with SshServer(keys=[other]) as server, fleet(tmp_path, ssh_auth_sock=str(sock)) as us:
        us.trust(server)
        found = await us.connect(await us.add("web-1", address(server)))
        assert found["State"] == "AuthenticationFailed"
        assert f"The SSH agent at {sock} can't be asked" in found["Message"]


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


async def test_hosts_that_hang_and_refuse_keep_nobody_else_waiting(tmp_path: Path) -> None:
    key = make_key(tmp_path / "home/.ssh/id_ed25519")
    async with SshServer(keys=[key]) as server, FaultProxy(server.port) as hanging, FaultProxy(server.port) as refusing:
        hanging.hang_at_accept()
        await refusing.refuse()
        async with fleet(tmp_path, ssh_connect_timeout=60) as us:
            us.trust(server)
            bad = [await us.add(f"hangs-{number}", address(hanging)) for number in range(30)]
            bad += [await us.add(f"refuses-{number}", address(refusing)) for number in range(30)]
            good = [await us.add(f"web-{number}", address(server)) for number in range(60)]
            for node in good:
                await us.until(node, "Connected")
            listed = {
                each["InstanceId"]: each["State"] for each in (await us.call("ListNodeConnections"))["Connections"]
            }
            assert {listed[node] for node in bad} <= {"Connecting", "Unreachable"}
            assert {await us.ping(node) for node in good} == {"Online"}


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
        await outer.stop()
        found = await us.until(twin, "Unreachable")
        found = await us.connect(twin)
        assert "Jump host bastion" in found["Message"]


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
