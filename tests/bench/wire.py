"""Calls a second with boto3 against `ssm-tui serve`, beside moto's server and a server of constant answers."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench._peers import client_of, constant, moto
from tests.bench._rows import Row, at_least, in_turns
from tests.bench.engine import COMMANDS, PAGE, grow, one_command, some_command
from tests.contract.serving import Served, serving
from tui.transport.local import LocalTransport

ROUNDS = 25
CALLS = 20
NODES = 10
Call = Callable[[], Any]


def figures() -> list[Row]:
    """Measure; takes about a minute, half of it for the filling of the store."""
    with tempfile.TemporaryDirectory(prefix="ssm-tui-bench-") as folder, contextlib.ExitStack() as stack:
        return _measure(Path(folder), stack)


def _measure(folder: Path, stack: contextlib.ExitStack) -> list[Row]:
    small = stack.enter_context(serving(folder / "small"))
    grown = stack.enter_context(serving(folder / "grown"))
    demo = stack.enter_context(serving(folder / "demo", demo=NODES))
    asked, asked_grown = asyncio.run(_one_command(small)), asyncio.run(_one_command(grown))
    grow(small.state / "engine.db", PAGE)
    grow(grown.state / "engine.db", COMMANDS)
    asked_grown = some_command(grown.state, asked_grown)
    ours, ours_grown, ours_demo = _client(small), _client(grown), _client(demo)
    page, nodes = {"MaxResults": PAGE}, {"MaxResults": NODES}
    answers = {
        "GetCommandInvocation": ours.get_command_invocation(**asked),
        "ListCommands": _plain(ours.list_commands(**page)),
        "DescribeInstanceInformation": _plain(ours_demo.describe_instance_information(**nodes)),
    }
    for answer in answers.values():
        answer.pop("ResponseMetadata", None)
    theirs = stack.enter_context(constant(answers))
    calls: dict[str, Call] = {
        "get": lambda: ours.get_command_invocation(**asked),
        "list": lambda: ours.list_commands(**page),
        "nodes": lambda: ours_demo.describe_instance_information(**nodes),
        "get, grown": lambda: ours_grown.get_command_invocation(**asked_grown),
        "list, grown": lambda: ours_grown.list_commands(**page),
        "get, constant": lambda: theirs.get_command_invocation(**asked),
        "list, constant": lambda: theirs.list_commands(**page),
        "nodes, constant": lambda: theirs.describe_instance_information(**nodes),
    }
    peer = stack.enter_context(moto())
    if peer is not None:
        client, asked_moto = peer
        for _ in range(PAGE - 1):
            client.send_command(
                DocumentName="AWS-RunShellScript",
                InstanceIds=[asked_moto["InstanceId"]],
                Parameters={"commands": ["echo hello"]},
            )
        calls["get, moto"] = lambda: client.get_command_invocation(**asked_moto)
        calls["list, moto"] = lambda: client.list_commands(**page)
    found = dict(zip(calls, in_turns(ROUNDS, *map(_rate, calls.values())), strict=True))
    rows, rate = [], partial(at_least, unit="calls/s, boto3")
    for name, key in (
        ("GetCommandInvocation", "get"),
        (f"ListCommands, a page of {PAGE}", "list"),
        (f"DescribeInstanceInformation, {NODES} nodes", "nodes"),
    ):
        rows.append(rate(name, found[key], found[f"{key}, constant"], "aiohttp, constant body", 0.6))
        if key != "nodes":
            rows.append(rate(name, found[key], found.get(f"{key}, moto"), "moto server", 2))
    for name, key in ((f"GetCommandInvocation, one of {COMMANDS:,}", "get"), (f"ListCommands of {COMMANDS:,}", "list")):
        rows.append(rate(name, found[f"{key}, grown"], found[key], "ourselves, small store", 0.8))
    return rows


def _rate(call: Call) -> Callable[[], float]:
    """Measure one call after the other, calls a second."""

    def measure() -> float:
        start = time.perf_counter()
        for _ in range(CALLS):
            call()
        return CALLS / (time.perf_counter() - start)

    call()  # the connection is made
    return measure


def _client(served: Served) -> Any:
    return client_of(served.endpoint, *served.key())


async def _one_command(served: Served) -> dict[str, Any]:
    transport = await LocalTransport.connect(served.state, start=False)
    try:
        return await one_command(transport)
    finally:
        await transport.aclose()


def _plain(answer: Any) -> Any:
    """Give an answer as it stood on the wire: times as numbers."""
    if isinstance(answer, dict):
        return {name: _plain(value) for name, value in answer.items()}
    if isinstance(answer, list):
        return [_plain(value) for value in answer]
    return answer.timestamp() if hasattr(answer, "timestamp") else answer
