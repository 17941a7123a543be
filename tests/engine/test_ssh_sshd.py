"""SSH nodes against OpenSSH's own server, agent and keys: what asyncssh's servers can't prove."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from tests.engine.command_bench import PATIENCE, until
from tests.engine.ssh_operator import fleet
from tests.engine.sshd import Sshd
from tui.engine.context import ApiFault
from tui.engine.nodes.ssh.host_keys import fingerprint


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with Sshd(tmp_path_factory.mktemp("sshd")) as server:
        yield server


def keygen(*words: str | Path) -> str:
    done = subprocess.run(["ssh-keygen", *map(str, words)], capture_output=True, text=True, check=True)
    return done.stdout


def address(sshd: Sshd, host: str = "") -> str:
    return f"ssh://{sshd.user}@{host or sshd.host}:{sshd.port}"


async def test_hashed_known_hosts_and_one_of_a_name_without_its_port_count(tmp_path: Path, sshd: Sshd) -> None:
    async with fleet(tmp_path) as us:
        known = us.ssh / "known_hosts"
        shutil.copy(sshd.known_hosts, known)
        keygen("-H", "-f", known)
        assert "127.0.0.1" not in known.read_text()
        (us.ssh / "config").write_text(f"IdentityFile {sshd.key}\n")
        assert (await us.connect(await us.add("web-1", address(sshd))))["State"] == "Connected"
        known.write_text(f"127.0.0.1 {sshd.host_key.with_suffix('.pub').read_text()}")
        assert (await us.connect(await us.add("web-2", address(sshd))))["State"] == "Connected"
        known.write_text("")
        assert (await us.connect(await us.add("web-3", address(sshd))))["State"] == "HostKeyUnknown"


async def test_an_alias_stands_for_the_host_in_known_hosts(tmp_path: Path, sshd: Sshd) -> None:
    async with fleet(tmp_path) as us:
        (us.ssh / "mine").write_text(f"the-web {sshd.host_key.with_suffix('.pub').read_text()}")
        (us.ssh / "config").write_text(
            f"IdentityFile {sshd.key}\nHostKeyAlias the-web\nUserKnownHostsFile ~/.ssh/mine\n"
        )
        assert (await us.connect(await us.add("web-1", address(sshd))))["State"] == "Connected"


async def test_certificates_of_hosts_and_users_are_as_good_as_keys(tmp_path: Path) -> None:
    authority = tmp_path / "authority"
    keygen("-q", "-t", "ed25519", "-N", "", "-f", authority)
    folder = tmp_path / "sshd"
    options = [f"HostCertificate {folder / 'host_key-cert.pub'}", f"TrustedUserCAKeys {authority}.pub"]
    folder.mkdir(mode=0o700)
    keygen("-q", "-t", "ed25519", "-N", "", "-f", folder / "host_key")
    keygen("-q", "-s", authority, "-I", "host", "-h", "-n", "localhost", folder / "host_key.pub")
    with Sshd(folder, options=options) as sshd:
        sshd.authorized_keys.write_text("")
        user_key = tmp_path / "home/.ssh/id_ed25519"
        user_key.parent.mkdir(mode=0o700, parents=True)
        keygen("-q", "-t", "ed25519", "-N", "", "-f", user_key)
        async with fleet(tmp_path) as us:
            (us.ssh / "known_hosts").write_text(f"@cert-authority localhost {Path(f'{authority}.pub').read_text()}")
            node = await us.add("web-1", address(sshd, "localhost"))
            found = await us.connect(node)
            assert found["State"] == "AuthenticationFailed", found["Message"]
            keygen("-q", "-s", authority, "-I", "user", "-n", sshd.user, f"{user_key}.pub")
            assert (await us.connect(node))["State"] == "Connected"
            # The certificate is for another name than this one.
            (us.ssh / "known_hosts").write_text(f"@cert-authority * {Path(f'{authority}.pub').read_text()}")
            found = await us.connect(await us.add("web-2", address(sshd)))
            assert found["State"] == "HostKeyChanged" and "certificate" in found["Message"].lower()


async def test_keys_of_an_agent_open_the_door_and_identities_only_holds_them_back(tmp_path: Path, sshd: Sshd) -> None:
    key = tmp_path / "agent_key"
    keygen("-q", "-t", "ed25519", "-N", "", "-f", key)
    with sshd.authorized_keys.open("a") as file:
        file.write(Path(f"{key}.pub").read_text())
    sock = Path(f"/tmp/ssm-tui-agent-{os.getpid()}")  # a socket's path has to be short
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", str(sock)], stdout=subprocess.DEVNULL)
    try:
        await until(sock.exists)
        environ = {**os.environ, "SSH_AUTH_SOCK": str(sock)}
        subprocess.run(["ssh-add", "-q", str(key)], env=environ, check=True, stderr=subprocess.DEVNULL)
        key.unlink()
        async with fleet(tmp_path, ssh_auth_sock=str(sock)) as us:
            shutil.copy(sshd.known_hosts, us.ssh / "known_hosts")
            assert (await us.connect(await us.add("web-1", address(sshd))))["State"] == "Connected"
            (us.ssh / "config").write_text("IdentitiesOnly yes\n")
            assert (await us.connect(await us.add("web-2", address(sshd))))["State"] == "AuthenticationFailed"
            # The public half is enough to say which key of the agent's is meant.
            (us.ssh / "config").write_text(f"IdentitiesOnly yes\nIdentityFile {key}\n")
            assert (await us.connect(await us.add("web-3", address(sshd))))["State"] == "Connected"
            (us.ssh / "config").write_text("IdentityAgent none\n")
            assert (await us.connect(await us.add("web-4", address(sshd))))["State"] == "AuthenticationFailed"
    finally:
        agent.terminate()
        agent.wait()
        sock.unlink(missing_ok=True)


async def test_jump_hosts_in_a_chain_and_a_proxy_command_lead_there(tmp_path: Path, sshd: Sshd) -> None:
    async with fleet(tmp_path) as us:
        shutil.copy(sshd.known_hosts, us.ssh / "known_hosts")
        (us.ssh / "config").write_text(
            f"Host *\n  HostName 127.0.0.1\n  Port {sshd.port}\n  IdentityFile {sshd.key}\n  User {sshd.user}\n"
            "Host far\n  ProxyJump one,two\nHost piped\n  ProxyCommand nc %h %p\n"
        )
        node = await us.add("far", "ssh://far")
        found = await us.connect(node)
        assert found["State"] == "Connected", found["Message"]
        listed = (sshd.folder / "log").read_text()
        assert listed.count("Accepted publickey") >= 3
        if shutil.which("nc"):
            assert (await us.connect(await us.add("piped", "ssh://piped")))["State"] == "Connected"


@pytest.mark.parametrize("shell", ["csh", "fish"])
async def test_facts_come_from_hosts_with_any_login_shell(tmp_path: Path, shell: str) -> None:
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"{shell} is not installed")
    with Sshd(tmp_path / "sshd", shell=path) as sshd:
        async with fleet(tmp_path) as us:
            shutil.copy(sshd.known_hosts, us.ssh / "known_hosts")
            (us.ssh / "config").write_text(f"IdentityFile {sshd.key}\n")
            node = await us.add("web-1", address(sshd))
            assert (await us.connect(node))["State"] == "Connected"
            assert (await us.call("ListProcesses", InstanceId=node))["Processes"]


async def test_a_node_may_go_while_a_command_runs_which_nobody_follows_then(tmp_path: Path, sshd: Sshd) -> None:
    async with fleet(tmp_path) as us:
        shutil.copy(sshd.known_hosts, us.ssh / "known_hosts")
        (us.ssh / "config").write_text(f"IdentityFile {sshd.key}\n")
        node = await us.add("web-1", address(sshd))
        await us.connect(node)
        mark = tmp_path / "pid"
        command = await us.bench.send(f"echo $$ >{mark}; exec sleep 300", InstanceIds=[node])
        await until(lambda: mark.exists() and mark.read_text().strip())
        pid = int(mark.read_text())
        try:
            await us.engine.call("DeregisterManagedInstance", {"InstanceId": node})
            found = await us.bench.final(command)
            assert found["Status"] == "Failed"
            invocation = await us.bench.get(command, node)
            assert "was removed from the nodes meanwhile" in invocation["StandardErrorContent"]
            os.kill(pid, 0)
        finally:
            os.killpg(os.getpgid(pid), signal.SIGKILL)
        async with asyncio.timeout(PATIENCE):
            while us.engine.live():
                await asyncio.sleep(0.01)


def test_fingerprints_are_those_of_openssh(sshd: Sshd) -> None:
    key = asyncssh.read_public_key(f"{sshd.host_key}.pub")
    assert fingerprint(key.public_data) == keygen("-lf", f"{sshd.host_key}.pub").split()[1]


async def test_a_host_that_floods_instead_of_answering_filled_the_memory(tmp_path: Path) -> None:
    flood = tmp_path / "flood"
    flood.write_text("#!/bin/sh\nexec yes\n")
    flood.chmod(0o755)
    with Sshd(tmp_path / "sshd", shell=str(flood)) as sshd:
        async with fleet(tmp_path) as us:
            shutil.copy(sshd.known_hosts, us.ssh / "known_hosts")
            (us.ssh / "config").write_text(f"IdentityFile {sshd.key}\n")
            node = await us.add("web-1", address(sshd))
            assert (await us.connect(node))["State"] == "Connected"
            with pytest.raises(ApiFault, match="gave more than"):
                await us.call("ListProcesses", InstanceId=node)
