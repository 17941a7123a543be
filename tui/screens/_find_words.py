"""What parameters are looked for by, in words: as one types them, and as they are said of a search."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from tui.errors import UsageError
from tui.screens._parameter_reveal import masked
from tui.screens._time_words import span_of
from tui.services.parameter_finding import Search
from tui.services.parameter_models import ParameterType
from tui.widgets.cells import own

TYPES = [one.value for one in ParameterType if one is not ParameterType.UNKNOWN]
KEYS = ("under", "name", "type", "tag", "changed", "older", "expires")
"""What may stand in front of a `=` in a line; a value is asked for in the form alone."""
HINT = f"Write part of a name, or {', '.join(f'{key}=' for key in KEYS)}; :find alone asks."


def read_line(line: str) -> dict[str, str]:
    """Read `db type=SecureString expires=14d`; a word without a key is part of the name. Raises: UsageError."""
    found: dict[str, str] = {}
    for word in line.split():
        key, is_given, text = word.partition("=")
        if not is_given:
            key, text = "under" if word.startswith("/") else "name", word
        if key not in KEYS:
            raise UsageError(f"Parameters are not found by {key!r}.", hint=HINT)
        if key in found and key != "tag":
            raise UsageError(f"{key} is given twice.", hint=HINT)
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def search_of(values: Mapping[str, str]) -> Search:
    """Make a search of what the fields of a form say. Raises: FieldsError with a sentence for each that is wrong."""
    problems: dict[str, str] = {}

    def span(key: str) -> timedelta | None:
        try:
            return span_of(values[key]) if values.get(key) else None
        except UsageError as error:
            problems[key] = str(error)
            return None

    under = values.get("under", "").strip() or "/"
    if not under.startswith("/"):
        problems["under"] = "A path begins with a slash, such as /app/prod."
    wanted = [one.strip() for one in values.get("type", "").split(",") if one.strip()]
    types = {one.casefold(): one for one in TYPES}
    if wrong := [one for one in wanted if one.casefold() not in types]:
        problems["type"] = f"{wrong[0]!r} is no type: {', '.join(TYPES)}."
    secrets = values.get("secrets", "").strip().casefold()
    if secrets not in ("", "no", "yes"):
        problems["secrets"] = "Say yes or no."
    if secrets == "yes" and not values.get("value"):
        problems["secrets"] = "Secrets are only looked into for a value."
    search = Search(
        under=under,
        name=values.get("name", "").strip(),
        value=values.get("value", ""),
        secrets=secrets == "yes",
        types=tuple(ParameterType(types[one.casefold()]) for one in wanted if one.casefold() in types),
        tags=_tags(values.get("tag", ""), problems),
        changed_within=span("changed"),
        unchanged_for=span("older"),
        expires_within=span("expires"),
    )
    if problems:
        raise FieldsError(problems)
    return search


class FieldsError(UsageError):
    """Fields that can't be meant: a sentence by the key of each."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(next(iter(problems.values())))
        self.problems = dict(problems)


def _tags(text: str, problems: dict[str, str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for one in text.split(","):
        key, given, value = one.strip().partition("=")
        if key:
            found[key] = value if given else None
        elif given:
            problems["tag"] = f"{one.strip()!r} names no tag: write key=value, or a key alone."
    return found


def said_of(search: Search) -> list[str]:
    """Say what is looked for, a few words for each part; a value that secrets are looked into for is masked."""
    said = [f"below {search.under}"] if search.under != "/" else []
    if search.name:
        said.append(f"name has {search.name}")
    if search.value:
        said.append(f"value has {masked() if search.secrets else search.value}")
        said.append("secrets too" if search.secrets else "secrets not looked into")
    if search.types:
        said.append(" or ".join(one.value for one in search.types))
    said += [f"tag {key}" + (f"={value}" if value is not None else "") for key, value in search.tags.items()]
    for words, span in (
        ("changed within", search.changed_within),
        ("not changed for", search.unchanged_for),
        ("expires within", search.expires_within),
    ):
        if span is not None:
            said.append(f"{words} {_span_said(span)}")
    return said or [own("every parameter")]


def _span_said(span: timedelta) -> str:
    seconds = span.total_seconds()
    for size, unit in ((604800, "w"), (86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size and not seconds % size:
            return f"{int(seconds // size)}{unit}"
    return f"{seconds:g}s"
