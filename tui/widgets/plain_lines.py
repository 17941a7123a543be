"""Lines that need no work of Textual's, which makes each one anew to put a frame around it: that takes as long as the
drawing of a line of a list does.

Textual has no public place for it: a widget of the pinned version asks its `_styles_cache` for its lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual._styles_cache import RenderLineCallback, StylesCache
from textual.color import Color
from textual.css.styles import StylesBase
from textual.filter import LineFilter
from textual.geometry import Region, Size
from textual.strip import Strip


class PlainLines(StylesCache):
    """Keeps the lines of a widget that draws all its cells; with a border, padding or tint it does as Textual does."""

    def render(
        self,
        styles: StylesBase,
        size: Size,
        base_background: Color,
        background: Color,
        render_content_line: RenderLineCallback,
        filters: Sequence[LineFilter],
        *titles: Any,
        crop: Region | None = None,
        opacity: float = 1.0,
        **options: Any,
    ) -> list[Strip]:
        if crop is None or not _is_plain(styles, opacity) or crop.column_span != (0, size.width):
            draw: Any = super().render
            given = styles, size, base_background, background, render_content_line, filters, *titles
            made: list[Strip] = draw(*given, crop=crop, opacity=opacity, **options)
            return made
        if size.width != self._width:
            self.clear()
            self._width = size.width
        kept, dirty = self._cache, self._dirty_lines
        strips = []
        for y in crop.line_range:
            strip = None if y in dirty else kept.get(y)
            if strip is None:
                strip = kept[y] = render_content_line(y)
            for line_filter in filters:
                strip = strip.apply_filter(line_filter, background)
            strips.append(strip)
        dirty.difference_update(crop.line_range)
        return strips


class SameLines(StylesCache):
    """Draws the first line of something empty, a container or a screen, and gives it for all others."""

    def render(
        self, styles: StylesBase, size: Size, *looks: Any, crop: Region | None = None, **options: Any
    ) -> list[Strip]:
        draw: Any = super().render
        gutter, times = styles.gutter, 1
        if crop is not None and crop.height and not gutter.top and not gutter.bottom:
            crop, times = Region(crop.x, crop.y, crop.width, 1), crop.height
        made: list[Strip] = draw(styles, size, *looks, crop=crop, **options)
        return made * times


def _is_plain(styles: StylesBase, opacity: float) -> bool:
    return (
        opacity == 1.0
        and styles.text_opacity == 1.0
        and not any(styles.gutter)
        and not styles.tint.a
        and not any(edge for edge, _ in styles.outline)
        and not styles.has_rule("hatch")
    )
