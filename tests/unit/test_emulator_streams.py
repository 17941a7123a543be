"""Whatever comes, however it is cut: the same screen, and no exception."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.emulator.terminal import Terminal

pytestmark = pytest.mark.slow

SPICE = [
    *("\x1b", "\x1b]", "\x1bP", "\x1b_", "\x1b\\", "\x07", "\x18", "\r\n", "\t", "\b", "\x1bM", "\x1b(0"),
    *("字", "e\u0301", "👩\u200d💻", "❤\ufe0f", "\udce5", "\udcad", "x" * 30),
    *("\x1b[2;4r", "\x1b[?6h", "\x1b[4h", "\x1b[?7l", "\x1b[?1049h", "\x1b[?1049l", "\x1b]52;c;aGk=\x07"),
    *("\x1b[38;5;300m", "\x1b[38:2::1:2m", "\x1b[48;2;1m", "\x1b[38m", "\x1b[4:9m", "\x1b[3b", "\x1b[" + "1;" * 700),
]
PIECES = st.one_of(
    st.binary(max_size=12),
    st.text(max_size=12).map(str.encode),
    st.builds(
        lambda private, params, middle, final: f"\x1b[{private}{params}{middle}{final}".encode(),
        st.sampled_from(["", "", "", "?", ">", "=", "<"]),
        st.lists(st.one_of(st.integers(0, 30), st.sampled_from([47, 1047, 1048, 1049, 10**39, 2004])), max_size=4).map(
            lambda numbers: ";".join(map(str, numbers))
        ),
        st.sampled_from(["", "", "", " ", "$", "!", " !"]),
        st.characters(min_codepoint=0x40, max_codepoint=0x7E),
    ),
    st.builds(lambda final: b"\x1b" + bytes([final]), st.integers(0x20, 0x7E)),
    st.sampled_from([piece.encode("utf-8", "surrogateescape") for piece in SPICE]),
)
STREAMS = st.lists(PIECES, max_size=30).map(b"".join)


WORDS = [
    *("", "a", "ab cd", "x" * 19, "x" * 20, "y" * 47, "字", "字" * 9, "a字" * 13, "\t", "é", "ж" * 25, "e\u0301"),
    *("👩\u200d💻", "\u200d字", "\x1b[m", "\x1b[0m", "\x1b[31m", "\x1b[1;4;38;5;9m", "\x1b[0;7m", "\x1b[44m"),
    *("\x1b[39;49m", "\x1b[K", "\x1b[3b", "\r", "\b", "\x1b[" + "1;" * 120 + "m", "\x1b[m" * 100, "\x1b(B"),
    *("\x1b(B\x1b[m", "\x1b(0q", "\x1b]8;;http://a/\x1b\\", "\x1b[3g", "\x1b[6;1H", "\x1b[2;5r", "\x1b[r"),
    *("\x1b[?7l", "\x1b[?7h", "\x1b[4h", "\x1b[4l", "\x1b[?1049h", "\x1b[?1049l", "\x1bc"),
]
LINES = st.lists(st.lists(st.sampled_from(WORDS), max_size=5).map("".join), max_size=40).map(
    lambda lines: "\r\n".join(lines).encode()
)


def state_of(terminal: Terminal) -> tuple[object, ...]:
    return (
        list(terminal.lines),
        [terminal.behind(line) for line in range(terminal.scrollback)],
        terminal.cursor,
        terminal.title,
        terminal.modes,
        terminal.take_replies(),
        terminal.take_bells(),
        terminal.take_clipboard(),
    )


def check(terminal: Terminal) -> None:
    for row in terminal._screen.buffer:
        assert len(row.open()) == len(row.styles) == terminal.columns
    assert 0 <= terminal.cursor.row < terminal.rows
    assert 0 <= terminal.cursor.column < terminal.columns
    assert len(terminal._screen.buffer) == terminal.rows


@settings(max_examples=300, deadline=None)
@given(STREAMS, st.lists(st.integers(0, 400), max_size=12), st.sampled_from([(20, 6), (1, 1), (2, 3), (80, 24)]))
def test_any_bytes_cut_anywhere_give_the_same_screen(data: bytes, cuts: list[int], size: tuple[int, int]) -> None:
    whole, cut = Terminal(*size), Terminal(*size)
    whole.feed(data)
    edges = sorted({0, len(data), *(at for at in cuts if at < len(data))})
    for start, stop in pairwise(edges):
        cut.feed(data[start:stop])
    check(whole)
    assert state_of(cut) == state_of(whole)


@settings(max_examples=400, deadline=None)
@given(LINES, st.lists(st.integers(0, 400), max_size=6), st.sampled_from([(20, 6), (1, 1), (2, 3), (80, 24)]))
def test_lines_that_flood_past_come_out_as_if_they_came_byte_by_byte(
    data: bytes, cuts: list[int], size: tuple[int, int]
) -> None:
    whole, cut, single = Terminal(*size), Terminal(*size), Terminal(*size)
    start = b"\n" * size[1]  # whole lines are taken at once where the cursor is in the last row
    for terminal in (whole, cut, single):
        terminal.feed(start)
    whole.feed(data)
    edges = sorted({0, len(data), *(at for at in cuts if at < len(data))})
    for begin, stop in pairwise(edges):
        cut.feed(data[begin:stop])
    for at in range(len(data)):
        single.feed(data[at : at + 1])
    check(whole)
    expected = state_of(single)
    assert state_of(whole) == expected
    assert state_of(cut) == expected
    everything = range(whole.scrollback + whole.rows)
    assert [whole.wrapped(line) for line in everything] == [single.wrapped(line) for line in everything]
    assert whole.all_text() == single.all_text() == [whole.text_of(line) for line in everything]
    for terminal in (whole, single):
        terminal.resize(size[1] + 1, max(1, size[0] - 3))
        terminal.resize(size[1] + 2, size[0] + 7)
        terminal.settle()
    assert state_of(whole) == state_of(single)


@settings(max_examples=100, deadline=None)
@given(STREAMS, STREAMS, st.lists(st.tuples(st.integers(1, 30), st.integers(1, 90)), max_size=4))
def test_resizing_in_the_middle_of_any_stream_keeps_the_grid_whole(
    before: bytes, after: bytes, sizes: list[tuple[int, int]]
) -> None:
    terminal = Terminal(20, 6)
    terminal.feed(before)
    for rows, columns in sizes:
        terminal.resize(rows, columns)
        check(terminal)
    terminal.feed(after)
    check(terminal)


@settings(max_examples=60, deadline=None)
@given(STREAMS)
def test_byte_by_byte_is_the_same_as_whole(data: bytes) -> None:
    whole, single = Terminal(20, 6), Terminal(20, 6)
    whole.feed(data)
    for at in range(len(data)):
        single.feed(data[at : at + 1])
    assert state_of(single) == state_of(whole)


def test_an_osc_that_never_ends_and_a_sequence_of_ten_thousand_numbers_take_no_memory_and_end() -> None:
    terminal = Terminal(80, 24)
    terminal.feed(b"\x1b]2;")
    for _ in range(40):
        terminal.feed(b"t" * 100_000)
    terminal.feed(b"\x07" + b"\x1b[" + b"9;" * 10_000 + b"m" + b"\x1b[" + b"9" * 40 + b"CX")
    assert terminal.title == ""
    assert terminal.display[0].endswith("X")
    assert terminal.cursor.column == 79


def test_a_line_of_90_000_characters_scrolls_into_a_bounded_scrollback() -> None:
    terminal = Terminal(80, 24, scrollback=100)
    terminal.feed(b"a" * 90_000)
    assert terminal.scrollback == 100
    assert terminal.display[-1] == "a" * (90_000 % 80 or 80)
