"""Scalars of the service models: their JSON types, and the rules that a shape lays on them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

Check = Callable[[Any], Any]
Raw = Mapping[str, Any]

SCALARS = frozenset({"string", "integer", "long", "float", "double", "boolean", "timestamp", "blob"})
_RANGES = {"integer": 2**31, "long": 2**63}


class WrongType(Exception):  # noqa: N818 - named for what it says of the value
    """A value of another JSON type than its shape's: AWS's SerializationException."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.path: list[str] = []

    def __str__(self) -> str:
        where = ".".join(reversed(self.path))
        return f"{self.args[0]} (at '{where}')" if where else str(self.args[0])


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


def rules_of(shape: Raw) -> list[tuple[Callable[[Any], bool], str]]:
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
        rules.append((Pattern(pattern), f"Member must satisfy regular expression pattern: {pattern}"))
    if "enum" in shape:
        words = shape["enum"]
        rules.append((frozenset(words).__contains__, f"Member must satisfy enum value set: [{', '.join(words)}]"))
    return rules


class Pattern:
    """A pattern of the model, matched whole as Java does; compiled when the first value comes."""

    __slots__ = ("_text", "match")

    def __init__(self, text: str) -> None:
        self._text = text
        self.match: Callable[[str], Any] = self._first

    def _first(self, value: str) -> Any:
        self.match = compile_pattern(self._text)
        return self.match(value)

    def __call__(self, value: str) -> bool:
        return self.match(value) is not None


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


CONVERTERS: Mapping[str, Check] = {
    "string": _string,
    "boolean": _boolean,
    "integer": _whole(_RANGES["integer"], "an Integer"),
    "long": _whole(_RANGES["long"], "a Long"),
    "float": _number,
    "double": _number,
    "timestamp": _timestamp,
    "blob": _blob,
}
