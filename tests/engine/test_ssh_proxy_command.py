"""A ProxyCommand that leads nowhere is told as what it is: its own end and its own words."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.engine.ssh_operator import fleet
from tests.engine.ssh_server import SshServer, make_key

PIPE = """\
import os, socket, sys, threading
sys.stderr.write("a warning of its own\\n" * 100)
sys.stderr.flush()
there = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
def back():
    while data := there.recv(65536):
        os.write(1, data)
    os._exit(0)
threading.Thread(target=back).start()
while data := os.read(0, 65536):
    there.sendall(data)
os._exit(0)
"""


@pytest.mark.parametrize(
    ("command", "end"),
    [
        ("/usr/bin/nosuch --port %p", "ended with status 127: "),
        ("sh -c 'echo first >&2; echo no route to jump >&2; exit 3'", "ended with status 3: no route to jump."),
        ("sh -c 'kill -9 $$'", "was ended by signal 9."),
        ("true", "ended with status 0."),
        ("sh -c 'echo still here >&2; exec >&-; exec sleep 60'", "closed the connection: still here."),
        ("sh -c 'echo waiting >&2; exec sleep 60'", "gave no SSH handshake within 2 seconds: waiting."),
    ],
)
async def test_a_proxy_command_that_fails_was_told_as_a_host_that_was_never_dialled(
    tmp_path: Path, command: str, end: str
) -> None:
    async with fleet(tmp_path, ssh_connect_timeout=2) as us:
        (us.ssh / "config").write_text(f"Host far\n  HostName irrelevant\n  ProxyCommand {command}\n")
        found = await us.connect(await us.add("far", "ssh://far"))
        assert found["State"] == "Unreachable"
        told = command.replace("%p", "22")
        assert found["Message"].startswith(f"The ProxyCommand {told} {end}")
        assert "irrelevant" not in found["Message"]
        if "nosuch" in command:
            assert "not found" in found["Message"]


async def test_what_a_proxy_command_says_of_itself_is_none_of_the_connections_bytes(tmp_path: Path) -> None:
    program = tmp_path / "pipe.py"
    program.write_text(PIPE)
    async with SshServer() as server, fleet(tmp_path) as us:
        server.keys.append(make_key(us.ssh / "id_ed25519"))
        (us.ssh / "config").write_text(
            f"Host far\n  HostName irrelevant\n  HostKeyAlias far\n  User ann\n"
            f"  ProxyCommand {sys.executable} {program} {server.port}\n"
        )
        (us.ssh / "known_hosts").write_text(f"far {server.host_key.export_public_key('openssh').decode()}")
        node = await us.add("far", "ssh://far")
        found = await us.connect(node)
        assert found["State"] == "Connected", found["Message"]
        assert server.users == ["ann"]
