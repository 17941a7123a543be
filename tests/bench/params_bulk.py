"""Imports of 5,000 keys beside loops of boto3 and of AWS's command line; two subtrees of 10,000, read and compared.

An import is what `ssm-tui params import` does: what is there is read, the text too, a plan is made and checked, and
each key is read anew before it is put. One engine has them all, over its socket and over HTTP as AWS; the loops put
each key, and do nothing else.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench._garbage import as_the_console
from tests.bench._parameter_peers import VALUE, name_of, preload
from tests.bench._peers import client_of
from tests.bench._rows import Row, at_least, in_turns
from tests.contract.serving import Served, serving
from tui.cli._params_trees import read_about, read_values
from tui.ports import Transport
from tui.services.parameter_applying import apply
from tui.services.parameter_changes import Wanted
from tui.services.parameter_compare import Difference, DifferenceState, compare, subtree
from tui.services.parameter_models import ParameterValue, Tier
from tui.services.parameter_names import relative_to
from tui.services.parameter_plans import plan_of
from tui.services.parameter_texts import TextFormat, read_text
from tui.services.parameters import Parameters
from tui.transport.aws import AwsTransport
from tui.transport.local import LocalTransport

Put = Callable[[str, str], None]
"""Puts a value under a name."""
BUDGET = 0.1
"""Seconds that a comparison may take once both sides were read."""
LEFT, RIGHT = "/left", "/right"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured: keys of an import over the socket and over HTTP, and of each turn of a loop."""

    imported: int = 5_000
    over_http: int = 800
    looped: int = 400
    commands: int = 3
    rounds: int = 2
    compared: int = 10_000
    comparisons: int = 15


def figures(size: Size | None = None) -> list[Row]:
    """Measure; takes some forty seconds."""
    size = size or Size()
    with tempfile.TemporaryDirectory(prefix="ssm-tui-bench-") as folder:
        return [*imports(Path(folder), size), *asyncio.run(comparisons(Path(folder), size))]


# imports


def imports(folder: Path, size: Size) -> list[Row]:
    """Import below paths that nothing stands below yet, each round below one of its own."""
    (folder / "home").mkdir()
    paths = (f"/import-{number:03}" for number in itertools.count())
    with serving(folder / "import") as served, asyncio.Runner() as runner:
        socket = runner.run(LocalTransport.connect(served.state, start=False))
        aws = runner.run(_aws(served))
        client = client_of(served.endpoint, *served.key())
        loops = {
            "boto3, puts alone, one after the other": (_by_boto3(client), size.looped),
            f"aws ssm put-parameter for each, {size.commands * size.rounds} of them": (
                _by_command(served, folder / "home"),
                size.commands,
            ),
        }
        try:
            socket_rate, http_rate, *peers = in_turns(
                size.rounds,
                lambda: runner.run(imported(socket, next(paths), size.imported)),
                lambda: runner.run(imported(aws, next(paths), size.over_http)),
                *(partial(_looped, put, paths, count) for put, count in loops.values() if put is not None),
            )
        finally:
            runner.run(aws.aclose())
            runner.run(socket.aclose())
    known = iter(peers)
    of_loop = {name: next(known) if put is not None else None for name, (put, _) in loops.items()}
    ours = {
        f"import of {size.imported:,} over the socket": socket_rate,
        f"import of {size.over_http:,} over HTTP, as AWS": http_rate,
    }
    return [
        at_least(name, rate, peer, loop, 1, unit="keys/s")
        for name, rate in ours.items()
        for loop, peer in of_loop.items()
    ]


async def imported(transport: Transport, under: str, count: int) -> float:
    """Make a text what stands below a path, as the verb does; gives keys a second."""
    keys = {relative_to(name_of(number, under), under): f"{VALUE} {number}" for number in range(count)}
    text = json.dumps(keys)
    begun = time.perf_counter()
    service = Parameters(transport)
    current = await read_values(service, under, decrypt=True)
    about = await read_about(service, under)
    entries = read_text(text, TextFormat.JSON, under=under, known=current)
    wanted = [replace(Wanted.of(entry), tier=Tier.ADVANCED) for entry in entries]
    report = await apply(plan_of(current, wanted, about=about), service)
    taken = time.perf_counter() - begun
    assert report.clean and len(report.outcomes) == count, report.words
    return count / taken


async def _aws(served: Served) -> AwsTransport:
    import boto3.session

    session = boto3.session.Session(*served.key(), region_name=served.region)
    return await AwsTransport.open(session=session, endpoint_url=served.endpoint, context="bench")


def _by_boto3(client: Any) -> Put:
    def put(name: str, value: str) -> None:
        client.put_parameter(Name=name, Value=value, Type="String", Tier="Advanced", Overwrite=True)

    return put


def _by_command(served: Served, home: Path) -> Put | None:
    """Give a put by AWS's command line, None where that is not installed."""
    program = shutil.which("aws", path=str(Path(sys.executable).parent)) or shutil.which("aws")
    if program is None:
        return None
    command = [program, "ssm", "put-parameter", "--type", "String", "--tier", "Advanced", "--overwrite"]
    environ = served.environment(home)

    def put(name: str, value: str) -> None:
        words = [*command, "--name", name, "--value", value]
        subprocess.run(words, env=environ, check=True, stdout=subprocess.DEVNULL)

    return put


def _looped(put: Put, paths: Iterator[str], count: int) -> float:
    """Put so many new keys, one after the other; gives keys a second."""
    under = next(paths)
    begun = time.perf_counter()
    for number in range(count):
        put(name_of(number, under), f"{VALUE} {number}")
    return count / (time.perf_counter() - begun)


# comparisons


async def comparisons(folder: Path, size: Size) -> list[Row]:
    """Read two subtrees, ten parameters a page, and compare them."""
    for under in (LEFT, RIGHT):
        preload(folder / "compare", _sided(under, size.compared))
    transport = await LocalTransport.connect(folder / "compare")
    try:
        service = Parameters(transport)
        begun = time.perf_counter()
        left, right = await asyncio.gather(subtree(service, LEFT), subtree(service, RIGHT))
        read = time.perf_counter() - begun
        assert len(left) == len(right) == size.compared
    finally:
        await transport.call("StopEngine", {"Force": True}, service="ssm-tui")
        await transport.aclose()
    name = f"2 x {size.compared:,}"
    return [
        _compared(left, right, size),
        Row(name=f"{name} read over the socket, ten a page", ours=read, unit="s", goal="none", met=None),
    ]


def _sided(under: str, count: int) -> dict[str, str]:
    """Give one side: each tenth value is its own, and each hundredth path is the left's alone or the right's."""
    found = {}
    for number in range(count):
        alone = number % 100 == 99
        name = name_of(number, f"{under}/{under[1:]}-alone" if alone else under)
        found[name] = f"{VALUE} {number}{under if number % 10 == 0 else ''}"
    return found


def _compared(left: list[ParameterValue], right: list[ParameterValue], size: Size) -> Row:
    as_the_console()
    rows: list[Difference] = []

    def ours() -> float:
        begun = time.perf_counter()
        rows[:] = compare(left, right, left_under=LEFT, right_under=RIGHT)
        return time.perf_counter() - begun

    def plain() -> float:
        begun = time.perf_counter()
        one = {value.name[len(LEFT) :]: value.value for value in left}
        other = {value.name[len(RIGHT) :]: value.value for value in right}
        found = [(path, one.get(path) == other.get(path)) for path in sorted(one.keys() | other.keys())]
        taken = time.perf_counter() - begun
        assert len(found) == len(rows)
        return taken

    median, peer = in_turns(size.comparisons, ours, plain)
    states = [row.state for row in rows]
    assert states.count(DifferenceState.DIFFERENT) == size.compared // 10
    assert states.count(DifferenceState.ONLY_LEFT) == states.count(DifferenceState.ONLY_RIGHT) == size.compared // 100
    return Row(
        name=f"compare 2 x {size.compared:,}, once read",
        ours=median * 1e3,
        peer=peer * 1e3,
        peer_name="dicts of Python, no states",
        unit="ms",
        ratio=peer / median,
        goal=f"<= {BUDGET * 1e3:g} ms",
        met=median <= BUDGET,
    )
