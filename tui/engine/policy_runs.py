"""Parameter policies that are due: parameters expire, and events tell that one will, or was not changed for long.

A policy is stored as in progress before it does anything, and as finished or failed afterwards; what an engine that was
ended has left in progress is done again. A parameter that is put or deleted in between is left alone.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from tui.engine import parameter_rows as rows
from tui.engine.audit import AuditEntry, detail_of
from tui.engine.context import Services, arn_of
from tui.engine.events import aws_event
from tui.engine.parameter_events import DELETE, publish_parameter
from tui.engine.parameter_policies import (
    EXPIRATION,
    EXPIRATION_NOTIFICATION,
    FAILED,
    FINISHED,
    IN_PROGRESS,
    NO_CHANGE_NOTIFICATION,
    PolicyTimes,
    due_times,
    policies_changed,
)
from tui.ports import Shape

JOB = "parameter policies"
ACTION = "Parameter Store Policy Action"
BATCH = 500
"""Parameters whose policies share a commit."""

RETRY = 60.0
"""Seconds after which policies are tried again that a full disk has kept from being run."""

BY = "ssm.amazonaws.com"
"""Who deletes what has expired, in the audit."""

_REASONS = {
    EXPIRATION: "The parameter has expired and was deleted.",
    EXPIRATION_NOTIFICATION: "The parameter is about to expire.",
    NO_CHANGE_NOTIFICATION: "The parameter was not changed for the time that its policy names.",
}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Run:
    """Policies of one parameter that are being run: its row and its policies as they are stored, and their numbers."""

    row: sqlite3.Row
    policies: list[Shape]
    due: list[int]

    @property
    def expires(self) -> bool:
        return any(self.policies[number]["PolicyType"] == EXPIRATION for number in self.due)

    def with_status(self, status: str) -> str:
        """Give the policies as the store keeps them, with those that are being run in another state."""
        due = set(self.due)
        return json.dumps(
            [{**each, "PolicyStatus": status} if at in due else each for at, each in enumerate(self.policies)]
        )


def schedule(services: Services) -> None:
    """Have what is due next run at its time. It keeps no engine alive: the next one makes up for it."""
    due = services.part(PolicyTimes).next()
    if due is None:
        services.scheduler.cancel(JOB)
    else:
        services.scheduler.at(JOB, due, partial(run_due, services))


async def run_due(services: Services) -> None:
    """Run every policy that is due, in the order of their times, and schedule the next."""
    times = services.part(PolicyTimes)
    names: list[str] = []
    try:
        while names := times.take(services.clock.now(), BATCH):
            await _run(services, names)
    except Exception:
        _log.exception("the policies of %d parameters could not be run", len(names))
        services.scheduler.at(JOB, services.clock.now() + RETRY, partial(_again, services, names))
        return
    schedule(services)


async def _again(services: Services, names: Sequence[str]) -> None:
    for name in names:
        policies_changed(services, name)
    await run_due(services)


async def _run(services: Services, names: Sequence[str]) -> None:
    """Run the policies of some parameters that are due now. Raises: ApiFault where the store can't be written."""
    store, now = services.store, services.clock.now()
    runs = await store.write(partial(_begin, names=names, now=now))
    failed: list[Run] = []
    try:
        ended = await store.write(partial(_end, runs=runs, now=now))
    except sqlite3.Error:  # one of them can't be done, so each is tried alone
        ended = []
        for run in runs:
            try:
                ended += await store.write(partial(_end, runs=[run], now=now))
            except sqlite3.Error:
                _log.exception("a policy of %s failed", run.row["name"])
                failed += await store.write(partial(_mark, runs=[run], status=FAILED))
    for name in names:
        policies_changed(services, name)
    for run in ended:
        _tell(services, run, "Success")
        if run.expires:
            publish_parameter(services, DELETE, run.row, run.row["version"], region=services.region)
    for run in failed:
        _tell(services, run, "Failed", "The store refused it; the engine's log has the reason.")


# on the store's thread


def _begin(conn: sqlite3.Connection, names: Sequence[str], now: float) -> list[Run]:
    """Store that policies are in progress, and give those of each parameter in the order of their times."""
    runs = []
    for name in names:
        row = conn.execute("SELECT * FROM parameters WHERE name = ?", (name,)).fetchone()
        if row is None:
            continue
        policies = json.loads(row["policies"])
        due = sorted((when, number) for number, when in due_times(policies, row["modified_at"]) if when <= now)
        if due:
            runs.append(Run(row, policies, [number for _, number in due]))
            _store(conn, runs[-1], IN_PROGRESS)
    return runs


def _end(conn: sqlite3.Connection, runs: Sequence[Run], now: float) -> list[Run]:
    """Delete what expires and store that the others are finished; gives the runs that nothing has overtaken."""
    ended = [run for run in runs if not run.expires]
    done = _mark(conn, ended, FINISHED)
    for run in runs:
        if run.expires and _is_current(conn, run):
            rows.delete(conn, run.row["name"])
            detail = detail_of({"Name": run.row["shown"]})
            AuditEntry(now, BY, "ssm", "DeleteParameter", detail).insert(conn)
            done.append(run)
    return done


def _mark(conn: sqlite3.Connection, runs: Sequence[Run], status: str) -> list[Run]:
    current = [run for run in runs if _is_current(conn, run)]
    for run in current:
        _store(conn, run, status)
    return current


def _store(conn: sqlite3.Connection, run: Run, status: str) -> None:
    conn.execute("UPDATE parameters SET policies = ? WHERE id = ?", (run.with_status(status), run.row["id"]))


def _is_current(conn: sqlite3.Connection, run: Run) -> bool:
    """Say whether a parameter is as it was when its policies began."""
    same = "name = ? AND id = ? AND version = ? AND modified_at = ? AND policies = ?"
    row = run.row
    values = (row["name"], row["id"], row["version"], row["modified_at"], run.with_status(IN_PROGRESS))
    return conn.execute(f"SELECT 1 FROM parameters WHERE {same}", values).fetchone() is not None  # noqa: S608 - our words


# what the bus is told


def _tell(services: Services, run: Run, status: str, reason: str = "") -> None:
    """Tell of what policies did, in EventBridge's shape (semantics 2.7)."""
    if not services.bus.has_subscribers("events"):
        return
    row, resources = run.row, [arn_of(f"parameter{run.row['name']}", services.region, services.account)]
    for number in run.due:
        policy = run.policies[number]
        detail = {
            "parameter-name": row["name"],
            "parameter-type": row["type"],
            "policy-type": policy["PolicyType"],
            "policy-content": policy["PolicyText"],
            "action-status": status,
            "action-reason": reason or _REASONS[policy["PolicyType"]],
        }
        services.bus.publish("events", aws_event(services, services.region, ACTION, detail, resources))
