"""Asks for a region of AWS: typed, or taken from the list."""

from __future__ import annotations

from collections.abc import Sequence

from tui.widgets.go_to import GoTo
from tui.widgets.line_edit import LineEdit


class AskRegion(GoTo):
    """The go-to line's way of asking, for the regions of a profile; gives the region, nothing where it was left."""

    DEFAULT_CSS = """
    AskRegion { background: transparent; align: left bottom; }
    AskRegion > Vertical { height: auto; background: $panel; }
    """

    def __init__(self, profile: str, regions: Sequence[str]) -> None:
        super().__init__([(name, "") for name in regions])
        self.line = LineEdit(prompt=f" region of {profile}: ")
