"""A kept line is one string, and comes back as it was."""

from __future__ import annotations

import gc
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.emulator.kept import entry_of, goes_on, packed, text_of
from tui.emulator.pens import pen_of
from tui.emulator.rows import Line
from tui.emulator.style import DEFAULT, RGB, Style
from tui.emulator.terminal import Terminal

COLOURS = st.one_of(st.just(-1), st.integers(0, 255), st.integers(0, 0xFFFFFF).map(lambda colour: RGB | colour))
STYLES = st.builds(Style, COLOURS, COLOURS, st.integers(0, 255), st.integers(0, 5), COLOURS, st.integers(0, 2))
TEXTS = st.sampled_from(["", "plain", "한글 and more  ", "\x1b[31mred\x1b[m", "\x1b[1;38;5;9mx"])


@given(TEXTS, STYLES, st.booleans())
def test_a_line_comes_back_with_its_style_and_its_wrap(text: str, style: Style, wrapped: bool) -> None:
    style = pen_of(style).style
    kept = packed((text, style, wrapped))
    assert goes_on(kept) is wrapped
    bare = re.sub("\x1b[^m]*m", "", text)
    assert text_of(kept) == (bare if wrapped else bare.rstrip(" "))
    back = entry_of(kept)
    assert back == (text, style, wrapped) or (not wrapped and style == DEFAULT and back == text)
    if not isinstance(back, str):
        assert isinstance(back, tuple)
        assert back[1] is style  # styles are compared by identity where they are drawn


@pytest.mark.parametrize("entry", ["", "text", Line((("text", DEFAULT),), 4, True)])
def test_plain_text_and_runs_are_kept_as_they_are(entry: str | Line) -> None:
    assert packed(entry) is entry
    assert entry_of(packed(entry)) is entry


def test_a_flood_of_long_coloured_lines_made_every_collection_of_garbage_look_through_the_scrollback() -> None:
    terminal = Terminal(40, 10, scrollback=2000)
    terminal.feed(
        b"\x1b[1;32ma line of a log that is longer than its row, \x1b[31mand goes on in another colour\r\n" * 1000
    )
    history = terminal._screen.history
    kept = [*history._older, *history._lines]
    assert len(kept) > 1900
    # What stood on the screen between two pieces of the stream was opened, and is kept as runs.
    assert sum(map(gc.is_tracked, kept)) < len(kept) / 20
