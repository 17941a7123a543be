"""Three texts as one list of lines."""

from __future__ import annotations

from itertools import product

from tui.widgets.three_ways import Whose, three_ways


def said(base: str, theirs: str, yours: str) -> list[str]:
    return [f"{line.whose.value}|{'(gone)' if line.gone else line.text}" for line in three_ways(base, theirs, yours)]


def test_one_line_that_both_changed_stands_three_times() -> None:
    assert said("a", "b", "c") == ["base|a", "theirs|b", "yours|c"]


def test_what_only_one_changed_is_told_as_that_ones() -> None:
    assert said("a\nb\nc\nd\ne", "A\nb\nc\nd\ne", "a\nb\nc\nd\nE") == [
        "base|a",
        "theirs|A",
        "|b",
        "|c",
        "|d",
        "base|e",
        "yours|E",
    ]


def test_the_same_change_is_said_once_and_a_deletion_shows_the_base() -> None:
    assert said("a\nb", "a\nx", "a\nx") == ["|a", "base|b", "both|x"]
    assert said("a\nb", "a", "a\nb") == ["|a", "base|b", "theirs|(gone)"]


def test_long_equal_stretches_are_folded() -> None:
    base = "\n".join(str(number) for number in range(10))
    assert said(base, base.replace("9", "nine"), base) == ["fold|7", "|7", "|8", "base|9", "theirs|nine"]
    assert said("a", "a", "a") == ["fold|1"]


TEXTS = ["\n".join(letters) for length in range(4) for letters in product("ab", repeat=length)]


def test_no_line_of_a_text_is_lost_where_nothing_is_folded() -> None:
    for base, theirs, yours in product(TEXTS, repeat=3):
        lines = three_ways(base, theirs, yours)
        if any(line.whose is Whose.FOLD for line in lines):
            continue
        assert [line.text for line in lines if line.whose in (Whose.ALL, Whose.BASE)] == base.split("\n")
        every = {line.text for line in lines}
        assert every >= {*theirs.split("\n"), *yours.split("\n")}
