"""A screen whose frames can be timed, and whose widgets are told of every size they get."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from textual.geometry import Size
from textual.screen import Screen

from tui.widgets.missed_sizes import MissedSizes

T = TypeVar("T")


class Meter(Protocol):
    """What is told of each frame."""

    def frame_begins(self) -> None: ...
    def frame_ends(self, *, counts: bool) -> None: ...


class MeteredScreen(Screen[T], inherit_bindings=False):
    """Tells the app's `frame_meter`, where it has one, of what is drawn.

    Textual has no public place for it: these two methods are where a screen of the pinned version lays out and paints.
    """

    @property
    def laid_out_for(self) -> Size:
        """The terminal's size when the screen was laid out last; `size` is what it is by now."""
        return self._compositor.size

    def _refresh_layout(self, size: Size | None = None, scroll: bool = False) -> None:
        meter: Meter | None = getattr(self.app, "frame_meter", None)
        if meter is not None:
            meter.frame_begins()
        try:
            missed = MissedSizes(self)
            super()._refresh_layout(size, scroll)
            missed.tell()
        finally:
            if meter is not None:
                meter.frame_ends(counts=False)

    def _compositor_refresh(self) -> None:
        meter: Meter | None = getattr(self.app, "frame_meter", None)
        if meter is None:
            super()._compositor_refresh()
            return
        dirty: set[Any] = self._dirty_widgets
        counts = self.is_current and bool(self._compositor._dirty_regions)
        if dirty and all(getattr(widget, "UNMETERED", False) for widget in dirty):
            counts = False
        meter.frame_begins()
        try:
            super()._compositor_refresh()
        finally:
            meter.frame_ends(counts=counts)
