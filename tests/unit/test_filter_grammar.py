"""The filter line: what each term means, and that every way of asking gives the same answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.columns import Column
from tui.widgets.filter_grammar import parse
from tui.widgets.table_model import TableModel

COLUMNS = ("name", "ping", "platform")
ROW = ("web-01", ("● Online", "ok"), "Ubuntu 24.04")
TAGS = {"env": "prod", "Patch Group": "blue team", "url": "a=b"}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("", True),
        ("   ", True),
        ("web", True),
        ("WEB", True),
        ("wb1", True),
        ("web ubu", True),
        ("web db", False),
        ("10", False),  # in order, within one cell
        ("wub", False),  # w is in one cell and ub in another
        ("!web", False),
        ("!db", True),
        ("!!web", True),
        ("!", True),
        ('"web-01"', True),
        ('"wb1"', False),
        ('"ubuntu 24"', True),
        ('"ubuntu 24', True),
        ('!"ubuntu 24"', False),
        ('""', True),
        ("name=web-01", True),
        ("NAME=WEB-01", True),
        ("name=web", False),
        ("name=web*", True),
        ("name=web-0?", True),
        ("name=*01*", True),
        ("name!=web", True),
        ("!name=web-01", False),
        ("!name!=web-01", True),
        ("ping=online", True),
        ('ping="● Online"', True),
        ("ping=on", False),
        ("env=prod", True),
        ("env=pro", False),
        ("env=", True),
        ("owner=", False),
        ("!owner=", True),
        ("owner!=me", True),
        ("patch-group=blue*", True),
        ('patch-group="blue team"', True),
        ("url=a=b", True),
        ('platform="Ubuntu 24.04"', True),
        ("~^web-\\d+$~", True),
        ("~^web-\\d+$", True),
        ("~^ubuntu~", True),
        ("~^web$~", False),
        ("!~ubuntu~", False),
        ("name~^web-\\d+$~", True),
        ("name~ubuntu~", False),
        ("env~^p~ web", True),
        ("~web\\~|web~", True),
        ("[red]", False),
        ("name=[w]eb-01", False),
    ],
)
def test_terms(text: str, matches: bool) -> None:
    found = parse(text)
    assert found.error is None
    assert found.matches(ROW, COLUMNS, TAGS) is matches


@pytest.mark.parametrize(("text", "position"), [("~(~", 2), ("web ~[a~ db", 5), ("name~*~", 5), ("~a(?P<~", 6)])
def test_a_bad_expression_is_an_error_with_its_place_and_no_exception(text: str, position: int) -> None:
    found = parse(text)
    assert found.error is not None
    assert found.error.message.startswith("Bad regular expression")
    assert abs(found.error.position - position) <= 2
    assert not found.terms


@given(st.text(max_size=30))
def test_anything_can_be_typed(text: str) -> None:
    found = parse(text)
    if found.error is None:
        found.matches(ROW, COLUMNS, TAGS)


@pytest.mark.parametrize(
    ("before", "after", "narrower"),
    [
        ("", "w", True),
        ("w", "we", True),
        ("we", "we d", True),
        ("we", "wxe", True),
        ("web", "we", False),
        ("!w", "!we", False),
        ("env=pro", "env=prod", False),
        ("env=prod", "env=prod w", True),
        ('"we', '"web', True),
        ("we", '"web"', True),
        ("~a~", "~ab~", False),
    ],
)
def test_one_more_letter_narrows(before: str, after: str, narrower: bool) -> None:
    assert parse(after).narrows(parse(before)) is narrower


CELL = st.text(st.sampled_from("abwe-01 ●한É"), max_size=8)
WORD = st.text(st.sampled_from("abwe-01한É"), min_size=1, max_size=4)
LINE = st.lists(
    st.builds(
        lambda bang, form, word: bang + form.format(word),
        st.sampled_from(["", "", "!"]),
        st.sampled_from(["{}", '"{}"', "c0={}", "c1=*{}*", "c1!={}", "tag={}"]),
        WORD,
    ),
    max_size=3,
).map(" ".join)
ROWS = st.lists(st.tuples(CELL, CELL), max_size=20)


def subsequence(word: str, cell: str) -> bool:
    rest = iter(cell.casefold())
    return all(letter in rest for letter in word.casefold())


@given(WORD, st.lists(CELL, min_size=1, max_size=4))
def test_a_word_is_a_subsequence_of_one_cell(word: str, cells: list[str]) -> None:
    expected = any(subsequence(word, cell) for cell in cells)
    assert parse(word).matches(cells) is expected
    assert parse(f"!{word}").matches(cells) is not expected


@given(ROWS, LINE, LINE)
def test_the_table_and_one_row_agree_and_narrowing_loses_nothing(
    rows: list[tuple[str, str]], first: str, second: str
) -> None:
    model = TableModel()
    model.set_columns([Column("c0"), Column("c1")])
    tags = {number: {"tag": cells[0][:2]} for number, cells in enumerate(rows)}
    model.fields = tags.__getitem__
    model.replace(enumerate(rows))
    for line in (first, f"{first} {second}", second):
        wanted = parse(line)
        model.arrange(None, False, wanted)
        shown = [model.id_at(position) for position in range(len(model))]
        assert shown == [n for n, cells in enumerate(rows) if wanted.matches(cells, ("c0", "c1"), tags[n])]
