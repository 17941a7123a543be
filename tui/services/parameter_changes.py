"""What is to become of parameters: what is wanted, what changes, and the calls that do it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tui.ports import Shape
from tui.services._parameter_entries import Entry
from tui.services.parameter_models import ParameterType, ParameterValue, PutRequest, Tier, path_of
from tui.services.parameters import AT_ONCE
from tui.transport.wrappers import MASK


class ChangeKind(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    SAME = "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a parameter is to be; what is None stays as it is, or is what AWS makes of it where it is new."""

    name: str
    value: str | None = field(default=None, repr=False)
    type: ParameterType | None = None
    tier: Tier | None = None
    description: str | None = None
    key_id: str | None = None
    allowed_pattern: str | None = None
    data_type: str | None = None
    policies: str | None = None
    """JSON text of all policies; `[{}]` takes them away."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Only for a parameter that is new."""

    @property
    def path(self) -> str:
        return path_of(self.name)

    @classmethod
    def of(cls, entry: Entry) -> Wanted:
        """Make it of what a text says."""
        return cls(name=entry.path, value=entry.value, type=entry.type)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What becomes of one parameter; with a problem it can't be written.

    `tier` is the one that it ends in. A deletion that `needs` a path is done after that one was put and looked at.
    """

    kind: ChangeKind
    path: str
    before: ParameterValue | None = None
    after: Wanted | None = None
    tier: Tier = Tier.UNKNOWN
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    needs: str = ""

    @property
    def name(self) -> str:
        """What the API calls it."""
        return self.before.name if self.before else self.after.name if self.after else self.path

    @property
    def is_secret(self) -> bool:
        after = self.after.type if self.after else None
        return ParameterType.SECURE_STRING in (after, self.before.type if self.before else None)

    @property
    def puts(self) -> bool:
        return self.kind in (ChangeKind.CREATE, ChangeKind.UPDATE)

    @property
    def request(self) -> PutRequest | None:
        """The put that does it; None for what needs none, or has no value."""
        wanted, before = self.after, self.before
        value = wanted.value if wanted else None
        if value is None and before is not None and before.plain:
            value = before.value
        if not self.puts or wanted is None or value is None:
            return None
        return PutRequest(
            name=self.name,
            value=value,
            type=wanted.type or (before.type if before else ParameterType.STRING),
            overwrite=before is not None,
            tier=wanted.tier,
            description=wanted.description,
            key_id=wanted.key_id,
            allowed_pattern=wanted.allowed_pattern,
            data_type=wanted.data_type,
            policies=wanted.policies,
            tags=wanted.tags if before is None else {},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCall:
    """One call of the API that a plan makes."""

    operation: str
    params: Shape = field(repr=False)

    @property
    def shown(self) -> Shape:
        """The request with dots in place of a secret."""
        is_secret = self.params.get("Type") == ParameterType.SECURE_STRING
        return {**self.params, "Value": MASK} if is_secret else self.params


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Changes in the order in which they are made; deletions come last."""

    changes: tuple[Change, ...] = ()

    @property
    def creates(self) -> tuple[Change, ...]:
        return self._of(ChangeKind.CREATE)

    @property
    def updates(self) -> tuple[Change, ...]:
        return self._of(ChangeKind.UPDATE)

    @property
    def deletes(self) -> tuple[Change, ...]:
        return self._of(ChangeKind.DELETE)

    @property
    def sames(self) -> tuple[Change, ...]:
        return self._of(ChangeKind.SAME)

    @property
    def writes(self) -> tuple[Change, ...]:
        """What changes something."""
        return tuple(change for change in self.changes if change.kind is not ChangeKind.SAME)

    @property
    def problems(self) -> tuple[str, ...]:
        """Why it can't be applied, each sentence behind the path that it is about."""
        return tuple(f"{change.path}: {said}" for change in self.changes for said in change.problems)

    @property
    def requests(self) -> tuple[PlannedCall, ...]:
        """The writing calls in order; each batch is read anew right before them."""
        calls = [
            PlannedCall(operation="PutParameter", params=request.params())
            for change in self.changes
            if (request := change.request) is not None
        ]
        names = [change.name for change in self.deletes]
        calls += [
            PlannedCall(operation="DeleteParameters", params={"Names": names[start : start + AT_ONCE]})
            for start in range(0, len(names), AT_ONCE)
        ]
        return tuple(calls)

    def _of(self, kind: ChangeKind) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.kind is kind)
