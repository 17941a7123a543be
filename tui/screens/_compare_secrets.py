"""The secrets of a comparison: compared in memory when asked, and one of them shown for some seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from tui.errors import SsmTuiError
from tui.screens._base import explain
from tui.screens._compare_reading import CompareReading
from tui.screens._compare_rows import is_secret
from tui.screens._compare_sides import Side
from tui.screens._parameter_reveal import MasksAgain, Reveal
from tui.services.parameter_compare import Difference, DifferenceState, Value
from tui.services.parameters import AT_ONCE, Parameters
from tui.widgets.cells import own
from tui.widgets.top_bar import Word

_BETWEEN = "\0"
"""Stands between two plaintexts that show together: no value has it."""


class CompareSecrets(CompareReading, MasksAgain):
    """Keeps of a secret only whether both sides are the same; `CompareScreen` has the rest."""

    def __init__(self, argument: Any = None, state: dict[str, Any] | None = None) -> None:
        super().__init__(argument, state)
        self.reveal = Reveal(self, self.draw_row)
        self._revealed = ""
        self._asked: tuple[int, int] | None = None

    def on_screen_suspend(self) -> None:
        self.reveal.mask()

    def standing_words(self) -> list[Word]:
        if self._asked is None:
            return super().standing_words()
        done, count = self._asked
        return [(own(f"Comparing secrets… {done:,} of {count:,}   ctrl+c stops"), "accent")]

    def give_up(self) -> bool:
        if self._asked is None:
            return super().give_up()
        self.workers.cancel_group(self, "secrets")
        self._asked = None
        self.update_bars()
        return True

    # one that shows

    def plain_of(self, row: Difference) -> tuple[str | None, str | None] | None:
        """Give the plain values of a row that is revealed, else None."""
        text = self.reveal.text
        if text is None or self._revealed != row.relative:
            return None
        left, _, right = text.partition(_BETWEEN)
        return (left if row.left else None, right if row.right else None)

    async def fetch_plain(self, row: Difference) -> tuple[str | None, str | None]:
        """Fetch both plain values of a row as they were when they were compared."""
        assert self.sides is not None
        both = zip(self.sides, (row.left, row.right), strict=True)
        left, right = await asyncio.gather(*(self._plain(side, value) for side, value in both))
        return left, right

    async def _plain(self, side: Side, value: Value | None) -> str | None:
        if value is None or not is_secret(value):
            return value.value if value else None
        service = self.shell.services.of(Parameters, side.context)
        return (await service.value(f"{value.name}:{value.version}", decrypt=True)).value

    async def show_secret(self, row: Difference) -> None:
        """Show both values of a row for some seconds, unless one has looked away meanwhile."""
        left, right = await self.fetch_plain(row)
        if self.grid.cursor_id == row.relative and self.is_current and self.app.app_focus:
            self._revealed = row.relative
            self.reveal.show(f"{left or ''}{_BETWEEN}{right or ''}")

    def moved_to(self, path: object) -> None:
        """Mask what showed of another row."""
        if path != self._revealed:
            self.reveal.mask()

    # all that are asked for

    def ask_secrets(self, rows: Sequence[Difference]) -> None:
        """Decrypt both sides of rows, and tell which are the same; no plaintext outlives its comparison."""
        self.run_worker(self._ask_guarded(rows), group="secrets", exclusive=True, exit_on_error=False)

    async def _ask_guarded(self, rows: Sequence[Difference]) -> None:
        states: list[DifferenceState] = []
        try:
            await self._ask(rows, states)
        except SsmTuiError as error:
            left = f" {len(states):,} of {len(rows):,} were compared." if states else ""
            self.shell.notice(f"{' '.join(explain(error, ''))}{left}", "bad")
        else:
            count, differ = len(states), states.count(DifferenceState.DIFFERENT)
            said = f"{count:,} secret{'s were' if count != 1 else ' was'} compared: {differ:,} differ"
            self.shell.notice(f"{said}, {count - differ:,} the same.", "good")
        finally:
            self._asked = None
            if self.is_attached:
                self.update_bars()

    async def _ask(self, rows: Sequence[Difference], states: list[DifferenceState]) -> None:
        assert self.sides is not None
        for start in range(0, len(rows), AT_ONCE):
            self._asked = (start, len(rows))
            self.update_bars()
            batch = rows[start : start + AT_ONCE]
            lefts, rights = await asyncio.gather(
                self._plain_values(self.sides[0], [row.left for row in batch]),
                self._plain_values(self.sides[1], [row.right for row in batch]),
            )
            for row in batch:
                left, right = (
                    plain.get(value.id) if value is not None else None
                    for plain, value in ((lefts, row.left), (rights, row.right))
                )
                if left is None or right is None or row.relative not in self.differences:
                    continue  # it went meanwhile: R reads again
                states.append(DifferenceState.SAME if left == right else DifferenceState.DIFFERENT)
                self.take_row(row._replace(state=states[-1]))
        self.say_rows()

    async def _plain_values(self, side: Side, values: Sequence[Value | None]) -> dict[str, str]:
        service = self.shell.services.of(Parameters, side.context)
        names = [f"{value.name}:{value.version}" for value in values if value is not None]
        found, _ = await service.values(names, decrypt=True)
        return {value.id: value.value for value in found}
