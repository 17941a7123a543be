"""Pages of parameters by name, at a cost that does not grow with their number.

A plan has drivers, each of which an index gives in the order of names, and conditions that the rows they give must
meet. Where there are conditions, a page ends after SCANNED rows even when few of them fit: it is short then, and the
list goes on.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tui.engine.store import Store

SCANNED = 2_000
"""Rows that one page looks at, at most."""

END = "\x7f"
"""A text that comes behind every name."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A part of a WHERE and its values."""

    sql: str
    values: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class Driver:
    """Where rows come from: a FROM with its index, the column that has the name in it, and what the index looks up.

    Its names are in (`low`, `high`).
    """

    source: str
    column: str = "p.name"
    key: Condition = Condition("1")
    low: str = ""
    high: str = END


NAMES = Driver("parameters p INDEXED BY parameters_name")
"""All parameters."""


@dataclass(slots=True)
class Plan:
    """What a page is read by: every driver's rows in (`low`, `high`), merged, that meet all conditions.

    `join` adds tables to `p`; rows that it does not match are left out, so that it counts as a condition if `narrows`.
    """

    drivers: list[Driver] = field(default_factory=lambda: [NAMES])
    conditions: list[Condition] = field(default_factory=list)
    low: str = ""
    high: str = END
    columns: str = "p.*"
    join: Condition = Condition("")
    narrows: bool = False

    def within(self, low: str, high: str) -> None:
        """Leave out names that are not between two texts."""
        self.low, self.high = max(self.low, low), min(self.high, high)

    def below(self, path: str) -> None:
        """Leave out names that are not below a path, which has no slash at its end."""
        self.within(*beginning(f"{path}/"))


def beginning(prefix: str) -> tuple[str, str]:
    """Give the texts between which the names are that begin with another."""
    if not prefix.isascii() or "\0" in prefix:
        return END, END  # no name has such a letter
    # A page begins behind a text: behind this one come `prefix` and all that begin with it, and no shorter name.
    return prefix[:-1] + chr(ord(prefix[-1]) - 1) + END, prefix + END


def page(store: Store, plan: Plan, after: str, size: int) -> tuple[list[sqlite3.Row], str]:
    """Give at most `size` rows whose names follow `after`, by name, and the name to go on after, empty at the end."""
    spans = [(each, max(after, plan.low, each.low), min(plan.high, each.high)) for each in plan.drivers]
    stop = ""
    if plan.conditions or plan.narrows:
        stops = [found for found in (_stop(store, *span) for span in spans) if found]
        stop = min(stops, default="")
    found: dict[str, sqlite3.Row] = {}
    for driver, low, high in spans:
        for row in _rows(store, plan, driver, (low, high, stop), size + 1):
            found.setdefault(row["name"], row)
    rows = list(found.values()) if len(plan.drivers) == 1 else sorted(found.values(), key=lambda row: str(row["name"]))
    if len(rows) > size:
        return rows[:size], rows[size - 1]["name"]
    return rows, stop


def _stop(store: Store, driver: Driver, low: str, high: str) -> str:
    """Give the name at which a driver has given as many rows as one page looks at; empty where it has fewer."""
    row = store.read_one(
        f"SELECT {driver.column} FROM {driver.source} WHERE {driver.key.sql}"  # noqa: S608 - only texts of ours
        f" AND {driver.column} > ? AND {driver.column} < ? ORDER BY {driver.column} LIMIT 1 OFFSET {SCANNED - 1}",
        (*driver.key.values, low, high),
    )
    return "" if row is None else str(row[0])


def _rows(store: Store, plan: Plan, driver: Driver, span: tuple[str, str, str], limit: int) -> list[sqlite3.Row]:
    # One end of the range alone: of two, SQLite looks one up and reads everything up to the other.
    low, high, stop = span
    last = bool(stop) and stop < high
    where = [driver.key.sql, f"{driver.column} > ?", f"{driver.column} {'<=' if last else '<'} ?"]
    values = [*plan.join.values, *driver.key.values, low, stop if last else high]
    for condition in plan.conditions:
        where.append(f"({condition.sql})")
        values += condition.values
    query = (
        f"SELECT {plan.columns} FROM {driver.source} {plan.join.sql} WHERE {' AND '.join(where)}"  # noqa: S608 - only texts of ours
        f" ORDER BY {driver.column} LIMIT ?"
    )
    return store.read(query, (*values, limit))
