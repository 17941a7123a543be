"""Selecting, copying, searching and following links in a terminal pane, by keys and with the mouse."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.app import App, ComposeResult
from textual.events import MouseDown, MouseMove, MouseUp
from textual.pilot import Pilot

from tests.app.test_terminal_widget import until
from tui.emulator.terminal import Terminal
from tui.widgets.terminal import TerminalView
from tui.widgets.terminal_history import LookingBack
from tui.widgets.terminal_lines import Lines, Spot
from tui.widgets.terminal_links import Links, addresses
from tui.widgets.terminal_motion import by_word
from tui.widgets.terminal_search import Match, Search
from tui.widgets.terminal_selection import Selection, text_of, word_at


class Pane(App[None]):
    """A terminal pane and what it says."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.typed = bytearray()

    def compose(self) -> ComposeResult:
        yield TerminalView()

    def on_mount(self) -> None:
        self.pane.focus()

    @property
    def pane(self) -> TerminalView:
        return self.query_one(TerminalView)

    def screen_text(self) -> list[str]:
        return [self.pane.render_line(y).text.rstrip() for y in range(self.pane.size.height)]

    def on_terminal_view_copied(self, message: TerminalView.Copied) -> None:
        self.said.append(message.text)

    def on_terminal_view_link_requested(self, message: TerminalView.LinkRequested) -> None:
        self.said.append(message.uri)

    def on_terminal_view_input(self, message: TerminalView.Input) -> None:
        self.typed += message.data

    def mouse(self, kind: type[MouseDown | MouseUp | MouseMove], x: int, y: int, **held: bool) -> None:
        shift, ctrl = held.get("shift", False), held.get("ctrl", False)
        self.pane.post_message(kind(self.pane, x, y, 0, 0, 1, shift, False, ctrl, screen_x=x, screen_y=y))


@asynccontextmanager
async def opened(text: str, size: tuple[int, int] = (40, 10)) -> AsyncIterator[tuple[Pane, Pilot[None]]]:
    app = Pane()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        app.pane.feed(text.encode())
        await pilot.pause(0.03)
        yield app, pilot


def terminal(text: str, columns: int = 10, rows: int = 4, keep: int = 1000) -> Terminal:
    made = Terminal(columns, rows, scrollback=keep)
    made.feed(text.encode())
    return made


# What is selected


@pytest.mark.parametrize(
    ("text", "first", "last", "kind", "copied"),
    [
        ("abc  \r\ndef", (0, 1), (1, 1), "cells", "bc\nde"),
        ("0123456789abcdef\r\nx", (0, 8), (2, 0), "cells", "89abcdef\nx"),
        ("123456789한글", (0, 8), (1, 0), "cells", "9한"),
        ("a한b", (0, 2), (0, 2), "cells", "한"),
        ("a한b", (0, 0), (0, 1), "cells", "a한"),
        ("e\u0301x", (0, 0), (0, 0), "cells", "e\u0301"),
        ("abc\r\ndefgh\r\nij", (2, 0), (0, 2), "lines", "abc\ndefgh\nij"),
        ("abcd\r\nef\r\nghij", (0, 1), (2, 2), "block", "bc\nf\nhi"),
        ("abcd   x\r\n", (0, 2), (0, 6), "cells", "cd"),
    ],
)
def test_what_is_copied(text: str, first: tuple[int, int], last: tuple[int, int], kind: str, copied: str) -> None:
    lines = Lines(terminal(text))
    assert text_of(lines, Selection(Spot(*first), Spot(*last), kind)) == copied  # type: ignore[arg-type]


def test_a_word_is_taken_over_the_edge_and_a_line_of_90000_characters_comes_whole() -> None:
    lines = Lines(terminal("cat /var/log/syslog.1 now"))
    assert text_of(lines, word_at(lines, Spot(1, 0))) == "/var/log/syslog.1"
    long = "".join(chr(97 + n % 26) for n in range(90_000))
    lines = Lines(terminal(f"{long}\r\n", columns=80, rows=24, keep=100_000))
    assert text_of(lines, Selection(Spot(0, 0), Spot(lines.stop - 2, 79))).rstrip() == long
    search = Search(lines)
    search.begin("yza", Spot(0, 0))
    while search.is_searching:
        search.step()
    assert search.count == 3461


def test_a_selection_stays_on_its_text_and_goes_when_that_is_gone() -> None:
    made = terminal("one\r\ntwo\r\nthree\r\n", keep=5)
    back = LookingBack(made)
    back.take(Selection(Spot(1, 0), Spot(1, 2)))
    made.feed(b"x\r\n" * 3)
    back.follow()
    assert back.selection is not None and text_of(back.lines, back.selection) == "two"
    made.feed(b"x\r\n" * 6)
    assert back.follow() and back.selection is None


def test_moves_by_words() -> None:
    lines = Lines(terminal("ab cd.e\r\n\r\nfg", columns=20))
    walked = [Spot(0, 0)]
    for _ in range(5):
        walked.append(by_word(lines, walked[-1], "w"))
    assert walked == [(0, 0), (0, 3), (0, 5), (0, 6), (2, 0), (3, 0)]
    assert by_word(lines, Spot(2, 0), "b") == (0, 6)
    assert by_word(lines, Spot(0, 0), "E") == (0, 1)


async def test_a_selection_by_keys_is_copied_and_one_is_back_at_the_shell() -> None:
    async with opened("alpha beta\r\ngamma\r\n$ ") as (app, pilot):
        await pilot.press("f12", "left_square_bracket", "k", "k", "0", "w", "v", "e")
        assert "y copy" in app.screen_text()[-1]
        await pilot.press("y")
        assert app.said == ["beta"] and not app.pane.looking_back
        await pilot.press("f12", "left_square_bracket", "k", "V", "k", "enter")
        assert app.said[1:] == ["alpha beta\ngamma"]
        await pilot.press("f12", "left_square_bracket", "v", "escape", "escape")
        assert not app.pane.looking_back and not app.typed


async def test_ctrl_c_copies_what_the_mouse_selected_and_else_is_the_shells() -> None:
    async with opened("alpha beta\r\ngamma\r\n$ ") as (app, pilot):
        app.mouse(MouseDown, 6, 0)
        app.mouse(MouseMove, 2, 1)
        app.mouse(MouseUp, 2, 1)
        await pilot.press("ctrl+c")
        assert app.said == ["beta\ngam"] and app.typed == b""
        await pilot.press("ctrl+c")
        app.mouse(MouseDown, 0, 0)
        app.mouse(MouseMove, 3, 0)
        await pilot.press("x", "ctrl+c")
        assert app.said == ["beta\ngam"] and app.typed == b"\x03x\x03"


async def test_two_presses_take_a_word_and_three_a_line() -> None:
    async with opened("alpha beta\r\n") as (app, pilot):
        for presses in (2, 1):
            for _ in range(presses):
                app.mouse(MouseDown, 7, 0)
                app.mouse(MouseUp, 7, 0)
            await pilot.pause()
            assert app.pane.selected
            back = app.pane._back
            assert back is not None and back.selection is not None
            app.said.append(text_of(back.lines, back.selection))
        assert app.said == ["beta", "alpha beta"]


async def test_the_mouse_is_the_far_ends_where_it_asked_for_it_but_for_shift() -> None:
    async with opened("alpha\x1b[?1000h\x1b[?1006h") as (app, pilot):
        app.mouse(MouseDown, 0, 0)
        app.mouse(MouseUp, 0, 0)
        await pilot.pause()
        assert app.typed == b"\x1b[<0;1;1M\x1b[<0;1;1m" and not app.pane.selected
        app.mouse(MouseDown, 0, 0, shift=True)
        app.mouse(MouseMove, 2, 0, shift=True)
        app.mouse(MouseUp, 2, 0, shift=True)
        await pilot.press("ctrl+c")
        assert app.said == ["alp"]


async def test_a_drag_beyond_the_edge_goes_on_into_the_scrollback() -> None:
    async with opened("".join(f"line {n}\r\n" for n in range(40))) as (app, pilot):
        app.mouse(MouseDown, 3, 2)
        app.mouse(MouseMove, 0, -1)
        await until(pilot, lambda: "line 25" in app.screen_text())  # type: ignore[arg-type]
        app.mouse(MouseUp, 0, -1)
        await pilot.press("ctrl+c")
        assert app.said[0].splitlines()[-2:] == ["line 32", "line"] and app.pane.looking_back


# Searching


def searched(made: Terminal, needle: str) -> Search:
    search = Search(Lines(made))
    search.begin(needle, Spot(Lines(made).stop - 1, 0))
    while search.is_searching or (search.now is None and not search.problem and search.count):
        search.step()
    search.step()
    return search


def test_a_search_finds_over_the_edge_in_either_case_and_by_expression() -> None:
    made = terminal("xx error: disk\r\nERROR again\r\nan Error\r\nfour\r\nfive\r\n")
    assert searched(made, "error").count == 3
    assert searched(made, "Error").count == 1
    assert searched(made, "~e[r]+or~").count == 3
    assert searched(made, "r: di").now == Match(0, 7)
    assert searched(made, "nothing").said == "not found"
    assert "missing" in searched(made, "~(~").problem


def test_every_match_in_100000_lines_is_counted_in_slices_of_a_moment() -> None:
    made = Terminal(80, 24, scrollback=100_000)
    made.feed(b"".join(b"%d a line of a log with some words in it\r\n" % n for n in range(100_000)))
    search = Search(Lines(made))
    search.begin("0 a", Spot(Lines(made).stop - 1, 0))
    slices = 1
    assert search.step() and search.said == f"1 of {search.count}+"
    while search.is_searching:
        search.step()
        slices += 1
    assert search.said == "1 of 10000" and slices > 100
    assert search.go(Spot(50_000, 0), older=True) and search.now == Match(49_990, 4)
    made.feed(b"0 a new one\r\n")
    assert search.go(Spot(99_990, 4), older=False) and search.now == Match(100_000, 0)


async def test_matches_are_marked_while_one_types_and_escape_returns() -> None:
    async with opened("".join(f"line {n} ab\r\n" for n in range(40))) as (app, pilot):
        await pilot.press("f12", "slash", *"line 1")
        await until(pilot, lambda: "/line 1  1 of 11" in app.screen_text()[-1])  # type: ignore[arg-type]
        rows = [app.pane.render_line(y) for y in range(9)]
        marked = {(text, bool(style.bold)) for row in rows for text, style, _ in row if style}
        assert {("ine 1", True), ("line 1", False)} <= marked  # the cursor stands on the first letter
        await pilot.press("escape")
        assert "line 39 ab" in app.screen_text() and app.pane.looking_back
        await pilot.press("slash", *"nowhere")
        await until(pilot, lambda: "not found" in app.screen_text()[-1])  # type: ignore[arg-type]
        await pilot.press("escape", "q")
        assert app.typed == b""


# Links


def test_addresses_in_a_text() -> None:
    text = "see https://a.org/x_(y), (http://b/c). mailto:me@x.org; http:// file:///etc/motd's"
    assert [text[a:b] for a, b in addresses(text)] == [
        "https://a.org/x_(y)", "http://b/c", "mailto:me@x.org", "file:///etc/motd"
    ]  # fmt: skip


def test_marked_links_and_addresses_over_the_edge_are_found() -> None:
    made = terminal("\x1b]8;;http://far/\x1b\\here\x1b]8;;\x1b\\ http://near/12345 ", columns=12, rows=5)
    links = Links(made, Lines(made))
    assert [(link.uri, link.spot) for link in links.of(1)] == [("http://far/", (0, 0)), ("http://near/12345", (0, 5))]
    assert links.at(Spot(1, 3)) == links.of(0)[1] and links.at(Spot(0, 4)) is None


async def test_tab_goes_from_link_to_link_and_o_asks_for_one_as_ctrl_and_a_click_do() -> None:
    async with opened("http://a/1 and http://b/2\r\n") as (app, pilot):
        await pilot.press("f12", "left_square_bracket", "tab", "o", "tab", "o", "shift+tab", "o", "q")
        app.mouse(MouseDown, 16, 0, ctrl=True)
        app.mouse(MouseUp, 16, 0, ctrl=True)
        await pilot.pause()
        assert app.said == ["http://a/1", "http://b/2", "http://a/1", "http://b/2"] and app.typed == b""
