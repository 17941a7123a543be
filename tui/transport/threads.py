"""A few threads of a context's own, in which calls that block are made, and from which a caller can walk away."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

STUCK = 4
"""So many times the limit may be stuck in calls that nobody waits for any more; then others wait for them."""


class _Job:
    """One function and who waits for it."""

    __slots__ = ("abandoned", "function", "future", "loop", "started")

    def __init__(self, function: Callable[[], Any], loop: asyncio.AbstractEventLoop) -> None:
        self.function = function
        self.loop = loop
        self.future: asyncio.Future[Any] = loop.create_future()
        self.started = False
        self.abandoned = False


class Threads:
    """At most `limit` threads at work; one that is stuck in a call that was given up doesn't count.

    They are daemons: a call that hangs keeps nobody from leaving.
    """

    def __init__(self, limit: int, name: str) -> None:
        self._limit = limit
        self._name = name
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._idle = 0
        self._stuck = 0
        self._closed = False

    async def run(self, function: Callable[[], T]) -> T:
        """Give what a function gives, or raise what it raises; who is cancelled is free at once."""
        job = self._put(function)
        try:
            answer: T = await job.future
            return answer
        except asyncio.CancelledError:
            with self._lock:
                if job.started and not job.abandoned and self._stuck < STUCK * self._limit:
                    job.abandoned = True
                    self._stuck += 1
                    self._threads -= 1
                    self._hire()
            raise

    def post(self, function: Callable[[], None]) -> None:
        """Have something done that nobody waits for."""
        self._put(function).future.add_done_callback(_seen)

    def close(self) -> None:
        """Let the threads end; what they do now is finished and given to nobody."""
        with self._lock:
            self._closed = True
            for _ in range(self._threads + self._stuck):
                self._jobs.put(None)

    def _put(self, function: Callable[[], Any]) -> _Job:
        job = _Job(function, asyncio.get_running_loop())
        self._jobs.put(job)
        with self._lock:
            self._hire()
        return job

    def _hire(self) -> None:
        if self._jobs.qsize() > self._idle and self._threads < self._limit and not self._closed:
            self._threads += 1
            threading.Thread(target=self._work, name=self._name, daemon=True).start()

    def _work(self) -> None:
        while True:
            with self._lock:
                self._idle += 1
            job = self._jobs.get()
            with self._lock:
                self._idle -= 1
                if job is None:
                    self._threads -= 1
                    return
                job.started = True
            if not job.future.cancelled():
                self._serve(job)
            with self._lock:
                if job.abandoned:
                    self._stuck -= 1
                    return

    def _serve(self, job: _Job) -> None:
        answer, fault = None, None
        try:
            answer = job.function()
        except BaseException as error:
            fault = error  # raised again where the answer is awaited

        def tell() -> None:
            if job.future.cancelled():
                return
            if fault is None:
                job.future.set_result(answer)
            else:
                job.future.set_exception(fault)

        # The loop may have ended meanwhile: then nobody waits.
        with contextlib.suppress(RuntimeError):
            job.loop.call_soon_threadsafe(tell)


def _seen(done: asyncio.Future[Any]) -> None:
    if not done.cancelled():
        done.exception()
