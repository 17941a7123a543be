"""What the pane says of one parameter: its value, what it is, and when what befalls it, in dates spelt out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tui.errors import SsmTuiError
from tui.ports import Ref
from tui.screens._base import explain
from tui.screens._parameter_reveal import masked
from tui.screens._parameter_unseen import unseen
from tui.screens._words import duration, moment
from tui.services.parameter_models import (
    Parameter,
    ParameterPolicy,
    ParameterType,
    ParameterValue,
    ParameterVersion,
    expires,
    notified,
)
from tui.widgets.cells import own
from tui.widgets.facts_pane import Fact
from tui.widgets.top_bar import Word
from tui.widgets.value_text import Line, shown

LONG = 12
"""Lines of a value that the pane shows; `v` shows them all."""


@dataclass(slots=True)
class Details:
    """What is known of the parameter under the cursor; a part that could not be had has its error, by its name."""

    ref: Ref
    parameter: Parameter | None = None
    value: ParameterValue | None = None
    tags: Mapping[str, str] | None = None
    versions: list[ParameterVersion] | None = None
    errors: dict[str, SsmTuiError] = field(default_factory=dict)

    @property
    def is_secret(self) -> bool:
        found = self.parameter or self.value
        return found is not None and found.is_secret

    @property
    def is_gone(self) -> bool:
        """Whether everything that was asked says that there is no such parameter."""
        return self.parameter is None and self.value is None and {"parameter", "value"} <= self.errors.keys()

    @property
    def name(self) -> str:
        """What the API calls it."""
        return self.parameter.name if self.parameter is not None else self.ref.id

    @property
    def version(self) -> int:
        return self.value.version if self.value else self.parameter.version if self.parameter else 0


def facts_of(details: Details, *, plain: str | None, left: int, wrong: SsmTuiError | None, now: datetime) -> list[Fact]:
    """Give a parameter's facts; `plain` is a secret's text for `left` seconds more, `wrong` why it can't be shown."""
    found = [_value(details, plain, left, wrong), *_unseen(details, plain)]
    one = details.parameter
    if labels := _labels(details):
        found.append(Fact("labels", [labels]))
    if "versions" in details.errors:
        found.append(Fact("history", [_why(details.errors["versions"])]))
    found.append(Fact("tags", [_tags(details)]))
    if one is None:
        found.append(Fact("more", [_why(details.errors["parameter"]) if "parameter" in details.errors else _coming()]))
        return found
    for policy in one.policies:
        found.append(Fact(*_policy(policy, one, now)))
    if one.description:
        found.append(Fact("about", [((line, "text"),) for line in one.description.split("\n")]))
    facts = {
        "key": one.key_id,
        "pattern": one.allowed_pattern,
        "data type": one.data_type if one.data_type != "text" else "",
        "ARN": one.arn or (details.value.arn if details.value else ""),
    }
    by = one.modified_by.rpartition("/")[2] if one.modified_by.startswith("arn:") else one.modified_by
    if one.modified:
        said = f"{moment(one.modified)}  {ahead(one.modified, now)}"
        found.append(Fact("modified", [((said, "text"), (f"  by {by}" if by else "", "dim"))]))
    return found + [Fact(name, [((text, "text"),)]) for name, text in facts.items() if text]


def head_of(details: Details) -> str:
    """Say in a few words what a parameter is: its type, version and tier."""
    kind = details.parameter or details.value
    if kind is None:
        return ""
    tier = details.parameter.tier.value if details.parameter is not None else ""
    return f" {own('·')} ".join(word for word in (kind.type.value, f"v{details.version}", tier) if word)


def ahead(then: datetime, now: datetime) -> str:
    """Say how far a time is from now: `in 33 d`, `9 d ago`."""
    seconds = (then - now).total_seconds()
    said = duration(abs(seconds))
    said = f"{said[:-1]} {said[-1]}"
    return f"in {said}" if seconds > 0 else f"{said} ago"


def minute(then: datetime) -> str:
    """Say a time to the minute, in UTC."""
    return then.astimezone(UTC).strftime("%Y-%m-%d %H:%MZ")


def _value(details: Details, plain: str | None, left: int, wrong: SsmTuiError | None) -> Fact:
    if details.is_secret:
        if plain is not None:
            lines = shown(plain).lines
            last: Line = ((f"shows for {left} s, v masks it", "warn"),)
            return Fact("value", [*lines, last])
        if wrong is not None:
            return Fact("value", [((masked(), "text"),), _why(wrong)])
        return Fact("value", [((masked(), "text"), ("  v reveals it for 10 s", "dim"))])
    if details.value is None:
        return Fact("value", [_why(details.errors["value"]) if "value" in details.errors else _coming()])
    value = details.value
    found = shown(value.value, is_list=value.type is ParameterType.STRING_LIST)
    kind: list[Line] = [((found.kind, "dim"),)] if found.kind and len(found.lines) > 1 else []
    return Fact("value", [*kind, *found.lines], LONG, own("… {} more lines: v shows the whole"))


def _unseen(details: Details, plain: str | None) -> list[Fact]:
    """Say what of a value nobody sees, of a secret only while it shows."""
    value = details.value
    text = plain if details.is_secret else value.value if value is not None else None
    is_list = value is not None and value.type is ParameterType.STRING_LIST
    said = unseen(text, is_list=is_list) if text else []
    return [Fact("", [((own(sentence), "dim"),) for sentence in said])] if said else []


def _labels(details: Details) -> Line:
    words: list[Word] = []
    for version in details.versions or ():
        for label in version.labels:
            words.append((f"{label}(v{version.version})  ", "accent" if version.version == details.version else "text"))
    return tuple(words)


def _tags(details: Details) -> Line:
    if "tags" in details.errors:
        return _why(details.errors["tags"])
    if details.tags is None:
        return _coming()
    if not details.tags:
        return (("none", "dim"),)
    words: list[Word] = []
    for key, value in sorted(details.tags.items()):
        words += [(f"{key}=", "dim"), (f"{value}  ", "text")]
    return tuple(words)


def _policy(policy: ParameterPolicy, one: Parameter, now: datetime) -> tuple[str, list[Line]]:
    """Say what a policy does, and when."""
    words, due = policy.attributes, expires(one.policies)
    status = f"  {policy.status.lower()}" if policy.status not in ("", "Pending") else ""
    unit = {"days": "d", "hours": "h"}.get(words.get("Unit", "Days").lower(), words.get("Unit", ""))
    said = ""
    name = {"Expiration": "expires", "ExpirationNotification": "notice", "NoChangeNotification": "unchanged"}.get(
        policy.type, policy.type
    )
    when = notified(policy, one.modified, due)
    style = "text"
    if policy.type == "Expiration" and due is not None:
        said = f"{minute(due)}  {ahead(due, now)}"
        style = "warn" if (due - now).total_seconds() < 7 * 86400 else "text"
    elif policy.type == "ExpirationNotification" and when is not None:
        said = f"{minute(when)}, {words.get('Before', '')} {unit} before"
    elif policy.type == "NoChangeNotification" and when is not None:
        said = f"notice if unchanged after {words.get('After', '')} {unit}: {minute(when)}"
    return name, [((said or policy.text, style), (status, "dim"))]


def _why(error: SsmTuiError) -> Line:
    return ((explain(error, "")[0], "warn"),)


def _coming() -> Line:
    return ((own("…"), "dim"),)
