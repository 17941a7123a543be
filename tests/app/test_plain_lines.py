"""Lines that are taken as a widget draws them look as Textual's own way makes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual._styles_cache import StylesCache
from textual.containers import Vertical
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tests.app._parameter_fake import ParametersFake
from tests.app.console import SIZES, console, says, until
from tui.widgets.covered import CoveredColumn, CoveredRow
from tui.widgets.facts_pane import FactsPane
from tui.widgets.plain_lines import PlainLines, SameLines
from tui.widgets.resource_table import ResourceTable
from tui.widgets.tree import ResourceTree

PATHS = {"/app/db/host": "db-1", "/app/db/password": "secret:hush", "/app/hosts": "a.example,b.example", "/single": "1"}


def cells(strips: list[Strip]) -> list[list[Any]]:
    """Give each cell with its colours."""
    return [
        [
            (letter, style and (style.color, style.bgcolor, *map(bool, (style.bold, style.dim, style.reverse))))
            for text, style, _ in strip
            for letter in text
        ]
        for strip in strips
    ]


def as_textual(widget: Widget, crop: Region) -> list[Strip]:
    kept, widget._styles_cache = widget._styles_cache, StylesCache()
    try:
        return widget._styles_cache.render_widget(widget, crop)
    finally:
        widget._styles_cache = kept


@pytest.mark.parametrize("keys", ["", "T"])
async def test_what_is_drawn_without_a_frame_looks_as_with_textuals(tmp_path: Path, keys: str) -> None:
    async with console(ParametersFake(PATHS).transport, tmp_path, words="params /") as (app, pilot):
        await says(pilot, "app")
        await until(pilot, lambda: app.screen.query(FactsPane))
        await pilot.press(*keys, "G")
        await says(pilot, "single", "ARN", "v1")
        drawn = [app.screen, *app.screen.query(Widget)]
        plain = [one for one in drawn if isinstance(one._styles_cache, PlainLines | SameLines) and one.display]
        assert {type(one) for one in plain} >= {type(app.screen), ResourceTree, FactsPane, ResourceTable, Vertical}
        for widget in plain:
            crop = Region(0, 0, *widget.outer_size)
            widget._styles_cache.clear()
            for mine, theirs in zip(cells(widget.render_lines(crop)), cells(as_textual(widget, crop)), strict=True):
                assert [both for both in zip(mine, theirs, strict=True) if both[0] != both[1]] == [], widget


async def test_what_covered_containers_hold_leaves_no_cell_free(tmp_path: Path) -> None:
    async with console(ParametersFake(PATHS).transport, tmp_path, words="params /") as (app, pilot):
        await says(pilot, "app")
        for size in SIZES:
            await pilot.resize_terminal(*size)
            await pilot.pause()
            for one in [*app.screen.query(CoveredRow), *app.screen.query(CoveredColumn)]:
                inner = [child.region for child in one.children if child.display]
                assert sum(region.area for region in inner) == one.region.area, (size, one, inner)
