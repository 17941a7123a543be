"""Filters of parameters: which there are, what is wrong with one, and the plan that finds what they ask for.

Filters add up, the values of one are alternatives. One of them drives the plan: that with the fewest parameters, by
what it looks up; the others are conditions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from tui.engine.context import ApiFault
from tui.engine.parameter_names import PATH_RULES, canonical
from tui.engine.parameter_pages import NAMES, Condition, Driver, Plan, beginning
from tui.engine.parameter_values import ADVANCED, INTELLIGENT, SECURE_STRING, STANDARD, STRING, STRING_LIST, TEXT
from tui.ports import Shape

EQUALS, BEGINS_WITH, CONTAINS, RECURSIVE, ONE_LEVEL = "Equals", "BeginsWith", "Contains", "Recursive", "OneLevel"

DESCRIBED = ("Path", "Name", "Type", "KeyId", "Tier", "DataType")
"""Keys of DescribeParameters, beside `tag:` ones."""

BY_PATH = ("Type", "KeyId", "Label")
"""Keys of GetParametersByPath."""

_VALUES = {
    "Type": (STRING, STRING_LIST, SECURE_STRING),
    "Tier": (STANDARD, ADVANCED, INTELLIGENT),
}
_PATH = re.compile(r"/|(?:/[A-Za-z0-9_.-]+)+/?")
_TAGGED = "tags t INDEXED BY {index} CROSS JOIN parameters p ON p.name = t.resource_id"
_HAS_TAG = "EXISTS (SELECT 1 FROM tags WHERE resource_type = 'Parameter' AND resource_id = p.name AND key = ?{more})"
_COLUMNS = {
    "Type": ("type", "parameters_type", ""),
    "Tier": ("tier", "parameters_tier", ""),
    "KeyId": ("key_id", "parameters_key_id", " AND p.key_id <> ''"),
    "DataType": ("data_type", "parameters_data_type", " AND p.data_type <> 'text'"),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter that is right; names and paths among its values are canonical."""

    key: str
    option: str
    values: tuple[str, ...]


@dataclass(slots=True)
class _Choice:
    """What one filter can do for a plan: a rank (the lower, the fewer rows), its drivers, and itself as a condition."""

    rank: int
    condition: Condition
    drivers: list[Driver] = field(default_factory=list)


def checked(given: Sequence[Shape], keys: Sequence[str], *, public: bool = False) -> list[Filter]:
    """Read ParameterFilters that may have these keys; with `Path` among them, `tag:` keys are taken as well.

    `public` lets a path begin with /aws. Raises: ApiFault InvalidFilterKey, InvalidFilterOption, InvalidFilterValue,
    ValidationException.
    """
    found: list[Filter] = []
    for each in given:
        key = each["Key"]
        is_tag = key.startswith("tag:") and "Path" in keys
        if key not in keys and not is_tag:
            raise ApiFault(
                "InvalidFilterKey",
                f"The following filter key is not valid: {key}. Valid filter keys include: [{', '.join(keys)}].",
            )
        if any(key == other.key for other in found):
            raise ApiFault(
                "InvalidFilterKey",
                f"The following filter is duplicated in the request: {key}. A request can contain only one occurrence "
                "of a specific filter.",
            )
        values = tuple(dict.fromkeys(each.get("Values") or ()))
        if not values and not is_tag:
            text = f"The following filter values are missing : null for filter key {key}."
            raise ApiFault("InvalidFilterValue", text)
        option = _option(key, each.get("Option"))
        found.append(Filter(key, option, _values(key, option, values, public=public)))
    return found


def legacy(given: Sequence[Shape]) -> list[Filter]:
    """Read the old Filters, in which a name is a beginning. Raises: ApiFault InvalidFilterValue."""
    options = {"Name": BEGINS_WITH, "Type": EQUALS, "KeyId": EQUALS}
    return [
        Filter(key, options[key], _values(key, options[key], tuple(dict.fromkeys(each["Values"])), public=False))
        for each in given
        for key in (each["Key"],)
    ]


def plan_of(filters: Sequence[Filter], plan: Plan | None = None) -> Plan:
    """Give the plan for filters, on top of one that has its drivers already."""
    choices: list[_Choice] = []
    result = plan or Plan()
    for each in filters:
        if each.key in ("Name", "Path") and each.option in (BEGINS_WITH, RECURSIVE) and len(each.values) == 1:
            result.within(*_range(each, each.values[0]))
        elif each.key != "Label" and not (each.option == RECURSIVE and "/" in each.values):
            choices.append(_choice(each))
    best = min((each for each in choices if each.drivers), key=lambda each: each.rank, default=None)
    if plan is None and best is not None:
        result.drivers = best.drivers
        choices.remove(best)
    result.conditions += [each.condition for each in choices]
    return result


def fits(filters: Sequence[Filter], shape: Shape) -> bool:
    """Say whether filters find a parameter that is not of the store, by its metadata."""
    return all(_fits(each, shape) for each in filters)


def one_level(path: str) -> Driver:
    """Give the driver of the parameters right in a folder, whose path has no slash at its end."""
    return Driver("parameters p INDEXED BY parameters_parent", key=Condition("p.parent = ?", (path or "/",)))


def _option(key: str, given: str | None) -> str:
    known = {"Path": (RECURSIVE, ONE_LEVEL), "Name": (BEGINS_WITH, EQUALS, CONTAINS), "Label": (EQUALS,)}
    options = known.get(key, (BEGINS_WITH, EQUALS))
    option = given or (ONE_LEVEL if key == "Path" else EQUALS)
    if option not in options:
        raise ApiFault(
            "InvalidFilterOption",
            f"The following filter option is not valid: {option}. Valid options include: [{', '.join(options)}].",
        )
    return option


def _values(key: str, option: str, values: tuple[str, ...], *, public: bool) -> tuple[str, ...]:
    allowed = _VALUES.get(key)
    for value in values:
        if allowed is not None and option == EQUALS and value not in allowed:
            raise ApiFault(
                "InvalidFilterValue",
                f"The following filter value is not valid: {value}. Valid values include: [{', '.join(allowed)}].",
            )
        if key == "Path":
            _check_path(value, public=public)
    if key == "Path":
        return tuple(value.rstrip("/") or "/" for value in values)
    return tuple(map(canonical, values)) if key == "Name" and option != CONTAINS else values


def _check_path(path: str, *, public: bool) -> None:
    if path.lower().startswith(("/aws", "/ssm")) and not public:
        raise ApiFault(
            "ValidationException",
            'Filters for common parameters can\'t be prefixed with "aws" or "ssm" (case-insensitive). When using '
            "global parameters, please specify within a global namespace.",
        )
    if not _PATH.fullmatch(path):
        raise ApiFault("ValidationException", PATH_RULES)


def _range(each: Filter, value: str) -> tuple[str, str]:
    """Give the texts between which the names are that begin with a value or are below it."""
    return beginning(value if each.option == BEGINS_WITH else f"{_bare(value)}/")


def _choice(each: Filter) -> _Choice:
    key, option, values = each.key, each.option, each.values
    if key.startswith("tag:"):
        return _tag_choice(key.removeprefix("tag:"), option, values)
    if key == "Name" and option == EQUALS:
        named = [Condition("p.name = ?", (value,)) for value in values]
        return _Choice(0, _any(named), [Driver(NAMES.source, key=one) for one in named])
    if key == "Name" and option == CONTAINS:
        return _Choice(9, _any([Condition("instr(p.name, ?) > 0", (value,)) for value in values]))
    if key in ("Name", "Path") and option != ONE_LEVEL:
        ranges = [_range(each, value) for value in values]
        drivers = [Driver(NAMES.source, low=low, high=high) for low, high in ranges]
        return _Choice(8, _any([Condition("p.name > ? AND p.name < ?", one) for one in ranges]), drivers)
    if key == "Path":
        folders = [one_level(_bare(value)) for value in values]
        return _Choice(3, _any([each.key for each in folders]), folders)
    column, index, more = _COLUMNS[key]
    if option == BEGINS_WITH:
        begins = [Condition(f"substr(p.{column}, 1, {len(value)}) = ?", (value,)) for value in values]
        return _Choice(9, _any(begins))
    equal = [Condition(f"p.{column} = ?", (value,)) for value in values]
    driven = [] if key == "DataType" and TEXT in values else equal
    source = f"parameters p INDEXED BY {index}"
    rank = {"KeyId": 2, "DataType": 2, "Type": 5, "Tier": 6}[key]
    return _Choice(rank, _any(equal), [Driver(source, key=Condition(one.sql + more, one.values)) for one in driven])


def _tag_choice(key: str, option: str, values: tuple[str, ...]) -> _Choice:
    if option == BEGINS_WITH and values:
        more = "".join(f" OR substr(value, 1, {len(value)}) = ?" for value in values)
        begins = Condition(_HAS_TAG.format(more=f" AND ({more.removeprefix(' OR ')})"), (key, *values))
        return _Choice(4, begins, [_has_key(key)] if not values else [])
    if not values:
        return _Choice(4, Condition(_HAS_TAG.format(more=""), (key,)), [_has_key(key)])
    more = f" AND value IN ({','.join('?' * len(values))})"
    source = _TAGGED.format(index="tags_key_value")
    sql = "t.key = ? AND t.value = ? AND t.resource_type = 'Parameter'"
    drivers = [Driver(source, "t.resource_id", Condition(sql, (key, value))) for value in values]
    return _Choice(1, Condition(_HAS_TAG.format(more=more), (key, *values)), drivers)


def _has_key(key: str) -> Driver:
    sql = "t.key = ? AND t.resource_type = 'Parameter'"
    return Driver(_TAGGED.format(index="tags_of_parameters"), "t.resource_id", Condition(sql, (key,)))


def _any(alternatives: list[Condition]) -> Condition:
    sql = " OR ".join(f"({each.sql})" for each in alternatives)
    return Condition(sql, tuple(value for each in alternatives for value in each.values))


def _bare(path: str) -> str:
    return path.rstrip("/")


def _fits(each: Filter, shape: Shape) -> bool:
    text = shape.get(each.key, "") if each.key not in ("Name", "Path") else canonical(shape["Name"])
    if each.key.startswith("tag:"):
        return False  # parameters that are not the account's own have no tags of its
    if each.option == EQUALS:
        return text in each.values
    if each.option == CONTAINS:
        return any(value in text for value in each.values)
    if each.option == BEGINS_WITH:
        return any(text.startswith(value) for value in each.values)
    below = [text.removeprefix(f"{_bare(value)}/") for value in each.values if text.startswith(f"{_bare(value)}/")]
    return any(each.option == RECURSIVE or "/" not in rest for rest in below)
