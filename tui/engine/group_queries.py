"""The queries of resource groups: TAG_FILTERS_1_0 read, checked and answered from the tags that the engine has."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from tui.engine.context import ApiFault, Services
from tui.engine.resource_tags import KINDS, TagFilter, tagged
from tui.ports import Shape

TAG_FILTERS, STACK = "TAG_FILTERS_1_0", "CLOUDFORMATION_STACK_1_0"
ALL_SUPPORTED = "AWS::AllSupported"
STACK_MISSING = "CLOUDFORMATION_STACK_NOT_EXISTING"

_TYPE = re.compile(r"AWS::[a-zA-Z0-9]+::\w+", re.ASCII)
_STACK_ARN = re.compile(r"arn:aws[a-z-]*:cloudformation:[a-z0-9-]+:\d{12}:stack/[-0-9A-Za-z]+/[-0-9A-Za-z]+", re.ASCII)
_KEYS = {TAG_FILTERS: "TagFilters", STACK: "StackIdentifier"}

Found = Iterator[tuple[str, str]]
"""Resources by kind and id, in order."""


@dataclass(frozen=True, slots=True)
class GroupQuery:
    """A query that was read: the types of resources it may find, and what their tags must be; or a stack's ARN."""

    types: frozenset[str]
    filters: tuple[TagFilter, ...] = ()
    stack: str = ""

    def finds(self, type_name: str) -> bool:
        """Say whether resources of a type can be among what is found."""
        return ALL_SUPPORTED in self.types or type_name in self.types


def read_query(query: Shape) -> GroupQuery:
    """Read a ResourceQuery; the rules and texts of refusals are (moto)'s. Raises: ApiFault BadRequestException."""
    kind = query["Type"]
    try:
        found = json.loads(query["Query"])
        json.dumps(found, ensure_ascii=False).encode()  # half a character is in no tag
    except (ValueError, RecursionError):
        raise _wrong_form() from None
    if not isinstance(found, dict) or found.keys() != {"ResourceTypeFilters", _KEYS[kind]}:
        raise _wrong_form()
    types = _texts(found["ResourceTypeFilters"])
    for each in types:
        if each != ALL_SUPPORTED and not _TYPE.fullmatch(each):
            raise _not_valid(f"{each} is no type of resources.")
    if not types:
        raise _not_valid("The ResourceTypeFilters list must not be empty")
    if kind == TAG_FILTERS:
        return GroupQuery(frozenset(types), _filters(found["TagFilters"]))
    stack = found["StackIdentifier"]
    if not isinstance(stack, str):
        raise _wrong_form()
    if not _STACK_ARN.fullmatch(stack):
        raise _not_valid("Verify that the specified ARN is formatted correctly.")
    return GroupQuery(frozenset(types), stack=stack)


def resources(
    services: Services, query: GroupQuery, types: Collection[str] = (), after: tuple[str, str] = ("", "")
) -> Found:
    """Yield what a query finds now, narrowed to the types that are given; a stack's query finds nothing here."""
    kinds = [name for name, kind in KINDS.items() if query.finds(kind.type) and (not types or kind.type in types)]
    return iter(()) if query.stack or not kinds else tagged(services, query.filters, kinds=kinds, after=after)


def _filters(found: Any) -> tuple[TagFilter, ...]:
    if not isinstance(found, list):
        raise _wrong_form()
    if not 1 <= len(found) <= 50:
        raise _not_valid("The TagFilters list must contain between 1 and 50 elements")
    filters = []
    for each in found:
        if not isinstance(each, dict) or each.keys() != {"Key", "Values"} or not isinstance(each["Key"], str):
            raise _wrong_form()
        key, values = each["Key"], _texts(each["Values"])
        if not key:
            raise _not_valid("The TagFilter element cannot have empty or null Key field")
        if len(key) > 128:
            raise _not_valid("The maximum length for a tag Key is 128")
        if len(values) > 20:
            raise _not_valid("The TagFilter Values list must contain between 0 and 20 elements")
        if any(len(value) > 256 for value in values):
            raise _not_valid("The maximum length for a tag Value is 256")
        filters.append((key, tuple(values)))
    return tuple(filters)


def _texts(found: Any) -> list[str]:
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise _wrong_form()
    return found


def _wrong_form() -> ApiFault:
    return _not_valid("Query format not valid: check JSON syntax")


def _not_valid(text: str) -> ApiFault:
    return ApiFault("BadRequestException", f"Query not valid: {text}")
