"""The watch of one command: its state, its invocations' states and their output as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from tui.engine import command_store
from tui.engine.bus import Subscription
from tui.engine.command_records import Command, invocation_shape
from tui.engine.command_runner import CommandRunner
from tui.engine.context import ApiFault, Context, watch
from tui.engine.output_feed import OutputFeed
from tui.ports import Shape

SHORTEST, LONGEST, LONGEST_OF_MANY = 0.004, 0.012, 0.05
"""Seconds between two looks at the files: short after something came, longer the longer nothing does."""

FEW = 10
"""Nodes whose files are looked at so often."""

GROWTH = 1.25

MANY = 50
"""Of a command that is over, on more nodes than these, no output is sent along: whoever opens one asks for it."""


@watch("command")
async def watch_command(ctx: Context, params: Shape) -> AsyncIterator[Shape]:
    """Yield the command and its invocations as they are, then what changes; ends after the command's final state.

    An invocation's final state comes after all of its output. Raises: ApiFault InvalidCommandId.
    """
    command_id = params.get("CommandId")
    if not isinstance(command_id, str):
        raise ApiFault("ValidationException", "The watch of a command needs its CommandId.")
    command = ctx.services.part(CommandRunner).live.get(command_id)
    if command is None:
        for event in _finished(ctx, command_id):
            yield event
        return
    subscription = ctx.services.bus.subscribe({"command"}, lambda _, event: event["CommandId"] == command_id)
    try:
        async for event in _live(ctx, command, subscription):
            yield event
    finally:
        await subscription.aclose()


async def _live(ctx: Context, command: Command, states: Subscription) -> AsyncIterator[Shape]:
    feed = OutputFeed(ctx.services.paths.runs, len(command.invocations))
    yield {"type": "command", "CommandId": command.command_id, "Command": command.shape()}
    for number, invocation in enumerate(command.invocations.values(), 1):
        if number % 100 == 0:
            await asyncio.sleep(0)
        shape = command.invocation_shape(invocation)
        yield {"type": "invocation", "CommandId": command.command_id, "Invocation": shape}
    # Those that were over before have their output told once, and are looked at no more.
    following = dict(command.invocations)
    for invocation in [each for each in following.values() if each.is_final]:
        for event in feed.new(following.pop(invocation.node_id), all_of_it=True):
            yield event
    pause, looked = SHORTEST, float("-inf")
    loop = asyncio.get_running_loop()
    while True:
        await states.wait(pause)
        pause = min(LONGEST if len(following) <= FEW else LONGEST_OF_MANY, pause * GROWTH)
        for event in states.take():
            if event["type"] == "invocation":
                node_id = event["Invocation"]["InstanceId"]
                invocation = command.invocations[node_id]
                if invocation.is_final:
                    following.pop(node_id, None)
                    for piece in feed.new(invocation, all_of_it=True):
                        yield piece
            yield event
            if event["type"] == "command" and event["Command"]["Status"] not in ("Pending", "InProgress", "Cancelling"):
                return
            pause = SHORTEST
        # Where many end at about the same time, the files of all the others are not looked at for each.
        if len(following) > FEW and loop.time() - looked < LONGEST_OF_MANY:
            continue
        looked = loop.time()
        for number, invocation in enumerate(list(following.values())):
            # Of its only step, what is not there by its end comes with that; before its run there is nothing.
            if invocation.run is not None or len(invocation.steps) > 1:
                for event in feed.new(invocation):
                    pause = SHORTEST
                    yield event
            if number % 100 == 99:
                await asyncio.sleep(0)


def _finished(ctx: Context, command_id: str) -> list[Shape]:
    """Give the events of a command that was over before anybody watched; its outputs are fetched with GetOutput."""
    store = ctx.services.store
    row = command_store.find_command(store, command_id)
    if row is None:
        raise ApiFault("InvalidCommandId")
    request = command_store.request_of(row)
    invocations = command_store.invocations_of(store, row["number"])
    feed = OutputFeed(ctx.services.paths.runs, len(invocations))
    events: list[Shape] = []
    few = len(invocations) <= MANY
    for each in invocations:
        shape = invocation_shape(command_id, request, row["requested_at"], each)
        if few:
            steps = store.read(
                "SELECT * FROM steps WHERE command = ? AND node_id = ? ORDER BY number", (row["number"], each.node_id)
            )
            each.steps = [command_store.step_of(step) for step in steps]
            events += feed.new(each, all_of_it=True)
        events.append({"type": "invocation", "CommandId": command_id, "Invocation": shape})
    return [*events, {"type": "command", "CommandId": command_id, "Command": command_store.shape_of(row)}]
