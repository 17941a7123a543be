"""Filters of lists of nodes: which nodes a key and its values mean, for each of the operations that list them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from tui.engine.context import ApiFault, Services
from tui.engine.nodes.directory import NodeDirectory
from tui.engine.targets import with_tag, with_tag_keys
from tui.ports import Shape

WELL_FORMED = re.compile(r"i-\w{8}|m?i-\w{17}", re.ASCII)

MEMBERS: Mapping[str, str] = {
    "ActivationIds": "ActivationId",
    "AgentVersion": "AgentVersion",
    "AssociationStatus": "AssociationStatus",
    "IamRole": "IamRole",
    "PingStatus": "PingStatus",
    "PlatformType": "PlatformType",
    "PlatformTypes": "PlatformType",
    "ResourceType": "ResourceType",
    "SourceIds": "SourceId",
    "SourceTypes": "SourceType",
}
"""The member of a node's description that each key looks at; both spellings of the platform's key are in use."""

WORDS: Mapping[str, tuple[str, ...]] = {
    "PlatformType": ("Windows", "Linux", "MacOS"),
    "PingStatus": ("Online", "ConnectionLost", "Inactive"),
    "ResourceType": ("ManagedInstance", "EC2Instance", "AWS::EC2::Instance"),
    "AssociationStatus": ("Success", "Pending", "Failed"),
}
"""The values that a member can have, where those are known."""

Test = Callable[[Shape], bool]
Holds = Callable[[object], bool]


def check_words(key: str, values: Iterable[str], code: str) -> None:
    """Refuse values that a key can't have. Raises: ApiFault with the code given."""
    words = WORDS.get(MEMBERS.get(key, key))
    for value in values:
        if words is not None and value not in words:
            raise ApiFault(code, f"{value} is no value of {key}: it is one of {', '.join(words)}.")


def check_ids(values: Iterable[str]) -> None:
    """Refuse what is no node's id. Raises: ApiFault InvalidInstanceId."""
    for value in values:
        if not WELL_FORMED.fullmatch(value):
            raise ApiFault("InvalidInstanceId", f"{value} is no node id.")


def by_tag(services: Services, key: str, values: Sequence[str]) -> set[str] | None:
    """Give the ids that a filter by tags finds, or None where the key is none of tags."""
    if key == "tag-key":
        return with_tag_keys(services, values)
    return with_tag(services, key[4:], values) if key.startswith("tag:") else None


def compared(member: str, values: Sequence[str], operator: str, *, code: str) -> Test:
    """Give the test of one member; values are alternatives, but for NotEqual, which none of them may be.

    LessThan and GreaterThan compare times, versions and numbers as what they are. Raises: ApiFault with the code given.
    """
    if operator == "Equal":
        return lambda shape: shape.get(member) in values
    if operator == "NotEqual":
        return lambda shape: shape.get(member) not in values
    if operator == "BeginWith":
        return lambda shape: str(shape.get(member, "")).startswith(tuple(values))
    return _ordered(member, values, less=operator == "LessThan", code=code)


def existing(services: Services, chosen: set[str] | None) -> Sequence[str]:
    """Give the ids of the nodes that are there among those chosen, in order; of all where nothing was chosen."""
    directory = services.part(NodeDirectory)
    return directory.ids() if chosen is None else sorted(each for each in chosen if directory.get(each) is not None)


def _ordered(member: str, values: Sequence[str], *, less: bool, code: str) -> Test:
    bounds = [
        _moment(value, code) if member.endswith(("Date", "DateTime", "Time")) else _parts(value) for value in values
    ]

    def test(shape: Shape) -> bool:
        found = shape.get(member)
        if found is None:
            return False
        own = (float(found),) if isinstance(found, int | float) else _parts(found)
        return any(own < bound if less else own > bound for bound in bounds)

    return test


def _parts(text: str) -> tuple[object, ...]:
    """Take a version or a name apart so that parts compare as numbers where they are; a number comes before a word."""
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"[.\-_ ]", text))


def _moment(text: str, code: str) -> tuple[object, ...]:
    try:
        return (float(text),)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ApiFault(code, f"{text} is no time: give it as 2026-01-31T12:00:00Z or in epoch seconds.") from None
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp(),)
