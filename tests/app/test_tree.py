"""The tree as one uses it: keys, folds, cursor, marks, pages that come while one moves, filter, states, drawing."""

from __future__ import annotations

from typing import Any

import pytest
from textual.message import Message

from tests.app._plain import PlainApp, lines, until
from tui.theming import ASCII
from tui.widgets.tree import Column, NoteId, ResourceTree, TreeNode

PATHS = [f"/app/{env}/{part}/{key}" for env in ("prod", "dev") for part in ("db", "web") for key in ("host", "port")]
COLUMNS = [Column("type"), Column("version", kind="number")]


LESS_USUAL = [(120, 36), (200, 50), (24, 5), (3, 2), (1, 1)]


class Listening(PlainApp):
    def on_resource_tree_node_highlighted(self, message: Message) -> None:
        self.said.append(message)

    on_resource_tree_node_selected = on_resource_tree_children_requested = on_resource_tree_node_highlighted
    on_resource_tree_node_expanded = on_resource_tree_node_collapsed = on_resource_tree_node_highlighted
    on_resource_tree_marks_changed = on_resource_tree_filter_applied = on_resource_tree_node_highlighted


def tree(**options: Any) -> ResourceTree:
    made = ResourceTree(COLUMNS, title="Parameter", **options)
    made.add_paths([(path, ("String", "1")) for path in PATHS])
    return made


def told(app: Listening, kind: type[Message]) -> list[Any]:
    return [message for message in app.said if isinstance(message, kind)]


def texts(widget: ResourceTree) -> list[str]:
    """Give what stands on the lines of nodes, without marks and what is counted."""
    return [line[2:].split("  (")[0].rstrip() for line in lines(widget)[1:] if line.strip()]


@pytest.mark.parametrize("size", [(80, 24), *(pytest.param(size, marks=pytest.mark.slow) for size in LESS_USUAL)])
async def test_it_draws_and_moves_at_every_size(size: tuple[int, int]) -> None:
    app = Listening(tree(guides=True))
    async with app.run_test(size=size) as pilot:
        await pilot.press(
            "L", "j", "G", "k", "g", "pagedown", "ctrl+u", "l", "h", "space", "shift+down", "minus", "plus"
        )
        drawn = lines(app.widget)
        assert len(drawn) == size[1]
        assert all(len(line) <= size[0] for line in drawn)
        if size[0] >= 80:
            assert drawn[0].split() == ["Parameter", "type", "version"]


async def test_folders_come_first_and_open_as_the_keys_say() -> None:
    widget = tree()
    app = Listening(widget)
    async with app.run_test(size=(80, 24)) as pilot:
        assert texts(widget) == ["▸ app"]
        await pilot.press("l")
        assert texts(widget) == ["▾ app", "  ▸ dev", "  ▸ prod"]
        assert widget.cursor_id == "/app"
        await pilot.press("l", "right", "l", "l")
        assert widget.cursor_id == "/app/dev/db"
        await pilot.press("l", "l")
        assert widget.cursor_id == "/app/dev/db/host"
        assert [line.split()[1] for line in texts(widget)] == ["app", "dev", "db", "host", "port", "web", "prod"]
        await pilot.press("h")
        assert widget.cursor_id == "/app/dev/db"
        await pilot.press("left", "h", "h")
        assert widget.cursor_id == "/app/dev" and texts(widget)[1] == "  ▸ dev"
        await pilot.press("g", "minus")
        assert texts(widget) == ["▸ app"]
        await pilot.press("plus")
        assert len(texts(widget)) == 1 + 2 + 4 + 8
        await pilot.press("G", "minus")
        assert widget.cursor_id == "/app/prod/web" and len(texts(widget)) == 13
        await pilot.press("H")
        assert texts(widget) == ["▸ app"] and widget.cursor_id == "/app"
        await pilot.press("L")
        assert len(texts(widget)) == 15 and widget.cursor_id == "/app/prod/web"
        assert told(app, ResourceTree.NodeExpanded)[-1].node is None


async def test_enter_opens_things_and_folds_folders() -> None:
    widget = tree()
    app = Listening(widget)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        assert widget.is_open("/app")
        assert widget.move_to("/app/prod/db/port")
        await pilot.press("enter")
        assert [message.node for message in told(app, ResourceTree.NodeSelected)] == ["/app/prod/db/port"]
        widget.add_paths([("/app/prod/db", ("String", "7"))])  # one id is both now
        widget.move_to("/app/prod/db")
        await pilot.press("enter")
        assert told(app, ResourceTree.NodeSelected)[-1].node == "/app/prod/db"
        widget.move_to("/app/prod")
        await pilot.press("enter")
        assert not widget.is_open("/app/prod")


async def test_pages_that_come_move_neither_cursor_nor_view_nor_marks() -> None:
    widget = tree()
    app = Listening(widget)
    async with app.run_test(size=(60, 8)) as pilot:
        await pilot.press("L", "G", "k", "space")
        held, marked = widget.cursor_id, widget.marked_ids
        at = next(y for y, line in enumerate(lines(widget)) if line.startswith("▸"))
        for page in range(20):
            widget.add_paths([(f"/app/{name}/x/{page}", ("String", "1")) for name in ("aa", "dev", "zz")])
            widget.add_paths([(f"/aa-{page}/key", ("String", "1"))])
            await pilot.pause()
            assert widget.cursor_id == held and widget.marked_ids == marked == ["/app/prod/web/host"]
            assert lines(widget)[at].startswith("▸")
        widget.set_paths([(path, ("String", "2")) for path in reversed(PATHS)])
        assert widget.cursor_id == held and widget.marked_ids == marked
        widget.remove_path(*PATHS[4:], "/app/prod/web/port")
        assert widget.cursor_id == "/app/prod/web/host"
        widget.clear()
        await pilot.pause()
        assert widget.cursor_id is None and told(app, ResourceTree.NodeHighlighted)[-1].node is None


async def test_children_are_asked_for_when_a_lazy_node_is_opened() -> None:
    widget = ResourceTree()
    app = Listening(widget)
    async with app.run_test(size=(60, 12)) as pilot:
        widget.add_nodes([TreeNode(name, None, name, lazy=True, folder=True) for name in ("a", "b", "c")])
        await pilot.press("l", "h", "l")
        await pilot.pause()
        assert [message.node for message in told(app, ResourceTree.ChildrenRequested)] == ["a"]
        assert lines(widget)[1].strip() == "· Loading…"
        await pilot.press("j")
        assert widget.cursor_id == NoteId("a")
        widget.add_nodes([TreeNode("a/1", "a", "one")])
        assert widget.cursor_id == NoteId("a") and "(1…)" in lines(widget)[0]
        widget.loaded_children("a")
        assert [line.strip() for line in lines(widget)[1:3]] == ["· one", "▸ ▸ b"]
        await pilot.press("l")
        widget.failed_children("b", "AccessDenied: ssm:GetParametersByPath is missing.")
        assert "✖ failed" in lines(widget)[2] and "✖ AccessDenied: ssm:Get" in lines(widget)[3]
        await pilot.press("j", "enter")
        await pilot.pause()
        assert [message.node for message in told(app, ResourceTree.ChildrenRequested)] == ["a", "b", "b"]
        widget.set_children("b", [])
        assert "Nothing in here." in lines(widget)[3]
        assert widget.total == 1


@pytest.mark.slow
async def test_to_unfold_all_below_a_lazy_node_asks_for_what_comes_as_well() -> None:
    widget = ResourceTree()
    app = Listening(widget)
    async with app.run_test(size=(60, 12)) as pilot:
        widget.add_nodes([TreeNode("a", None, "a", lazy=True, folder=True)])
        await pilot.press("plus")
        widget.set_children("a", [TreeNode("b", "a", "b", lazy=True, folder=True), TreeNode("c", "a", "c")])
        await pilot.pause()
        asked = [(message.node, message.deep) for message in told(app, ResourceTree.ChildrenRequested)]
        assert asked == [("a", True), ("b", True)]
        widget.set_children("b", [TreeNode("d", "b", "d")])
        assert [line.split("  (")[0].strip(" ▸") for line in lines(widget)[:4]] == ["▾ a", "▾ b", "· d", "· c"]


async def test_marks_are_of_things_and_a_folder_marks_what_the_filter_lets_through() -> None:
    widget = tree()
    app = Listening(widget)
    async with app.run_test(size=(80, 24)) as pilot:
        widget.set_filter("host")
        await pilot.press("space")
        assert widget.marked_ids == [
            path for env in ("dev", "prod") for path in PATHS if env in path and "host" in path
        ]
        assert "◆ 4 (4 of 8)" in lines(widget)[1]
        widget.set_filter("port")
        assert len(widget.hidden_marks) == 4
        await pilot.press("M")
        await pilot.pause()
        assert (told(app, ResourceTree.MarksChanged)[-1].count, told(app, ResourceTree.MarksChanged)[-1].hidden) == (
            8,
            4,
        )
        await pilot.press("asterisk")
        widget.set_filter("")
        assert len(widget.marked_ids) == 4
        await pilot.press("asterisk", "asterisk", "g", "space")
        assert len(widget.targets) == 8


async def test_shift_and_arrows_mark_a_range_and_give_back_what_they_leave() -> None:
    widget = tree()
    app = Listening(widget)
    async with app.run_test(size=(80, 24)) as pilot:
        widget.mark([PATHS[0]])
        widget.move_to("/app/dev/web/host")
        await pilot.press("shift+down")
        assert widget.marked_ids == ["/app/dev/web/host", "/app/dev/web/port", PATHS[0]]
        await pilot.press("shift+up", "shift+up")
        assert widget.cursor_id == "/app/dev/web"
        assert widget.marked_ids == ["/app/dev/web/host", PATHS[0]]
        await pilot.press("shift+down", "j", "j", "shift+down")
        assert "/app/dev/web/host" in widget.marked_ids and PATHS[0] in widget.marked_ids


async def test_a_range_marks_what_is_seen_and_never_what_is_folded_in() -> None:
    widget = tree()
    app = Listening(widget)
    async with app.run_test(size=(80, 24)) as pilot:
        widget.move_to("/app/dev/db/port")
        widget.unfold("/app/prod/web")
        widget.unfold("/app/prod")
        await pilot.press("V")  # nothing was marked before: what is here
        assert widget.marked_ids == ["/app/dev/db/port"]
        widget.move_to("/app/prod/web/host")
        await pilot.press("V")
        assert widget.marked_ids == ["/app/dev/db/port", "/app/prod/web/host"]  # three folded folders in between


async def test_a_filter_keeps_folders_and_gives_the_folds_back() -> None:
    widget = tree()
    app = Listening(widget)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("l")
        before = texts(widget)
        widget.set_filter("prod db")
        await pilot.pause()
        assert [line.split()[1] for line in texts(widget)] == ["app", "prod", "db", "host", "port"]
        said = told(app, ResourceTree.FilterApplied)[-1]
        assert (said.shown, said.total, said.error) == (2, 8, None)
        await pilot.press("j", "j", "h")
        assert len(texts(widget)) == 3
        widget.add_paths([("/app/prod/db/user", ("String", "1")), ("/app/prod/web/user", ("String", "1"))])
        assert widget.shown == 3
        widget.set_filter("dev/web")
        assert [line.split()[1] for line in texts(widget)] == ["app", "dev", "web", "host", "port"]
        assert widget.set_filter("~(~").error is not None
        assert widget.shown == 2
        widget.set_filter("zzz")
        assert widget.cursor_id is None and "Nothing matches" in "\n".join(lines(widget))
        widget.set_filter("")
        assert texts(widget) == before
        widget.set_filter("path=/app/prod/* type=string")
        assert widget.shown == 6
        await pilot.press("G")
        widget.set_filter("")
        assert widget.cursor_id == "/app/prod/web/user"  # gone to while it was found: it stays in sight


async def test_cells_that_change_flash_once_and_never_when_they_first_come() -> None:
    widget = tree()
    app = Listening(widget)
    async with app.run_test(size=(80, 24)) as pilot:
        widget.move_to("/app/prod/db/host")
        line = next(y for y, text in enumerate(lines(widget)) if text.startswith("▸"))

        def reversed_text() -> str:
            return "".join(part.text for part in widget.render_line(line) if part.style and part.style.reverse)

        assert reversed_text() == ""
        widget.update_cell("/app/prod/db/host", "version", "23")
        assert reversed_text().strip() == "23"
        widget.update_cell("/app/prod/db/host", "version", "23")
        await until(pilot, lambda: reversed_text() == "")
        widget.calm = True
        widget.update_cell("/app/prod/db/host", "version", "24")
        assert reversed_text() == ""
        widget.add_paths([("/app/prod/db/a-new", ("String", "9"))])
        assert all(not part.style.reverse for y in range(20) for part in widget.render_line(y) if part.style)


async def test_one_comes_back_to_the_tree_as_one_left_it() -> None:
    widget = tree()
    async with Listening(widget).run_test(size=(60, 8)) as pilot:
        await pilot.press("l")
        widget.unfold("/app/prod", below=True)
        widget.move_to("/app/prod/web/host")
        await pilot.press("space", "k")
        left, before = widget.standing(), lines(widget)
    again = ResourceTree(COLUMNS, title="Parameter")
    async with Listening(again).run_test(size=(60, 8)) as pilot:
        again.stand(left)
        for path in PATHS:  # they come page by page, after that
            again.add_paths([(path, ("String", "1"))])
        assert lines(again) == before and again.marked_ids == ["/app/prod/web/host"]
        await pilot.press("g")
        again.stand(left)
        assert lines(again) == before


async def test_the_cursor_was_out_of_view_where_one_came_back_to_a_tree_that_is_lower_now() -> None:
    shown = []
    left = None
    for height in (20, 8):
        widget = tree()
        widget.add_paths([("/app/prod/web/zebra", ("String", "1"))])
        async with Listening(widget).run_test(size=(60, height)):
            if left is None:
                widget.unfold("/app", below=True)
                widget.move_to("/app/prod/web/zebra")
                left = widget.standing()
            else:
                widget.stand(left)
            shown.append([line.split()[:3] for line in lines(widget) if "zebra" in line])
            assert widget.cursor_id == "/app/prod/web/zebra"
    assert shown[0] and shown[0] == shown[1]


@pytest.mark.slow
async def test_many_nodes_come_in_slices_in_which_keys_still_work() -> None:
    widget = ResourceTree(COLUMNS)
    app = Listening(widget)
    async with app.run_test(size=(80, 24)) as pilot:
        entries = [(f"/app/{number % 7}/{number}", ("String", str(number))) for number in range(6_000)]
        widget.add_paths(entries)
        assert widget.arranging
        widget.remove_path("/app/1/1")  # waits for what was given before
        await pilot.press("L", "j", "j")
        held = widget.cursor_id
        widget.set_filter("type=string version=*7")
        await until(pilot, lambda: not widget.arranging)
        assert widget.total == 5_999
        assert widget.shown == 600
        widget.set_filter("")
        assert widget.cursor_id == held


async def test_markup_control_and_wide_characters_are_drawn_as_they_are() -> None:
    widget = ResourceTree([Column("tag")])
    async with Listening(widget).run_test(size=(40, 6)):
        widget.add_nodes(
            [
                TreeNode(1, None, "[red]x[/red]", ("a\x1b[31mb\nc",)),
                TreeNode(2, None, "서버-하나둘셋넷다섯여섯일곱여덟아홉열", ("\u202eevil",)),
                TreeNode(3, None, "e\u0301 [/no such]"),
            ]
        )
        drawn = "\n".join(lines(widget))
        assert "[red]x[/red]" in drawn and "a␛[31mb␊c" in drawn
        assert "하나둘…" in drawn or "…" in drawn
        assert "é [/no such]" in drawn
        assert all(widget.render_line(y).cell_length == 40 for y in range(6))


@pytest.mark.slow
async def test_long_labels_scroll_sideways() -> None:
    widget = ResourceTree(guides=True, glyphs=ASCII)
    async with Listening(widget).run_test(size=(30, 6)) as pilot:
        widget.add_paths([("/a/" + "x" * 40 + "end", ())])
        await pilot.press("l", "l", *["l"] * 9)
        assert "end" in lines(widget)[1]
        assert "\n".join(lines(widget)).isascii()
        await pilot.press(*["h"] * 9)
        assert widget.cursor_id == "/a" and "xxx" not in lines(widget)[1]


@pytest.mark.slow
async def test_guides_show_what_hangs_together() -> None:
    widget = tree(guides=True)
    async with Listening(widget).run_test(size=(60, 20)) as pilot:
        await pilot.press("L")
        assert [line.split("  (")[0].split("  S")[0].rstrip() for line in texts(widget)][:6] == [
            "└─▾ app",
            "  ├─▾ dev",
            "  │ ├─▾ db",
            "  │ │ ├─· host",
            "  │ │ └─· port",
            "  │ └─▾ web",
        ]


@pytest.mark.parametrize(
    ("state", "message", "expected"),
    [
        ("loading", "", "Loading…"),
        ("empty", "No parameters yet. n makes one.", "n makes one."),
        ("error", "AccessDenied: [red]", "AccessDenied: [red]"),
    ],
)
async def test_without_nodes_the_state_is_said(state: str, message: str, expected: str) -> None:
    widget = ResourceTree(COLUMNS)
    async with Listening(widget).run_test(size=(80, 24)) as pilot:
        widget.state, widget.message = state, message
        await pilot.pause()
        assert expected in "\n".join(lines(widget))
        widget.add_paths([("/app", ("String", "1"))])
        assert "app" in lines(widget)[1] and expected not in "\n".join(lines(widget))


@pytest.mark.slow
async def test_the_mouse_moves_folds_marks_and_opens() -> None:
    widget = tree()
    app = Listening(widget)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.click(widget, offset=(2, 1))
        assert widget.is_open("/app")
        await pilot.click(widget, offset=(6, 3))
        assert widget.cursor_id == "/app/prod"
        await pilot.click(widget, offset=(1, 2))
        assert len(widget.marked_ids) == 4
        widget.unfold("/app/prod", below=True)
        await pilot.click(widget, offset=(12, 5), times=2)
        assert told(app, ResourceTree.NodeSelected)[-1].node == "/app/prod/db/host"


@pytest.mark.slow
async def test_moving_the_cursor_draws_two_lines_and_no_more() -> None:
    drawn: list[int] = []

    class Counting(ResourceTree):
        def render_line(self, y: int) -> Any:
            drawn.append(y)
            return super().render_line(y)

    widget = Counting(COLUMNS)
    widget.add_paths([(path, ()) for path in PATHS])
    async with PlainApp(widget).run_test(size=(80, 24)) as pilot:
        await pilot.press("L")
        await pilot.pause()
        drawn.clear()
        await pilot.press("j")
        await pilot.pause()
        assert sorted(set(drawn)) == [1, 2]


async def test_an_owner_says_how_many_are_below_before_they_come() -> None:
    widget = ResourceTree(COLUMNS)
    async with Listening(widget).run_test(size=(60, 12)) as pilot:
        widget.add_nodes([TreeNode("a", None, "a", lazy=True, folder=True, below=9)])
        assert "(9)" in lines(widget)[1]
        await pilot.press("l")
        widget.set_children("a", [TreeNode("b", "a", "b", lazy=True, folder=True, below=8), TreeNode("c", "a", "c")])
        assert "(9)" in lines(widget)[1] and "(8)" in lines(widget)[2]
        widget.add_nodes([TreeNode("a", None, "a", folder=True)])
        assert "(1)" in lines(widget)[1]


async def test_a_folder_becomes_a_thing_and_a_thing_a_folder_and_marks_follow() -> None:
    widget = ResourceTree(COLUMNS)
    async with Listening(widget).run_test(size=(60, 12)):
        widget.add_nodes([TreeNode("a", None, "a", folder=True), TreeNode("b", "a", "b", ("String", "1"))])
        assert widget.total == 1
        widget.add_nodes([TreeNode("a", None, "a", ("String", "2"))])
        assert widget.total == 2 and widget.cells("a") == ("String", "2")
        widget.mark(["a", "b"])
        widget.add_nodes([TreeNode("a", None, "a", folder=True)])
        assert widget.total == 1 and widget.marked_ids == ["b"]
        widget.add_nodes([TreeNode("b", "a", "b", ("String", "1"), lazy=True, below=2)])
        assert widget.is_lazy("b") and widget.total == 1
        widget.keep_children(None, set())
        assert widget.total == 0 and not widget.ids


async def test_what_is_saved_of_a_tree_has_the_whole_path() -> None:
    widget = ResourceTree(COLUMNS, title="Parameter")
    async with Listening(widget).run_test(size=(60, 12)):
        widget.add_nodes([TreeNode(1, None, "/app/prod", folder=True), TreeNode(2, 1, "host", ("String", "3"))])
        assert widget.ids == [2] and widget.written(2) == ("/app/prod/host", "String", "3")
        assert [column.key for column in widget.columns] == ["path", "type", "version"]


async def test_a_terminal_that_becomes_wider_leaves_no_line_at_its_old_width() -> None:
    widget = tree()
    app = Listening(widget)
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.press("L")
        await pilot.resize_terminal(90, 12)
        await pilot.pause()
        bars = {len(line.rstrip()) for line in lines(widget)[1:] if line.strip()}
        await pilot.press("j", "k")
        await pilot.pause()
        assert bars == {len(line.rstrip()) for line in lines(widget)[1:] if line.strip()} == {90}
