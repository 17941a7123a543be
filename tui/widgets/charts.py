"""Small drawings made of cells: plain functions from numbers to text, in block glyphs or ASCII.

`glyphs` is "unicode" or "ascii" everywhere: the block elements are drawn two cells wide by some East Asian terminals.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

_SPARKS = {"unicode": "▁▂▃▄▅▆▇█", "ascii": "_.-~=+*#"}
_EIGHTHS = " ▏▎▍▌▋▊▉"
_FILL = {"unicode": ("█", "░"), "ascii": ("#", "-")}

Parts = list[tuple[str, str]]
"""Pieces of one line: (text, style name), the style "" meaning the line's own."""


def sparkline(
    values: Sequence[float | None],
    width: int,
    *,
    low: float | None = 0.0,
    high: float | None = None,
    glyphs: str = "unicode",
) -> str:
    """Draw the latest values as one line of exactly `width` cells, the newest at the right.

    More values than cells are gathered by their maximum, since a peak is what one looks for. None and NaN are gaps.
    `low` and `high` fix the scale (percentages: 0 and 100); None takes the values' own.
    """
    if width <= 0:
        return ""
    numbers = [value if value is not None and math.isfinite(value) else None for value in values]
    if len(numbers) > width:
        count = len(numbers)
        buckets = [numbers[count * i // width : count * (i + 1) // width] for i in range(width)]
        numbers = [max((value for value in bucket if value is not None), default=None) for bucket in buckets]
    known = [value for value in numbers if value is not None]
    if not known:
        return " " * width
    floor = min(known) if low is None else low
    top = max(known) if high is None else high
    marks = _SPARKS[glyphs]
    span = top / 2 - floor / 2  # halves: the difference of two numbers may be more than a number can be
    drawn = []
    for value in numbers:
        if value is None:
            drawn.append(" ")
            continue
        share = (value / 2 - floor / 2) / span if span > 0 else 0.0
        drawn.append(marks[min(len(marks) - 1, max(0, int(share * len(marks))))])
    return "".join(drawn).rjust(width)


def bar(fraction: float, width: int, *, glyphs: str = "unicode") -> str:
    """Draw a share between 0 and 1 as a bar of exactly `width` cells, to an eighth of a cell in block glyphs."""
    if width <= 0:
        return ""
    share = min(1.0, max(0.0, fraction)) if math.isfinite(fraction) else 0.0
    full, empty = _FILL[glyphs]
    if glyphs == "ascii":
        filled = round(share * width)
        return full * filled + empty * (width - filled)
    eighths = round(share * width * 8)
    filled, rest = divmod(eighths, 8)
    if rest:
        return full * filled + _EIGHTHS[rest] + empty * (width - filled - 1)
    return full * filled + empty * (width - filled)


def stacked(parts: Sequence[tuple[float, str]], width: int, *, glyphs: str = "unicode") -> Parts:
    """Draw amounts beside each other on `width` cells; each above nothing has at least one cell while any is left.

    Give (amount, style) pairs, whose sum is the whole bar.
    """
    total = sum(amount for amount, _ in parts if amount > 0)
    full, empty = _FILL[glyphs]
    if width <= 0:
        return []
    if total <= 0:
        return [(empty * width, "muted")]
    wanted = [(amount, style) for amount, style in parts if amount > 0][:width]
    sizes = [max(1, int(amount / total * width)) for amount, _ in wanted]
    while sum(sizes) > width:
        sizes[sizes.index(max(sizes))] -= 1
    if sum(sizes) < width:
        sizes[sizes.index(max(sizes))] += width - sum(sizes)
    return [(full * size, style) for size, (_, style) in zip(sizes, wanted, strict=True)]


def progress(
    done: int,
    total: int,
    width: int,
    *,
    counts: Sequence[tuple[str, int, str]] = (),
    glyphs: str = "unicode",
) -> Parts:
    """Draw a line such as `████░░ 31/40  ✔ 29  ✖ 2`, the bar given what the words leave of `width`.

    `counts` are (glyph, number, style); zeros are left out.
    """
    tail: Parts = [(f" {done}/{total}", "")]
    tail += [(f"  {glyph} {number}", style) for glyph, number, style in counts if number]
    room = width - sum(len(text) for text, _ in tail)
    share = done / total if total > 0 else 0.0
    return [(bar(share, min(20, room), glyphs=glyphs), "accent"), *tail] if room >= 4 else tail
