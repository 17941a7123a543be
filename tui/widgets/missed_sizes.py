"""The sizes that Textual gives widgets without telling them: `Resize` and `Show` are sent to those as well.

A layout that is looked up between a change and its own frame (where a widget is, while a new one is not laid out yet)
is kept by the compositor as the one that is shown. The frame then finds nothing changed: widgets have their new size
and were never told, so a terminal keeps its old rows and a new pane never opens.
"""

from __future__ import annotations

from typing import Any

from textual import events
from textual.screen import Screen


class MissedSizes:
    """What a screen's widgets know of their sizes before it is laid out; made right before, asked right after."""

    def __init__(self, screen: Screen[Any]) -> None:
        self._screen = screen
        self._kept = screen._compositor._full_map
        self._sizes = {widget: widget._size for widget in self._kept}

    def tell(self) -> None:
        """Send to each widget that has another size what Textual has not sent: where its layout was kept before."""
        laid_out = self._screen._compositor._full_map
        if laid_out is self._kept:
            return
        for widget, known in self._sizes.items():
            size = widget._size
            place = laid_out.get(widget)
            if size == known or place is None or self._kept[widget].region.size != place.region.size:
                continue
            widget.post_message(events.Resize(size, place.virtual_size, place.container_size))
            if not known:
                widget.post_message(events.Show())
