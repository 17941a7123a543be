"""Fetches what a watch could not bring: output from before one looked, and what was dropped on its way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from tui.errors import ApiError, SsmTuiError
from tui.screens._command_runs import NodeRun
from tui.services.commands import Commands
from tui.services.failure_reason import failure_reason
from tui.widgets.cells import own

log = logging.getLogger(__name__)
AT_ONCE = 6
AGAIN = (0.5, 1.0, 2.0, 4.0)
"""Seconds until an answer that is behind what was told already is asked for again; then no more."""


class CatchUp:
    """Brings nodes' outputs, exits and times up to date, a few at a time; `changed` hears of each."""

    def __init__(self, commands_of: Callable[[NodeRun], Commands], changed: Callable[[], None]) -> None:
        self._commands_of = commands_of
        self._changed = changed
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def need(self, run: NodeRun) -> None:
        """See to it that a node's pane says all that there is to say now."""
        if run.catching or not (run.behind or (run.status.over and run.asked is not run.status)):
            return
        run.catching = True
        task = asyncio.ensure_future(self._serve(run))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def all_of(self, runs: list[NodeRun]) -> None:
        """Bring all of these up to date, and wait for it."""
        for run in runs:
            self.need(run)
        while self._tasks:
            await asyncio.gather(*self._tasks)

    def close(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        for task in self._tasks:
            task.cancel()

    async def _serve(self, run: NodeRun) -> None:
        try:
            async with self._turns:
                while run.behind:
                    run.behind = False
                    for stream in ("stdout", "stderr"):
                        await self._stream(run, stream)
                if run.status.over and run.asked is not run.status:
                    await self._ask(run)
        except ApiError as error:
            # A node that has not begun has nothing to give; it is asked again when it has.
            log.info("no output of %s on %s: %s", run.command_id, run.node_id, error)
        except SsmTuiError as error:
            # The link is gone; the screen begins again when it is back.
            run.behind = True
            log.info("the output of %s on %s is still behind: %s", run.command_id, run.node_id, error)
        finally:
            run.catching = False
            self._changed()

    async def _ask(self, run: NodeRun) -> None:
        told = run.asked = run.status
        result = await self._commands_of(run).invocation(run.command_id, run.node_id)
        run.take_result(result)
        if run.bad and (why := await failure_reason(self._commands_of(run), run.command_id, run.node_id)):
            run.tail.note(own(why))
        if result.status is not told and run.asks < len(AGAIN):
            loop = asyncio.get_running_loop()
            self._timers[run.node_id] = loop.call_later(AGAIN[run.asks], self._ask_again, run)
            run.asks += 1

    def _ask_again(self, run: NodeRun) -> None:
        run.asked = None
        self.need(run)

    async def _stream(self, run: NodeRun, stream: str) -> None:
        tail, passed = run.tail, False
        while True:
            at = tail.at(stream)
            length = min(tail.keep, 256 * 1024)
            part = await self._commands_of(run).output(run.command_id, run.node_id, stream, at, length)
            if not passed and part.size - tail.at(stream) > tail.keep + len(part.data):
                # More than a pane keeps: go on near the end, and say how much was passed over. What comes next is
                # taken in any case: a flood would be ahead of us again, and nothing of it would ever show.
                tail.skip(stream, part.size - tail.keep)
                passed = True
                continue
            passed = False
            tail.feed(stream, part.offset, part.data)
            self._changed()
            if not part.data or tail.at(stream) >= part.size:
                if part.cut:
                    tail.note(part.cut)
                return
