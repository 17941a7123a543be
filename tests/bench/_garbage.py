"""Garbage collected as the console does it once it has started, so that figures are the console's."""

from __future__ import annotations

import gc

from tui.screens._frame_collector import MIDDLE, OLD, YOUNG


def as_the_console() -> None:
    """Keep what is there apart, and collect as seldom as the console does."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
