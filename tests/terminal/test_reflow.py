"""A terminal that gets another size shows what tmux shows: lines wrapped anew, the cursor, and the scrollback."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import assume, given, settings

from tests.terminal import streams
from tests.terminal.oracle import MISSING
from tests.terminal.screens import everything_of, inked, text_of
from tests.terminal.test_against_tmux import fast, same_screen, shown
from tests.terminal.tmux_pane import Pane
from tui.emulator.terminal import Terminal

SEARCH = pytest.mark.skipif(not os.environ.get("SSM_TUI_SEARCH"), reason="looks for new differences: SSM_TUI_SEARCH=1")
"""Marks what makes other streams in each run; the same ones are compared in every run."""


@pytest.fixture(scope="module")
def pane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pane]:
    if MISSING:
        pytest.skip(MISSING)
    with Pane(tmp_path_factory.mktemp("oracle")) as opened:
        yield opened


def both(pane: Pane, terminal: Terminal, data: bytes) -> None:
    pane.feed(data)
    terminal.feed(data)


def resize(pane: Pane, terminal: Terminal, size: tuple[int, int]) -> None:
    columns, rows = size
    pane.resize(columns, rows)
    terminal.resize(rows, columns)


def compare_resized(pane: Pane, data: bytes, *sizes: tuple[int, int]) -> None:
    """Compare all after one size after the other."""
    terminal = shown(pane, data, 20, 6)
    for size in sizes:
        resize(pane, terminal, size)
    same_screen(pane, terminal)
    theirs, ours = pane.everything(), everything_of(terminal)
    assert text_of(ours) == text_of(theirs), "scrollback"
    assert inked(ours) == inked(theirs), "looks"


@fast(50)
@given(data=streams.FLOWING, size=streams.SIZE)
def test_another_size_wraps_lines_anew_as_in_tmux(pane: Pane, data: bytes, size: tuple[int, int]) -> None:
    compare_resized(pane, data, size)


@fast(50)
@given(data=streams.FLOWING, sizes=streams.SIZES)
def test_one_size_after_the_other_gives_the_lines_that_tmux_gives(
    pane: Pane, data: bytes, sizes: Sequence[tuple[int, int]]
) -> None:
    compare_resized(pane, data, *sizes)


@fast(50)
@given(before=streams.FEW_LINES, inside=streams.FLOWING, size=streams.SIZE)
def test_what_was_behind_the_alternate_screen_is_wrapped_anew_as_in_tmux(
    pane: Pane, before: bytes, inside: bytes, size: tuple[int, int]
) -> None:
    terminal = shown(pane, before, 20, 6)
    assume(not terminal.scrollback)  # tmux forgets that a line goes on from the scrollback into the screen
    both(pane, terminal, b"\x1b[m\x1b[?1049h" + inside)
    resize(pane, terminal, size)
    same_screen(pane, terminal)
    both(pane, terminal, b"\x1b[?1049l")
    same_screen(pane, terminal)
    assert text_of(everything_of(terminal)) == text_of(pane.everything())


@SEARCH
@pytest.mark.slow
@settings(fast(1000), derandomize=False)
@given(data=streams.FLOWING, size=streams.SIZE)
def test_any_lines_are_wrapped_anew_as_in_tmux(pane: Pane, data: bytes, size: tuple[int, int]) -> None:
    compare_resized(pane, data, size)


@SEARCH
@pytest.mark.slow
@settings(fast(700), derandomize=False)
@given(data=streams.FLOWING, sizes=streams.SIZES)
def test_any_sizes_give_the_lines_that_tmux_gives(pane: Pane, data: bytes, sizes: Sequence[tuple[int, int]]) -> None:
    compare_resized(pane, data, *sizes)
