"""Which nodes a call means: node ids, and targets by id or tag (semantics 4.2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tui.engine.context import ApiFault, Services
from tui.engine.nodes.directory import NodeDirectory
from tui.ports import Shape

MANAGED_INSTANCE = "ManagedInstance"


def check_targets(targets: Sequence[Shape]) -> None:
    """Refuse target keys that this engine can't mean. Raises: ApiFault ValidationException."""
    for target in targets:
        key, values = target.get("Key", ""), target.get("Values") or []
        if key.startswith("resource-groups:"):
            raise ApiFault("ValidationException", f"The embedded engine has no resource groups: {key}.")
        if key.lower() != "instanceids" and key != "tag-key" and not key.startswith("tag:"):
            raise ApiFault("ValidationException", f"Targets can't be chosen by {key!r}: use InstanceIds or tag:KEY.")
        if not values:
            raise ApiFault("ValidationException", f"The target {key} has no values.")


def resolve_targets(services: Services, targets: Sequence[Shape]) -> list[str]:
    """Give the ids of the nodes that every target names, in order; nodes that do not exist are left out."""
    directory = services.part(NodeDirectory)
    found: set[str] | None = None
    for target in targets:
        key, values = target["Key"], target["Values"]
        if key.lower() == "instanceids":
            ids = {value for value in values if directory.get(value) is not None}
        elif key == "tag-key":
            ids = with_tag_keys(services, values)
        else:
            ids = with_tag(services, key[4:], values)
        found = ids if found is None else found & ids
    return sorted(id for id in found or () if directory.get(id) is not None)


def with_tag(services: Services, key: str, values: Iterable[str]) -> set[str]:
    """Give the ids of nodes whose tag `key` has one of the values."""
    chosen = list(values)
    rows = services.store.read(
        "SELECT resource_id FROM tags WHERE key = ? AND resource_type = ?"  # noqa: S608 - only question marks are added
        f" AND value IN ({','.join('?' * len(chosen))})",
        (key, MANAGED_INSTANCE, *chosen),
    )
    return {row[0] for row in rows}


def with_tag_keys(services: Services, keys: Iterable[str]) -> set[str]:
    """Give the ids of nodes that have a tag of one of the keys, whatever its value."""
    chosen = list(keys)
    rows = services.store.read(
        "SELECT resource_id FROM tags WHERE resource_type = ?"  # noqa: S608 - only question marks are added
        f" AND key IN ({','.join('?' * len(chosen))})",
        (MANAGED_INSTANCE, *chosen),
    )
    return {row[0] for row in rows}
