"""Hours of use in little time: ten shells that talk, commands one after the other, 5,000 nodes that are asked often.

The console and the engine are processes of their own, the console in a pty. What they hold, memory and open files,
must not grow with what has passed through them. SSM_TUI_SOAK_MINUTES says how long it is looked at (one
without it); SSM_TUI_SOAK_REPORT names a file for what was measured.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.terminal.console_driver import console, environment
from tests.terminal.pty_driver import Program
from tui.transport.local import LocalTransport

NODES = 5_000
SHELLS = 10
COMMANDS_A_MINUTE = 20
"""What an hour of use has, by the minute: tells how much time the commands that were run stand for."""
WARM = 45.0
"""Seconds before it is measured: scrollbacks, caches and pools fill up."""
MEASURED = 60 * float(os.environ.get("SSM_TUI_SOAK_MINUTES", "1"))
REPORT = os.environ.get("SSM_TUI_SOAK_REPORT", "")
STEP = 1.0
"""Seconds between two samples."""

GROWTH = 1.15
"""How much more memory the last third may have than the one before it."""
SLACK = 4 * 2**20
"""Bytes more, whatever the share: what an allocator takes at a time."""
HANDLES = 4
"""Open files more: calls that are under way."""
THREADS = 3

PATIENCE = 60.0
"""Seconds that a shell may take to open, on a machine that is busy."""

SCROLLBACK = 2_000
"""Lines that a pane keeps: few, that they are all there before it is measured."""
FILLING = "seq -f 'a line of a log that says what happened at %g' 2200"
TALKING = "while :; do seq -f 'line %g of many' 50; sleep 0.2; done"


@dataclass(frozen=True, slots=True)
class Sample:
    """What the processes held at one moment; memory in bytes."""

    at: float
    console_memory: int
    console_handles: int
    console_threads: int
    engine_memory: int
    engine_handles: int
    engine_threads: int
    engine_tasks: int
    commands: int


@contextmanager
def engine(folder: Path) -> Iterator[tuple[psutil.Process, list[dict[str, int]]]]:
    """Run the engine; gives its process, and what it says of itself, the latest last."""
    words = [sys.executable, "-m", "tests.terminal.soak_engine", str(folder / "state"), str(NODES)]
    said: list[dict[str, int]] = []
    ready = threading.Event()
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment(folder) | _trace()) as process:
        assert process.stdout is not None
        lines = process.stdout

        def listen() -> None:
            for line in lines:
                said[:] = [*said[-9:], json.loads(line)]
                ready.set()

        listening = threading.Thread(target=listen)
        listening.start()
        try:
            assert ready.wait(30), "the engine does not start"
            yield psutil.Process(process.pid), said
        finally:
            process.terminate()
            listening.join()


def _trace() -> dict[str, str]:
    return {name: os.environ[name] for name in ("SSM_TUI_SOAK_TRACE",) if name in os.environ}


class Operator(threading.Thread):
    """Another client of the engine, that runs one command after the other and waits for each."""

    def __init__(self, state: Path) -> None:
        super().__init__(daemon=True)
        self.done = 0
        self.fault: BaseException | None = None
        self.ending = threading.Event()
        self._state = state

    def run(self) -> None:
        try:
            asyncio.run(self._work())
        except BaseException as error:
            self.fault = error

    async def _work(self) -> None:
        transport = await LocalTransport.connect(self._state, start=False, client="soak")
        here, others = await _nodes(transport)
        while not self.ending.is_set():
            # One with real processes, then one on nodes that are simulated: those take their time, nobody waits.
            await self._run(transport, [here], "echo $$; seq 50", waits=True)
            self.done += 1
            start = self.done * 7 % (len(others) - 5)
            await self._run(transport, others[start : start + 5], "uptime", waits=False)
            self.done += 1
        await transport.aclose()

    async def _run(self, transport: LocalTransport, nodes: list[str], script: str, *, waits: bool) -> None:
        request = {"DocumentName": "AWS-RunShellScript", "InstanceIds": nodes, "Parameters": {"commands": [script]}}
        sent = await transport.call("SendCommand", request)
        if waits:
            async for event in transport.watch("command", {"CommandId": sent["Command"]["CommandId"]}):
                if event["type"] == "command" and event["Command"]["Status"] not in ("Pending", "InProgress"):
                    break


async def _pages(transport: LocalTransport, operation: str, name: str, **params: Any) -> Any:
    answer = await transport.call(operation, params)
    while True:
        for each in answer[name]:
            yield each
        if not answer.get("NextToken"):
            return
        answer = await transport.call(operation, params | {"NextToken": answer["NextToken"]})


async def _nodes(transport: LocalTransport) -> tuple[str, list[str]]:
    """Give the id of this machine, and those of the simulated nodes."""
    nodes = [each async for each in _pages(transport, "DescribeInstanceInformation", "InstanceInformationList")]
    (here,) = (node["InstanceId"] for node in nodes if node["ComputerName"] == os.uname().nodename)
    return here, [node["InstanceId"] for node in nodes if node["InstanceId"] != here]


def this_machine(state: Path) -> str:
    """Give the id of this machine."""

    async def ask() -> str:
        transport = await LocalTransport.connect(state, start=False, client="soak")
        here, _ = await _nodes(transport)
        await transport.aclose()
        return here

    return asyncio.run(ask())


def attached(state: Path) -> int:
    """Count the shells that a console has open."""

    async def ask() -> int:
        transport = await LocalTransport.connect(state, start=False, client="soak")
        rows = [each async for each in _pages(transport, "DescribeSessions", "Sessions", State="Active")]
        found = [
            await transport.call("DescribeSession", {"SessionId": row["SessionId"]}, service="ssm-tui") for row in rows
        ]
        await transport.aclose()
        return sum(each["Attached"] > 0 for each in found)

    return asyncio.run(ask())


@contextmanager
def shells_ended(state: Path) -> Iterator[None]:
    """End every shell at the end: the engine leaves them to go on without it."""

    async def end() -> None:
        transport = await LocalTransport.connect(state, start=False, client="soak")
        rows = [each async for each in _pages(transport, "DescribeSessions", "Sessions", State="Active")]
        for row in rows:
            await transport.call("TerminateSession", {"SessionId": row["SessionId"]})
        await transport.aclose()

    try:
        yield
    finally:
        asyncio.run(end())


def drain(one: Program, seconds: float) -> int:
    """Take what the console draws for so long, and throw it away: no emulator follows it; gives the bytes."""
    end, count = time.monotonic() + seconds, 0
    while (left := end - time.monotonic()) > 0:
        if select.select([one.master], [], [], left)[0]:
            try:
                count += len(os.read(one.master, 65536))
            except OSError as error:  # EIO: nobody has the terminal open any more
                raise AssertionError(f"the console ended with exit status {one.wait_exit()}") from error
    return count


def _has_open(state: Path, number: int, _: Program) -> bool:
    return attached(state) >= number


def open_shells(one: Program, state: Path) -> None:
    """Open the shells as a person does, and have each fill its scrollback and talk on."""
    one.send(f"/{this_machine(state)}\r")
    for number in range(1, SHELLS + 1):
        one.wait_until(lambda me: f" 1 of {NODES + 1}" in me.text and "s shell" in me.text, "this machine alone")
        open_one(one, state, number)
        one.send(f"{FILLING}; {TALKING}\r")
        one.wait_for("of many", timeout=PATIENCE)
        one.send("\x1d:nodes\r")


def open_one(one: Program, state: Path, number: int) -> None:
    """Press the key, once more where a machine that is busy has nothing open after a while."""
    for patience in (PATIENCE / 2, PATIENCE):
        one.send("s")
        with suppress(AssertionError):
            one.wait_until(partial(_has_open, state, number), f"{number} shells are open", timeout=patience)
            return
        assert not one.ended, one.text
    raise AssertionError(f"shell {number} does not open; the screen:\n{one.text}")


PLACES = ("nodes", "sessions", "commands", "overview", "contexts", "run")


def go(one: Program, place: str, *, from_shell: bool) -> None:
    """Go to a place; in a shell every key but the prefix is the far end's."""
    if not from_shell:
        one.send("\x1b")
        drain(one, 0.2)  # else it would be Alt with the colon
    one.send("\x1d:" if from_shell else ":")
    drain(one, 0.2)
    one.send(f"{place}\r")
    drain(one, 0.6)


def use(one: Program, number: int) -> None:
    """Go to one place after the other, and about there."""
    place = PLACES[number % len(PLACES)]
    go(one, place, from_shell=PLACES[number % len(PLACES) - 1] == "sessions")
    if place == "commands":
        one.send("\r")  # the latest one, with its output
    elif place == "nodes":
        one.send("jjjkkGg")
    drain(one, 0.4)


def thirds(values: list[int]) -> tuple[float, float]:
    """Give the medians of the second and the last third."""
    third = len(values) // 3
    return statistics.median(values[third : 2 * third]), statistics.median(values[2 * third :])


@contextmanager
def log_told(folder: Path) -> Iterator[None]:
    """Where it fails, print what the console's log says besides stalls."""
    try:
        yield
    except BaseException:
        lines = (folder / "log" / "ssm-tui" / "log" / "console.log").read_text().splitlines()
        print("\n".join([line for line in lines if "the UI loop stood" not in line][-60:]))
        raise


@pytest.mark.slow
@pytest.mark.skipif(
    "SSM_TUI_SOAK_MINUTES" not in os.environ, reason="needs the machine to itself: SSM_TUI_SOAK_MINUTES=1"
)
def test_hours_of_use_leave_memory_and_open_files_as_they_were(state: Path) -> None:
    (state / "config" / "ssm-tui").mkdir(parents=True)
    (state / "config" / "ssm-tui" / "config.yaml").write_text(f"refresh: 1\nscrollback: {SCROLLBACK}\n")
    with log_told(state), engine(state) as (daemon, said), shells_ended(state / "state"), console(state) as one:
        one.wait_for("Online", timeout=60)
        screen = psutil.Process(one.pid)
        open_shells(one, state / "state")
        operator = Operator(state / "state")
        operator.start()
        samples: list[Sample] = []
        begun = time.monotonic()
        turns = 0
        while (at := time.monotonic() - begun) < WARM + MEASURED:
            use(one, turns)
            turns += 1
            assert operator.fault is None, operator.fault
            if at >= WARM and (not samples or at - samples[-1].at >= STEP):
                samples.append(_sample(at, screen, daemon, said, operator.done))
        operator.ending.set()
        operator.join(60)
        # It still answers, and its shells are still there.
        one.resize(30, 100)
        go(one, "nodes", from_shell=PLACES[turns % len(PLACES) - 1] == "sessions")
        one.resize(24, 80)
        one.wait_for(str(NODES + 1))
        _report(samples, turns, said[-1]["rounds"])
        assert attached(state / "state") == SHELLS
        for name, most in (("handles", HANDLES), ("threads", THREADS)):
            for who in ("console", "engine"):
                before, after = thirds([getattr(sample, f"{who}_{name}") for sample in samples])
                assert after <= before + most, f"the {who}'s {name} grew from {before} to {after}"
        for who in ("console", "engine"):
            before, after = thirds([getattr(sample, f"{who}_memory") for sample in samples])
            assert after <= max(before * GROWTH, before + SLACK), f"the {who}'s memory grew from {before} to {after}"
        before, after = thirds([sample.engine_tasks for sample in samples])
        assert after <= before * 1.5 + 20, f"the engine's tasks grew from {before} to {after}"


def _sample(
    at: float, screen: psutil.Process, daemon: psutil.Process, said: list[dict[str, int]], commands: int
) -> Sample:
    with screen.oneshot(), daemon.oneshot():
        return Sample(
            at,
            screen.memory_info().rss,
            screen.num_fds(),
            screen.num_threads(),
            daemon.memory_info().rss,
            daemon.num_fds(),
            daemon.num_threads(),
            said[-1]["tasks"],
            commands,
        )


def _report(samples: list[Sample], turns: int, rounds: int) -> None:
    first, last = samples[0], samples[-1]
    hours = last.commands / COMMANDS_A_MINUTE / 60
    print(f"\n{last.commands} commands stand for {hours:.1f} h; {turns} screens opened, nodes asked {rounds} times")
    for name in ("memory", "handles", "threads"):
        for who in ("console", "engine"):
            values = [getattr(sample, f"{who}_{name}") for sample in samples]
            unit = 2**20 if name == "memory" else 1
            print(f"{who} {name}: {[round(value / unit, 1) for value in values[:: max(1, len(values) // 12)]]}")
    print(f"engine tasks: {[sample.engine_tasks for sample in samples[:: max(1, len(samples) // 12)]]}")
    if REPORT:
        with suppress(OSError), Path(REPORT).open("w") as report:
            report.writelines(json.dumps(asdict(sample)) + "\n" for sample in samples)
    assert last.commands > first.commands, "no command was run while it was measured"
