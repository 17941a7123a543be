"""Values for a document's parameters: checked, completed by defaults, and typed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import regex

from tui.documents.errors import ParameterError
from tui.documents.model import Document, Parameter

STORE_REFERENCE = re.compile(r"\{\{ *ssm:[/\w.:-]+ *\}\}")
PATTERN_SECONDS = 1.0
"""A pattern of a document's author may be one that backtracks for ever."""


def effective_values(document: Document, given: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Check the given values and add the defaults of the others, all as the API carries them: lists of strings.

    Raises: ParameterError for an unknown name, a missing value, or one that is not allowed.
    """
    for name in given:
        if name not in document.parameters:
            raise ParameterError(name, f"The document has no parameter {name}.")
    values: dict[str, list[str]] = {}
    for name, parameter in document.parameters.items():
        if name in given:
            values[name] = list(given[name])
            _check(parameter, values[name])
        elif parameter.is_required:
            raise ParameterError(name, f"The parameter {name} is required.")
        else:
            values[name] = wire_value(parameter, parameter.default)
    return values


def wire_value(parameter: Parameter, value: Any) -> list[str]:
    """Give a default as the API carries it."""
    if parameter.type == "StringList" and isinstance(value, list):
        return [_text(item) for item in value]
    return [_text(value)]


def default_text(parameter: Parameter) -> str | None:
    """Give a default as DescribeDocument shows it: lists and maps as JSON; None where there is no default."""
    if parameter.default is None:
        return None
    return _text(parameter.default)


def typed_value(parameter: Parameter, values: Sequence[str]) -> Any:
    """Give what references to this parameter stand for. Raises: ParameterError where it is of no such type."""
    if parameter.type == "StringList":
        return list(values)
    text = values[0] if values else ""
    if parameter.type == "String":
        return text
    try:
        if parameter.type == "Integer":
            return int(text)
        if parameter.type == "Boolean":
            return {"true": True, "false": False}[text.lower()]
        value = json.loads(text)
    except (ValueError, KeyError):
        raise ParameterError(
            parameter.name, f"The value of {parameter.name} is no {parameter.type}: {text!r}."
        ) from None
    if not isinstance(value, dict if parameter.type == "StringMap" else list):
        raise ParameterError(parameter.name, f"The value of {parameter.name} is no {parameter.type}: {text!r}.")
    return value


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)


def _check(parameter: Parameter, values: list[str]) -> None:
    name = parameter.name
    for value in values:
        found = STORE_REFERENCE.search(value)
        if found:
            raise ParameterError(
                name,
                f"{found[0]} in {name} refers to Parameter Store, which this engine lacks: write the value itself.",
            )
    if parameter.type != "StringList" and len(values) != 1:
        raise ParameterError(name, f"The parameter {name} takes one value, not {len(values)}.")
    if parameter.min_items is not None and len(values) < parameter.min_items:
        raise ParameterError(name, f"The parameter {name} takes at least {parameter.min_items} values.")
    if parameter.max_items is not None and len(values) > parameter.max_items:
        raise ParameterError(name, f"The parameter {name} takes at most {parameter.max_items} values.")
    typed_value(parameter, values)
    allowed = [_text(value) for value in parameter.allowed_values]
    for value in values:
        if parameter.min_chars is not None and len(value) < parameter.min_chars:
            raise ParameterError(name, f"A value of {name} has fewer than {parameter.min_chars} characters.")
        if parameter.max_chars is not None and len(value) > parameter.max_chars:
            raise ParameterError(name, f"A value of {name} has more than {parameter.max_chars} characters.")
        if allowed and value not in allowed:
            raise ParameterError(name, f"{value!r} is not allowed for {name}: it is one of {', '.join(allowed)}.")
        if parameter.allowed_pattern and not _matches(parameter.allowed_pattern, value):
            raise ParameterError(name, f"{value!r} does not match the pattern of {name}: {parameter.allowed_pattern}")


def _matches(pattern: str, value: str) -> bool:
    """Match the whole value, as Java's matches() does."""
    try:
        return regex.fullmatch(pattern, value, timeout=PATTERN_SECONDS) is not None
    except (regex.error, TimeoutError):
        return False
