"""Values as they are read: JSON and YAML with their colours, lists one item a line, text that breaks."""

from __future__ import annotations

import json

import pytest

from tui.widgets.cells import width
from tui.widgets.value_text import shown, wrapped


def texts(value: str, *, is_list: bool = False) -> list[str]:
    return ["".join(word for word, _ in line) for line in shown(value, is_list=is_list).lines]


def test_json_is_indented_and_each_of_its_words_stays_as_it_stands() -> None:
    value = '{"b":1.10,"a":[1e3,{"c":null}],"e":{},"f":[], "a":"x\\u00e9, {:\\"", "big":12345678901234567890}'
    assert texts(value) == [
        "{",
        '  "b": 1.10,',
        '  "a": [',
        "    1e3,",
        "    {",
        '      "c": null',
        "    }",
        "  ],",
        '  "e": {},',
        '  "f": [],',
        '  "a": "x\\u00e9, {:\\"",',
        '  "big": 12345678901234567890',
        "}",
    ]
    assert shown(value).kind == "JSON"
    styles = {word: style for line in shown(value).lines for word, style in line}
    assert styles['"b"'] == "accent" and styles["1.10"] == "warn" and styles["null"] == "warn" and styles["{"] == "dim"


def test_indented_json_says_the_same() -> None:
    value = json.dumps({"a": [1, [2, [], {"b": {"c": "한글"}}]], "d": True})
    assert json.loads("\n".join(texts(value))) == json.loads(value)


@pytest.mark.parametrize("value", ["plain", "[not json", "12", '"text"', "[" * 9000, "{" * 9000, "a: b", "x\ny: [", ""])
def test_what_is_neither_stays_as_it_is(value: str) -> None:
    assert shown(value).kind == "" and texts(value) == value.split("\n")


def test_yaml_of_several_lines_is_coloured_and_not_changed() -> None:
    value = "# about\na: 1\nb:\n  - x: true\n  - 'y: z': text\n"
    assert shown(value).kind == "YAML"
    assert texts(value) == value.rstrip("\n").split("\n")
    styles = {word: style for line in shown(value).lines for word, style in line}
    assert (
        styles["# about"] == "dim" and styles["a"] == "accent" and styles[" 1"] == "warn" and styles[" text"] == "good"
    )


def test_a_certificate_is_no_yaml() -> None:
    assert shown("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----").kind == ""


def test_a_list_has_one_item_a_line_and_spaces_stay() -> None:
    assert texts("a, b,,c", is_list=True) == ["1 a", "2  b", "3 ", "4 c"]
    assert shown("a", is_list=True).kind == "1 item"


def test_lines_break_by_cells_and_markup_is_text() -> None:
    lines = wrapped([("[red]가나다", "text"), ("라마\x1b[31m", "dim")], 8)
    assert ["".join(word for word, _ in line) for line in lines] == ["[red]가", "나다라마", "␛[31m"]
    assert all(sum(width(word) for word, _ in line) <= 8 for line in lines)
    assert wrapped([], 10) == [()]
