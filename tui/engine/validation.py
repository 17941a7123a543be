"""Checks of requests and responses against the service models, compiled once per shape.

A checker takes a value as JSON has it and gives the value as handlers want it (timestamps as epoch seconds), or raises
`Violations` with everything that is wrong below it, or `WrongType` at the first value that is of another JSON type.
The texts are AWS's own; see `violation_text`.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from tui.engine.context import ApiFault

Check = Callable[[Any], Any]
Raw = Mapping[str, Any]

SCALARS = frozenset({"string", "integer", "long", "float", "double", "boolean", "timestamp", "blob"})
AWS_BREAKS = frozenset({"StringDateTime"})
"""Shapes whose pattern AWS's own answers break (`PT0.091S`); they also leave unset strings empty against every rule."""

_RANGES = {"integer": 2**31, "long": 2**63}


class WrongType(Exception):  # noqa: N818 - named for what it says of the value
    """A value of another JSON type than its shape's: AWS's SerializationException."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.path: list[str] = []

    def __str__(self) -> str:
        where = ".".join(reversed(self.path))
        return f"{self.args[0]} (at '{where}')" if where else str(self.args[0])


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
        strict = self._strict
        union = bool(shape.get("union"))
        checks: dict[str, Check] = {}

        def member_check(key: str) -> Check | None:
            if key not in members:
                if strict:
                    raise WrongType(f"{name} has no member {key}")
                return None
            checks[key] = self.compile(members[key]["shape"])
            return checks[key]

        def check(value: Any) -> Any:
            if value.__class__ is not dict:
                raise WrongType(f"{json_word(value)} can not be converted to a structure ({name})")
            out = {}
            found: list[tuple[list[str], str | None, str]] | None = None
            for key, item in value.items():
                if item is None:
                    continue
                member = checks.get(key) or member_check(key)
                if member is None:
                    continue
                try:
                    out[key] = member(item)
                except Violations as error:
                    found = [*(found or ()), *error.below(camel(key))]
                except WrongType as error:
                    error.path.append(camel(key))
                    raise
            for key in required:
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
        low, high = shape.get("min"), shape.get("max")

        def check(value: Any) -> Any:
            if value.__class__ is not list:
                raise WrongType(f"Expected list or null: {json_word(value)} can not be converted to a list ({name})")
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
        convert = _CONVERTERS[shape["type"]]
        rules = list(_rules(shape))
        if not rules or (self._strict and name in AWS_BREAKS):
            return convert
        blank = self._strict and shape["type"] == "string"

        def check(value: Any) -> Any:
            value = convert(value)
            if blank and not value:
                return value
            for holds, _ in rules:
                if not holds(value):
                    shown = self._shown(name, value)
                    raise Violations([([], shown, text) for still, text in rules if not still(value)])
            return value

        return check

    _MAKERS: Mapping[str, Callable[[Validator, str, Raw], Check]] = {
        "structure": _structure,
        "list": _list,
        "map": _map,
    }

    def _constraints(self, shape: Raw) -> list[str]:
        return [text for _, text in _rules(shape)] or ["Member must not be null"]

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


def json_word(value: Any) -> str:
    """Name the JSON type of a value in the words of AWS's parser."""
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    if isinstance(value, (int, float)):
        return "NUMBER_VALUE"
    if isinstance(value, str):
        return "STRING_VALUE"
    kind: type = type(value)
    return "START_ARRAY" if kind is list else "START_OBJECT" if kind is dict else kind.__name__


def _rules(shape: Raw) -> list[tuple[Callable[[Any], bool], str]]:
    """Give the rules of a scalar shape in the order in which AWS names them: maximum, minimum, pattern, enum."""
    rules: list[tuple[Callable[[Any], bool], str]] = []
    low, high = shape.get("min"), shape.get("max")
    if shape["type"] in ("string", "blob"):
        size: Callable[[Any], int] = blob_size if shape["type"] == "blob" else len
        if high is not None:
            rules.append((lambda value: size(value) <= high, f"Member must have length less than or equal to {high}"))
        if low:
            rules.append((lambda value: size(value) >= low, f"Member must have length greater than or equal to {low}"))
    else:
        if high is not None:
            rules.append((lambda value: value <= high, f"Member must have value less than or equal to {high}"))
        if low is not None:
            rules.append((lambda value: value >= low, f"Member must have value greater than or equal to {low}"))
    if "pattern" in shape:
        pattern = shape["pattern"]
        rules.append((_Pattern(pattern), f"Member must satisfy regular expression pattern: {pattern}"))
    if "enum" in shape:
        words = shape["enum"]
        rules.append((frozenset(words).__contains__, f"Member must satisfy enum value set: [{', '.join(words)}]"))
    return rules


class _Pattern:
    """A pattern of the model, matched whole as Java does; compiled when the first value comes."""

    __slots__ = ("_match", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._match: Callable[[str], Any] | None = None

    def __call__(self, value: str) -> bool:
        if self._match is None:
            self._match = compile_pattern(self._text)
        return self._match(value) is not None


def compile_pattern(text: str) -> Callable[[str], Any]:
    r"""Give the full match of a Java pattern: `\w` and its kin are ASCII there, `\p{L}` and its kin are Unicode."""
    try:
        return re.compile(text, re.ASCII).fullmatch
    except re.error:
        import regex  # deferred: 14 of the model's patterns need it

        matcher: Callable[[str], Any] = regex.compile(text, 0 if r"\p" in text else regex.ASCII).fullmatch
        return matcher


def _string(value: Any) -> str:
    if value.__class__ is str:
        return value
    raise WrongType(f"{json_word(value)} can not be converted to a String")


def _boolean(value: Any) -> bool:
    if value.__class__ is bool:
        return value
    raise WrongType(f"{json_word(value)} can not be converted to a Boolean")


def _whole(limit: int, word: str) -> Check:
    def convert(value: Any) -> int:
        if value.__class__ is int and -limit <= value < limit:
            return value
        if value.__class__ is int:
            raise WrongType(f"{value} is out of range of {word}")
        raise WrongType(f"{json_word(value)} can not be converted to {word}")

    return convert


def _number(value: Any) -> float:
    if value.__class__ is float or value.__class__ is int:
        return value
    raise WrongType(f"{json_word(value)} can not be converted to a Double")


def _timestamp(value: Any) -> float:
    if value.__class__ is float or value.__class__ is int:
        return float(value)
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise WrongType(f"{value!r} can not be converted to a Timestamp") from None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    raise WrongType(f"{json_word(value)} can not be converted to a Timestamp")


def blob_size(value: str) -> int:
    """Give the number of bytes that base64 text stands for."""
    return len(value) * 3 // 4 - value[-2:].count("=")


def _blob(value: Any) -> str:
    if isinstance(value, str):
        try:
            base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise WrongType("the text is not base64") from None
        return value
    raise WrongType(f"{json_word(value)} can not be converted to a blob")


_CONVERTERS: Mapping[str, Check] = {
    "string": _string,
    "boolean": _boolean,
    "integer": _whole(_RANGES["integer"], "an Integer"),
    "long": _whole(_RANGES["long"], "a Long"),
    "float": _number,
    "double": _number,
    "timestamp": _timestamp,
    "blob": _blob,
}
