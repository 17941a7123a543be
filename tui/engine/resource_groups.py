"""Resource groups as the engine keeps them: found by name, their members counted out of their queries."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tui.engine.context import Services
from tui.engine.group_queries import Found, GroupQuery, read_query, resources
from tui.engine.resource_tags import MANAGED_INSTANCE
from tui.ports import Shape

_ROWS = 64
"""Groups that are read at once."""


@dataclass(slots=True)
class ResourceGroup:
    """One group: it has a query or a configuration."""

    name: str
    created_at: float
    description: str | None = None
    criticality: int | None = None
    owner: str | None = None
    display_name: str | None = None
    query: Shape | None = None
    configuration: list[Shape] | None = None

    def read(self) -> GroupQuery | None:
        """Give the group's query, read; None where it has a configuration."""
        return None if self.query is None else read_query(self.query)

    def row(self) -> tuple[Any, ...]:
        """Give the group as a row of the store."""
        query = self.query or {}
        configuration = None if self.configuration is None else json.dumps(self.configuration)
        texts = (self.description, self.criticality, self.owner, self.display_name)
        return (self.name, self.created_at, *texts, query.get("Type"), query.get("Query"), configuration)


class ResourceGroups:
    """The engine's groups; a part of its services."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def get(self, name: str) -> ResourceGroup | None:
        row = self._services.store.read_one("SELECT * FROM resource_groups WHERE name = ?", (name,))
        return None if row is None else _group(row)

    def all(self, after: str = "") -> Iterator[ResourceGroup]:
        """Yield the groups by name, those that follow a name; the store is read as far as the caller goes."""
        rows: list[sqlite3.Row] | None = None
        while rows is None or len(rows) == _ROWS:
            rows = self._services.store.read(
                "SELECT * FROM resource_groups WHERE name > ? ORDER BY name LIMIT ?", (after, _ROWS)
            )
            for row in rows:
                after = row["name"]
                yield _group(row)

    def members(self, group: ResourceGroup, types: Collection[str] = (), after: tuple[str, str] = ("", "")) -> Found:
        """Yield what a group holds now; groups with a configuration hold EC2's resources, and so nothing here."""
        query = group.read()
        return iter(()) if query is None else resources(self._services, query, types, after)

    def nodes(self, name: str, types: Sequence[str] = ()) -> set[str]:
        """Give the ids of the nodes in a group, none where there is no such group (semantics 1.6).

        A type AWS::SSM::ManagedInstance takes in EC2's nodes too; AWS::EC2::Instance is those alone, which the engine
        has none of.
        """
        group = self.get(name)
        if group is None:
            return set()
        return {found for kind, found in self.members(group, types) if kind == MANAGED_INSTANCE}


def _group(row: sqlite3.Row) -> ResourceGroup:
    return ResourceGroup(
        name=row["name"],
        created_at=row["created_at"],
        description=row["description"],
        criticality=row["criticality"],
        owner=row["owner"],
        display_name=row["display_name"],
        query=None if row["query"] is None else {"Type": row["query_type"], "Query": row["query"]},
        configuration=None if row["configuration"] is None else json.loads(row["configuration"]),
    )
