"""Sessions: StartSession and its kin, on this engine's shells; see `tui.engine.shells`."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import sqlite3
from datetime import UTC, datetime
from typing import Any

from tui.engine.context import ApiFault, Context, Services, keeps_alive, on_start, on_stop, operation, retains
from tui.engine.model import OWN
from tui.engine.nodes.base import Node, NodeUnreachable
from tui.engine.nodes.directory import NodeDirectory
from tui.engine.session_records import ACTIVE, HISTORY, SessionRecords
from tui.engine.shells import Shells
from tui.ports import Shape

RUN_SHELL = "SSM-SessionManagerRunShell"
INTERACTIVE_COMMAND = "AWS-StartInteractiveCommand"
_PAGE = 50
_COLUMNS = {"Target": "target", "Owner": "owner", "Status": "status", "SessionId": "id"}


@operation("StartSession")
async def start_session(ctx: Context, req: Shape) -> Shape:
    services, target = ctx.services, req["Target"]
    document, command = _document(req)
    node = await _connected(services, target)
    session_id = f"{re.sub(r'[^A-Za-z0-9_.@-]', '-', ctx.caller.name)[:78]}-{services.ids.hex17()}"
    token = secrets.token_urlsafe(150)
    now = services.clock.now()
    await services.part(SessionRecords).add(
        session_id,
        target=target,
        document=document,
        command=command,
        owner=ctx.caller.arn,
        reason=req.get("Reason", ""),
        status="Connecting",
        started=now,
        token_digest=_digest(token),
        effective_user=node.effective_user,
    )
    services.part(Shells).expect(session_id, now)
    return {"SessionId": session_id, "TokenValue": token, "StreamUrl": _stream_url(services, session_id)}


@operation("ResumeSession")
async def resume_session(ctx: Context, req: Shape) -> Shape:
    services, session_id = ctx.services, req["SessionId"]
    records = services.part(SessionRecords)
    record = records.get(session_id)
    if record is None or record["status"] not in ACTIVE or record["owner"] != ctx.caller.arn:
        raise ApiFault("DoesNotExistException", f"Session {session_id} does not exist, or is over.")
    token = secrets.token_urlsafe(150)
    await records.update(session_id, token_digest=_digest(token))
    return {"SessionId": session_id, "TokenValue": token, "StreamUrl": _stream_url(services, session_id)}


@operation("TerminateSession")
async def terminate_session(ctx: Context, req: Shape) -> Shape:
    await ctx.services.part(Shells).terminate(req["SessionId"], ctx.caller.arn)
    return {"SessionId": req["SessionId"]}


@operation("GetConnectionStatus")
async def get_connection_status(ctx: Context, req: Shape) -> Shape:
    node = ctx.services.nodes.get(req["Target"])
    connected = node is not None and await node.ping()
    return {"Target": req["Target"], "Status": "connected" if connected else "notconnected"}


@operation("DescribeSessions")
async def describe_sessions(ctx: Context, req: Shape) -> Shape:
    states = ACTIVE if req["State"] == "Active" else HISTORY
    clauses = [f"status IN ({', '.join('?' for _ in states)})"]
    values: list[Any] = [*states]
    for given in req.get("Filters", ()):
        clause, value = _filter(given["key"], given["value"])
        clauses.append(clause)
        values.extend(value)
    if req.get("NextToken"):
        started, last = _read_token(req["NextToken"])
        clauses.append("(started < ? OR (started = ? AND id > ?))")
        values.extend((started, started, last))
    size = req.get("MaxResults", _PAGE)
    sql = f"SELECT * FROM sessions WHERE {' AND '.join(clauses)} ORDER BY started DESC, id LIMIT ?"  # noqa: S608 - clauses are ours, values are bound
    rows = ctx.services.store.read(sql, (*values, size + 1))
    answer: Shape = {"Sessions": [_session(row) for row in rows[:size]]}
    if len(rows) > size:
        answer["NextToken"] = _write_token(rows[size - 1])
    return answer


@operation("DescribeSession", service=OWN)
async def describe_session(ctx: Context, req: Shape) -> Shape:
    session_id, shells = req["SessionId"], ctx.services.part(Shells)
    record = ctx.services.part(SessionRecords).get(session_id)
    if record is None:
        raise ApiFault("DoesNotExistException", f"Session {session_id} does not exist.")
    live = shells.live().get(session_id)
    described = _session(record)
    for name in ("MaxSessionDuration", "AccessType", "OutputUrl"):
        described.pop(name, None)
    described |= {
        "Command": record["command"],
        "EffectiveUser": record["effective_user"],
        "Rows": live.rows if live else record["rows"],
        "Columns": live.columns if live else record["columns"],
        "Attached": len(live.attachments) if live else 0,
        "LogBytes": shells.log_size(session_id),
        "LogLost": live.log.lost if live else 0,
        "Title": live.log.title if live else record["title"],
    }
    for member, column in (("ExitStatus", "exit_status"), ("Signal", "signal"), ("Pid", "pid")):
        if record[column] is not None:
            described[member] = record[column]
    return described


@on_start
async def take_up_shells(services: Services) -> None:
    """Find the shells of an earlier engine again."""
    await services.part(Shells).recover()


@on_stop
async def let_shells_go(services: Services) -> None:
    """Leave the shells to the keeper."""
    await services.part(Shells).aclose()


@keeps_alive
def live_shells(services: Services) -> list[str]:
    """Name the shells that run."""
    records, nodes = services.part(SessionRecords), services.part(NodeDirectory)
    found = []
    for session_id in services.part(Shells).live():
        record = records.get(session_id)
        target = str(record["target"]) if record else "a node"
        node = nodes.get(target)
        name = (node.name or node.facts.computer_name) if node else ""
        found.append(f"shell on {name or target} (session {session_id})")
    return found


@retains
async def forget_old_sessions(services: Services, now: float) -> None:
    """Delete sessions that ended more than 30 days ago, with their logs."""
    await services.part(Shells).retain(now)


def _document(req: Shape) -> tuple[str, str]:
    """Give the document's name and the command to run, which is empty for a shell."""
    name = req.get("DocumentName") or RUN_SHELL
    name = name.rsplit("document/", 1)[-1]
    parameters: dict[str, list[str]] = req.get("Parameters") or {}
    if name == RUN_SHELL:
        for parameter, values in parameters.items():
            raise ApiFault("InvalidParameters", f"Document {name} has no parameter {parameter} ({', '.join(values)}).")
        return name, ""
    if name == INTERACTIVE_COMMAND:
        for parameter, values in parameters.items():
            if parameter != "command":
                raise ApiFault(
                    "InvalidParameters", f"Document {name} has no parameter {parameter} ({', '.join(values)})."
                )
        command = " ".join(parameters.get("command", ())).strip()
        if not command:
            raise ApiFault("InvalidParameters", f"Document {name} needs the parameter command.")
        if "\0" in command:
            raise ApiFault("InvalidParameters", "The parameter command can't hold a NUL character.")
        if any("\ud800" <= char <= "\udfff" for char in command):
            raise ApiFault("InvalidParameters", "The parameter command is not UTF-8 text.")
        return name, command
    raise ApiFault("InvalidDocument", f"Document {name} is no session document of this engine.")


async def _connected(services: Services, target: str) -> Node:
    node = services.nodes.get(target)
    if node is None:
        raise ApiFault("TargetNotConnected", f"{target} is not connected.")
    try:
        await node.reach()
    except NodeUnreachable as error:
        raise ApiFault("TargetNotConnected", f"{target} is not connected. {error}") from None
    return node


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _stream_url(services: Services, session_id: str) -> str:
    """Where this session's bytes are: the engine's own socket."""
    return f"unix://{services.paths.socket}?session={session_id}"


def _session(row: sqlite3.Row) -> Shape:
    session: Shape = {
        "SessionId": row["id"],
        "Target": row["target"],
        "Status": row["status"],
        "StartDate": row["started"],
        "DocumentName": row["document"],
        "Owner": row["owner"],
        "OutputUrl": {},
        "AccessType": "Standard",
    }
    for member, column in (("EndDate", "ended"), ("Reason", "reason"), ("Details", "details")):
        if row[column]:
            session[member] = row[column]
    return session


def _filter(key: str, value: str) -> tuple[str, tuple[Any, ...]]:
    """Give the SQL of one filter. Raises: ApiFault InvalidFilterKey, or ValidationException for a bad time."""
    if key in _COLUMNS:
        return f"{_COLUMNS[key]} = ?", (value,)
    if key == "AccessType":
        return ("1", ()) if value == "Standard" else ("0", ())
    if key not in ("InvokedAfter", "InvokedBefore"):
        raise ApiFault("InvalidFilterKey")
    try:
        when = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        raise ApiFault("ValidationException", f"The value {value} of filter {key} is not an ISO 8601 time.") from None
    seconds = (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    return ("started > ?" if key == "InvokedAfter" else "started < ?"), (seconds,)


def _write_token(row: sqlite3.Row) -> str:
    return base64.urlsafe_b64encode(json.dumps([row["started"], row["id"]]).encode()).decode()


def _read_token(token: str) -> tuple[float, str]:
    try:
        started, last = json.loads(base64.urlsafe_b64decode(token))
        return float(started), str(last)
    except (ValueError, TypeError):
        raise ApiFault("InvalidNextToken", "The specified token is not valid.") from None
