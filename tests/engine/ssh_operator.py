"""An engine whose operator has a home folder of its own, and the words for its SSH nodes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tests.engine.command_bench import PATIENCE, Bench, bench
from tests.engine.fault_proxy import FaultProxy
from tests.engine.ssh_server import SshServer, make_home

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
