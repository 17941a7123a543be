"""Starts and finds the engine's daemon of a state folder."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import tui
from tui.errors import StateError, TransportError, Unreachable
from tui.ports import Shape
from tui.transport.link import FORCE, Link

DEADLINE = 15.0
"""Seconds that a daemon is given to start."""

GREETING = 8.0
"""Seconds that a daemon which listens is given to say who it is."""

_LOOK_AGAIN = 0.03


async def reach(
    state: Path,
    hello: Shape,
    on_lost: Callable[[TransportError], None],
    *,
    start: bool = True,
    options: Sequence[str] = (),
    deadline: float = DEADLINE,
) -> tuple[Link, Shape]:
    """Connect to the daemon of a state folder, started where none runs; gives the connection and its greeting.

    Raises: Unreachable where none runs and `start` is False; StateError where the folder can't be used, or its daemon
    does not answer.
    """
    until = time.monotonic() + deadline
    while True:
        try:
            link = await Link.dial(state / "engine.sock", on_lost)
        except PermissionError as error:
            raise StateError(f"The state folder {state} can't be used: {error.strerror}.") from error
        except OSError as error:
            if not start:
                raise Unreachable(f"No engine runs in {state}.", hint="Start one by opening the console.") from error
            outcome = await start_daemon(state, options, until)
            if outcome.get("ready"):
                continue
            if "owner" not in outcome:
                raise StateError(str(outcome["error"]), hint=str(outcome.get("hint", ""))) from None
            # Another starter was quicker, or the daemon that has the folder is about to leave.
            if time.monotonic() >= until:
                raise hangs(state, int(outcome["owner"])) from None
            await asyncio.sleep(_LOOK_AGAIN)
            continue
        try:
            async with asyncio.timeout(max(0.1, min(GREETING, until - time.monotonic()))):
                return link, await link.hello(hello)
        except TimeoutError:
            link.abort()
            raise hangs(state, lock_owner(state)) from None
        except Unreachable:
            # It was leaving as we came in; without a start of our own there is nobody to wait for.
            if not start or time.monotonic() >= until:
                raise
            if state.stat().st_uid != os.getuid():
                raise StateError(
                    f"The state folder {state} belongs to another user.", hint="Choose another with --state."
                ) from None
            await asyncio.sleep(_LOOK_AGAIN)


def hangs(state: Path, pid: int) -> StateError:
    """Say that a folder's daemon does not answer."""
    who = f"process {pid}" if pid else "a process that has its lock"
    return StateError(f"The engine of {state} ({who}) does not answer.", hint=FORCE)


async def start_daemon(state: Path, options: Sequence[str], until: float) -> Mapping[str, Any]:
    """Start a daemon and give what it says when it is ready or knows that it can't be; see `tui.engine.daemon`."""
    reading, writing = os.pipe()
    try:
        command = [sys.executable, "-m", "tui.engine.daemon", "--state", str(state), "--ready-fd", str(writing)]
        process = subprocess.Popen(  # noqa: ASYNC220 - returns at once; waiting for it is asynchronous below
            [*command, *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=writing,  # what Python itself has to say before the daemon can
            pass_fds=(writing,),
            start_new_session=True,
            cwd=Path(tui.__file__).parent.parent,  # where `tui` is found even if it is not installed
        )
    finally:
        os.close(writing)
    try:
        said = await _read_all(reading, until)
    finally:
        os.close(reading)
        if process.poll() is None:  # the daemon proper has left this process behind; it ends at once
            await asyncio.get_running_loop().run_in_executor(None, process.wait)
    owner = lock_owner(state) if said is None else 0
    if owner:
        return {"error": "", "owner": owner}
    if said is None:
        return {"error": f"The engine of {state} was not ready in time.", "hint": _see_log(state)}
    for line in said.decode("utf-8", "replace").splitlines():
        with contextlib.suppress(ValueError):
            found = json.loads(line)
            if isinstance(found, dict):
                return found
    last = said.decode("utf-8", "replace").strip().rpartition("\n")[2]
    return {
        "error": f"The engine of {state} ended before it was ready{': ' if last else '.'}{last}",
        "hint": _see_log(state),
    }


def _see_log(state: Path) -> str:
    return f"{state / 'engine.log'} may have the reason."


async def _read_all(reading: int, until: float) -> bytes | None:
    """Read a pipe to its end, or to the end of its first line of JSON; None where that takes too long."""
    loop = asyncio.get_running_loop()
    said = bytearray()
    done: asyncio.Future[None] = loop.create_future()

    def read() -> None:
        data = os.read(reading, 65536)
        said.extend(data)
        if (not data or (b"{" in said and said.endswith(b"}\n"))) and not done.done():
            done.set_result(None)

    loop.add_reader(reading, read)
    try:
        async with asyncio.timeout(max(0.1, until - time.monotonic())):
            await done
    except TimeoutError:
        return None
    finally:
        loop.remove_reader(reading)
    return bytes(said)


def lock_owner(state: Path) -> int:
    """Give the process id of the daemon that has a state folder, 0 where none has."""
    try:
        lock = os.open(state / "engine.lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        text = os.pread(lock, 32, 0).strip()
        return int(text) if text.isdigit() else 0
    finally:
        os.close(lock)
    return 0


async def wait_until_gone(state: Path, pid: int, *, deadline: float = DEADLINE) -> None:
    """Wait until a daemon has let go of its folder. Raises: StateError where it does not."""
    until = time.monotonic() + deadline
    while lock_owner(state) == pid:
        if time.monotonic() >= until:
            raise hangs(state, pid)
        await asyncio.sleep(_LOOK_AGAIN)
