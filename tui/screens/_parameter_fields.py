"""The fields of a parameter's form: what they hold, what they want of it, and which one a problem is about."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from tui.services.parameter_models import DEFAULT_KEY, Parameter, ParameterType, ParameterValue, Tier
from tui.services.parameter_plans import PlannedCall, Wanted
from tui.widgets.cells import clean, cut, own
from tui.widgets.form_field import FormField
from tui.widgets.top_bar import Word

TYPES = ("String", "StringList", "SecureString")
TIERS = ("Standard", "Advanced", "Intelligent-Tiering")
DATA_TYPES = ("text", "aws:ec2:image", "aws:ssm:integration")
LONGEST = {"description": 1024, "pattern": 1024, "key": 256}
"""Characters of what else a parameter has, by field."""
SIZES = {Tier.STANDARD: 4096}
MOST = 8192
"""Characters of a value in any tier but Standard."""
SHOWN = 160
"""Cells of one member of a request that show."""
_KEY = re.compile(r"[A-Za-z0-9:/_-]+")


def fields_of(
    about: Parameter | None, value: ParameterValue | None, *, name: str | None, kept: str = ""
) -> list[FormField]:
    """Make the fields of a form; without a `name` neither name nor type can be chosen.

    `kept` is what an empty value stands for, where there is one that was not read.
    """
    made: list[FormField] = []
    kind = about.type if about else ParameterType.STRING
    if name is not None:
        made.append(FormField("name", "name", name, about="letters, digits, . - _ between slashes"))
        made.append(_choice("type", kind.value, TYPES, "Down shows them"))
    text = value.value if value is not None and value.plain else ""
    hidden = kind is ParameterType.SECURE_STRING
    field = FormField("value", "value", text, exact=True, secret=hidden, placeholder=kept)
    tier = about.tier.value if about and about.tier is not Tier.UNKNOWN else ""
    return [
        *made,
        field,
        _choice("tier", tier, TIERS, "Down shows them", "the account's default" if name is not None else ""),
        FormField("description", "description", about.description if about else "", placeholder="none"),
        FormField("key", "KMS key", about.key_id if about else "", placeholder=DEFAULT_KEY, about="of a SecureString"),
        FormField(
            "pattern",
            "allowed pattern",
            about.allowed_pattern if about else "",
            placeholder="none",
            about="the whole value must fit",
        ),
        _choice("data_type", about.data_type if about else "", DATA_TYPES, "Down shows them", "text"),
    ]


def _choice(key: str, text: str, choices: Sequence[str], about: str, placeholder: str = "") -> FormField:
    field = FormField(key, key.replace("_", " "), text, about=about, placeholder=placeholder)
    field.set_choices(choices)
    return field


def type_of(values: Mapping[str, str], about: Parameter | None) -> ParameterType:
    """Give the type that a form means: that of its field, else of the parameter."""
    if "type" in values:
        return ParameterType(values["type"]) if values["type"] in TYPES else ParameterType.UNKNOWN
    return about.type if about else ParameterType.STRING


def wanted_of(values: Mapping[str, str], name: str, before: Parameter | None, value: ParameterValue | None) -> Wanted:
    """Give what a form wants of a parameter; of one that is there, only what differs. Its fields have no problem."""
    text: str | None = values["value"]
    if before is None:
        return Wanted(
            name=name,
            value=text,
            type=type_of(values, None),
            tier=Tier(values["tier"]) if values["tier"] else None,
            description=values["description"] or None,
            key_id=values["key"] or None,
            allowed_pattern=values["pattern"] or None,
            data_type=values["data_type"] if values["data_type"] not in ("", "text") else None,
        )
    if before.is_secret:
        text = text or None
    elif value is not None and value.value == text:
        text = None
    return Wanted(
        name=name,
        value=text,
        tier=Tier(values["tier"]) if values["tier"] not in ("", before.tier.value) else None,
        description=_other(values["description"], before.description),
        key_id=_other(values["key"], before.key_id),
        allowed_pattern=_other(values["pattern"], before.allowed_pattern),
        data_type=_other(values["data_type"] or "text", before.data_type or "text"),
    )


def _other(text: str, now: str) -> str | None:
    return text if text != now else None


def field_problems(values: Mapping[str, str], about: Parameter | None) -> dict[str, str]:
    """Say what keeps fields from being meant, by field: what no plan can be made of, and what a plan does not see."""
    found: dict[str, str] = {}
    if "name" in values and not values["name"].strip("/"):
        found["name"] = "A parameter needs a name."
    for key, choices in (("type", TYPES), ("tier", TIERS), ("data_type", DATA_TYPES)):
        if values.get(key) and values[key] not in choices:
            found[key] = f"One of {', '.join(choices)}."
    if values.get("type") == "":
        found["type"] = f"A parameter needs a type: one of {', '.join(TYPES)}."
    for key, most in LONGEST.items():
        if len(values[key]) > most:
            found[key] = f"{len(values[key]):,} characters, and {most:,} fit."
    key, kind = values["key"], type_of(values, about)
    if key and kind is not ParameterType.SECURE_STRING and "type" not in found:
        found["key"] = "Only a SecureString has a key."
    elif key and not _KEY.fullmatch(key):
        found["key"] = "No key: write its id, its ARN, or alias/NAME."
    elif not key and about is not None and about.key_id and "name" not in values:
        found["key"] = f"A key can't be taken away: write {DEFAULT_KEY} for AWS's own."
    return found


def field_of(problem: str) -> str:
    """Give the field that a plan's problem, or the API's, is about."""
    text = problem.casefold()
    for key, words in _ABOUT:
        if any(word in text for word in words):
            return key
    return "value"


_ABOUT: Sequence[tuple[str, Sequence[str]]] = (
    ("value", ("the value is no id", "not fit the pattern", "validated against allowedpattern", "the value has")),
    ("name", (" is no name", "begins with", " levels", "shorten it", "already exists", "parameter name", "hierarchy")),
    ("type", ("can't become", "changing a parameter's type", "parameter type")),
    ("tier", ("tier",)),
    ("data_type", ("data type",)),
    ("key", ("invalidkeyid", "kms", "keyid")),
    ("pattern", ("invalidallowedpattern", "allowedpattern")),
    ("description", ("description",)),
)


def size_note(text: str, tier: Tier, *, listed: bool) -> str:
    """Say how much of its room a value takes, and of how many lines, or items of a list, it is."""
    words = [f"{len(text):,} of {SIZES.get(tier, MOST):,}"]
    lines = text.count("\n") + 1
    if lines > 1:
        words.insert(0, f"{lines} lines")
    if listed:
        items = text.count(",") + 1
        words.insert(0, f"{items} item{'s' * (items != 1)}")
    return f" {own('·')} ".join(words)


def request_lines(call: PlannedCall, columns: int) -> list[list[Word]]:
    """Write a request as its operation and its members, broken between them, each cut where it is long."""
    lines: list[list[Word]] = [[(call.operation, "accent")]]
    used = len(call.operation)
    for member, given in call.shown.items():
        text = _member(given)
        word = f"{member}={cut(text, min(SHOWN, max(columns - len(member) - 5, 8)))}"
        if used + len(word) + 2 > columns:
            lines.append([(" ", "text")])
            used = 1
        lines[-1].append((f" {word}", "text"))
        used += len(word) + 1
    return lines


def _member(given: Any) -> str:
    if not isinstance(given, str):
        return json.dumps(given, ensure_ascii=False)
    # The dots of a masked one are ours.
    text = own(given) if given and not given.strip("•") else clean(given)
    if given and not set(given) & {" ", "'", '"'}:
        return text
    return f"'{text}'" if "'" not in text else json.dumps(text, ensure_ascii=False)
