"""Theme files and the drawing characters."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path

import pytest
from rich.cells import cell_len

from tui.errors import ConfigError
from tui.theming import (
    ASCII,
    COLOURS,
    UNICODE,
    VARIABLES,
    choose_glyphs,
    choose_theme,
    load_theme,
    parse_theme,
    theme_names,
)


@pytest.mark.parametrize("name", ["dark", "light", "high-contrast", "ansi16"])
def test_a_built_in_theme_has_every_colour(name: str, tmp_path: Path) -> None:
    theme = load_theme(name, tmp_path)
    assert set(theme.colours) == set(COLOURS)
    assert set(theme.variables) >= set(VARIABLES)
    assert theme.ansi == (name == "ansi16")


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("name", "least"), [("dark", 4.5), ("light", 4.5), ("high-contrast", 7.0)])
def test_text_can_be_read_on_every_ground(name: str, least: float, tmp_path: Path) -> None:
    theme = load_theme(name, tmp_path)
    everything = {**theme.colours, **theme.variables}
    for ground in ("background", "surface", "bar"):
        for ink in ("foreground", "muted", "success", "warning", "error", "accent", "primary"):
            assert _contrast(everything[ink], everything[ground]) >= least, (ink, ground)


def test_an_own_theme_wins_over_a_built_in_one(tmp_path: Path) -> None:
    (tmp_path / "themes").mkdir()
    (tmp_path / "themes" / "dark.yaml").write_text('primary: "#010203"\n')
    assert load_theme("dark", tmp_path).colours["primary"] == "#010203"
    assert "dark" in theme_names(tmp_path)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ('primary: "#12345"\n', 1, "expected #rgb, #rrggbb or ansi_NAME"),
        ("dark: true\nprimary: #123456\n", 2, "write the colour in quotes"),
        ("primary: ansi_blu\n", 1, "try ansi_blue"),
        ('primary: "#123"\nprimry: "#123"\n', 2, "Did you mean primary?"),
        ('primary: "#123"\ndark: perhaps\n', 2, "expected true or false"),
        ('primary: "#123"\nvariables:\n  bar: blue\n', 3, "expected #rgb"),
        ("dark: true\n", 1, "at least `primary`"),
    ],
)
def test_a_wrong_theme_is_named_with_its_line(text: str, line: int, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_theme("mine", text, "mine.yaml")
    assert str(caught.value).startswith(f"mine.yaml:{line}: ")
    assert says in str(caught.value)


def test_an_unknown_theme_names_the_likest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Did you mean light"):
        load_theme("ligth", tmp_path)


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"TERM": "xterm-256color"}, "dark"),
        ({"TERM": "linux"}, "ansi16"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "dark"),
    ],
)
def test_a_terminal_of_sixteen_colours_gets_them(environ: dict[str, str], name: str) -> None:
    assert choose_theme("auto", environ) == name


def test_every_glyph_is_one_cell_and_its_twin_is_ascii() -> None:
    assert all(cell_len(glyph) == 1 for glyph in astuple(UNICODE))
    assert all(glyph.isascii() and len(glyph) == 1 for glyph in astuple(ASCII))


def test_locales_that_draw_wide_glyphs_get_ascii() -> None:
    assert choose_glyphs("auto", {"LANG": "ko_KR.UTF-8"}) is ASCII
    assert choose_glyphs("auto", {"LANG": "en_US.UTF-8"}) is UNICODE
    assert choose_glyphs("auto", {"LC_ALL": "C"}) is ASCII
    assert choose_glyphs("unicode", {"LANG": "ko_KR.UTF-8"}) is UNICODE
