"""A whole repaint of a terminal of 200x50 with twelve looks a line, beside Textual's floor for as many segments.

The floor is a bare widget whose `render_line` gives strips that were made before: what is left is Textual's own work,
from the widget's refresh to the bytes for the outer terminal. Ours does all from the terminal's changed lines on. In
each round every line has other text and other looks, and no strip was rendered before.
"""

from __future__ import annotations

import asyncio
import random
import statistics
from collections.abc import Callable
from time import perf_counter
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.strip import Strip
from textual.widget import Widget

from tests.bench._rows import Row
from tui.widgets.terminal import TerminalView

COLUMNS, ROWS = 200, 50
LOOKS = 12
FRAMES = 80
ROUNDS = 3
GOAL = 1.5
COLOURS = list(range(1, 8))


def figures() -> list[Row]:
    """Measure; takes about ten seconds."""
    return asyncio.run(_measure())


async def _measure() -> list[Row]:
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(ROUNDS):
        ours += await _frames(Held(TerminalView()), _feed)
        theirs += await _frames(Held(Floor()), _prepare)
    mine, floor = statistics.median(ours) * 1000, statistics.median(theirs) * 1000
    return [
        Row(
            name=f"repaint of {COLUMNS}x{ROWS}, {LOOKS} segments a line",
            ours=mine,
            peer=floor,
            peer_name="Textual's floor",
            unit="ms",
            ratio=mine / floor,
            goal=f"ours <= {GOAL:g} x peer",
            met=mine <= GOAL * floor,
        )
    ]


def _lines(some: random.Random) -> list[list[tuple[str, int, bool]]]:
    """Make a screenful: text, colour and boldness of each piece."""
    width = COLUMNS // LOOKS
    made = []
    for _ in range(ROWS):
        rest = COLUMNS - 1 - width * (LOOKS - 1)
        colour = some.randrange(7)
        pieces = []
        for at in range(LOOKS):
            colour = (colour + some.randint(1, 5)) % 7
            text = "".join(some.choices("abcdefgh ijkl", k=width if at < LOOKS - 1 else rest))
            pieces.append((text, COLOURS[colour], some.random() < 0.3))
        made.append(pieces)
    return made


class Floor(Widget):
    """Shows strips that were made before."""

    DEFAULT_CSS = "Floor { width: 1fr; height: 1fr; }"
    strips: list[Strip] = []

    def render_line(self, y: int) -> Strip:
        return self.strips[y] if self.strips else Strip.blank(COLUMNS)


class Held(App[None]):
    """Holds one widget, which has no focus: with it ours shows a frame at once."""

    ENABLE_COMMAND_PALETTE = False
    AUTO_FOCUS = None

    def __init__(self, widget: Any) -> None:
        super().__init__()
        self.widget = widget

    def compose(self) -> ComposeResult:
        yield self.widget


def _feed(view: TerminalView, some: random.Random) -> Callable[[], None]:
    """Feed a screenful; what is left to do is to paint it."""
    assert view.terminal is not None
    said = "\x1b[H"
    for row, pieces in enumerate(_lines(some)):
        said += f"\x1b[{row + 1}H" + "".join(
            f"\x1b[0;{'1;' if bold else ''}{30 + colour}m{text}" for text, colour, bold in pieces
        )
    view.terminal.feed(said.encode())
    return view._paint


def _prepare(floor: Floor, some: random.Random) -> Callable[[], None]:
    """Make a screenful of strips; what is left to do is to show them."""
    strips = []
    for pieces in _lines(some):
        segments = [Segment(text, Style(color=f"color({colour})", bold=bold)) for text, colour, bold in pieces]
        strips.append(Strip([*segments, Segment(" ")], COLUMNS))
    floor.strips = strips
    return lambda: floor.refresh() and None


async def _frames(app: Held, prepare: Callable[[Any, random.Random], Callable[[], None]]) -> list[float]:
    """Give the seconds of each repaint, from the widget's refresh to the bytes for the outer terminal."""
    some = random.Random(9)
    taken = []
    async with app.run_test(size=(COLUMNS, ROWS)) as pilot:
        await pilot.pause()
        compositor = app.screen._compositor
        for number in range(FRAMES):
            paint = prepare(app.widget, some)
            begun = perf_counter()
            paint()
            compositor.update_widgets({app.widget})
            update: Any = compositor.render_update(screen_stack=[app.screen])
            said = update.render_segments(app.console)
            if number >= 5:
                taken.append(perf_counter() - begun)
            assert len(said) > COLUMNS * ROWS * 0.9, len(said)
    return taken
