"""What a plan says of each of its changes: the line in the list, and all of it below; secrets are dots unless shown."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence

from tui.services.parameter_changes import Change, ChangeKind, Plan, PlannedCall
from tui.services.parameter_models import Parameter, ParameterType, Tier
from tui.theming import Glyphs
from tui.widgets.cells import clean, cut, own, width
from tui.widgets.top_bar import Word
from tui.widgets.value_text import wrapped

MOST_SHOWN = 28
"""Cells of a value in a line of the list."""
LEAST_SHOWN = 6
"""Cells that each of two values has there at least."""
_SIGNS = {ChangeKind.CREATE: "+", ChangeKind.UPDATE: "~", ChangeKind.DELETE: "-", ChangeKind.SAME: "="}
_STYLES = {ChangeKind.CREATE: "good", ChangeKind.UPDATE: "accent", ChangeKind.DELETE: "warn", ChangeKind.SAME: "dim"}
_DOTS = "••••••"


def kind_word(change: Change, glyphs: Glyphs) -> Word:
    """Give the glyph with the word, and the style, of what becomes of a parameter."""
    if change.problems:
        return f"{glyphs.bad} problem", "bad"
    return f"{_SIGNS[change.kind]} {change.kind}", _STYLES[change.kind]


def in_order(changes: Sequence[Change]) -> list[int]:
    """Give the places of changes as they stand in the list: problems first, then what destroys."""
    return sorted(range(len(changes)), key=lambda place: _rank(changes[place]))


def _rank(change: Change) -> int:
    if change.problems:
        return 0
    # What is deleted once it was copied stands below the copies.
    ranks = {ChangeKind.DELETE: 4 if change.needs else 1, ChangeKind.UPDATE: 2, ChangeKind.CREATE: 3}
    return ranks.get(change.kind, 5)


def counted(changes: Iterable[Change]) -> list[Word]:
    """Say how many of each there are."""
    kinds = Counter(
        "problem" if change.problems else "moved" if change.needs else change.kind.value for change in changes
    )
    words = {"problem": "", "delete": " to delete", "update": " to update", "create": " to create"}
    words |= {"moved": " to delete once copied", "same": " the same"}
    styles: dict[str, str] = {kind.value: style for kind, style in _STYLES.items()}
    styles |= {"problem": "bad", "moved": "warn"}
    said: list[Word] = []
    for kind, word in words.items():
        if count := kinds[kind]:
            text = f"{count:,} problem{'s' * (count != 1)}" if kind == "problem" else f"{count:,}{word}"
            said += [(own(" · "), "dim")] if said else []
            said.append((text, styles[kind]))
    return said or [("nothing to change", "dim")]


# one line


def line_words(change: Change, *, shown: bool = False, room: int = 2 * MOST_SHOWN + 3) -> list[Word]:
    """Say in a line what differs: the first problem, else the value from and to; `shown` gives secrets too.

    Of two values both are cut where they do not fit into `room` cells, so that each has its part.
    """
    if change.problems:
        more = f" (and {len(change.problems) - 1} more)" if len(change.problems) > 1 else ""
        return [(change.problems[0] + more, "bad")]
    before, after = (short(value, change, shown=shown) for value in (old_value(change), new_value(change)))
    if width(before) + width(after) + 3 > room and change.kind is ChangeKind.UPDATE:
        half = max((room - 3) // 2, LEAST_SHOWN)
        left = max(half, room - 3 - width(after))
        before, after = cut(before, left), cut(after, max(half, room - 3 - width(cut(before, left))))
    match change.kind:
        case ChangeKind.DELETE:
            return [(before, "dim")]
        case ChangeKind.CREATE:
            return [(after, "text"), *_noted(change)]
        case ChangeKind.SAME:
            return [(after or before, "dim")]
    if _same_value(change):
        said = own(" · ").join(
            f"{what} {old or own('·')} > {new or own('·')}" for what, old, new in differences(change)
        )
        return [(said or "the same value, a new version", "text"), *_noted(change)]
    return [(before, "dim"), (" > ", "dim"), (after, "text"), *_noted(change)]


def _noted(change: Change) -> list[Word]:
    return [(f"  {change.notes[0]}", "warn")] if change.notes else []


def facts_words(change: Change, *, short: bool = False) -> str:
    """Say a change's type, tier and size for the end of its line; the type alone, or a version, if `short`."""
    before, after = change.before, change.after
    if change.kind is ChangeKind.DELETE:
        version = before.version if before else 0
        return f"v{version}" if short else f"{before.type if before else ''} v{version}"
    type = (after.type if after else None) or (before.type if before else ParameterType.STRING)
    if short:
        return str(type)
    value = new_value(change)
    # Of a secret not even its length is told.
    size = f" {len(value):,} ch." if value is not None and not change.is_secret else ""
    tier = f" {change.tier}" if change.tier is not Tier.UNKNOWN else ""
    return f"{type}{tier}{size}"


def short(value: str | None, change: Change, *, shown: bool = False) -> str:
    """Give a value for a line, in quotes and cut; dots for a secret, nothing where there is none."""
    if value is None:
        return own(_DOTS) if change.is_secret and change.before is not None else ""
    if change.is_secret and not shown:
        return own(_DOTS)
    return cut(json.dumps(clean(value[: MOST_SHOWN * 4]), ensure_ascii=False), MOST_SHOWN)


def old_value(change: Change) -> str | None:
    """Give the value that there is; None where there is none, or it is not known."""
    before = change.before
    return before.value if before is not None and before.plain else None


def new_value(change: Change) -> str | None:
    """Give the value that there will be; None where there will be none, or it is not known."""
    if change.kind is ChangeKind.DELETE:
        return None
    after = change.after
    return after.value if after is not None and after.value is not None else old_value(change)


def _same_value(change: Change) -> bool:
    after, old = change.after, old_value(change)
    return after is not None and (after.value is None or (old is not None and after.value == old))


def differences(change: Change, about: Parameter | None = None) -> list[tuple[str, str, str]]:
    """Give what else than the value is another: what, what it is, what it becomes. Without `about` it is unknown."""
    before, after = change.before, change.after
    if after is None or change.kind is ChangeKind.DELETE:
        return []
    found: list[tuple[str, str, str]] = []
    now = {
        "type": before.type.value if before else "",
        "tier": about.tier.value if about and about.tier is not Tier.UNKNOWN else "",
        "description": about.description if about else "",
        "key": about.key_id if about else "",
        "pattern": about.allowed_pattern if about else "",
        "data type": before.data_type if before else "",
        "policies": f"{len(about.policies)}" if about and about.policies else "",
    }
    wanted = {
        "type": after.type.value if after.type else None,
        "tier": after.tier.value if after.tier else None,
        "description": after.description,
        "key": after.key_id,
        "pattern": after.allowed_pattern,
        "data type": after.data_type,
        "policies": after.policies,
    }
    for what, will in wanted.items():
        if will is not None and will != now[what]:
            found.append((what, now[what], will))
    return found


# all of it


def detail_lines(change: Change, about: Parameter | None, *, shown: bool) -> list[list[Word]]:
    """Give all that is known of a change, in lines that are not yet broken."""
    lines: list[list[Word]] = [[(change.path, "accent"), (f"   {facts_words(change)}", "dim")]]
    lines += [[(said, "bad")] for said in change.problems]
    lines += [[(said, "warn")] for said in change.notes]
    if change.needs:
        lines.append([(f"It is deleted once {change.needs} was written and looked at.", "dim")])
    for what, old, new in differences(change, about):
        arrow: list[Word] = [(old, "dim"), (" > ", "dim")] if old else []
        lines.append([(f"{what}  ", "dim"), *arrow, (new, "text")])
    if change.after is not None and change.after.tags and change.before is None:
        tags = ", ".join(f"{key}={value}" for key, value in sorted(change.after.tags.items()))
        lines.append([("tags  ", "dim"), (tags, "text")])
    had, will = old_value(change), new_value(change)
    if change.kind in (ChangeKind.UPDATE, ChangeKind.DELETE) and change.before is not None:
        label = (
            f"value, v{change.before.version}"
            if not _same_value(change)
            else f"value, kept from v{change.before.version}"
        )
        lines += _value_lines(label, had, change, shown, "dim")
    if change.kind is not ChangeKind.DELETE and not (_same_value(change) and change.kind is ChangeKind.UPDATE):
        lines += _value_lines("value", will, change, shown, "text")
    return lines


def _value_lines(label: str, value: str | None, change: Change, shown: bool, style: str) -> list[list[Word]]:
    if value is None or (change.is_secret and not shown):
        said = own(_DOTS) if change.is_secret else "not known"
        return [[(f"{label}  ", "dim"), (said, style)]]
    first, *rest = value.expandtabs().split("\n")
    indent = " " * (len(label) + 2)
    return [[(f"{label}  ", "dim"), (first, style)], *([(indent, "dim"), (line, style)] for line in rest)]


def said_whole(lines: Iterable[Sequence[Word]], room: int, most: int) -> list[Sequence[Word]]:
    """Break lines at `room` cells, sentences between their words; of more than `most` lines the rest is told of."""
    made: list[Sequence[Word]] = []
    for words in lines:
        parts: list[list[Word]] = [[*words]]
        if len(words) == 1:
            (text, style) = words[0]
            parts = [[(part, style)] for part in textwrap.wrap(text, room, break_on_hyphens=False)]
        for part in parts:
            made += wrapped(part, room)
        if len(made) > most:
            return [*made[: most - 1], ((own("⏎ shows all of it"), "dim"),)]
    return made


def filter_line(words: str, shown: int, of: int, hidden: int) -> list[Word]:
    """Say that a filter is on, and how many that are taken it hides: those are applied with the others."""
    line: list[Word] = [(f"/{words}  {shown:,} of {of:,} show", "accent")]
    if hidden:
        line.append((f"; {hidden:,} hidden {'is' if hidden == 1 else 'are'} taken, and applied too", "warn"))
    return line


# the calls


def call_lines(calls: Sequence[PlannedCall]) -> str:
    """Write the exact requests one after the other, as YAML would be too long: an operation, and its JSON."""
    return "\n".join(f"{call.operation} {json.dumps(call.shown, ensure_ascii=False)}" for call in calls)


def calls_text(plan: Plan) -> str:
    """Say which calls applying a plan makes."""
    calls = plan.requests
    count = len(calls)
    head = f"{count:,} writing call{'s' * (count != 1)}, one after the other. Each batch is read again right before it"
    head += " with GetParameters, and each new version is compared with the one that was read."
    return f"{head}\n\n{call_lines(calls)}\n"
