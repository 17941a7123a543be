"""The transport to AWS: boto3 in threads, each call sent once, and again only where that is safe and said."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from tui.errors import ApiError, CredentialsExpired, NotOnAws, OutcomeUnknown, ServerFailed, Throttled, TransportError
from tui.ports import Channel, Clock, Shape, SystemClock, Transport
from tui.transport.aws_clients import AwsClients
from tui.transport.aws_errors import Broken, Down
from tui.transport.threads import Threads
from tui.transport.wrappers import writes

log = logging.getLogger(__name__)

OWN = "ssm-tui"
NO_SHELL = "A shell on AWS needs the Session Manager data channel, which this version does not have."
LACKS: Mapping[str, str] = {
    "StartSession": NO_SHELL,
    "ResumeSession": NO_SHELL,
    "DescribeNodeDetails": "AWS does not tell a node's kernel, memory or user.",
    "ListNodeSamples": "AWS keeps no measurements of a node here; CloudWatch has those of its agent.",
    "ListProcesses": "AWS keeps no list of a node's processes.",
    "UpdateNode": "As whom commands run on a node of AWS is its agent's choice.",
    "SetBecomePassword": "As whom commands run on a node of AWS is its agent's choice.",
    "DescribeRun": "AWS does not tell as whom a command ran.",
    "GetOutput": "AWS keeps the first 24,000 characters of an output only.",
    "DescribeEngine": "There is no engine here: this context is AWS itself.",
    "StopEngine": "There is no engine here: this context is AWS itself.",
    "ListAuditEvents": "AWS keeps its audit in CloudTrail.",
    "DescribeSession": "AWS does not tell the size and the exit status of a session.",
}
"""Operations that a context of AWS does not have, and why, as a sentence."""

FIRST, LONGEST = 0.15, 20.0
"""Seconds of the first pause after a throttle, which doubles, and of the longest."""
ATTEMPTS = 10
"""How often a call that is throttled is sent before whoever asked is told."""
BROKEN = 2
"""How often a read is sent again whose connection broke."""
FAILING = 6
"""How often a read is sent again that was answered with HTTP 5xx: for some seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """A call that is sent again: `code` is what it was answered, `wait` the seconds until then."""

    service: str
    operation: str
    params: Mapping[str, Any]
    code: str
    attempt: int
    wait: float


class AwsTransport:
    """The API of one AWS profile in one region; implements `tui.ports.Transport`.

        transport = await AwsTransport.open("prod", "eu-west-1", context="prod/eu-west-1")

    Opening reads and sends nothing: boto3 is imported and credentials are looked for in a thread by the first call.
    From then on `peer` has region, profile and, as soon as STS has said them, account, arn and partition, and
    `odd_region` where it answers in a region that botocore does not know; each of `on_peer` is called when it has more.
    No connection is kept that could be lost, so `on_lost` is never called; `reconnect` reads configuration and
    credentials anew, as does any call after one that failed with CredentialsExpired, whose `login` is the command line
    that logs in.

    What is throttled, or failed at the other end, is sent again after a growing pause, and each of `on_retry` hears of
    it: `throttled` says how many calls wait now because they were too many, `backing_off` for how many seconds at most.
    `lacks` says why some operations are refused.
    """

    def __init__(self, clients: Callable[[], AwsClients], *, context: str, clock: Clock, threads: int) -> None:
        self.context = context
        self.lacks = LACKS
        self.peer: Shape = {}
        self.on_lost: list[Callable[[TransportError], None]] = []
        self.on_peer: list[Callable[[], None]] = []
        self.on_retry: list[Callable[[Retry], None]] = []
        self.throttles = 0
        self._make = clients
        self._clients = clients()
        self._stale = False
        self._clock = clock
        self._random = random.Random()  # noqa: S311 - it spreads pauses, and keeps no secret
        self._threads = Threads(threads, f"aws-{context}")
        self._waiting: dict[object, float] = {}
        self._identity: asyncio.Task[None] | None = None
        self._looks: Transport | None = None

    @classmethod
    async def open(
        cls,
        profile: str | None = None,
        region: str | None = None,
        *,
        context: str = "aws",
        endpoint_url: str | None = None,
        session: Any = None,
        clock: Clock | None = None,
        config_file: Path | None = None,
        credentials_file: Path | None = None,
        threads: int = 8,
        connect_timeout: float = 5.0,
        read_timeout: float = 20.0,
    ) -> AwsTransport:
        """Make a transport; None as profile or region is what the environment and the AWS configuration say.

        `endpoint_url` is for every service (else AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_SSM and the profile decide);
        `session` is a boto3 session to use as it is; the files are those of the AWS configuration, where they are not
        the usual ones; timeouts are seconds.
        """
        named = {"config_file": config_file, "credentials_file": credentials_file}

        def clients() -> AwsClients:
            return AwsClients(
                profile or "",
                region or "",
                endpoint_url=endpoint_url,
                session=session,
                files={name: str(file) for name, file in named.items() if file is not None},
                connect_timeout=connect_timeout,
                read_timeout=read_timeout,
                connections=threads + 2,
            )

        made = cls(clients, context=context, clock=clock or SystemClock(), threads=threads)
        made.peer = {"region": region or "", "profile": profile or "", "account": ""}
        return made

    @property
    def throttled(self) -> int:
        """How many calls wait now because AWS said that they were too many."""
        return len(self._waiting)

    @property
    def backing_off(self) -> float:
        """Seconds until the last of the calls that wait is sent again; 0 where none waits."""
        return max(0.0, max(self._waiting.values(), default=0.0) - self._clock.monotonic())

    async def call(self, operation: str, params: Mapping[str, Any] | None = None, *, service: str = "ssm") -> Shape:
        """Call one API operation; who is cancelled is free at once.

        A read is sent again where it was throttled, its connection broke or the service failed, a write where it was
        throttled, or has a client token.
        Raises: TransportError; OutcomeUnknown where a write's answer was lost, NotOnAws.
        """
        if (service == OWN or operation in LACKS) and service in (OWN, "ssm"):
            raise NotOnAws(LACKS.get(operation, "AWS has nothing like it."), operation=operation)
        request = dict(params or {})
        is_write = writes(operation, service)
        can_repeat = not is_write or await self._tokened(service, operation, request)
        broken, attempt = 0, 0
        while True:
            attempt += 1
            try:
                answer = await self._once(service, operation, request)
            except Throttled as error:
                if attempt >= ATTEMPTS:
                    raise
                self.throttles += 1
                await self._pause(service, operation, request, error.code, attempt, throttled=True)
            except (OutcomeUnknown, Broken, ServerFailed) as error:
                broken += 1
                if not can_repeat or broken > (FAILING if isinstance(error, (ServerFailed, Down)) else BROKEN):
                    raise
                code = error.code if isinstance(error, ApiError) else type(error).__name__
                await self._pause(service, operation, request, code, attempt)
            else:
                self._ask_identity()
                return answer

    def watch(self, kind: str, params: Mapping[str, Any] | None = None) -> AsyncIterator[Shape]:
        """Yield events of one kind, made of what is asked every few seconds. Raises: TransportError."""
        from tui.transport.aws_watch import Looks, watch  # deferred: not needed before something is watched

        if self._looks is None:
            self._looks = Looks(self, self._clock)
        return watch(self._looks, kind, dict(params or {}), self._clock)

    async def open_channel(self, session_id: str, *, rows: int, columns: int, read_only: bool = False) -> Channel:
        """Refuse. Raises: NotOnAws."""
        raise NotOnAws(NO_SHELL, operation="StartSession")

    async def reconnect(self) -> None:
        """Read configuration and credentials anew at the next call."""
        old, self._clients = self._clients, self._make()
        self._stale = False
        if self._identity is not None:
            self._identity.cancel()
            self._identity = None
        self._threads.post(old.close)

    async def aclose(self) -> None:
        """Let the threads end; calls that are under way are given up."""
        if self._identity is not None:
            self._identity.cancel()
        self._threads.post(self._clients.close)
        self._threads.close()

    async def _once(self, service: str, operation: str, request: Mapping[str, Any]) -> Shape:
        if self._stale:
            await self.reconnect()
        clients = self._clients
        try:
            answer = await self._threads.run(partial(clients.invoke, service, operation, request))
            if clients.odd and not self.peer.get("odd_region"):
                # It answers all the same, as an endpoint of one's own does.
                self.peer["odd_region"] = clients.region
                self._tell_peer()
            return answer
        except CredentialsExpired:
            # Who logs in meanwhile does so in files that botocore has read already.
            self._stale = self._stale or clients is self._clients
            raise
        finally:
            self._note(clients)

    async def _tokened(self, service: str, operation: str, request: Shape) -> bool:
        """Give a request a client token where its operation knows one, so that it may be sent twice."""
        clients = self._clients
        name = await self._threads.run(partial(clients.token_member, service, operation))
        if name and name not in request:
            request[name] = str(uuid4())
        return bool(name)

    async def _pause(
        self, service: str, operation: str, request: Shape, code: str, attempt: int, *, throttled: bool = False
    ) -> None:
        wait = min(LONGEST, FIRST * float(2 ** (attempt - 1))) * self._random.uniform(0.5, 1.0)
        log.info("%s is sent again in %.2f s: %s", operation, wait, code)
        for tell in [*self.on_retry]:
            tell(
                Retry(service=service, operation=operation, params=request, code=code, attempt=attempt, wait=wait),
            )
        this = object()
        if throttled:
            self._waiting[this] = self._clock.monotonic() + wait
        try:
            await self._clock.sleep(wait)
        finally:
            self._waiting.pop(this, None)

    # who is at the other end

    def _note(self, clients: AwsClients) -> None:
        if clients.region and clients.region != self.peer.get("region"):
            self.peer["region"] = clients.region
            self._tell_peer()
        if clients.profile:
            self.peer["profile"] = clients.profile

    def _ask_identity(self) -> None:
        if self._identity is None:
            self._identity = asyncio.ensure_future(self._identify())

    async def _identify(self) -> None:
        with contextlib.suppress(TransportError):
            who = await self._once("sts", "GetCallerIdentity", {})
            arn = str(who.get("Arn") or "")
            self.peer |= {"account": str(who.get("Account") or ""), "arn": arn, "partition": arn.split(":")[1:2]}
            self.peer["partition"] = "".join(self.peer["partition"]) or "aws"
            self._tell_peer()

    def _tell_peer(self) -> None:
        for tell in [*self.on_peer]:
            tell()
