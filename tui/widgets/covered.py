"""Containers that draw nothing themselves, because what is in them covers them.

Textual draws each line of a container, and then those of what stands in front of it: on a screen that opens, most of
the lines that are drawn would never be seen.
"""

from __future__ import annotations

from textual.containers import Horizontal, Vertical
from textual.geometry import Region
from textual.strip import Strip


class CoveredRow(Horizontal):
    """Widgets side by side, which leave no cell free."""

    def render_lines(self, crop: Region) -> list[Strip]:
        return []


class CoveredColumn(Vertical):
    """Widgets above each other, which leave no cell free."""

    def render_lines(self, crop: Region) -> list[Strip]:
        return []
