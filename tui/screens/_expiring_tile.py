"""The Overview's tile of parameters that a policy is about to delete, the soonest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from tui.ports import Ref
from tui.screens._words import duration
from tui.services.parameter_finding import Search, find
from tui.services.parameter_models import Parameter
from tui.services.parameters import Parameters
from tui.theming import Glyphs
from tui.widgets.tiles import MOST, Tile
from tui.widgets.top_bar import Word

KEY, TITLE = "expiring", "Expiring"
WITHIN = timedelta(days=14)
AT_ONCE = timedelta(days=1)
"""Before its end a parameter that has less is as bad as what failed."""
EVERY, EVERY_ON_AWS = 60.0, 600.0
"""Seconds between two looks: on AWS each is a call for every fifty parameters of the Advanced tier."""


async def expiring(parameters: Parameters) -> list[Parameter]:
    """Give what is deleted within two weeks; only the Advanced tier, which alone has policies, is asked about."""
    search = Search(expires_within=WITHIN)
    return [one async for page in find(parameters, search, now=datetime.now(UTC)) for one in page.parameters]


def soonest(found: Sequence[Parameter]) -> list[Parameter]:
    """Give those that expire, the first to go first."""
    return sorted((one for one in found if one.expires is not None), key=lambda one: (one.expires, one.ref))


def tile_of(found: Sequence[Parameter], glyphs: Glyphs, word: Callable[[Ref], str], now: datetime) -> Tile:
    """Draw them as a tile: how long each has, and its path."""
    lines: list[tuple[Word, ...]] = []
    tone = "dim"
    for one in found:
        assert one.expires is not None
        left = one.expires - now
        style = "bad" if left < AT_ONCE else "warn"
        tone = "bad" if "bad" in (style, tone) else style
        said = f"in {duration(left.total_seconds())}" if left > timedelta() else "now"
        lines.append(((f"{glyphs.warn} {said:<7}", style), (word(one.ref), "text")))
        if len(lines) == MOST:
            break
    days = WITHIN.days
    if not lines:
        lines = [((f"nothing expires within {days} d", "dim"),), (("P on a parameter says when it does", "dim"),)]
    return Tile(KEY, f"{TITLE} {glyphs.dot} {len(found)} within {days} d", tuple(lines), tone)
