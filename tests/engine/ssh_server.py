"""An SSH server of asyncssh's in the test's own process: whom it lets in is said by arguments, sh answers behind it."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import asyncssh


class SshServer:
    """Listens on a port of loopback; `keys` are the public keys that it takes, `passwords` those of users."""

    def __init__(
        self,
        *,
        keys: Sequence[asyncssh.SSHKey] = (),
        passwords: Mapping[str, str] | None = None,
        keyboard: bool = False,
        host_key: asyncssh.SSHKey | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.keys = list(keys)
        self.passwords = dict(passwords or {})
        self.keyboard = keyboard
        self.host_key = host_key or asyncssh.generate_private_key("ssh-ed25519")
        self.expired: set[str] = set()
        """Whose passwords have to be changed."""
        self.lets_in = asyncio.Event()
        """Cleared, it hangs in the login."""
        self.lets_in.set()
        self.users: list[str] = []
        """Who logged in, in order."""
        self.offered: list[str] = []
        """The fingerprints of the keys that clients asked about."""
        self.host = "127.0.0.1"
        self.port = 0
        self.connections: set[asyncssh.SSHServerConnection] = set()
        self._options = dict(options or {})
        self._listener: asyncssh.SSHAcceptor | None = None
        self._running: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> SshServer:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen, on the same port as before."""
        self._listener = await asyncssh.create_server(
            lambda: _Session(self),
            self.host,
            self.port,
            server_host_keys=[self.host_key],
            process_factory=self._run,
            encoding=None,
            **self._options,
        )
        self.port = self._listener.get_port()

    async def stop(self) -> None:
        """Stop listening and end every connection."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for connection in list(self.connections):
            connection.abort()
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _run(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        child = await asyncio.create_subprocess_exec(
            "/bin/sh",
            "-c",
            process.command or "true",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            said, complained = await child.communicate(await process.stdin.read())
            process.stdout.write(said)
            process.stderr.write(complained)
            process.exit(child.returncode or 0)
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
            self._running.discard(task)

    @property
    def fingerprint(self) -> str:
        return self.host_key.get_fingerprint()

    @property
    def known_hosts_line(self) -> str:
        """The server's line of known_hosts."""
        return f"[{self.host}]:{self.port} {self.host_key.export_public_key('openssh').decode()}"


class _Session(asyncssh.SSHServer):
    def __init__(self, server: SshServer) -> None:
        self._server = server

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._conn = conn
        self._server.connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.discard(self._conn)

    def begin_auth(self, username: str) -> bool:
        self._user = username
        return True

    def auth_completed(self) -> None:
        self._server.users.append(self._user)

    def public_key_auth_supported(self) -> bool:
        return bool(self._server.keys)

    async def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        self._server.offered.append(key.get_fingerprint())
        await self._server.lets_in.wait()
        return key in self._server.keys

    def password_auth_supported(self) -> bool:
        return bool(self._server.passwords) and not self._server.keyboard

    def validate_password(self, username: str, password: str) -> bool:
        if username in self._server.expired:
            raise asyncssh.PasswordChangeRequired("Your password has expired.")
        return self._server.passwords.get(username) == password

    def kbdint_auth_supported(self) -> bool:
        return self._server.keyboard

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> Any:
        return "", "", "", [("Password: ", False)]

    def validate_kbdint_response(self, username: str, responses: Sequence[str]) -> bool:
        return [self._server.passwords.get(username)] == list(responses)

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> bool:
        return True  # as a jump host


def make_home(folder: Path, **files: str) -> Path:
    """Make a home folder whose `.ssh` has files; a word's `_` at its begin stands for nothing."""
    ssh = folder / ".ssh"
    ssh.mkdir(mode=0o700, parents=True)
    for name, text in files.items():
        (ssh / name).write_text(text)
        (ssh / name).chmod(0o600)
    return folder


def make_key(path: Path, passphrase: str | None = None, kind: str = "ssh-ed25519") -> asyncssh.SSHKey:
    """Write a private key and its public half; give the public one."""
    key = asyncssh.generate_private_key(kind)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # few rounds are enough for a test
        path.write_bytes(key.export_private_key("openssh", passphrase, rounds=4))
    path.chmod(0o600)
    Path(f"{path}.pub").write_bytes(key.export_public_key())
    return key.convert_to_public()
