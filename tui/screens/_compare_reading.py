"""Both sides of a comparison, read page after page, and the rows that they make as soon as both sides of one are known.

A path that only one side has so far is no row yet: only when the other side is whole is it known to lack it.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from tui.errors import AccessDenied, Cancelled, SsmTuiError, UsageError
from tui.screens._base import ConsoleScreen, explain
from tui.screens._compare_rows import cells_of, settled
from tui.screens._compare_sides import Side, short, sides_of
from tui.services.parameter_compare import Difference, DifferenceState, Value, compare, subtree_at
from tui.services.parameter_names import folder_of, relative_to
from tui.services.parameters import Parameters
from tui.widgets.cells import own
from tui.widgets.columns import Column
from tui.widgets.resource_table import ResourceTable

TELLS = 0.1
"""Seconds for which pages, ten parameters each, are gathered before what they made is told."""
SLICE = 0.004
"""Seconds that making rows takes from the keys at once."""
AT_ONCE = 500
"""Rows that a table takes at once, between two keys."""
SMALL = 2000
"""Rows up to which a table is given all of them anew within a frame."""
HEADING = 30
"""Cells of a side's name above its column."""


def columns_of(left: str, right: str) -> list[Column]:
    """Give the table's columns, those of the values named by their sides."""
    return [
        Column("state", "State", kind="status", min_width=12, max_width=12, priority=80),
        Column("path", "Path", min_width=10, max_width=60, priority=95, head=True),
        Column("left", left, min_width=8, max_width=60, priority=60),
        Column("right", right, min_width=8, max_width=60, priority=60),
    ]


class SideRead:
    """What was read of one side so far, by the path below it; `past` says how far its histories are."""

    def __init__(self) -> None:
        self.found: dict[str, Value] = {}
        self.whole = False
        self.error: SsmTuiError | None = None
        self.past: tuple[int, int] | None = None
        self.lost = 0


class CompareReading(ConsoleScreen):
    """Reads two sides and keeps their rows; `CompareScreen` has the rest."""

    STATES_IN_TABLE = True
    LOADING = "Reading both sides…"

    def __init__(self, argument: Any = None, state: dict[str, Any] | None = None) -> None:
        super().__init__(argument, state)
        self.sides: tuple[Side, Side] | None = None
        self.differences: dict[str, Difference] = {}
        self.counted: Counter[DifferenceState] = Counter()
        self.shows_same = bool(self._state.get("same"))
        self.read = (SideRead(), SideRead())
        self.grid = ResourceTable(columns_of("Left", "Right"), fields=self._fields)
        self.grid.flashes = False
        self.is_reading = False
        self._fills = False
        self._order: list[str] = []
        self._told = 0.0

    # what a subclass says

    def draw_head(self) -> None:
        """Draw what is said above the rows."""

    def draw_row(self) -> None:
        """Draw what is said of the row under the cursor."""

    # which sides

    @property
    def words(self) -> tuple[str, str]:
        """The names of both sides, with their contexts where several are open."""
        if self.sides is None:
            return "left", "right"
        left, right = self.sides
        several = left.context != right.context or len(self.shell.services.contexts) > 1
        return left.word(several=several), right.word(several=several)

    def _fields(self, row: Any) -> dict[str, str]:
        """Give what a filter can ask for beside the columns: the types."""
        found = self.differences.get(row)
        if found is None:
            return {}
        return {"type": "\n".join(side.type.value for side in (found.left, found.right) if side is not None)}

    def concerns(self, context: str) -> bool:
        return self.sides is None or context in {side.context for side in self.sides}

    def begin(self) -> None:
        try:
            self.sides = sides_of(str(self.argument or ""), self.shell.services, datetime.now(UTC))
        except UsageError as error:
            self._forget()
            self.set_phase("empty", error.message, error.hint)
            self.draw_head()
            return
        left, right = self.words
        self.grid.set_columns(columns_of(short(left, HEADING), short(right, HEADING)))
        self._begin_to_read()

    def contexts_changed(self) -> None:
        self.workers.cancel_group(self, "compare")
        self.is_reading, self.sides = False, None
        self._forget()
        super().contexts_changed()

    def reload(self) -> None:
        if self.sides is None or not self.shell.is_connected:
            super().reload()
        else:
            self._begin_to_read()

    def give_up(self) -> bool:
        if not self.is_reading:
            return super().give_up()
        self.workers.cancel_group(self, "compare")
        self.is_reading = False
        self.fail(Cancelled("Reading was cancelled.", hint="R reads again."))
        self.draw_head()
        return True

    @property
    def is_partial(self) -> bool:
        return self.is_reading or any(side.error is not None for side in self.read)

    @property
    def is_done(self) -> bool:
        """Whether all of both sides shows."""
        return not self.is_reading and not self._fills and self.phase != "loading"

    # reading

    def _forget(self) -> None:
        self.differences, self.counted, self.read = {}, Counter(), (SideRead(), SideRead())
        self.rows, self._order = 0, []
        self.grid.clear()

    def _begin_to_read(self) -> None:
        """Read both sides; what shows of them already stays until all of both was read."""
        self.is_reading = True
        self.run_worker(self._compare(), group="compare", exclusive=True, exit_on_error=False)

    async def _compare(self) -> None:
        assert self.sides is not None
        fresh, read = not self.differences, (SideRead(), SideRead())
        self.stale = None
        self._set_stale(False)
        if fresh:
            self.read = read
            self.set_phase("loading")
        both = zip(self.sides, read, strict=True)
        await asyncio.gather(*(self._read_side(side, state, read, fresh) for side, state in both))
        self.is_reading = False
        if any(state.error is not None for state in read):
            self.read = read if fresh else self.read
            self._fail_side(read)
            return
        self.read = read
        await self._take_all()

    async def _read_side(self, side: Side, state: SideRead, read: tuple[SideRead, SideRead], fresh: bool) -> None:
        """Read one side; what both have so far becomes rows at once where nothing showed before."""
        other = read[1] if state is read[0] else read[0]
        try:
            service = self.shell.services.of(Parameters, side.context)
            if side.at is not None:
                await self._read_past(service, side, state)
            else:
                async for page in service.below(side.path):
                    self._take_page(side, state, page, other if fresh else None)
                if folder_of(side.path):
                    self._take_page(side, state, await _itself(service, side.path), other if fresh else None)
            state.whole = True
            self._tell_progress()
        except SsmTuiError as error:
            state.error = error

    async def _read_past(self, service: Parameters, side: Side, state: SideRead) -> None:
        assert side.at is not None

        def tell(done: int, count: int) -> None:
            state.past = (done, count)
            self._tell_soon()

        then = await subtree_at(service, side.path, side.at, progress=tell)
        state.lost = len(then.lost)
        state.found = {relative_to(value.id, side.path): value for value in then.values}

    def _take_page(self, side: Side, state: SideRead, page: Sequence[Value], other: SideRead | None) -> None:
        assert self.sides is not None
        new = {relative_to(value.id, side.path): value for value in page}
        state.found |= new
        both = [path for path in new if other is not None and path in other.found]
        if both:
            left, right = ([state.found[path] for path in both] for state in self.read)
            self._take_some(compare(left, right, left_under=self.sides[0].path, right_under=self.sides[1].path))
        self._tell_soon()

    def _take_some(self, rows: Sequence[Difference]) -> None:
        """Show what is known of some rows while the rest is read."""
        self._order = []
        for row in (settled(row, None) for row in rows):
            self.differences[row.relative] = row
            self.counted[row.state] += 1
        self.grid.add_rows((row.relative, cells_of(row)) for row in rows if self._is_shown(row))
        if self.grid.total and self.phase != "rows":
            self.rows = self.grid.total
            self.set_phase("rows")

    def _tell_soon(self) -> None:
        now = time.monotonic()
        if now - self._told >= TELLS:
            self._told = now
            self.rows = self.grid.total
            self._tell_progress()

    def _tell_progress(self) -> None:
        if self.phase == "loading":
            said = [f"{word}   {self.count_said(state)}" for word, state in zip(self.words, self.read, strict=True)]
            self.say_phase("loading", own(self.LOADING), "\n".join(said))
        self.draw_head()
        self.update_bars()

    def count_said(self, state: SideRead) -> str:
        """Say how much of a side was read."""
        if state.past is not None and not state.whole:
            return own(f"{state.past[0]:,} of {state.past[1]:,} histories…")
        return f"{len(state.found):,}" + (own("…") if self.is_reading and not state.whole else "")

    def _fail_side(self, read: tuple[SideRead, SideRead]) -> None:
        """Say which side could not be read; rows that show stay, and are marked stale."""
        at = next(place for place, state in enumerate(read) if state.error is not None)
        error = read[at].error
        assert error is not None
        if self.rows:
            self.fail(error)
        else:
            other = read[1 - at]
            what, way_out = explain(error, self.AGAIN)
            also = "" if other.error is not None else f"\n{self.words[1 - at]} has {len(other.found):,}, and was read."
            self.set_phase("error", f"{self.words[at]}: {what}", f"{way_out}{also}".strip())
        self.draw_head()

    # rows

    async def _take_all(self) -> None:
        """Make the rows of both sides, now that they are whole, in the order of their paths."""
        assert self.sides is not None
        left, right = ([*state.found.values()] for state in self.read)
        unders = {"left_under": self.sides[0].path, "right_under": self.sides[1].path}
        self._fills = True
        # Many thousands take longer than a frame: the keys go on meanwhile.
        rows = await asyncio.to_thread(compare, left, right, **unders)
        before, found, counted = self.differences, dict[str, Difference](), Counter[DifferenceState]()

        def take(row: Difference) -> None:
            row = settled(row, before.get(row.relative))
            found[row.relative] = row
            counted[row.state] += 1

        await in_slices(rows, take)
        self.differences, self.counted = found, counted
        await self.fill()

    def _is_shown(self, row: Difference) -> bool:
        return self.shows_same or row.state is not DifferenceState.SAME

    async def fill(self) -> None:
        """Have the table show the rows in their order; cursor and marks stay with their paths."""
        self._fills = True
        try:
            await self._fill()
        finally:
            self._fills = False
        self.say_rows()

    async def _fill(self) -> None:
        grid, cursor, marks = self.grid, self.grid.cursor_id, self.grid.marked_ids
        made: list[tuple[str, Any]] = []

        def make(row: Difference) -> None:
            if self._is_shown(row):
                made.append((row.relative, cells_of(row)))

        await in_slices(self.differences.values(), make)
        order = [path for path, _ in made]
        first = grid.ids[:1]
        if len(made) <= SMALL and grid.total <= SMALL:
            grid.set_rows(made)
            if [cursor] == first:
                grid.begin_at_top()
            self._order = order
            return
        with self.app.batch_update():
            if other := order != self._order:
                # Thousands of rows that come and go at once take longer than a frame; page after page they do not.
                grid.clear()
                self._order = []
            for start in range(0, len(made), AT_ONCE):
                grid.add_rows(made[start : start + AT_ONCE])
                await asyncio.sleep(0)
            if other:
                grid.begin_at_top()
                grid.mark([path for path in marks if path in self.differences])
                if cursor is not None and [cursor] != first:
                    grid.move_to(cursor)
        self._order = order

    def say_rows(self) -> None:
        """Say rows, or why there are none: nothing on either side, or nothing but what is the same."""
        self.rows = self.grid.total
        if self.rows:
            self.set_phase("rows")
        elif self.differences:
            count = len(self.differences)
            what = "The one parameter is" if count == 1 else f"All {count:,} parameters are"
            self.set_phase("empty", f"{what} the same on both sides.", "= shows what is the same.")
        else:
            self.set_phase("empty", "Nothing is on either side.", "e chooses other sides.")
        if self.rows and self._state:
            self._restore_rows()
        self.draw_head()
        self.draw_row()
        self.update_hints()

    def take_row(self, row: Difference) -> None:
        """Have a row be another one from now on; one with nothing on either side goes."""
        before = self.differences.get(row.relative)
        if before is not None:
            self.counted[before.state] -= 1
        gone = row.left is None and row.right is None
        for state, value in zip(self.read, (row.left, row.right), strict=True):
            if value is None:
                state.found.pop(row.relative, None)
            else:
                state.found[row.relative] = value
        if gone:
            self.differences.pop(row.relative, None)
        else:
            self.differences[row.relative] = row
            self.counted[row.state] += 1
        if not gone and self._is_shown(row):
            self.grid.update_row(row.relative, cells_of(row))
        else:
            self._order = []
            self.grid.remove_row(row.relative)


async def _itself(service: Parameters, path: str) -> Sequence[Value]:
    """Give the parameter that a side's path itself names, if there is one; who may only read below it has none."""
    try:
        found, _ = await service.values([path])
    except AccessDenied:
        return ()
    return found


async def in_slices(things: Iterable[Any], do: Callable[[Any], object]) -> None:
    """Do something with each thing, and let keys come in between."""
    began = time.perf_counter()
    for place, thing in enumerate(things):
        do(thing)
        if not place % 32 and time.perf_counter() - began > SLICE:
            await asyncio.sleep(0)
            began = time.perf_counter()
