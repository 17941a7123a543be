"""SSH hosts on the real engine: chosen from a client config, their keys and secrets asked for, run on, removed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.app.console import hit, says, until
from tests.app.engine_console import engine, engine_console
from tests.engine.ssh_server import SshServer, make_home, make_key

pytestmark = pytest.mark.slow


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of its own for the engine that the test starts; there is no agent."""
    made = make_home(tmp_path / "home")
    monkeypatch.setenv("HOME", str(made))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return made


async def test_hosts_of_the_client_config_become_nodes_once_their_keys_and_passphrase_are_answered(
    tmp_path: Path, home: Path
) -> None:
    key = make_key(home / ".ssh/locked", "correct horse")
    async with SshServer(keys=[key]) as one, SshServer(keys=[key]) as two, SshServer(keys=[key]) as other:
        (home / ".ssh/known_hosts").write_text(other.known_hosts_line.replace(f":{other.port}", f":{two.port}"))
        (home / ".ssh/config").write_text(
            f"Host web-1\n  Port {one.port}\nHost web-2\n  Port {two.port}\n"
            f"Host *\n  HostName 127.0.0.1\n  User ops\n  IdentityFile {home}/.ssh/locked\n"
        )
        async with engine(tmp_path), engine_console(tmp_path) as (_, pilot):
            await says(pilot, "2 hosts in ~/.ssh/config could be nodes here")
            await pilot.press("I")
            await says(pilot, f"ops@127.0.0.1:{one.port}", f"ops@127.0.0.1:{two.port}")
            await pilot.press("M", "I")
            await hit(pilot, *"env=prod", "ctrl+s")
            await says(pilot, "○ key?", "✖ key changed")
            await hit(pilot, "slash", *"web-1", "enter", "A")
            await says(pilot, "1 of 2: Is this the key of web-1?", one.fingerprint, "known_hosts")
            await pilot.press("A")
            await says(pilot, "1 of 2: The passphrase for web-1")
            await hit(pilot, *"wrong", "enter")
            await says(pilot, "was wrong")
            await hit(pilot, *"correct horse", "enter")
            await says(pilot, "REFUSED: the host key of web-2 has CHANGED", two.fingerprint, other.fingerprint)
            await pilot.press("enter")
            await says(pilot, "Connected to web-1.", "● Online")
            await pilot.press("D")
            await says(pilot, "Remove web-1?")
            await hit(pilot, *"web-1", "enter")
            await says(pilot, "Removed web-1.")
            await until(pilot, lambda: not one.connections)
            assert two.users == []


async def test_a_host_is_added_by_its_address_and_asks_for_its_password(tmp_path: Path, home: Path) -> None:
    async with SshServer(passwords={"ops": "sesame"}) as server:
        (home / ".ssh/known_hosts").write_text(server.known_hosts_line)
        async with engine(tmp_path), engine_console(tmp_path) as (_, pilot):
            await says(pilot, "● Online")
            await pilot.press("n")
            await hit(pilot, *"db", "tab", *"ssh://ops@nowhere:x", "ctrl+s")
            await says(pilot, "No address")
            await hit(pilot, "ctrl+u", *f"ssh://ops@{server.host}:{server.port}", "ctrl+s")
            await says(pilot, "db is a node now.", "○ secret?")
            await pilot.press("g", "A")
            await says(pilot, "The password for db", f"ops@[127.0.0.1]:{server.port}")
            await hit(pilot, *"sesame", "enter")
            await says(pilot, "Connected to db.")
            await asyncio.wait_for(_until_in(server), 8)


async def _until_in(server: SshServer) -> None:
    while "ops" not in server.users:
        await asyncio.sleep(0.01)
