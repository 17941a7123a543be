"""Lists of commands and invocations out of the store: filters and pages (semantics 4.8)."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from tui.engine.context import ApiFault
from tui.engine.paging import decode_token, encode_token, number_of
from tui.engine.statuses import status_of
from tui.engine.store import Store
from tui.ports import Shape

COMMAND_STATUSES = frozenset({"Pending", "InProgress", "Success", "Cancelled", "Failed", "TimedOut", "Cancelling"})
PAGE = 50
FEW = 500


def time_of(text: str) -> float:
    """Read a filter's time. Raises: ApiFault ValidationException."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ApiFault("ValidationException", f"{text!r} is no time: write it as 2026-01-31T12:00:00Z.") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def conditions(filters: Sequence[Shape], *, invocations: bool) -> tuple[list[str], list[Any]]:
    """Give the WHERE terms of filters on `c` (commands) and `i` (invocations) with their values.

    Raises: ApiFault InvalidFilterKey or ValidationException.
    """
    terms: list[str] = []
    values: list[Any] = []
    for each in filters:
        key, value = each["key"], each["value"]
        if key == "InvokedAfter":
            terms.append("c.requested_at > ?")
            values.append(time_of(value))
        elif key == "InvokedBefore":
            terms.append("c.requested_at < ?")
            values.append(time_of(value))
        elif key == "DocumentName":
            terms.append("c.document_name = ?")
            values.append(value.rpartition("document/")[2])
        elif key == "Status":
            known = value in COMMAND_STATUSES or (invocations and value == "Delayed")
            if known or invocations:
                # Invocations have an index of their statuses alone: the details are looked for among few.
                terms.append(f"{'i' if invocations else 'c'}.status = ?")
                values.append(value if known else status_of(value))
            if not known:
                terms.append(f"{'i' if invocations else 'c'}.details = ?")
                values.append(value)
        elif key == "ExecutionStage" and not invocations:
            if value not in ("Executing", "Complete"):
                raise ApiFault("ValidationException", f"ExecutionStage is Executing or Complete, not {value}.")
            terms.append("c.final = ?")
            values.append(int(value == "Complete"))
        else:
            raise ApiFault("InvalidFilterKey")
    return terms, values


def _are_few(store: Store, terms: Sequence[str], values: Sequence[Any]) -> bool:
    """Say whether filters leave so few commands that one looks for a node among them, and not the other way round."""
    sql = f"SELECT count(*) FROM (SELECT 1 FROM commands c WHERE {' AND '.join(terms)} LIMIT ?)"  # noqa: S608 - constants
    row = store.read_one(sql, (*values, FEW))
    return row is not None and row[0] < FEW


def list_commands(store: Store, req: Shape) -> tuple[list[sqlite3.Row], str | None]:
    """Give a page of command rows, newest first, and the token of the next."""
    terms, values = conditions(req.get("Filters") or (), invocations=False)
    source = "commands c"
    order = "c.number"
    if req.get("InstanceId"):
        # The index of invocations gives a node's commands in order; a subquery would collect them all first.
        source = "invocations i CROSS JOIN commands c ON c.number = i.command"
        order = "i.command"
        if terms and _are_few(store, terms, values):
            source = "commands c CROSS JOIN invocations i ON i.command = c.number"
            order = "c.number"
        terms.append("i.node_id = ?")
        values.append(req["InstanceId"])
    if req.get("CommandId"):
        terms.append("c.command_id = ?")
        values.append(req["CommandId"])
    after = decode_token(req.get("NextToken"), "commands")
    if after:
        terms.append(f"{order} < ?")
        values.append(number_of(after))
    size = req.get("MaxResults", PAGE)
    where = f"WHERE {' AND '.join(terms)}" if terms else ""
    rows = store.read(
        f"SELECT c.* FROM {source} {where} ORDER BY {order} DESC LIMIT ?",  # noqa: S608 - made of the constants above
        (*values, size + 1),
    )
    page = rows[:size]
    return page, encode_token("commands", str(page[-1]["number"])) if len(rows) > size else None


def list_invocations(store: Store, req: Shape) -> tuple[list[sqlite3.Row], str | None]:
    """Give a page of invocation rows with their commands' columns: one command's in the order of sending, else newest
    first; and the token of the next."""
    terms, values = conditions(req.get("Filters") or (), invocations=True)
    one = bool(req.get("CommandId"))
    if one:
        terms.append("c.command_id = ?")
        values.append(req["CommandId"])
    if req.get("InstanceId"):
        terms.append("i.node_id = ?")
        values.append(req["InstanceId"])
    after = decode_token(req.get("NextToken"), "invocations")
    if after:
        command, _, place = after.partition(":")
        terms.append("i.place > ?" if one else "(i.command, i.place) < (?, ?)")
        values += [number_of(place)] if one else [number_of(command), number_of(place)]
    size = req.get("MaxResults", PAGE)
    where = f"WHERE {' AND '.join(terms)}" if terms else ""
    source = "commands c CROSS JOIN invocations i" if one else "invocations i CROSS JOIN commands c"
    direction = "i.place" if one else "i.command DESC" if req.get("InstanceId") else "i.command DESC, i.place DESC"
    rows = store.read(
        "SELECT i.*, c.command_id, c.requested_at, c.request"  # noqa: S608 - made of the constants above
        f" FROM {source} ON c.number = i.command {where} ORDER BY {direction} LIMIT ?",
        (*values, size + 1),
    )
    page = rows[:size]
    if len(rows) <= size:
        return page, None
    return page, encode_token("invocations", f"{page[-1]['command']}:{page[-1]['place']}")
