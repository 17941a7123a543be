"""The backends of contract tests: servers are started once, the engine in process is made anew for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.contract.backends import ENGINE, HTTP, MOTO, NODES, SEED, Api, Boto, InProcess
from tests.contract.serving import Served, serving
from tui.engine.context import StatePaths
from tui.engine.dispatch import Engine

REGION = "us-east-1"
MOTO_ACCOUNT = "123456789012"

Clients = Callable[[str], Any]


@pytest.fixture(scope="session")
def fleet_served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Give a served engine with simulated nodes."""
    with serving(tmp_path_factory.mktemp("contract") / "state", demo=NODES) as served:
        yield served


@pytest.fixture(scope="session")
def http_clients(fleet_served: Served) -> Clients:
    return cache(lambda service: fleet_served.client(service, parameter_validation=False))


@pytest.fixture(scope="session")
def moto_clients() -> Iterator[Clients]:
    import boto3
    from botocore.config import Config
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    session = boto3.session.Session("moto", "moto", region_name=REGION)
    config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
    yield cache(lambda service: session.client(service, endpoint_url=f"http://{host}:{port}", config=config))
    server.stop()


@pytest.fixture
async def api(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Api]:
    """Give one backend, as `contract` parametrizes it."""
    name, service = request.param
    if name == HTTP:
        served: Served = request.getfixturevalue("fleet_served")
        clients = request.getfixturevalue("http_clients")
        yield Boto(HTTP, service, clients, account=served.account, region=served.region)
    elif name == MOTO:
        clients = request.getfixturevalue("moto_clients")
        yield Boto(MOTO, service, clients, account=MOTO_ACCOUNT, region=REGION)
    else:
        assert name == ENGINE
        settings = {"demo": True, "demo_nodes": NODES, "demo_seed": SEED}
        engine = await Engine.open(StatePaths(tmp_path), settings=settings)
        yield InProcess(engine, service)
        await engine.aclose()
