"""The engine: every call goes known operation → request → who may → handler → response → modelled error, here.

Handlers, start and stop hooks, watches and retention are found by their marks in the modules of `tui.engine.domains`.
"""

from __future__ import annotations

import getpass
import importlib.util
import logging
import os
import pkgutil
import sqlite3
import traceback
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tui.engine.audit import DENIED, REVEALED, SUCCEEDED, AuditEntry, current_entry, detail_of, settle
from tui.engine.bus import Bus
from tui.engine.context import (
    REGION,
    ApiFault,
    CallerIdentity,
    Context,
    Handler,
    Hook,
    Ids,
    Liveness,
    RandomIds,
    Retention,
    Services,
    StatePaths,
    Watch,
)
from tui.engine.model import LATER, SSM, TAGGING, ServiceModel, load_later, load_models
from tui.engine.presence import Presence
from tui.engine.retention import start_retention
from tui.engine.scheduler import Scheduler
from tui.engine.store import Store, unusable
from tui.engine.validation import Validator
from tui.errors import StateError
from tui.ports import Clock, Shape, SystemClock

if TYPE_CHECKING:
    from tui.engine.nodes import NodeRegistry

NOT_IMPLEMENTED = "NotImplementedException"
"""The code of an answer to an operation that AWS has and the embedded engine has no handler for."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """One handled operation with its shapes."""

    handler: Handler
    writes: bool
    input: str | None
    output: str | None
    requests: Validator
    responses: Validator
    codes: Mapping[str, str]

    def spoken(self, fault: ApiFault) -> ApiFault:
        """Give a fault in the words of the operation's service."""
        code = self.codes.get(fault.code)
        return fault if code is None else ApiFault(code, fault.message, fault.details)


Handlers = dict[tuple[str, str], tuple[Handler, bool]]
"""Handlers by service and operation, and whether each one writes."""


@dataclass(slots=True)
class Marks:
    """Everything that the modules of a package are marked with."""

    package: str
    handlers: Handlers
    watches: dict[str, Watch]
    before_start: list[Hook]
    on_start: list[Hook]
    on_stop: list[Hook]
    liveness: list[Liveness]
    retention: list[Retention]


class Engine:
    """The embedded Systems Manager of one state folder; made by `Engine.open`."""

    def __init__(self, services: Services, marks: Marks, models: Mapping[str, ServiceModel]) -> None:
        self.services = services
        self.presence = services.part(Presence)
        self.presence.liveness = marks.liveness
        self.caller = CallerIdentity(services.account, os_user())
        self._marks = marks
        self._models = dict(models)
        self._entries = _entries(self._models, marks.handlers)

    @classmethod
    async def open(
        cls,
        paths: StatePaths,
        *,
        clock: Clock | None = None,
        ids: Ids | None = None,
        registry: NodeRegistry | None = None,
        settings: Mapping[str, Any] | None = None,
        domains: str = "tui.engine.domains",
    ) -> Engine:
        """Open the store, find the handlers and run the start hooks.

        Raises: StateError where the folder or its store can't be used.
        """
        clock, ids = clock or SystemClock(), ids or RandomIds()
        marks = find_marks(domains)
        if registry is None:
            from tui.engine.nodes import NodeRegistry  # deferred: psutil is loaded with the nodes

            registry = NodeRegistry()
        store = await Store.open(paths.database)
        scheduler = Scheduler(clock)
        try:
            services = Services(
                store=store,
                clock=clock,
                ids=ids,
                bus=Bus(),
                scheduler=scheduler,
                nodes=registry,
                paths=paths,
                account=await _account(store, ids, (settings or {}).get("account", "")),
                settings=settings or {},
                region=(settings or {}).get("region", REGION),
            )
            engine = cls(services, marks, load_models())
            for hook in (*marks.before_start, *marks.on_start):
                await hook(services)
            start_retention(services, marks.retention)
        except BaseException as error:
            await scheduler.aclose()
            await store.aclose()
            if isinstance(error, sqlite3.DatabaseError):  # a damaged page shows when it is first read
                raise unusable(paths.database, error) from error
            raise
        return engine

    def live(self) -> list[str]:
        """Name what of the operator's runs."""
        return self.presence.live()

    async def call(
        self,
        operation: str,
        params: Shape | None = None,
        *,
        service: str = SSM,
        caller: CallerIdentity | None = None,
    ) -> Shape:
        """Answer one API call. Raises: ApiFault with AWS's code, nothing else."""
        entry = self._entries.get((service, operation)) or self._entry(service, operation)
        caller = caller or self.caller
        try:
            request: Shape = entry.requests.check(entry.input, params or {})
        except ApiFault as fault:
            raise entry.spoken(fault) from None
        context = Context(self.services, caller, self.call, operation)
        detail = detail_of(entry.requests.mask(entry.input, request)) if entry.writes else ""
        audit = AuditEntry(self.services.clock.now(), caller.arn, service, operation, detail)
        if not entry.writes:
            answer = await self._handle(entry, operation, context, request)
            if context.revealed:
                audit.detail = detail_of(entry.requests.mask(entry.input, request))
                await settle(self.services.store, audit, REVEALED)
            return answer
        if caller.read_only:
            await self._noted(audit, DENIED)
            raise _denied(context, service)
        outcome = "InternalServerError"
        token = current_entry.set(audit)
        try:
            response = await self._handle(entry, operation, context, request)
            outcome = SUCCEEDED
        except ApiFault as fault:
            outcome = fault.code
            raise
        finally:
            current_entry.reset(token)
            await self._noted(audit, outcome)
        return response

    async def _noted(self, audit: AuditEntry, outcome: str) -> None:
        """Have a call's outcome in the audit; a disk that is full must not turn the call's own answer into another.

        What was stored has its row already, in the same commit: what is lost here is the row of a call that stored
        nothing, like the engine's stop, or a more exact outcome. The log has it instead.
        """
        try:
            await settle(self.services.store, audit, outcome)
        except Exception as error:
            what = (audit.operation, audit.detail, audit.caller, outcome, error)
            _log.error("not in the audit: %s %s by %s: %s (%s)", *what)

    def writes(self, service: str, operation: str) -> bool:
        """Say whether a call changes something and must be carried out once it was taken."""
        if service in LATER:
            self._model(service)
        _, writes = self._marks.handlers.get((service, operation), (None, False))
        return writes

    async def watch(
        self, kind: str, params: Shape | None = None, *, caller: CallerIdentity | None = None
    ) -> AsyncIterator[Shape]:
        """Yield the events of one kind until the watch ends by itself or is closed. Raises: ApiFault."""
        served = self._marks.watches.get(kind)
        if served is not None:
            context = Context(self.services, caller or self.caller, self.call, f"watch:{kind}")
            events = served(context, params or {})
            try:
                async for event in events:
                    yield event
            finally:
                await events.aclose()  # type: ignore[attr-defined]  # a watch is an async generator by its mark
            return
        subscription = self.services.bus.subscribe({kind})
        try:
            async for _, event in subscription:
                yield event
        finally:
            await subscription.aclose()

    def coverage(self, service: str = SSM) -> dict[str, bool]:
        """Give every operation of a service's model, and whether the engine handles it."""
        operations = sorted(self._model(service).operations)
        return {name: (service, name) in self._marks.handlers for name in operations}

    async def aclose(self) -> None:
        """Leave: what runs goes on without the engine."""
        for hook in self._marks.on_stop:
            try:
                await hook(self.services)
            except Exception:
                _log.exception("a stop hook failed")
        await self.services.scheduler.aclose()
        self.services.bus.close()
        await self.services.store.aclose()

    async def _handle(self, entry: Entry, operation: str, context: Context, request: Shape) -> Shape:
        try:
            response = await entry.handler(context, request)
        except ApiFault as fault:
            raise entry.spoken(fault) from None
        except UnicodeEncodeError:  # half a character, which JSON can hold and neither a file nor the store can
            raise ApiFault("SerializationException", "A text of the request is not Unicode.") from None
        except Exception:
            raise entry.spoken(self._crash(operation, traceback.format_exc())) from None
        try:
            checked: Shape = entry.responses.check(entry.output, response)
        except ApiFault as fault:
            text = f"the response does not fit its model: {fault}"
            raise entry.spoken(self._crash(operation, text)) from None
        return checked

    def _model(self, service: str) -> ServiceModel:
        """Give a service's model, read with its handlers now where it was not needed before. Raises: KeyError."""
        if service in LATER and service not in self._models:
            model = self._models[service] = load_later(service)
            handlers = later_handlers(self._marks.package, service)
            self._marks.handlers.update(handlers)
            self._entries.update(_entries({service: model}, handlers))
        return self._models[service]

    def _entry(self, service: str, operation: str) -> Entry:
        """Give an operation's entry where it was not there at the start. Raises: ApiFault where there is none."""
        if service in LATER:
            self._model(service)
        entry = self._entries.get((service, operation))
        if entry is None:
            raise self._unknown(service, operation)
        return entry

    def _crash(self, operation: str, detail: str) -> ApiFault:
        reference = self.services.ids.uuid()
        _log.error("%s failed, reference %s: %s", operation, reference, detail)
        return ApiFault(
            "InternalServerError", f"{operation} failed inside the engine; its log has the reason under {reference}."
        )

    def _unknown(self, service: str, operation: str) -> ApiFault:
        model = self._models.get(service)
        if model is None or operation not in model.operations:
            return ApiFault("UnknownOperationException", f"There is no operation {service}:{operation}.")
        return ApiFault(NOT_IMPLEMENTED, f"The embedded engine has no handler for {operation}.")


def _denied(ctx: Context, service: str) -> ApiFault:
    action = f"{'tag' if service == TAGGING else service}:{ctx.operation}"
    return ApiFault(
        "AccessDeniedException",
        f"User: {ctx.caller.arn} is not authorized to perform: {action} on resource: {ctx.arn('*')} "
        f"because no identity-based policy allows the {action} action",
    )


def os_user() -> str:
    """Give the name of the operating system's user who runs the engine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in some containers
        return f"uid-{os.getuid()}"


def find_marks(package: str) -> Marks:
    """Import every module of a package and collect what is marked in it.

    Raises: ValueError where two handlers claim one operation or two generators one kind of watch.
    """
    marks = Marks(package, {}, {}, [], [], [], [], [])
    folder = Path(str(importlib.import_module(package).__file__)).parent
    for name in sorted(info.name for info in pkgutil.iter_modules([str(folder)])):
        _collect(importlib.import_module(f"{package}.{name}"), marks)
    return marks


def _collect(module: ModuleType, marks: Marks) -> None:
    for thing in vars(module).values():
        if getattr(thing, "__module__", None) != module.__name__:
            continue
        mark = getattr(thing, "__operation__", None)
        if mark is not None:
            service, name, writes = mark
            if (service, name) in marks.handlers:
                raise ValueError(f"{service}:{name} has two handlers, one in {module.__name__}")
            marks.handlers[service, name] = (thing, writes)
        kind = getattr(thing, "__watch__", None)
        if kind is not None:
            if kind in marks.watches:
                raise ValueError(f"the watch {kind} is served twice, once in {module.__name__}")
            marks.watches[kind] = thing
        for name, found in (
            ("__before_start__", marks.before_start),
            ("__on_start__", marks.on_start),
            ("__on_stop__", marks.on_stop),
            ("__keeps_alive__", marks.liveness),
            ("__retains__", marks.retention),
        ):
            if getattr(thing, name, False):
                found.append(thing)


def later_handlers(package: str, service: str) -> Handlers:
    """Give the handlers of one of the services LATER, whose modules are a package inside that of the others.

    Raises: ValueError, see `find_marks`.
    """
    name = f"{package}.{LATER[service]}"
    return find_marks(name).handlers if importlib.util.find_spec(name) is not None else {}


def _entries(models: Mapping[str, ServiceModel], handlers: Handlers) -> dict[tuple[str, str], Entry]:
    entries = {}
    validators = {
        name: (Validator(model.shapes), Validator(model.shapes, strict=True)) for name, model in models.items()
    }
    for (service, name), (handler, writes) in handlers.items():
        model = models[service].operations.get(name)
        if model is None:
            raise ValueError(f"{handler.__module__} handles {service}:{name}, which no model has")
        codes = models[service].codes
        entries[service, name] = Entry(handler, writes, model.input, model.output, *validators[service], codes)
    return entries


async def _account(store: Store, ids: Ids, wanted: str) -> str:
    """Give the store's account: 12 digits, made or taken once. Raises: StateError where it has another one."""
    row = store.read_one("SELECT value FROM meta WHERE key = 'account'")
    if row is not None:
        if wanted and row["value"] != wanted:
            raise StateError(
                f"The state folder is account {row['value']}'s, not {wanted}'s.", hint="Choose another with --state."
            )
        return str(row["value"])
    account = wanted or str(10**11 + int(ids.hex17(), 16) % (9 * 10**11))
    await store.write(lambda conn: conn.execute("INSERT INTO meta VALUES ('account', ?)", (account,)))
    return account
