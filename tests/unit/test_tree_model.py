"""A tree under any sequence of changes: compared with one that is drawn anew from plain dictionaries."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tui.widgets import tree_lines
from tui.widgets.columns import Column, natural
from tui.widgets.filter_grammar import parse
from tui.widgets.tree_model import TreeModel
from tui.widgets.tree_passes import narrowing
from tui.widgets.tree_rows import NoteId, TreeNode

LABELS = ["web-9", "web-10", "db", "a"]
PATHS = st.lists(st.sampled_from(LABELS), min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))
CELLS = st.sampled_from([("String",), ("Secure",)])
ENTRIES = st.lists(st.tuples(PATHS, CELLS), max_size=12)
FILTERS = st.sampled_from(["", "web", "!db", "type=secure", "name=a", "zz"])


def drawn(model: TreeModel) -> list[tuple[Any, int]]:
    """Give the ids on the lines with their depths."""
    lines = []
    for line in range(len(model)):
        slot, trail = model.view.at(line)
        assert model.view.line_of(slot) == line
        lines.append((model.ids[slot], len(trail) - 1))
    with pytest.raises(IndexError):
        model.view.at(len(model))
    return lines


class AnyPaths(RuleBasedStateMachine):
    """Paths come, change and go, folders open and fold, a filter may be half way through meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.model = TreeModel()
        self.model.set_columns([Column("type")])
        self.things: dict[str, tuple[str, ...]] = {}
        self.opened: set[str] = set()
        self.shut: set[str] = set()
        self.filter = parse("")
        self.steps: Any = None

    def folders(self) -> set[str]:
        return {path[:at] for path in self.things for at in range(1, len(path)) if path[at] == "/"}

    @rule(entries=ENTRIES)
    def add(self, entries: list[tuple[str, tuple[str, ...]]]) -> None:
        self.model.add_paths(entries)
        self.things.update(dict(entries))

    @rule(paths=st.lists(PATHS, max_size=20))
    def remove(self, paths: list[str]) -> None:
        self.model.remove_paths(paths)
        for path in paths:
            self.things.pop(path, None)
        self.opened &= self.folders() | self.things.keys()

    @rule(path=PATHS)
    def remove_below(self, path: str) -> None:
        self.model.remove([path])
        self.things = {
            one: cells for one, cells in self.things.items() if one != path and not one.startswith(path + "/")
        }
        self.opened &= self.folders() | self.things.keys()

    @rule(entries=ENTRIES)
    def replace(self, entries: list[tuple[str, tuple[str, ...]]]) -> None:
        self.model.keep_paths({path for path, _ in entries})
        self.things = {path: cells for path, cells in self.things.items() if path in dict(entries)}
        self.opened &= self.folders() | self.things.keys()
        self.add(entries)

    @rule(path=PATHS, cells=CELLS)
    def update(self, path: str, cells: tuple[str, ...]) -> None:
        if path in self.things:
            self.model.update(path, cells)
            self.things[path] = cells

    @rule(path=PATHS, wanted=st.booleans())
    def open(self, path: str, wanted: bool) -> None:
        if path not in self.folders() or self.filter or self.steps:
            return
        self.model.view.set_open(self.model.slots[path], wanted)
        (self.opened.add if wanted else self.opened.discard)(path)

    @rule(path=PATHS, wanted=st.booleans())
    def open_below(self, path: str, wanted: bool) -> None:
        if path not in self.folders() or self.filter or self.steps:
            return
        slot = self.model.slots[path]
        (self.model.view.open_below if wanted else self.model.view.fold_below)(slot)
        below = {one for one in self.folders() if one == path or one.startswith(path + "/")}
        self.opened = self.opened | below if wanted else self.opened - below

    @rule(wanted=st.booleans())
    def open_all(self, wanted: bool) -> None:
        if self.filter or self.steps:
            return
        (self.model.view.open_all if wanted else self.model.view.fold_all)()
        self.opened = self.opened | self.folders() if wanted else set()

    @rule(text=FILTERS)
    def narrow(self, text: str) -> None:
        self.filter = parse(text)
        self.steps = narrowing(self.model, self.filter, set())
        next(self.steps, None)

    @rule()
    def finish(self) -> None:
        for _ in self.steps or ():
            pass
        self.steps = None

    @invariant()
    def lines_are_as_if_drawn_anew(self) -> None:
        if self.model.filter is not self.filter or self.steps is not None:
            drawn(self.model)  # whatever it is, it is whole
            return
        matching = {path: cells for path, cells in self.things.items() if not self.filter or self.matches(path, cells)}
        assert drawn(self.model) == list(self.expected(matching))
        assert self.model.shown == len(matching)
        assert self.model.total == len(self.things)

    def matches(self, path: str, cells: tuple[str, ...]) -> bool:
        labels = path[1:].split("/")
        columns = [*(f"level-{level}" for level in range(len(labels))), "type"]
        return self.filter.matches((*labels, *cells), columns, {"name": labels[-1]})

    def expected(self, matching: dict[str, Any]) -> Iterator[tuple[str, int]]:
        here = {path[:at] for path in matching for at in range(1, len(path) + 1) if path[at : at + 1] in ("/", "")}
        folders = self.folders()
        children: dict[str, list[str]] = {}
        for path in here:
            children.setdefault(path.rpartition("/")[0], []).append(path)

        def rank(path: str) -> Any:
            label = path.rpartition("/")[2]
            return path not in folders, natural(label), label

        def walk(path: str, depth: int) -> Iterator[tuple[str, int]]:
            for child in sorted(children.get(path, ()), key=rank):
                yield child, depth
                if self.filter or child in self.opened:
                    yield from walk(child, depth + 1)

        return walk("", 0)


TestAnyPaths = AnyPaths.TestCase
TestAnyPaths.settings = settings(max_examples=12, stateful_step_count=20, deadline=None, report_multiple_bugs=False)


IDS = st.integers(1, 9)
NODES = st.lists(
    st.tuples(IDS, st.one_of(st.none(), IDS), st.sampled_from([f"n-{n}" for n in range(12)])).map(
        lambda made: TreeNode(*made)
    ),
    max_size=8,
)


class AnyNodes(RuleBasedStateMachine):
    """Nodes come in any order, before their parents too, move, are renamed and go."""

    def __init__(self) -> None:
        super().__init__()
        self.model = TreeModel(folders_first=False)
        self.labels: dict[int, str] = {}
        self.parents: dict[int | None, int | None] = {}
        self.waiting: dict[int, int] = {}

    @rule(nodes=NODES)
    def add(self, nodes: list[TreeNode]) -> None:
        # Labels of their own make the order certain.
        nodes = [node._replace(label=f"{node.label}-{node.id}") for node in nodes]
        self.model.add_nodes(nodes)
        for identity, parent, label, *_ in nodes:
            self.waiting.pop(identity, None)
            known = identity in self.labels
            self.labels[identity] = label
            if parent is None or parent in self.parents:
                if not self.is_below(parent, identity):
                    self.parents[identity] = parent
            else:
                self.parents[identity] = None
                self.waiting[identity] = parent
            for orphan in [] if known else [one for one, wanted in self.waiting.items() if wanted == identity != one]:
                del self.waiting[orphan]
                if not self.is_below(identity, orphan):
                    self.parents[orphan] = identity

    def is_below(self, node: int | None, above: int) -> bool:
        while node not in (None, above):
            node = self.parents[node]
        return node == above

    @rule(nodes=st.lists(IDS, max_size=3))
    def remove(self, nodes: list[int]) -> None:
        self.model.remove(nodes)
        going = [one for one in self.labels if any(self.is_below(one, node) for node in nodes)]
        for one in going:
            del self.labels[one]
            self.waiting.pop(one, None)
        for one in going:
            del self.parents[one]

    @rule()
    def open_all(self) -> None:
        self.model.view.open_all()

    @invariant()
    def lines_are_as_if_drawn_anew(self) -> None:
        self.model.view.open_all()

        def walk(parent: int | None, depth: int) -> Iterator[tuple[int, int]]:
            below = [node for node, above in self.parents.items() if above == parent and node is not None]
            for node in sorted(below, key=lambda node: natural(self.labels[node])):
                yield node, depth
                yield from walk(node, depth + 1)

        assert drawn(self.model) == list(walk(None, 0))


TestAnyNodes = AnyNodes.TestCase
TestAnyNodes.settings = settings(max_examples=12, stateful_step_count=20, deadline=None, report_multiple_bugs=False)


@pytest.mark.slow
class TestManyPaths(AnyPaths.TestCase):  # type: ignore[misc,name-defined] # made by hypothesis
    settings = settings(max_examples=150, stateful_step_count=40, deadline=None, report_multiple_bugs=False)


@pytest.mark.slow
class TestManyNodes(AnyNodes.TestCase):  # type: ignore[misc,name-defined] # made by hypothesis
    settings = settings(max_examples=150, stateful_step_count=40, deadline=None, report_multiple_bugs=False)


def numbered(count: int) -> list[tuple[str, tuple[str, ...]]]:
    entries = [(f"/app/key-{number}", ("String",)) for number in range(count)]
    random.Random(5).shuffle(entries)
    return entries


def test_many_children_of_one_folder_are_put_in_order_step_by_step() -> None:
    model = TreeModel()
    model.add_paths(numbered(tree_lines.RUN * 3 + 5))
    model.view.open_all()
    assert model.id_at(0) == "/app"
    model.id_at(1)
    parent = model.slots["/app"]
    assert model.view.unsettled == {parent}
    model.add_paths([("/app/key-1/below", ())])  # a leaf that is a folder now, in the midst of it
    model.remove_paths(["/app/key-3", "/app/key-4"])
    steps = 1
    while model.view.settle(parent):
        steps += 1
    assert steps >= 3 and not model.view.unsettled
    lines = [model.id_at(line) for line in range(len(model))]
    numbers = [0, *(number for number in range(tree_lines.RUN * 3 + 5) if number not in (1, 3, 4))]
    assert lines == ["/app", "/app/key-1", *(f"/app/key-{number}" for number in numbers[1:])]
    assert [model.position(node) for node in lines] == [*range(len(lines))]


def test_what_is_open_is_as_it_was_when_a_filter_is_cleared() -> None:
    model = TreeModel()
    model.add_paths([("/app/prod/db/host", ()), ("/app/prod/web/port", ()), ("/app/dev/db/host", ())])
    model.view.set_open(model.slots["/app"], True)
    before = drawn(model)
    for _ in narrowing(model, parse("prod db"), set()):
        pass
    assert [node for node, _ in drawn(model)] == ["/app", "/app/prod", "/app/prod/db", "/app/prod/db/host"]
    for _ in narrowing(model, parse(""), set()):
        pass
    assert drawn(model) == before


def test_a_tree_of_a_thousand_levels_costs_no_recursion() -> None:
    model = TreeModel()
    path = "/a" * 1_000
    model.add_paths([(path, ("String",))])
    model.view.open_all()
    assert len(model) == 1_000 and model.position(path) == 999
    model.view.fold_below(model.slots["/a"])
    assert len(model) == 1
    model.remove_paths([path])
    assert len(model) == 0 and model.slots.keys() == {"", None}


def test_what_is_told_of_children_is_a_line_below_their_parent() -> None:
    model = TreeModel()
    model.add_nodes([TreeNode("a", None, "a", lazy=True, folder=True), TreeNode("b", None, "b")])
    model.tell("a", "loading")
    model.view.set_open(model.slots["a"], True)
    assert [node for node, _ in drawn(model)] == ["a", NoteId("a"), "b"]
    model.tell("a", "error", "denied")
    assert model.labels[model.slots[NoteId("a")]] == "denied" and model.total == 1
    model.set_children("a", [TreeNode("a/1", "a", "1")])
    assert [node for node, _ in drawn(model)] == ["a", "a/1", "b"]
    model.set_children("a", [])
    assert drawn(model)[1] == (NoteId("a"), 1) and model.state(model.slots["a"]) == "empty"


def test_a_folder_is_not_found_in_the_place_of_a_leaf_that_went_while_a_filter_ran() -> None:
    model = TreeModel()
    model.add_paths([("/web", ())])
    steps = narrowing(model, parse("web"), set())
    next(steps)
    model.remove_paths(["/web"])
    model.add_paths([("/web/a-web", ())])
    for _ in steps:
        pass
    assert model.shown == 1 and [node for node, _ in drawn(model)] == ["/web", "/web/a-web"]


def test_going_to_a_node_thousands_of_levels_deep_took_as_long_as_the_square_of_its_depth() -> None:
    model = TreeModel()
    depth = 3_000
    model.add_nodes(TreeNode(number, number - 1 if number else None, f"n{number}") for number in range(depth))
    model.view.reveal(model.slots[depth - 1])
    assert len(model) == depth
    assert model.position(depth - 1) == depth - 1
    model.view.fold_all()
    assert len(model) == 1
