"""The engine's shells: sessions become shells when they are first opened, and consoles attach to them here."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Coroutine
from typing import Any, TypeVar

from tui.engine.attachment import Attachment
from tui.engine.context import ApiFault, Services
from tui.engine.live_session import LiveSession
from tui.engine.local_shell import LocalShell
from tui.engine.local_shells import LocalShells
from tui.engine.nodes.base import Shell, ShellRequest
from tui.engine.nodes.ssh.shell import LEFT_BY_ENGINE, WITH_THE_ENGINE, SshShell
from tui.engine.nodes.this_machine import ThisMachine
from tui.engine.session_log import SessionLog, size_of
from tui.engine.session_records import HISTORY, SessionRecords
from tui.engine.shell_ending import Ending
from tui.engine.typing_record import TypingRecord

OPEN_WITHIN = 60.0
"""Seconds within which a session that was started has to be opened by somebody."""

RETAINED = 30 * 24 * 3600.0
"""Seconds for which a session that is over is listed, as on AWS; its log goes with it."""

T = TypeVar("T")

LARGEST = 4096
"""Rows or columns; a size beyond it is a mistake of the client's."""


class Shells:
    """The sessions of one engine in memory; a part of its services."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._records = services.part(SessionRecords)
        self._local = services.part(LocalShells)
        self._live: dict[str, LiveSession] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._terminated_by: dict[str, str] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._leaving = False

    # what there is

    def live(self) -> dict[str, LiveSession]:
        """The sessions whose shells run, by id."""
        return dict(self._live)

    def log_size(self, session_id: str) -> int:
        """Bytes that a session's raw log takes on disk."""
        return size_of(self._services.paths.sessions / session_id)

    # opening and attaching

    async def attach(self, session_id: str, rows: int, columns: int, read_only: bool = False) -> Attachment:
        """Attach a console at a size in cells; the first one to do so starts the shell at that size.

        Raises: ApiFault DoesNotExistException where the session is unknown or over, and the code of the node's own
        fault where the shell can't be started.
        """
        rows, columns = min(max(rows, 1), LARGEST), min(max(columns, 1), LARGEST)
        if session_id not in self._live:
            self._check_can_open(session_id, read_only)
        async with self._locks.setdefault(session_id, asyncio.Lock()):
            session = self._live.get(session_id)
            fresh = session is None
            if session is None:
                record = self._check_can_open(session_id, read_only)
                # A console that goes away meanwhile must not leave a shell behind that nobody knows.
                session = await asyncio.shield(self._spawn_task(self._start(record, rows, columns)))
            attachment = await session.attach(rows, columns, read_only=read_only, fresh=fresh)
        await self._note_attached(session)
        return attachment

    def _check_can_open(self, session_id: str, read_only: bool) -> sqlite3.Row:
        record = self._records.get(session_id)
        if record is None:
            raise ApiFault("DoesNotExistException", f"Session {session_id} does not exist.")
        if record["status"] != "Connecting":
            raise ApiFault("DoesNotExistException", f"Session {session_id} is over. {record['details']}".rstrip())
        if read_only:
            raise ApiFault("DoesNotExistException", f"Session {session_id} has no shell yet to look at.")
        return record

    def _spawn_task(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _start(self, record: sqlite3.Row, rows: int, columns: int) -> LiveSession:
        session_id, target = record["id"], record["target"]
        node = self._services.nodes.get(target)
        request = ShellRequest(
            session_id=session_id,
            folder=self._services.paths.sessions / session_id,
            rows=rows,
            columns=columns,
            command=record["command"],
        )
        try:
            if node is None:
                raise ApiFault("TargetNotConnected", f"{target} is not connected.")
            shell: Shell
            if isinstance(node, ThisMachine):
                shell = await self._local.open(request, become=node.become)
            else:
                shell = await node.open_shell(request)
        except ApiFault as fault:
            await self._over(session_id, "Failed", details=fault.message)
            raise
        session = self._follow(session_id, shell, rows, columns)
        pid = shell.pid if isinstance(shell, LocalShell) else None
        effective_user = node.effective_user
        await self._records.update(
            session_id, status="Connected", pid=pid, rows=rows, columns=columns, effective_user=effective_user
        )
        return session

    def _follow(self, session_id: str, shell: Shell, rows: int, columns: int) -> LiveSession:
        folder = self._services.paths.sessions / session_id
        session = LiveSession(
            session_id,
            shell,
            SessionLog(folder),
            TypingRecord(folder),
            rows=rows,
            columns=columns,
            clock=self._services.clock,
            on_end=self._ended,
            on_attached=self._note_attached,
        )
        self._live[session_id] = session
        return session

    async def _note_attached(self, session: LiveSession) -> None:
        async with session.lock:
            if self._leaving or session.session_id not in self._live or session.session_id in self._terminated_by:
                return
            status = "Connected" if session.attachments else "Disconnected"
            record = self._records.get(session.session_id)
            if record is not None and record["status"] != status:
                await self._records.update(
                    session.session_id, status=status, rows=session.rows, columns=session.columns
                )

    # the end

    async def _ended(self, session: LiveSession) -> None:
        session_id = session.session_id
        ending = session.shell.ending if isinstance(session.shell, LocalShell | SshShell) else None
        exit_status = session.shell.exit_status
        sentence = ending.sentence if ending else f"The shell exited with status {exit_status}."
        by = self._terminated_by.get(session_id)
        if by is not None:
            sentence = f"Terminated by {by}. {sentence}"
        self._live.pop(session_id, None)
        stored = False
        try:
            await self._over(
                session_id,
                "Terminated",
                details=sentence,
                exit_status=exit_status,
                signal=ending.signal if ending else None,
                title=session.log.title,
                rows=session.rows,
                columns=session.columns,
            )
            stored = True
        finally:
            session.finish(sentence, exit_status)
            if isinstance(session.shell, LocalShell):
                if stored:
                    await session.shell.discard()
                else:
                    session.shell.let_go()  # the next engine hears from the keeper how it ended

    async def _over(self, session_id: str, status: str, **columns: Any) -> None:
        self._terminated_by.pop(session_id, None)
        self._locks.pop(session_id, None)
        self._services.scheduler.cancel(_deadline_name(session_id))
        columns["details"] = columns.get("details", "")[:1024]
        await self._records.update(session_id, status=status, ended=self._services.clock.now(), **columns)

    async def terminate(self, session_id: str, by: str) -> None:
        """End a session's shell, SIGHUP first; returns when that has begun. A session that is over is left alone."""
        record = self._records.get(session_id)
        if record is None or record["status"] in HISTORY or session_id in self._terminated_by:
            return
        self._terminated_by[session_id] = by
        lock = self._locks.setdefault(session_id, asyncio.Lock())
        async with lock:  # a shell that is being opened is there afterwards
            session = self._live.get(session_id)
            if session is None:
                await self._over(session_id, "Terminated", details=f"Terminated by {by} before it was opened.")
                return
            await self._records.update(session_id, status="Terminating")
        self._spawn_task(session.shell.terminate())

    # start and stop of the engine

    def expect(self, session_id: str, started: float) -> None:
        """Fail a session that nobody opens in time."""

        async def give_up() -> None:
            record = self._records.get(session_id)
            if record is not None and record["status"] == "Connecting" and session_id not in self._live:
                await self._over(
                    session_id, "Failed", details=f"Nobody opened the session within {OPEN_WITHIN:.0f} s of its start."
                )

        self._services.scheduler.at(_deadline_name(session_id), started + OPEN_WITHIN, give_up)

    async def recover(self) -> None:
        """Take up what an earlier engine left: shells that live on, and the truth about those that do not."""
        records = {record["id"]: record for record in self._records.active()}
        shells, missing = await self._local.recover(set(records))
        for session_id, record in records.items():
            shell = shells.get(session_id)
            if shell is not None:
                if record["status"] == "Terminating":
                    self._terminated_by[session_id] = "an earlier engine"
                session = self._follow(session_id, shell, record["rows"], record["columns"])
                if record["status"] == "Terminating":
                    self._spawn_task(shell.terminate())
                else:
                    await self._note_attached(session)
            elif record["status"] == "Connecting":
                self.expect(session_id, record["started"])
            else:
                is_here = isinstance(self._services.nodes.get(record["target"]), ThisMachine)
                await self._over(session_id, "Terminated", details=missing if is_here else LEFT_BY_ENGINE)

    async def aclose(self) -> None:
        """Let go: consoles are told, the keeper holds the shells of this machine; those over SSH end."""
        self._leaving = True
        sessions, self._live = self._live, {}
        for session in sessions.values():
            if isinstance(session.shell, SshShell):
                session.shell.close(Ending(None, None, WITH_THE_ENGINE))
                await session.release(WITH_THE_ENGINE)
                await self._over(session.session_id, "Terminated", details=WITH_THE_ENGINE, title=session.log.title)
            else:
                await session.release("The engine has stopped; the shell goes on and is there when it starts again.")
        for task in self._tasks:
            task.cancel()
        await self._local.aclose()

    async def retain(self, now: float) -> None:
        """Delete what ended longer ago than RETAINED, and logs that belong to no session."""
        cutoff = now - RETAINED
        await self._services.store.write(
            lambda conn: conn.execute(
                "DELETE FROM sessions WHERE status IN (?, ?) AND COALESCE(ended, started) < ?", (*HISTORY, cutoff)
            )
        )
        folder = self._services.paths.sessions
        if not folder.is_dir():
            return
        known = {row["id"] for row in self._services.store.read("SELECT id FROM sessions")}
        for path in folder.iterdir():
            if path.name not in known and path.name not in self._live:
                await asyncio.to_thread(shutil.rmtree, path, ignore_errors=True)


def _deadline_name(session_id: str) -> str:
    return f"session {session_id} is opened"
