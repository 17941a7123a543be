"""Takes a state folder from the daemon that has it, where that one is idle."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tui.cli._context import PATIENCE, printable
from tui.engine.context import StatePaths
from tui.engine.daemon import OwnedError, take_folder
from tui.errors import ApiError, StateError, TransportError, Unreachable
from tui.services.engine import Engine, EngineInfo, is_busy

DEADLINE = 15.0
"""Seconds that the other one has to start, to answer and to leave."""
_LOOK_AGAIN = 0.03


async def take_over(paths: StatePaths, *, account: str = "") -> int:
    """Give the lock of a state folder once it is ours.

    Raises: StateError where the folder can't be used, is another account's, or its engine is busy or hangs.
    """
    from tui.transport.starting import hangs

    loop = asyncio.get_running_loop()
    until = loop.time() + DEADLINE
    asked = False
    while True:
        try:
            return take_folder(paths)
        except OwnedError as error:
            if loop.time() >= until:
                raise hangs(paths.root, error.owner) from error
        if not asked:
            asked = await _asked_to_leave(paths, account)
        await asyncio.sleep(_LOOK_AGAIN)


async def _asked_to_leave(paths: StatePaths, account: str) -> bool:
    """Ask the daemon to leave, where it is idle; False where it is not there yet, or no more."""
    from tui.transport.local import LocalTransport

    try:
        transport = await LocalTransport.connect(paths.root, start=False, client="cli", patience=PATIENCE)
    except Unreachable:
        return False
    try:
        engine = Engine(transport)
        info = await engine.describe()
        _refuse_busy(paths, info)
        if account and info.account != account:
            raise StateError(
                f"The state folder {paths.root} is account {info.account}'s, not {account}'s.",
                hint="Choose another with --state.",
            )
        await engine.stop(False)
    except ApiError as error:
        if is_busy(error):  # it was idle a moment ago
            raise _busy(paths, printable(error.text)) from error
        raise
    except TransportError:
        return False  # it has just left by itself, or says nothing; the lock tells
    finally:
        await transport.aclose()
    return True


def _refuse_busy(paths: StatePaths, info: EngineInfo) -> None:
    if info.endpoint:
        raise StateError(
            f"The state folder {paths.root} is served already, at {info.endpoint} by process {info.pid}.",
            hint="Use that one, end it with ssm-tui stop, or choose another folder with --state.",
        )
    live: Sequence[str] = info.live
    consoles = [f"{info.consoles} open console{'s' if info.consoles != 1 else ''}"] if info.consoles else []
    if live or consoles:
        raise _busy(paths, f"It has {', '.join([*map(printable, live), *consoles])}.")


def _busy(paths: StatePaths, what: str) -> StateError:
    return StateError(
        f"The engine of {paths.root} is busy, and was left alone. {what}",
        hint="End what is live first, or choose another folder with --state.",
    )
