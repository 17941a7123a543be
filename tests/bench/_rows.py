"""What every benchmark gives: rows of figures, ours beside a peer's, measured in turns in one run."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure. `ratio` is said so that more is better or as `goal` words it; None where there is no peer.

    `met` is None where the peer is not installed, so that nothing can be said.
    """

    name: str
    ours: float
    unit: str
    goal: str
    met: bool | None
    peer: float | None = None
    peer_name: str = ""
    ratio: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Give the row as it is printed with --json."""
        order = ("name", "ours", "peer", "peer_name", "unit", "ratio", "goal", "met")
        found = asdict(self)
        return {name: found[name] for name in order}


def at_least(name: str, ours: float, peer: float | None, peer_name: str, least: float | None, *, unit: str) -> Row:
    """Give a row of rates: ours is to be at least so many times the peer's, or stands beside it where None is said."""
    ratio = None if peer is None else ours / peer
    return Row(
        name=name,
        ours=ours,
        peer=peer,
        peer_name=peer_name,
        unit=unit,
        ratio=ratio,
        goal="-" if least is None else f"ratio >= {least:g}",
        met=None if ratio is None or least is None else ratio >= least,
    )


def in_turns(rounds: int, *measures: Callable[[], float]) -> list[float]:
    """Call each measure in turn, so many rounds, and give the median of each: a machine that is busy is so to all."""
    taken: list[list[float]] = [[] for _ in measures]
    for _ in range(rounds):
        for measure, figures in zip(measures, taken, strict=True):
            figures.append(measure())
    return [statistics.median(figures) for figures in taken]


def table(rows: Sequence[Row]) -> str:
    """Write rows as an aligned table for people."""
    lines = [("figure", "ours", "peer", "", "unit", "ratio", "goal", "met")]
    for row in rows:
        lines.append(
            (
                row.name,
                number(row.ours),
                number(row.peer),
                row.peer_name,
                row.unit,
                number(row.ratio),
                row.goal,
                {True: "yes", False: "NO", None: "?"}[row.met],
            )
        )
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    right = {1, 2, 5}
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def number(value: float | None) -> str:
    """Write a figure with three digits that mean something."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
