"""Two texts compared: what `diff -u` would say, and rows for one column or two."""

from __future__ import annotations

import difflib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.widgets import comparing
from tui.widgets.comparing import Compared, compare
from tui.widgets.diff_rows import Layout, changed_part

TEXTS = st.lists(st.sampled_from(["a", "b", "c", "d", ""]), max_size=24).map(
    lambda lines: "".join(f"{x}\n" for x in lines)
)


def put_together(compared: Compared, *, beside: bool, whole: bool) -> tuple[list[str], list[str]]:
    """Give both texts back from the rows; what a fold hides is taken from what is compared."""
    layout = Layout(compared, beside=beside, whole=whole)
    left: list[str] = []
    right: list[str] = []
    for at in range(len(layout)):
        row = layout.row(at)
        for count in range(max(row.hidden, 1)):
            if row.left >= 0:
                left.append(compared.left[row.left + count])
            if row.right >= 0:
                right.append(compared.right[row.right + count])
    return left, right


@settings(max_examples=150, deadline=None)
@given(TEXTS, TEXTS, st.booleans(), st.booleans())
def test_the_rows_hold_every_line_of_both_texts(left: str, right: str, beside: bool, whole: bool) -> None:
    compared = compare([("stdout", left, right)])
    assert put_together(compared, beside=beside, whole=whole) == (left.splitlines(), right.splitlines())
    layout = Layout(compared, beside=beside, whole=whole)
    for at in range(len(layout)):
        assert layout.row_of(*layout.place(at)) == at
    assert bool(compared.changes) == (left != right)


@settings(max_examples=150, deadline=None)
@given(TEXTS, TEXTS)
def test_what_is_copied_is_what_a_patch_needs(left: str, right: str) -> None:
    text = compare([("stdout", left, right)]).unified("web-01", "web-02")
    if left == right:
        assert text == ""
        return
    lines = text.splitlines()
    assert lines[:2] == ["--- web-01", "+++ web-02"]
    made: list[str] = []
    at, old = 0, left.splitlines()
    for line in lines[2:]:
        head = re.fullmatch(r"@@ -(\d+),(\d+) \+(\d+),(\d+) @@", line)
        if head:
            begin = int(head[1]) - (int(head[2]) > 0)
            made, at = made + old[at:begin], begin
            assert len(made) == int(head[3]) - (int(head[4]) > 0)
            continue
        if line[0] in " -":
            assert old[at] == line[1:]
            at += 1
        if line[0] in " +":
            made.append(line[1:])
    assert made + old[at:] == right.splitlines()


def test_a_difference_reads_as_that_of_diff_u() -> None:
    left = [f"line {n}" for n in range(40)]
    right = [*left[:10], "other", *left[11:30], *left[32:], "new"]
    found = compare([("stdout", "\n".join(left) + "\n", "\n".join(right) + "\n")])
    theirs = [*difflib.unified_diff(left, right, "web-01", "web-02", lineterm="")]
    assert found.unified("web-01", "web-02").splitlines() == theirs
    assert found.counts == (3, 2)


def test_stdout_and_stderr_are_compared_apart() -> None:
    found = compare([("stdout", "one\n", "one\n"), ("stderr", "", "bind() failed\n")])
    assert found.left == ["stdout", "one", "stderr"]
    assert found.right == ["stdout", "one", "stderr", "bind() failed"]
    assert found.unified("a", "b").splitlines() == ["--- a stderr", "+++ b stderr", "@@ -0,0 +1,1 @@", "+bind() failed"]


def test_equal_lines_fold_to_one_row_around_what_differs() -> None:
    same = [f"same {n}" for n in range(100)]
    found = compare([("stdout", "\n".join([*same, "old", *same]), "\n".join([*same, "new", *same]))])
    layout = Layout(found, beside=True, whole=False)
    rows = [layout.row(at) for at in range(len(layout))]
    assert [(row.kind, row.hidden) for row in rows] == [
        ("fold", 97),
        *[("equal", 0)] * 3,
        ("changed", 0),
        *[("equal", 0)] * 3,
        ("fold", 97),
    ]
    assert layout.hides(0, 50)
    assert layout.row_of(0, 50) == 0
    assert len(Layout(found, beside=True, whole=True)) == 201
    assert len(Layout(found, beside=False, whole=True)) == 202


@pytest.mark.parametrize(("left", "right"), [("red\n", "\x1b[31mred\x1b[0m\n"), ("one\n", "one"), ("one\r\n", "one\n")])
def test_outputs_that_look_alike_said_nothing_of_why_they_are_two_groups(left: str, right: str) -> None:
    found = compare([("stdout", left, right)])
    assert found.invisible
    assert not found.changes


def test_two_outputs_of_equal_lines_in_another_order_took_minutes() -> None:
    # Without a bound the matcher would look at 400 million pairs, many times over.
    left = "".join(f"{n % 3}\n" for n in range(20_000))
    right = "".join(f"{n % 3}\n" for n in range(1, 20_000, 2))
    found = compare([("stdout", left, right)], steps=200_000)
    assert found.rough
    assert put_together(found, beside=False, whole=False) == (left.splitlines(), right.splitlines())


def test_a_comparison_that_nobody_waits_for_stops() -> None:
    asked: list[bool] = []

    def stopped() -> bool:
        asked.append(True)
        return True

    compare(
        [("stdout", "".join(f"{n}\n" for n in range(900)), "".join(f"{n}\n" for n in range(900, 0, -1)))],
        stopped=stopped,
    )
    assert len(asked) == 1


def test_lines_beyond_the_limit_are_left_out_and_said() -> None:
    most = comparing.MOST_LINES
    text = "x\n" * most
    found = compare([("stdout", text + "a\n", text + "b\n")])
    assert found.cut
    assert not found.invisible
    assert len(found.left) == most


def test_the_changed_part_of_a_line_stands_out_unless_all_of_it_changed() -> None:
    assert changed_part("listen 80;", "listen 8080;") == (9, 9, 11)
    assert changed_part("abc", "xyz") == (0, 0, 0)
    assert changed_part("same", "same!") == (4, 4, 5)
