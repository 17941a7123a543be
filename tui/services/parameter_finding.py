"""Parameters are found by name, value, tag, type, tier, age and expiry: by the API's filters as far as it has them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tui.ports import Shape
from tui.services.parameter_models import Parameter, ParameterType, ParameterValue, Tier
from tui.services.parameter_names import folder_of, is_below
from tui.services.parameters import Parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is looked for; all that is given has to be so.

    `name` and `value` are parts of them: of a name as the API compares it, of a value without regard to case. Values of
    secrets are looked into with `secrets` alone. A tag's value of None is any.
    """

    under: str = "/"
    name: str = ""
    value: str = field(default="", repr=False)
    secrets: bool = False
    types: tuple[ParameterType, ...] = ()
    tier: Tier | None = None
    tags: Mapping[str, str | None] = field(default_factory=dict)
    changed_within: timedelta | None = None
    unchanged_for: timedelta | None = None
    expires_within: timedelta | None = None

    @property
    def filters(self) -> list[Shape]:
        """Give what of it DescribeParameters can do by itself."""
        given: list[Shape] = []
        if folder_of(self.under):
            given.append({"Key": "Path", "Option": "Recursive", "Values": [folder_of(self.under)]})
        if self.name:
            given.append({"Key": "Name", "Option": "Contains", "Values": [self.name]})
        if self.types:
            given.append({"Key": "Type", "Option": "Equals", "Values": [*self.types]})
        # Policies are of the Advanced tier alone, and so is what expires.
        if tier := Tier.ADVANCED if self.expires_within is not None and self.tier is None else self.tier:
            given.append({"Key": "Tier", "Option": "Equals", "Values": [tier.value]})
        for key, value in self.tags.items():
            given.append(
                {"Key": f"tag:{key}", **({"Option": "Equals", "Values": [value]} if value is not None else {})}
            )
        return given

    @property
    def by_path(self) -> bool:
        """Whether values are looked into, and all else that is asked stands beside them: no list is needed."""
        return bool(self.value) and not self.tags and self.tier is None and self.expires_within is None

    def fits(self, parameter: Parameter | ParameterValue, now: datetime) -> bool:
        """Whether a parameter is one of those, its value, tags and tier apart."""
        if not is_below(parameter.id, self.under) or self.name not in parameter.id:
            return False
        if self.types and parameter.type not in self.types:
            return False
        age = now - parameter.modified if parameter.modified is not None else None
        if self.changed_within is not None and (age is None or age > self.changed_within):
            return False
        if self.unchanged_for is not None and (age is None or age < self.unchanged_for):
            return False
        if self.expires_within is None:
            return True
        expiry = parameter.expires if isinstance(parameter, Parameter) else None
        return expiry is not None and expiry - now <= self.expires_within

    def fits_value(self, value: ParameterValue) -> bool:
        return value.plain and self.value.casefold() in value.value.casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPage:
    """Some of what was found, and at how many parameters has been looked so far."""

    parameters: tuple[Parameter, ...]
    looked_at: int


async def find(parameters: Parameters, search: Search, *, now: datetime) -> AsyncIterator[FoundPage]:
    """Give what is found as the pages come, those too on which nothing is. Raises: TransportError."""
    looked_at = 0
    if search.by_path:
        filters = [one for one in search.filters if one["Key"] == "Type"]
        path = folder_of(search.under) or "/"
        async for values in parameters.below(path, decrypt=search.secrets, filters=filters):
            looked_at += len(values)
            fitting = [value for value in values if search.fits(value, now) and search.fits_value(value)]
            yield FoundPage(parameters=tuple(value.listed for value in fitting), looked_at=looked_at)
        return
    async for page in parameters.describe(search.filters):
        looked_at += len(page)
        found = [one for one in page if search.fits(one, now)]
        if search.value:
            names = [one.name for one in found if search.secrets or not one.is_secret]
            read, _ = await parameters.values(names, decrypt=search.secrets)
            having = {value.id for value in read if search.fits_value(value)}
            found = [one for one in found if one.id in having]
        yield FoundPage(parameters=tuple(found), looked_at=looked_at)
