"""A tree of any number of nodes, keyed by id, drawn line by line.

An owner gives nodes, singly or as paths, and hears of what is done with them through messages:

    tree = ResourceTree([Column("type"), Column("version", kind="number")], title="Parameter", look=look)
    tree.add_paths([("/app/prod/db/host", ("String", "3")), …])   # pages in any order; folders are implied
    tree.add_nodes([TreeNode("prod", "app", "prod", lazy=True), …])
    tree.set_paths(entries); tree.set_nodes(nodes)                # all anew: what stays keeps cursor, folds and marks
    tree.set_children("prod", nodes); tree.failed("prod", "AccessDenied: …")   # answers to ChildrenRequested
    tree.update_node(id, cells); tree.update_cell(id, "version", "4"); tree.remove_node(id); tree.remove_path(id)
    tree.set_filter("db type=SecureString"); tree.unfold(id); tree.fold_all(True); tree.move_to(id)
    state = tree.standing(); another.stand(state)                 # what is open, the cursor, the view, the marks

Cells are those of `resource_table`; `look` gives a node's glyph and style when it is drawn. Many nodes at once are
taken in slices of some milliseconds while the screen goes on (`arranging`). The words of a
filter look at the labels from the top to a node, one with a separator in it at the whole path.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace

from textual.binding import Binding
from textual.message import Message

from tui.theming import UNICODE, Glyphs
from tui.widgets.columns import Column
from tui.widgets.filter_grammar import Cell, FilterError
from tui.widgets.line_cursor import Anchor
from tui.widgets.searched_rows import Fields
from tui.widgets.tree_filtering import FilteredTree
from tui.widgets.tree_model import TreeModel
from tui.widgets.tree_rows import ROOT, NoteId, TreeNode
from tui.widgets.tree_state import TreeState
from tui.widgets.tree_view import Look, TreeMessage

__all__ = ["Column", "NoteId", "ResourceTree", "TreeNode", "TreeState"]


class ResourceTree(FilteredTree):
    """A virtual tree; see the module for what goes in, and the messages for what comes out."""

    BINDINGS = [
        Binding("plus", "unfold_below", "unfold all", tooltip="Unfold all below this", show=False, id="tree.unfold"),
        Binding("minus", "fold_below", "fold", tooltip="Fold all below this", show=False, id="tree.fold"),
        Binding("L", "fold_all(False)", "unfold all", tooltip="Unfold everything", show=False, id="tree.unfold_all"),
        Binding("H", "fold_all(True)", "fold all", tooltip="Fold everything", show=False, id="tree.fold_all"),
    ]

    class NodeHighlighted(TreeMessage):
        """The cursor came to another line; `node` is its id, a `NoteId` on a note, None where there are no lines."""

        node: Hashable | None

    class NodeSelected(TreeMessage):
        """Something was opened that is more than a folder: Enter, or a double click."""

        node: Hashable

        def can_replace(self, message: Message) -> bool:
            return False

    class NodeExpanded(TreeMessage):
        """A node was unfolded, or everything below it too where `below`; None for the whole tree."""

        node: Hashable | None
        below: bool

    class NodeCollapsed(TreeMessage):
        """A node was folded, or everything below it too where `below`; None for the whole tree."""

        node: Hashable | None
        below: bool

    class ChildrenRequested(TreeMessage):
        """A lazy node was opened: give its children, page by page where they are many, then `loaded` or `failed`.

        `deep` says that everything below it is to be shown, so that all may be asked for at once.
        """

        node: Hashable
        deep: bool

        def can_replace(self, message: Message) -> bool:
            return False

    class MarksChanged(TreeMessage):
        """Nodes were marked or unmarked: `count` are, and the filter hides `hidden` of them."""

        count: int
        hidden: int

    class FilterApplied(TreeMessage):
        """A filter was worked through: `shown` of `total` pass; with an `error` what was shown stayed."""

        text: str
        shown: int
        total: int
        error: FilterError | None

    def __init__(
        self,
        columns: Sequence[Column] = (),
        *,
        title: str = "",
        look: Look | None = None,
        fields: Fields | None = None,
        separator: str = "/",
        order: str = "natural",
        folders_first: bool = True,
        guides: bool = False,
        glyphs: Glyphs = UNICODE,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        model = TreeModel(separator=separator, order=order, folders_first=folders_first)
        super().__init__(model, title=title, look=look, guides=guides, glyphs=glyphs, id=id, classes=classes)
        model.fields = fields
        self._left: TreeState | None = None  # how one left it, while not all of that is there yet
        self.set_columns(columns)

    # What one may ask.

    @property
    def cursor_id(self) -> Hashable | None:
        """The id under the cursor, a `NoteId` on a note; None where there are no lines."""
        return self._cursor

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns as what is saved has them: what a node is called by, then those beside it."""
        return (Column("path", self._title), *self.model.columns)

    @property
    def chosen(self) -> Sequence[int]:
        """The places of the columns that are saved: all of them."""
        return range(len(self.columns))

    @property
    def marked(self) -> int:
        """How many nodes are marked, the hidden ones too."""
        return len(self.model.marks)

    @property
    def ids(self) -> list[Hashable]:
        """The ids of all that the filter lets through, in their order; the folded ones too, mere folders not."""
        return self.model.in_order(self.model.showing())

    def written(self, node: Hashable) -> Sequence[Cell] | None:
        """Give a node's cells behind its path, as `columns` name them; None for an unknown id."""
        slot = self.model.slots.get(node, ROOT)
        return None if slot == ROOT else (self.model.path(slot), *self.model.extra[slot])

    @property
    def things(self) -> list[Hashable]:
        """The ids of all nodes that stand for something, in no order, whatever a filter hides."""
        return [self.model.ids[slot] for slot in self.model.all_things()]

    def label(self, node: Hashable) -> str:
        """Give a node's label; "" for an unknown id."""
        return self.model.labels[self.model.slots.get(node, ROOT)]

    def knows(self, node: Hashable) -> bool:
        return self.model.knows(node)

    def is_lazy(self, node: Hashable) -> bool:
        """Whether a node's children have not all come."""
        return self.model.slots.get(node, ROOT) in self.model.lazy

    def is_open(self, node: Hashable) -> bool:
        return self.model.slots.get(node, -1) in self.model.view.open

    # Folds, cursor.

    def unfold(self, node: Hashable, *, below: bool = False) -> None:
        """Unfold a node that is known, or everything below it; a lazy one's children are asked for."""
        if (slot := self.model.slots.get(node, ROOT)) != ROOT:
            self._unfold(slot, below)

    def fold(self, node: Hashable, *, below: bool = False) -> None:
        """Fold a node that is known, or everything below it."""
        if (slot := self.model.slots.get(node, ROOT)) != ROOT:
            self._fold(slot, below)

    def fold_all(self, folded: bool) -> None:
        """Fold everything, or unfold what is known."""
        anchor, view = self._anchor(), self.model.view
        if folded:
            self.model.deep.clear()
            view.fold_all()
        else:
            view.open_all()
        self._folded(anchor, None, folded, True)

    def move_to(self, node: Hashable) -> bool:
        """Put the cursor on a node, unfolding what hides it; False if it is not there or filtered out."""
        slot, view = self.model.slots.get(node, ROOT), self.model.view
        if slot == ROOT or (view.members is not None and slot not in view.members):
            return False
        if view.line_of(slot) is None:
            anchor = self._anchor()
            view.reveal(slot)
            self._changed(anchor)
        self._go(view.line_of(slot) or 0)
        return True

    def standing(self) -> TreeState:
        """Give how one stands in the tree, to be taken up again by `stand`."""
        model = self.model
        opened = frozenset(model.ids[slot] for slot in model.base.open if slot != ROOT) | model.wished
        held = self._cursor if self._wanted is None else self._wanted
        line = self._at - self._top
        return TreeState(
            opened=opened,
            cursor=held,
            line=line,
            marks=frozenset(model.marks),
            filter=self._filter.text,
            sideways=self._offset,
        )

    def stand(self, state: TreeState) -> None:
        """Open, mark and filter as it was, and put the cursor where it stood; what is yet to come then."""
        model, anchor = self.model, self._anchor()
        model.wished = {node for node in state.opened if node not in model.slots}
        self._open_known(model.slots[node] for node in state.opened if node in model.slots)
        self._offset = state.sideways
        self._left, self._steered = state, False
        if state.filter:
            self.set_filter(state.filter)
        self._changed(anchor)

    def begin_at_top(self) -> None:
        """Stand on the first line, unless the operator has moved already, or is to stand elsewhere again."""
        if self._left is None or self._left.cursor is None:
            super().begin_at_top()

    def _changed(self, anchor: Anchor, *, paint: bool = True) -> None:
        super()._changed(anchor, paint=paint)
        if self._left is None:
            return
        slots, left = self.model.slots, self._left
        if came := left.marks & slots.keys():
            self.mark(came)
            left = replace(left, marks=left.marks - came)
        if not self._steered and (line := self.model.position(left.cursor)) is not None:
            self._go(line)
            body = self._body  # none while it is not shown; a lower one than then keeps the cursor in view
            self._top = self._bounded(line - (min(left.line, body - 1) if body else left.line))
            self._steered = False  # what is yet to come may still change the view
            self.refresh()
        self._left = left if left.marks or not self._steered else None

    # Folding, as the keys do it.

    def _set_open(self, slot: int, wanted: bool) -> None:
        if wanted:
            self._unfold(slot, False)
        else:
            self._fold(slot, False)

    def _unfold(self, slot: int, below: bool) -> None:
        anchor, view = self._anchor(), self.model.view
        lazy = self.model.lazy
        known = [slot, *view.below(slot)] if below and lazy else [slot]
        asking = [one for one in known if one in lazy]
        if below:
            self.model.deep.update(view.folders_below(slot), asking)
            view.open_below(slot)
        view.set_open(slot, True)
        self._ask(asking, deep=below)
        self._folded(anchor, slot, False, below)

    def _fold(self, slot: int, below: bool) -> None:
        anchor, view = self._anchor(), self.model.view
        self.model.deep.discard(slot)
        if below:
            self.model.deep.difference_update(view.folders_below(slot))
            view.fold_below(slot)
        view.set_open(slot, False)
        self._folded(anchor, slot, True, below)

    def _open_known(self, slots: Iterable[int]) -> None:
        lazy = self.model.lazy
        asking = []
        for slot in slots:
            self.model.base.set_open(slot, True)
            if slot in lazy:
                asking.append(slot)
        self._ask(asking)

    def _folded(self, anchor: Anchor, slot: int | None, folded: bool, below: bool) -> None:
        node = None if slot is None else self.model.ids[slot]
        self._changed(anchor)
        kind = self.NodeCollapsed if folded else self.NodeExpanded
        self.post_message(kind(self, node=node, below=below))

    def _asked(self, slots: Iterable[int]) -> None:
        for slot in slots:
            self.model.base.set_open(slot, True)
        self._ask(slots, deep=True)

    def _ask(self, slots: Iterable[int], *, deep: bool = False) -> None:
        """Ask for the children of lazy nodes that are not being asked for, or could not be had."""
        for slot in slots:
            if self.model.state(slot) != "loading":
                node = self.model.ids[slot]
                self.model.tell(node, "loading")
                self.model.view.set_open(slot, True)
                self.post_message(self.ChildrenRequested(self, node=node, deep=deep or slot in self.model.deep))

    # What is told.

    def _say_marks(self) -> None:
        self.post_message(self.MarksChanged(self, count=len(self.model.marks), hidden=len(self.hidden_marks)))

    def _say_filter(self, text: str, error: FilterError | None = None) -> None:
        self.post_message(self.FilterApplied(self, text=text, shown=self.shown, total=self.total, error=error))

    # What the view asks.

    def _highlighted(self) -> None:
        self.post_message(self.NodeHighlighted(self, node=self._cursor))

    def _opened(self) -> None:
        slot, model = self._slot, self.model
        if slot in model.told:
            if model.told[slot] == "error":
                self._ask([model.parents[slot]])
                self._changed(self._anchor())
        elif model.is_thing(slot):
            self.post_message(self.NodeSelected(self, node=self._cursor))
        else:
            self._set_open(slot, slot not in model.view.open)

    # Actions.

    def action_unfold_below(self) -> None:
        if self._slot:
            self._unfold(self._slot, True)

    def action_fold_below(self) -> None:
        """Fold all below the node under the cursor; on one without children all below the one above it."""
        slot, model = self._slot, self.model
        if slot and not model.holds(slot) and (line := model.view.line_of(model.parents[slot])) is not None:
            self._go(line)
            slot = self._slot
        if slot:
            self._fold(slot, True)

    def action_fold_all(self, folded: bool) -> None:
        self.fold_all(folded)
