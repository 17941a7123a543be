"""Two subtrees of parameters to compare: on a fake, and put into a real engine."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from tests.app._parameter_fake import ParametersFake
from tests.app.console import console, until
from tui.services.parameter_models import ParameterType, PutRequest
from tui.services.parameters import Parameters

STAGING = {
    "db/host": "staging.internal",
    "db/password": "secret:pw-of-staging",
    "db/token": "secret:the-same",
    "only/here": "x",
    "settings": '{"b": 1, "a": [1, 2]}',
    "same/1": "one",
    "same/2": "two",
}
PROD = {
    "db/host": "prod.internal",
    "db/password": "secret:pw-of-prod",
    "db/token": "secret:the-same",
    "only/there": "y",
    "settings": '{"a": [1, 3],\n "b": 1}',
    "same/1": "one",
    "same/2": "two",
}


def fake_of(parameters: Mapping[str, str], **how: Any) -> ParametersFake:
    """Make a fake of these; what looks like JSON is a String, whatever commas it has."""
    fake = ParametersFake(parameters, **how)
    for path, value in parameters.items():
        if value.startswith("{"):
            fake.history[path][-1]["Type"] = "String"
    return fake


def sides() -> dict[str, str]:
    """Give both subtrees, by whole paths."""
    both = {f"/app/staging/{path}": value for path, value in STAGING.items()}
    return both | {f"/app/prod/{path}": value for path, value in PROD.items()}


async def put_sides(parameters: Parameters) -> None:
    """Put both subtrees into an engine."""
    for path, value in sides().items():
        type = ParameterType.SECURE_STRING if value.startswith("secret:") else ParameterType.STRING
        await parameters.put(PutRequest(name=path, value=value.removeprefix("secret:"), type=type))


@contextlib.asynccontextmanager
async def compared(
    fake: ParametersFake | Mapping[str, ParametersFake], folder: Path, words: str, **how: Any
) -> AsyncIterator[tuple[Any, Any]]:
    """Open a comparison, and wait until all of it shows."""
    if isinstance(fake, Mapping):
        for name, one in fake.items():
            one.transport.context = name
    transport: Any = (
        {name: one.transport for name, one in fake.items()} if isinstance(fake, Mapping) else fake.transport
    )
    async with console(transport, folder, words=f"compare {words}", **how) as (app, pilot):
        await until(pilot, lambda: app.screen.is_done)  # type: ignore[attr-defined]
        yield app, pilot
