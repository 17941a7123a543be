"""What one sees of a tree: lines, columns beside them, the mouse. Knows no filter and asks for no children."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from rich.segment import Segment
from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from tui.theming import UNICODE, Glyphs
from tui.widgets.cells import own, width
from tui.widgets.filter_grammar import Cell
from tui.widgets.line_cursor import LineCursor, line_bindings
from tui.widgets.state_pane import wrapped
from tui.widgets.table_drawing import GUTTER, STYLES, draw_notice, thumb
from tui.widgets.tree_drawing import (
    PARTS,
    Brushes,
    LineState,
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


class TreeMessage(Message):
    """A fact about a tree, with the attributes that its class names; of a flood of equal ones the last is enough."""

    def __init__(self, tree: TreeView, **facts: object) -> None:
        super().__init__()
        self.tree = tree
        for name, fact in facts.items():
            setattr(self, name, fact)

    @property
    def control(self) -> TreeView:
        return self.tree

    def can_replace(self, message: Message) -> bool:
        return type(message) is type(self) and message.tree is self.tree


class TreeView(LineCursor):
    """Draws a `TreeModel`; changing `virtual_size` would lay out the screen anew, so the scroll bar is drawn here."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES = {f"tree--{name}" for name in (*PARTS, *STYLES)}
    DEFAULT_CSS = """
    TreeView { height: 1fr; }
    .tree--header { color: $primary; text-style: bold; }
    .tree--folder { color: $primary; }
    .tree--cursor { background: $cursor; }
    .tree--blurred { background: $panel; }
    .tree--marked, .tree--mark { color: $mark; }
    .tree--bar, .tree--guide, .tree--muted { color: $muted; }
    .tree--ok { color: $success; }
    .tree--warn { color: $warning; }
    .tree--error { color: $error; }
    .tree--accent { color: $accent; }
    .tree--strong { text-style: bold; }
    .tree--changed { text-style: bold reverse; }
    .tree--stale { text-style: dim; }
    TreeView:ansi .tree--cursor { background: ansi_default; text-style: reverse; }
    """
    BINDINGS = [
        *line_bindings("tree", "line", "what is"),
        Binding("l,right", "unfold", "unfold", tooltip="Unfold, or go to the first below", show=False, id="tree.right"),
        Binding("h,left", "fold", "fold", tooltip="Fold, or go to the one above", show=False, id="tree.left"),
    ]

    state: reactive[str] = reactive("rows")
    """loading, empty, rows or error: what it means that there are no nodes."""
    message: reactive[str] = reactive("")
    """What is said where there are no nodes; a plain word for the state where this is empty."""
    stale: reactive[bool] = reactive(False)
    """What is shown is no longer known to be true."""

    def __init__(
        self,
        model: TreeModel,
        *,
        title: str = "",
        look: Look | None = None,
        guides: bool = False,
        glyphs: Glyphs = UNICODE,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.model = model
        self._title, self._look, self._guides, self._glyphs = title, look, guides, glyphs
        self._offset = 0
        self._wishes: list[int] = []
        self._wanted_width = 0
        self._shared: Places | None = None
        self._brushes: Brushes | None = None
        self._notice: list[str] | None = None
        self._flashing: dict[Hashable, frozenset[int]] = {}

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

    def _gutter_clicked(self, node: Hashable) -> None:
        """Do what follows when the cells in front of a node are clicked."""

    def _set_open(self, slot: int, wanted: bool) -> None:
        """Open or fold a node, and do what follows."""

    def _sort_further(self) -> None:
        """Go on with what could not be put in order at once."""

    def watch_state(self) -> None:
        self._redraw()

    def watch_message(self) -> None:
        self._redraw()

    def watch_stale(self) -> None:
        self.set_class(self.stale, "-stale")
        self._redraw()

    # Drawing.

    @property
    def glyphs(self) -> Glyphs:
        return self._glyphs

    @glyphs.setter
    def glyphs(self, glyphs: Glyphs) -> None:
        self._glyphs = glyphs
        self._redraw()

    def _redraw(self) -> None:
        """Forget what is drawn: widths, colours or glyphs are others."""
        self._brushes = self._notice = self._shared = None
        self.refresh()

    def notify_style_update(self) -> None:
        self._brushes = None
        super().notify_style_update()

    def _saying(self) -> tuple[str, bool]:
        """Give what is said where there are no nodes, and whether that is an error."""
        if self.model.total:
            return "Nothing matches the filter. Esc clears it.", False
        plain = {"loading": own("Loading…"), "empty": "Nothing here.", "error": "This could not be loaded."}
        return self.message or plain.get(self.state, ""), self.state == "error"

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

    def _brush(self) -> Brushes:
        if self._brushes is None:
            self._brushes = Brushes(
                self.rich_style,
                lambda name: self.get_component_rich_style(f"tree--{name}", partial=True),
                self.has_focus,
                self.stale,
            )
        return self._brushes

    def _sketch(self, slot: int, trail: Trail) -> Sketch:
        """Say what the line of a node is to show."""
        model, glyphs, view = self.model, self._glyphs, self.model.view
        label, depth = model.labels[slot], len(trail) - 1
        last = tuple(place == len(view.kids[parent]) - 1 for parent, place in trail) if self._guides else ()
        if (told := model.told.get(slot)) is not None:
            glyph, style = (glyphs.bad, "error") if told == "error" else (glyphs.dot, "muted")
            plain = {"loading": own("Loading…"), "empty": "Nothing in here.", "error": "This could not be loaded."}
            words = label or plain[told]
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
        below = model.base.things[slot] - itself
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

    def render_line(self, y: int) -> Strip:
        columns, brushes, model = self.size.width, self._brush(), self.model
        room = columns - 1
        if room < 1:
            return Strip.blank(columns, brushes.base)
        if y < self._heading:
            made = draw_header(self._title, model.columns, self._placed(), room, brushes, self._glyphs)
            return Strip([*made, Segment(" ", brushes.header)]).adjust_cell_length(columns, brushes.base)
        y -= self._heading
        if not len(model):
            return self._notice_line(y, columns)
        at = self._top + y
        if at >= len(model):
            return Strip.blank(columns, brushes.base)
        slot, trail = model.view.at(at)
        if model.view.unsettled:
            self.call_later(self._sort_further)
        flash = self._flashing.get(model.ids[slot], frozenset()) if self._flashing else frozenset()
        state = LineState(at == self._at, self._is_marked(slot), flash)
        sketch, extra = self._sketch(slot, trail), model.extra[slot]
        made = draw_line(sketch, extra, model.columns, self._placed(), brushes, self._glyphs, state, self._offset)
        strip = Strip([*made, self._bar(y, brushes)], columns if room >= GUTTER else None)
        return strip.adjust_cell_length(columns, brushes.base)

    def _bar(self, line: int, brushes: Brushes) -> Segment:
        start, end = thumb(len(self.model), self._body, self._top)
        if start == end:
            return Segment(" ", brushes.base)
        return Segment(self._glyphs.bar if start <= line < end else self._glyphs.vertical, brushes.bar)

    def _notice_line(self, line: int, columns: int) -> Strip:
        brushes = self._brush()
        text, error = self._saying()
        if self._notice is None:
            self._notice = wrapped(text, max(1, min(columns - 2, 90))) if text else []
        style = brushes.error if error else brushes.muted
        return draw_notice(self._notice, line, self._body, columns, style, brushes.base)

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

    def on_resize(self) -> None:
        self._shared = self._notice = None
        was, seen = self._top, self._top <= self._at
        self._top = self._bounded(self._top)
        if seen and self._at >= self._top + self._body > self._top:
            self._top = self._bounded(self._at - self._body + 1)
        self._measure()
        if self._top != was:
            self.refresh()  # it may have been drawn at its new size already

    def on_focus(self) -> None:
        self._redraw()

    def on_blur(self) -> None:
        self._redraw()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._scroll(self._top + 3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._scroll(self._top - 3)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        event.stop()
        x, y = offset
        y -= self._heading
        model, line = self.model, self._top + y
        if y < 0:
            return
        if x == self.size.width - 1 and len(model) > self._body:
            self._scroll(round((len(model) - self._body) * y / max(1, self._body - 1)))
            return
        if line >= len(model):
            return
        slot, trail = model.view.at(line)
        glyph = GUTTER + width(lead(self._sketch(slot, trail), self._glyphs)) - 2 - self._offset
        if x < GUTTER:
            self._gutter_clicked(model.ids[slot])
        elif glyph <= x <= glyph + 1 and model.holds(slot):
            self._go(line)
            self._set_open(slot, slot not in model.view.open)
        elif line == self._at and event.chain > 1:
            self._opened()
        else:
            self._go(line)
