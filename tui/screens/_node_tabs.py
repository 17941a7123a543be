"""What the tabs of a node show: their columns, and each thing as a row."""

from __future__ import annotations

from typing import Any

from tui.screens._words import age, cell, moment, session_word, size, status_word
from tui.services.commands import Invocation
from tui.services.nodes import Process
from tui.services.sessions import Session
from tui.theming import Glyphs
from tui.widgets.columns import Column

TABS = ("Summary", "Processes", "Commands", "Sessions", "Tags")

COLUMNS: dict[str, list[Column]] = {
    "Processes": [
        Column("pid", "PID", kind="number"),
        Column("user", "User", max_width=16),
        Column("cpu", "CPU %", kind="number", flash=False),
        Column("memory", "Mem %", kind="number", flash=False),
        Column("resident", "Resident", kind="number", flash=False),
        Column("age", "Age", kind="age", wide=True),
        Column("state", "State", wide=True),
        Column("command", "Command", max_width=200),
    ],
    "Commands": [
        Column("status", "Status", kind="status", min_width=12, priority=90),
        Column("age", "Age", kind="age", priority=80),
        Column("command", "Command", max_width=80, priority=85, head=True),
        Column("document", "Document", wide=True, priority=30),
        Column("comment", "Comment", wide=True, priority=40),
        Column("id", "Command id", priority=60),
    ],
    "Sessions": [
        Column("status", "Status", kind="status", min_width=14, priority=90),
        Column("age", "Age", kind="age", priority=80),
        Column("document", "Document", wide=True),
        Column("details", "Details", max_width=80, priority=40),
        Column("id", "Session id", priority=60),
    ],
    "Tags": [Column("key", "Key", max_width=128), Column("value", "Value", max_width=256)],
}
EMPTY = {
    "Processes": "This node says nothing of its processes.",
    "Commands": "Nothing has run here yet. r runs a command.",
    "Sessions": "No shell was opened here yet. s opens one.",
    "Tags": "No tags. n makes the first one.",
}
SORTS = {"Processes": ("cpu", True)}
"""How a tab is sorted until one sorts it otherwise: what eats the machine stands on top."""

Row = tuple[str, tuple[Any, ...]]


def process_row(one: Process, _: Glyphs) -> Row:
    return one.ref.id, (
        str(one.pid),
        one.user,
        f"{one.cpu:.1f}",
        f"{one.memory:.1f}",
        (size(one.resident), "", one.resident),
        age(one.started),
        one.state,
        one.command,
    )


def process_text(one: Process) -> str:
    """Write all that is known of a process, its whole command line at the end."""
    facts = {
        "pid": str(one.pid),
        "user": one.user,
        "state": one.state,
        "started": f"{moment(one.started)}, {age(one.started)} ago" if one.started else "",
        "cpu": f"{one.cpu:.1f} %",
        "memory": f"{one.memory:.1f} %, {size(one.resident)} resident",
    }
    lines = [f"{name:<9} {text}" for name, text in facts.items() if text]
    return "\n".join([*lines, "", *one.command.splitlines()])


def invocation_row(both: tuple[Invocation, str], glyphs: Glyphs) -> Row:
    """Give an invocation, with the first line of what it runs, as a row."""
    one, script = both
    status = cell(status_word(one.status, glyphs, one.details))
    return one.command_id, (status, age(one.requested), script, one.document, one.comment, one.command_id)


def session_row(one: Session, glyphs: Glyphs) -> Row:
    return one.id, (cell(session_word(one.status, glyphs)), age(one.started), one.document, one.details, one.id)
