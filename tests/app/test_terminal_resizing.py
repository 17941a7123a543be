"""What one looks at in a terminal pane stays, through another width and while older lines are wrapped for it."""

from __future__ import annotations

from textual.events import MouseDown, MouseMove, MouseUp

from tests.app.test_terminal_selecting import opened
from tests.app.test_terminal_widget import until
from tui.emulator.terminal import Terminal
from tui.widgets.terminal_history import LookingBack
from tui.widgets.terminal_lines import Spot
from tui.widgets.terminal_selection import Selection, text_of


def looked_at(*, lines: int = 900, columns: int = 80, keep: int = 100_000) -> LookingBack:
    """Give a long scrollback, every line of which takes two rows of half the width."""
    terminal = Terminal(columns, 20, scrollback=keep)
    text = "".join(f"line {n:05d} {'x' * (columns - 20)} end{n:05d}\r\n" for n in range(lines))
    terminal.feed(text.encode())
    back = LookingBack(terminal)
    back.enter()
    return back


def line_of(back: LookingBack, text: str) -> int:
    texts = back.lines.texts(back.lines.first, back.lines.stop)
    return back.lines.first + next(n for n, line in enumerate(texts) if text in line)


def settle(back: LookingBack) -> None:
    while not back.settle()[0]:
        pass


def test_the_view_jumped_elsewhere_when_the_width_changed() -> None:
    for wanted in (300, 880):
        back = looked_at()
        back.show(Spot(line_of(back, f"line {wanted:05d}"), 5))
        back.scroll(6)
        for rows, columns in ((20, 40), (9, 33), (20, 120), (20, 80)):
            back.resize(rows, columns)
            assert back.top <= back.cursor.line < back.top + back.page
            settle(back)
            assert back.lines.text(back.cursor.line).startswith(f"line {wanted:05d}")
            assert back.cursor.column == 5
            assert back.top <= back.cursor.line < back.top + back.page


def test_the_view_jumped_where_wrapped_lines_pushed_the_oldest_out_of_a_full_scrollback() -> None:
    back = looked_at(keep=890)
    back.show(Spot(line_of(back, "line 00520"), 5))
    back.resize(20, 40)
    settle(back)
    assert back.lines.text(back.cursor.line).startswith("line 00520")


def test_a_selection_came_to_stand_on_other_text_while_older_lines_were_wrapped() -> None:
    back = looked_at()
    back.resize(20, 40)
    above, below = line_of(back, "line 00100"), line_of(back, "line 00500")
    back.take(Selection(Spot(above, 5), Spot(below, 9)))
    before = text_of(back.lines, back.selection) if back.selection else ""
    settle(back)
    assert back.selection is not None
    assert text_of(back.lines, back.selection) == before
    assert before.startswith("00100")
    assert before.endswith("00500")


def test_what_was_found_was_forgotten_or_elsewhere_after_the_width_changed() -> None:
    back = looked_at()
    back.begin_search()
    back.type_search("end000")
    while back.search.is_searching:
        back.step_search()
    back.end_search(keep=True)
    assert back.search.count == 100
    at = back.cursor
    assert back.search.said == "1 of 100"
    back.resize(20, 40)
    # At once, while most lines still stand as they stood.
    assert back.search.go(back.cursor, older=True)
    assert back.to_match()
    assert "end00098" in back.lines.text(back.cursor.line)
    settle(back)
    back.show(Spot(back.lines.first, 0))
    while back.search.is_searching:
        assert not back.step_search(), "the view leaves where one is"
    assert back.search.said == "2 of 100"
    assert back.search.go(back.cursor, older=False)
    assert back.to_match()
    assert "end00000" in back.lines.text(back.cursor.line)
    assert at != back.cursor


async def test_lines_stayed_cut_off_where_the_width_changed_while_an_editor_ran() -> None:
    text = "".join(f"{'x' * 30} end{n:04d}\r\n" for n in range(800))
    async with opened(text + "\x1b[?1049h") as (app, pilot):
        terminal = app.pane.terminal
        assert terminal is not None
        await pilot.resize_terminal(20, 10)
        app.pane.feed(b"\x1b[?1049l")
        assert terminal.unsettled
        await until(pilot, lambda: not terminal.unsettled)
        assert terminal.text_of(1) == "x" * 10 + " end0000"


async def test_the_mouse_selected_the_line_below_in_a_shell_that_has_ended() -> None:
    async with opened("\r\n".join(f"line {n}" for n in range(10))) as (app, pilot):
        app.pane.exit_text = "exit status 0"
        await pilot.pause()
        assert app.screen_text()[2] == "line 3"
        app.mouse(MouseDown, 0, 2)
        app.mouse(MouseMove, 5, 2)
        app.mouse(MouseUp, 5, 2)
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert app.said == ["line 3"]
