"""What one sees of a tree: lines, columns beside them, the mouse. Knows no filter and asks for no children."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Unpack

from rich.segment import Segment
from textual.binding import Binding

from tui.widgets.cells import own, width
from tui.widgets.filter_grammar import Cell
from tui.widgets.line_cursor import line_bindings
from tui.widgets.line_drawing import GUTTER, Brushes, LineState
from tui.widgets.line_message import LineMessage
from tui.widgets.line_view import LineOptions, LineView
from tui.widgets.state_pane import plain_words
from tui.widgets.tree_drawing import (
    Places,
    Sketch,
    draw_header,
    draw_line,
    lead,
    measured,
    share,
    wanted_width,
)
from tui.widgets.tree_lines import Trail
from tui.widgets.tree_model import TreeModel
from tui.widgets.tree_rows import ROOT

Look = Callable[[Any, Sequence[Cell]], tuple[str, str]]
"""From a node's id and cells to its glyph, one cell wide, and the name of a style; "" for the tree's own."""

_SIDEWAYS = 8


class TreeOptions(LineOptions, total=False):
    """What a tree may be given about its looks, by the names that `TreeView` has for it."""

    title: str
    look: Look | None
    guides: bool


class TreeMessage(LineMessage):
    """A fact about a tree."""

    @property
    def tree(self) -> TreeView:
        tree: TreeView = self.control
        return tree


class TreeView(LineView):
    """Draws a `TreeModel`."""

    COMPONENT_CLASSES = {"lines--folder", "lines--guide"}
    DEFAULT_CSS = """
    .lines--folder { color: $primary; }
    .lines--guide { color: $muted; }
    """
    OWN_PARTS = ("folder", "guide")
    NO_MATCH = "Nothing matches the filter. Esc clears it."
    BINDINGS = [
        *line_bindings("tree", "line", "what is"),
        Binding("l,right", "unfold", "unfold", tooltip="Unfold, or go to the first below", show=False, id="tree.right"),
        Binding("h,left", "fold", "fold", tooltip="Fold, or go to the one above", show=False, id="tree.left"),
    ]

    def __init__(
        self,
        model: TreeModel,
        *,
        title: str = "",
        look: Look | None = None,
        guides: bool = False,
        **options: Unpack[LineOptions],
    ) -> None:
        super().__init__(**options)
        self.model = model
        self._title, self._look, self._guides = title, look, guides
        self._offset = 0
        self._wishes: list[int] = []
        self._wanted_width = 0
        self._shared: Places | None = None
        self._flashing: dict[Hashable, frozenset[int]] = {}

    @property
    def total(self) -> int:
        return self.model.total

    @property
    def _lines(self) -> TreeModel:
        return self.model

    @property
    def _heading(self) -> int:
        return 1 if self.model.columns else 0

    @property
    def _slot(self) -> int:
        """The slot under the cursor; the root where there is none."""
        return ROOT if self._cursor is None else self.model.slots.get(self._cursor, ROOT)

    # What the tree adds.

    def _set_open(self, slot: int, wanted: bool) -> None:
        """Open or fold a node, and do what follows."""

    def _sort_further(self) -> None:
        """Go on with what could not be put in order at once."""

    # Drawing.

    def _forget_widths(self) -> None:
        self._shared = None

    def _measure(self) -> None:
        """Measure columns and labels over what is in view; widths only grow, and never while one moves."""
        model = self.model
        if not model.columns:
            return
        seen = [model.view.at(line) for line in range(self._top, min(self._top + self._body, len(model)))]
        wishes = measured(model.columns, (model.extra[slot] for slot, _ in seen), self._wishes)
        sketches = (self._sketch(slot, trail) for slot, trail in seen)
        wanted = max((wanted_width(sketch, self._glyphs) for sketch in sketches), default=0)
        if wishes != self._wishes or wanted > self._wanted_width:
            self._wishes, self._wanted_width = wishes, max(wanted, self._wanted_width)
            self._shared = None

    def _placed(self) -> Places:
        if self._shared is None:
            room = max(0, self.size.width - GUTTER - 1)
            wishes = self._wishes or measured(self.model.columns, ())
            self._shared = share(self.model.columns, wishes, room, self._wanted_width)
        return self._shared

    def _sketch(self, slot: int, trail: Trail) -> Sketch:
        """Say what the line of a node is to show."""
        model, glyphs, view = self.model, self._glyphs, self.model.view
        label, depth = model.labels[slot], len(trail) - 1
        last = tuple(place == len(view.kids[parent]) - 1 for parent, place in trail) if self._guides else ()
        if (told := model.told.get(slot)) is not None:
            glyph, style = (glyphs.bad, "error") if told == "error" else (glyphs.dot, "muted")
            words = label or ("Nothing in here." if told == "empty" else plain_words(told))
            return Sketch(depth, glyph, words + ("  Enter asks again." if told == "error" else ""), style, last=last)
        glyph, style = self._look(model.ids[slot], model.extra[slot]) if self._look is not None else ("", "")
        if not model.holds(slot):
            return Sketch(depth, glyph or glyphs.dot, label, style, last=last)
        fold = glyphs.unfolded if slot in view.open else glyphs.folded
        count, count_style = self._count(slot)
        if model.is_thing(slot) and glyph:
            label = f"{glyph} {label}"  # what it is itself, behind what it holds
        return Sketch(depth, fold, label, style or "folder", count, count_style, last)

    def _count(self, slot: int) -> tuple[str, str]:
        """Say how many are below a node, how many of them are marked, and how it stands with its children."""
        model = self.model
        itself = model.is_thing(slot)
        below = model.counts.get(slot, model.base.things[slot] - itself)
        state = model.state(slot)
        if state == "error":
            return f"{self._glyphs.bad} failed", "error"
        text = f"({below}{own('…') if state == 'loading' else ''})" if below or state else ""
        if model.view is not model.base:
            shown = model.view.things[slot] - (slot in model.passing)
            text = f"({shown} of {below})"
        if marked := model.marked_below(slot):
            return f"{self._glyphs.mark} {marked} {text}", "mark"
        return text, "muted"

    def _is_marked(self, slot: int) -> bool:
        model = self.model
        if not model.marks or slot in model.told:
            return False
        if model.ids[slot] in model.marks:
            return True
        return not model.is_thing(slot) and model.marked_below(slot) == model.base.things[slot] > 0

    def _draw_heading(self, room: int, brushes: Brushes) -> list[Segment]:
        return draw_header(self._title, self.model.columns, self._placed(), room, brushes, self._glyphs)

    def _draw_line(self, line: int, room: int, brushes: Brushes) -> list[Segment]:
        model = self.model
        slot, trail = model.view.at(line)
        if model.view.unsettled:
            self.call_later(self._sort_further)
        lit = self._flashing.get(model.ids[slot], ()) if self._flashing else ()
        state = LineState(line == self._at, self._is_marked(slot), lit)
        sketch, extra, placed = self._sketch(slot, trail), model.extra[slot], self._placed()
        return draw_line(sketch, extra, model.columns, placed, brushes, self._glyphs, state, self._offset)

    # Sideways.

    def _scroll_sideways(self, step: int) -> bool:
        """Scroll the labels; give whether there was anything to scroll to."""
        model, room = self.model, self._placed().label
        seen = (model.view.at(line) for line in range(self._top, min(self._top + self._body, len(model))))
        widest = max((wanted_width(self._sketch(*one), self._glyphs) for one in seen), default=0)
        offset = max(0, min(self._offset + step, widest - room))
        if offset == self._offset or (step > 0) != (offset > self._offset):
            return False
        self._offset = offset
        self.refresh()
        return True

    def action_unfold(self) -> None:
        """Unfold the node under the cursor, go to its first child, or scroll sideways where there is none."""
        slot, view = self._slot, self.model.view
        if slot in view.open and slot in view.kids:
            self._go(self._at + 1)
        elif self.model.holds(slot) and slot not in view.open:
            self._set_open(slot, True)
        else:
            self._scroll_sideways(_SIDEWAYS)

    def action_fold(self) -> None:
        """Scroll back, fold the node under the cursor, or go to the one above it."""
        slot, model = self._slot, self.model
        if self._offset:
            self._offset = max(0, self._offset - _SIDEWAYS)
            self.refresh()
        elif slot in model.view.open and model.holds(slot):
            self._set_open(slot, False)
        elif (line := model.view.line_of(model.parents[slot])) is not None:
            self._go(line)

    # Events.

    def _resized(self) -> None:
        self._measure()

    def _clicked_within(self, x: int, line: int) -> bool:
        """Open or fold a node whose glyph is clicked."""
        slot, trail = self.model.view.at(line)
        glyph = GUTTER + width(lead(self._sketch(slot, trail), self._glyphs)) - 2 - self._offset
        if not (glyph <= x <= glyph + 1 and self.model.holds(slot)):
            return False
        self._go(line)
        self._set_open(slot, slot not in self.model.view.open)
        return True
