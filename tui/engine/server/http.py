"""The engine's HTTP front: AWS's wire in, dispatch, AWS's wire out. Loaded by `ssm-tui serve` alone."""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
import ssl
import uuid
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from aiohttp.web_protocol import RequestHandler
from aiohttp.web_request import BaseRequest

from tui.engine.context import ApiFault, CallerIdentity
from tui.engine.dispatch import Engine
from tui.engine.model import KMS, OWN, RESOURCE_GROUPS, SSM, STS, TAGGING, load_later, load_models
from tui.engine.server.keys import PROFILE, key_of
from tui.engine.server.query import FORM, QueryWire
from tui.engine.server.rest import RestWire
from tui.engine.server.sigv4 import Key, Verifier
from tui.engine.server.wire import JSON_1_1, Asked, JsonWire, Reply, Wire, encode

MAX_BODY = 4 * 1024 * 1024
"""Bytes of a request's body; the largest that SSM takes is an inventory of 1 MB."""
PATIENCE = 60.0
"""Seconds that a client has to send its request's body, and that an idle connection is kept."""
MOST = 1024
"""Connections at once, and half of the process's open files at most: the engine's own work needs the others."""
FINISH = 5.0
"""Seconds that requests under way are given when the front closes."""

WRITE = 1.0
"""Seconds that clients are given then to take their answers."""

_log = logging.getLogger(__name__)
_CALLERS = 256  # identities kept, one for each key and region


class HttpServer:
    """Serves one engine on a TCP socket that is bound, with or without TLS; `endpoint` is how clients name it."""

    def __init__(
        self,
        listener: socket.socket,
        endpoint: str,
        *,
        tls: ssl.SSLContext | None = None,
        read_only: bool = False,
        patience: float = PATIENCE,
        finish: float = FINISH,
        most: int = 0,
    ) -> None:
        self.endpoint = endpoint
        self._listener = listener
        self._tls = tls
        self._read_only = read_only
        self._patience = patience
        self._finish = finish
        self._most = most or _most()
        self._callers: dict[tuple[str, str], CallerIdentity] = {}
        models = load_models()
        self._targets: Mapping[str, Wire] = {
            "AmazonSSM": JsonWire(models[SSM], "ssm"),
            "SsmTui": JsonWire(models[OWN], "ssm"),
            "ResourceGroupsTaggingAPI_20170126": JsonWire(load_later(TAGGING), "tagging"),
            "TrentService": JsonWire(load_later(KMS), "kms"),
        }
        self._rest = [RestWire(load_later(RESOURCE_GROUPS), "resource-groups")]
        self._query = QueryWire(load_later(STS), "sts", "https://sts.amazonaws.com/doc/2011-06-15/")
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._web: _Connections | None = None
        self._server: asyncio.Server | None = None

    async def open(self, engine: Engine) -> None:
        """Serve an engine, with the keys of its state folder. Raises: StateError, OSError."""
        services = engine.services
        key = key_of(services.paths.credentials, engine.caller.name, services.region)
        self._engine = engine
        self._verifier = Verifier([key], services.clock.now)
        self._web = _Connections(self._handle, self._patience, self._most)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._web, sock=self._listener, ssl=self._tls, backlog=1024)

    def described(self) -> Mapping[str, str]:
        """Say where the engine is served, and where the keys are; for whoever started it."""
        services = self._engine.services
        return {
            "endpoint": self.endpoint,
            "region": services.region,
            "account": services.account,
            "credentials": str(services.paths.credentials),
            "profile": PROFILE,
        }

    async def aclose(self) -> None:
        """Take no more requests, let those that came whole be answered, and close what is open."""
        if self._server is None or self._web is None:
            self._listener.close()
            return
        self._server.close()
        self._web.pre_shutdown()
        try:
            async with asyncio.timeout(self._finish):
                await self._idle.wait()
        except TimeoutError:
            _log.warning("%d requests were not answered in time", self._under_way)
        await self._web.shutdown(WRITE)

    # one request

    async def _handle(self, request: BaseRequest) -> web.StreamResponse:
        request_id = str(uuid.uuid4())
        wire: Wire = self._targets["AmazonSSM"]  # whose words are used for what no service is asked
        status = 0
        try:
            target = _target(request)
            wire, asked = self._route(request, target)
            reply = await self._asked(request, target, wire, asked)
        except ApiFault as fault:
            reply = wire.fault(fault)
        except _Unread as unread:
            reply, status = wire.fault(unread.fault), unread.status
        except Exception:
            _log.exception("the request %s failed", request_id)
            reply = wire.fault(ApiFault("InternalServerError", f"The engine failed; its log has it as {request_id}."))
        return _response(reply, request_id, status)

    async def _asked(self, request: BaseRequest, target: str, wire: Wire, asked: Asked) -> Reply:
        headers = request.headers
        length = headers.get("Content-Length")
        if length is not None and int(length) > MAX_BODY:  # the parser has seen that it is a number
            raise _Unread.too_large()
        if wire is self._query:
            self._query.check_service(headers.get("Authorization", ""))
        claim = self._verifier.claim(request.method, target, headers, wire.signing)
        body = await self._body(request)
        claim.check(body)
        if wire is self._query:
            asked = self._query.asked(body)
        self._under_way += 1
        self._idle.clear()
        try:
            params = wire.params(asked, body, headers.get("Content-Type", ""))
            caller = self._caller(claim.key, claim.region)
            answer = await self._engine.call(asked.operation, params, service=wire.service, caller=caller)
            return wire.reply(asked.operation, answer)
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()

    def _route(self, request: BaseRequest, target: str) -> tuple[Wire, Asked]:
        named = request.headers.get("X-Amz-Target")
        if named is not None:
            prefix, _, name = named.partition(".")
            wire = self._targets.get(prefix)
            if wire is not None and request.method == "POST":
                return wire, Asked(name, {})
            raise ApiFault("UnknownOperationException", f"There is no operation {named}.")
        path, _, query = target.partition("?")
        form = request.headers.get("Content-Type", "").partition(";")[0].strip().lower() == FORM
        if path == "/" and request.method == "POST" and form:
            return self._query, Asked("", {})
        for rest in self._rest:
            asked = rest.find(request.method, path, query)
            if asked is not None:
                return rest, asked
        raise ApiFault("UnknownOperationException", "This is an endpoint of ssm-tui; it answers AWS's clients.")

    def _caller(self, key: Key, region: str) -> CallerIdentity:
        caller = self._callers.get((key.id, region))
        if caller is None:
            account = self._engine.services.account
            caller = CallerIdentity(account, key.user, read_only=self._read_only, region=region)
            if len(self._callers) >= _CALLERS:
                self._callers.clear()
            self._callers[key.id, region] = caller
        return caller

    async def _body(self, request: BaseRequest) -> bytes:
        content = request.content
        if not content.is_eof() and request.headers.get("Expect", "").lower() == "100-continue":
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
        chunks, size = [], 0
        try:
            if content.is_eof():  # it came with the head, as most do
                body = content.read_nowait()
                if len(body) > MAX_BODY:
                    raise _Unread.too_large()
                return body
            async with asyncio.timeout(self._patience):
                while chunk := await content.readany():
                    chunks.append(chunk)
                    size += len(chunk)
                    if size > MAX_BODY:
                        raise _Unread.too_large()
        except (web.RequestPayloadError, ConnectionError) as error:
            raise _Unread(400, "SerializationException", f"The request's body is broken: {error}") from None
        except TimeoutError:
            raise _Unread(408, "RequestTimeoutException", "The request's body did not come in time.") from None
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)


class _Connections(web.Server):
    """The front's connections."""

    def __init__(
        self, handler: Callable[[BaseRequest], Awaitable[web.StreamResponse]], patience: float, most: int
    ) -> None:
        super().__init__(handler)
        self._patience = patience
        self._most = most

    def __call__(self) -> RequestHandler | _Refused:  # type: ignore[override]  # asyncio takes any protocol
        if len(self._connections) >= self._most:
            return _Refused()
        return _Connection(
            self,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type]  # it takes None for no log, and has no type for that
            logger=_log,
            auto_decompress=False,  # nothing that AWS's clients send to these services is compressed
            keepalive_timeout=self._patience,
        )


class _Connection(RequestHandler):
    """One connection; what is no HTTP is answered here, without a word of what it was answered by."""

    __slots__ = ()

    def handle_error(
        self, request: BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        request_id = str(uuid.uuid4())
        _log.info("the request %s was answered with %d: %r", request_id, status, exc)
        body = encode({"__type": "BadRequestException", "message": "This is no HTTP request."})
        return _response(Reply(status, body, {"Content-Type": JSON_1_1}), request_id, status)


class _Refused(asyncio.Protocol):
    """One connection too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.abort()


class _Unread(Exception):  # noqa: N818 - named for what it says of the request
    """A request whose body is not read to its end: its connection can't be used again."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.fault = ApiFault(code, message)

    @classmethod
    def too_large(cls) -> _Unread:
        return cls(413, "RequestEntityTooLargeException", f"A request's body may have {MAX_BODY} bytes.")


def _response(reply: Reply, request_id: str, status: int = 0) -> web.Response:
    """Make a response; with a status of its own it is the connection's last."""
    headers = {**reply.headers, "x-amzn-RequestId": request_id, "Server": "ssm-tui"}
    response = web.Response(body=reply.body, status=status or reply.status, headers=headers)
    if status:
        response.force_close()
    return response


def _most() -> int:
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if files == resource.RLIM_INFINITY else min(MOST, files // 2)


def _target(request: BaseRequest) -> str:
    """Give the path and query as they were sent; a proxy's clients send a whole URL."""
    target = request.raw_path
    if target.startswith("/"):
        return target
    _, _, rest = target.partition("://")
    return f"/{rest.partition('/')[2]}"
