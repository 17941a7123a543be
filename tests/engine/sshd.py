"""A real OpenSSH server on loopback: the current user, keys of its own, everything in one temporary folder."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tui.engine.nodes.this_machine import user_name

PATIENCE = 10.0
PRIVILEGE_SEPARATION = Path("/run/sshd")
"""Where a server that root runs wants an empty folder."""


def program() -> str:
    """Give the server's path, or skip the test that asks."""
    found = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin:/sbin")
    if found is None or shutil.which("ssh-keygen") is None:
        pytest.skip("OpenSSH's server is not installed")
    return found


class Sshd:
    """A server that runs; `options` are lines for its configuration, which win over those below.

    `shell`, where given, stands for the login shell: every command goes through `shell -c COMMAND`. `login_shell` is
    one in truth, where the system lets root have other files for one process, and stands for it elsewhere.
    """

    def __init__(self, folder: Path, *, options: Sequence[str] = (), shell: str = "", login_shell: str = "") -> None:
        self._program = program()
        self._process: subprocess.Popen[bytes] | None = None
        self.folder = folder
        self.user = user_name()
        self.host = "127.0.0.1"
        self.home = folder / "home"
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.host_key = self._key("host_key")
        self.key = self._key("user_key")
        self.authorized_keys = folder / "authorized_keys"
        shutil.copy(self.key.with_suffix(".pub"), self.authorized_keys)
        self.port = _free_port()
        self.known_hosts = folder / "known_hosts"
        self.known_hosts.write_text(f"[{self.host}]:{self.port} {self.host_key.with_suffix('.pub').read_text()}")
        self._front = self._own_passwd(login_shell) if login_shell else []
        shell = shell or ("" if self._front else login_shell)
        if shell:
            options = [*options, f'ForceCommand exec {shell} -c "$SSH_ORIGINAL_COMMAND"']
        self._options = list(options)
        self._config = folder / "sshd_config"
        self.start()

    def _own_passwd(self, login_shell: str) -> list[str]:
        """Give what starts the server where the user has another login shell; nothing where that can't be."""
        lines = [line.split(":") for line in Path("/etc/passwd").read_text().splitlines()]
        changed = [[*line[:6], login_shell] if line[0] == self.user else line for line in lines]
        passwd = self.folder / "passwd"
        passwd.write_text("".join(":".join(line) + "\n" for line in changed))
        front = ["unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc/passwd && exec "$@"', str(passwd)]
        if (
            os.geteuid()
            or shutil.which("unshare") is None
            or subprocess.run([*front, "true"], capture_output=True).returncode
        ):
            return []
        return front

    def _key(self, name: str) -> Path:
        path = self.folder / name
        if not path.exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
        return path

    def _lines(self) -> list[str]:
        lines = [
            *self._options,
            f"ListenAddress {self.host}:{self.port}",
            f"HostKey {self.host_key}",
            f"AuthorizedKeysFile {self.authorized_keys}",
            f"PidFile {self.folder / 'pid'}",
            "StrictModes no",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "PermitRootLogin yes",
            "UsePAM no",
            "UseDNS no",
            "PrintMotd no",
            "MaxStartups 1000",
            "LogLevel VERBOSE",
            f"SetEnv HOME={self.home}",  # what the user's own start files do is none of a test's concern
            "Subsystem sftp internal-sftp",
        ]
        if self._knows("PerSourcePenalties no"):
            lines.append("PerSourcePenalties no")
        return lines

    def _knows(self, line: str) -> bool:
        """Say whether this version takes a line of configuration."""
        trial = self.folder / "trial_config"
        trial.write_text(f"HostKey {self.host_key}\n{line}\n")
        return subprocess.run([self._program, "-t", "-f", str(trial)], capture_output=True).returncode == 0

    def start(self) -> None:
        """Listen, on the same port and with the same keys each time."""
        if os.geteuid() == 0:
            PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)
        self._config.write_text("\n".join(self._lines()) + "\n")
        self._process = subprocess.Popen(
            [*self._front, self._program, "-D", "-f", str(self._config), "-E", str(self.folder / "log")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection((self.host, self.port), PATIENCE).close()
                return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    log = (self.folder / "log").read_text() if (self.folder / "log").exists() else ""
                    pytest.skip(f"OpenSSH's server does not start here: {log[-500:]}")
            time.sleep(0.01)

    def children(self) -> list[int]:
        """Give the processes that serve the connections: the server's descendants named sshd."""
        found, wanted = [], {self.pid}
        rows = [line.split(None, 2) for line in _ps("pid=,ppid=,comm=")]
        while wanted:
            below = {int(pid) for pid, ppid, comm in rows if int(ppid) in wanted and comm.startswith("sshd")}
            found += sorted(below)
            wanted = below
        return found

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def cut(self) -> None:
        """Kill what serves the present connections; new ones are taken."""
        for pid in self.children():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue

    def stop(self) -> None:
        """End the server and every connection; what they started goes on."""
        if self._process is not None:
            children = self.children()
            self._process.terminate()
            self._process.wait(PATIENCE)
            self._process = None
            for pid in children:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue

    def __enter__(self) -> Sshd:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _ps(columns: str) -> list[str]:
    done = subprocess.run(["ps", "-e", "-o", columns], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
