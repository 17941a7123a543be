"""The end of what a process wrote, as a pane shows it."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.output_tail import LINE, OutputTail


def texts(tail: OutputTail) -> list[str]:
    return [line.text for line in tail.lines]


def test_parts_make_lines_and_streams_keep_theirs() -> None:
    tail = OutputTail()
    tail.feed("stdout", 0, b"one\ntw")
    tail.feed("stderr", 0, b"bad\n")
    tail.feed("stdout", 6, b"o\n")
    assert [(line.stream, line.text) for line in tail.lines] == [
        ("stdout", "one"),
        ("stdout", "two"),
        ("stderr", "bad"),
    ]


def test_what_came_before_is_not_taken_twice_and_a_gap_is_refused() -> None:
    tail = OutputTail()
    assert tail.feed("stdout", 0, b"abc")
    assert tail.feed("stdout", 1, b"bcd")
    assert not tail.feed("stdout", 9, b"later")
    assert (texts(tail), tail.at("stdout")) == (["abcd"], 4)
    tail.skip("stdout", 9)
    assert tail.feed("stdout", 9, b"later")
    assert texts(tail) == ["abcd", "… 5 B of stdout not shown here; v has the whole …", "later"]
    assert (tail.skipped, tail.is_partial) == (5, True)


def test_a_return_writes_the_line_anew_also_across_parts() -> None:
    tail = OutputTail()
    for offset, part in ((0, b"10%\r"), (4, b"20%\r"), (8, b"done\n")):
        tail.feed("stdout", offset, part)
    tail.feed("stdout", 13, b"dos\r\nlast\r\n")
    assert texts(tail) == ["done", "dos", "last"]


def test_escapes_go_control_characters_show_and_bytes_that_are_no_text_stay_visible() -> None:
    tail = OutputTail()
    tail.feed("stdout", 0, b"\x1b[1;31mred\x1b[0m \x1b]0;title\x07[b]x[/b] \x07 \xff\tend\n")
    assert texts(tail)[0].split() == ["red", "[b]x[/b]", "␇", "\ufffd", "end"]


def test_a_line_of_many_megabytes_is_kept_short_and_counted() -> None:
    tail = OutputTail()
    for part in range(64):
        tail.feed("stdout", part * 65536, b"x" * 65536)
    tail.feed("stdout", 64 * 65536, b"\nafter\n")
    assert len(tail.lines[0].text) <= LINE
    assert tail.lines[0].over > 0
    assert texts(tail)[-1] == "after"
    assert tail.size == 64 * 65536 + 7


def test_many_lines_keep_the_last_and_say_that_some_are_gone() -> None:
    tail = OutputTail(keep=1000)
    whole = b"".join(b"row %d\n" % number for number in range(10_000))
    tail.feed("stdout", 0, whole)
    assert texts(tail)[-1] == "row 9999"
    assert tail.kept_bytes <= 1100
    assert tail.is_partial


@given(st.binary(max_size=400), st.lists(st.integers(1, 40), max_size=12))
def test_equal_outputs_are_equal_however_they_were_cut(data: bytes, cuts: list[int]) -> None:
    whole, pieces = OutputTail(), OutputTail()
    whole.feed("stdout", 0, data)
    at = 0
    for cut in [*cuts, len(data)]:
        pieces.feed("stdout", at, data[at : at + cut])
        at = min(at + cut, len(data))
    assert whole.fingerprint == pieces.fingerprint
    assert not {unicodedata.category(one) for one in "".join(texts(whole))} & {"Cc", "Cf", "Cs"}
