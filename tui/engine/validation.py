"""Checks of requests and responses against the service models, compiled once per shape.

A checker takes a value as JSON has it and gives the value as handlers want it (timestamps as epoch seconds), or raises
`Violations` with everything that is wrong below it, or `WrongType` at the first value that is of another JSON type.
The texts are AWS's own; see `violation_text`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from tui.engine.context import ApiFault
from tui.engine.scalars import CONVERTERS, SCALARS, Check, Pattern, Raw, WrongType, json_word, rules_of

AWS_BREAKS = frozenset({"StringDateTime", "RegistrationsCount", "NodeName", "InstanceName", "InstanceTagName"})
"""Shapes whose rules answers break.

AWS's own are `PT0.091S` and an activation that nobody has used, which counts 0 registrations. The others are nodes'
names: an operator's `db (old)`, or a Name tag of 256 characters, must not take the list from those who ask for it.
Unset strings are left empty against every rule.
"""


PLAIN: Mapping[str, type] = {"string": str, "boolean": bool, "float": float, "double": float, "timestamp": float}
"""Types of shapes whose values are taken as they are, where they are of this class and the shape has no rules."""


class Violations(Exception):  # noqa: N818 - named for what it carries
    """Everything wrong below one value: pairs of a path's words, innermost first, and (shown value, constraint)."""

    def __init__(self, found: list[tuple[list[str], str | None, str]]) -> None:
        super().__init__(found)
        self.found = found

    def below(self, *words: str) -> list[tuple[list[str], str | None, str]]:
        """Give the same violations as seen from one level up; `words` are given innermost first."""
        for path, _, _ in self.found:
            path.extend(words)
        return self.found


def violation_text(error: Violations) -> str:
    """Say what is wrong in the words of AWS's ValidationException."""
    count = len(error.found)
    parts = []
    for path, shown, constraint in error.found:
        value = "Value" if shown is None else f"Value {shown}"
        parts.append(f"{value} at '{'.'.join(reversed(path))}' failed to satisfy constraint: {constraint}")
    return f"{count} validation error{'s' if count != 1 else ''} detected: {'; '.join(parts)}"


class Validator:
    """The checkers of one service's shapes; `strict` is for our own responses, where an unknown member is a defect."""

    def __init__(self, shapes: Mapping[str, Raw], *, strict: bool = False) -> None:
        self._shapes = shapes
        self._strict = strict
        self._checks: dict[str, Check] = {}
        self._sensitive: dict[str, bool] = {}

    def check(self, shape: str | None, value: Any) -> Any:
        """Give `value` as the shape wants it; None as a shape takes and gives an empty structure.

        Raises: ApiFault ValidationException with all violations, or SerializationException.
        """
        if shape is None:
            return {}
        try:
            return (self._checks.get(shape) or self.compile(shape))(value)
        except Violations as error:
            raise ApiFault("ValidationException", violation_text(error)) from None
        except WrongType as error:
            raise ApiFault("SerializationException", str(error)) from None

    def compile(self, name: str) -> Check:
        """Give the checker of a shape, made on first use; a shape that holds itself finds itself when called."""
        known = self._checks.get(name)
        if known is not None:
            return known
        self._checks[name] = lambda value: self._checks[name](value)  # for shapes that hold themselves
        shape = self._shapes[name]
        kind = shape["type"]
        make = self._MAKERS[kind] if kind not in SCALARS else Validator._scalar
        made: Check = make(self, name, shape)
        self._checks[name] = made
        return made

    def mask(self, name: str | None, value: Any) -> Any:
        """Give a copy of a request in which sensitive members read `***`, for logs and the audit."""
        if name is None or value is None:
            return value
        shape = self._shapes[name]
        if shape.get("sensitive"):
            return "***"
        if isinstance(value, dict):
            if shape["type"] == "map":
                return {key: self.mask(shape["value"]["shape"], item) for key, item in value.items()}
            members = shape.get("members", {})
            return {key: self.mask(members[key]["shape"], item) for key, item in value.items() if key in members}
        if isinstance(value, list) and shape["type"] == "list":
            return [self.mask(shape["member"]["shape"], item) for item in value]
        return value

    # what is shown of a value

    def is_sensitive(self, name: str) -> bool:
        """Say whether a shape, or anything below it, must not be repeated."""
        if name not in self._sensitive:
            self._sensitive[name] = False  # a shape that holds itself adds nothing by doing so
            shape = self._shapes[name]
            below = [member["shape"] for member in shape.get("members", {}).values()]
            below += [shape[part]["shape"] for part in ("member", "key", "value") if part in shape]
            self._sensitive[name] = bool(shape.get("sensitive")) or any(self.is_sensitive(each) for each in below)
        return self._sensitive[name]

    def _shown(self, name: str, value: Any) -> str | None:
        return None if self.is_sensitive(name) else f"'{java_text(value)}'"

    # checkers, one kind of shape each

    def _structure(self, name: str, shape: Raw) -> Check:
        # A structure's members are compiled when the first value of it comes.
        members = shape.get("members", {})
        required = tuple(shape.get("required", ()))
        needed = frozenset(required)
        strict = self._strict
        union = bool(shape.get("union"))
        checks: dict[str, tuple[type | None, Check]] = {}

        def member_check(key: str) -> tuple[type | None, Check] | None:
            if key not in members:
                if strict:
                    raise WrongType(f"{name} has no member {key}")
                return None
            member = members[key]["shape"]
            checks[key] = self._plain(member), self.compile(member)
            return checks[key]

        def check(value: Any) -> Any:
            if value.__class__ is not dict:
                raise WrongType(f"{json_word(value)} can not be converted to a structure ({name})")
            out = {}
            found: list[tuple[list[str], str | None, str]] | None = None
            for key, item in value.items():
                if item is None:
                    continue
                known = checks.get(key) or member_check(key)
                if known is None:
                    continue
                plain, member = known
                if item.__class__ is plain:
                    out[key] = item
                    continue
                try:
                    out[key] = member(item)
                except Violations as error:
                    found = [*(found or ()), *error.below(camel(key))]
                except WrongType as error:
                    error.path.append(camel(key))
                    raise
            for key in () if out.keys() >= needed else required:
                if value.get(key) is None:
                    found = [*(found or ()), ([camel(key)], "null", "Member must not be null")]
            if union and len(out) != 1 and not found:
                found = [([], None, f"Member must have exactly one of: {', '.join(members)}")]
            if found:
                raise Violations(found)
            return out

        return check

    def _list(self, name: str, shape: Raw) -> Check:
        element = shape["member"]["shape"]
        element_shape = self._shapes[element]
        item_check = self.compile(element)
        scalar = element_shape["type"] in SCALARS
        # AWS's answers break it: `InvalidLabels` is empty where all labels are right.
        low, high = None if self._strict else shape.get("min"), shape.get("max")
        bounded = low is not None or high is not None

        def check(value: Any) -> Any:
            if value.__class__ is not list:
                raise WrongType(f"Expected list or null: {json_word(value)} can not be converted to a list ({name})")
            if not value and not low:
                return []
            found: list[tuple[list[str], str | None, str]] = []
            out = []
            for index, item in enumerate(value, 1):
                try:
                    if item is None:
                        raise Violations([([], "null", "Member must not be null")])
                    out.append(item_check(item))
                except Violations as error:
                    if scalar:
                        rule = ", ".join(self._constraints(element_shape))
                        found.append(([], self._shown(name, value), f"Member must satisfy constraint: [{rule}]"))
                        break
                    found += error.below("member", str(index))
                except WrongType as error:
                    error.path.extend(("member", str(index)))
                    raise
            if bounded:
                found += self._length_violations(name, value, low, high)
            if found:
                raise Violations(found)
            return out

        return check

    def _map(self, name: str, shape: Raw) -> Check:
        key_name, value_name = shape["key"]["shape"], shape["value"]["shape"]
        key_check, value_check = self.compile(key_name), self.compile(value_name)
        scalar = self._shapes[value_name]["type"] in SCALARS
        low, high = shape.get("min"), shape.get("max")

        def check(value: Any) -> Any:
            if value.__class__ is not dict:
                raise WrongType(f"{json_word(value)} can not be converted to a map ({name})")
            found: list[tuple[list[str], str | None, str]] = []
            bad_keys = bad_values = False
            out = {}
            for key, item in value.items():
                if item is None:
                    continue
                try:
                    key_check(key)
                except Violations:
                    bad_keys = True
                try:
                    out[key] = value_check(item)
                except Violations as error:
                    if scalar:
                        bad_values = True
                    else:
                        found += error.below("member", key)
                except WrongType as error:
                    error.path.extend(("member", key))
                    raise
            for bad, word, below in ((bad_keys, "keys", key_name), (bad_values, "value", value_name)):
                if bad:
                    rule = ", ".join(self._constraints(self._shapes[below]))
                    found.append(([], self._shown(name, value), f"Map {word} must satisfy constraint: [{rule}]"))
            found += self._length_violations(name, value, low, high)
            if found:
                raise Violations(found)
            return out

        return check

    def _scalar(self, name: str, shape: Raw) -> Check:
        convert = CONVERTERS[shape["type"]]
        rules = list(rules_of(shape))
        if not rules or self._is_broken(name):
            return convert
        if shape["type"] == "string":
            return self._text(name, shape)

        def check(value: Any) -> Any:
            value = convert(value)
            for holds, _ in rules:
                if not holds(value):
                    shown = self._shown(name, value)
                    raise Violations([([], shown, text) for still, text in rules if not still(value)])
            return value

        return check

    def _plain(self, name: str) -> type | None:
        """Give the class of which every value is right, where the shape has no rule but that."""
        shape = self._shapes[name]
        kind = PLAIN.get(shape["type"])
        return kind if kind is not None and not (rules_of(shape) and not self._is_broken(name)) else None

    def _is_broken(self, name: str) -> bool:
        return self._strict and name in AWS_BREAKS

    def _text(self, name: str, shape: Raw) -> Check:
        # Most of what passes is text that is right: it is looked at once, and by its rules only where it is wrong.
        convert, rules, blank = CONVERTERS["string"], rules_of(shape), self._strict
        low, high = shape.get("min") or 0, shape.get("max", sys.maxsize)
        words = frozenset(shape["enum"]) if "enum" in shape else None
        pattern = Pattern(shape["pattern"]) if "pattern" in shape else None

        def check(value: Any) -> Any:
            if value.__class__ is not str:
                return convert(value)
            if (blank and not value) or (
                low <= len(value) <= high
                and (words is None or value in words)
                and (pattern is None or pattern.match(value))
            ):
                return value
            shown = self._shown(name, value)
            raise Violations([([], shown, text) for holds, text in rules if not holds(value)])

        return check

    _MAKERS: Mapping[str, Callable[[Validator, str, Raw], Check]] = {
        "structure": _structure,
        "list": _list,
        "map": _map,
    }

    def _constraints(self, shape: Raw) -> list[str]:
        return [text for _, text in rules_of(shape)] or ["Member must not be null"]

    def _length_violations(
        self, name: str, value: Any, low: int | None, high: int | None
    ) -> list[tuple[list[str], str | None, str]]:
        found: list[tuple[list[str], str | None, str]] = []
        size = len(value)
        if high is not None and size > high:
            found.append(([], self._shown(name, value), f"Member must have length less than or equal to {high}"))
        if low is not None and size < low:
            found.append(([], self._shown(name, value), f"Member must have length greater than or equal to {low}"))
        return found


def camel(member: str) -> str:
    """Write a member's name as AWS's messages do."""
    return member[:1].lower() + member[1:]


def java_text(value: Any) -> str:
    """Write a value as AWS's messages do, which are made in Java."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(java_text, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={java_text(item)}" for key, item in value.items()) + "}"
    return "null" if value is None else str(value)
