"""The pane beside the tree: what is known of the parameter under the cursor, loaded when the cursor rests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.timer import Timer

from tui.errors import SsmTuiError
from tui.ports import Ref
from tui.screens._base import explain
from tui.screens._parameter_changes import ParameterChanges
from tui.screens._parameter_facts import Details, facts_of, head_of
from tui.screens._parameter_history import COLUMNS, VersionDiff, VersionValue, two_of, version_row
from tui.screens._parameter_reveal import MasksAgain, Reveal
from tui.screens._parameter_rows import parent_of
from tui.services.parameter_models import ParameterVersion
from tui.services.parameters import Parameters
from tui.widgets.cells import own
from tui.widgets.facts_pane import Fact, FactsPane
from tui.widgets.pane_title import PaneTitle
from tui.widgets.plain_lines import SameLines
from tui.widgets.resource_table import ResourceTable
from tui.widgets.tree import NoteId, ResourceTree

RESTS = 0.15
"""Seconds for which the cursor rests before its parameter is asked about: none is asked about while one scrolls by."""


class ParameterPane(ParameterChanges, MasksAgain):
    """Shows one parameter, its value and its history; `ParametersScreen` has the rest."""

    def __init__(self, argument: Any = None, state: dict[str, Any] | None = None) -> None:
        super().__init__(argument, state)
        self.details: Details | None = None
        self._side = Vertical(id="parameter-side")
        self._side._styles_cache = SameLines()
        self.heading = PaneTitle()
        self.facts = FactsPane()
        self.versions_view = ResourceTable(COLUMNS, id="versions")
        self.versions_view.flashes = False
        self.reveal = Reveal(self, self.draw_details)
        self._asked: Details | None = None
        self._wrong: SsmTuiError | None = None
        self._resting: Timer | None = None

    def compose_pane(self) -> ComposeResult:
        self.versions_view.glyphs = self.shell.glyphs
        yield self._side

    def fill_pane(self) -> None:
        """Have the pane's parts in it: they come after the first rows, which would have to wait for them."""
        if self._side.is_attached and not self._side.children:
            self._side.mount(self.heading, self.facts, self.versions_view)

    # what the cursor is on

    @property
    def current(self) -> Ref | None:
        """The parameter under the cursor; None on a mere folder and where there is nothing."""
        ref = self.table.cursor_id
        return ref if isinstance(ref, Ref) and self.table.cells(ref) else None

    @property
    def folder(self) -> Ref | None:
        """The folder under the cursor, or the one that its parameter stands in."""
        ref = self.table.cursor_id
        if not isinstance(ref, Ref):
            return None
        return Ref(ref.context, parent_of(ref.id)) if self.table.cells(ref) else ref

    @property
    def meant(self) -> list[Ref]:
        """What an action works on: what is marked, else what is under the cursor; a folder's own come with it.

        A folder of which nothing is known yet is among them itself.
        """
        return [ref for ref in self.table.targets if isinstance(ref, Ref)]

    def parameters_of(self, ref: Ref) -> Parameters:
        """Give the service of a parameter's own context."""
        return self.shell.services.of(Parameters, ref.context)

    def on_resource_tree_node_highlighted(self, event: ResourceTree.NodeHighlighted) -> None:
        if event.control is self.table:
            self._come_to(self.current)

    def _come_to(self, ref: Ref | None) -> None:
        """Ask about a parameter once the cursor rests on it."""
        if ref is not None and self._asked is not None and self._asked.ref == ref:
            return
        self.reveal.mask()
        self._asked, self._wrong = None, None
        if self._resting is not None:
            self._resting.stop()
            self._resting = None
        if ref is None:
            self.details = None
        else:
            begins = self.details is None
            self.details = Details(ref)
            self._resting = self.set_timer(0.01 if begins else RESTS, self.read_details)
        self.versions_view.set_rows([])
        self.draw_details()
        self.update_hints()

    def read_details(self) -> None:
        """Ask anew about the parameter under the cursor; what shows stays until all of the answer is there."""
        ref = self.current
        if ref is not None and self.is_attached and self.shell.is_connected:
            self.run_worker(self._read(ref), group="details", exclusive=True, exit_on_error=False)

    async def _read(self, ref: Ref) -> None:
        asked = self._asked = Details(ref)
        shows = self.details is not None and self.details.ref == ref and self.details.value is not None
        try:
            service = self.parameters_of(ref)
        except SsmTuiError:
            return

        async def part(name: str, answer: Awaitable[Any]) -> None:
            try:
                setattr(asked, name, await answer)
            except SsmTuiError as error:
                asked.errors[name] = error
            if not shows:
                self._take_details(asked)

        await asyncio.gather(
            part("parameter", service.get(ref.id)),
            part("value", service.value(ref.id)),
            part("tags", service.tags(ref.id)),
            part("versions", service.history(ref.id)),
        )
        self._take_details(asked)

    def _take_details(self, asked: Details) -> None:
        if asked is not self._asked or self.current != asked.ref:
            return
        if self.details is not None and self.details.version not in (0, asked.version):
            self.reveal.mask()  # what was revealed is not what it is now
        self.details = asked
        if asked.versions is not None:
            self.versions_view.state, self.versions_view.message = "rows", ""
            self.versions_view.set_rows([version_row(version) for version in asked.versions])
            self.versions_view.begin_at_top()
        self.draw_details()
        self.update_hints()

    def level_failed(self, folder: Ref) -> None:
        self.draw_details()

    def parameter_changed(self, ref: Ref) -> None:
        if ref == self.current:
            self.read_details()

    def reload(self) -> None:
        super().reload()
        self.read_details()

    def start(self, again: bool = True) -> None:
        super().start(again)
        if again:
            self.read_details()

    # drawing

    def draw_details(self) -> None:
        """Draw what is known of the parameter now."""
        if not self.is_attached:
            return
        details, here = self.details, self.focused in (self.facts, self.versions_view)
        if details is None:
            self.heading.show([self._folder_word()], [], here=here)
            self.facts.show_facts(self._folder_facts())
            return
        self.heading.show([(f"{details.name} ", "accent")], [(f" {head_of(details)} ", "text")], here=here)
        now = datetime.now(UTC)
        self.facts.show_facts(
            facts_of(details, plain=self.reveal.text, left=self.reveal.left, wrong=self._wrong, now=now)
        )

    def _folder_word(self) -> tuple[str, str]:
        ref = self._folder_here
        return (f"{ref.id} ", "accent") if ref is not None else ("", "dim")

    @property
    def _folder_here(self) -> Ref | None:
        """The folder under the cursor, or the one whose note stands there."""
        at = self.table.cursor_id
        at = at.node if isinstance(at, NoteId) else at
        return at if isinstance(at, Ref) else None

    def _folder_facts(self) -> list[Fact]:
        ref = self._folder_here
        if ref is None:
            return []
        if (error := self._failed.get(ref)) is not None:
            what, way_out = explain(error, "Enter below it asks again.")
            return [Fact("failed", [((what, "warn"),), ((way_out, "dim"),)])]
        return [Fact("", [((own("A folder: l opens it, + opens all below it."), "dim"),)])]

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self.set_class(event.widget in (self.facts, self.versions_view), "-reading")
        self.draw_details()

    def on_descendant_blur(self) -> None:
        self.draw_details()

    def on_resource_tree_node_selected(self, event: ResourceTree.NodeSelected) -> None:
        if event.control is self.table:
            self.facts.focus()

    def action_leave(self) -> None:
        if self.focused in (self.facts, self.versions_view):
            self.table.focus()
        else:
            super().action_leave()

    # revealing

    def action_reveal(self) -> None:
        details = self.details
        if details is None:
            return
        if details.is_secret and self.reveal.text is not None:
            self.reveal.mask()
        elif details.is_secret:
            self.do(self._reveal(details))
        elif details.value is not None and self.facts.cut:
            self.do(self._show_whole(details.name, details.value.value))
        else:
            self.shell.notice("Nothing of this parameter is hidden or cut.")

    async def _reveal(self, details: Details) -> None:
        self._wrong = None
        try:
            found = await self.parameters_of(details.ref).value(details.ref.id, decrypt=True)
        except SsmTuiError as error:
            if self.current == details.ref:
                self._wrong = error
                self.draw_details()
            return
        if self.current == details.ref and self.is_current and self.app.app_focus:
            self.reveal.show(found.value)

    async def _show_whole(self, name: str, text: str) -> None:
        from tui.screens._dialogs import Reader  # deferred: opened on a key

        await self.ask(Reader(name, text))

    def on_screen_suspend(self) -> None:
        self.reveal.mask()

    # history

    @property
    def versions(self) -> list[ParameterVersion]:
        """The versions of the parameter under the cursor, the newest first, as far as they are known."""
        return (self.details.versions or []) if self.details is not None else []

    @property
    def version_now(self) -> ParameterVersion | None:
        """The version under the history's cursor."""
        at = self.versions_view.cursor_id
        return next((version for version in self.versions if version.version == at), None)

    def on_resource_table_row_selected(self, event: ResourceTable.RowSelected) -> None:
        version = self.version_now
        if self.details is not None and version is not None:
            labels = f" ({', '.join(version.labels)})" if version.labels else ""
            self.app.push_screen(VersionValue(self.parameters_of(self.details.ref), version, labels=labels))

    def action_diff(self) -> None:
        table = self.versions_view
        two = two_of(self.versions, table.marked_ids, table.cursor_id)
        if two and self.details is not None:
            self.reveal.mask()
            self.app.push_screen(VersionDiff(self.parameters_of(self.details.ref), *two, self.shell.glyphs))
