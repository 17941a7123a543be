"""A plan of changes, before it is applied: every change, what differs, the calls; single ones can be left out."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding

from tui.screens._dialogs import Confirm, Reader, TypeName
from tui.screens._parameter_plan_question import question_of
from tui.screens._parameter_plan_words import (
    calls_text,
    counted,
    detail_lines,
    facts_words,
    filter_line,
    in_order,
    kind_word,
    line_words,
    said_whole,
)
from tui.screens._parameter_reveal import MasksAgain, Reveal
from tui.services.parameter_changes import Change, ChangeKind, Plan
from tui.services.parameter_models import Parameter
from tui.theming import Glyphs
from tui.widgets.cells import own, width
from tui.widgets.check_list import Check, CheckList
from tui.widgets.line_edit import LineEdit
from tui.widgets.lines_pane import LinesPane
from tui.widgets.overlay import Overlay
from tui.widgets.top_bar import Word

NARROW = 110
"""Columns below which a line has no room for all that is said of a change."""
BESIDE = 24
"""Cells of a line beside its path, its values and its facts."""
DETAIL = 8
"""Lines below the list in which the change under the cursor is said whole, at most a third of the screen."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and what is said of it: a title such as `Copy /app/staging to /app/prod`, where, what hid what.

    `about` has what else is known of parameters, by path; `hidden` are paths that were marked while a filter hid
    them; `notes` are sentences that stand above the list.
    """

    title: str
    plan: Plan
    context: str
    about: Mapping[str, Parameter] = field(default_factory=dict)
    hidden: Sequence[str] = ()
    notes: Sequence[str] = ()


class PlanReview(Overlay[Any], MasksAgain):
    """Lists the changes of a plan over the whole screen, problems first; what is taken is what will be applied.

    The one that applies it (`PlanDialog`) says what `action_apply` does once nothing stands in its way.
    """

    AUTO_FOCUS = "CheckList"
    DEFAULT_CSS = """
    PlanReview { background: $background; }
    PlanReview LinesPane { height: auto; background: $background; color: $foreground; }
    PlanReview .plan--head { background: $bar; }
    PlanReview .plan--keys { background: $bar; }
    PlanReview CheckList { height: 1fr; background: $background; color: $foreground; }
    PlanReview .plan--detail { background: $panel; margin: 0; }
    """
    HELP_GROUP = "This plan"
    BINDINGS = [
        Binding("space", "take", "leave out", tooltip="Leave this change out, or take it again", id="plan.toggle"),
        Binding("M,ctrl+a", "take_all", "all", tooltip="Take all that show, or none", show=False, id="plan.all"),
        Binding("asterisk", "invert", "invert", tooltip="Take what was left out", show=False, id="plan.invert"),
        Binding("x", "leave_problems", "no problems", tooltip="Leave out what has a problem", id="plan.problems"),
        Binding("enter", "open", "whole", tooltip="Show all of the change under the cursor", id="plan.open"),
        Binding("v", "reveal", "reveal", tooltip="Show the secrets for ten seconds, or mask them", id="plan.reveal"),
        Binding("y,tab", "calls", "API calls", tooltip="Show the exact calls that it makes", id="plan.calls"),
        Binding("slash", "filter", "filter", tooltip="Show what has these words", key_display="/", id="plan.filter"),
        Binding("ctrl+s,ctrl+j,f5", "apply", "apply", tooltip="Apply what is taken", id="plan.apply"),
    ]

    def __init__(self, planned: Planned, glyphs: Glyphs, *, where: str = "") -> None:
        super().__init__()
        self.planned, self.glyphs, self._where = planned, glyphs, where
        self.changes = planned.plan.changes
        self.taken = {place for place, change in enumerate(self.changes) if not _is_fixed(change)}
        self.order = in_order(self.changes)
        self._counts, self._choosable = counted(self.changes), len(self.taken)
        self.list = CheckList(self._look_of)
        self.head = LinesPane()
        self.head.can_focus = False
        self.head.add_class("plan--head")
        self.detail = LinesPane()
        self.detail.can_focus = False
        self.detail.add_class("plan--detail")
        self.keys = LinesPane()
        self.keys.can_focus = False
        self.keys.add_class("plan--keys")
        self.line = LineEdit(prompt=" /")
        self.line.display = False
        self.reveal = Reveal(self, self._revealed)
        self._said: Word = ("", "warn")
        self._hay: list[str] = []
        self._filter, self._wide = "", 12
        # A deletion goes with the copy that it waits for, and that copy stays while it is deleted.
        self._puts_of = {change.path: place for place, change in enumerate(self.changes) if not self._deletes(change)}
        self._waits_for: dict[int, list[int]] = {}
        for place, change in enumerate(self.changes):
            if change.needs and (put := self._puts_of.get(change.needs)) is not None:
                self._waits_for.setdefault(put, []).append(place)

    @staticmethod
    def _deletes(change: Change) -> bool:
        return change.kind is ChangeKind.DELETE

    # drawing

    def compose(self) -> ComposeResult:
        yield self.head
        yield self.list
        yield self.detail
        yield self.line
        yield self.keys

    def on_mount(self) -> None:
        self._wide = max((width(change.path) for change in self.changes), default=12)
        self.list.show(self.order, text=self._wide)
        self.say_head()
        self.say_keys()

    def on_screen_suspend(self) -> None:
        self.reveal.mask()

    def on_resize(self) -> None:
        # Of one height, whatever it says: the list must not move while one goes through it.
        self.detail.styles.height = self._room
        self.say_detail()
        self.say_keys()

    @property
    def _room(self) -> int:
        return max(min(DETAIL, self.app.size.height // 3), 1)

    @property
    def shows_secrets(self) -> bool:
        return self.reveal.text is not None

    def _look_of(self, id: Hashable) -> Check:
        """Say what is drawn of a change, by its place in the plan."""
        assert isinstance(id, int)
        return self.check_of(id, self.changes[id])

    def check_of(self, place: int, change: Change) -> Check:
        taken = None if _is_fixed(change) else place in self.taken
        columns = self.app.size.width
        # The line below has all of it; in a narrow list what becomes of it is more than its type and size.
        facts = "" if change.problems else facts_words(change, short=columns < NARROW)
        room = columns - self._wide - len(facts) - BESIDE
        more = line_words(change, shown=self.shows_secrets, room=room)
        return Check(kind_word(change, self.glyphs), change.path, more, (facts, "dim"), taken)

    def chosen(self) -> Plan:
        """Give the plan of what is taken; what stays the same is part of it, as others may wait for it."""
        return Plan(changes=tuple(self.changes[place] for place in self.chosen_places()))

    def chosen_places(self) -> list[int]:
        changes = enumerate(self.changes)
        return [place for place, change in changes if place in self.taken or _is_fixed(change)]

    def head_words(self) -> list[list[Word]]:
        """Give the lines above the list: what it is, how many of each, and what must be known of it."""
        left_out = self._choosable - len(self.taken)
        counts = [*self._counts]
        if left_out:
            counts += [(own(" · "), "dim"), (f"{left_out:,} left out", "warn")]
        lines: list[list[Word]] = [
            [(self.planned.title, "accent"), (self._where and f"  in {self._where}", "dim")],
            counts,
        ]
        lines += [[(note, "warn")] for note in self.planned.notes]
        if hidden := self.planned.hidden:
            names = ", ".join(hidden[:4]) + (f" and {len(hidden) - 4:,} more" if len(hidden) > 4 else "")
            lines.append([(f"{len(hidden):,} of them are marked and hidden by the filter: {names}", "warn")])
        return lines + self.filter_lines(self.taken)

    def filter_lines(self, taken: Collection[int] = ()) -> list[list[Word]]:
        """Give the line that says what the filter hides, where there is one."""
        if not self._filter:
            return []
        hidden = len(set(taken).difference(self.list.ids))
        return [filter_line(self._filter, len(self.list.ids), len(self.order), hidden)]

    def say_head(self) -> None:
        lines = self.head_words()
        self.head.styles.height = len(lines)
        self.head.show(lines)

    def keys_words(self) -> list[Word]:
        keys = "ctrl+s apply  ␣ leave out  x problems  ⏎ whole  y calls  v secrets  esc leave"
        if self.app.size.width > NARROW:
            keys = (
                keys.replace("x problems", "x leave out problems").replace("  ", "   ").replace("esc", "/ filter   esc")
            )
        return [(own(keys), "dim")]

    def say_keys(self) -> None:
        self.keys.styles.height = 1
        self.keys.show([[self._said] if self._said[0] else self.keys_words()])

    def say(self, text: str, style: str = "warn") -> None:
        """Say something in place of the keys, until the next one."""
        if (text, style) != self._said:
            self._said = (text, style)
            self.say_keys()

    def detail_words(self, place: int, *, shown: bool) -> list[list[Word]]:
        change = self.changes[place]
        return detail_lines(change, self.planned.about.get(change.path), shown=shown)

    def say_detail(self) -> None:
        place = self.list.cursor_id
        if not isinstance(place, int):
            self.detail.show(())
            return
        room, most = max(self.app.size.width - 3, 10), self._room
        self.detail.show(said_whole(self.detail_words(place, shown=self.shows_secrets), room, most))

    def on_check_list_highlighted(self) -> None:
        self.say("")
        self.say_detail()

    # what is taken

    def _take(self, place: int, taken: bool) -> None:
        change = self.changes[place]
        if _is_fixed(change):
            return
        (self.taken.add if taken else self.taken.discard)(place)
        if not taken:
            self.taken.difference_update(self._waits_for.get(place, ()))
        elif change.needs and (put := self._puts_of.get(change.needs)) is not None:
            self._take(put, True)

    def _taken_anew(self) -> None:
        self.list.draw_again()
        self.say("")
        self.say_head()

    def action_take(self) -> None:
        place = self.list.cursor_id
        if isinstance(place, int):
            self._take(place, place not in self.taken)
            self._taken_anew()
            self.list.action_move(1)

    def on_check_list_toggled(self, event: CheckList.Toggled) -> None:
        place = event.line_id
        assert isinstance(place, int)
        self._take(place, place not in self.taken)
        self._taken_anew()

    def action_take_all(self) -> None:
        places = [id for id in self.list.ids if isinstance(id, int) and not _is_fixed(self.changes[id])]
        taken = not self.taken.issuperset(places)
        for place in places:
            self._take(place, taken)
        self._taken_anew()

    def action_invert(self) -> None:
        # The copies of a move first: their deletions follow them.
        before = set(self.taken)
        for place in [id for id in self.list.ids if isinstance(id, int)]:
            self._take(place, place not in before)
        self._taken_anew()

    def action_leave_problems(self) -> None:
        for place in [place for place in self.taken if self.changes[place].problems]:
            self._take(place, False)
        self._taken_anew()

    # looking closer

    def action_open(self) -> None:
        place = self.list.cursor_id
        if isinstance(place, int):
            # What stays open for as long as one likes, and can be copied, has no secret in it.
            lines = ["".join(text for text, _ in words) for words in self.detail_words(place, shown=False)]
            self.app.push_screen(Reader(self.changes[place].path, "\n".join(lines)))

    def action_calls(self) -> None:
        self.run_worker(self._show_calls(), group="calls", exclusive=True, exit_on_error=False)

    async def _show_calls(self) -> None:
        # Thousands of requests take a while to write down.
        text = await asyncio.to_thread(calls_text, self.chosen())
        await self.app.push_screen(Reader("The calls of this plan", text))

    def action_reveal(self) -> None:
        if self.shows_secrets:
            self.reveal.mask()
        else:
            self.reveal.show("shown")

    def _revealed(self) -> None:
        if self.is_attached:
            self.list.draw_again()
            self.say_detail()

    def action_filter(self) -> None:
        self.line.display = True
        self.line.focus()

    def on_line_edit_changed(self, event: LineEdit.Changed) -> None:
        self.filter_by(event.text)

    def on_line_edit_submitted(self) -> None:
        self._close_line()

    def _close_line(self) -> None:
        self.line.display = False
        self.list.focus()

    def hay_of(self, place: int) -> str:
        """Give what the filter's words are looked for in: the word in front, and the path."""
        return f"{kind_word(self.changes[place], self.glyphs)[0]} {self.changes[place].path}".casefold()

    def filter_by(self, text: str) -> None:
        words = text.casefold().split()
        self._filter = " ".join(words)
        if not self._hay:
            self._hay = [self.hay_of(place) for place in range(len(self.changes))]
        hay = self._hay
        self.list.show([place for place in self.order if all(word in hay[place] for word in words)])
        self.say_head()
        self.say_detail()

    def action_cancel(self) -> None:
        if self.line.display:
            self.line.text = ""
            self._close_line()
        elif self._filter:
            self.line.text = ""
            self.filter_by("")
        else:
            self.leave()

    def leave(self) -> None:
        self.dismiss(None)

    # applying

    def blocked(self) -> str:
        """Say why what is taken can't be applied, or ""."""
        if not self.taken:
            return own("Nothing is taken: ␣ takes a change, M all of them.")
        count = sum(bool(self.changes[place].problems) for place in self.taken)
        if count:
            what = "One problem is" if count == 1 else f"{count:,} problems are"
            return own(f"{what} in the way: ␣ leaves one out, x leaves all of them out.")
        return ""

    def question(self) -> Confirm | TypeName | None:
        """Give what has to be answered before what is taken is applied; None where nothing is lost by it."""
        lost = [self.changes[place] for place in sorted(self.taken) if self._deletes(self.changes[place])]
        return question_of(lost, self.planned.hidden, self._where) if lost else None

    def action_apply(self) -> None:
        said = self.blocked()
        if said:
            self.say(said)
            return
        question = self.question()
        if question is None:
            self.apply()
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.apply()

        self.app.push_screen(question, answered)

    def apply(self) -> None:
        """Do what is taken; nothing stands in the way."""
        self.dismiss(self.chosen())


def _is_fixed(change: Change) -> bool:
    """Whether there is nothing to take or leave out: it stays the same."""
    return change.kind is ChangeKind.SAME and not change.problems
