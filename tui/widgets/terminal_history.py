"""Looking back in a terminal: which lines are in view, where one's cursor is among them, what is selected and found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.widgets.cells import own
from tui.widgets.terminal_lines import Lines, Spot
from tui.widgets.terminal_places import place_of, spot_of
from tui.widgets.terminal_search import Search
from tui.widgets.terminal_selection import Kind, Selection, whole_lines

if TYPE_CHECKING:
    from tui.emulator.terminal import Terminal

FURTHEST = 2500
"""Lines of which some are wrapped by a new size, or by one call of `settle`."""


class LookingBack:
    """The view's place, `offset` lines above the live screen; new output doesn't move what is shown.

    While one looks back (`looking`) the last row of the pane is the note's, so the view ends a row higher: at an offset
    of -1 the newest line stands right above the note.
    """

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self.lines = Lines(terminal)
        self.search = Search(self.lines)
        self.selection: Selection | None = None
        self.looking = False
        self.offset = 0
        self.cursor = Spot(0, 0)
        self.typing: str | None = None
        """What is typed of a search, None where one types none."""
        self._pushed = terminal.pushed
        self._came_from = (Spot(0, 0), 0)
        self._alternate = False
        self._anchor = Spot(0, 0)

    @property
    def top(self) -> int:
        """The line in the first row, as `Lines` counts."""
        return self._terminal.pushed - self.offset

    def shown_from(self, *, ended: bool) -> int:
        """Give the line that the first row shows: where the far end has `ended` the text moves up for the note."""
        terminal = self._terminal
        moves = ended and not self.looking and not self.offset
        return self.top + (moves and bool(terminal.text_of(terminal.scrollback + terminal.rows - 1)))

    @property
    def page(self) -> int:
        return max(1, self._terminal.rows - 1)

    @property
    def note(self) -> str:
        """What one is told: the search as it is typed, else where one is and the keys."""
        if self.typing is not None:
            said = f"  {self.search.said}" if self.search.needle else ""
            return f"/{self.typing}{own(said)}"
        if self.selection is not None:
            rows = self.selection.rows
            counted = f"{rows} lines" if rows > 1 else "a part of one line"
            return own(f" {counted} selected · y copy · esc drop · q leave ")
        if self.search.needle:
            return own(f" {self.search.said} · n older · N newer · v select · esc clear · q leave ")
        back = max(self.offset, 0)
        return own(f" back {back} of {self._terminal.scrollback} lines · / search · v select · o link · q leave ")

    # In and out

    def enter(self) -> None:
        """Begin to look back, with the cursor where one types, or in the middle of what is looked at."""
        if self.looking:
            return
        self.looking = True
        cursor = self._terminal.cursor
        if self.offset <= 0:
            self.cursor = Spot(self.lines.screen + cursor.row, cursor.column)
        else:
            self.cursor = Spot(self.top + self.page // 2, 0)
        self.show(self.cursor)

    def leave(self) -> None:
        """Be at the live screen again."""
        self.offset, self.typing, self.selection, self.looking = 0, None, None, False
        self.search.clear()

    def follow(self) -> bool:
        """Keep the same lines in view after new output; True if the view had to move, for want of older lines."""
        terminal = self._terminal
        grown, self._pushed = terminal.pushed - self._pushed, terminal.pushed
        alternate = terminal.modes.alternate if self.selection is not None else self._alternate
        moved = False
        gone = alternate != self._alternate
        if self.selection is not None and (gone or self.selection.start.line < self.lines.first):
            self.selection = None
            moved = True
        self._alternate = alternate
        if self.looking or self.offset > 0:
            wanted = self.offset + grown
            self.offset = max(-1 if self.looking else 0, min(wanted, terminal.scrollback))
            if self.looking:
                self.cursor = Spot(self.lines.clamp(self.cursor.line), self.cursor.column)
            moved = moved or self.offset != wanted
        return moved

    def resize(self, rows: int, columns: int) -> None:
        """Give the terminal a new size; what one looks at stays in view, nothing is selected any more."""
        terminal, lines = self._terminal, self.lines
        spots, known = self._spots(), lines.screen + terminal.cursor.row
        stays = terminal.modes.alternate or not (self.looking or self.offset > 0)
        # The older lines are wrapped later, and keep their numbers until then.
        above = max(lines.first, lines.screen - FURTHEST)
        places = [None if stays or spot.line < above else place_of(lines, lines.nearest(spot), known) for spot in spots]
        terminal.resize(rows, columns)
        known = lines.screen + terminal.cursor.row
        spots = [
            spot if place is None else spot_of(lines, place, known) for spot, place in zip(spots, places, strict=True)
        ]
        self.selection = None
        self._pushed = terminal.pushed
        self._take_spots(spots)
        if self.looking:
            self.show(self.cursor)

    def settle(self) -> tuple[bool, bool]:
        """Have more of the older lines wrapped for a new width: whether none is left, and whether any has changed."""
        terminal, lines = self._terminal, self.lines
        below = lines.first + terminal.unsettled
        spots = self._spots()
        places = [
            place_of(lines, spot, below) if max(below - FURTHEST, lines.first) <= spot.line < below else None
            for spot in spots
        ]
        settled = terminal.settle()
        above = lines.first + terminal.unsettled
        taken = terminal.settled
        more = below - above - taken
        if not more:
            return settled, taken > 0
        moved = []
        for spot, place in zip(spots, places, strict=True):
            if spot.line < below - taken:
                spot = Spot(spot.line - more, spot.column)
            elif place is not None:
                spot = spot_of(lines, place, below)
            moved.append(spot)
        self._take_spots(moved)
        return settled, True

    def _spots(self) -> list[Spot]:
        """Give the cells that are to stay at their characters."""
        chosen = self.selection
        ends = [self._anchor, *((chosen.anchor, chosen.head) if chosen is not None else ())]
        return [Spot(self.top, 0), self.cursor, self.search.kept or self.cursor, self._came_from[0], *ends]

    def _take_spots(self, spots: list[Spot]) -> None:
        """Take cells, in the order of `_spots`, as they are after lines were wrapped."""
        row = self.cursor.line - self.top
        top, self.cursor, _, came_from, self._anchor, *ends = (self.lines.nearest(spot) for spot in spots)
        if self.looking:
            # The row that the cursor is in stays, though the lines above it become more or fewer.
            top = Spot(self.cursor.line - max(0, min(row, self.page - 1)), 0)
        before = self._came_from[1]
        if self.offset > 0:
            before += self._terminal.pushed - top.line - self.offset if before > 0 else 0
            self.offset = self._terminal.pushed - top.line
        self.offset = max(-1 if self.looking else 0, min(self.offset, self._terminal.scrollback))
        self._came_from = (came_from, min(before, self._terminal.scrollback))
        self.search.renew(spots[2])  # it may stand behind the edge, in a line that isn't wrapped yet
        if self.selection is not None and ends:
            self.selection = Selection(ends[0], ends[1], self.selection.kind)

    # Moves

    def scroll(self, lines: int) -> bool:
        """Move the view up by `lines` (down where negative), the cursor with it where it would leave; False where that
        changes nothing."""
        before = self.offset
        low = -1 if self.looking else 0
        self.offset = max(low, min(self.offset + lines, self._terminal.scrollback))
        if self.looking:
            line = max(self.top, min(self.cursor.line, self.top + self.page - 1))
            self.cursor = Spot(line, self.cursor.column)
        return self.offset != before

    def show(self, spot: Spot) -> None:
        """Put the cursor there, and bring it into view: at the edge where it is near, else into the middle."""
        self.cursor = Spot(self.lines.clamp(spot.line), max(0, min(spot.column, self._terminal.columns - 1)))
        above, below = self.top - self.cursor.line, self.cursor.line - (self.top + self.page - 1)
        if max(above, below) > self.page:
            above, below = self.top - self.cursor.line + self.page // 2, 0
            self.offset += above
        elif above > 0:
            self.offset += above
        elif below > 0:
            self.offset -= below
        self.offset = max(-1, min(self.offset, self._terminal.scrollback))
        if self.selection is not None and self.looking:
            self.stretch()

    # Selecting

    def select(self, kind: Kind) -> None:
        """Begin a selection at the cursor, or make the one that is there of this kind; the same again drops it."""
        if self.selection is not None and self.selection.kind == kind:
            self.selection = None
            return
        if self.selection is None:
            self._anchor = self.cursor
        self.selection = Selection(self._anchor, self.cursor, kind)
        self.stretch()

    def stretch(self) -> None:
        """Let the selection that was begun by keys reach to the cursor."""
        if self.selection is None:
            return
        if self.selection.kind == "lines":
            self.selection = whole_lines(self.lines, self._anchor, self.cursor)
        else:
            self.selection = Selection(self._anchor, self.cursor, self.selection.kind)

    def take(self, selection: Selection | None) -> None:
        """Select what the mouse went over."""
        self.selection = selection
        self._alternate = self._terminal.modes.alternate
        if selection is not None:
            self._anchor = selection.anchor

    # Searching

    def begin_search(self) -> None:
        self.typing = ""
        self._came_from = (self.cursor, self.offset)

    def type_search(self, typed: str) -> None:
        """Search for what is typed, from where one was."""
        self.typing = typed
        self.cursor, self.offset = self._came_from
        self.search.begin(typed, self.cursor)

    def end_search(self, *, keep: bool) -> None:
        self.typing = None
        if not keep:
            self.search.clear()
            self.cursor, self.offset = self._came_from

    def step_search(self) -> bool:
        """Look a slice further; True where the view has come to a match by it."""
        if not self.search.step():
            return False
        return self.to_match()

    def to_match(self) -> bool:
        place = self.search.place
        if place is None:
            return False
        self.show(place)
        return True
