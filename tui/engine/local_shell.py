"""A shell on this machine: the daemon's hold on its terminal, and the truth about its end."""

from __future__ import annotations

import asyncio
import os
import signal

from tui.engine import keeper
from tui.engine.keeper_client import KeeperClient, KeeperError
from tui.engine.nodes.base import Typing
from tui.engine.shell_ending import Ending
from tui.ports import Clock

READ = 64 * 1024
GRACE = 3.0
"""Seconds between SIGHUP and SIGKILL."""

SETTLE = 2.0
"""Seconds for which the end of the output waits for the word of the keeper, and the other way round."""


UNSEEN = Ending(
    None, None, "The shell ended; its exit status is unknown, because the keeper that would have seen it was killed."
)
HUNG_UP = Ending(None, None, "The shell closed its terminal and was hung up; its exit status is unknown.")


def _fulfil(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


class LocalShell:
    """One shell whose master the daemon holds beside the keeper; see `tui.engine.nodes.base.Shell`.

    `witnessed` is whether a keeper lives that will see its end.
    """

    def __init__(
        self, client: KeeperClient, clock: Clock, session_id: str, *, pid: int, started: float, master: int
    ) -> None:
        self.session_id = session_id
        self.pid = pid
        self.started = started
        self.master = master
        self.witnessed = True
        self.ending: Ending | None = None
        self.exit_status: int | None = None
        self._client = client
        self._clock = clock
        self._seen = asyncio.Event()
        self._over = asyncio.Event()
        self._ready: asyncio.Future[None] | None = None
        self._quiet_is_end = False
        os.set_blocking(master, False)

    def _end(self, found: Ending) -> None:
        if self.ending is None:
            self.ending = found
            self.exit_status = found.exit_status

    # what the keeper says

    def note_end(self, found: Ending) -> None:
        """The keeper has seen the end; what is left of the output is still to be read."""
        if self.ending is None:
            self._end(found)
            self._seen.set()
            asyncio.get_running_loop().call_later(SETTLE, self._give_up_waiting)

    def _give_up_waiting(self) -> None:
        # Where a background job keeps the terminal open, as some systems let it, no end of the output comes.
        self._quiet_is_end = True
        self._wake()

    def note_keeper_lost(self) -> None:
        """Nobody will see the end any more."""
        self.witnessed = False
        self._seen.set()

    # bytes

    async def read(self) -> bytes:
        """Give what the shell wrote next, or nothing when it has ended; `ending` is known then."""
        while self.master >= 0:
            data = self._read_some()
            if data is None:
                if self._quiet_is_end:
                    break
                await self._readable()
            elif data:
                return data
            else:
                break
        await self._close()
        return b""

    def _read_some(self) -> bytes | None:
        """Give what is there: nothing at the end, None where it is not there yet."""
        parts: list[bytes] = []
        size = 0
        while size < READ:
            try:
                data = os.read(self.master, READ)
            except BlockingIOError:
                return b"".join(parts) if parts else None
            except OSError:
                data = b""  # EIO: the last one who had the terminal open has closed it
            if not data:
                break
            parts.append(data)
            size += len(data)
        return b"".join(parts)

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        self._ready = loop.create_future()
        loop.add_reader(self.master, self._wake)
        try:
            await self._ready
        finally:
            if self.master >= 0:
                loop.remove_reader(self.master)

    def _wake(self) -> None:
        if self._ready is not None:
            _fulfil(self._ready)

    async def write(self, data: bytes, typing: Typing | None = None) -> None:
        """Type into the shell; waits while its terminal takes no more."""
        view = memoryview(data)
        loop = asyncio.get_running_loop()
        while view and self.master >= 0 and not (typing and typing.over):
            try:
                view = view[self._write_some(view[:READ], typing) :]
                await asyncio.sleep(0)
            except BlockingIOError:
                room: asyncio.Future[None] = loop.create_future()
                loop.add_writer(self.master, _fulfil, room)
                try:
                    await room
                finally:
                    if self.master >= 0:
                        loop.remove_writer(self.master)
            except OSError:
                return  # it has ended: nobody is there to read this

    def _write_some(self, piece: memoryview, typing: Typing | None) -> int:
        """Give the terminal what it takes now, and say how much. Raises: OSError, BlockingIOError among them."""
        if typing is None:
            return os.write(self.master, piece)
        taken = 0
        typing.begin(len(piece))
        try:
            taken = os.write(self.master, piece)
        finally:
            typing.end(len(piece), taken)
        return taken

    async def resize(self, rows: int, columns: int) -> None:
        """Set the terminal's size; the foreground group gets SIGWINCH where it differs."""
        if self.master >= 0:
            keeper.set_size(self.master, rows, columns)

    # the end

    async def terminate(self) -> None:
        """Hang the shell up, kill it where it does not go, and close its terminal."""
        for number in (signal.SIGHUP, signal.SIGKILL):
            if self._over.is_set():
                return
            await self._signal(number)
            if await self._within(GRACE):
                return
        # It belongs to another user, or can't be killed now: without its terminal it is nobody's shell any more.
        self._end(HUNG_UP)
        await self.discard()

    async def _signal(self, number: int) -> None:
        try:
            await self._client.signal(self.session_id, number)
        except KeeperError:
            if self.master >= 0:
                keeper.signal_groups(self.master, None, number)

    async def _within(self, seconds: float, event: asyncio.Event | None = None) -> bool:
        waiting = asyncio.ensure_future((event or self._over).wait())
        sleeping = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            await asyncio.wait((waiting, sleeping), return_when=asyncio.FIRST_COMPLETED)
            return waiting.done()
        finally:
            waiting.cancel()
            sleeping.cancel()

    async def _close(self) -> None:
        if self._over.is_set():
            return
        if self.ending is None and self.witnessed:
            await self._within(SETTLE, self._seen)
        self._end(HUNG_UP if self.witnessed else UNSEEN)
        self._over.set()

    async def discard(self) -> None:
        """Close the terminal on both sides; not before the end is stored, as the keeper then forgets how it was."""
        self.let_go()
        try:
            await self._client.forget(self.session_id)
        except KeeperError:
            return  # there is no keeper, or it never knew this shell

    def let_go(self) -> None:
        """Close the daemon's hold; the shell lives on where the keeper has its own."""
        master, self.master = self.master, -1
        if master >= 0:
            loop = asyncio.get_running_loop()
            loop.remove_reader(master)
            loop.remove_writer(master)
            os.close(master)
            self._wake()
