"""Calls a second over the engine's unix socket, beside moto's server with boto3; flat as the store grows."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench._peers import moto
from tests.bench._rows import Row, in_turns
from tui.transport.local import LocalTransport

ROUNDS = 9
PAGE = 50
COMMANDS = 100_000
"""How many commands the grown store holds."""


def figures() -> list[Row]:
    """Measure; takes about a minute, most of it for the filling of the store."""
    with tempfile.TemporaryDirectory(prefix="ssm-tui-bench-") as folder, asyncio.Runner() as runner:
        return _measure(Path(folder), runner)


def _measure(folder: Path, runner: asyncio.Runner) -> list[Row]:
    run = runner.run
    transports = [
        run(LocalTransport.connect(folder / "small")),
        run(LocalTransport.connect(folder / "grown")),
        run(LocalTransport.connect(folder / "demo", demo=10, seed=1)),
    ]
    small, grown, demo = transports
    try:
        asked = run(one_command(small))
        asked_grown = run(one_command(grown))
        grow(folder / "small" / "engine.db", PAGE)
        grow(folder / "grown" / "engine.db", COMMANDS)
        listed = run(demo.call("DescribeInstanceInformation", {"MaxResults": 10}))["InstanceInformationList"]
        assert len(listed) == 10, f"{len(listed)} nodes were listed"
        page = {"MaxResults": PAGE}
        measures = [
            _rate(run, small, "GetCommandInvocation", asked, 400),
            _rate(run, grown, "GetCommandInvocation", some_command(folder / "grown", asked_grown), 400),
            _rate(run, small, "ListCommands", page, 50),
            _rate(run, grown, "ListCommands", page, 50),
            _rate(run, demo, "DescribeInstanceInformation", {"MaxResults": 10}, 200),
        ]
        with moto() as peer_of_ours:
            theirs = _peer_rate(peer_of_ours) if peer_of_ours else None
            measured = in_turns(ROUNDS, *measures, *([theirs] if theirs else []))
        ours, ours_grown, listing, listing_grown, describe = measured[:5]
        peer = measured[5] if theirs else None
    finally:
        for transport in transports:
            run(_stop(transport))
    ratio = ours / peer if peer else None
    moto_name = "moto server, boto3"
    return [
        Row(
            name="GetCommandInvocation",
            ours=ours,
            peer=peer,
            peer_name=moto_name,
            unit="calls/s",
            ratio=ratio,
            goal="ratio >= 8",
            met=None if ratio is None else ratio >= 8,
        ),
        Row(
            name="DescribeInstanceInformation, 10 nodes",
            ours=describe,
            unit="calls/s",
            goal="ours >= 1500",
            met=describe >= 1500,
        ),
        _flat(f"GetCommandInvocation, one of {COMMANDS:,}", ours_grown, ours),
        _flat(f"ListCommands, {PAGE} of {COMMANDS:,}", listing_grown, listing),
    ]


def _flat(name: str, grown: float, small: float) -> Row:
    return Row(
        name=name,
        ours=grown,
        peer=small,
        peer_name="ourselves, small store",
        unit="calls/s",
        ratio=grown / small,
        goal="ratio >= 0.8",
        met=grown / small >= 0.8,
    )


def _rate(
    run: Callable[..., Any], transport: LocalTransport, operation: str, params: dict[str, Any], calls: int
) -> Callable[[], float]:
    """Measure one call after the other, calls a second."""

    async def measure() -> float:
        start = time.perf_counter()
        for _ in range(calls):
            await transport.call(operation, params)
        return calls / (time.perf_counter() - start)

    return lambda: float(run(measure()))


async def one_command(transport: LocalTransport) -> dict[str, Any]:
    """Run a command on this machine to its end, and give what asks for it."""
    found = await transport.call("DescribeInstanceInformation", {})
    node = found["InstanceInformationList"][0]["InstanceId"]
    sent = await transport.call(
        "SendCommand",
        {"DocumentName": "AWS-RunShellScript", "InstanceIds": [node], "Parameters": {"commands": ["echo hello"]}},
    )
    command = sent["Command"]["CommandId"]
    async for _ in transport.watch("command", {"CommandId": command}):
        pass  # the watch ends when the command has
    asked = {"CommandId": command, "InstanceId": node}
    answer = await transport.call("GetCommandInvocation", asked)
    assert answer["Status"] == "Success", answer
    return asked


def grow(database: Path, commands: int) -> None:
    """Copy the newest command, its invocation and its steps until the store holds so many."""
    conn = sqlite3.connect(database, timeout=30, isolation_level=None)
    try:
        conn.execute("BEGIN IMMEDIATE")
        (source,) = conn.execute("SELECT max(number) FROM commands").fetchone()
        (count,) = conn.execute("SELECT count(*) FROM commands").fetchone()
        named = {
            table: [row[1] for row in conn.execute(f"PRAGMA table_info({table})")]
            for table in ("commands", "invocations", "steps")
        }
        for number in range(source + 1, source + 1 + commands - count):
            for table, columns in named.items():
                replaced = {"number": "?1", "command_id": "?2"} if table == "commands" else {"command": "?1"}
                wanted = ", ".join(replaced.get(column, column) for column in columns)
                key = "number" if table == "commands" else "command"
                values = (number, str(uuid.uuid4()), source) if table == "commands" else (number, source)
                place = "?3" if table == "commands" else "?2"
                conn.execute(f"INSERT INTO {table} SELECT {wanted} FROM {table} WHERE {key} = {place}", values)
        conn.execute("COMMIT")
    finally:
        conn.close()


def _peer_rate(peer: tuple[Any, dict[str, Any]]) -> Callable[[], float]:
    """Measure one boto3 call to moto after the other, calls a second."""
    client, asked = peer
    calls = 60

    def measure() -> float:
        start = time.perf_counter()
        for _ in range(calls):
            client.get_command_invocation(**asked)
        return calls / (time.perf_counter() - start)

    measure()
    return measure


def some_command(state: Path, invocation: dict[str, Any]) -> dict[str, Any]:
    conn = sqlite3.connect(state / "engine.db")
    try:
        row = conn.execute("SELECT command_id FROM commands WHERE number = ?", (COMMANDS // 2,)).fetchone()
        return {**invocation, "CommandId": row[0]}
    finally:
        conn.close()


async def _stop(transport: LocalTransport) -> None:
    await transport.call("StopEngine", {"Force": True}, service="ssm-tui")
    await transport.aclose()
