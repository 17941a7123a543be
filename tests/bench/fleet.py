"""10,000 nodes of an AWS account in the Fleet screen, beside a loop that makes the same calls and does nothing else.

The API stands in a process of its own: 50 nodes a page, 50 ms a call, each tenth call refused as too many; names and
tags come from calls of their own, which the loop does not make. Its pauses after a refusal are of the same length. The
screen runs in a terminal of 120x36, and a figure ends when the row is drawn. The cursor is moved when the first rows
are there, and looked after until the last.
"""

from __future__ import annotations

import asyncio
import gc
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench._rows import Row

COUNT, PAGE, LATENCY, REFUSED = 10_000, 50, 0.05, 10
ROUNDS = 3
SLACK = 0.05
"""Seconds that the first row may take beyond one page."""
MOST = 1.05
TURN = 0.02
"""Seconds between two looks at how the loop does."""
LIST = "DescribeInstanceInformation"


@dataclass(slots=True)
class Taken:
    """One load in seconds; `moved` counts how often the cursor stood on another node than where it was put."""

    first: float
    whole: float
    moved: int
    longest: float


async def serve() -> None:
    """Be the API until stdin ends; prints the port."""
    from tests.fake_aws import THROTTLED, Call, fake_aws, nodes, paged

    listed = nodes(COUNT)
    random.Random(5).shuffle(listed)
    pages = paged(listed, "InstanceInformationList", PAGE)
    names = {one["InstanceId"]: f"web-{number:05d}" for number, one in enumerate(listed)}
    calls = 0

    async def slow(call: Call) -> Any:
        nonlocal calls
        calls += 1
        if calls % REFUSED == 0:
            return THROTTLED
        await asyncio.sleep(LATENCY)
        return pages(call)

    async def tags(call: Call) -> Any:
        await asyncio.sleep(LATENCY)
        arns = call.params["ResourceARNList"]
        mapped = [
            {"ResourceARN": arn, "Tags": [{"Key": "Name", "Value": names[arn.rpartition("/")[2]]}]} for arn in arns
        ]
        return {"ResourceTagMappingList": mapped, "PaginationToken": ""}

    async with fake_aws() as aws:
        aws.answers |= {LIST: slow, "GetResources": tags}
        print(aws.port, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


@contextmanager
def api() -> Iterator[str]:
    """Run the API, and give its address."""
    root = Path(__file__).parent.parent.parent
    words = [sys.executable, "-m", "tests.bench.fleet", "serve"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.stdin.close()
            server.wait()


def session() -> Any:
    import boto3.session

    return boto3.session.Session(aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="s", region_name="eu-west-1")


def bare(url: str) -> Taken:
    """Make the calls of the list one after the other, with the same pauses after a refusal."""
    from botocore.config import Config
    from botocore.exceptions import ClientError

    from tui.transport.aws import FIRST

    some = random.Random(3)
    client = session().client("ssm", endpoint_url=url, config=Config(retries={"total_max_attempts": 1}))
    with suppress(ClientError):
        client.describe_instance_information(MaxResults=PAGE)  # a connection stands, as it does on our side
    found: list[Any] = []
    first = 0.0
    request: dict[str, Any] = {"MaxResults": PAGE}
    begun = time.perf_counter()
    while True:
        for attempt in range(10):
            try:
                answer = client.describe_instance_information(**request)
                break
            except ClientError:
                time.sleep(FIRST * 2**attempt * some.uniform(0.5, 1.0))
        found += answer["InstanceInformationList"]
        first = first or time.perf_counter() - begun
        if not answer.get("NextToken"):
            break
        request["NextToken"] = answer["NextToken"]
    assert len(found) == COUNT
    return Taken(first, time.perf_counter() - begun, 0, 0.0)


async def ours(url: str, folder: Path) -> Taken:
    """Load the Fleet screen once, with boto3 loaded and the screen waiting."""
    from tests.app.console import console, hit
    from tui.transport.aws import AwsTransport

    gc.disable()  # as the console does before it starts; it turns it on itself once it stands
    go = asyncio.Event()
    transport = await AwsTransport.open(session=session(), endpoint_url=url, context="prod")
    await transport.call("GetCallerIdentity", service="sts")
    await transport.call(LIST, {"MaxResults": PAGE})

    async def opened() -> AwsTransport:
        await go.wait()
        return transport

    late: Any = {"prod/eu-west-1": opened()}
    async with console(late, folder, words="nodes") as (app, pilot):
        await pilot.pause(0.5)
        grid: Any = app.screen.query_one("ResourceTable")
        changed = asyncio.Event()

        async def painted() -> float:
            drawn = asyncio.Event()
            grid.call_after_refresh(drawn.set)
            await drawn.wait()
            return time.perf_counter() - begun

        begun = time.perf_counter()
        go.set()
        while not (feeds := [feed for key, feed in app.services.feeds._feeds.items() if key[1] == LIST]):
            await asyncio.sleep(0)
        (feed,) = feeds
        feed.look(lambda _: changed.set())
        while not grid.total:
            changed.clear()
            await changed.wait()
        taken = Taken(await painted(), 0.0, 0, 0.0)
        await hit(pilot, *["j"] * 7)
        put = grid.cursor_id
        turns = asyncio.ensure_future(_turns(taken))
        while feed.fetching:
            changed.clear()
            await changed.wait()
            taken.moved += grid.cursor_id != put
        taken.whole = await painted()
        turns.cancel()
        shown = [node.name for node in feed.value]
        assert grid.total == COUNT
        assert sum(name.startswith("web-") for name in shown) == COUNT, "a node has no name"
        return taken


async def _turns(taken: Taken) -> None:
    """Note the longest time for which nothing else had a turn."""
    while True:
        last = time.perf_counter()
        await asyncio.sleep(TURN)
        taken.longest = max(taken.longest, time.perf_counter() - last - TURN)


def figures() -> list[Row]:
    """Measure; takes about a minute and a half."""
    mine, peer = [], []
    with api() as url, tempfile.TemporaryDirectory(prefix="ssm-tui-bench-") as folder:
        for _ in range(ROUNDS):
            peer.append(bare(url))
            mine.append(asyncio.run(ours(url, Path(folder))))
    first, whole = (statistics.median(getattr(one, name) for one in mine) for name in ("first", "whole"))
    page, loop = (statistics.median(getattr(one, name) for one in peer) for name in ("first", "whole"))
    moved, longest = sum(one.moved for one in mine), max(one.longest for one in mine)
    return [
        Row(
            name="first row",
            ours=first * 1e3,
            peer=page * 1e3,
            peer_name="one page",
            unit="ms",
            ratio=first / page,
            goal="<= one page + 50 ms",
            met=first <= page + SLACK,
        ),
        Row(
            name=f"all {COUNT:,} rows, with names and tags",
            ours=whole,
            peer=loop,
            peer_name="bare loop",
            unit="s",
            ratio=whole / loop,
            goal="<= 1.05 x",
            met=whole <= loop * MOST,
        ),
        Row(name="cursor moved by itself", ours=moved, unit="times", goal="0", met=moved == 0),
        Row(name="longest time without a turn for the keys", ours=longest * 1e3, unit="ms", goal="none", met=None),
    ]


if __name__ == "__main__":
    asyncio.run(serve())
