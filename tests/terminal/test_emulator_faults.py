"""What no program should write, and sizes that change at the wrong moment: no exception, no growth, a whole screen."""

from __future__ import annotations

import gc
import os
import random
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings

from tests.terminal.far_end import FarEnd
from tests.terminal.screens import everything_of, screen_of
from tests.terminal.streams import FLOWING, NARROW
from tests.terminal.test_against_tmux import fast
from tests.terminal.test_captured import CAPTURED, size_of
from tui.emulator.terminal import Terminal

MINUTE = float(os.environ.get("SSM_TUI_NOISE_SECONDS", "60"))
EDITED = "".join(f"line {number} of what is edited\n" for number in range(1, 200))
SEQUENCES = [b"\x1b[", b"\x1b]", b"\x1bP", b"\x1b[?", b"\x1b[>", b"\x1b(0", b"\x1b[38;2;", b"\x1b[48:2::", b"\x1b]8;;"]


def whole(terminal: Terminal, columns: int, rows: int) -> None:
    """The screen has its size, and the cursor is on it."""
    assert (terminal.columns, terminal.rows) == (columns, rows)
    assert len(terminal.lines) == len(terminal.display) == rows
    cursor = terminal.cursor
    assert 0 <= cursor.row < rows
    assert 0 <= cursor.column < columns


def noise(some: random.Random) -> bytes:
    """Make bytes at random, of which a part looks like sequences."""
    parts = []
    for _ in range(40):
        parts.append(some.choice(SEQUENCES) if some.random() < 0.5 else b"")
        parts.append(some.randbytes(some.randrange(60)))
        if some.random() < 0.3:
            parts.append(str(some.randrange(10**6)).encode() + some.choice(b"@ABCDHJKLMPSTXZbdfghlmrsu").to_bytes())
    return b"".join(parts)


def take_all(terminal: Terminal) -> None:
    """Take what somebody has to take, as whoever shows it does."""
    terminal.take_replies()
    terminal.take_bells()
    terminal.take_clipboard()
    terminal.take_dirty()


@pytest.mark.slow
def test_a_minute_of_random_bytes_raises_nothing_and_holds_no_more_memory_than_its_first_tenth() -> None:
    some = random.Random(20)
    terminal = Terminal(80, 24, scrollback=500)
    tracemalloc.start()
    try:
        begun, early = time.monotonic(), 0
        while (taken := time.monotonic() - begun) < MINUTE:
            terminal.feed(noise(some))
            take_all(terminal)
            whole(terminal, 80, 24)
            if not early and taken > MINUTE / 10:
                gc.collect()
                early = tracemalloc.get_traced_memory()[0]
        gc.collect()
        late = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert late < early + 8_000_000, (early, late)


def test_random_bytes_raise_nothing_and_leave_the_screen_whole() -> None:
    some = random.Random(21)
    for columns, rows in ((80, 24), (1, 1), (3, 200)):
        terminal = Terminal(columns, rows, scrollback=50)
        for _ in range(40):
            terminal.feed(noise(some))
            take_all(terminal)
        whole(terminal, columns, rows)
        terminal.feed(b"\x18\x1bc\x1b[?1049l\x1bco")
        assert terminal.display[0].startswith("o")


def test_a_title_of_a_megabyte_is_cut_and_holds_no_memory() -> None:
    terminal = Terminal(80, 24)
    terminal.feed(b"\x1b]2;first\x07")
    tracemalloc.start()
    try:
        for _ in range(3):
            terminal.feed(b"\x1b]2;" + b"t" * 1_000_000 + b"\x07after")
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert len(terminal.title) <= 256
    assert terminal.display[0] == "after" * 3
    assert held < 300_000


def test_markup_and_controls_in_a_title_stay_text_on_one_line() -> None:
    terminal = Terminal(80, 24)
    terminal.feed("\x1b]2;[red]a[/red]\r\nb\x1b]2;[bold]c\td\u009b31m\x07".encode())
    assert terminal.title.isprintable()
    assert terminal.title.startswith("[bold]c")


@pytest.mark.parametrize("opened", [b"\x1b]2;", b"\x1bP", b"\x1b_", b"\x1b^", b"\x1bX", b"\x1b]52;c;", b"\x1b]8;;"])
def test_a_string_that_never_ends_holds_no_memory_and_can_be_cancelled(opened: bytes) -> None:
    terminal = Terminal(80, 24)
    terminal.feed(opened)
    tracemalloc.start()
    try:
        for _ in range(50):
            terminal.feed(b"q" * 100_000)
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert held < 3_000_000
    terminal.feed(b"\x18here")
    assert terminal.display[0] == "here"


@pytest.mark.parametrize("final", "@ABCDEFGHIJKLMPSTXZ`abdefghlmnrstu")
def test_ten_thousand_parameters_and_numbers_of_forty_digits_end_where_they_end(final: str) -> None:
    terminal = Terminal(80, 24)
    terminal.feed(b"a\r\nb\x1b[" + b"7;" * 10_000 + final.encode())
    terminal.feed(b"\x1b[" + b"9" * 40 + b";" + b"8" * 40 + final.encode())
    terminal.feed(b"\x1b[?" + b"9" * 40 + final.encode())
    take_all(terminal)
    whole(terminal, 80, 24)
    terminal.feed(b"\x18\x1bc\x1b[?1049l\x1bcstill here")
    assert terminal.display[0] == "still here"


def test_a_region_of_one_line_is_refused_and_text_goes_on_over_the_whole_screen() -> None:
    terminal = Terminal(20, 6)
    terminal.feed(b"\x1b[3;3r" + b"\r\n".join(b"%d" % number for number in range(1, 9)))
    assert terminal.display == ["3", "4", "5", "6", "7", "8"]
    terminal.feed(b"\x1b[5;2r\x1b[99;99r\x1b[6;1Hlast")
    assert terminal.display[5] == "last"


def test_a_line_of_90_000_characters_is_one_line_again_in_a_wide_terminal() -> None:
    terminal = Terminal(80, 24)
    terminal.feed(b"begin" + b"x" * 90_000 + b"end\r\n")
    assert terminal.scrollback + 24 >= 90_008 // 80
    terminal.resize(24, 100_000)
    lines = [text for text in terminal.all_text() if text]
    assert [(len(line), line[:6], line[-4:]) for line in lines] == [(90_008, "beginx", "xend")]


def test_a_terminal_made_tiny_and_large_again_while_vim_runs_shows_vim_again(tmp_path: Path) -> None:
    (tmp_path / "edited.txt").write_text(EDITED)
    with FarEnd(["vim", "-n", "-u", "NONE", "-N", "edited.txt"], folder=tmp_path) as far:
        before = far.until("line 23 of")
        for rows, columns in ((1, 1), (24, 80), (1, 200), (2, 2), (200, 1), (24, 80)):
            far.resize(rows, columns)
            far.pump(0.2)
        far.type("\x0c")  # draw anew: a vim that was one cell large has scrolled
        far.type(":1\r")
        assert far.until(lambda screen: screen[:5] == before[:5])[:20] == before[:20]
        whole(far.terminal, 80, 24)


def test_fifty_resizes_in_a_second_while_lines_come_lose_no_line() -> None:
    some = random.Random(22)
    with FarEnd(["sh", "-c", "n=0; while [ $n -lt 3000 ]; do n=$((n+1)); echo line-$n-; done; sleep 60"]) as far:
        for _ in range(50):
            far.resize(some.randint(2, 60), some.randint(12, 200))
            far.pump(0.02)
        far.resize(24, 80)
        far.until("line-3000-")
        written = [line for line in far.terminal.all_text() if line]
    assert written == [f"line-{number}-" for number in range(1, 3001)]


def state(terminal: Terminal) -> tuple[object, ...]:
    return everything_of(terminal), terminal.cursor, terminal.title, terminal.modes, terminal.take_replies()


@pytest.mark.slow
@pytest.mark.parametrize("stream", CAPTURED, ids=lambda path: path.stem)
def test_a_recorded_stream_cut_in_two_anywhere_gives_the_same(stream: Path) -> None:
    columns, rows = size_of(stream)
    data = stream.read_bytes()
    uncut = Terminal(columns, rows)
    uncut.feed(data)
    expected = state(uncut)
    # Each byte of a short stream; of a long one so many that no two runs of the same sequence are cut alike.
    step = max(1, len(data) ** 2 // 1_500_000) | 1
    for at in range(1, len(data), step):
        terminal = Terminal(columns, rows)
        terminal.feed(data[:at])
        terminal.feed(data[at:])
        assert state(terminal) == expected, at


@pytest.mark.slow
@settings(fast(100), derandomize=False)
@given(data=NARROW, more=FLOWING)
def test_any_stream_cut_in_two_at_every_byte_gives_the_same(data: bytes, more: bytes) -> None:
    data += more
    uncut = Terminal(20, 6)
    uncut.feed(data)
    expected = screen_of(uncut), uncut.cursor
    for at in range(len(data)):
        terminal = Terminal(20, 6)
        terminal.feed(data[:at])
        terminal.feed(data[at:])
        assert (screen_of(terminal), terminal.cursor) == expected, at
