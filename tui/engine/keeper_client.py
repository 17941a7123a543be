"""The daemon's side of the keeper: starts it, asks it, and hears from it which shells have ended."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tui.engine import keeper, open_files
from tui.engine.context import StatePaths
from tui.protocol.address import socket_address

ANSWER_WITHIN = 10.0
"""Seconds after which a keeper that says nothing counts as hung; it answers within a millisecond."""


class KeeperError(Exception):
    """The keeper could not do it, or is not there; the text says which."""


class KeeperClient:
    """One connection to the keeper, made when it is first needed.

    `on_ended(session, code, signal)` and `on_lost()` are called on the loop.
    """

    def __init__(
        self,
        paths: StatePaths,
        *,
        on_ended: Callable[[str, int | None, int | None], None],
        on_lost: Callable[[], None],
    ) -> None:
        self._paths = paths
        self._on_ended = on_ended
        self._on_lost = on_lost
        self._connection: keeper.Connection | None = None
        self._greeted = False
        self._process: subprocess.Popen[bytes] | None = None
        self._waiting: dict[int, asyncio.Future[tuple[dict[str, Any], int | None]]] = {}
        self._next = 0
        self._starting = asyncio.Lock()

    @property
    def connected(self) -> bool:
        return self._greeted

    async def connect(self, *, start: bool) -> bool:
        """Connect to the keeper that runs, or else start one where `start` says so; gives whether there is one now.

        Raises: KeeperError where it can't be started or does not answer.
        """
        async with self._starting:
            if self._greeted:
                return True
            sock = _connect(self._paths.keeper_socket)
            if sock is not None and await self._greet(sock):
                return True
            if not start:
                return False
            if not await self._greet(await asyncio.to_thread(self._start)):
                raise KeeperError(f"the keeper did not start; {self._paths.log} has the reason")
            return True

    async def _greet(self, sock: socket.socket) -> bool:
        """Speak to a keeper; False where it goes away, as one that was just killed still does."""
        self._use(sock)
        try:
            answer, _ = await self._request("hello")
        except KeeperError:
            if self._connection is None:
                return False
            self._disconnect()
            raise
        if answer["version"] != keeper.VERSION:
            self._disconnect()
            raise KeeperError(f"the keeper speaks version {answer['version']}, this engine {keeper.VERSION}")
        self._greeted = True
        return True

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with theirs, self._paths.log.open("ab") as log:
                log_number = log.fileno()
                os.fchmod(log_number, 0o600)
                arguments = ["--socket", self._paths.keeper_socket.name, "--connection", str(theirs.fileno())]
                self._process = subprocess.Popen(
                    open_files.as_before([sys.executable, "-I", "-S", keeper.__file__, *arguments]),
                    cwd=self._paths.root,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=log_number,
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,
                )
        except OSError as error:
            ours.close()
            raise KeeperError(f"the keeper can't be started: {error}") from error
        return ours

    def _use(self, sock: socket.socket) -> None:
        self._connection = keeper.Connection(sock)
        asyncio.get_running_loop().add_reader(sock.fileno(), self._readable)

    def _readable(self) -> None:
        connection = self._connection
        if connection is None:
            return
        messages = connection.receive()
        if messages is None:
            self._lost()
            return
        for message in messages:
            descriptor = connection.descriptors.pop(0) if message.get("descriptor") else None
            if message.get("event") == "ended":
                self._on_ended(message["session"], message["code"], message["signal"])
                continue
            waiting = self._waiting.pop(message.get("id", 0), None)
            if waiting is not None and not waiting.done():
                waiting.set_result((message, descriptor))
            elif descriptor is not None:
                os.close(descriptor)

    def _lost(self) -> None:
        greeted = self._greeted
        if self._disconnect() and greeted:
            self._on_lost()

    def _disconnect(self) -> bool:
        connection, self._connection = self._connection, None
        self._greeted = False
        if connection is None:
            return False
        asyncio.get_running_loop().remove_reader(connection.sock.fileno())
        connection.close()
        if self._process is not None and self._process.poll() is not None:
            self._process = None
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_exception(KeeperError("the keeper has gone"))
        return True

    async def _request(
        self, op: str, *, descriptor: int | None = None, **fields: Any
    ) -> tuple[dict[str, Any], int | None]:
        connection = self._connection
        if connection is None:
            raise KeeperError("the keeper is not running")
        self._next += 1
        number = self._next
        future: asyncio.Future[tuple[dict[str, Any], int | None]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        if not connection.send({"id": number, "op": op, **fields}, descriptor):
            self._lost()
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                answer, received = await future
        except TimeoutError:
            raise KeeperError("the keeper does not answer") from None
        finally:
            self._waiting.pop(number, None)
        if "error" in answer:
            raise KeeperError(answer["error"])
        return answer, received

    async def open(
        self,
        session: str,
        *,
        file: str,
        argv: list[str],
        env: dict[str, str],
        cwd: str,
        rows: int,
        columns: int,
    ) -> tuple[int, float, int]:
        """Start a shell on a pty of that size; gives its process id, start time and the master, which is the caller's.

        Raises: KeeperError where it can't be executed.
        """
        await self.connect(start=True)
        answer, master = await self._request(
            "open", session=session, file=file, argv=argv, env=env, cwd=cwd, rows=rows, columns=columns
        )
        assert master is not None
        return answer["pid"], answer["started"], master

    async def shells(self) -> list[dict[str, Any]]:
        """What the keeper keeps: {session, pid, started, parent} and, of those that ended, {code, signal}."""
        answer, _ = await self._request("list")
        found: list[dict[str, Any]] = answer["shells"]
        return found

    async def take(self, session: str) -> int:
        """Give the master of a shell that the keeper keeps."""
        _, master = await self._request("take", session=session)
        assert master is not None
        return master

    async def adopt(self, session: str, *, pid: int, started: float, master: int) -> None:
        """Give the keeper a shell whose own keeper was killed, so that it outlives the daemon again."""
        await self._request("adopt", descriptor=master, session=session, pid=pid, started=started)

    async def signal(self, session: str, number: int) -> None:
        """Signal a shell's process group and the group in the foreground of its terminal."""
        await self._request("signal", session=session, signal=number)

    async def forget(self, session: str) -> None:
        """Have the keeper close the master and drop what it knows of a shell."""
        await self._request("forget", session=session)

    async def aclose(self) -> None:
        """Leave the keeper to itself: it goes when it has no shells."""
        self._disconnect()


def _connect(path: Path) -> socket.socket | None:
    """Connect to the keeper's socket; None where nobody listens."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(ANSWER_WITHIN)
    try:
        with socket_address(path) as address:
            sock.connect(address)
    except OSError:
        sock.close()
        return None
    return sock
