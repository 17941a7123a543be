"""A parameter, its value and its versions as JSON says them, by the API's own names, and as cells of a table."""

from __future__ import annotations

from datetime import UTC, datetime

from tui.services.parameter_models import Parameter, ParameterType, ParameterValue, ParameterVersion
from tui.transport.wrappers import MASK

Shape = dict[str, object]


def of_parameter(found: Parameter) -> Shape:
    return {
        "Name": found.name,
        "Type": found.type.value,
        "Version": found.version,
        "Tier": found.tier.value,
        "LastModifiedDate": _iso(found.modified),
        "LastModifiedUser": found.modified_by,
        "ARN": found.arn,
        "DataType": found.data_type,
        "KeyId": found.key_id or None,
        "Description": found.description,
        "AllowedPattern": found.allowed_pattern or None,
        "Policies": [policy.text for policy in found.policies],
    }


def of_value(found: ParameterValue) -> Shape:
    """Give a value whole; it is for who knows that it may be shown."""
    return {
        "Name": found.name,
        "Type": found.type.value,
        "Value": found.value,
        "Version": found.version,
        "Selector": found.selector or None,
        "LastModifiedDate": _iso(found.modified),
        "ARN": found.arn,
        "DataType": found.data_type,
    }


def of_version(found: ParameterVersion) -> Shape:
    """Give a version without its value."""
    return {
        "Name": found.name,
        "Version": found.version,
        "Type": found.type.value,
        "Tier": found.tier.value,
        "Labels": [*found.labels],
        "LastModifiedDate": _iso(found.modified),
        "LastModifiedUser": found.modified_by,
        "DataType": found.data_type,
        "KeyId": found.key_id or None,
        "Description": found.description,
        "AllowedPattern": found.allowed_pattern or None,
        "Policies": [policy.text for policy in found.policies],
    }


def shown(found: ParameterValue | ParameterVersion | None) -> str | None:
    """Give a value that may be shown; None for a secret that is not decrypted, and where there is none."""
    return found.value if found is not None and found.plain else None


def cell(found: ParameterValue | ParameterVersion | None) -> str:
    """Give a value as a cell: a secret that is not decrypted is masked."""
    if found is None:
        return ""
    return found.value if found.plain else MASK


def when(then: datetime | None) -> str:
    """Give a time as a cell, to the minute, UTC."""
    return f"{then.astimezone(UTC):%Y-%m-%d %H:%MZ}" if then else ""


def who(user: str) -> str:
    """Give who changed something as a cell: the last part of an ARN."""
    return user.rpartition("/")[2] if user.startswith("arn:") else user


def word(value: ParameterType | str) -> str:
    """Give a word of the API as a cell; nothing for one that is not known."""
    return "" if value == "Unknown" else str(value)


def _iso(then: datetime | None) -> str | None:
    return then.isoformat() if then else None
