"""`ssm-tui nodes add`, `import` and `remove` as a script meets them: a real engine, a real sshd, a home of its own."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.test_cli_verbs import ROOT, Command
from tests.engine.ssh_server import make_home, make_key
from tests.engine.sshd import Sshd

pytestmark = pytest.mark.slow


class Operator(Command):
    """`ssm-tui` of somebody whose home folder is in a temporary place."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.home = make_home(folder / "home")
        self.env = {**self.env, "HOME": str(self.home)}
        self.env.pop("SSH_AUTH_SOCK", None)

    def config(self, text: str) -> None:
        (self.home / ".ssh/config").write_text(text)

    def on_terminal(self, *words: str, answers: dict[bytes, bytes]) -> tuple[int, bytes]:
        """Run it on a terminal and type each answer when its question is there; give its exit status and the screen."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(ROOT)
            os.execve(sys.executable, [sys.executable, "-m", "tui.cli", *words], self.env)
        seen = b""
        left = dict(answers)
        while True:
            try:
                data = os.read(terminal, 4096)
            except OSError:
                break
            if not data:
                break
            seen += data
            for question in [each for each in left if each in seen]:
                os.write(terminal, left.pop(question))
        _, status = os.waitpid(pid, 0)
        os.close(terminal)
        return os.waitstatus_to_exitcode(status), seen


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with Sshd(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture
def ssm(tmp_path: Path) -> Iterator[Operator]:
    operator = Operator(tmp_path)
    yield operator
    operator("stop", "--force")


def fingerprint(sshd: Sshd) -> str:
    said = subprocess.run(["ssh-keygen", "-lf", str(sshd.host_key)], capture_output=True, text=True, check=True)
    return said.stdout.split()[1]


def address(sshd: Sshd) -> str:
    return f"ssh://{sshd.user}@{sshd.host}:{sshd.port}"


def test_a_host_is_added_with_its_key_named_and_is_a_node_like_any_other(ssm: Operator, sshd: Sshd) -> None:
    ssm.config(f"IdentityFile {sshd.key}\n")
    done = ssm("nodes", "add", "web-1", address(sshd), "--tag", "env=prod")
    assert done.returncode == 1
    assert b"web-1" in done.stdout and b"HostKeyUnknown" in done.stdout
    assert f"--accept-host-key {fingerprint(sshd)}".encode() in done.stderr
    wrong = ssm("nodes", "add", "web-1", address(sshd), "--accept-host-key", "SHA256:" + "A" * 43)
    assert wrong.returncode == 1
    done = ssm("nodes", "add", "web-1", address(sshd), "--accept-host-key", fingerprint(sshd))
    assert (done.returncode, done.stderr) == (0, b"")
    assert re.fullmatch(rb"web-1 mi-[0-9a-f]{17} Online\n", done.stdout)
    assert not (ssm.home / ".ssh/known_hosts").exists()
    listed = {node["Name"]: node for node in json.loads(ssm("nodes", "list", "--json").stdout)}
    assert listed["web-1"]["Connection"]["State"] == "Connected"
    assert listed["web-1"]["PingStatus"] == "Online" and listed["web-1"]["Tags"] == {"env": "prod"}
    assert b"ssh Connected" in ssm("nodes", "list").stdout
    ran = ssm("run", "--target", "web-1", "--", "echo over ssh")
    assert (ran.returncode, ran.stdout) == (0, b"web-1: over ssh\n"), ran.stderr
    other = ssm("nodes", "add", "web-1", "ssh://ann@elsewhere")
    assert other.returncode == 2 and b"another node already" in other.stderr
    assert ssm("nodes", "remove", "web-1").returncode == 2
    gone = ssm("nodes", "remove", "web-1", "--yes")
    assert gone.returncode == 0 and gone.stdout.endswith(b" removed\n")
    assert ssm("nodes", "remove", "web-1", "--yes").returncode == 2


def test_hosts_of_a_configuration_are_imported_once_and_patterns_are_named(ssm: Operator, sshd: Sshd) -> None:
    ssm.config(
        f"Host web-1 web-2\n  HostName {sshd.host}\n  Port {sshd.port}\n  IdentityFile {sshd.key}\n"
        f"  UserKnownHostsFile {sshd.known_hosts}\nHost db-*\n  User postgres\n"
    )
    done = ssm("nodes", "import")
    assert done.returncode == 0, done.stderr
    assert b"Patterns name no single host: db-*." in done.stderr
    lines = done.stdout.decode().splitlines()
    assert [line.split()[:3] for line in lines[1:]] == [["web-1", "added", "Online"], ["web-2", "added", "Online"]]
    again = ssm("nodes", "import", "web-1")
    assert (again.returncode, again.stderr) == (0, b"")
    assert again.stdout.decode().splitlines()[1].split()[:4] == ["web-1", "already", "a", "node"]
    assert again.stdout.decode().splitlines()[1].split()[4] == "Online"
    everything = ssm("nodes", "import")
    assert everything.returncode == 0
    assert [line.split()[4] for line in everything.stdout.decode().splitlines()[1:]] == ["Online", "Online"]
    wrong = ssm("nodes", "import", "web-3")
    assert wrong.returncode == 2 and b"Did you mean web-" in wrong.stderr


def test_a_command_says_why_it_does_not_begin_or_what_it_waits_for(ssm: Operator, sshd: Sshd) -> None:
    ssm.config(f"IdentityFile {sshd.key}\n")
    assert ssm("nodes", "add", "web-1", address(sshd)).returncode == 1
    done = ssm("run", "--target", "web-1", "--", "id")
    assert done.returncode == 1 and b"Nothing could be started: The key of" in done.stderr
    with Sshd(sshd.folder.parent / "another") as gone:
        known = gone.known_hosts.read_text()
        where = address(gone)
    (ssm.home / ".ssh/known_hosts").write_text(known)
    assert ssm("nodes", "add", "web-2", where).returncode == 1
    waiting = ssm.start("run", "--target", "web-2", "--", "id")
    assert waiting.stderr is not None
    said = waiting.stderr.readline()
    assert b"web-2 can't be reached: the command waits for it." in said and b"refuses connections" in said
    waiting.send_signal(signal.SIGINT)
    waiting.communicate(timeout=30)


def test_mistakes_are_told_before_anything_is_added(ssm: Operator) -> None:
    for words, reason in (
        (("web-1", "http://host"), b"it begins with http://"),
        (("web-1", "ssh://host:99999"), b"no port from 1 to 65535"),
        (("web-1", "ssh://root:hunter2@host:22/path"), b"The address of root@host:22/path has a password in it"),
        (("web-1", "ssh://root:hunter2@host:22"), b"The address of root@host:22 has a password in it"),
        (("web-1", "http://root:hunt/er2@host"), b"The address of root@host has a password in it"),
        (
            ("web-1", "ssh://root@host:22/path"),
            b"The address ssh://root@host:22/path has a path, /path: a node is a whole host",
        ),
        (("web-1", "ssh://host", "--tag", "env"), b"is no KEY=VALUE"),
        (("web-1", "ssh://host", "--tag", "env=a", "--tag", "env=b"), b"--tag env is given more than once"),
        (("web-1", "ssh://host", "--wait", "-5"), b"seconds"),
        (("web-1", "ssh://host", "--wait=-5"), b"expected seconds, 0 or more, and not -5"),
        (("web-1", "ssh://host", "--wait", "nan"), b"expected seconds, 0 or more, and not nan"),
        (("web-1", "ssh://host", "--ssh-config", "/no/such/file"), b"There is no file"),
        (("web-1",), b"address"),
    ):
        done = ssm("nodes", "add", *words)
        assert done.returncode == 2 and reason in done.stderr, done.stderr
        assert b"hunt" not in done.stderr
    (this,) = json.loads(ssm("nodes", "list", "--json").stdout)
    kept = ssm("nodes", "remove", this["InstanceId"], "--yes")
    assert kept.returncode == 1 and b"the machine that the engine runs on" in kept.stderr


def test_on_a_terminal_the_key_and_the_passphrase_are_asked_for(ssm: Operator, sshd: Sshd) -> None:
    key = make_key(ssm.home / ".ssh/id_ed25519", "open sesame")
    with sshd.authorized_keys.open("ab") as file:
        file.write(key.export_public_key())
    status, seen = ssm.on_terminal(
        "nodes", "add", "web-1", address(sshd), answers={b"[y/N]": b"y\n", b"Passphrase for": b"open sesame\n"}
    )
    assert status == 0, seen
    assert fingerprint(sshd).encode() in seen and b"Online" in seen
    assert b"sesame" not in seen


def test_an_import_that_says_to_be_run_in_a_terminal_asks_there_for_what_a_node_waits_for(
    ssm: Operator, sshd: Sshd
) -> None:
    key = make_key(ssm.home / ".ssh/locked", "open sesame")
    with sshd.authorized_keys.open("ab") as file:
        file.write(key.export_public_key())
    ssm.config(
        f"Host web-1\n  HostName {sshd.host}\n  Port {sshd.port}\n  User {sshd.user}\n"
        f"  IdentityFile {ssm.home}/.ssh/locked\n  UserKnownHostsFile {sshd.known_hosts}\n"
        f"Host web-2\n  ProxyJump a:b:c:d\nHost db-*\n  User postgres\n"
    )
    done = ssm("nodes", "import", "web-1")
    assert done.returncode == 1
    assert b"Run ssm-tui nodes import web-1 in a terminal" in done.stderr
    assert b"db-" not in done.stderr and b"web-2" not in done.stderr
    again = ssm("nodes", "import", "web-1")
    assert again.returncode == 1, "a node that is not connected counted as imported"
    assert b"already a node" in again.stdout and b"SecretNeeded" in again.stdout
    words = ("nodes", "import", "web-1")
    status, seen = ssm.on_terminal(*words, answers={b"Passphrase for": b"open sesame\n"})
    assert status == 0, seen
    assert b"already a node" in seen and b"Online" in seen and b"sesame" not in seen
    assert ssm("nodes", "add", "web-2", "ssh://ann@elsewhere", "--wait", "0").returncode == 1
    ssm.config("Host web-2\n  HostName 127.0.0.1\n")
    other = ssm("nodes", "import", "web-2")
    assert other.returncode == 1
    assert b"web-2 is not added: it is another node's name already: ssh://ann@elsewhere." in other.stderr
