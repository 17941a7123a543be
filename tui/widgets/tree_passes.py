"""Filtering 100,000 nodes of a tree in steps of a few milliseconds: the screen goes on answering between them."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace

from tui.widgets.filter_grammar import Filter, RowSource, Scan, Term
from tui.widgets.table_passes import filtering
from tui.widgets.tree_folds import TreeFolds
from tui.widgets.tree_rows import ROOT
from tui.widgets.tree_shown import ShownTree

_STEP = 2048
_TRIES = 3


def narrowing(tree: ShownTree, wanted: Filter, shut: set[int]) -> Generator[None, None, None]:
    """Have a tree show what passes a filter, its ancestors open but for those of `shut`; all of it without terms.

    Yields between steps and commits at the end; dropped before, it changes nothing.

    Raises: `tui.widgets.filter_grammar.SlowExpressionError`.
    """
    if not wanted:
        tree.touched = None
        tree.view, tree.passing, tree.filter = tree.base, set(), wanted
        return
    mine = tree.touched = set[int]()
    narrow = tree.view is not tree.base and wanted.narrows(tree.filter)
    try:
        slots = sorted(tree.passing) if narrow else tree.all_things()
        yield
        kept = yield from filtering(tree, tree.index, wanted, slots)
        for tried in range(_TRIES):
            moves = tree.moves
            view = TreeFolds(tree, set())
            # What a slot stood for may be gone meanwhile, and the slot be a folder's.
            passing = {slot for slot in kept if slot not in mine}.intersection(tree.all_things())
            for _ in _building(tree, view, passing, shut):
                if tried < _TRIES - 1:  # where nodes go all the time the last try is in one go
                    yield
            if moves == tree.moves:
                break
        if tree.touched is not mine:
            return  # another filter has begun
    finally:
        if tree.touched is mine:
            tree.touched = None
    view.lengthen()
    tree.view, tree.passing, tree.filter = view, passing, wanted
    late = sorted(mine)
    for at in range(0, len(late), _STEP):
        tree.look_at([slot for slot in late[at : at + _STEP] if tree.ids[slot] is not None])
        yield


def on_paths(wanted: Filter, separator: str) -> Filter:
    """Have words with a separator in them look at the whole path, where others look at one label after the other."""

    def path_scan(term: Term) -> Scan:
        def scan(source: RowSource, rows: list[int]) -> list[int]:
            texts = ((row, (source.field(row, "path") or "").casefold()) for row in rows)
            return [row for row, text in texts if (term.value in text) is not term.negated]

        return scan

    terms = [
        replace(term, kind="path", scan=path_scan(term))
        if term.kind in ("word", "text") and separator in term.value
        else term
        for term in wanted.terms
    ]
    return replace(wanted, terms=tuple(terms))


def _building(tree: ShownTree, view: TreeFolds, passing: set[int], shut: set[int]) -> Iterator[None]:
    """Fill the lines of a view with nodes and their ancestors, in steps."""
    members, kids, things, parents = view.members, view.kids, view.things, tree.parents
    assert members is not None  # a filter's view
    for steps, slot in enumerate(passing, 1):
        things[slot] = 1
        while slot != ROOT and slot not in members:
            members.add(slot)
            parent = parents[slot]
            if parent in kids:
                kids[parent].append(slot)
            else:
                kids[parent] = [slot]
            slot = parent
        if steps % _STEP == 0:
            yield
    downwards = [ROOT] if kids else []
    seen = 0
    for parent in downwards:  # grows as it is read
        if inner := [kid for kid in kids[parent] if kid in kids]:
            view.inner[parent] = set(inner)
            downwards += inner
        if (seen := seen + len(kids[parent])) > _STEP:
            seen = 0
            yield
    view.shut = shut & kids.keys()
    view.open = {ROOT, *kids} - view.shut
    size, span = view.size, view.span
    for steps, parent in enumerate(reversed(downwards), 1):
        below = kids[parent]
        size[parent] += sum(map(size.__getitem__, below))
        things[parent] += sum(map(things.__getitem__, below))
        if parent not in view.shut:
            span[parent] += sum(map(span.__getitem__, below))
        if steps % _STEP == 0:
            yield
    view.unsort()
