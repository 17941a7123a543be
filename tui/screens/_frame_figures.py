"""The lines of the frame overlay: what is known of frames, of the loop and of the process, in words and cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tui.screens._frame_meter import Frames
from tui.screens._frame_stalls import CODE, Stall
from tui.widgets.charts import sparkline

COLUMNS = 50
"""Cells of a line, one of them blank at its begin."""
BUDGET = 0.016
"""Seconds that a frame may take at 60 a second."""
Words = list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """What the process holds: bytes, open file handles, tasks of the loop, feeds that are polled, and all feeds."""

    memory: int
    handles: int
    tasks: int
    polled: int
    feeds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Everything that is shown; times are seconds.

    `turns` are the longest turns of the loop in each half second, the newest last; `collections` counts the garbage
    collector's runs, the oldest generation last.
    """

    frames: Frames
    turns: Sequence[float]
    stalls: int
    latest: Sequence[Stall]
    limit: float
    watched: bool
    process: Process
    collections: Sequence[int]
    longest_pause: float


def lines_of(figures: Figures, most: int, *, ascii_only: bool = False) -> list[Words]:
    """Give at most so many lines; where room is short, the older stalls are left out."""
    frames, process = figures.frames, figures.process
    found: list[Words] = [
        [
            ("frames ", "accent"),
            *_part("", f"{frames.per_second}/s", 7),
            *_time("last", frames.last),
            *_time("worst", frames.worst),
        ],
        [("a minute's ", "dim"), *_time("p50", frames.p50), *_time("p99", frames.p99)],
    ]
    if figures.watched:
        now, worst = (figures.turns[-1] if figures.turns else 0.0), max(figures.turns, default=0.0)
        drawn = sparkline(
            list(figures.turns)[-16:], 16, high=max(worst, figures.limit), glyphs="ascii" if ascii_only else "unicode"
        )
        over = figures.limit
        found.append([("loop   ", "accent"), (drawn, "text"), *_time(" now", now, over), *_time("worst", worst, over)])
    else:
        found.append([("loop   ", "accent"), ("not watched: it is not one of ours", "dim")])
    gathered = "/".join(str(count) for count in figures.collections)
    found.append(
        [
            ("tasks  ", "dim"),
            *_part("", str(process.tasks), 3),
            *_part("feeds", f"{process.polled}/{process.feeds}", 4),
            *_part("memory", f"{process.memory / 2**20:.0f} MiB", 8),
            *_part("files", str(process.handles), 3),
        ]
    )
    found.append([("gc     ", "dim"), *_part("", gathered, 20), *_time("longest", figures.longest_pause)])
    found.append([("stalls ", "accent"), (f"{figures.stalls} over {figures.limit * 1e3:.0f} ms", _warns(figures))])
    for stall in list(figures.latest)[::-1]:
        found += _stall(stall)
    return found[: max(most, 0)]


def _warns(figures: Figures) -> str:
    return "warn" if figures.stalls else "text"


def _part(name: str, text: str, cells: int) -> Words:
    return [*([(f"{name} ", "dim")] if name else []), (text.ljust(cells) + " ", "text")]


def _time(name: str, seconds: float | None, over: float = BUDGET) -> Words:
    text = "-" if seconds is None else f"{seconds * 1e3:.{0 if seconds >= 0.1 else 1}f} ms"
    return [(f"{name} ", "dim"), (text.ljust(8), "warn" if seconds is not None and seconds > over else "text")]


def _stall(stall: Stall) -> list[Words]:
    """Give who it was, and below it where: paths begin to tell at their end."""
    took = f"{stall.took * 1e3:5.0f} ms "
    if stall.cause != CODE:
        return [[(took, "text"), (stall.said, "dim")]]
    place, _, function = (stall.own or stall.inner).partition(" ")
    return [
        [(took, "bad"), (stall.who or stall.said, "text")],
        [(" " * len(took), "text"), (f"{place.rpartition('/')[2]} {function}".strip(), "dim")],
    ]
