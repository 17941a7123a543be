"""The engine's process: owns the state folder, serves the unix socket, leaves when nobody needs it.

    python -m tui.engine.daemon --state DIR [--ready-fd N] [--idle SECONDS] [--demo N --seed S] [--settings JSON]

With --ready-fd it detaches from its starter and writes one line of JSON there: {"ready": true, "pid": N}, or
{"error": SENTENCE, "hint": SENTENCE} where it could not start, with "owner": PID where another daemon has the folder
(0 where that has not written its process id yet).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import faulthandler
import fcntl
import json
import logging
import os
import signal
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from tui import __version__
from tui.engine import open_files
from tui.engine.context import ApiFault, StatePaths
from tui.engine.dispatch import Engine
from tui.engine.log import start_logging
from tui.engine.presence import write_crash
from tui.engine.server.unix import UnixServer
from tui.errors import StateError

IDLE = 60.0
"""Seconds without a client, without anything live and without anything scheduled after which the daemon leaves."""

_log = logging.getLogger("tui.engine.daemon")


class OwnedError(StateError):
    """The state folder has a daemon already; `owner` is its process id, 0 where it has not written it yet."""

    def __init__(self, message: str, *, owner: int) -> None:
        super().__init__(message, hint="End it with `ssm-tui stop`, or `ssm-tui stop --force` where it hangs.")
        self.owner = owner


class Told(Protocol):
    """Whoever waits for the start."""

    def yes(self) -> None:
        """Hear that everything listens."""


class Front(Protocol):
    """Another way to the engine than its unix socket; `endpoint` is known before it is opened."""

    endpoint: str

    async def open(self, engine: Engine) -> None:
        """Listen. Raises: StateError, OSError."""

    async def aclose(self) -> None:
        """Answer what was asked, and close."""


class Ready:
    """Tells the starter once how the start went; the descriptor is closed with that, and never written again."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor
        self._told = False
        if descriptor is not None:
            os.set_inheritable(descriptor, False)

    def yes(self) -> None:
        """Say that the socket listens."""
        self._tell({"ready": True, "pid": os.getpid()})

    def no(self, error: str, *, hint: str = "", owner: int | None = None) -> None:
        """Say why the engine could not start; nothing is said once it was ready."""
        if self._descriptor is None and not self._told:
            sys.stderr.write(f"{error} {hint}".rstrip() + "\n")
        self._tell({"error": error, "hint": hint} | ({} if owner is None else {"owner": owner}))

    def _tell(self, line: Mapping[str, Any]) -> None:
        self._told = True
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            with contextlib.suppress(OSError):  # the starter has gone
                os.write(descriptor, (json.dumps(line) + "\n").encode())
            os.close(descriptor)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the daemon; gives the process's exit status."""
    options = _options(argv)
    os.umask(0o077)
    ready = Ready(options.ready_fd)
    if options.ready_fd is not None:
        detach()
    paths = StatePaths(options.state.absolute())
    try:
        lock = take_folder(paths)
        start_log(paths)
    except StateError as error:
        ready.no(error.message, hint=error.hint, owner=error.owner if isinstance(error, OwnedError) else None)
        return 1
    os.chdir("/")
    settings = json.loads(options.settings)
    if options.demo:
        settings |= {"demo": options.demo, "demo_nodes": options.demo, "demo_seed": options.seed}
    try:
        return asyncio.run(serve(paths, settings, idle=options.idle, ready=ready))
    except StateError as error:
        _log.error("could not start: %s", error)
        ready.no(error.message, hint=error.hint)
        return 1
    except ApiFault as error:
        _log.error("could not start: %s", error)
        ready.no(error.message)
        return 1
    except BaseException as error:
        crashed(paths)
        ready.no(f"The engine could not start: {error!r}.", hint=f"{paths.log} has the reason.")
        return 1
    finally:
        os.close(lock)


async def serve(
    paths: StatePaths, settings: Mapping[str, Any], *, idle: float, ready: Told, front: Front | None = None
) -> int:
    """Serve one state folder, whose lock the caller holds, until there is a reason to leave.

    Raises: StateError, OSError where it could not start.
    """
    open_files.raise_limit()
    async with contextlib.AsyncExitStack() as opened:
        engine = await Engine.open(paths, settings=settings)
        opened.push_async_callback(engine.aclose)
        engine.presence.endpoint = front.endpoint if front is not None else ""
        server = await UnixServer.start(engine, paths)
        opened.push_async_callback(server.aclose)
        stopping = engine.presence.stopping
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopping.set)
        watch_idleness(engine, idle)
        if front is not None:
            opened.push_async_callback(front.aclose)
            await front.open(engine)
        _log.info("engine %s serves %s as process %d", __version__, paths.root, os.getpid())
        ready.yes()
        await stopping.wait()
        _log.info("the engine leaves; what runs goes on: %s", ", ".join(engine.live()) or "nothing")
    return 0


def start_log(paths: StatePaths) -> None:
    """Write everything that is logged to the folder's log, and there where the interpreter itself crashed.

    Raises: StateError.
    """
    try:
        start_logging(paths.log)
        faulthandler.enable(os.open(paths.log, os.O_WRONLY | os.O_APPEND))
    except OSError as error:
        raise StateError(f"The log {paths.log} can't be written: {error.strerror}.") from error


def crashed(paths: StatePaths) -> None:
    """Leave the exception that is being handled behind, in the log and for the next daemon to show."""
    text = traceback.format_exc()
    _log.critical("the engine crashed: %s", text)
    with contextlib.suppress(OSError):
        write_crash(paths.crash, time.time(), text)


def watch_idleness(engine: Engine, idle: float) -> None:
    """Stop the engine once it has been idle for so many seconds on its own clock; 0 or less means never."""
    if idle <= 0:
        return
    clock = engine.services.clock
    busy_at = clock.monotonic()

    def look() -> None:
        nonlocal busy_at
        if engine.presence.busy():
            busy_at = clock.monotonic()
        elif clock.monotonic() - busy_at >= idle:
            _log.info("nobody looked and nothing ran for %.0f seconds", idle)
            engine.presence.stopping.set()

    engine.services.scheduler.every("idleness", min(1.0, idle / 4), look)


def take_folder(paths: StatePaths) -> int:
    """Make the state folder ours alone and lock it; gives the lock's descriptor, to be kept open.

    Raises: StateError where it can't be written or is another user's; OwnedError where a daemon has it.
    """
    root = paths.root
    try:
        root.mkdir(parents=True, exist_ok=True)
        found = root.stat()
        if found.st_uid != os.getuid():
            raise StateError(f"The state folder {root} belongs to another user.", hint="Choose another with --state.")
        if found.st_mode & 0o077:
            root.chmod(0o700)
        lock = os.open(paths.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StateError(
            f"The state folder {root} can't be used: {error.strerror}.", hint="Choose another with --state."
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    except BlockingIOError:
        owner = os.pread(lock, 32, 0).strip()
        os.close(lock)
        pid = int(owner) if owner.isdigit() else 0
        raise OwnedError(f"The state folder {root} has an engine already, process {pid}.", owner=pid) from None
    except OSError as error:
        os.close(lock)
        raise StateError(f"The state folder {root} can't be written: {error.strerror}.") from error
    return lock


def detach() -> None:
    """Become a process that no terminal, folder or parent holds on to."""
    if os.fork():
        os._exit(0)
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    os.close(nothing)


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tui.engine.daemon", description="The engine of ssm-tui.")
    parser.add_argument("--state", type=Path, required=True, help="the state folder")
    parser.add_argument("--ready-fd", type=int, help="detach, and say here when ready")
    parser.add_argument("--idle", type=float, default=IDLE, help="seconds of idleness before it leaves; 0: never")
    parser.add_argument("--demo", type=int, default=0, metavar="N", help="simulate N nodes")
    parser.add_argument("--seed", type=int, default=1, help="what the simulated nodes' behaviour follows from")
    parser.add_argument("--settings", default="{}", help="settings as a JSON object")
    return parser.parse_args(argv)


if __name__ == "__main__":
    raise SystemExit(main())
