"""Who uses a parameter: a window that lists what refers to it, as it is found, and names what could not be read."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding

from tui.errors import SsmTuiError
from tui.screens._base import explain
from tui.screens._dialogs import Reader
from tui.screens._form_dialog import Facts
from tui.services.documents import Documents
from tui.services.parameter_names import is_below
from tui.services.parameter_uses import ParameterUses, Use, UseKind, Uses
from tui.theming import Glyphs
from tui.widgets.cells import own
from tui.widgets.columns import Column
from tui.widgets.overlay import Overlay
from tui.widgets.resource_table import ResourceTable
from tui.widgets.top_bar import Word

COLUMNS = [
    Column("kind", "What", max_width=10, priority=60),
    Column("name", "Name", min_width=10, max_width=48, priority=95, head=True),
    Column("where", "Where", max_width=24, priority=50),
    Column("reference", "Says", min_width=12, max_width=60, priority=80),
]
GAPS = 5
"""Sentences about what could not be read that show."""


class UsesWindow(Overlay[None]):
    """Looks while it is open; Enter shows a document at the reference."""

    AUTO_FOCUS = "ResourceTable"
    DEFAULT_CSS = """
    UsesWindow { background: $background; }
    UsesWindow ResourceTable { height: 1fr; }
    UsesWindow Facts { background: $bar; margin: 0; }
    """
    HELP_GROUP = "Who uses it"
    BINDINGS = [
        Binding("R", "again", "again", tooltip="Look again", id="uses.again"),
        Binding("c", "copy", "copy", tooltip="Copy the name of what refers to it", id="uses.copy"),
    ]

    def __init__(
        self,
        title: str,
        uses: ParameterUses,
        documents: Documents,
        glyphs: Glyphs,
        *,
        paths: Collection[str] = (),
        below: str = "",
    ) -> None:
        super().__init__()
        self._title, self._uses, self._documents, self._glyphs = title, uses, documents, glyphs
        self._paths, self._below = paths, below
        self.found: tuple[Use, ...] = ()
        self.last = Uses()
        self.is_looking = False
        self._fault = ""
        self.head, self.gaps, self.keys = Facts(most=2), Facts(most=GAPS + 1), Facts(most=1)
        self.grid = ResourceTable(COLUMNS, glyphs=glyphs)
        self.grid.flashes = False

    def compose(self) -> ComposeResult:
        yield self.head
        yield self.grid
        yield self.gaps
        yield self.keys

    def on_mount(self) -> None:
        self.action_again()

    def action_again(self) -> None:
        self.found, self.last, self._fault, self.is_looking = (), Uses(), "", True
        self.grid.clear()
        self._draw()
        self.run_worker(self._look(), group="uses", exclusive=True, exit_on_error=False)

    async def _look(self) -> None:
        try:
            self._heard(await self._uses.of(self._paths, progress=self._heard))
        except SsmTuiError as error:
            self._fault = " ".join(explain(error))
        finally:
            self.is_looking = False
            if self.is_attached:
                self._draw()

    def _heard(self, uses: Uses) -> None:
        """Take what was found so far."""
        new = uses.found[len(self.last.found) :]
        self.last = uses
        fitting = [use for use in new if not self._below or is_below(use.path, self._below)]
        start = len(self.found)
        self.found += tuple(fitting)
        self.grid.add_rows((place, _cells(use)) for place, use in enumerate(fitting, start))
        if self.is_attached:
            self._draw()

    def _draw(self) -> None:
        count, looked = len(self.found), self.last.looked_at
        said: list[Word] = [(f" {count:,} reference{'s' * (count != 1)}", "good" if count else "text")]
        said.append(
            (f"  in {looked:,} text{'s' * (looked != 1)}" + (own(" so far…") if self.is_looking else ""), "dim")
        )
        self.head.show([[(f" Who uses {self._title}", "accent")], said])
        if self._fault:
            self.grid.state, self.grid.message = "error", self._fault
        elif self.is_looking:
            self.grid.state, self.grid.message = "loading", own("Looking into documents and templates…")
        else:
            where = "documents" if not self._uses.on_aws else "documents and CloudFormation templates"
            missing = "\nNot all could be read: see below." if self.last.gaps else ""
            self.grid.state = "rows" if count else "empty"
            self.grid.message = f"Nothing refers to it in the account's own {where}.{missing}"
        gaps: list[list[Word]] = [[(f" {self._glyphs.warn} ", "warn"), (gap, "warn")] for gap in self.last.gaps[:GAPS]]
        if more := len(self.last.gaps) - GAPS:
            gaps += [[(f"   and {more:,} more could not be read", "warn")]] if more > 0 else []
        self.gaps.show(gaps)
        self.keys.show([[(own(" ⏎ shows the document   c copy   R again   esc close"), "dim")]])

    @property
    def current(self) -> Use | None:
        """The use under the cursor."""
        place = self.grid.cursor_id
        return self.found[place] if isinstance(place, int) and place < len(self.found) else None

    def on_resource_table_row_selected(self, event: Any) -> None:
        event.stop()
        self.action_open()

    def action_open(self) -> None:
        use = self.current
        if use is None:
            return
        if use.kind is not UseKind.DOCUMENT:
            self.keys.show([[(f" The stack {use.name} is read in CloudFormation itself; c copies its name.", "warn")]])
            return
        self.run_worker(self._open(use), group="open", exclusive=True, exit_on_error=False)

    async def _open(self, use: Use) -> None:
        try:
            content = await self._documents.get(use.name)
        except SsmTuiError as error:
            self.keys.show([[(f" {explain(error, '')[0]}", "bad")]])
            return
        reader = Reader(f"{use.name} {use.where}", content.content)
        await self.app.push_screen(reader)
        reader.look_for(use.path, 1)

    def action_copy(self) -> None:
        copy: Callable[[str, str], None] | None = getattr(self.app, "copy", None)
        if self.current is not None and copy is not None:
            copy(self.current.name, "the name")


def _cells(use: Use) -> tuple[Any, ...]:
    return (use.kind.value, "accent"), use.name, (use.where, "muted"), use.reference.text
