"""Who answers contract tests: the engine in process, the engine over HTTP through boto3, and moto's server.

    @contract("CreateActivation")                                # on the engine, in process and over HTTP
    @contract("CreateGroup", service=RESOURCE_GROUPS, moto=True)  # on moto's server too
    async def test_a_group_is_made(api: Api) -> None:
        answer = await api.call("CreateGroup", Name="web", ...)

One body for all of them: where moto is known to differ, the body says so. The engine has simulated nodes, the same in
process and over HTTP.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol, TypeVar

import pytest

from tui.engine.context import ApiFault
from tui.engine.dispatch import Engine

NODES = 8
SEED = 1
ENGINE, HTTP, MOTO = "engine", "http", "moto"

COVERED: dict[tuple[str, str], list[str]] = {}
"""The tests of each operation of a service, filled as the modules with contract tests are imported."""

Shape = dict[str, Any]
F = TypeVar("F", bound=Callable[..., Any])


class Refused(Exception):
    """An API error as every backend tells it; `status` is HTTP's, 0 in process."""

    def __init__(self, code: str, message: str, status: int = 0) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class Api(Protocol):
    """One backend as a test's body sees it; times are epoch seconds on all of them."""

    name: str
    account: str
    region: str
    service: str
    """The service of the operation under test, which `call` means where it is not told another."""

    async def call(self, operation: str, *, service: str = "", **params: Any) -> Shape:
        """Call an operation. Raises: Refused."""


async def refused(api: Api, operation: str, *, service: str = "", **params: Any) -> str:
    """Call what must be refused and give the error's code."""
    with pytest.raises(Refused) as caught:
        await api.call(operation, service=service, **params)
    return caught.value.code


async def nodes(api: Api) -> list[str]:
    """Give the ids of the nodes there are."""
    answer = await api.call("DescribeInstanceInformation", service="ssm", MaxResults=50)
    return [each["InstanceId"] for each in answer["InstanceInformationList"]]


def contract(*operations: str, service: str = "ssm", moto: bool = False) -> Callable[[F], F]:
    """Run a test's body on the backends and count it as one of each of the operations'."""

    def mark(function: F) -> F:
        for operation in operations:
            COVERED.setdefault((service, operation), []).append(function.__name__)
        backends = (ENGINE, HTTP, MOTO) if moto else (ENGINE, HTTP)
        params = [pytest.param((name, service), id=name) for name in backends]
        marked: F = pytest.mark.parametrize("api", params, indirect=True)(function)
        return marked

    return mark


class InProcess:
    """The engine's own dispatch."""

    name = ENGINE

    def __init__(self, engine: Engine, service: str) -> None:
        self._engine = engine
        self.service = service
        self.account = engine.services.account
        self.region = engine.services.region

    async def call(self, operation: str, *, service: str = "", **params: Any) -> Shape:
        try:
            return await self._engine.call(operation, params, service=service or self.service)
        except ApiFault as fault:
            raise Refused(fault.code, fault.message) from fault


class Boto:
    """A server behind boto3, whose own checks of requests are off: what is wrong, the server is to say."""

    def __init__(self, name: str, service: str, clients: Callable[[str], Any], *, account: str, region: str) -> None:
        self.name = name
        self.service = service
        self.account = account
        self.region = region
        self._clients = clients

    async def call(self, operation: str, *, service: str = "", **params: Any) -> Shape:
        answer: Shape = await asyncio.to_thread(self._call, service or self.service, operation, params)
        return answer

    def _call(self, service: str, operation: str, params: Mapping[str, Any]) -> Shape:
        from botocore import xform_name
        from botocore.exceptions import ClientError

        try:
            answer = getattr(self._clients(service), xform_name(operation))(**params)
        except ClientError as error:
            said = error.response
            raise Refused(
                said["Error"]["Code"], said["Error"].get("Message", ""), said["ResponseMetadata"]["HTTPStatusCode"]
            ) from error
        del answer["ResponseMetadata"]
        plain: Shape = _plain(answer)
        return plain


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
