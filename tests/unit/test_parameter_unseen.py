"""What the pane says of a value that is not seen in it."""

from __future__ import annotations

import pytest

from tui.screens._parameter_unseen import unseen


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", []),
        ("plain", []),
        ("two words\nand lines", []),
        ("   ", ["3 blanks, and nothing else"]),
        (" a", ["begins with a blank"]),
        ("s3cret\n", ["ends with a line end"]),
        ("a\r\n", ["ends with a line end"]),
        ("\ta  \n", ["begins with a tab", "ends with 2 blanks and a line end"]),
        ("a\xa0", ["ends with a U+00A0"]),
        ("a\u202eb", ["holds characters that do not show: U+202E right-to-left override"]),
    ],
)
def test_a_value_that_ends_with_a_line_end_or_holds_a_hidden_character_looks_like_one_without(
    text: str, said: list[str]
) -> None:
    assert unseen(text) == said


def test_blanks_around_the_items_of_a_list_are_told() -> None:
    assert unseen("a, b,,c ", is_list=True) == ["2 of 4 items begin or end with a blank"]
    assert unseen("a,b,", is_list=True) == []


def test_many_kinds_of_hidden_characters_are_told_in_one_line() -> None:
    (said,) = unseen("".join(map(chr, range(0x200B, 0x2010))) + "a")
    assert said.startswith("holds characters that do not show: U+200B zero width space, ")
    assert said.endswith(" and 1 more")
