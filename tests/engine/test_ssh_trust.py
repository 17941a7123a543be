"""Whom SSH nodes trust and what they ask for: host keys, passphrases, passwords, agents; and how a refusal is told."""

from __future__ import annotations

import logging
import stat
from pathlib import Path

import asyncssh
import pytest

from tests.engine.ssh_operator import address, fleet
from tests.engine.ssh_server import SshServer, make_key
from tui.engine.context import ApiFault


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


async def test_a_password_that_has_expired_is_not_asked_for_again(tmp_path: Path) -> None:
    async with SshServer(passwords={"ann": "old"}) as server, fleet(tmp_path) as us:
        us.trust(server)
        server.expired.add("ann")
        node = await us.add("web-1", address(server))
        await us.until(node, "SecretNeeded")
        await us.call("SetNodeSecret", InstanceId=node, Kind="Password", Secret="old")
        await us.until(node, "AuthenticationFailed", saying="has expired")


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
        assert "after ssm-tui stop the next start takes the present one" in found["Message"]


async def test_a_command_to_a_host_that_waits_for_the_operator_says_so_and_ends(tmp_path: Path) -> None:
    async with SshServer() as server, fleet(tmp_path) as us:
        node = await us.add("web-1", address(server))
        assert (await us.connect(node))["State"] == "HostKeyUnknown"
        command = await us.bench.send("echo never", InstanceIds=[node])
        assert (await us.bench.final(command))["Status"] == "Failed"
        invocation = await us.bench.get(command, node)
        assert f"is not known: ssh-ed25519 key {server.fingerprint}" in invocation["StandardErrorContent"]
