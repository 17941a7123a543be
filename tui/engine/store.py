"""The engine's store: one SQLite file in WAL mode, one writer thread with group commit, one reader on the loop.

An awaited write is on disk (synchronous=FULL) when the await returns. Writes that wait at the same moment share one
commit, each in a savepoint of its own, so that one that fails leaves the others whole; one alone needs none.
"""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from tui.engine.audit import AuditEntry, current_entry
from tui.engine.context import ApiFault
from tui.errors import StateError

T = TypeVar("T")
Write = Callable[[sqlite3.Connection], T]

OTHER_FOLDER = "--state DIR chooses another folder."

_log = logging.getLogger(__name__)
_MIGRATIONS = Path(__file__).parent / "migrations"
_BATCH = 512
_ALONE = ("ROLLBACK",)
_AMONG_OTHERS = ("ROLLBACK TO job", "RELEASE job")
_MAGIC = b"SQLite format 3\0"
_USER_VERSION_AT = 60  # where SQLite's file format keeps user_version, 4 bytes, big endian


class _Job:
    """One write on its way: what to run, the audit row that goes with it, and who waits for it."""

    __slots__ = ("entry", "error", "function", "future", "result")

    def __init__(self, function: Write[Any], entry: AuditEntry | None, future: asyncio.Future[Any]) -> None:
        self.function = function
        self.entry = entry
        self.future = future
        self.result: Any = None
        self.error: BaseException | None = None

    def deliver(self) -> None:
        """Hand over the outcome; runs on the loop."""
        if self.future.done():  # whoever waited was cancelled; the write has happened all the same
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class Store:
    """The open store of one engine; made by `Store.open`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closed = False
        self._loop = asyncio.get_running_loop()
        self._writer = connect(path)
        self._reader = connect(path, read_only=True)
        self._thread = threading.Thread(target=self._write_all, name="store-writer", daemon=True)
        self._thread.start()

    @classmethod
    async def open(cls, path: Path, *, migrations: Path = _MIGRATIONS) -> Store:
        """Open the store, made or migrated where that is due.

        Raises: StateError where the file is from a newer version (it is left untouched), is no store, or can't be
        written.
        """
        prepare(path, migrations)
        return cls(path)

    async def write(self, function: Write[T]) -> T:
        """Run `function(conn)` on the writer thread, as one with its audit row; returns once it is on disk.

        Cancelling the wait does not undo the write. Raises: what the function raised (nothing of it is stored), or
        ApiFault InternalServerError where the disk is full or broken.
        """
        if self._closed:
            raise ApiFault("InternalServerError", "The engine is leaving: nothing was stored.")
        entry = current_entry.get()
        job = _Job(function, entry if entry is not None and entry.row is None else None, self._loop.create_future())
        self._jobs.put(job)
        result: T = await job.future
        return result

    def read(self, sql: str, params: Sequence[Any] | dict[str, Any] = ()) -> list[sqlite3.Row]:
        """Give all rows of a query; sees every write that was acknowledged."""
        return self._reader.execute(sql, params).fetchall()

    def read_one(self, sql: str, params: Sequence[Any] | dict[str, Any] = ()) -> sqlite3.Row | None:
        """Give the first row of a query, or None."""
        cursor = self._reader.execute(sql, params)
        row: sqlite3.Row | None = cursor.fetchone()
        cursor.close()
        return row

    async def aclose(self) -> None:
        """Finish the writes that wait, fold the WAL back into the file and close."""
        if self._closed:
            return
        self._closed = True
        self._jobs.put(None)
        await self._loop.run_in_executor(None, self._thread.join)
        self._reader.close()
        self._writer.close()

    # the writer thread

    def _write_all(self) -> None:
        going = True
        while going:
            batch: list[_Job] = []
            job = self._jobs.get()
            while job is not None:
                batch.append(job)
                if len(batch) == _BATCH or self._jobs.empty():
                    break
                job = self._jobs.get()
            going = job is not None
            if batch:
                self._commit(batch)
                try:
                    self._loop.call_soon_threadsafe(self._deliver, batch)
                except RuntimeError:  # the loop is closed: nobody waits any more
                    return

    @staticmethod
    def _deliver(batch: list[_Job]) -> None:
        for job in batch:
            job.deliver()

    def _commit(self, batch: list[_Job]) -> None:
        conn = self._writer
        try:
            conn.execute("BEGIN IMMEDIATE")
            if len(batch) == 1:
                self._run(conn, batch[0], undo=_ALONE)
            else:
                for job in batch:
                    conn.execute("SAVEPOINT job")
                    self._run(conn, job, undo=_AMONG_OTHERS)
            if conn.in_transaction:
                conn.execute("COMMIT")
        except BaseException as error:
            _log.exception("a commit of %d writes failed", len(batch))
            fault = _disk_fault(error, self.path)
            for job in batch:
                job.error = fault
                if job.entry is not None:
                    job.entry.row = None
            if conn.in_transaction:
                conn.execute("ROLLBACK")

    def _run(self, conn: sqlite3.Connection, job: _Job, *, undo: Sequence[str]) -> None:
        try:
            job.result = job.function(conn)
            if job.entry is not None and job.entry.row is None:
                job.entry.insert(conn)
        except BaseException as error:
            if not conn.in_transaction:  # SQLite itself has rolled everything back: the disk is full or broken
                raise
            for statement in undo:
                conn.execute(statement)
            if job.entry is not None:
                job.entry.row = None
            job.error = _disk_fault(error, self.path) if _is_disk_error(error) else error
            return
        if undo is _AMONG_OTHERS:
            conn.execute("RELEASE job")


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open one connection with the settings that the engine's promises rest on."""
    conn = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
    conn.row_factory = sqlite3.Row
    conn.execute("PRAGMA busy_timeout = 5000")
    conn.execute("PRAGMA synchronous = FULL")
    conn.execute("PRAGMA foreign_keys = ON")
    conn.execute("PRAGMA temp_store = MEMORY")
    if read_only:
        conn.execute("PRAGMA query_only = ON")
        conn.execute("PRAGMA cache_size = -16384")  # KiB: lists of a store that has grown stay as quick as before
    else:
        conn.execute("PRAGMA journal_size_limit = 16777216")
        conn.execute("PRAGMA wal_autocheckpoint = 4000")  # pages, as many as the limit: fewer writes wait for one
    return conn


def prepare(path: Path, migrations: Path = _MIGRATIONS) -> None:
    """Make the file (0600) and apply the migrations that it lacks, all in one transaction.

    Raises: StateError, see `Store.open`.
    """
    available = {int(file.name.split("_")[0]): file for file in migrations.glob("[0-9]*_*.sql")}
    newest = max(available)
    try:
        fresh = not path.exists() or path.stat().st_size == 0
        if fresh:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        elif not is_database(path):
            raise StateError(f"The file {path} is no store of ssm-tui.", hint="Nothing was changed. " + OTHER_FOLDER)
        elif stored_version(path) > newest:
            raise StateError(
                f"The store {path} is of format {stored_version(path)}; this version reads up to {newest}.",
                hint="Nothing was changed. Use the newer ssm-tui, or another folder with --state.",
            )
        conn = connect(path)
    except sqlite3.Error as error:
        raise unusable(path, error) from error
    except OSError as error:
        raise StateError(f"The store {path} can't be opened: {error.strerror}.") from error
    try:
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("BEGIN IMMEDIATE")
        conn.execute("CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL)")
        applied = {row[0] for row in conn.execute("SELECT number FROM migrations")}
        for number in sorted(available.keys() - applied):
            for statement in statements(available[number].read_text("utf-8")):
                conn.execute(statement)
            conn.execute("INSERT INTO migrations VALUES (?, ?)", (number, available[number].name))
        if available.keys() - applied:
            conn.execute(f"PRAGMA user_version = {newest}")
        conn.execute("COMMIT")
    except sqlite3.Error as error:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise unusable(path, error) from error
    finally:
        conn.close()


def unusable(path: Path, error: sqlite3.Error) -> StateError:
    """Say why a store can't be used; what is damaged is told from a disk that is full or can't be written."""
    if getattr(error, "sqlite_errorname", "").startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return StateError(
            f"The store {path} is damaged: {error}.", hint=f"Put a copy of it back, or move it away. {OTHER_FOLDER}"
        )
    return StateError(f"The store {path} can't be used: {error}.")


def is_database(path: Path) -> bool:
    """Say whether a file begins as every SQLite database does. Raises: OSError."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def stored_version(path: Path) -> int:
    """Read a store's format number; a file that was closed in good order is not even opened by SQLite for it.

    Raises: sqlite3.Error, OSError.
    """
    if not path.with_name(path.name + "-wal").exists():
        with path.open("rb") as file:
            file.seek(_USER_VERSION_AT)
            return int.from_bytes(file.read(4), "big")
    conn = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        found: int = conn.execute("PRAGMA user_version").fetchone()[0]
        return found
    finally:
        conn.close()


def statements(script: str) -> list[str]:
    """Split a migration into statements, so that they can run inside one transaction."""
    found, pending = [], ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            found.append(pending)
            pending = ""
    if pending.strip():
        found.append(pending)
    return found


def _is_disk_error(error: BaseException) -> bool:
    name = getattr(error, "sqlite_errorname", "")
    return isinstance(name, str) and name.startswith(("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY"))


def _disk_fault(error: BaseException, path: Path) -> ApiFault:
    if getattr(error, "sqlite_errorname", "") == "SQLITE_FULL":
        return ApiFault("InternalServerError", f"The disk that holds {path} is full: nothing was stored.")
    return ApiFault("InternalServerError", f"The store {path} can't be written: {error}: nothing was stored.")
