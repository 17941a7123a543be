"""An engine whose nodes are SSH hosts: ports of one real sshd, each behind a proxy of its own where that is wanted."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from tests.engine.command_bench import Bench
from tests.engine.sshd import Sshd
from tui.engine.context import StatePaths
from tui.engine.dispatch import Engine


def make_home(folder: Path, sshd: Sshd, ports: Sequence[int]) -> Path:
    """Make the operator's home, whose configuration logs in everywhere and knows the hosts."""
    ssh = folder / ".ssh"
    ssh.mkdir(mode=0o700, parents=True)
    (ssh / "config").write_text(f"Host *\nIdentityFile {sshd.key}\nIdentitiesOnly yes\n")
    key = sshd.host_key.with_suffix(".pub").read_text()
    (ssh / "known_hosts").write_text("".join(f"[127.0.0.1]:{port} {key}" for port in ports))
    shutil.copymode(sshd.key, ssh / "known_hosts")
    return folder


@contextlib.asynccontextmanager
async def engine_at(folder: Path, home: Path, **settings: Any) -> AsyncIterator[Bench]:
    """Open an engine on a state folder; it leaves in the end, whatever still runs."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = {"home": str(home), "ssh_auth_sock": "", "ssh_connect_timeout": 3, "ssh_login_timeout": 3, **settings}
    engine = await Engine.open(StatePaths(folder), settings=settings)
    try:
        yield Bench(engine)
    finally:
        await engine.aclose()


async def add(bench: Bench, sshd: Sshd, name: str, port: int, *tags: tuple[str, str], become: str = "none") -> str:
    """Register a host; give its node's id."""
    made = await bench.engine.call(
        "AddNode",
        {
            "Name": name,
            "Address": f"ssh://{sshd.user}@127.0.0.1:{port}",
            "Become": become,
            "Tags": [{"Key": key, "Value": value} for key, value in tags],
        },
        service="ssm-tui",
    )
    return str(made["InstanceId"])


async def connect(bench: Bench, node: str) -> None:
    """Wait until a host is connected."""
    found = await bench.engine.call("ConnectNode", {"InstanceId": node, "Wait": 20}, service="ssm-tui")
    assert found["State"] == "Connected", found
