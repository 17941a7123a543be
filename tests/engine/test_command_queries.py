"""Lists of commands stay quick as the store grows, counted in the steps that SQLite takes."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.command_bench import Bench, bench
from tui.engine.command_queries import list_commands, list_invocations

COMMANDS = 20_000
RARE = 50
"""The number of the one command that failed."""


def grow(conn: sqlite3.Connection) -> None:
    """Copy the one command and its invocation; one of the copies failed long ago."""
    conn.execute(
        "WITH RECURSIVE n(x) AS (SELECT 10 UNION ALL SELECT x + 1 FROM n WHERE x < ?)"
        " INSERT INTO commands SELECT x, 'copy ' || x, requested_at, expires_at, document_name,"
        " iif(x = ?, 'Failed', status), iif(x = ?, 'Failed', details), final, cancelled, targets, completed, errors,"
        " delivery_timeouts, request FROM commands, n WHERE number = 1",
        (COMMANDS, RARE, RARE),
    )
    conn.execute(
        "INSERT INTO invocations SELECT c.number, i.place, i.node_id, i.node_name, c.status, c.details, i.cancelled,"
        " i.effective_user, i.started_at, i.ended_at"
        " FROM commands c, invocations i WHERE c.number > 1 AND i.command = 1"
    )


@pytest.fixture
async def grown(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path / "state") as made:
        await made.run("true")
        await made.engine.services.store.write(grow)
        yield made


class Counted:
    """A store's reads, and how many hundreds of SQLite's steps they took."""

    def __init__(self, path: Path) -> None:
        self.hundreds = 0
        self._conn = sqlite3.connect(path)
        self._conn.row_factory = sqlite3.Row
        self._conn.set_progress_handler(self._count, 100)

    def _count(self) -> int:
        self.hundreds += 1
        return 0

    def read(self, sql: str, params: Any = ()) -> list[sqlite3.Row]:
        return self._conn.execute(sql, params).fetchall()

    def read_one(self, sql: str, params: Any = ()) -> Any:
        return self._conn.execute(sql, params).fetchone()


@pytest.mark.parametrize("listing", [list_commands, list_invocations])
@pytest.mark.parametrize("of_node", [False, True])
@pytest.mark.parametrize(("status", "found"), [("Failed", 1), ("DeliveryTimedOut", 0), ("Success", 50)])
async def test_a_rare_status_among_a_nodes_many_commands_was_looked_for_in_all_of_them(
    grown: Bench, listing: Any, of_node: bool, status: str, found: int
) -> None:
    counted = Counted(grown.engine.services.paths.database)
    request: dict[str, Any] = {"Filters": [{"key": "Status", "value": status}]}
    if of_node:
        request["InstanceId"] = grown.node
    rows, _ = listing(counted, request)
    assert len(rows) == found
    assert counted.hundreds < 200
