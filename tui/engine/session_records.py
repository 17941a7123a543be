"""The stored records of sessions; each change of a status is published on the bus."""

from __future__ import annotations

import sqlite3
from typing import Any

from tui.engine.context import Services

ACTIVE = ("Connecting", "Connected", "Disconnected", "Terminating")
HISTORY = ("Terminated", "Failed")


class SessionRecords:
    """Reads and writes the table of sessions; one per engine."""

    def __init__(self, services: Services) -> None:
        self._store = services.store
        self._bus = services.bus

    def get(self, session_id: str) -> sqlite3.Row | None:
        """Give one session's row, None where there is none of that id."""
        return self._store.read_one("SELECT * FROM sessions WHERE id = ?", (session_id,))

    def active(self) -> list[sqlite3.Row]:
        """Give every session that is not over."""
        marks = ", ".join("?" for _ in ACTIVE)
        return self._store.read(f"SELECT * FROM sessions WHERE status IN ({marks}) ORDER BY started", ACTIVE)  # noqa: S608 - only question marks are put in

    async def add(self, session_id: str, **columns: Any) -> None:
        """Store a new session."""
        names = ["id", *columns]
        sql = f"INSERT INTO sessions ({', '.join(names)}) VALUES ({', '.join('?' for _ in names)})"  # noqa: S608 - names of columns, from our own code
        values = (session_id, *columns.values())
        await self._store.write(lambda conn: conn.execute(sql, values))
        self._tell(session_id, columns["status"])

    async def update(self, session_id: str, **columns: Any) -> bool:
        """Change a session that is not over; says whether there was one to change."""
        sets = ", ".join(f"{name} = ?" for name in columns)
        marks = ", ".join("?" for _ in ACTIVE)
        sql = f"UPDATE sessions SET {sets} WHERE id = ? AND status IN ({marks})"  # noqa: S608 - names of columns, from our own code
        values = (*columns.values(), session_id, *ACTIVE)
        changed = await self._store.write(lambda conn: conn.execute(sql, values).rowcount) > 0
        if changed and "status" in columns:
            self._tell(session_id, columns["status"])
        return changed

    def _tell(self, session_id: str, status: str) -> None:
        self._bus.publish("sessions", {"type": "session", "SessionId": session_id, "Status": status})
