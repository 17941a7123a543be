"""Find: parameters by name, value, tag, type, age and expiry; what is found shows as it is found."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding

from tui.errors import Cancelled, SsmTuiError, UsageError
from tui.ports import Ref
from tui.screens._base import COPY, YAML, ConsoleScreen, explain
from tui.screens._context_cells import COLUMNS as CONTEXTS
from tui.screens._context_cells import context_cells, context_fields
from tui.screens._find_words import FieldsError, read_line, said_of, search_of
from tui.screens._form_dialog import Facts
from tui.screens._parameter_rows import COLUMNS as ABOUT
from tui.screens._parameter_rows import cells_of, row_of
from tui.services.parameter_finding import Search, find
from tui.services.parameter_models import Parameter
from tui.services.parameters import Parameters
from tui.widgets.cells import own
from tui.widgets.columns import Column
from tui.widgets.resource_table import ResourceTable
from tui.widgets.top_bar import Word

TELLS = 0.1
"""Seconds for which pages are gathered before what they have is told."""
COLUMNS = [Column("path", "Parameter", min_width=16, max_width=80, priority=95, head=True), *ABOUT]
PLACE = 1
"""Where the columns of contexts stand."""


class FindScreen(ConsoleScreen):
    """What was found; its argument is words such as `db expires=14d`, or a mapping that the form begins with."""

    NOUN, TITLE = "find", "Find"
    LOADING = "Looking…"
    EMPTY = ("Nothing is looked for yet.", "e says what: a name, a value, a tag, a type, an age, an expiry.")
    STATES_IN_TABLE = True
    BINDINGS = [
        Binding("e", "edit", "look for", tooltip="Look for something else", id="find.edit"),
        Binding("X", "stop", "stop", tooltip="Stop looking; what was found stays", id="find.stop"),
        COPY,
        YAML,
    ]
    DEFAULT_CSS = """
    FindScreen ResourceTable { height: 1fr; }
    FindScreen #find-head { background: $bar; margin: 0; }
    """

    def __init__(self, argument: Any = None, state: dict[str, Any] | None = None) -> None:
        super().__init__(argument, state)
        self.search: Search | None = None
        self.typed: dict[str, str] = dict(self._state.get("typed", {}))
        self.found: dict[Ref, Parameter] = {}
        self.looked_at: dict[str, int] = {}
        self.is_looking = False
        self.faults: dict[str, SsmTuiError] = {}
        self.head = Facts(most=2)
        self.head.id = "find-head"
        self.grid = ResourceTable(COLUMNS, fields=self._fields)
        self.grid.flashes = False
        self._told = 0.0
        self._asks = False

    def compose_body(self) -> ComposeResult:
        self.grid.glyphs = self.shell.glyphs
        yield self.head
        yield self.grid

    def save_state(self) -> dict[str, Any]:
        return super().save_state() | {"typed": self.typed}

    # what is looked for

    def begin(self) -> None:
        wanted = several_columns(self)
        if len(wanted) != len(self.grid.columns):
            self.grid.set_columns(wanted)
        if self.is_looking:
            self.set_phase("rows" if self.rows else "loading")
            return
        if self.looked_at:
            self._settle_phase()  # a link that was lost and found again takes nothing away
            return
        try:
            if isinstance(self.argument, Mapping) and not self.typed:
                self.typed = dict(self.argument)
            elif self.argument or self.typed:
                self.typed = self.typed or read_line(str(self.argument))
                self.search = search_of(self.typed)
        except (UsageError, FieldsError) as error:
            self.set_phase("empty", error.message, error.hint or "e asks.")
            return
        if self.search is not None:
            self.look()
        else:
            self.set_phase("empty")
            if not self._asks:
                self.action_edit()

    def contexts_changed(self) -> None:
        self.workers.cancel_group(self, "find")
        self.is_looking = False
        self._forget()
        super().contexts_changed()

    def reload(self) -> None:
        if self.search is None or not self.shell.is_connected:
            super().reload()
        else:
            self.look()

    def _forget(self) -> None:
        self.found, self.looked_at, self.faults, self.rows = {}, {}, {}, 0
        self.grid.clear()

    # looking

    def look(self) -> None:
        """Look anew, in every context that is open."""
        self._forget()
        self.is_looking = True
        self.stale = None
        self._set_stale(False)
        self.set_phase("loading")
        self.draw_head()
        self.run_worker(self._look_everywhere(), group="find", exclusive=True, exit_on_error=False)

    async def _look_everywhere(self) -> None:
        assert self.search is not None
        search, now = self.search, datetime.now(UTC)
        await asyncio.gather(*(self._look_in(one, search, now) for one in self.shell.services.each(Parameters)))
        self.is_looking = False
        self._settle_phase()

    async def _look_in(self, service: Parameters, search: Search, now: datetime) -> None:
        try:
            async for page in find(service, search, now=now):
                self.looked_at[service.context] = page.looked_at
                self._take(page.parameters)
        except SsmTuiError as error:
            self.faults[service.context] = error

    def _take(self, parameters: Sequence[Parameter]) -> None:
        if parameters:
            self.found |= {one.ref: one for one in parameters}
            self.grid.add_rows((one.ref, self._cells(one)) for one in parameters)
            self.rows = self.grid.total
            if self.phase != "rows":
                self.set_phase("rows")
                self.grid.begin_at_top()
        now = time.monotonic()
        if now - self._told >= TELLS:
            self._told = now
            self.draw_head()
            self.update_bars()
            self.update_hints()

    def _settle_phase(self) -> None:
        """Say how it ended: rows, nothing, or what failed where."""
        contexts = self.shell.services.contexts
        failed = next(iter(self.faults.items()), None)
        if failed is not None and (self.rows or len(self.faults) < len(contexts)):
            self.stale = failed[1]
            self.troubles = dict(self.faults) if len(contexts) > 1 else {}
        if self.rows:
            self.set_phase("rows")
        elif failed is not None:
            what, way_out = explain(failed[1], self.AGAIN)
            self.set_phase("error", f"{failed[0]}: {what}" if len(contexts) > 1 else what, way_out)
        else:
            self.set_phase(
                "empty", f"Nothing of that was found among {self._count_said}.", "e looks for something else."
            )
        self.draw_head()
        self.update_hints()

    @property
    def _count_said(self) -> str:
        count = sum(self.looked_at.values())
        return f"{count:,} parameter{'s' * (count != 1)}"

    @property
    def is_partial(self) -> bool:
        return self.is_looking or bool(self.faults)

    def give_up(self) -> bool:
        if not self.is_looking:
            return super().give_up()
        self.workers.cancel_group(self, "find")
        self.is_looking = False
        if self.rows:
            self.shell.notice(f"Stopped after {self._count_said}; R looks again.")
            self.set_phase("rows")
        else:
            self.fail(Cancelled(f"Stopped after {self._count_said}.", hint="R looks again."))
        self.draw_head()
        self.update_hints()
        return True

    # drawing

    def draw_head(self) -> None:
        """Say what is looked for, and among how many it was."""
        if self.search is None or not self.is_attached:
            self.head.show([])
            return
        dot = f" {self.shell.glyphs.dot} "
        said = self._count_said + (own(" so far…   esc stops") if self.is_looking else " looked at")
        lines: list[list[Word]] = [[(" Find  ", "dim"), (dot.join(said_of(self.search)), "accent")]]
        lines.append([(f" {len(self.found):,} found", "good" if self.found else "text"), (f"  of {said}", "dim")])
        self.head.show(lines)

    def _cells(self, parameter: Parameter) -> Sequence[Any]:
        where = context_cells(self, parameter.context)
        return (parameter.id, *where, *cells_of(row_of(parameter), self.shell.glyphs))

    def _fields(self, ref: Any) -> Mapping[str, str]:
        return context_fields(self.shell, ref.context) if isinstance(ref, Ref) else {}

    @property
    def current(self) -> Parameter | None:
        """The parameter under the cursor."""
        ref = self.grid.cursor_id
        return self.found.get(ref) if isinstance(ref, Ref) else None

    def on_resource_table_row_highlighted(self) -> None:
        self.update_hints()

    # what one may do

    def refusal(self, action: str) -> str:
        if action == "stop" and not self.is_looking:
            return "nothing is looked for now"
        if action in ("copy", "yaml", "open") and self.current is None:
            return "nothing was found yet" if self.is_looking else "no parameter is shown"
        return super().refusal(action)

    def copies(self) -> dict[str, str]:
        one = self.current
        return {"name": one.name, "ARN": one.arn} if one is not None else {}

    async def raw(self) -> tuple[str, Any]:
        one = self.current
        if one is None:
            return "", None
        return one.id, await self.shell.services.of(Parameters, one.context).raw(one.name)

    def on_resource_table_row_selected(self, event: ResourceTable.RowSelected) -> None:
        if isinstance(event.row, Ref):
            self.shell.go("parameters", self.shell.services.word(event.row))

    def action_leave(self) -> None:
        if not self.is_looking or not self.give_up():
            super().action_leave()

    def action_stop(self) -> None:
        self.give_up()

    def action_edit(self) -> None:
        self._asks = True
        self.do(self._edit())

    async def _edit(self) -> None:
        from tui.screens._find_form import FindForm  # deferred: opened on a key

        try:
            answer = await self.ask(FindForm(self.typed))
        finally:
            self._asks = False
        if answer is not None:
            self.search, self.typed = answer
            self.look()
        elif self.search is None:
            self.shell.back_up()


def several_columns(screen: FindScreen) -> list[Column]:
    """Give the columns, those of contexts among them where several are open."""
    return [*COLUMNS[:PLACE], *CONTEXTS, *COLUMNS[PLACE:]] if len(screen.shell.contexts) > 1 else COLUMNS
