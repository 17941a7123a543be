"""What the tests of plan dialogs share: the engine in process as a transport, and windows over a console on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.screen import ModalScreen

from tests.app.console import console, until
from tests.app.fake_transport import FakeTransport
from tui.app import SsmApp
from tui.engine.context import ApiFault, StatePaths
from tui.engine.dispatch import Engine
from tui.ports import Ref
from tui.screens._parameter_apply import PlanDialog
from tui.screens._parameter_import import ImportForm
from tui.screens._parameter_leaving import LeavingQuestion
from tui.screens._parameter_plan import Planned, PlanReview
from tui.screens._path_prompt import PathPrompt
from tui.screens._waiting import Waiting
from tui.services.parameter_models import ParameterType, ParameterValue, PutRequest
from tui.services.parameter_plans import delete_plan
from tui.services.parameter_texts import Entry
from tui.services.parameters import Parameters
from tui.theming import UNICODE
from tui.transport.faults import api_error

SECURE = ParameterType.SECURE_STRING
Before = Callable[[str, dict[str, Any]], Awaitable[None]]


class EngineTransport(FakeTransport):
    """The engine's own dispatch; `before` comes in front of each call, and may write, wait or raise."""

    def __init__(self, engine: Engine, context: str = "local") -> None:
        super().__init__()
        self.context = context
        self.engine = engine
        self.before: Before | None = None

    async def call(self, operation: str, params: Mapping[str, Any] | None = None, *, service: str = "ssm") -> Any:
        request = dict(params or {})
        self.sent.append((operation, request))
        if self.before is not None:
            await self.before(operation, request)
        try:
            return await self.engine.call(operation, request, service=service)
        except ApiFault as fault:
            raise api_error(fault.code, fault.message, operation) from fault

    async def put(self, path: str, value: str, **more: Any) -> None:
        """Be another writer: what it does is not in `sent`, and meets no `before`."""
        kind = {"Type": "String"} | more
        await self.engine.call("PutParameter", {"Name": path, "Value": value, "Overwrite": True, **kind})

    async def values(self, path: str = "/") -> dict[str, str]:
        """Give what is there, by path."""
        found: dict[str, str] = {}
        async for page in Parameters(self).below(path, decrypt=True):
            found |= {one.id: one.value for one in page}
        return found

    def count(self, operation: str) -> int:
        return sum(name == operation for name, _ in self.sent)


@asynccontextmanager
async def engine(folder: Path, **values: str) -> AsyncIterator[EngineTransport]:
    """Open an engine with parameters below /app: `host="db"` is /app/host, a secret's value begins with `secret:`."""
    state = folder / "state"
    state.mkdir()
    made = await Engine.open(StatePaths(state))
    transport = EngineTransport(made)
    for name, text in values.items():
        secret = text.startswith("secret:")
        request = PutRequest(
            name=f"/app/{name.replace('__', '/')}",
            value=text.removeprefix("secret:"),
            type=SECURE if secret else ParameterType.STRING,
        )
        await Parameters(transport).put(request)
    transport.sent.clear()
    try:
        yield transport
    finally:
        await made.aclose()


def value(path: str, text: str = "v", type: ParameterType = ParameterType.STRING, version: int = 1) -> ParameterValue:
    return ParameterValue(
        ref=Ref("local", path), name=path, type=type, value=text, version=version, plain=True, arn=f"arn:x{path}"
    )


def by_path(*values: ParameterValue) -> Mapping[str, ParameterValue]:
    return {one.id: one for one in values}


@asynccontextmanager
async def opened(
    folder: Path, window: Any, transport: Any = None, **how: Any
) -> AsyncIterator[tuple[SsmApp, Pilot[Any]]]:
    """Open a window over a console that has nothing to do."""
    async with console(transport or FakeTransport(), folder, **how) as (app, pilot):
        await until(pilot, lambda: app.is_connected)
        await app.push_screen(window)
        await until(pilot, lambda: app.screen is window and window.settled)
        yield app, pilot


def plan_windows(transport: FakeTransport) -> list[ModalScreen[Any]]:
    """Make one of every window of plans, for tests that look at all windows."""

    async def forever(progress: Any) -> None:
        await asyncio.Event().wait()

    planned = Planned("Delete /app/a", delete_plan([value("/app/a")]), "local")
    return [
        PlanReview(planned, UNICODE),
        PlanDialog(planned, Parameters(transport), UNICODE),
        LeavingQuestion("?", "?"),
        PathPrompt("?", complete=lambda _: ["/app"]),
        ImportForm("?", [Entry("/app/a", "1")], "/app", []),
        Waiting("?", forever),
    ]
