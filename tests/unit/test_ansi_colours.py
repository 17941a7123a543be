"""The sixteen colours of a terminal are what their names say, and can be read on the dark theme."""

from __future__ import annotations

import colorsys

import pytest

from tui.screens._ansi_colours import DARK

HUES = {"red": 0, "green": 105, "yellow": 45, "blue": 214, "magenta": 280, "cyan": 185}


def _luminance(colour: tuple[int, ...]) -> float:
    linear = [part / 3294.6 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("bright", [0, 8])
def test_blue_was_violet_yellow_orange_and_magenta_red(bright: int) -> None:
    for number, (name, wanted) in enumerate(HUES.items(), 1):
        red, green, blue = (part / 255 for part in DARK.ansi_colors[bright + number])
        hue = colorsys.rgb_to_hsv(red, green, blue)[0] * 360
        assert min(abs(hue - wanted), 360 - abs(hue - wanted)) <= 15, (name, hue)


def test_no_two_are_the_same_and_all_but_black_can_be_read() -> None:
    colours = [DARK.ansi_colors[number] for number in range(16)]
    assert len(set(colours)) == 16
    ground = _luminance(DARK.background_color)
    for number, colour in enumerate(colours[1:], 1):
        assert (_luminance(colour) + 0.05) / (ground + 0.05) >= 4.5, number
