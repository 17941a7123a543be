"""The audit: who changed, was denied or was shown what; a write's row is committed together with the write."""

from __future__ import annotations

import json
import sqlite3
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tui.engine.store import Store

SUCCEEDED = "Succeeded"
DENIED = "Denied"
REVEALED = "Revealed"
DETAIL_LIMIT = 2000
"""Characters of a request that are kept; sensitive members are hidden before the cut."""


@dataclass(slots=True)
class AuditEntry:
    """One row of the audit; `row` is its number once it is stored."""

    at: float
    caller: str
    service: str
    operation: str
    detail: str
    outcome: str = SUCCEEDED
    row: int | None = None

    def insert(self, conn: sqlite3.Connection) -> None:
        """Store the row; runs on the writer thread."""
        values = (self.at, self.caller, self.service, self.operation, self.outcome, self.detail)
        self.row = conn.execute(
            "INSERT INTO audit (at, caller, service, operation, outcome, detail) VALUES (?, ?, ?, ?, ?, ?)", values
        ).lastrowid


current_entry: ContextVar[AuditEntry | None] = ContextVar("current_entry", default=None)
"""The audit row of the call that is being handled: the store commits it with the call's first write."""


def detail_of(request: Any) -> str:
    """Write a masked request for the audit."""
    text = json.dumps(request, ensure_ascii=False, separators=(",", ":"), default=str)
    # What a terminal gave as bytes that are not UTF-8 comes as lone surrogates, which the store can't hold as text.
    text = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return text if len(text) <= DETAIL_LIMIT else text[: DETAIL_LIMIT - 1] + "…"


async def settle(store: Store, entry: AuditEntry, outcome: str) -> None:
    """Make sure that a call's row is stored and says how the call ended."""
    if entry.row is None:
        entry.outcome = outcome
        await store.write(entry.insert)
    elif outcome != entry.outcome:
        entry.outcome = outcome
        await store.write(lambda conn: conn.execute("UPDATE audit SET outcome = ? WHERE id = ?", (outcome, entry.row)))
