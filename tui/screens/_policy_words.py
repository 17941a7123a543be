"""A parameter's policies as one types them, `33d` or `2026-12-24`, what they mean, and as PutParameter takes them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from tui.services.parameter_models import ParameterPolicy
from tui.widgets.top_bar import Word

MOST = 10
"""Policies that one parameter has at the most."""
NONE = "[{}]"
"""What takes all policies away."""

_SPAN = re.compile(r"(\d{1,6}) ?(h|d|w|hours?|days?|weeks?)", re.IGNORECASE)


class Span(NamedTuple):
    """A whole number of a policy's units, which are Days and Hours."""

    number: int
    unit: str

    @property
    def time(self) -> timedelta:
        return timedelta(**{self.unit.lower(): self.number})

    def __str__(self) -> str:
        return f"{self.number} {'d' if self.unit == 'Days' else 'h'}"


class Policies(NamedTuple):
    """What all policies of one parameter say; `notices` are before the expiry, `quiet` after the last change."""

    expires: datetime | None
    notices: tuple[Span, ...]
    quiet: tuple[Span, ...]

    def text(self, others: Sequence[str] = ()) -> str:
        """Write them as PutParameter takes them, with `others` that are written already."""
        found: list[tuple[str, Mapping[str, str]]] = []
        if self.expires is not None:
            found.append(("Expiration", {"Timestamp": f"{self.expires.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z"}))
        found += [("ExpirationNotification", {"Before": str(one.number), "Unit": one.unit}) for one in self.notices]
        found += [("NoChangeNotification", {"After": str(one.number), "Unit": one.unit}) for one in self.quiet]
        made: list[Any] = [{"Type": type, "Version": "1.0", "Attributes": attributes} for type, attributes in found]
        made += [json.loads(other) for other in others]
        return json.dumps(made) if made else NONE


def read_span(text: str) -> Span:
    """Read `15d`, `12 hours` or `2w`. Raises: ValueError with a sentence."""
    found = _SPAN.fullmatch(text.strip())
    if found is None or not int(found[1]):
        raise ValueError(f"{text.strip()!r} is no time: write it as 15d or 12h.")
    count = int(found[1]) * (7 if found[2][0] in "wW" else 1)
    return Span(count, "Hours" if found[2][0] in "hH" else "Days")


def read_spans(text: str) -> tuple[Span, ...]:
    """Read several of them, `15d 3d`. Raises: ValueError with a sentence."""
    spans = tuple(read_span(word) for word in re.sub(r"(\d) +(?=[A-Za-z])", r"\1", text).replace(",", " ").split())
    if len({span.time for span in spans}) < len(spans):
        raise ValueError("The same time stands there twice.")
    return spans


def read_moment(text: str, now: datetime) -> datetime:
    """Read a time to come: `33d` from now, `2026-12-24`, `2026-12-24 09:00`, with a zone or in UTC.

    Raises: ValueError with a sentence.
    """
    text = text.strip()
    if _SPAN.fullmatch(text):
        try:
            moment = (now + read_span(text).time).replace(microsecond=0)
        except OverflowError:
            raise ValueError(f"{text} from now is beyond every calendar.") from None
    else:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f"{text!r} is no time: write 33d, 2026-12-24 or 2026-12-24T09:00Z.") from None
        moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    if moment <= now:
        raise ValueError(f"{said(moment)} is over: the parameter would be deleted at once.")
    return moment


def problems_of(values: Mapping[str, str], now: datetime, *, more: int = 0) -> dict[str, str]:
    """Say what keeps the fields `expires`, `notice` and `quiet` from being policies; `more` are there besides."""
    found: dict[str, str] = {}
    readers = {"expires": lambda text: read_moment(text, now), "notice": read_spans, "quiet": read_spans}
    counts = more
    for key, read in readers.items():
        try:
            answer = read(values[key]) if values[key] else ()
        except ValueError as error:
            found[key] = str(error)
        else:
            counts += len(answer) if isinstance(answer, tuple) else 1
    if values["notice"] and not values["expires"]:
        found.setdefault("notice", "A notice before the expiry needs an expiry.")
    if counts > MOST:
        found.setdefault("quiet", f"These are {counts} policies; a parameter has {MOST} at the most.")
    return found


def read_policies(values: Mapping[str, str], now: datetime) -> Policies:
    """Read the fields. Raises: ValueError, as `problems_of` tells by field."""
    expires = read_moment(values["expires"], now) if values["expires"] else None
    return Policies(expires, read_spans(values["notice"]), read_spans(values["quiet"]))


def as_typed(policies: Sequence[ParameterPolicy]) -> tuple[dict[str, str], list[ParameterPolicy]]:
    """Write policies as the fields take them; and give those that no field can say."""
    values = {"expires": "", "notice": "", "quiet": ""}
    others: list[ParameterPolicy] = []
    for policy in policies:
        words = policy.attributes
        count, unit = words.get("Before") or words.get("After") or "", words.get("Unit", "")
        if policy.type == "Expiration" and not values["expires"] and words.get("Timestamp"):
            values["expires"] = words["Timestamp"].replace(".000Z", "Z")
        elif policy.type in _FIELDS and count.isdecimal() and unit in ("Days", "Hours"):
            key = _FIELDS[policy.type]
            values[key] = f"{values[key]} {count}{unit[0].lower()}".strip()
        else:
            others.append(policy)
    return values, others


_FIELDS = {"ExpirationNotification": "notice", "NoChangeNotification": "quiet"}


def said(moment: datetime) -> str:
    """Say a time to the minute in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%MZ}"


def ahead(moment: datetime, now: datetime) -> str:
    """Say how far a time is ahead: `in 33 d`, `in 5 h`, `in 12 min`, or that it is over."""
    seconds = (moment - now).total_seconds()
    if seconds < 0:
        return "over already"
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            # What was typed as `33d` is 33 d a moment later too.
            return f"in {round(seconds / size)} {unit}"
    return "in less than a minute"


def meaning(policies: Policies, now: datetime) -> list[list[Word]]:
    """Spell out what policies do if they are put now, a line each."""
    lines: list[list[Word]] = []
    expires = policies.expires
    if expires is not None:
        lines.append(
            [("expires ", "dim"), (said(expires), "warn"), (f", {ahead(expires, now)}: it is deleted then", "text")]
        )
        for span in policies.notices:
            due = expires - span.time
            late = due <= now
            then = f"{said(due)}, {ahead(due, now)}"
            lines.append([(f"notice {span} before: ", "dim"), (then, "warn" if late else "text")])
    for span in policies.quiet:
        due = now + span.time
        lines.append([(f"notice unless it changes for {span}: ", "dim"), (f"{said(due)} at the earliest", "text")])
    return lines
