"""The two sides that are compared: where each stands, in which context, and when, as one types them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from tui.errors import UsageError
from tui.screens._time_words import past_of
from tui.services import Services
from tui.widgets.cells import clean, own, width

FORM = "[CONTEXT:]/path[@TIME]"
HINT = f"A side is {FORM}, as in :compare /app/staging /app/prod, or /app/prod@2d for two days ago."
_WITH_CONTEXT = re.compile(r"([^:]+):(/.*)")


@dataclass(frozen=True, slots=True)
class Side:
    """What is at and below a path, now or `at` a time; `when` is the time as it was typed."""

    context: str
    path: str
    at: datetime | None = None
    when: str = ""

    def word(self, *, several: bool) -> str:
        """Name it as one types it, with its context where several are open."""
        context = f"{self.context}:" if several else ""
        return f"{context}{self.path}" + (f"@{self.when}" if self.at else "")


def sides_of(argument: str, services: Services, now: datetime) -> tuple[Side, Side]:
    """Read what `:compare` was given; one side with a time is compared with now. Raises: UsageError."""
    words = argument.split()
    if len(words) == 1 and "@" in words[0]:
        words.append(words[0].rpartition("@")[0])
    if len(words) != 2:
        raise UsageError("Two sides are needed to compare." if words else "Nothing was named to compare.", hint=HINT)
    left, right = (side_of(word, services, now) for word in words)
    if (left.context, left.path, left.at) == (right.context, right.path, right.at):
        raise UsageError(f"Both sides are {words[0]}.", hint=HINT)
    return left, right


def side_of(word: str, services: Services, now: datetime) -> Side:
    """Read one side. Raises: UsageError for a context that is not open, a path that is none, a time to come."""
    place, at, when = word.rpartition("@") if "@" in word else (word, "", "")
    found = _WITH_CONTEXT.fullmatch(place)
    context, path = (found[1], found[2]) if found else (next(iter(services.contexts), ""), place)
    if context not in services.contexts:
        raise UsageError(f"The context {context} is not open.", hint=f":ctx {context} opens it.")
    if not path.startswith("/"):
        raise UsageError(f"{place or word!r} is no path.", hint=HINT)
    path = "/" + path.strip("/")
    return Side(context, path, past_of(when, now) if at else None, when)


def short(word: str, cells: int) -> str:
    """Cut a side's name in front, where it says least."""
    word = clean(word)
    mark = own("…")
    if width(word) <= cells:
        return word
    while word and width(word) > cells - width(mark):
        word = word[1:]
    return mark + word
