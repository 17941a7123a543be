"""A small server that speaks AWS's wire and answers what a test tells it: errors, pages, rubbish, nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from aiohttp import web

from tui.ports import Shape

TARGETS = {"AmazonSSM": "ssm", "ResourceGroupsTaggingAPI_20170126": "resourcegroupstaggingapi"}


@dataclass(frozen=True, slots=True)
class Fault:
    """An error as AWS writes it."""

    code: str
    message: str = ""
    status: int = 400
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Raw:
    """Any HTTP answer."""

    body: bytes
    status: int = 200
    kind: str = "text/html"


@dataclass(frozen=True, slots=True)
class Call:
    """One request that came."""

    service: str
    operation: str
    params: Shape
    key: str = ""


Answer = Shape | Fault | Raw | str
Handler = Callable[[Call], Any]
THROTTLED = Fault("ThrottlingException", "Rate exceeded")
EXPIRED = Fault("ExpiredTokenException", "The security token included in the request is expired")


def denied(call: Call) -> Fault:
    """Refuse as AWS does, naming the action."""
    prefix = {"resourcegroupstaggingapi": "tag"}.get(call.service, call.service)
    said = (
        f"User: arn:aws:iam::123456789012:user/oncall is not authorized to perform: {prefix}:{call.operation} on "
        f"resource: * because no identity-based policy allows the {prefix}:{call.operation} action"
    )
    if call.service == "ec2":
        return Fault("UnauthorizedOperation", "You are not authorized to perform this operation.", 403)
    return Fault("AccessDeniedException", said)


class FakeAws:
    """`answers` maps an operation to what it gives: a shape, a Fault, Raw, XML text, or a function of the call.

    A function may be async, for one that hangs. `calls` are those that came, `first` answers for all before `answers`.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Answer | Handler] = {"GetCallerIdentity": _identity}
        self.first: Handler | None = None
        self.calls: list[Call] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def operations(self, *, service: str = "ssm") -> list[str]:
        """Give the operations that were called, in order."""
        return [call.operation for call in self.calls if call.service == service]

    async def handle(self, request: web.Request) -> web.Response:
        call = await _read(request)
        self.calls.append(call)
        answer: Any = self.first(call) if self.first is not None else None
        if asyncio.iscoroutine(answer):
            answer = await answer
        if answer is None:
            answer = self.answers.get(call.operation, Fault("UnknownOperationException", status=400))
            if callable(answer):
                answer = answer(call)
            if asyncio.iscoroutine(answer):
                answer = await answer
        return _write(call, answer)


@asynccontextmanager
async def fake_aws(ssl: Any = None) -> AsyncIterator[FakeAws]:
    """Run one on a port of its own."""
    fake = FakeAws()
    app = web.Application(client_max_size=1 << 24)
    app.router.add_route("*", "/{path:.*}", fake.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=ssl)
    await site.start()
    fake.port = runner.addresses[0][1]
    try:
        yield fake
    finally:
        await runner.cleanup()


async def _read(request: web.Request) -> Call:
    body = await request.read()
    signature = request.headers.get("Authorization", "")
    key = signature.partition("Credential=")[2].partition("/")[0]
    target = request.headers.get("X-Amz-Target", "")
    if target:
        prefix, _, operation = target.partition(".")
        return Call(TARGETS.get(prefix, prefix), operation, json.loads(body or b"{}"), key)
    words = dict(parse_qsl(body.decode()))
    scope = signature.partition("Credential=")[2].split("/")
    return Call(scope[3] if len(scope) > 3 else "", words.pop("Action", request.path), dict(words), key)


def _write(call: Call, answer: Any) -> web.Response:
    headers = {"x-amzn-RequestId": str(uuid4())}
    match answer:
        case Raw():
            return web.Response(body=answer.body, status=answer.status, content_type=answer.kind, headers=headers)
        case Fault() if call.service in ("ec2", "sts"):
            name = "Response" if call.service == "ec2" else "ErrorResponse"
            error = f"<Error><Code>{answer.code}</Code><Message>{answer.message}</Message></Error>"
            inside = f"<Errors>{error}</Errors>" if call.service == "ec2" else error
            text = f"<{name}>{inside}<RequestID>{uuid4()}</RequestID></{name}>"
            return web.Response(text=text, status=answer.status, content_type="text/xml")
        case Fault():
            body = {"__type": answer.code, **({"message": answer.message} if answer.message else {})}
            return _json(body, answer.status, headers | dict(answer.headers))
        case str():
            return web.Response(text=answer, content_type="text/xml", headers=headers)
    return _json(answer, 200, headers)


def _json(body: Shape, status: int, headers: Mapping[str, str]) -> web.Response:
    return web.Response(
        body=json.dumps(body).encode(),
        status=status,
        headers=dict(headers) | {"Content-Type": "application/x-amz-json-1.1"},
    )


def _identity(call: Call) -> str:
    return (
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
        "<Arn>arn:aws:iam::123456789012:user/oncall</Arn><UserId>AIDA</UserId><Account>123456789012</Account>"
        "</GetCallerIdentityResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>"
        "</GetCallerIdentityResponse>"
    )


def nodes(count: int, first: int = 0, prefix: str = "mi-") -> list[Shape]:
    """Make instance informations as AWS writes them."""
    return [
        {
            "InstanceId": f"{prefix}{number:017x}",
            "PingStatus": "Online",
            "LastPingDateTime": 1_795_000_000.5,
            "PlatformType": "Linux",
            "PlatformName": "Amazon Linux",
            "PlatformVersion": "2023",
            "AgentVersion": "3.3.40.0",
            "IPAddress": f"10.0.{number // 256 % 256}.{number % 256}",
            "ComputerName": f"host-{number:05d}",
            "ResourceType": "ManagedInstance" if prefix == "mi-" else "EC2Instance",
        }
        for number in range(first, first + count)
    ]


def paged(items: list[Shape], key: str, size: int = 50, *, token: str = "NextToken") -> Handler:
    """Make a list operation that gives so many at once."""

    def handle(call: Call) -> Shape:
        start = int(call.params.get(token) or 0)
        answer: Shape = {key: items[start : start + size]}
        if start + size < len(items):
            answer[token] = str(start + size)
        return answer

    return handle
