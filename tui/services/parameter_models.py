"""What services and screens know of parameters: frozen models of the API's shapes.

A parameter is keyed by its path, which always begins with a slash: `name` and `/name` are one root parameter.
Values are never part of a repr: what prints a model must not print a secret.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from tui.ports import Ref, Shape, as_time
from tui.services._base import Resource
from tui.services._paging import enum_of

DEFAULT_KEY = "alias/aws/ssm"
COLUMNS = ("Names", "Types", "Tiers", "Versions", "LastModifiedDates", "DataTypes")
"""The columns of ListParametersByPath."""


class ParameterType(StrEnum):
    STRING = "String"
    STRING_LIST = "StringList"
    SECURE_STRING = "SecureString"
    UNKNOWN = "Unknown"


class Tier(StrEnum):
    STANDARD = "Standard"
    ADVANCED = "Advanced"
    INTELLIGENT = "Intelligent-Tiering"
    UNKNOWN = "Unknown"


_TYPES: Mapping[str, ParameterType] = {one.value: one for one in ParameterType}
_TIERS: Mapping[str, Tier] = {one.value: one for one in Tier}


def path_of(name: str) -> str:
    """Give the path that a parameter is keyed by, of its name in any form: with a slash or without, or its ARN."""
    if name.startswith("arn:"):
        name = name.split(":", 5)[-1].removeprefix("parameter")
    return name if name.startswith("/") else f"/{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterPolicy:
    """One policy of a parameter: `type` is Expiration, ExpirationNotification or NoChangeNotification."""

    type: str
    status: str
    text: str
    """The policy's own JSON."""

    @classmethod
    def from_api(cls, shape: Shape) -> ParameterPolicy:
        """Build from a ParameterInlinePolicy."""
        return cls(
            type=shape.get("PolicyType") or "",
            status=shape.get("PolicyStatus") or "",
            text=shape.get("PolicyText") or "",
        )

    @property
    def attributes(self) -> Mapping[str, str]:
        """What the policy says, by name: Timestamp; Before and Unit; After and Unit. Empty where it can't be read."""
        try:
            found = json.loads(self.text).get("Attributes") or {}
        except (ValueError, AttributeError):
            return {}
        return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def policies_of(shapes: Sequence[Shape] | None) -> tuple[ParameterPolicy, ...]:
    return tuple(ParameterPolicy.from_api(shape) for shape in shapes or ())


def expires(policies: Sequence[ParameterPolicy]) -> datetime | None:
    """Give when a parameter with these policies is deleted; None where it isn't."""
    for policy in policies:
        if policy.type == "Expiration":
            return _time(policy.attributes.get("Timestamp"))
    return None


def notified(policy: ParameterPolicy, modified: datetime | None, expiry: datetime | None) -> datetime | None:
    """Give when a notification falls due: before the expiry, or after the last change; None where that is unknown."""
    words = policy.attributes
    try:
        span = timedelta(**{words.get("Unit", "Days").lower(): int(words.get("Before") or words.get("After") or "")})
        if policy.type == "ExpirationNotification":
            return expiry - span if expiry else None
        return modified + span if modified and policy.type == "NoChangeNotification" else None
    except (ValueError, TypeError, OverflowError):
        return None


def _time(text: str | None) -> datetime | None:
    try:
        return as_time(text)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter(Resource):
    """A parameter as lists know it, without its value; its id is its path, `name` what the API calls it."""

    name: str
    type: ParameterType = ParameterType.UNKNOWN
    version: int = 0
    modified: datetime | None = None
    modified_by: str = ""
    arn: str = ""
    tier: Tier = Tier.UNKNOWN
    data_type: str = ""
    key_id: str = ""
    description: str = ""
    allowed_pattern: str = ""
    policies: tuple[ParameterPolicy, ...] = ()

    @property
    def is_secret(self) -> bool:
        return self.type is ParameterType.SECURE_STRING

    @property
    def expires(self) -> datetime | None:
        """When its policy deletes it; None where none does."""
        return expires(self.policies)

    @property
    def line(self) -> ParameterLine:
        """The parameter as a long list has it."""
        return ParameterLine(
            self.ref, self.name, self.type, self.tier, self.version, self.modified, self.data_type, self.expires
        )

    @classmethod
    def from_api(cls, shape: Shape, context: str) -> Parameter:
        """Build from a ParameterMetadata, or from what ListParameterChildren says of a parameter."""
        name = shape.get("Name") or ""
        return cls(
            ref=Ref(context, path_of(name)),
            name=name,
            type=enum_of(ParameterType, shape.get("Type")),
            version=int(shape.get("Version") or 0),
            modified=as_time(shape.get("LastModifiedDate")),
            modified_by=shape.get("LastModifiedUser") or "",
            arn=shape.get("ARN") or "",
            tier=enum_of(Tier, shape.get("Tier")),
            data_type=shape.get("DataType") or "",
            key_id=shape.get("KeyId") or "",
            description=shape.get("Description") or "",
            allowed_pattern=shape.get("AllowedPattern") or "",
            policies=policies_of(shape.get("Policies")),
        )


class ParameterLine(NamedTuple):
    """A parameter as a long list has it, without its value.

    A tuple, because there are 100,000 of them: a dataclass takes four times as long.
    """

    ref: Ref
    name: str
    type: ParameterType
    tier: Tier
    version: int
    modified: datetime | None
    data_type: str
    expires: datetime | None = None

    @classmethod
    def page_of(cls, answer: Shape, context: str) -> list[ParameterLine]:
        """Build a page from the columns of ListParametersByPath."""
        expirations = answer.get("Expirations") or {}
        return [
            cls(
                Ref(context, path_of(name)),
                name,
                _TYPES.get(type) or ParameterType.UNKNOWN,
                _TIERS.get(tier) or Tier.UNKNOWN,
                version,
                as_time(modified or None),
                data_type,
                as_time(expirations.get(name)),
            )
            for name, type, tier, version, modified, data_type in zip(
                *(answer.get(column) or () for column in COLUMNS), strict=True
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterValue(Resource):
    """A parameter with its value; that of a SecureString is ciphertext unless it is `plain`."""

    name: str
    type: ParameterType
    value: str = field(repr=False)
    version: int
    plain: bool
    """Whether `value` is what was put, and not a SecureString's ciphertext."""
    selector: str = ""
    modified: datetime | None = None
    arn: str = ""
    data_type: str = "text"

    @property
    def is_secret(self) -> bool:
        return self.type is ParameterType.SECURE_STRING

    @property
    def listed(self) -> Parameter:
        """The parameter as a list has it, as far as its value tells."""
        return Parameter(
            ref=self.ref,
            name=self.name,
            type=self.type,
            version=self.version,
            modified=self.modified,
            arn=self.arn,
            data_type=self.data_type,
        )

    @classmethod
    def from_api(cls, shape: Shape, context: str, *, decrypted: bool = False) -> ParameterValue:
        """Build from a Parameter; `decrypted` says whether WithDecryption was asked for."""
        name, type = shape.get("Name") or "", enum_of(ParameterType, shape.get("Type"))
        return cls(
            ref=Ref(context, path_of(name)),
            name=name,
            type=type,
            value=shape.get("Value") or "",
            version=int(shape.get("Version") or 0),
            plain=decrypted or type is not ParameterType.SECURE_STRING,
            selector=shape.get("Selector") or "",
            modified=as_time(shape.get("LastModifiedDate")),
            arn=shape.get("ARN") or "",
            data_type=shape.get("DataType") or "text",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterVersion(Resource):
    """One version of a parameter's history; the value of a SecureString is ciphertext unless it is `plain`."""

    name: str
    version: int
    type: ParameterType
    value: str = field(repr=False)
    plain: bool
    labels: tuple[str, ...] = ()
    modified: datetime | None = None
    modified_by: str = ""
    tier: Tier = Tier.UNKNOWN
    data_type: str = "text"
    key_id: str = ""
    description: str = ""
    allowed_pattern: str = ""
    policies: tuple[ParameterPolicy, ...] = ()

    @classmethod
    def from_api(cls, shape: Shape, context: str, *, decrypted: bool = False) -> ParameterVersion:
        """Build from a ParameterHistory; `decrypted` says whether WithDecryption was asked for."""
        name, type = shape.get("Name") or "", enum_of(ParameterType, shape.get("Type"))
        return cls(
            ref=Ref(context, path_of(name)),
            name=name,
            version=int(shape.get("Version") or 0),
            type=type,
            value=shape.get("Value") or "",
            plain=decrypted or type is not ParameterType.SECURE_STRING,
            labels=tuple(shape.get("Labels") or ()),
            modified=as_time(shape.get("LastModifiedDate")),
            modified_by=shape.get("LastModifiedUser") or "",
            tier=enum_of(Tier, shape.get("Tier")),
            data_type=shape.get("DataType") or "text",
            key_id=shape.get("KeyId") or "",
            description=shape.get("Description") or "",
            allowed_pattern=shape.get("AllowedPattern") or "",
            policies=policies_of(shape.get("Policies")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterChild(Resource):
    """What stands one level below a path: a folder with `count` parameters below it, a parameter, or both."""

    count: int = 0
    parameter: Parameter | None = None

    @property
    def is_folder(self) -> bool:
        return self.count > 0

    @classmethod
    def from_api(cls, shape: Shape, context: str) -> ParameterChild:
        """Build from a child of ListParameterChildren."""
        found = shape.get("Parameter")
        return cls(
            ref=Ref(context, path_of(shape.get("Name") or "")),
            count=int(shape.get("Count") or 0),
            parameter=Parameter.from_api(found, context) if found else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PutRequest:
    """What is to be put; what is None is not sent, and so stays as it is where the parameter exists."""

    name: str
    value: str = field(repr=False)
    type: ParameterType | None = None
    overwrite: bool = False
    tier: Tier | None = None
    description: str | None = None
    key_id: str | None = None
    allowed_pattern: str | None = None
    data_type: str | None = None
    policies: str | None = None
    """JSON text of all policies; `[{}]` takes them away."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Only for a parameter that is new."""

    def params(self) -> Shape:
        """Give it as PutParameter takes it."""
        given: Shape = {"Name": self.name, "Value": self.value}
        optional = {
            "Type": self.type and self.type.value,
            "Tier": self.tier and self.tier.value,
            "Description": self.description,
            "KeyId": self.key_id,
            "AllowedPattern": self.allowed_pattern,
            "DataType": self.data_type,
            "Policies": self.policies,
        }
        given |= {key: value for key, value in optional.items() if value is not None}
        if self.overwrite:
            given["Overwrite"] = True
        if self.tags:
            given["Tags"] = [{"Key": key, "Value": value} for key, value in self.tags.items()]
        return given


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """What became of a put: the version that it made, and the tier that it is in."""

    version: int
    tier: Tier
