"""What happens on AWS, seen by looking again: the events of the engine's watches, made from AWS's lists."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from tui.errors import ApiError
from tui.ports import Clock, Shape, Transport
from tui.transport.wrappers import Limited

SOON, LATE, GROWTH = 0.7, 5.0, 1.3
"""Seconds between two looks at a command: soon after something changed, later the longer nothing does."""
PAGE = 50
UNHURRIED = 4
"""A command on more nodes than a page has is listed whole only when its counters moved, or after so many looks."""
APPEARS = 6
"""Looks at a command that is not listed yet: AWS shows it a moment after it was sent."""

RUNNING = frozenset({"Pending", "InProgress", "Cancelling"})
FINAL = frozenset({"Success", "Cancelled", "Failed", "TimedOut"})

BUDGET = 4.0
"""Looks a second that all watches of a context make together."""
FRESH = 0.5
"""Seconds for which an answer is given to others who watch the same."""


class Looks(Limited):
    """The looks of one context's watches: not too many a second, and one for all who ask the same at the same time."""

    def __init__(self, inner: Transport, clock: Clock) -> None:
        super().__init__(inner, per_second=BUDGET, clock=clock)
        self._made: dict[str, tuple[float, asyncio.Future[Shape]]] = {}

    async def call(self, operation: str, params: Mapping[str, Any] | None = None, *, service: str = "ssm") -> Shape:
        """Look, or take what another one sees."""
        now, key = self._clock.monotonic(), json.dumps([operation, params], sort_keys=True)
        self._made = {
            key: (at, answer)
            for key, (at, answer) in self._made.items()
            if not answer.done() or (now - at < FRESH and not answer.cancelled() and answer.exception() is None)
        }
        if key not in self._made:
            self._made[key] = now, asyncio.ensure_future(super().call(operation, params, service=service))
        # Who leaves off leaves the look to the others.
        return await asyncio.shield(self._made[key][1])


def watch(transport: Transport, kind: str, params: Shape, clock: Clock) -> AsyncIterator[Shape]:
    """Yield what happens to a command; of other kinds nothing, since their lists are looked at again anyhow."""
    if kind == "command":
        return watch_command(transport, str(params.get("CommandId") or ""), clock)
    return _silence()


async def watch_command(transport: Transport, command_id: str, clock: Clock) -> AsyncIterator[Shape]:
    """Yield a command and its invocations as they are, then what changes; ends after the command's last state.

    Before an invocation's last state stands an event that some of its output was not sent: AWS shows an output when
    it is whole, and whoever wants it asks for it. Raises: TransportError; ApiError InvalidCommandId.
    """
    told: dict[str, Any] = {}
    counters: Any = None
    pause, looks, missing = SOON, 0, 0
    while True:
        command = await _command(transport, command_id)
        if command is None:
            missing += 1
            if missing >= APPEARS:
                raise ApiError("InvalidCommandId", f"no command {command_id}", operation="ListCommands")
            await clock.sleep(SOON)
            continue
        over = command.get("Status") not in RUNNING
        now = [command.get(name) for name in ("Status", "StatusDetails", "CompletedCount", "ErrorCount", "TargetCount")]
        changed = now != counters
        if changed and not over:
            yield {"type": "command", "CommandId": command_id, "Command": command}
        few = int(command.get("TargetCount") or 0) <= PAGE
        if changed or few or looks % UNHURRIED == 0:
            async for event in _invocations(transport, command_id, told):
                changed = True
                yield event
        if over and _whole(command, told):
            yield {"type": "command", "CommandId": command_id, "Command": command}
            return
        counters, looks = now, looks + 1
        pause = SOON if changed else min(LATE, pause * GROWTH)
        await clock.sleep(pause)


async def _invocations(transport: Transport, command_id: str, told: dict[str, Any]) -> AsyncIterator[Shape]:
    params: Shape = {"CommandId": command_id, "MaxResults": PAGE}
    while True:
        answer = await transport.call("ListCommandInvocations", params)
        for one in answer.get("CommandInvocations") or []:
            node, state = one["InstanceId"], (one.get("Status"), one.get("StatusDetails"))
            if told.get(node) == state:
                continue
            told[node] = state
            if state[0] in FINAL:
                for stream in ("stdout", "stderr"):
                    yield {
                        "type": "dropped",
                        "CommandId": command_id,
                        "InstanceId": node,
                        "Stream": stream,
                        "Bytes": 0,
                    }
            yield {"type": "invocation", "CommandId": command_id, "Invocation": one}
        token = answer.get("NextToken")
        if not token or token == params.get("NextToken"):
            return
        params["NextToken"] = token


async def _command(transport: Transport, command_id: str) -> Shape | None:
    try:
        answer = await transport.call("ListCommands", {"CommandId": command_id})
    except ApiError as error:
        if error.code == "InvalidCommandId":
            return None
        raise
    for command in answer.get("Commands") or []:
        found: Shape = command
        return found
    return None


def _whole(command: Shape, told: dict[str, Any]) -> bool:
    """Whether the invocations that were listed agree with a command that is over: the two lists move apart."""
    return all(state[0] in FINAL for state in told.values()) and len(told) >= int(command.get("CompletedCount") or 0)


async def _silence() -> AsyncIterator[Shape]:
    await asyncio.Event().wait()
    yield {}
