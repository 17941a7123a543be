"""Run Command in the store: what is written when, and read back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from tui.engine.command_records import Command, Invocation, StepRecord, command_shape
from tui.engine.statuses import command_status, status_of
from tui.engine.store import Store
from tui.ports import Shape


def insert(conn: sqlite3.Connection, command: Command) -> int:
    """Store a command that was accepted, with all its invocations; gives its number."""
    request = json.dumps(command.request, separators=(",", ":"), ensure_ascii=False)
    number = conn.execute(
        "INSERT INTO commands (command_id, requested_at, expires_at, document_name, status, details, final, cancelled,"
        " targets, completed, errors, delivery_timeouts, request) VALUES (?, ?, ?, ?, ?, ?, 0, 0, ?, 0, 0, 0, ?)",
        (
            command.command_id,
            command.requested_at,
            command.expires_at,
            command.request["DocumentName"],
            command_status(command.details),
            command.details,
            len(command.invocations),
            request.encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
        ),
    ).lastrowid
    assert number is not None
    conn.executemany(
        "INSERT INTO invocations (command, place, node_id, node_name, status, details, cancelled, effective_user)"
        " VALUES (?, ?, ?, ?, 'Pending', 'Pending', 0, '')",
        [(number, each.place, each.node_id, each.node_name) for each in command.invocations.values()],
    )
    return number


class Snapshot:
    """A command's state at one moment, with those of its invocations that changed; written on the writer thread."""

    def __init__(self, command: Command, invocations: Iterable[Invocation]) -> None:
        number = command.number
        self._command = (
            command_status(command.details),
            command.details,
            int(command.is_final),
            int(command.cancelled),
            command.completed,
            command.errors,
            command.delivery_timeouts,
            number,
        )
        self._invocations = []
        self._steps = []
        for each in invocations:
            self._invocations.append(
                (
                    status_of(each.details),
                    each.details,
                    int(each.cancelled),
                    each.effective_user,
                    each.started_at,
                    each.ended_at,
                    number,
                    each.place,
                )
            )
            if each.is_final:
                self._steps += [_step_row(number, each.node_id, step) for step in each.steps]

    def write(self, conn: sqlite3.Connection) -> None:
        conn.execute(
            "UPDATE commands SET status = ?, details = ?, final = ?, cancelled = ?, completed = ?, errors = ?,"
            " delivery_timeouts = ? WHERE number = ?",
            self._command,
        )
        conn.executemany(
            "UPDATE invocations SET status = ?, details = ?, cancelled = ?, effective_user = ?, started_at = ?,"
            " ended_at = ? WHERE command = ? AND place = ?",
            self._invocations,
        )
        if self._steps:
            conn.executemany(
                "INSERT OR REPLACE INTO steps VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                self._steps,
            )


def _step_row(command: int, node_id: str, step: StepRecord) -> tuple[Any, ...]:
    return (
        command,
        node_id,
        step.number,
        step.name,
        status_of(step.details),
        step.details,
        step.response_code,
        step.started_at,
        step.ended_at,
        step.folder,
        step.stdout,
        step.stderr,
    )


def request_of(row: sqlite3.Row) -> Shape:
    """Give what never changes of a command, from a row that has the column `request`."""
    found: Shape = json.loads(row["request"])
    return found


def shape_of(row: sqlite3.Row) -> Shape:
    """Give a command as ListCommands shows it, from its row."""
    return command_shape(
        request_of(row), row["details"], row["targets"], row["completed"], row["errors"], row["delivery_timeouts"]
    )


def invocation_of(row: sqlite3.Row, steps: Sequence[sqlite3.Row] = ()) -> Invocation:
    """Give an invocation from its row, with those of its steps that are given."""
    return Invocation(
        place=row["place"],
        node_id=row["node_id"],
        node_name=row["node_name"],
        details=row["details"],
        cancelled=bool(row["cancelled"]),
        effective_user=row["effective_user"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        steps=[step_of(step) for step in steps],
    )


def step_of(row: sqlite3.Row) -> StepRecord:
    """Give a step from its row."""
    return StepRecord(
        number=row["number"],
        name=row["name"],
        details=row["details"],
        response_code=row["response_code"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        folder=row["folder"],
        stdout=row["stdout"],
        stderr=row["stderr"],
    )


def find_command(store: Store, command_id: str) -> sqlite3.Row | None:
    """Give a command's row; None where there is none of that id."""
    return store.read_one("SELECT * FROM commands WHERE command_id = ?", (command_id,))


def find_invocation(store: Store, command_id: str, node_id: str) -> tuple[Shape, Invocation] | None:
    """Give a command's request and its invocation with steps; None where there is no such command on such a node."""
    row = store.read_one(
        "SELECT invocations.*, request FROM commands JOIN invocations ON command = commands.number"
        " WHERE command_id = ? AND node_id = ?",
        (command_id, node_id),
    )
    if row is None:
        return None
    steps = store.read(
        "SELECT * FROM steps WHERE command = ? AND node_id = ? ORDER BY number", (row["command"], node_id)
    )
    return request_of(row), invocation_of(row, steps)


def invocations_of(store: Store, command: int) -> list[Invocation]:
    """Give every invocation of a command in the order of sending, without steps."""
    rows = store.read("SELECT * FROM invocations WHERE command = ? ORDER BY place", (command,))
    return [invocation_of(row) for row in rows]
