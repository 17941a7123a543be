"""What a handler is given, and the marks by which dispatch finds handlers."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from tui.ports import Clock, Shape

if TYPE_CHECKING:
    from tui.engine.bus import Bus
    from tui.engine.nodes import NodeRegistry
    from tui.engine.scheduler import Scheduler
    from tui.engine.store import Store


REGION = "us-east-1"
"""The region of those who name none."""


class Ids(Protocol):
    """Makes identifiers; tests hand in one that counts."""

    def uuid(self) -> str:
        """A UUID v4, lower case, 36 characters: commands, executions, activations."""

    def hex17(self) -> str:
        """17 hex digits: what follows `mi-` and a session's caller."""


class RandomIds:
    """Identifiers from the operating system's randomness."""

    def uuid(self) -> str:
        return str(uuid.uuid4())

    def hex17(self) -> str:
        return uuid.uuid4().hex[:17]


@dataclass(frozen=True, slots=True)
class CallerIdentity:
    """Who is calling: the audit names it, sessions carry it; `region` is the request's, empty where it named none."""

    account: str
    name: str
    read_only: bool = False
    region: str = ""

    @property
    def arn(self) -> str:
        return f"arn:{partition(self.region)}:iam::{self.account}:user/{self.name}"


def partition(region: str) -> str:
    """Give the first word of a region's ARNs."""
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"


def arn_of(resource: str, region: str, account: str, service: str = "ssm") -> str:
    """Write the ARN of a resource."""
    return f"arn:{partition(region)}:{service}:{region}:{account}:{resource}"


@dataclass(frozen=True, slots=True)
class StatePaths:
    """The files of one state folder; every one is 0600, every folder 0700."""

    root: Path

    @property
    def socket(self) -> Path:
        return self.root / "engine.sock"

    @property
    def keeper_socket(self) -> Path:
        return self.root / "keeper.sock"

    @property
    def lock(self) -> Path:
        return self.root / "engine.lock"

    @property
    def database(self) -> Path:
        return self.root / "engine.db"

    @property
    def log(self) -> Path:
        return self.root / "engine.log"

    @property
    def crash(self) -> Path:
        return self.root / "engine.crash"

    @property
    def credentials(self) -> Path:
        """The access key for the HTTP front, as an AWS profile."""
        return self.root / "credentials"

    @property
    def master_key(self) -> Path:
        """What wraps the keys of SecureString values, where no keyring has it."""
        return self.root / "master.key"

    @property
    def runs(self) -> Path:
        """Run folders of steps: `runs/COMMAND_ID/NODE_ID/N.STEP/`."""
        return self.root / "runs"

    @property
    def sessions(self) -> Path:
        """Raw logs of shells: `sessions/SESSION_ID/`."""
        return self.root / "sessions"


@dataclass(slots=True)
class Services:
    """What the engine is made of; one per engine, shared by every context."""

    store: Store
    clock: Clock
    ids: Ids
    bus: Bus
    scheduler: Scheduler
    nodes: NodeRegistry
    paths: StatePaths
    account: str
    region: str = REGION
    settings: Mapping[str, Any] = field(default_factory=dict)
    parts: dict[type, Any] = field(default_factory=dict)

    def part(self, kind: type[P]) -> P:
        """Give the engine's one object of a class (made on first use with these services), e.g. the command runner."""
        if kind not in self.parts:
            self.parts[kind] = kind(self)  # type: ignore[call-arg]  # a part's constructor takes Services, by convention
        found: P = self.parts[kind]
        return found


P = TypeVar("P")


@dataclass(slots=True)
class Context:
    """One call: who asks, and what the engine is made of."""

    services: Services
    caller: CallerIdentity
    dispatch: Callable[..., Awaitable[Shape]]
    operation: str = ""
    revealed: bool = False
    """A handler that is about to answer with a secret sets this: the audit has it before the caller has."""

    @property
    def region(self) -> str:
        """The region that the request names; the engine's own where it names none."""
        return self.caller.region or self.services.region

    def arn(self, resource: str, *, service: str = "ssm", account: str | None = None) -> str:
        """Write the ARN of a resource, like `managed-instance/mi-…`, in the request's region."""
        return arn_of(resource, self.region, self.caller.account if account is None else account, service)

    async def call(self, operation: str, params: Shape | None = None, *, service: str = "ssm") -> Shape:
        """Call another domain's operation as the same caller; the only way that domains talk to each other."""
        return await self.dispatch(operation, params or {}, service=service, caller=self.caller)


class ApiFault(Exception):  # noqa: N818 - AWS's own word for a modelled error is a fault
    """A modelled (or common) API error: `code` is AWS's exact code, `message` may be empty where AWS sends none.

    `details` are the other members of the error's shape, like the `ParameterNames` of some.
    """

    def __init__(self, code: str, message: str = "", details: Shape | None = None) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.message = message
        self.details = details or {}


Handler = Callable[[Context, Shape], Awaitable[Shape]]
Watch = Callable[[Context, Shape], AsyncIterator[Shape]]
Hook = Callable[[Services], Awaitable[None]]
Retention = Callable[[Services, float], Awaitable[None]]
Liveness = Callable[[Services], list[str]]
F = TypeVar("F", bound=Callable[..., Any])


def operation(name: str, *, service: str = "ssm", writes: bool | None = None) -> Callable[[F], F]:
    """Mark an async function `(ctx, request) -> response` as the handler of one API operation.

    `writes` says whether the call is audited as a change; by default names that begin with Get, List or Describe
    do not write.
    """

    def mark(function: F) -> F:
        is_read = name.startswith(("Get", "List", "Describe"))
        function.__operation__ = (service, name, (not is_read) if writes is None else writes)  # type: ignore[attr-defined]  # the mark itself
        return function

    return mark


def before_start(function: F) -> F:
    """Mark an async function `(services) -> None` that runs before all that is marked `on_start`.

    It brings back what those take for granted, as the nodes are by commands and shells.
    """
    function.__before_start__ = True  # type: ignore[attr-defined]  # the mark itself
    return function


def on_start(function: F) -> F:
    """Mark an async function `(services) -> None` that runs once when the engine starts, before the first call."""
    function.__on_start__ = True  # type: ignore[attr-defined]  # the mark itself
    return function


def on_stop(function: F) -> F:
    """Mark an async function `(services) -> None` that runs when the engine leaves; it must not end what runs."""
    function.__on_stop__ = True  # type: ignore[attr-defined]  # the mark itself
    return function


def keeps_alive(function: F) -> F:
    """Mark a function `(services) -> list[str]` that names what of the operator's is live (a command, a shell)."""
    function.__keeps_alive__ = True  # type: ignore[attr-defined]  # the mark itself
    return function


def watch(kind: str) -> Callable[[F], F]:
    """Mark an async generator `(ctx, params) -> events` as what serves one kind of watch; it ends when nothing follows.

    A kind of the bus that has no such generator is served by the bus's own events of that kind.
    """

    def mark(function: F) -> F:
        function.__watch__ = kind  # type: ignore[attr-defined]  # the mark itself
        return function

    return mark


def retains(function: F) -> F:
    """Mark an async function `(services, now) -> None` that deletes what is older than its domain keeps.

    It runs when the engine starts and every hour; `now` is in epoch seconds. It never touches what still runs.
    """
    function.__retains__ = True  # type: ignore[attr-defined]  # the mark itself
    return function
