"""Times and spans as one types them: `2026-11-01T10:00Z`, `90m`, `2d`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from tui.errors import UsageError
from tui.ports import as_time

SPANS = "90m, 6h, 2d, 4w"
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def span_of(text: str) -> timedelta:
    """Read how long something is. Raises: UsageError."""
    found = _SPAN.fullmatch(text.strip())
    try:
        if found is not None:
            return timedelta(**{_UNITS[found[2]]: float(found[1])})
    except OverflowError:
        pass
    raise UsageError(f"{text!r} is no span of time.", hint=f"Write {SPANS}.")


def past_of(text: str, now: datetime) -> datetime | None:
    """Read a time that was, or how long ago it was; None is now. Raises: UsageError."""
    if text == "now":
        return None
    if _SPAN.fullmatch(text):
        try:
            return now - span_of(text)
        except OverflowError:
            raise UsageError(f"{text} is longer ago than there are dates.") from None
    try:
        then = as_time(text)
    except ValueError:
        then = None
    if then is None:
        raise UsageError(f"{text!r} is no time.", hint=f"Write 2026-11-01T10:00Z, 2026-11-01 or how long ago: {SPANS}.")
    then = then.replace(tzinfo=UTC) if then.tzinfo is None else then.astimezone(UTC)
    if then > now:
        raise UsageError(f"{text} is yet to come.", hint="Only what was can be looked at.")
    return then
