"""Parameters to measure with, ours and moto's: the same names in both, each group of ten a path of its own."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from tests.bench._peers import client_of
from tui.transport.local import LocalTransport

AT_ONCE = 64
"""Puts that are under way at the same time while a store is filled."""
A_GROUP = 10
VALUE = "a value of some thirty characters"
REGION = "us-east-1"
ACCOUNT = "123456789012"


def name_of(number: int, below: str = "") -> str:
    """Give the name of a parameter by its number: a thousand services, or one path, then groups of ten."""
    group = number // A_GROUP
    return f"{below or f'/app/service-{group % 1000:03}'}/group-{group:05}/key-{number % A_GROUP}"


def path_of(number: int) -> str:
    """Give the path of a parameter's group."""
    return name_of(number).rpartition("/")[0]


async def fill(transport: LocalTransport, count: int, below: str = "") -> None:
    """Put so many parameters, as any client would."""
    numbers = iter(range(count))

    async def put() -> None:
        for number in numbers:
            params = {"Name": name_of(number, below), "Value": VALUE, "Type": "String", "Tier": "Advanced"}
            await transport.call("PutParameter", params)

    await asyncio.gather(*(put() for _ in range(AT_ONCE)))


@contextlib.contextmanager
def moto(count: int) -> Iterator[Any]:
    """Serve a moto that holds so many parameters, and give boto3's client of it; None where it is not installed."""
    if not importlib.util.find_spec("moto") or not importlib.util.find_spec("flask"):
        yield None
        return
    command = [sys.executable, "-m", "tests.bench._parameter_peers", str(count)]
    server = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert server.stdout is not None
        yield client_of(f"http://127.0.0.1:{int(server.stdout.readline())}")
    finally:
        server.terminate()
        server.communicate()


def _serve(count: int) -> None:
    """Serve moto with parameters that were put into its backend without a wire."""
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.server import ThreadedMotoServer
    from moto.ssm.models import ssm_backends

    assert DEFAULT_ACCOUNT_ID == ACCOUNT
    backend = ssm_backends[ACCOUNT][REGION]
    for number in range(count):
        backend.put_parameter(
            name=name_of(number),
            description="",
            value=VALUE,
            parameter_type="String",
            allowed_pattern="",
            keyid=None,
            overwrite=False,
            tags=[],
            data_type="text",
            tier="Advanced",
            policies=None,
        )
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    print(server.get_host_and_port()[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
