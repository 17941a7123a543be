"""`ssm-tui stop`: end the engine, unless something of the operator's runs."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence

from tui.cli._args import FAILED, OK, Common, engine_only, parser
from tui.cli._context import opened, printable, run_async, talk
from tui.cli._daemon import holder, is_our_daemon
from tui.engine.context import StatePaths
from tui.errors import ApiError, ReadOnlyRefused, TransportError, Unreachable
from tui.services.engine import Engine, is_busy

ANSWER = 5.0
"""Seconds that the daemon has to answer before it counts as hanging."""
LEAVE = 10.0
"""Seconds that it has to leave."""


def main(common: Common, words: Sequence[str]) -> int:
    """Run the verb."""
    parse = parser("stop", "[--force]", "End the engine; it refuses while shells or commands live, and names them.")
    parse.add_argument(
        "--force",
        action="store_true",
        help="end it all the same, even if it hangs; shells and commands go on by themselves, and the next start of"
        " the engine takes them up",
    )
    args = parse.parse_args(words)
    engine_only(common, "stop")
    if common.read_only:
        raise ReadOnlyRefused("The engine was not stopped: --read-only was given.", hint="Leave it out.")
    return run_async(_stop(common, args.force))


async def _stop(common: Common, force: bool) -> int:
    paths = StatePaths(common.state)
    pid = holder(paths)
    if pid is None:
        talk(f"no engine runs on {common.state}.")
        return OK
    live: list[str] = []
    try:
        async with asyncio.timeout(ANSWER):
            async with opened(common, start=False) as transport:
                engine = Engine(transport)
                live = list((await engine.describe()).live)
                await engine.stop(force)
    except ApiError as error:
        if not is_busy(error):
            raise
        talk(f"the engine was not stopped. {printable(error.text)} End them first, or use --force.")
        return FAILED
    except (TimeoutError, TransportError) as error:
        if await _gone(paths, 0.0):
            return _said(pid, live)
        if not force:
            raise Unreachable(
                f"The engine, process {pid}, does not answer.", hint="ssm-tui stop --force ends its process."
            ) from error
        return await _kill(paths, pid)
    if await _gone(paths, LEAVE):
        return _said(pid, live)
    if force:
        return await _kill(paths, pid)
    raise Unreachable(f"The engine, process {pid}, agreed to leave and has not.", hint="Try ssm-tui stop --force.")


async def _kill(paths: StatePaths, pid: int) -> int:
    if not is_our_daemon(pid, paths):
        raise Unreachable(
            f"Process {pid} holds {paths.lock} and is not known to be an engine of ours.", hint="It was left alone."
        )
    for number, patience in ((signal.SIGTERM, 3.0), (signal.SIGKILL, LEAVE)):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            break
        if await _gone(paths, patience):
            break
    if holder(paths) is not None:
        raise Unreachable(f"Process {pid} could not be ended.", hint=f"{paths.log} may say why.")
    talk(f"the engine, process {pid}, hung; it was ended. Shells and commands go on; the next start takes them up.")
    return OK


def _said(pid: int, live: Sequence[str]) -> int:
    rest = f" {_counted(live)}: {printable(', '.join(live))}." if live else ""
    talk(f"the engine, process {pid}, was stopped.{rest}")
    return OK


def _counted(live: Sequence[str]) -> str:
    """Say what goes on without the engine, as the engine has named it."""
    shells = sum(name.startswith("shell ") for name in live)
    counts = [
        f"{count} {word}{'' if count == 1 else 's'}"
        for count, word in ((shells, "shell"), (len(live) - shells, "command"))
        if count
    ]
    goes, them = ("goes", "it") if len(live) == 1 else ("go", "them")
    return f"{' and '.join(counts)} {goes} on; the next start takes {them} up"


async def _gone(paths: StatePaths, patience: float) -> bool:
    """Wait for the lock to be free: that is when its owner is gone, whatever became of its socket."""
    loop = asyncio.get_running_loop()
    until = loop.time() + patience
    while holder(paths) is not None:
        if loop.time() >= until:
            return False
        await asyncio.sleep(0.02)
    return True
