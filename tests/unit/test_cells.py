"""Remote text made safe and measured; small drawings made of cells."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.widgets.cells import clean, cut, fit, width, window
from tui.widgets.charts import bar, progress, sparkline, stacked
from tui.widgets.column_layout import arrange
from tui.widgets.columns import Column, age, measure, natural, number

ANY = st.text(st.characters(codec=None), max_size=40)


def test_control_characters_are_made_visible() -> None:
    assert clean("a\x1b[31mb\nc\td\x7f\x9b") == "a␛[31mb␊c d␡\ufffd"
    assert clean("\u202eevil\u200b\ufeff") == "evil"
    assert clean("\ud800") == "\ufffd"


def test_emoji_and_flags_do_not_break_columns() -> None:
    assert clean("🇰🇷") == "KR"
    assert clean("👩‍👩‍👧") == "👩👩👧"
    assert clean("✔\ufe0f") == "✔"
    assert clean("\u1112\u1161\u11ab") == "한"


def test_markup_is_text() -> None:
    assert clean("[red]x[/red]") == "[red]x[/red]"


@given(ANY)
def test_clean_text_has_one_line_and_nothing_invisible_that_steers(text: str) -> None:
    made = clean(text)
    assert not any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in made)
    assert clean(made) == made


@given(ANY, st.integers(0, 30), st.sampled_from(["left", "right", "center"]))
def test_fit_takes_exactly_its_cells(text: str, cells: int, align: str) -> None:
    assert cell_len(fit(clean(text), cells, align)) == cells


@given(ANY, st.integers(0, 30))
def test_cut_never_takes_more_and_keeps_what_fits(text: str, cells: int) -> None:
    made = clean(text)
    assert width(cut(made, cells)) <= cells
    if width(made) <= cells:
        assert cut(made, cells) == made


@given(ANY, st.integers(0, 30), st.integers(0, 30))
def test_window_takes_exactly_its_cells(text: str, start: int, cells: int) -> None:
    assert cell_len(window(clean(text), start, cells)) == cells


def test_window_shows_half_a_wide_character_as_a_space() -> None:
    assert window("한글ab", 1, 4) == " 글a"


def test_sparkline_is_as_wide_as_asked_and_keeps_peaks() -> None:
    assert sparkline([0, 50, 100], 3, high=100) == "▁▅█"
    assert sparkline([0, 0, 9, 0], 2, high=9, glyphs="ascii") == "_#"
    assert sparkline([], 4) == "    "
    assert sparkline([None, float("nan"), 1], 5) == "    █"


@given(st.lists(st.floats() | st.none()), st.integers(0, 40), st.sampled_from(["unicode", "ascii"]))
def test_charts_take_any_numbers(values: list[float | None], cells: int, glyphs: str) -> None:
    assert len(sparkline(values, cells, low=None, glyphs=glyphs)) == cells
    for value in values:
        assert len(bar(value or 0.0, cells, glyphs=glyphs)) == cells


def test_a_span_beyond_what_a_number_can_be_drew_nothing_but_an_error() -> None:
    assert sparkline([1.7976931348623157e308, -1.7976931348623157e308], 2, low=None) == "█▁"


def test_bars_show_shares_to_an_eighth() -> None:
    assert bar(0.5, 4) == "██░░"
    assert bar(0.03125, 4) == "▏░░░"
    assert bar(2, 3, glyphs="ascii") == "###"
    assert "".join(text for text, _ in stacked([(1, "error"), (1000, "ok")], 5)) == "█████"
    assert stacked([(1, "error"), (1000, "ok")], 5)[0] == ("█", "error")


def test_progress_gives_the_bar_what_words_leave() -> None:
    made = progress(31, 40, 60, counts=[("✔", 29, "ok"), ("✖", 2, "error"), ("▶", 0, "accent")])
    text = "".join(text for text, _ in made)
    assert text.endswith(" 31/40  ✔ 29  ✖ 2")
    assert text.startswith("█" * 15)


def test_values_sort_as_people_count() -> None:
    assert sorted(["web-10", "Web-9", "web-010b", "web-"], key=natural) == ["web-", "Web-9", "web-10", "web-010b"]
    assert [number(text) for text in ("1,024", "12%", "1.5 GiB", "3k", "-2", "none")] == [
        1024,
        12,
        1.5 * 2**30,
        3000,
        -2,
        float("inf"),
    ]
    assert [age(text) for text in ("3m 10s ago", "2h", "now")] == [190, 7200, float("inf")]


@given(st.lists(st.tuples(st.integers(1, 60), st.booleans(), st.integers(0, 9)), max_size=14), st.integers(-3, 200))
def test_columns_never_leave_their_room(shapes: list[tuple[int, bool, int]], room: int) -> None:
    columns = [Column(str(place), wide=wide, priority=priority) for place, (_, wide, priority) in enumerate(shapes)]
    wishes = measure(columns, [tuple("x" * size for size, _, _ in shapes)])
    at = 0
    for offset in range(20):
        layout = arrange(columns, wishes, room, offset)
        at = 0
        for _, start, size in layout.places:
            assert start >= at and size > 0
            at = start + size
        assert at <= max(room, 0)


def test_scrolling_sideways_reaches_the_last_column_whole() -> None:
    columns = [Column(str(place), width=10) for place in range(9)]
    layout = arrange(columns, measure(columns, []), 35, 99)
    assert layout.places[0][0] == 0
    assert layout.places[-1] == (8, 24, 10)
    assert not layout.more
