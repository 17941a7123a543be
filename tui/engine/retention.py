"""What is deleted when: history, run folders and the audit by age, run folders by size too; never what still runs.

Domains delete their own by functions marked `retains`; here are the rules of the shared files and tables, and when all
of it runs: as the engine starts, and every hour.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tui.engine.context import Retention, Services

DAY = 86400.0
HOUR = 3600.0

DEFAULTS: Mapping[str, float] = {
    "retain_commands_days": 30,  # AWS keeps a command as long
    "retain_runs_hours": 336,  # whole outputs and scripts of steps
    "retain_runs_bytes": 2 * 1024**3,
    "retain_audit_days": 90,
}
"""Settings by name; the engine's settings override them."""

_BATCH = 500
_ORPHAN = HOUR  # a run folder without a command may belong to one that is just being stored
_DELETE_AUDIT = (
    "DELETE FROM audit WHERE id < coalesce((SELECT id FROM audit WHERE at >= ? ORDER BY id LIMIT 1),"
    " (SELECT max(id) + 1 FROM audit))"
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """A folder that may be deleted: nothing in it runs any more; `ended` is in epoch seconds."""

    path: Path
    ended: float
    size: int


def setting(services: Services, name: str) -> float:
    """Give one of DEFAULTS as it is set for this engine."""
    return float(services.settings.get(name, DEFAULTS[name]))


def start_retention(services: Services, hooks: Sequence[Retention]) -> None:
    """Run the rules now and every hour; that keeps nothing alive."""

    async def run() -> None:
        await retain(services, hooks)

    services.scheduler.at("retention at start", services.clock.now(), run)
    services.scheduler.every("retention", HOUR, run)


async def retain(services: Services, hooks: Sequence[Retention] = ()) -> None:
    """Apply every rule once; one that fails is logged and keeps none of the others from running."""
    for hook in (*hooks, retain_commands, retain_audit):
        try:
            await hook(services, services.clock.now())
        except Exception:
            _log.exception("retention: %s failed", hook.__name__)


async def retain_audit(services: Services, now: float) -> None:
    """Delete audit rows that are too old.

    They are looked through in the order in which they came, which needs no index of their times: every write would
    pay for one. A row from a time when the clock was wrong stays until those before it go.
    """
    before = now - setting(services, "retain_audit_days") * DAY
    oldest = services.store.read_one("SELECT at FROM audit ORDER BY id LIMIT 1")
    if oldest is not None and oldest["at"] < before:
        await services.store.write(lambda conn: conn.execute(_DELETE_AUDIT, (before,)))


async def retain_commands(services: Services, now: float) -> None:
    """Delete old commands, and run folders that are too old or too big altogether, oldest first."""
    before = now - setting(services, "retain_commands_days") * DAY
    while True:
        old = services.store.read(
            "SELECT number FROM commands WHERE final = 1 AND requested_at < ? AND NOT EXISTS"
            " (SELECT 1 FROM invocations WHERE command = number AND ended_at >= ?) LIMIT ?",
            (before, before, _BATCH),
        )
        if not old:
            break
        numbers = [(row["number"],) for row in old]
        await services.store.write(lambda conn, numbers=numbers: _forget(conn, numbers))  # type: ignore[misc]  # bound per batch
    ended = {
        str(row["command_id"]): float(row["ended"])
        for row in services.store.read(
            "SELECT command_id, coalesce((SELECT max(ended_at) FROM invocations WHERE command = number), requested_at)"
            " AS ended FROM commands WHERE final = 1"
        )
    }
    running = {str(row["command_id"]) for row in services.store.read("SELECT command_id FROM commands WHERE final = 0")}
    max_age = setting(services, "retain_runs_hours") * HOUR
    max_bytes = setting(services, "retain_runs_bytes")

    def clear() -> int:
        found = run_folders(services.paths.runs, ended, running, now)
        return remove(expired(found, now=now, max_age=max_age, max_bytes=max_bytes))

    removed = await asyncio.to_thread(clear)
    if removed:
        _log.info("retention: %d run folders were deleted", removed)


def _forget(conn: sqlite3.Connection, numbers: Sequence[tuple[int]]) -> None:
    conn.executemany("DELETE FROM commands WHERE number = ?", numbers)


def run_folders(root: Path, ended: Mapping[str, float], running: set[str], now: float) -> list[Kept]:
    """List the folders of commands that are over, or that the store does not know any more.

    A folder's name begins with the id of its command and a dot.
    """
    found = []
    try:
        entries = list(os.scandir(root))
    except FileNotFoundError:
        return []
    for entry in entries:
        command_id = entry.name.partition(".")[0]
        if command_id in running or not entry.is_dir(follow_symlinks=False):
            continue
        known = ended.get(command_id)
        if known is None and now - entry.stat().st_mtime < _ORPHAN:
            continue
        found.append(Kept(Path(entry.path), 0.0 if known is None else known, size_of(Path(entry.path))))
    return found


def expired(found: Iterable[Kept], *, now: float, max_age: float, max_bytes: float) -> list[Kept]:
    """Choose what goes: what ended longer ago than `max_age`, then the oldest until the rest fits in `max_bytes`."""
    newest_first = sorted(found, key=lambda kept: kept.ended, reverse=True)
    going, total = [], 0
    for kept in newest_first:
        total += kept.size
        if now - kept.ended > max_age or total > max_bytes:
            going.append(kept)
    return going


def remove(going: Iterable[Kept]) -> int:
    """Delete folders and say how many are gone."""
    count = 0
    for kept in going:
        shutil.rmtree(kept.path, ignore_errors=True)
        count += not kept.path.exists()
    return count


def size_of(folder: Path) -> int:
    """Add up the bytes of a folder's files; what vanishes meanwhile counts nothing."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(where, name)).st_size  # noqa: PTH118 - a hot loop
            except OSError:
                continue
    return total
