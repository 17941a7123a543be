"""Runs functions at times on the injected clock: what recurs by `every`, what is due once by `at`."""

from __future__ import annotations

import asyncio
import heapq
import inspect
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from tui.ports import Clock

Work = Callable[[], Awaitable[Any] | None]

_log = logging.getLogger(__name__)
_LOOK_AGAIN = 60.0  # seconds after which a wall clock that was set anew is noticed


class _Job:
    __slots__ = ("alive", "due", "name", "operators", "period", "running", "wall", "work")

    def __init__(self, name: str, work: Work, due: float, period: float | None, operators: bool) -> None:
        self.name = name
        self.work = work
        self.due = due
        self.period = period
        self.operators = operators
        self.alive = True
        self.running: asyncio.Task[None] | None = None


class Scheduler:
    """Jobs by name; a name that is given again replaces the job that has it. `operators` marks the operator's own."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._jobs: dict[str, _Job] = {}
        self._recurring: list[tuple[float, int, _Job]] = []  # by the monotonic clock
        self._once: list[tuple[float, int, _Job]] = []  # by the wall clock
        self._count = 0
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop_task: asyncio.Task[None] | None = None

    def every(self, name: str, seconds: float, work: Work, *, operators: bool = False) -> None:
        """Run `work()` every so many seconds from now; a run that is due while the last one goes on is left out."""
        self._add(_Job(name, work, self._clock.monotonic() + seconds, seconds, operators), self._recurring)

    def at(self, name: str, when: float, work: Work, *, operators: bool = False) -> None:
        """Run `work()` once at an epoch time, at once where that is past."""
        self._add(_Job(name, work, when, None, operators), self._once)

    def cancel(self, name: str) -> None:
        """Forget a job; a run of it that goes on is left to end. Without effect where there is none."""
        job = self._jobs.pop(name, None)
        if job is not None:
            job.alive = False

    def operators_count(self) -> int:
        """Count the jobs of the operator's that are still to come; pings, samples and retention are not among them."""
        return sum(job.operators for job in self._jobs.values())

    def names(self, *, operators: bool | None = None) -> list[str]:
        """Name the jobs that are still to come, the operator's or the engine's own only where `operators` says so."""
        return sorted(job.name for job in self._jobs.values() if operators is None or job.operators is operators)

    async def aclose(self) -> None:
        """Stop; runs that go on are cancelled."""
        tasks = list(self._tasks)
        if self._loop_task is not None:
            tasks.append(self._loop_task)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._jobs.clear()

    def _add(self, job: _Job, heap: list[tuple[float, int, _Job]]) -> None:
        self.cancel(job.name)
        self._jobs[job.name] = job
        self._push(job, heap)
        if self._loop_task is None:
            self._loop_task = asyncio.get_running_loop().create_task(self._run())
        self._wake.set()

    def _push(self, job: _Job, heap: list[tuple[float, int, _Job]]) -> None:
        self._count += 1
        heapq.heappush(heap, (job.due, self._count, job))

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            self._start_due()
            waits = [_LOOK_AGAIN] if self._once else []
            if self._once:
                waits.append(self._once[0][0] - self._clock.now())
            if self._recurring:
                waits.append(self._recurring[0][0] - self._clock.monotonic())
            if not waits:
                await self._wake.wait()
                continue
            sleeping = asyncio.ensure_future(self._clock.sleep(max(0.0, min(waits))))
            waking = asyncio.ensure_future(self._wake.wait())
            try:
                await asyncio.wait((sleeping, waking), return_when=asyncio.FIRST_COMPLETED)
            finally:
                sleeping.cancel()
                waking.cancel()

    def _start_due(self) -> None:
        for heap, now in ((self._once, self._clock.now()), (self._recurring, self._clock.monotonic())):
            while heap and (heap[0][0] <= now or not heap[0][2].alive):
                job = heapq.heappop(heap)[2]
                if not job.alive:
                    continue
                if job.period is None:
                    self._jobs.pop(job.name, None)
                else:
                    # A machine that slept makes up for nothing: the next run is a period from now.
                    job.due = job.due + job.period if job.due + job.period > now else now + job.period
                    self._push(job, heap)
                if job.running is None or job.running.done():
                    job.running = asyncio.get_running_loop().create_task(self._work(job), name=job.name)
                    self._tasks.add(job.running)
                    job.running.add_done_callback(self._tasks.discard)

    async def _work(self, job: _Job) -> None:
        try:
            result = job.work()
            if inspect.isawaitable(result):
                await result
        except Exception:
            _log.exception("the scheduled job %s failed", job.name)
