"""The real engine in process, as the transport of a console; what somebody else does in between is hooked in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.app.fake_transport import FakeTransport
from tui.engine.context import ApiFault, StatePaths
from tui.engine.dispatch import Engine
from tui.errors import ApiError

Hook = Callable[[], Awaitable[Any]]


class EngineTransport(FakeTransport):
    """Answers with an engine of the test's own; `before` is awaited once, right before an operation."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        del self.answers["DescribeParameters"]  # the engine has some
        self.engine = engine
        self.before: dict[str, Hook] = {}

    async def call(self, operation: str, params: Mapping[str, Any] | None = None, *, service: str = "ssm") -> Any:
        if operation in self.answers:
            return await super().call(operation, params, service=service)
        self.sent.append((operation, dict(params or {})))
        hook = self.before.pop(operation, None)
        if hook is not None:
            await hook()
        try:
            return await self.engine.call(operation, dict(params or {}), service=service)
        except ApiFault as fault:
            raise ApiError(fault.code, fault.message, operation=operation) from fault

    async def put(self, name: str, value: str, type: str = "String", **more: Any) -> Any:
        """Put as somebody else does, who is not recorded."""
        request = {"Name": name, "Value": value, "Type": type, **more}
        return await self.engine.call("PutParameter", request)

    async def get(self, name: str) -> str:
        answer = await self.engine.call("GetParameter", {"Name": name, "WithDecryption": True})
        return str(answer["Parameter"]["Value"])

    def puts(self) -> list[dict[str, Any]]:
        """Give what the console itself has put."""
        return [request for operation, request in self.sent if operation == "PutParameter"]


@asynccontextmanager
async def engine_transport(folder: Path) -> AsyncIterator[EngineTransport]:
    (folder / "engine").mkdir()
    engine = await Engine.open(StatePaths(folder / "engine"), settings={"master_key": "file"})
    try:
        yield EngineTransport(engine)
    finally:
        await engine.aclose()
