"""Watches of commands that were just sent, begun before the screen that shows them is there.

A short command is over before a screen has been made and laid out: with what it said at hand, the first paint shows it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress

from tui.ports import Transport
from tui.services._base import Adapter
from tui.services.commands import Command, CommandChanged, Commands, Event, InvocationChanged, Output, OutputPart

AHEAD = 256
"""Events that are taken before anybody looks; the engine waits with the others."""

FEW = 4
"""Nodes whose output is asked for early where the watch came too late for it."""
MOMENT = 0.012
"""Seconds: less than making the screen takes, which nothing of the watch comes through."""


class EarlyWatch:
    """One command's events from now on: those that have come, and then the rest."""

    def __init__(self, commands: Commands, sent: Command) -> None:
        self._queue: asyncio.Queue[Event | Exception | None] = asyncio.Queue(AHEAD)
        # Of many that were sent as one, those whose watches are slow to begin count from the first.
        self._queue.put_nowait(CommandChanged(command=sent))
        self.said = asyncio.Event()
        """Set with the first output, or at the end."""
        self._task = asyncio.ensure_future(self._fill(commands, sent.id))

    async def _fill(self, commands: Commands, id: str) -> None:
        end: Exception | None = None
        nodes: dict[str, None] = {}
        try:
            async with aclosing(commands.watch(id)) as events:
                async for event in events:
                    await self._queue.put(event)
                    if isinstance(event, Output):
                        self.said.set()
                    elif isinstance(event, InvocationChanged):
                        nodes[event.invocation.node_id] = None
                    await asyncio.sleep(0)  # a flood leaves others their turn
            if not self.said.is_set() and len(nodes) <= FEW:
                # It was over before the watch began: what it said is to be asked for.
                for node in nodes:
                    part = await commands.output(id, node, "stdout")
                    if part.data:
                        await self._queue.put(_output(node, part))
        except Exception as error:
            end = error  # raised again where the events are read
        self.said.set()
        await self._queue.put(end)

    async def events(self) -> AsyncGenerator[Event, None]:
        """Yield the events, those that have come at once. Raises: SsmTuiError as the watch does."""
        try:
            while (event := await self._queue.get()) is not None:
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            self.close()

    def ready(self) -> list[Event]:
        """Take the events that have come so far; the watch's end stays for `events`."""
        taken: list[Event] = []
        while not self._queue.empty():
            event = self._queue.get_nowait()
            if event is None or isinstance(event, Exception):
                self._queue.put_nowait(event)
                break
            taken.append(event)
        return taken

    def close(self) -> None:
        self._task.cancel()


def _output(node: str, part: OutputPart) -> Output:
    return Output(node_id=node, plugin="", stream="stdout", offset=part.offset, data=part.data)


class EarlyWatches(Adapter):
    """The watches of one context that nobody has come for yet."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport)
        self._commands = Commands(transport)
        self._begun: dict[str, EarlyWatch] = {}

    async def begin(self, sent: Sequence[Command]) -> None:
        """Watch commands from now on, a moment until the first says something; watches that nobody came for end."""
        for watch in self._begun.values():
            watch.close()
        self._begun = {command.id: EarlyWatch(self._commands, command) for command in sent}
        with suppress(TimeoutError):
            async with asyncio.timeout(MOMENT):
                await self._begun[sent[0].id].said.wait()

    def take(self, id: str) -> EarlyWatch | None:
        """Give the watch of a command that was begun early, once."""
        return self._begun.pop(id, None)
