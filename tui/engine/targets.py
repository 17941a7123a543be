"""Which nodes a call means: node ids, and targets by id, tag or resource group (semantics 4.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tui.engine.context import ApiFault, Services
from tui.engine.nodes.directory import NodeDirectory
from tui.engine.resource_groups import ResourceGroups
from tui.engine.resource_tags import MANAGED_INSTANCE
from tui.ports import Shape

GROUP_NAME, GROUP_TYPES = "resource-groups:Name", "resource-groups:ResourceTypeFilters"
MOST_TYPES = 5

_TYPE = re.compile(r"AWS::[a-zA-Z0-9]+::\w+", re.ASCII)


def check_targets(targets: Sequence[Shape]) -> None:
    """Refuse targets that mean nothing; whether ids, tags and groups exist is not asked, as on AWS.

    Raises: ApiFault ValidationException.
    """
    keys = [target.get("Key", "") for target in targets]
    if GROUP_TYPES in keys and GROUP_NAME not in keys:
        raise ApiFault("ValidationException", f"{GROUP_TYPES} narrows a group: {GROUP_NAME} must be given too.")
    for target in targets:
        key, values = target.get("Key", ""), target.get("Values") or []
        if key in (GROUP_NAME, GROUP_TYPES):
            _check_group(key, values)
            continue
        if key.lower() != "instanceids" and key != "tag-key" and not key.startswith("tag:"):
            raise ApiFault(
                "ValidationException", f"Targets can't be chosen by {key!r}: use InstanceIds, tag:KEY or {GROUP_NAME}."
            )
        if not values:
            raise ApiFault("ValidationException", f"The target {key} has no values.")


def resolve_targets(services: Services, targets: Sequence[Shape]) -> list[str]:
    """Give the ids of the nodes that every target names, in order; nodes that do not exist are left out."""
    directory = services.part(NodeDirectory)
    types = [value for target in targets if target["Key"] == GROUP_TYPES for value in target["Values"]]
    found: set[str] | None = None
    for target in targets:
        key, values = target["Key"], target["Values"]
        if key == GROUP_TYPES:
            continue
        if key == GROUP_NAME:
            ids = services.part(ResourceGroups).nodes(values[0], types)
        elif key.lower() == "instanceids":
            ids = {value for value in values if directory.get(value) is not None}
        elif key == "tag-key":
            ids = with_tag_keys(services, values)
        else:
            ids = with_tag(services, key[4:], values)
        found = ids if found is None else found & ids
    return sorted(id for id in found or () if directory.get(id) is not None)


def _check_group(key: str, values: Sequence[str]) -> None:
    if key == GROUP_NAME and len(values) != 1:
        raise ApiFault("ValidationException", f"{key} takes exactly one group.")
    if key == GROUP_TYPES and not 1 <= len(values) <= MOST_TYPES:
        raise ApiFault("ValidationException", f"{key} takes one to {MOST_TYPES} types of resources.")
    for value in values if key == GROUP_TYPES else ():
        if not _TYPE.fullmatch(value):
            raise ApiFault("ValidationException", f"{value} is no type of resources, like AWS::SSM::ManagedInstance.")


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
