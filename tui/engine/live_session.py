"""One session whose shell runs: its output goes to the log and to every console that is attached."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from tui.engine.attachment import HIGH, Attachment
from tui.engine.nodes.base import Shell
from tui.engine.session_log import SessionLog
from tui.engine.typing_record import TypingRecord, Typist
from tui.ports import Clock

STALL = 5.0
"""Seconds without taking anything after which a console is detached, so that it can't hold the shell up."""

MAX_INPUT = 8 * 1024 * 1024
"""Bytes typed or pasted that wait for the shell to read them; beyond this the sender waits."""

NUDGE = 0.05
"""Seconds between the two halves of a nudge: a program that is told of two sizes at once sees only the last."""


class LiveSession:
    """A shell, its log and its consoles; `on_end(session)` is awaited once when all its output has been handed on."""

    def __init__(
        self,
        session_id: str,
        shell: Shell,
        log: SessionLog,
        typing: TypingRecord,
        *,
        rows: int,
        columns: int,
        clock: Clock,
        on_end: Callable[[LiveSession], Awaitable[None]],
        on_attached: Callable[[LiveSession], Awaitable[None]],
    ) -> None:
        self.session_id = session_id
        self.shell = shell
        self.log = log
        self._typing = typing
        self.rows = rows
        self.columns = columns
        self.attachments: list[Attachment] = []
        self.lock = asyncio.Lock()
        self.ended = asyncio.Event()
        self._finished: tuple[str, int | None] | None = None
        self._clock = clock
        self._on_end = on_end
        self._on_attached = on_attached
        self._room = asyncio.Event()
        self._input: asyncio.Queue[tuple[bytes, Typist | None]] = asyncio.Queue()
        self._input_size = 0
        self._typists: dict[int, Typist] = {}
        self._input_room = asyncio.Event()
        self._settled = asyncio.Event()
        self._settled.set()
        self._nudging: asyncio.Task[None] | None = None
        self._reader = asyncio.create_task(self._read(), name=f"output of {session_id}")
        self._writer = asyncio.create_task(self._write(), name=f"input of {session_id}")

    # output

    async def _read(self) -> None:
        while data := await self.shell.read():
            self.log.append(data)
            for attachment in self.attachments:
                attachment.feed(data)
            if any(attachment.backlog > HIGH for attachment in self.attachments):
                await self._wait_for_room()
            await asyncio.sleep(0)  # a program that never stops writing must not keep the loop to itself
        self._writer.cancel()
        self.ended.set()
        self._input_room.set()
        await self._on_end(self)

    def note_room(self) -> None:
        """A console has taken what waited for it."""
        self._room.set()

    async def _wait_for_room(self) -> None:
        while slow := {a: a.taken for a in self.attachments if a.backlog > HIGH}:
            self._room.clear()
            if await self._first(self._room.wait(), self._clock.sleep(STALL)):
                continue
            for attachment, taken in slow.items():
                if attachment.backlog > HIGH and attachment.taken == taken:
                    attachment.finish(
                        f"This console took no output for {STALL:.0f} s and was detached, so that the shell goes on. "
                        "Open the session again to see it."
                    )
                    await self.detach(attachment)

    @staticmethod
    async def _first(wanted: Awaitable[object], limit: Awaitable[object]) -> bool:
        """Whether `wanted` comes before `limit`."""
        wanting, limiting = asyncio.ensure_future(wanted), asyncio.ensure_future(limit)
        try:
            await asyncio.wait((wanting, limiting), return_when=asyncio.FIRST_COMPLETED)
            return wanting.done()
        finally:
            wanting.cancel()
            limiting.cancel()

    # input

    async def _write(self) -> None:
        while True:
            data, typist = await self._input.get()
            await self._settled.wait()
            await self.shell.write(data, typist)
            self._input_size -= len(data)
            self._input_room.set()

    async def send(self, data: bytes, typist: Typist | None = None) -> None:
        """Queue input for the shell; waits only where very much waits already."""
        while self._input_size > MAX_INPUT and not self.ended.is_set():
            self._input_room.clear()
            await self._input_room.wait()
        self._input_size += len(data)
        self._input.put_nowait((data, typist))

    def typist(self, number: int, sent: int) -> Typist:
        """Follow a console's input from the place it has got to; what an earlier connection left ends there."""
        if number in self._typists:
            self._typists[number].over = True
        made = self._typists[number] = Typist(self._typing, number, sent)
        return made

    # size

    async def resize(self, rows: int, columns: int) -> None:
        """Set the size of the shell's terminal; its programs are told by SIGWINCH."""
        self.rows, self.columns = rows, columns
        await self.shell.resize(rows, columns)

    async def _nudge(self) -> None:
        """Have full-screen programs draw themselves anew: one row less, and back."""
        self._settled.clear()
        try:
            await self.shell.resize(self.rows - 1 if self.rows > 1 else 2, self.columns)
            await asyncio.sleep(NUDGE)
            await self.shell.resize(self.rows, self.columns)
        finally:
            self._settled.set()

    # consoles

    async def attach(self, rows: int, columns: int, *, read_only: bool, fresh: bool = False) -> Attachment:
        """Add a console: it gets what is in the log, then what comes; a shell that is not fresh redraws itself."""
        attachment = Attachment(self, self.log.replay(), read_only)
        if self._finished is not None:
            attachment.finish(*self._finished)  # a shell that ends at once may have done so before this
            return attachment
        self.attachments.append(attachment)
        if not read_only and not fresh:
            if (rows, columns) != (self.rows, self.columns):
                await self.resize(rows, columns)
            elif self._nudging is None or self._nudging.done():
                self._nudging = asyncio.create_task(self._nudge())
        return attachment

    async def detach(self, attachment: Attachment) -> None:
        """Take a console off; the shell goes on."""
        if attachment in self.attachments:
            self.attachments.remove(attachment)
            self._room.set()
            await self._on_attached(self)

    async def release(self, reason: str) -> None:
        """Stop following the shell and let it live: the engine is about to end."""
        for task in (self._reader, self._writer, self._nudging):
            if task is not None:
                task.cancel()
        await asyncio.gather(self._reader, self._writer, return_exceptions=True)
        self.finish(reason, None)

    def finish(self, reason: str, exit_status: int | None) -> None:
        """End the view of every console, after what still waits for it."""
        self._finished = (reason, exit_status)
        for attachment in self.attachments:
            attachment.finish(reason, exit_status)
        self.attachments.clear()
        self.log.close()
        self._typing.close()
