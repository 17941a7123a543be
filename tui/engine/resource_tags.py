"""Tags of resources of every kind: one table, one set of rules, and the ARNs by which other services name resources."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tui.engine.context import ApiFault, Context, Services
from tui.engine.scalars import Pattern
from tui.ports import Shape

LIMIT = 50
"""Tags that one resource may have."""

MANAGED_INSTANCE = "ManagedInstance"
DOCUMENT = "Document"
GROUP = "Group"

ARN = re.compile(r"arn:[^:]*:(?P<service>[^:]*):(?P<region>[^:]*):(?P<account>[^:]*):(?P<prefix>[^/]*)/(?P<rest>.+)")

_TEXT = Pattern(r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$")
"""What SSM's and the groups' models take in keys and values; the tagging API's takes any text."""

_FIRST, _MORE = 128, 4096
"""Rows that are read at once: a page is most often all that is wanted."""

_GROUP_EXISTS = "SELECT 1 FROM resource_groups WHERE name = ?"
_OTHER = "SELECT 1 FROM tags WHERE resource_type = found.resource_type AND resource_id = found.resource_id"

Exists = Callable[[str], bool]
TagFilter = tuple[str, Sequence[str]]
"""A key and its values, which are alternatives; without values the key alone counts."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of resource: its name in AddTagsToResource and the store, CloudFormation's type, and its ARN's words."""

    name: str
    type: str
    prefix: str
    service: str = "ssm"

    @property
    def filter(self) -> str:
        """The kind as GetResources filters by it."""
        return f"{self.service}:{self.prefix}"


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(MANAGED_INSTANCE, "AWS::SSM::ManagedInstance", "managed-instance"),
        Kind(DOCUMENT, "AWS::SSM::Document", "document"),
        Kind("MaintenanceWindow", "AWS::SSM::MaintenanceWindow", "maintenancewindow"),
        Kind("Parameter", "AWS::SSM::Parameter", "parameter"),
        Kind("PatchBaseline", "AWS::SSM::PatchBaseline", "patchbaseline"),
        Kind("OpsItem", "AWS::SSM::OpsItem", "opsitem"),
        Kind("OpsMetadata", "AWS::SSM::OpsMetadata", "opsmetadata"),
        Kind("Automation", "AWS::SSM::AutomationExecution", "automation-execution"),
        Kind("Association", "AWS::SSM::Association", "association"),
        Kind("CloudConnector", "AWS::SSM::CloudConnector", "cloud-connector"),
        Kind(GROUP, "AWS::ResourceGroups::Group", "group", "resource-groups"),
    )
}


class TaggableResources:
    """Which resources exist, by kind; a domain registers the check of its own kind when the engine starts."""

    def __init__(self, services: Services) -> None:
        self._checks: dict[str, Exists] = {
            MANAGED_INSTANCE: lambda name: services.nodes.get(name) is not None,
            GROUP: lambda name: services.store.read_one(_GROUP_EXISTS, (name,)) is not None,
        }
        self._stored: dict[str, Callable[[str], str]] = {}

    def register(self, kind: str, exists: Exists, *, stored: Callable[[str], str] | None = None) -> None:
        """Say how one kind's resources are looked up by id; the last check that was given for a kind holds.

        `stored` gives the one form of an id under which its tags are stored, where an id has several.
        """
        self._checks[KINDS[kind].name] = exists
        if stored is not None:
            self._stored[kind] = stored

    def stored(self, kind: str, resource_id: str) -> str:
        """Give the form of an id under which the resource's tags are stored."""
        form = self._stored.get(kind)
        return resource_id if form is None else form(resource_id)

    def exists(self, kind: str, resource_id: str) -> bool:
        """Say whether a resource exists; of a kind that the engine has none of, none does."""
        check = self._checks.get(kind)
        return check is not None and check(resource_id)

    def find(self, ctx: Context, arn: str) -> tuple[str, str] | None:
        """Give the kind and the id of a resource that an ARN of the call's account and region names; else None."""
        match = ARN.fullmatch(arn)
        if match is None or (match["account"], match["region"]) != (ctx.caller.account, ctx.region):
            return None
        for kind in KINDS.values():
            if (kind.service, kind.prefix) == (match["service"], match["prefix"]):
                found = self.stored(kind.name, match["rest"])
                return (kind.name, found) if self.exists(kind.name, found) else None
        return None


def arn_of(ctx: Context, kind: str, resource_id: str) -> str:
    """Write a resource's ARN in the call's region."""
    known = KINDS[kind]
    # A parameter's leading slash is not doubled in its ARN.
    return ctx.arn(f"{known.prefix}/{resource_id.removeprefix('/')}", service=known.service)


def refuse_reserved(keys: Iterable[str]) -> None:
    """Refuse keys that only AWS gives. Raises: ApiFault ValidationException."""
    if any(key.lower().startswith("aws:") for key in keys):
        raise ApiFault("ValidationException", "Tag keys that begin with aws: are reserved for AWS.")


async def add_tags(services: Services, kind: str, resource_id: str, tags: Mapping[str, str]) -> None:
    """Give a resource tags; a key that it has gets the new value.

    Raises: ApiFault ValidationException where a key is reserved or a text is none of a tag, TooManyTagsError where it
    would have more than LIMIT.
    """
    refuse_reserved(tags)
    for text in (*tags, *tags.values()):
        if not _TEXT.match(text):
            raise ApiFault("ValidationException", f"Tags have letters, digits, spaces and _.:/=+-@, not {text!r}.")
    await services.store.write(lambda conn: insert_tags(conn, kind, resource_id, tags))
    _tell(services, kind, resource_id)


def insert_tags(conn: sqlite3.Connection, kind: str, resource_id: str, tags: Mapping[str, str]) -> None:
    """Store a resource's tags, inside a write. Raises: ApiFault TooManyTagsError."""
    rows = [(kind, resource_id, key, value) for key, value in tags.items()]
    conn.executemany("INSERT OR REPLACE INTO tags VALUES (?, ?, ?, ?)", rows)
    count = conn.execute("SELECT count(*) FROM tags WHERE resource_type = ? AND resource_id = ?", (kind, resource_id))
    if count.fetchone()[0] > LIMIT:
        raise ApiFault("TooManyTagsError")


async def remove_tags(services: Services, kind: str, resource_id: str, keys: Iterable[str]) -> None:
    """Take tags from a resource; keys that it does not have are passed over."""
    gone = [(kind, resource_id, key) for key in keys]
    await services.store.write(
        lambda conn: conn.executemany("DELETE FROM tags WHERE resource_type = ? AND resource_id = ? AND key = ?", gone)
    )
    _tell(services, kind, resource_id)


def tags_of(services: Services, kind: str, resource_id: str) -> list[Shape]:
    """Give a resource's tags as a TagList, by key."""
    rows = services.store.read(
        "SELECT key, value FROM tags WHERE resource_type = ? AND resource_id = ? ORDER BY key", (kind, resource_id)
    )
    return [{"Key": row["key"], "Value": row["value"]} for row in rows]


def tagged(
    services: Services,
    filters: Sequence[TagFilter],
    *,
    kinds: Collection[str] = tuple(KINDS),
    after: tuple[str, str] = ("", ""),
) -> Iterator[tuple[str, str]]:
    """Yield kind and id of the resources that every filter finds, in order; all that have tags where there is none.

    They are of the kinds given and follow a resource. The store is read as far as the caller goes, and a bit.
    """
    known = services.part(TaggableResources)
    chosen = list(kinds)
    where = f"resource_type IN ({','.join('?' * len(chosen))}) AND (resource_type, resource_id) > (?, ?)"
    wanted: list[str] = []
    for key, values in filters:
        listed = f" AND value IN ({','.join('?' * len(values))})" if values else ""
        where += f" AND EXISTS ({_OTHER} AND key = ?{listed})"
        wanted += [key, *values]
    query = f"SELECT DISTINCT resource_type, resource_id FROM tags AS found WHERE {where} ORDER BY 1, 2 LIMIT ?"  # noqa: S608 - only question marks are added
    size = _FIRST
    while True:
        rows = services.store.read(query, (*chosen, *after, *wanted, size))
        for row in rows:
            after = (row[0], row[1])
            if known.exists(*after):
                yield after
        if len(rows) < size:
            return
        size = _MORE


def keys_in_use(services: Services, after: str | None = None) -> Iterator[str]:
    """Yield the keys of the tags of all resources that are there, in order; those that follow one where it is given.

    The store is asked for one key after the other, and not for all tags: it is read as far as the caller goes.
    """
    return _in_use(services, "key", "", (), after)


def values_in_use(services: Services, key: str, after: str | None = None) -> Iterator[str]:
    """Yield the values that the resources that are there have for a key, as `keys_in_use` does keys."""
    return _in_use(services, "value", "key = ? AND", (key,), after)


def _in_use(services: Services, column: str, within: str, values: tuple[str, ...], after: str | None) -> Iterator[str]:
    known, store = services.part(TaggableResources), services.store
    source = f"SELECT {column}, resource_type, resource_id FROM tags INDEXED BY tags_key_value WHERE {within}"  # noqa: S608 - only texts of ours
    first, following = (f"{source} {column} {sign} ? ORDER BY {column} LIMIT 1" for sign in (">=", ">"))
    having = f"{source} {column} = ? LIMIT {_MORE} OFFSET ?"
    row = store.read_one(first, (*values, "")) if after is None else store.read_one(following, (*values, after))
    while row is not None:
        text, found, start = row[0], [row], 0
        while found and not any(known.exists(each[1], each[2]) for each in found):
            found = store.read(having, (*values, text, start))
            start += _MORE
        if found:
            yield text
        row = store.read_one(following, (*values, text))


def _tell(services: Services, kind: str, resource_id: str) -> None:
    if kind == MANAGED_INSTANCE:
        services.bus.publish("nodes", {"type": "node", "InstanceId": resource_id})
