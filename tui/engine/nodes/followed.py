"""What every followed step has in common: a task that follows it, and a word that ends it."""

from __future__ import annotations

import asyncio
import contextlib

from tui.engine.nodes.base import StepResult


class FollowedRun:
    """A step that a task follows until it ends; whoever is one sets `_task`. See `tui.engine.nodes.base.StepRun`."""

    _task: asyncio.Task[StepResult]

    def __init__(self) -> None:
        self._stop: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def wait(self) -> StepResult:
        return await asyncio.shield(self._task)

    async def cancel(self) -> None:
        self.end("cancel")

    async def release(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    def end(self, reason: str) -> None:
        """End all of it: for its "timeout", for too much "output", or at the operator's "cancel"."""
        if not self._stop.done():
            self._stop.set_result(reason)
