"""What the sixteen colours of a terminal are on a dark theme: each one what its name says, and no two the same.

Textual's own palette draws blue as violet, yellow as orange, and red and magenta alike.
"""

from __future__ import annotations

from rich.terminal_theme import TerminalTheme

DARK = TerminalTheme(
    background=(12, 15, 20),
    foreground=(217, 221, 227),
    normal=[
        (38, 43, 51),  # black
        (224, 82, 82),  # red
        (104, 182, 74),  # green
        (209, 163, 42),  # yellow
        (82, 143, 232),  # blue
        (184, 118, 216),  # magenta
        (52, 180, 193),  # cyan
        (208, 212, 218),  # white
    ],
    bright=[
        (118, 127, 140),
        (255, 122, 116),
        (148, 222, 112),
        (247, 211, 92),
        (130, 185, 255),
        (216, 164, 245),
        (106, 222, 232),
        (255, 255, 255),
    ],
)
