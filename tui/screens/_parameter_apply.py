"""A plan while it is applied, and what became of it: on the lines of the plan itself, to the last roll back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from textual.binding import Binding
from textual.timer import Timer

from tui.errors import SsmTuiError
from tui.screens._base import explain
from tui.screens._parameter_leaving import Departure, Leave
from tui.screens._parameter_outcomes import (
    outcome_detail,
    outcome_words,
    progress_words,
    report_counts,
    state_word,
    states_in_order,
)
from tui.screens._parameter_plan import Planned, PlanReview
from tui.services.parameter_applying import apply, roll_back
from tui.services.parameter_changes import Change, Plan
from tui.services.parameter_journal import Journal
from tui.services.parameter_reports import Outcome, Overtaken, Report
from tui.services.parameters import Parameters
from tui.theming import Glyphs
from tui.widgets.cells import own
from tui.widgets.check_list import Check
from tui.widgets.top_bar import Word

log = logging.getLogger(__name__)

TELLS = 0.1
"""Seconds between two looks at how far it is."""

Replan = Callable[[Sequence[Change]], Awaitable[Plan]]
"""Makes the plan of what was not done anew, from what is there now."""


class PlanDialog(PlanReview):
    """A plan that is applied where it stands; Esc stops it, and what was written stays and is said.

    Gives the last report, or None where nothing was applied. `replan` makes what was not done a plan again.
    """

    BINDINGS = [
        Binding("X", "stop", "stop", tooltip="Stop: what was written stays", show=False, id="plan.stop"),
        Binding("ctrl+c", "copy_or_stop", "copy", tooltip="Copy the selection, else stop", show=False, id="plan.copy"),
        Binding("b", "roll_back", "roll back", tooltip="Put back what somebody else wrote here", id="plan.back"),
        Binding("B", "roll_back_all", "roll all back", tooltip="Put back all that others wrote", id="plan.back_all"),
        Binding("a", "again", "again", tooltip="Plan anew what was not written", id="plan.again"),
    ]

    def __init__(
        self,
        planned: Planned,
        service: Parameters,
        glyphs: Glyphs,
        *,
        where: str = "",
        journal: Callable[[], Journal | None] = lambda: None,
        replan: Replan | None = None,
    ) -> None:
        super().__init__(planned, glyphs, where=where)
        self._service, self._journal, self._replan = service, journal, replan
        self.report: Report | None = None
        self.phase = "review"
        """review, applying or done."""
        self._at: dict[int, int] = {}
        self._applying: asyncio.Task[Any] | None = None
        self._kept: Journal | None = None
        self._halt = asyncio.Event()
        self._fault = ""
        self._timer: Timer | None = None
        self._drawn: Report | None = None
        self._overtaken: dict[str, Overtaken] = {}
        self._rolled: dict[str, Outcome] = {}
        self._departure = Departure(planned.title, stop=self._stop_once, break_off=self._break_off, said=self.say_head)

    # applying

    def apply(self) -> None:
        plan = self.chosen()
        self.phase = "applying"
        self._halt.clear()
        self.reveal.mask()
        # A report's outcomes stand in the order of the plan that was applied.
        self._at = {place: at for at, place in enumerate(self.chosen_places())}
        # What was left out is no part of what is told from now on.
        self.order = [place for place in self.order if place in self._at]
        self.filter_by(self._filter)
        self._timer = self.set_interval(TELLS, self._draw_progress)
        self.run_worker(self._run(plan), group="apply", exit_on_error=False)
        self.say("")
        self.say_keys()
        self.say_head()

    async def _run(self, plan: Plan) -> None:
        self._kept = self._journal()
        work = apply(plan, self._service, journal=self._kept, progress=self._heard, stop=self._halt)
        self._applying = asyncio.ensure_future(work)
        try:
            self.report = await asyncio.shield(self._applying)
        except asyncio.CancelledError:
            if not self._applying.done():  # the console is left: it goes on to the end of what is on its way
                self._applying.cancel()
                raise
        except SsmTuiError as error:
            self._fault = " ".join(explain(error, ""))
        except Exception as error:
            log.exception("a plan could not be applied")
            self._fault = f"An error of the console's own ({type(error).__name__}); its log says more."
        finally:
            self._applying = None
        self._finish()

    def _heard(self, report: Report) -> None:
        self.report = report

    def action_stop(self) -> None:
        if self.phase != "applying" or self._applying is None:
            return
        if self._halt.is_set():
            # Who stops twice does not want to wait for an answer.
            self._applying.cancel()
        self._halt.set()
        self.say_head()

    async def action_copy_or_stop(self) -> None:
        if self.phase == "applying" and not self.get_selected_text():
            self.action_stop()
        else:
            await self.run_action("app.copy_text")

    def _stop_once(self) -> None:
        if not self._halt.is_set():
            self.action_stop()

    def _break_off(self) -> None:
        self._halt.set()
        self.action_stop()

    def asks_before_leaving(self, leave: Leave) -> bool:
        """Ask how to leave the console where the plan is under way; gives whether it asks, and leaves by itself."""
        if self.phase == "applying":
            self._departure.ask(self.app, leave, self.report, len(self._at))
        return self.phase == "applying"

    def _finish(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self.phase = "done"
        if not self.is_attached:
            return
        report = self.report or Report()
        self._overtaken = {one.path: one for one in report.overtaken}
        self.order = states_in_order([*self._at], self._outcome_of, self._overtaken, self.changes)
        self._hay = []
        self.filter_by("")
        self.line.text = ""
        self.list.action_edge(0)
        self.list.draw_again()
        self.say("")
        self.say_head()
        self.say_keys()
        self.say_detail()
        self._departure.end(report, self._fault)

    def _draw_progress(self) -> None:
        if self.report is not self._drawn:
            self._drawn = self.report
            self._departure.tell(self.report, len(self._at))
            self.list.draw_again()
            self.say_head()
            self.say_detail()

    # what became of each

    def _outcome_of(self, place: int) -> Outcome | None:
        at, report = self._at.get(place), self.report
        if at is None or report is None or at >= len(report.outcomes):
            return None
        path = self.changes[place].path
        return self._rolled.get(path) or report.outcomes[at]

    def check_of(self, place: int, change: Change) -> Check:
        if self.phase == "review":
            return super().check_of(place, change)
        outcome = self._outcome_of(place)
        check = super().check_of(place, change)._replace(taken=None)
        if outcome is None:
            return check._replace(word=(f"{self.glyphs.idle} waiting", "dim"))
        overtaken = change.path in self._overtaken and change.path not in self._rolled
        word = state_word(outcome, self.glyphs, overtaken=overtaken)
        said = outcome_words(outcome, overtaken=overtaken)
        return check._replace(word=word, more=said, note=("", "dim")) if said else check._replace(word=word)

    def detail_words(self, place: int, *, shown: bool) -> list[list[Word]]:
        change, outcome = self.changes[place], self._outcome_of(place) if self.phase == "done" else None
        if outcome is None or self.report is None:
            return super().detail_words(place, shown=shown)
        conflict = next((one for one in self.report.conflicts if one.path == change.path), None)
        overtaken = self._overtaken.get(change.path)
        found = outcome_detail(change, outcome, conflict, overtaken, shown=shown)
        return found or super().detail_words(place, shown=shown)

    def hay_of(self, place: int) -> str:
        outcome = self._outcome_of(place)
        if self.phase != "done" or outcome is None:
            return super().hay_of(place)
        return f"{state_word(outcome, self.glyphs)[0]} {self.changes[place].path}".casefold()

    # what is said of all

    def head_words(self) -> list[list[Word]]:
        if self.phase == "review":
            return super().head_words()
        title = super().head_words()[0]
        report = self.report or Report()
        more: list[list[Word]] = [[(self._departure.words, "warn")]] if self._departure.words else []
        more += self.filter_lines()
        if self.phase == "applying":
            stops = self._halt.is_set()
            said = own("stopping once what is on its way has come back…  esc does not wait for that")
            progress = progress_words(report, len(self._at), self.glyphs, stops=stops)
            return [title, progress, *([[(said, "warn")]] if stops else ()), *more]
        lines = [title, report_counts(report, self._rolled), *more]
        if self._fault:
            lines.append([(self._fault, "bad")])
        elif self._halt.is_set() and report.not_written:
            lines.append([("Stopped. What was written stays; what was not can be planned again with a.", "warn")])
        elif report.stopped:
            lines.append([(f"It stopped: {report.stopped}", "bad")])
        return lines

    def keys_words(self) -> list[Word]:
        if self.phase == "review":
            return super().keys_words()
        if self.phase == "applying":
            return [(own("esc stop: what was written stays   / filter"), "dim")]
        keys = [own("⏎ whole"), "/ filter", "esc close"]
        if self._undone:
            keys.insert(0, "a plan again what was not written")
        if self._to_roll_back:
            keys[:0] = ["b roll this back", "B roll all back"]
        return [("   ".join(keys), "dim")]

    # after it

    @property
    def _undone(self) -> list[Change]:
        """What was not done, as it was planned; of a deletion also the copy that it waits for."""
        if self.phase != "done" or self._replan is None:
            return []
        found = []
        for place in sorted(self._at):
            outcome = self._outcome_of(place)
            if outcome is not None and not outcome.done and outcome.path not in self._rolled:
                found.append(self.changes[place])
        paths = {change.path for change in found}
        copies = {change.needs for change in found if change.needs} - paths
        return [*(self.changes[self._puts_of[path]] for path in copies if path in self._puts_of), *found]

    @property
    def _to_roll_back(self) -> list[Overtaken]:
        return [one for path, one in self._overtaken.items() if path not in self._rolled]

    def _why_not(self, action: str) -> str:
        if action in ("take", "take_all", "invert", "leave_problems", "apply") and self.phase != "review":
            return "the plan is applied already" if self.phase == "done" else "the plan is being applied"
        if action in ("roll_back", "roll_back_all", "again") and self.phase != "done":
            return "the plan is not applied yet"
        return ""

    def _may(self, action: str) -> bool:
        said = self._why_not(action)
        if said:
            self.say(f"Not now: {said}.")
        return not said

    def action_take(self) -> None:
        if self._may("take"):
            super().action_take()

    def action_take_all(self) -> None:
        if self._may("take_all"):
            super().action_take_all()

    def action_invert(self) -> None:
        if self._may("invert"):
            super().action_invert()

    def action_leave_problems(self) -> None:
        if self._may("leave_problems"):
            super().action_leave_problems()

    def action_apply(self) -> None:
        if self._may("apply"):
            super().action_apply()

    def action_reveal(self) -> None:
        if self.phase != "applying":
            super().action_reveal()

    def action_roll_back(self) -> None:
        place = self.list.cursor_id
        if not self._may("roll_back") or not isinstance(place, int):
            return
        one = next((one for one in self._to_roll_back if one.path == self.changes[place].path), None)
        if one is None:
            self.say("Nobody else's value was covered here: there is nothing to put back.")
        else:
            self._roll_back([one])

    def action_roll_back_all(self) -> None:
        if self._may("roll_back_all"):
            if self._to_roll_back:
                self._roll_back(self._to_roll_back)
            else:
                self.say("Nobody else's value was covered: there is nothing to put back.")

    def _roll_back(self, ones: Sequence[Overtaken]) -> None:
        self.run_worker(self._put_back(ones), group="apply", exclusive=True, exit_on_error=False)

    async def _put_back(self, ones: Sequence[Overtaken]) -> None:
        for number, one in enumerate(ones, 1):
            self.say(own(f"putting back {number:,} of {len(ones):,}…"), "accent")
            try:
                report = await roll_back(self._service, one)
            except SsmTuiError as error:
                self.say(f"{one.path}: {' '.join(explain(error, ''))}", "bad")
                return
            (outcome,) = report.outcomes
            said = "Theirs is back." if outcome.done else outcome.reason
            self._rolled[one.path] = replace(outcome, reason=said)
            self.list.draw_again()
            self.say_head()
        self.say_detail()
        bad = [one for one in ones if not self._rolled[one.path].done]
        if bad:
            self.say(f"{len(bad):,} of {len(ones):,} were not put back: {self._rolled[bad[0].path].reason}", "bad")
        else:
            self.say(f"{len(ones):,} put back.", "good")

    def action_again(self) -> None:
        if not self._may("again"):
            return
        undone = self._undone
        if not undone or self._replan is None:
            self.say("Everything was written: there is nothing to plan again.")
            return
        self.run_worker(self._plan_again(undone, self._replan), group="apply", exclusive=True, exit_on_error=False)

    async def _plan_again(self, undone: Sequence[Change], replan: Replan) -> None:
        self.say(own("reading what is there now…"), "accent")
        try:
            plan = await replan(undone)
        except SsmTuiError as error:
            self.say(" ".join(explain(error, "")), "bad")
            return
        planned = replace(self.planned, plan=plan, hidden=(), notes=())
        again = PlanDialog(planned, self._service, self.glyphs, where=self._where, journal=self._journal, replan=replan)

        def answered(report: Any) -> None:
            if report is None:
                return
            both = (self.report or Report()).then(report)
            if self._kept is not None and both.clean:
                self._kept.forget()
            self.dismiss(both)

        self.say("")
        self.app.push_screen(again, answered)

    def leave(self) -> None:
        if self.phase == "applying":
            self.action_stop()
        else:
            self.dismiss(self.report)

    def on_unmount(self) -> None:
        super().on_unmount()
        if self._applying is not None:
            self._applying.cancel()
