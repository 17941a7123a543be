"""The list of sessions: its columns, and a session as a row of it."""

from __future__ import annotations

from typing import Any

from tui.screens._context_cells import Texts
from tui.screens._words import age, cell, session_word
from tui.services.sessions import Session
from tui.theming import Glyphs
from tui.widgets.columns import Column

COLUMNS = [
    Column("status", "Status", kind="status", min_width=14, priority=80),
    Column("node", "Node", max_width=40, priority=90, head=True),
    Column("age", "Age", kind="age", priority=70),
    Column("owner", "Owner", max_width=24, wide=True, priority=30),
    Column("document", "Document", wide=True, priority=20),
    Column("details", "Details", max_width=80, priority=40),
    Column("id", "Session id", priority=60),
]


def session_cells(one: Session, node: str, glyphs: Glyphs, where: Texts = ()) -> tuple[Any, ...]:
    """Give the cells of a session on a node of this name; `where` are those of its context."""
    status = cell(session_word(one.status, glyphs))
    return (status, node, *where, age(one.started), one.owner.rpartition("/")[2], one.document, one.details, one.id)


def latest_first(sessions: list[Session]) -> list[Session]:
    """Give the sessions of several contexts as one list, those that live before the past ones."""
    if len({session.context for session in sessions}) < 2:
        return sessions
    return sorted(sessions, key=lambda one: (one.status.over, -one.started.timestamp() if one.started else 0.0))
