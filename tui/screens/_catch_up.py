"""Fetches what a watch could not bring: output from before one looked, and what was dropped on its way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from tui.errors import ApiError, SsmTuiError
from tui.screens._command_runs import NodeRun
from tui.screens._shell import explain
from tui.services.commands import Commands
from tui.services.failure_reason import failure_reason
from tui.widgets.cells import own

NOT_BEGUN = ("InvocationDoesNotExist",)
"""What an API answers about a node that a command has not come to yet."""
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
        asks = run.late or (run.status.over and run.asked is not run.status)
        if run.catching or run.resting or run.closed or not (run.behind or asks):
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
        again = False
        try:
            async with self._turns:
                while run.behind:
                    run.behind = False
                    whole = [await self._stream(run, stream) for stream in ("stdout", "stderr")]
                    # AWS gives an output once it is whole, and may be slower with it than with the state.
                    if run.status.over and not all(whole):
                        again = run.behind = True
                        break
                if run.late or (run.status.over and run.asked is not run.status):
                    again = not await self._ask(run) or again
                run.fault = ""
        except SsmTuiError as error:
            log.info("the output of %s on %s is still behind: %s", run.command_id, run.node_id, error)
            # A node that has not begun has nothing to give; it is asked again when it has.
            has_begun = not (isinstance(error, ApiError) and error.code in NOT_BEGUN)
            again = has_begun or run.status.over or run.late
            run.behind = run.behind or has_begun or run.status.over
            run.fault = explain(error)[0] if has_begun else ""
        finally:
            run.catching = False
            if again:
                self._rest(run)
            self._changed()

    def _rest(self, run: NodeRun) -> None:
        """Ask again in a while, of what is over a few times; after that when the screen is told to."""
        run.resting = True
        if run.asks < len(AGAIN) or not run.status.over:
            wait = AGAIN[min(run.asks, len(AGAIN) - 1)]
            self._timers[run.key] = asyncio.get_running_loop().call_later(wait, self._ask_again, run)
            run.asks += 1

    def _ask_again(self, run: NodeRun) -> None:
        run.resting = False
        self.need(run)

    async def _ask(self, run: NodeRun) -> bool:
        """Ask when it began, how long it took and how it ended; False where the answer is behind its state."""
        told = run.status
        result = await self._commands_of(run).invocation(run.command_id, run.node_id)
        run.asked = told
        run.take_result(result)
        if result.status is told:
            if run.bad and (why := await failure_reason(self._commands_of(run), run.command_id, run.node_id)):
                run.tail.note(own(why))
            return True
        run.asked = None
        return not told.over

    async def _stream(self, run: NodeRun, stream: str) -> bool:
        """Read what there is of a stream; False where more will come."""
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
                return part.final
