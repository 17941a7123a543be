"""Parameter Store over HTTP with boto3, at 1,000 and at 100,000 parameters, beside moto's server and a constant answer.

Then puts over the unix socket, one after the other and several at once, beside SQLite alone that commits each row with
full sync.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench._parameter_peers import VALUE, moto, name_of, numbered, path_of, preload
from tests.bench._peers import client_of, constant
from tests.bench._rows import Row, at_least, in_turns
from tests.contract.serving import serving
from tui.transport.local import LocalTransport

SMALL, GROWN = 1_000, 100_000
ROUNDS = 7
SECONDS = 0.4
"""How long one turn measures, one call at least."""
PUTS = 304
AT_ONCE = 8
MANY = f"of {GROWN:,}"
Call = Callable[[], Any]


def figures() -> list[Row]:
    """Measure; takes about two minutes, most of it for moto's lists of all that it has."""
    with tempfile.TemporaryDirectory(prefix="ssm-tui-bench-") as folder, contextlib.ExitStack() as stack:
        return [*_over_http(Path(folder), stack), *_durable(Path(folder) / "socket")]


def _over_http(folder: Path, stack: contextlib.ExitStack) -> list[Row]:
    calls: dict[str, Call] = {}
    for count in (SMALL, GROWN):
        preload(folder / str(count), numbered(count))
        served = stack.enter_context(serving(folder / str(count)))
        ours = client_of(served.endpoint, *served.key())
        calls |= {f"{name} {count}": call for name, call in _calls(ours, count).items()}
        if count == SMALL:
            answers = {
                "PutParameter": {"Version": 2, "Tier": "Advanced"},
                "GetParameter": _plain(ours.get_parameter(Name=name_of(0))),
                "GetParametersByPath": _plain(ours.get_parameters_by_path(Path=path_of(0))),
                "DescribeParameters": _plain(ours.describe_parameters()),
            }
            known = stack.enter_context(constant(answers))
            calls |= {f"{name} constant": call for name, call in _calls(known, SMALL).items()}
        peer = stack.enter_context(moto(count))
        if peer is not None:
            calls |= {f"{name} moto {count}": call for name, call in _calls(peer, count).items()}
    found = dict(zip(calls, in_turns(ROUNDS, *map(_rate, calls.values())), strict=True))
    rows, rate = [], partial(at_least, unit="calls/s")
    for name, said, small, grown in (
        ("put", "PutParameter", 2, 2),
        ("get", "GetParameter", 2, 2),
        ("path", "GetParametersByPath, 10", 3, 3),
        ("describe", "DescribeParameters, a page", 5, 50),
    ):
        ours, ours_grown = found[f"{name} {SMALL}"], found[f"{name} {GROWN}"]
        rows += [
            rate(f"{said} of {SMALL:,}", ours, found.get(f"{name} moto {SMALL}"), "moto server", small),
            rate(f"{said} {MANY}", ours_grown, found.get(f"{name} moto {GROWN}"), "moto server", grown),
            rate(f"{said} {MANY}", ours_grown, ours, f"ourselves, {SMALL:,}", 0.9),
            rate(f"{said} of {SMALL:,}", ours, found[f"{name} constant"], "aiohttp, constant body", None),
        ]
    return rows


def _calls(client: Any, count: int) -> Mapping[str, Call]:
    chosen = random.Random(count)
    number = itertools.count()

    def some() -> int:
        return chosen.randrange(count)

    return {
        "put": lambda: client.put_parameter(
            Name=name_of(some()), Value=f"{VALUE} {next(number)}", Type="String", Overwrite=True
        ),
        "get": lambda: client.get_parameter(Name=name_of(some())),
        "path": lambda: client.get_parameters_by_path(Path=path_of(some()), MaxResults=10),
        "describe": lambda: client.describe_parameters(),
    }


def _rate(call: Call) -> Callable[[], float]:
    """Measure one call after the other, calls a second."""

    def measure() -> float:
        made, start = 0, time.perf_counter()
        while not made or time.perf_counter() - start < SECONDS:
            call()
            made += 1
        return made / (time.perf_counter() - start)

    call()  # the connection is made
    return measure


def _durable(folder: Path) -> list[Row]:
    """Puts of new parameters over the socket, each on disk before its answer, beside SQLite that does as little."""
    folder.mkdir()
    with asyncio.Runner() as runner:
        transport = runner.run(LocalTransport.connect(folder / "state"))
        alone = _alone(folder / "alone.db")
        number = itertools.count()

        async def some(count: int) -> None:
            for _ in range(count):
                params = {"Name": f"/durable/{next(number):06}", "Value": VALUE, "Type": "String"}
                await transport.call("PutParameter", params)

        async def put(at_once: int) -> float:
            start = time.perf_counter()
            await asyncio.gather(*(some(PUTS // at_once) for _ in range(at_once)))
            return PUTS / (time.perf_counter() - start)

        def insert() -> float:
            start = time.perf_counter()
            for _ in range(PUTS):
                alone.execute("INSERT INTO parameters VALUES (?, ?)", (f"/durable/{next(number):06}", VALUE))
            return PUTS / (time.perf_counter() - start)

        try:
            one, several, peer = in_turns(ROUNDS, lambda: runner.run(put(1)), lambda: runner.run(put(AT_ONCE)), insert)
        finally:
            runner.run(transport.call("StopEngine", {"Force": True}, service="ssm-tui"))
            runner.run(transport.aclose())
            alone.close()
    said = "PutParameter over the socket, durable"
    return [
        at_least(f"{said}, {how}", ours, peer, "SQLite alone, full sync", 0.4, unit="calls/s")
        for how, ours in (("one after the other", one), (f"{AT_ONCE} at once", several))
    ]


def _alone(path: Path) -> sqlite3.Connection:
    conn = sqlite3.connect(path, isolation_level=None)
    conn.execute("PRAGMA journal_mode = WAL")
    conn.execute("PRAGMA synchronous = FULL")
    conn.execute("CREATE TABLE parameters (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID")
    return conn


def _plain(answer: Any) -> Any:
    """Give an answer as it stood on the wire: times as numbers, without what boto3 adds."""
    if isinstance(answer, dict):
        return {name: _plain(value) for name, value in answer.items() if name != "ResponseMetadata"}
    if isinstance(answer, list):
        return [_plain(value) for value in answer]
    return answer.timestamp() if hasattr(answer, "timestamp") else answer
