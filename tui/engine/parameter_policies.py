"""Parameter policies: what they may say (semantics 2.5), and when each of a parameter's is due."""

from __future__ import annotations

import heapq
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tui.engine.context import ApiFault, Services
from tui.ports import Shape

EXPIRATION = "Expiration"
EXPIRATION_NOTIFICATION = "ExpirationNotification"
NO_CHANGE_NOTIFICATION = "NoChangeNotification"
PENDING, IN_PROGRESS, FINISHED, FAILED = "Pending", "InProgress", "Finished", "Failed"
LIMIT = 10
"""Policies that one parameter may have."""

_ATTRIBUTES: Mapping[str, frozenset[str]] = {
    EXPIRATION: frozenset({"Timestamp"}),
    EXPIRATION_NOTIFICATION: frozenset({"Before", "Unit"}),
    NO_CHANGE_NOTIFICATION: frozenset({"After", "Unit"}),
}
_SPARE = 64
_UNITS = {"Days": 86400, "Hours": 3600}
_COUNT = re.compile(r"[1-9][0-9]{0,6}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy; `text` is its JSON as it is stored and shown.

    `moment` is when an Expiration is due, in epoch seconds; `seconds` how long before it, or after the last change,
    a notification is.
    """

    type: str
    text: str
    moment: float = 0.0
    seconds: float = 0.0

    def shape(self, status: str = PENDING) -> Shape:
        """Give the policy as the API shows it, and as the store keeps it."""
        return {"PolicyText": self.text, "PolicyType": self.type, "PolicyStatus": status}


def parse_policies(text: str) -> tuple[Policy, ...]:
    """Read the `Policies` of a PutParameter; `[{}]` and `[]` are none.

    Raises: ApiFault ValidationException where it is no JSON list of objects, PoliciesLimitExceededException,
    InvalidPolicyTypeException, InvalidPolicyAttributeException, IncompatiblePolicyException.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise ApiFault("ValidationException", "Invalid policies input: Policies must be a JSON list of policies.")
    if not any(found):
        return ()
    if len(found) > LIMIT:
        raise ApiFault(
            "PoliciesLimitExceededException",
            "You specified more than the maximum number of allowed policies for the parameter. "
            f"The maximum is {LIMIT}.",
        )
    policies = tuple(parse_policy(each) for each in found)
    types = [each.type for each in policies]
    if types.count(EXPIRATION) > 1:
        raise _conflict("A parameter can't have two Expiration policies.")
    if EXPIRATION_NOTIFICATION in types and EXPIRATION not in types:
        raise _conflict("An ExpirationNotification policy needs an Expiration policy to be before.")
    return policies


def parse_policy(found: Mapping[str, Any]) -> Policy:
    """Read one policy. Raises: ApiFault InvalidPolicyTypeException, InvalidPolicyAttributeException."""
    kind, attributes = found.get("Type"), found.get("Attributes")
    if not isinstance(kind, str) or kind not in _ATTRIBUTES:
        raise ApiFault(
            "InvalidPolicyTypeException",
            "The policy type is not supported. Parameter Store supports the following policy types: "
            f"{EXPIRATION}, {EXPIRATION_NOTIFICATION}, and {NO_CHANGE_NOTIFICATION}.",
        )
    if found.get("Version") != "1.0":
        raise _attribute(kind, 'its Version must be "1.0"')
    if found.keys() - {"Type", "Version", "Attributes"}:
        raise _attribute(kind, "it has Type, Version and Attributes, and nothing else")
    if not isinstance(attributes, dict) or attributes.keys() != _ATTRIBUTES[kind]:
        raise _attribute(kind, f"its Attributes are {' and '.join(sorted(_ATTRIBUTES[kind]))}")
    text = json.dumps(found, separators=(",", ":"))
    if kind == EXPIRATION:
        return Policy(kind, text, moment=_moment(attributes["Timestamp"]))
    name = "Before" if kind == EXPIRATION_NOTIFICATION else "After"
    count, unit = attributes[name], attributes["Unit"]
    if not isinstance(unit, str) or unit not in _UNITS:
        raise _attribute(kind, "its Unit is Days or Hours")
    if isinstance(count, bool) or not isinstance(count, (str, int)) or not _COUNT.fullmatch(str(count)):
        raise _attribute(kind, f'its {name} is a whole number from 1, like "15"')
    return Policy(kind, text, seconds=_seconds(count, unit))


def _moment(text: Any) -> float:
    if isinstance(text, str) and _MOMENT.fullmatch(text):
        try:
            return datetime.fromisoformat(text).timestamp()
        except (ValueError, OverflowError):  # a day that no calendar has
            pass
    raise _attribute(EXPIRATION, "its Timestamp is a time with its zone, like 2030-12-02T21:34:33.000Z")


def _attribute(kind: str, reason: str) -> ApiFault:
    text = f"A policy attribute or its value is invalid: {kind}: {reason}."
    return ApiFault("InvalidPolicyAttributeException", text)


def _conflict(reason: str) -> ApiFault:
    return ApiFault(
        "IncompatiblePolicyException", f"There is a conflict in the policies specified for this parameter. {reason}"
    )


class PolicyTimes:
    """When the next policy of any parameter is due; a part of the engine's services.

    The parameters' own rows are what holds: they are read when the engine starts, and one by one as they change.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._next: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []
        self._tell: Callable[[], None] | None = None

    def load(self, tell: Callable[[], None]) -> None:
        """Read the times of all parameters that have policies, and call `tell` whenever the next may be another."""
        self._next.clear()
        self._heap.clear()
        for row in self._services.store.read(
            "SELECT name, policies, modified_at FROM parameters WHERE policies <> '[]'"
        ):
            self._note(row["name"], row["policies"], row["modified_at"])
        self._tell = tell

    def changed(self, name: str) -> None:
        """Read one parameter's times again, by its canonical name."""
        row = self._services.store.read_one("SELECT policies, modified_at FROM parameters WHERE name = ?", (name,))
        known = self._next.pop(name, None)
        if row is not None and row["policies"] != "[]":
            self._note(name, row["policies"], row["modified_at"])
        if self._tell is not None and self._next.get(name) != known:
            self._tell()

    def next(self) -> float | None:
        """Say when the next policy is due, in epoch seconds."""
        while self._heap and self._next.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take(self, now: float, most: int) -> list[str]:
        """Give the parameters that have policies due, those that are due first, and forget them until they change."""
        taken: list[str] = []
        while len(taken) < most and (due := self.next()) is not None and due <= now:
            _, name = heapq.heappop(self._heap)
            del self._next[name]
            taken.append(name)
        return taken

    def _note(self, name: str, policies: str, modified_at: float) -> None:
        due = min((when for _, when in due_times(json.loads(policies), modified_at)), default=None)
        if due is None:
            return
        self._next[name] = due
        heapq.heappush(self._heap, (due, name))
        if len(self._heap) > 2 * len(self._next) + _SPARE:  # what a put has made void stays until its time comes
            self._heap = [(when, each) for each, when in self._next.items()]
            heapq.heapify(self._heap)


def due_times(stored: list[Shape], modified_at: float) -> Iterator[tuple[int, float]]:
    """Yield the number, from 0, of each policy that is still to run, and when it is due.

    One that is in progress was being run when an engine was ended: it is run again. What told of no change is to run
    again once the parameter was changed.
    """
    expires = expiry(stored) or 0.0
    for number, each in enumerate(stored):
        kind = each["PolicyType"]
        if each["PolicyStatus"] not in (PENDING, IN_PROGRESS):
            continue
        if kind == EXPIRATION:
            yield number, expires
            continue
        attributes = json.loads(each["PolicyText"])["Attributes"]
        if kind == EXPIRATION_NOTIFICATION:
            yield number, expires - _seconds(attributes["Before"], attributes["Unit"])
        else:
            yield number, modified_at + _seconds(attributes["After"], attributes["Unit"])


def expiry(stored: list[Shape]) -> float | None:
    """Say when the policies that a parameter has delete it, in epoch seconds; None where none does."""
    for each in stored:
        if each["PolicyType"] == EXPIRATION:
            return _moment(json.loads(each["PolicyText"])["Attributes"]["Timestamp"])
    return None


def _seconds(count: str | int, unit: str) -> float:
    return float(int(count) * _UNITS[unit])


def policies_changed(services: Services, name: str) -> None:
    """Take note that a parameter was put or deleted; `name` is as the store has it, with its slash.

    It is called once the change is stored. A parameter that keeps its policies through a put must have them stored as
    `renewed` gives them.
    """
    services.part(PolicyTimes).changed(name)


def renewed(stored: list[Shape]) -> list[Shape]:
    """Give a parameter's policies as they are after a put that leaves them: the time without a change starts anew."""
    return [
        {**each, "PolicyStatus": PENDING} if each["PolicyType"] == NO_CHANGE_NOTIFICATION else each for each in stored
    ]
