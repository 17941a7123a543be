"""The two lines over a command's panes: how it goes as a whole, and what was asked for."""

from __future__ import annotations

from collections.abc import Sequence

from tui.screens._command_runs import CommandRuns
from tui.screens._words import age, status_word
from tui.theming import Glyphs
from tui.widgets.cells import clean, cut, width
from tui.widgets.charts import bar
from tui.widgets.lines_pane import LinesPane
from tui.widgets.output_tail import bytes_in_words
from tui.widgets.top_bar import Word


class CommandHead(LinesPane, can_focus=False):
    """How the command goes as a whole."""

    DEFAULT_CSS = """
    CommandHead { height: 2; background: $surface; }
    """


def head_lines(
    state: CommandRuns, glyphs: Glyphs, columns: int, *, user: str = "", shown: Sequence[str] = ()
) -> list[list[Word]]:
    """Write the head for so many columns; `user` is who it runs as on the node at hand, `shown` what is chosen."""
    command = state.first
    if command is None:
        return [[(glyphs.ellipsis, "dim")]]
    counts, total = state.counts(), state.total
    done = counts.get("done", 0) + counts.get("bad", 0)
    wide = max(8, min(24, columns // 6))
    drawn = bar(done / total if total else 1.0, wide, glyphs="ascii" if glyphs.arrow == ">" else "unicode")
    first: list[Word] = [(f"{command.document} {glyphs.dot} {command.id[:8]}{glyphs.ellipsis}", "text")]
    if len(state.ids) > 1:
        first.append((f" and {len(state.ids) - 1} more", "text"))
    first += [("  ", "text"), (drawn, "bad" if counts.get("bad") else "good"), (f"  {done}/{total}  ", "text")]
    for key, glyph, style in (
        ("done", glyphs.done, "good"),
        ("bad", glyphs.bad, "bad"),
        ("running", glyphs.running, "accent"),
        ("waiting", glyphs.idle, "dim"),
    ):
        if counts.get(key):
            first.append((f" {glyph} {counts[key]}", style))
    if state.over and (worst := state.worst) is not None:
        first.append((f"   {status_word(worst.status, glyphs, worst.details)[0]}", "text"))
    elif unheard := len(state.ids) - len(state.commands):
        first.append((f"   {unheard} of {len(state.ids)} commands not heard of yet", "warn"))
    limits = [f"max {command.max_concurrency} at once" if command.max_concurrency else ""]
    limits.append(f"stop after {command.max_errors} errors" if command.max_errors else "")
    if total == 1:
        limits = []
    rest = [f"as {user}" if user else "", f" {glyphs.dot} ".join(text for text in limits if text)]
    rest.append(f"{age(command.requested)} ago" if command.requested is not None else "")
    tail: list[Word] = [("   " + "   ".join(text for text in rest if text), "dim")]
    if state.dropped:
        tail.append((f"   {glyphs.warn} {bytes_in_words(state.dropped)} came too fast", "warn"))
    if shown:
        tail.append(("   " + ", ".join(shown), "accent"))
    room = columns - 4 - sum(width(clean(text)) for text, _ in tail)
    return [first, [("$ ", "dim"), (cut(clean(command.summary), max(room, 16)), "accent"), *tail]]
