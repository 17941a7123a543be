"""Service configurations of resource groups: which there are, and what their parameters can be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tui.engine.context import ApiFault
from tui.engine.resource_groups import ResourceGroup
from tui.ports import Shape

GENERIC = "AWS::ResourceGroups::Generic"
HOSTS, RESERVATIONS = "AWS::EC2::HostManagement", "AWS::EC2::CapacityReservationPool"
STATIC = frozenset({HOSTS, RESERVATIONS})
"""Configurations of groups that GroupResources fills, with EC2's resources alone."""

_BOOLEAN = "true|false"
_TYPE = r"AWS::[a-zA-Z0-9]+::\w+"
TYPES: Mapping[str, Mapping[str, str]] = {
    GENERIC: {"allowed-resource-types": _TYPE, "deletion-protection": "UNLESS_EMPTY"},
    HOSTS: {
        "allowed-host-families": r"[a-z0-9-]+",
        "allowed-host-based-license-configurations": r"arn:.+",
        "any-host-based-license-configuration": _BOOLEAN,
        "auto-allocate-host": _BOOLEAN,
        "auto-host-recovery": _BOOLEAN,
        "auto-release-host": _BOOLEAN,
    },
    RESERVATIONS: {},
    "AWS::NetworkFirewall::RuleGroup": {},
}
"""Parameters by type of configuration, and the pattern of each one's values.

The types that other services attach (CloudFormation's, AppRegistry's, applications) are theirs to attach. Which
parameters there are is AWS's description of service-linked groups; that others are refused is unconfirmed.
"""


def check_configuration(configuration: Sequence[Shape]) -> None:
    """Refuse what AWS would not attach. Raises: ApiFault BadRequestException."""
    types = [item["Type"] for item in configuration]
    if len(set(types)) != len(types):
        raise _not_valid("each item must have a type of its own")
    for item in configuration:
        if item["Type"] not in TYPES:
            raise _not_valid(f"{item['Type']} is not supported")
        patterns = TYPES[item["Type"]]
        for parameter in item.get("Parameters") or ():
            pattern = patterns.get(parameter["Name"])
            if pattern is None:
                raise _not_valid(f"{item['Type']} has no parameter {parameter['Name']}")
            for value in parameter.get("Values") or ():
                if not re.fullmatch(pattern, value):
                    raise _not_valid(f"{parameter['Name']} can't be {value}")


def allowed_types(group: ResourceGroup) -> set[str]:
    """Give the types of resources that a group's configuration allows."""
    return {
        value
        for item in group.configuration or ()
        for parameter in item.get("Parameters") or ()
        if parameter["Name"] == "allowed-resource-types"
        for value in parameter.get("Values") or ()
    }


def _not_valid(text: str) -> ApiFault:
    return ApiFault("BadRequestException", f"Group configuration not valid: {text}.")
