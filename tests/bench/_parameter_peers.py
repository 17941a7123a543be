"""Parameters to measure with, ours and moto's: the same names in both, each group of ten a path of its own."""

from __future__ import annotations

import contextlib
import importlib.util
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.bench._peers import client_of
from tui.engine.context import StatePaths
from tui.engine.parameter_rows import Put, put
from tui.engine.store import connect, prepare

A_GROUP = 10
VALUE = "a value of some thirty characters"
REGION = "us-east-1"
ACCOUNT = "123456789012"
NEW = {
    "type": "String",
    "tier": "Advanced",
    "data_type": "text",
    "key_id": "",
    "description": "",
    "allowed_pattern": "",
    "policies": "[]",
    "modified_by": f"arn:aws:iam::{ACCOUNT}:user/bench",
}
"""The columns of a parameter beside its name, its value and its time."""


def name_of(number: int, below: str = "") -> str:
    """Give the name of a parameter by its number: a thousand services, or one path, then groups of ten."""
    group = number // A_GROUP
    return f"{below or f'/app/service-{group % 1000:03}'}/group-{group:05}/key-{number % A_GROUP}"


def path_of(number: int) -> str:
    """Give the path of a parameter's group."""
    return name_of(number).rpartition("/")[0]


def numbered(count: int, below: str = "") -> dict[str, str]:
    """Give so many parameters by name."""
    return {name_of(number, below): VALUE for number in range(count)}


def preload(state: Path, values: Mapping[str, str]) -> None:
    """Store parameters, by name, for an engine that is not started yet: as its own puts store them, in one write.

    A put each takes the engine minutes at 100,000, and is what others are measured for.
    """
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = StatePaths(state).database
    prepare(file)
    with contextlib.closing(connect(file)) as conn:
        conn.execute("BEGIN IMMEDIATE")
        for name, value in values.items():
            row = {**NEW, "name": name, "shown": name, "value": value, "modified_at": time.time()}
            put(conn, Put(row, None, False, {}))
        conn.execute("COMMIT")


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
