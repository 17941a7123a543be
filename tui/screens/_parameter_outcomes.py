"""What became of a plan, in words: each line's state, the counts, and base, theirs and yours where two wrote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from tui.screens._words import moment
from tui.services.parameter_changes import Change, ChangeKind
from tui.services.parameter_models import ParameterValue
from tui.services.parameter_reports import Conflict, Outcome, Overtaken, Report, State
from tui.theming import Glyphs
from tui.widgets.cells import own
from tui.widgets.top_bar import Word

_STYLES = {
    State.WAITING: "dim",
    State.SAME: "dim",
    State.WRITTEN: "good",
    State.DELETED: "good",
    State.CONFLICT: "bad",
    State.NOT_WRITTEN: "warn",
    State.UNKNOWN: "bad",
}
_ORDER = (State.CONFLICT, State.UNKNOWN, State.NOT_WRITTEN, State.WAITING, State.WRITTEN, State.DELETED, State.SAME)
_DOTS = "••••••"
BAR = 24
"""Cells of the bar that says how far it is."""


def state_word(outcome: Outcome, glyphs: Glyphs, *, overtaken: bool = False) -> Word:
    """Give the glyph with the word, and the style, of what became of a change."""
    if overtaken:
        return f"{glyphs.warn} covered", "bad"
    glyph = {
        State.WAITING: glyphs.idle,
        State.SAME: "=",
        State.WRITTEN: glyphs.done,
        State.DELETED: glyphs.done,
        State.CONFLICT: glyphs.bad,
        State.NOT_WRITTEN: glyphs.idle,
        State.UNKNOWN: glyphs.warn,
    }[outcome.state]
    # Eleven cells are what the list has for it.
    word = str(outcome.state)
    if outcome.state is State.NOT_WRITTEN:
        word = "stays" if outcome.kind is ChangeKind.DELETE else "not put"
    return f"{glyph} {word}", _STYLES[outcome.state]


def outcome_words(outcome: Outcome, *, overtaken: bool = False) -> list[Word]:
    """Say in a line what became of a change; nothing where its own line says enough."""
    if overtaken:
        return [(f"v{outcome.version} covers what somebody else wrote in between: b rolls it back", "bad")]
    if outcome.reason:
        return [(outcome.reason, _STYLES[outcome.state])]
    return [(f"v{outcome.version}", "dim")] if outcome.state is State.WRITTEN else []


def states_in_order(
    places: Sequence[int],
    outcome_of: Callable[[int], Outcome | None],
    overtaken: Mapping[str, Overtaken],
    changes: Sequence[Change],
) -> list[int]:
    """Give the places as the report lists them: what somebody has to look at first."""
    rank = {state: at for at, state in enumerate(_ORDER)}

    def of(place: int) -> int:
        if changes[place].path in overtaken:
            return -1
        outcome = outcome_of(place)
        return rank[outcome.state] if outcome is not None else len(rank)

    return sorted(places, key=of)


def report_counts(report: Report, rolled: Mapping[str, Outcome]) -> list[Word]:
    """Say how many came to what."""
    counts = Counter(one.state for one in report.outcomes)
    covered = sum(one.path not in rolled for one in report.overtaken)
    back = sum(one.done for one in rolled.values())
    said: list[Word] = [(f"{counts[state]:,} {state}", _STYLES[state]) for state in State if counts[state]]
    if covered:
        said.append((f"{covered:,} covered what somebody else wrote", "bad"))
    if back:
        said.append((f"{back:,} rolled back", "good"))
    words: list[Word] = []
    for word in said or [("nothing was written", "warn")]:
        words += [(own(" · "), "dim"), word] if words else [word]
    return words


def progress_words(report: Report, total: int, glyphs: Glyphs, *, stops: bool) -> list[Word]:
    """Say how far a plan is that is being applied, what it waits for, and how it is stopped."""
    states = Counter(one.state for one in report.outcomes)
    over = total - states[State.WAITING] if report.outcomes else 0
    full = BAR * over // max(total, 1)
    words: list[Word] = [
        (glyphs.bar * full, "accent"),
        (glyphs.empty * (BAR - full), "dim"),
        (f"  {over:,} of {total:,}", "text"),
    ]
    if report.waiting and not stops:
        words.append((f"  {report.waiting}", "warn"))
    bad = states[State.CONFLICT] + states[State.NOT_WRITTEN] + states[State.UNKNOWN]
    if bad:
        words.append((f"  {bad:,} not as planned", "bad"))
    return words if stops else [*words, (own("  esc stops"), "dim")]


def outcome_detail(
    change: Change, outcome: Outcome, conflict: Conflict | None, overtaken: Overtaken | None, *, shown: bool
) -> list[list[Word]]:
    """Say what was read, what somebody else wrote and what was to be, where that came to differ; else nothing."""
    two = conflict or overtaken
    if two is None:
        return []
    said = outcome.reason or "Somebody else wrote it between the last look and the put, which has covered theirs."
    lines: list[list[Word]] = [[(change.path, "accent")], [(said, "warn" if not outcome.done else "text")]]
    lines += _side("base", two.base, change, shown, "it was not there")
    gone = "it was deleted" if conflict or (overtaken and overtaken.was_deleted) else "it can't be read any more"
    lines += _side("theirs", two.theirs, change, shown, gone)
    yours = two.yours
    text = yours.value if yours is not None else None
    version = f" v{overtaken.version}" if overtaken is not None else ""
    if yours is None:
        lines.append([(f"yours{version}  ", "dim"), ("deleted", "text")])
    else:
        lines += _value_lines(f"yours{version}", text, change, shown, "accent")
    return lines


def _side(label: str, value: ParameterValue | None, change: Change, shown: bool, none: str) -> list[list[Word]]:
    if value is None:
        return [[(f"{label}  ", "dim"), (none, "text")]]
    when = f", {moment(value.modified)}" if value.modified else ""
    text = value.value if value.plain else None
    return _value_lines(f"{label} v{value.version}{when}", text, change, shown, "text")


def _value_lines(label: str, text: str | None, change: Change, shown: bool, style: str) -> list[list[Word]]:
    if text is None or (change.is_secret and not shown):
        return [[(f"{label}  ", "dim"), (own(_DOTS) if change.is_secret else "as it was", style)]]
    first, *rest = text.expandtabs().split("\n")
    return [[(f"{label}  ", "dim"), (first, style)], *([("    ", "dim"), (line, style)] for line in rest)]
