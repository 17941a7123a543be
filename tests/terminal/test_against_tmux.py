"""Streams that hypothesis makes give the screen that tmux gives: text, looks and cursor."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.terminal import streams
from tests.terminal.oracle import MISSING
from tests.terminal.screens import everything_of, inked, mended, screen_of, text_of
from tests.terminal.tmux_pane import Pane
from tui.emulator.terminal import Terminal

SIZES = [(20, 6), (9, 4)]
START = b"\x1b[?1049h\x1b[?1049l"
"""tmux keeps the cursor that the alternate screen saved over a reset: here it is saved at home."""

SEARCH = pytest.mark.skipif(not os.environ.get("SSM_TUI_SEARCH"), reason="looks for new differences: SSM_TUI_SEARCH=1")
"""Marks what makes other streams in each run; the same ones are compared in every run."""


@pytest.fixture(scope="module")
def pane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pane]:
    if MISSING:
        pytest.skip(MISSING)
    with Pane(tmp_path_factory.mktemp("oracle")) as opened:
        yield opened


def edges(columns: int, rows: int) -> bytes:
    """Write into the last column of each row: tmux tells of erased cells only left of one that was written."""
    marks = "".join(f"\x1b[{row};{columns}H|" for row in range(1, rows + 1))
    return f"\x18\x1b[?6l\x1b[r\x1b[?7l\x1b[4l\x0f\x1b(B\x1b[m{marks}".encode()


def shown(pane: Pane, data: bytes, columns: int, rows: int) -> Terminal:
    """Feed a stream to both, new at a size; give ours."""
    pane.reset(columns, rows)
    pane.feed(START + data)
    terminal = Terminal(columns, rows)
    terminal.feed(START + data)
    return terminal


def compare(pane: Pane, data: bytes, columns: int, rows: int) -> None:
    """Compare the screen, the cursor, and how all but blanks look."""
    same_screen(pane, shown(pane, data, columns, rows))


def same_screen(pane: Pane, terminal: Terminal) -> None:
    ours = screen_of(terminal)
    theirs = mended(pane.screen(), ours)
    assert text_of(ours) == text_of(theirs), "text"
    cursor = terminal.cursor
    assert (cursor.row, cursor.column) == pane.cursor, "cursor"
    assert str(int(cursor.visible)) == pane.about("cursor_flag"), "whether the cursor shows"
    assert inked(ours) == inked(theirs), "looks"


def compare_erased(pane: Pane, data: bytes, columns: int, rows: int) -> None:
    """Compare each cell, blank or not, but for those of the last column."""
    terminal = shown(pane, data, columns, rows)
    pane.feed(edges(columns, rows))
    terminal.feed(edges(columns, rows))
    assert screen_of(terminal) == pane.screen(), "erased cells"


def compare_all(pane: Pane, data: bytes, columns: int, rows: int) -> None:
    """Compare the scrollback with the screen."""
    terminal = shown(pane, data, columns, rows)
    same_screen(pane, terminal)
    ours = everything_of(terminal)
    theirs = mended(pane.everything(), ours)
    assert text_of(ours) == text_of(theirs), "scrollback"
    assert inked(ours) == inked(theirs), "looks of the scrollback"


def fast(examples: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The same examples in each run."""
    quiet = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=quiet)


@fast(100)
@given(data=streams.NARROW, size=st.sampled_from(SIZES))
def test_a_stream_gives_what_tmux_gives(pane: Pane, data: bytes, size: tuple[int, int]) -> None:
    compare(pane, data, *size)


@fast(60)
@given(data=streams.ALL_WIDTHS, size=st.sampled_from(SIZES))
def test_characters_of_all_widths_are_where_tmux_has_them(pane: Pane, data: bytes, size: tuple[int, int]) -> None:
    compare(pane, data, *size)


@fast(60)
@given(data=streams.ERASED)
def test_what_was_erased_has_the_colours_it_has_in_tmux(pane: Pane, data: bytes) -> None:
    compare_erased(pane, data, 20, 6)


@fast(60)
@given(data=streams.PRINTED, size=st.sampled_from(SIZES))
def test_what_was_printed_is_in_the_scrollback_as_in_tmux(pane: Pane, data: bytes, size: tuple[int, int]) -> None:
    compare_all(pane, data, *size)


@SEARCH
@pytest.mark.slow
@settings(fast(2000), derandomize=False)
@given(data=streams.NARROW, size=st.sampled_from(SIZES))
def test_any_stream_gives_what_tmux_gives(pane: Pane, data: bytes, size: tuple[int, int]) -> None:
    compare(pane, data, *size)


@SEARCH
@pytest.mark.slow
@settings(fast(1500), derandomize=False)
@given(data=streams.ALL_WIDTHS, size=st.sampled_from(SIZES))
def test_any_characters_are_where_tmux_has_them(pane: Pane, data: bytes, size: tuple[int, int]) -> None:
    compare(pane, data, *size)


@SEARCH
@pytest.mark.slow
@settings(fast(2000), derandomize=False)
@given(data=streams.ERASED)
def test_whatever_was_erased_has_the_colours_it_has_in_tmux(pane: Pane, data: bytes) -> None:
    compare_erased(pane, data, 20, 6)


@SEARCH
@pytest.mark.slow
@settings(fast(2000), derandomize=False)
@given(data=streams.PRINTED, size=st.sampled_from(SIZES))
def test_whatever_was_printed_is_in_the_scrollback_as_in_tmux(pane: Pane, data: bytes, size: tuple[int, int]) -> None:
    compare_all(pane, data, *size)
